"""A case from the complaint to the conclusion, and every refusal on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from conduct import actions, rules
from conduct.models import Case, CaseStep, Complainant
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.inbox.models import Mail, Message
from qcportal.refusals import Refused
from tests import factories
from tests.conduct import cases

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def body(cast):
    return cast.recommender.organisation


@pytest.fixture
def case(campaign, cast, body, noon):
    return cases.complaint(campaign, body, noon)


def refused(act, *given, **more) -> list[str]:
    with pytest.raises(Refused) as no:
        act(*given, **more)
    return no.value.codes


def ask(case, cast, at, **given):
    values = {
        "question": "请说明。",
        "due_at": at + 5 * DAY,
        "version": cases.fresh(case).version,
    }
    actions.ask_body(case.pk, **{**values, **given}, by=cast.association, at=at)


def test_a_complaint_is_received_under_a_receipt_nobody_keeps(campaign, body, noon):
    said = actions.Said(
        "fee", "要求交评审费。", campaign, body, body.name, email="a@example.cn"
    )
    case, receipt = actions.complain(said, at=noon)
    assert (case.state, case.association, case.body) == (
        "received",
        campaign.host,
        body,
    )
    rows = [
        str(row) for m in (Case, CaseStep, Complainant) for row in m.objects.values()
    ]
    assert not any(receipt in row for row in rows)
    assert Mail.objects.get().to == "a@example.cn"
    assert (
        Message.objects.get(organisation=campaign.host).title == "收到一份反映，请受理"
    )


def test_accepting_twice_changes_nothing_and_another_comes_too_late(case, cast, noon):
    actions.accept(case.pk, by=cast.association, at=noon)
    actions.accept(case.pk, by=cast.association, at=noon)
    assert case.steps.filter(what="accepted").count() == 1
    fellow = factories.seat("同事", cast.association.organisation, Duty.MANAGER, noon)
    assert refused(actions.accept, case.pk, by=fellow, at=noon) == ["already_taken"]
    assert refused(actions.note, case.pk, " ", by=fellow, at=noon) == ["text_missing"]
    assert refused(
        actions.conclude, case.pk, finding="not_upheld", words="无", version=1, by=fellow, at=noon
    ) == ["not_handler"]  # fmt: skip


def test_neighbouring_association_body_and_clerk_may_do_nothing(case, cast, noon):
    clerk = factories.seat("办事员", cast.association.organisation, Duty.CLERK, noon)
    for actor in (cast.other_association, cast.recommender, cast.judge, clerk):
        assert refused(actions.accept, case.pk, by=actor, at=noon) == ["not_yours"]
    actions.transfer(case.pk, clerk.user, version=0, by=cast.association, at=noon)
    assert list(Case.objects.visible_to(clerk)) == [case]
    actions.note(case.pk, "看过材料。", by=clerk, at=noon)


def test_the_second_of_two_handlers_is_refused(case, cast, noon):
    actions.accept(case.pk, by=cast.association, at=noon)
    seen = cases.fresh(case).version
    actions.note(case.pk, "看过材料。", by=cast.association, at=noon)
    assert refused(
        actions.dismiss, case.pk, words="不归我们管。", version=seen, by=cast.association, at=noon
    ) == ["stale_version"]  # fmt: skip
    assert cases.fresh(case).state == "handling"


def test_the_body_is_asked_with_a_deadline_it_can_keep(case, cast, noon):
    actions.accept(case.pk, by=cast.association, at=noon)
    for due, codes in (
        (noon + DAY - SECOND, ["due_too_soon"]), (noon + 60 * DAY + SECOND, ["due_too_late"]),
    ):  # fmt: skip
        with pytest.raises(Refused) as no:
            ask(case, cast, noon, due_at=due)
        assert no.value.codes == codes
    ask(case, cast, noon)
    told = Message.objects.get(organisation=case.body, title="请说明情况")
    assert told.link == f"/hearings/{case.code}/"


def test_the_answer_counts_until_the_deadline_and_only_once(case, cast, noon):
    actions.accept(case.pk, by=cast.association, at=noon)
    ask(case, cast, noon)
    due = noon + 5 * DAY
    late = {"text": "情况说明", "files": [], "by": cast.recommender}
    assert refused(actions.answer, case.pk, **late, at=due) == ["answer_late"]
    assert refused(actions.answer, case.pk, **{**late, "by": cast.other_recommender}, at=noon) == ["not_yours"]  # fmt: skip
    actions.answer(case.pk, **late, at=due - SECOND)
    assert refused(actions.answer, case.pk, **late, at=due - SECOND) == ["not_asked"]
    assert cases.fresh(case).state == "handling"


def test_nothing_is_concluded_while_the_body_may_answer_or_was_not_heard(
    case, cast, noon
):
    by = cast.association
    actions.accept(case.pk, by=by, at=noon)

    def conclude(at, finding="upheld"):
        version = cases.fresh(case).version
        actions.conclude(
            case.pk, finding=finding, words="属实。", version=version, by=by, at=at
        )

    assert refused(conclude, noon) == ["not_heard"]
    ask(case, cast, noon)
    assert refused(conclude, noon + 5 * DAY - SECOND) == ["hearing_open"]
    conclude(noon + 5 * DAY)
    assert (cases.fresh(case).state, cases.fresh(case).finding) == (
        "concluded",
        "upheld",
    )


def test_extending_needs_a_later_day_and_a_reason(case, cast, noon):
    by = cast.association
    actions.accept(case.pk, by=by, at=noon)
    ask(case, cast, noon)

    def extend(due, reason):
        version = cases.fresh(case).version
        actions.extend(
            case.pk, due_at=due, reason=reason, version=version, by=by, at=noon
        )

    assert refused(extend, noon + 5 * DAY, "出差") == ["due_not_later"]
    assert refused(extend, noon + 6 * DAY, " ") == ["comment_missing"]
    extend(noon + 6 * DAY, "出差")
    assert cases.fresh(case).due_at == noon + 6 * DAY


def test_a_dismissed_case_is_answered_and_may_be_reopened(case, cast, noon):
    by = cast.association
    actions.accept(case.pk, by=by, at=noon)
    actions.dismiss(case.pk, words="不属于本活动。", version=1, by=by, at=noon)
    assert refused(actions.add, case.pk, "还有", [], at=noon) == ["closed"]
    assert refused(actions.reopen, case.pk, reason="", version=2, by=by, at=noon) == ["comment_missing"]  # fmt: skip
    actions.reopen(case.pk, reason="有新材料", version=2, by=by, at=noon)
    assert cases.fresh(case).state == "handling"
    assert [s.what for s in case.steps.all()] == ["reopened", "dismissed", "accepted", "received"]  # fmt: skip


def test_a_free_name_can_be_tied_to_the_register_before_the_hearing(
    campaign, cast, noon, body
):
    case = cases.complaint(campaign, None, noon)
    actions.accept(case.pk, by=cast.association, at=noon)
    with pytest.raises(Refused) as no:
        ask(case, cast, noon)
    assert no.value.codes == ["no_body"]
    actions.name_body(case.pk, body, version=1, by=cast.association, at=noon)
    ask(case, cast, noon)
    assert refused(
        actions.name_body, case.pk, body, version=3, by=cast.association, at=noon
    ) == ["asked_already"]  # fmt: skip


def test_the_trail_names_the_acts_and_no_complainant(campaign, cast, noon, body):
    case = cases.named_complaint(campaign, body, noon)
    cases.upheld(case, cast, noon)
    lines = TrailEntry.objects.filter(about=case.code).order_by("pk")
    assert [line.what for line in lines] == [
        "complaint_received", "case_accepted", "case_asked", "case_answered", "case_concluded",
    ]  # fmt: skip
    assert lines[0].user_name == "系统"
    assert cases.MARK not in str(list(TrailEntry.objects.values()))


def test_an_own_finding_is_handled_by_whoever_opened_it(campaign, cast, noon, body):
    case = actions.open_own(
        kind="fraud", text="两项成果数据相同。", campaign=campaign, body=body, body_name=body.name,
        files=[], by=cast.association, at=noon,
    )  # fmt: skip
    assert (case.origin, case.state, case.handler) == (
        "own",
        "handling",
        cast.association.user,
    )
    assert list(rules.why_not_handle(case, cast.association)) == []
