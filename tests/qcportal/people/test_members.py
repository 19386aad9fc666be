"""Members: duties, ending, 交接, the last manager, whose organisation it is."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.models import Membership
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.inbox.models import Mail, Message
from qcportal.management.books import grants_disagree
from qcportal.people import actions, rules
from qcportal.refusals import Refused
from qcportal.seals.actions import keep_picture
from qcportal.seals.models import SealPicture
from submissions import rules as submission_rules
from tests import factories
from tests.factories import png_file, stored

PAGE = "/accounts/organisation/"


def live(organisation):
    rows = Membership.objects.in_force().filter(organisation=organisation)
    return sorted((s.user.name, s.duty) for s in rows)


def member(actor, verb=""):
    return f"{PAGE}members/{actor.membership.key}/{verb}"


@pytest.mark.django_db
def test_page_lists_the_own_people_only(cast, manager, client_of):
    for actor in (manager, cast.unit):
        text = client_of(actor).get(PAGE).content.decode()
        for words in ("王敏", "方正言", "江敏之", "印章管理员"):
            assert words in text
        assert "沈佳怡" not in text


@pytest.mark.django_db
def test_queries_do_not_grow_with_members(manager, noon, client_of):
    client, counts = client_of(manager), []
    client.get(PAGE)  # what the process asks once and keeps
    for number in range(3):
        factories.seat(f"同事{number}", manager.organisation, Duty.CLERK, noon)
        actions.invite(
            manager.organisation.pk, name=f"新{number}", duty=Duty.CLERK, by=manager,
            at=noon,
        )  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            client.get(PAGE)
        counts.append(len(asked))
    assert counts == counts[:1] * 3
    assert counts[0] <= 25


@pytest.mark.django_db
def test_change_of_duty_moves_the_rights_at_once(cast, manager, client_of):
    answer = client_of(manager).post(
        member(cast.unit, "duty/"), {"duty-duty": "seal_keeper"}
    )
    assert answer.url == PAGE
    assert ("王敏", "seal_keeper") in live(manager.organisation)
    assert ("王敏", "clerk") not in live(manager.organisation)
    assert Actor(seats_of(cast.unit.user)[0]).may("seal_for")
    assert list(grants_disagree()) == []
    assert Message.objects.filter(title="王敏改任印章管理员").count() == 1


@pytest.mark.django_db
def test_ending_needs_a_reason_deletes_nothing_and_bites_on_the_next_click(
    cast, manager, client_of
):
    clerk, client = client_of(cast.unit), client_of(manager)
    assert clerk.get("/submissions/stamping/").status_code == 200
    assert client.post(member(cast.unit, "end/"), {}).status_code == 422
    client.post(member(cast.unit, "end/"), {"end-reason": "已调离"})
    cast.unit.membership.refresh_from_db()
    assert cast.unit.membership.ended_at is not None
    assert clerk.get("/submissions/stamping/").url == "/accounts/no-seat/"
    line = TrailEntry.objects.get(what="seat_ended")
    assert (line.user_name, line.data["reason"]) == ("江敏之", "已调离")
    assert client.post(member(cast.unit, "end/"), {}).status_code == 404


@pytest.mark.django_db
def test_a_keeper_who_leaves_takes_the_seal_picture_out_of_use(cast, manager, noon):
    document = stored(png_file(), "seal_picture", cast.keeper)
    keep_picture(document, undertaken=True, by=cast.keeper, at=noon)
    actions.end_member(cast.keeper.membership.pk, reason="调离", by=manager, at=noon)
    assert not SealPicture.objects.filter(ended_at__isnull=True).exists()


@pytest.mark.django_db
def test_the_last_manager_stays_but_may_hand_over(cast, manager, noon, client_of):
    client = client_of(manager)
    for verb, sent in (
        ("duty/", {"duty-duty": "clerk"}),
        ("end/", {"end-reason": "离职"}),
    ):
        answer = client.post(member(manager, verb), sent)
        assert answer.status_code == 409
        assert "最后一位管理员" in answer.content.decode()
    cast.unit.user.email = "wang@example.com"
    cast.unit.user.save(update_fields=["email"])
    heir = {"hand_over-successor": str(cast.unit.membership.key)}
    assert client.post(member(manager, "hand-over/"), heir).url == "/accounts/start/"
    assert live(manager.organisation) == [
        ("方正言", "seal_keeper"), ("王敏", "clerk"), ("王敏", "manager"),
    ]  # fmt: skip
    line = TrailEntry.objects.get(what="duties_handed_on")
    assert (line.user_name, line.data["name"]) == ("江敏之", "王敏")
    assert [m.to for m in Mail.objects.all()] == ["wang@example.com"]
    assert Message.objects.filter(title="江敏之的工作交接给了王敏").count() == 1
    assert list(grants_disagree()) == []


@pytest.mark.django_db
def test_nobody_hands_over_to_strangers(cast, manager, noon, client_of):
    for stranger in (cast.other_unit, cast.group, manager):
        answer = client_of(manager).post(
            member(cast.keeper, "hand-over/"),
            {"hand_over-successor": str(stranger.membership.key)},
        )
        allowed = stranger is manager
        assert answer.status_code == (302 if allowed else 422)


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["", "duty/", "hand-over/", "end/"])
def test_neighbours_members_do_not_exist(cast, client_of, verb):
    client = client_of(cast.other_unit)
    answer = client.post if verb else client.get
    assert answer(member(cast.unit, verb)).status_code == 404


@pytest.mark.django_db
def test_judges_have_no_such_page(cast, client_of):
    assert client_of(cast.judge).get(PAGE).status_code == 403


@pytest.mark.django_db
def test_two_seats_in_one_organisation_never_add_up(cast, manager, noon, client_of):
    """The clerk's seat of somebody who also manages, manages nothing."""
    clerk = Actor(
        grant_seat(manager.user, manager.organisation, Duty.CLERK, by=None, at=noon)
    )
    assert not clerk.may("manage_members")
    assert Actor(manager.membership).may("manage_members")
    answer = client_of(clerk).post(member(cast.unit, "end/"), {"end-reason": "调离"})
    assert answer.status_code == 409


@pytest.mark.django_db
def test_a_seat_elsewhere_opens_nothing_here(cast, manager, noon, client_of):
    """A manager of one unit who is a clerk of another manages on one seat only."""
    there = Actor(
        grant_seat(
            manager.user, cast.other_unit.organisation, Duty.CLERK, by=None, at=noon
        )
    )
    client = client_of(there)
    text = client.get(PAGE).content.decode()
    assert "沈佳怡" in text
    assert "王敏" not in text
    assert client.get(member(cast.unit)).status_code == 404


@pytest.mark.django_db
def test_leaving_the_association_leaves_its_campaigns(cast, campaign, noon):
    for leaving, permission in (
        (cast.judge, "judge_campaign"),
        (cast.association, "run_campaign"),
    ):
        boss = factories.seat("主任", campaign.host, Duty.MANAGER, noon)
        actions.end_member(leaving.membership.pk, reason="离任", by=boss, at=noon)
        user = type(leaving.user).objects.get(pk=leaving.user.pk)
        assert not user.has_perm(f"campaigns.{permission}", campaign)


# --- approval -----------------------------------------------------------------------


@pytest.mark.django_db
def test_without_the_switch_a_clerk_stamps_with_it_an_approver(
    cast, manager, approver, walk, noon, client_of
):
    found = walk.filed()

    def codes(actor):
        actor = Actor(Membership.objects.get(pk=actor.membership.pk))
        why = submission_rules.why_not_stamp(
            found, actor, noon, evidence="scan", scan=None, confirmed=True
        )
        return {r.code for r in why} & {"approval_needed", "standing_in"}

    everybody = (cast.unit, cast.keeper, approver, manager)
    assert [codes(a) for a in everybody] == [set()] * 4
    client_of(manager).post(f"{PAGE}approval/", {"wanted": "1"})
    assert [codes(a) for a in everybody] == [
        {"approval_needed"}, {"approval_needed"}, set(), set(),
    ]  # fmt: skip
    page = client_of(cast.unit).get(f"/submissions/{found.code}/stamp/")
    assert "贵单位要求送出前由审核人确认" in page.content.decode()
    client_of(manager).post(f"{PAGE}approval/", {"wanted": "0"})
    assert codes(cast.unit) == set()
    assert TrailEntry.objects.filter(what="approval_set").count() == 2


@pytest.mark.django_db
def test_approval_needs_somebody_who_approves(cast, noon):
    why = rules.why_not_set_approval(
        cast.unit.organisation, True, cast.association, overseen=True
    )
    assert [r.code for r in why] == ["nobody_approves"]


# --- the secretariat ------------------------------------------------------------------


def office(organisation, rest=""):
    return f"/accounts/organisations/{organisation.key}/members/{rest}"


@pytest.mark.django_db
def test_secretariat_helps_when_nobody_is_left(cast, walk, client_of, noon):
    walk.stamped()
    unit = cast.unit.organisation
    client = client_of(cast.association)
    assert "王敏" in client.get(office(unit)).content.decode()
    seat = cast.recommender.membership  # the body's last manager
    body = cast.recommender.organisation
    answer = client.post(office(body, f"{seat.key}/end/"), {"end-reason": "离职失联"})
    assert answer.url == office(body)
    client.post(office(body, "invitations/"), {"name": "新人", "duty": "manager"})
    assert body.invitations.get().by_name == "周岚"


@pytest.mark.django_db
def test_other_associations_and_desks_find_nothing(cast, walk, client_of):
    walk.stamped()
    key = cast.unit.membership.key
    for actor, status in (
        (cast.other_association, 404), (cast.unit, 403), (cast.recommender, 403),
    ):  # fmt: skip
        client = client_of(actor)
        for rest in ("", f"{key}/", f"{key}/stand-in/"):
            assert (
                client.get(office(cast.unit.organisation, rest)).status_code == status
            )
    own = client_of(cast.association)
    host = cast.association.organisation
    assert own.get(office(host)).status_code == 404
    assert own.get(office(cast.unit.organisation, "not-a-key/")).status_code == 404


# --- races ----------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_managers_ending_each_other_leave_one(cast, manager, noon):
    second = factories.seat("另一位", manager.organisation, Duty.MANAGER, noon)
    gate, answers = threading.Barrier(2), []

    def end(by, whom):
        gate.wait(timeout=30)
        try:
            actions.end_member(whom.membership.pk, reason="争执", by=by, at=noon)
            answers.append("done")
        except Refused as no:
            answers.append(no.codes[0])
        finally:
            connection.close()

    pairs = [(manager, second), (second, manager)]
    threads = [threading.Thread(target=end, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answers) == ["done", "not_manager"]
    assert sum(duty == "manager" for _, duty in live(manager.organisation)) == 1


@pytest.mark.django_db
def test_the_second_of_two_managers_ending_each_other_is_refused(manager, noon):
    second = factories.seat("另一位", manager.organisation, Duty.MANAGER, noon)
    second.may("manage_members")  # what a page of his has asked already
    actions.end_member(second.membership.pk, reason="调离", by=manager, at=noon)
    with pytest.raises(Refused) as no:
        actions.end_member(manager.membership.pk, reason="调离", by=second, at=noon)
    assert no.value.codes == ["not_manager", "last_manager"]
