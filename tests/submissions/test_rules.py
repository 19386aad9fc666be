"""May it? Every state by every move, the edges of every window, what filing lacks."""

from datetime import timedelta

import pytest

from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Category, Window
from qcportal.refusals import Refusal
from qcportal.seals.actions import keep_picture
from submissions import actions, rules
from submissions.lifecycle import FINAL, MOVES, MoveName, State
from submissions.models import Submission, Tier
from tests import factories
from tests.submissions.standing import REACHED, amendment_asked

pytestmark = pytest.mark.django_db
M, S = MoveName, State
SECOND = timedelta(seconds=1)

# What may happen next, written out by hand: the table of the product, not of the code.
ALLOWED: dict[State, set[MoveName]] = {
    S.DRAFT: {M.FILE, M.FILE_PAST_UNIT, M.FILE_UP, M.WITHDRAW},
    S.FILED: {
        M.RECALL,
        M.WITHDRAW,
        M.STAMP,
        M.STAMP_DIRECT,
        M.STAMP_UP,
        M.UNIT_RETURN,
    },
    S.RETURNED: {M.FILE, M.FILE_PAST_UNIT, M.FILE_UP, M.WITHDRAW},
    S.STAMPED: {
        M.RECALL_PAST_UNIT,
        M.UNSTAMP,
        M.RECOMMEND,
        M.RESERVE,
        M.RECOMMENDER_RETURN,
        M.DECLINE,
    },
    S.RESERVED: {M.MOVE_UP, M.UNRESERVE, M.DECLINE},
    S.DIRECT_ASKED: {M.ALLOW_DIRECT, M.REFUSE_DIRECT},
    S.RECOMMENDED: {M.TAKE_BACK, M.SUBMIT},
    S.NOT_RECOMMENDED: set(),
    S.SUBMITTED: {M.PASS_CHECK, M.ASK_AMENDMENT, M.SET_ASIDE},
    S.AMENDMENT_ASKED: {M.AMEND, M.AMEND_UP, M.SET_ASIDE},
    S.AMENDED: {M.STAMP_AMENDED, M.SET_ASIDE},
    S.CHECKED: {M.SEND_TO_JUDGES, M.DECIDE},
    S.SET_ASIDE: set(),
    S.JUDGING: {M.DECIDE},
    S.DECIDED: {M.DECIDE, M.ANNOUNCE, M.PASS_OVER},
    S.ANNOUNCED: {M.PUBLISH},
    S.PUBLISHED: set(),
    S.PASSED_OVER: set(),
    S.WITHDRAWN: set(),
}
# When its body has lost the right to recommend.
for _state in (
    S.FILED, S.STAMPED, S.RESERVED, S.RECOMMENDED, S.SUBMITTED, S.CHECKED,
):  # fmt: skip
    ALLOWED[_state] |= {M.CHOOSE_ANEW, M.CLOSE_BARRED}
for _state in (S.AMENDMENT_ASKED, S.AMENDED, S.JUDGING, S.DECIDED, S.ANNOUNCED):
    ALLOWED[_state] |= {M.CLOSE_BARRED}
for _state in (S.STAMPED, S.RESERVED, S.RECOMMENDED):
    ALLOWED[_state] |= {M.TAKE_OVER}
# Desks that the submission has not reached do not know of it.
UNKNOWN_TO: dict[State, set[Role]] = {
    S.DRAFT: {Role.UNIT, Role.RECOMMENDER},
    S.WITHDRAWN: {Role.UNIT, Role.RECOMMENDER},
    S.FILED: {Role.RECOMMENDER},
    S.RETURNED: {Role.RECOMMENDER},
    S.DIRECT_ASKED: {Role.RECOMMENDER},
}
WINDOWED = {
    M.FILE: (S.DRAFT, "filing"),
    M.FILE_PAST_UNIT: (S.DRAFT, "filing"),
    M.FILE_UP: (S.DRAFT, "filing"),
    M.RECALL: (S.FILED, "filing"),
    M.RECALL_PAST_UNIT: (S.STAMPED, "filing"),
    M.STAMP: (S.FILED, "stamping"),
    M.STAMP_DIRECT: (S.FILED, "stamping"),
    M.STAMP_UP: (S.FILED, "stamping"),
    M.UNIT_RETURN: (S.FILED, "stamping"),
    M.UNSTAMP: (S.STAMPED, "stamping"),
    M.RECOMMEND: (S.STAMPED, "recommending"),
    M.RECOMMENDER_RETURN: (S.STAMPED, "recommending"),
    M.DECLINE: (S.STAMPED, "recommending"),
    M.RESERVE: (S.STAMPED, "recommending"),
    M.MOVE_UP: (S.RESERVED, "recommending"),
    M.UNRESERVE: (S.RESERVED, "recommending"),
    M.TAKE_BACK: (S.RECOMMENDED, "recommending"),
    M.SUBMIT: (S.RECOMMENDED, "recommending"),
}


def codes(refusals):
    return [refusal.code for refusal in refusals]


def actor_for(name, cast):
    return {
        Role.GROUP: cast.group,
        Role.UNIT: cast.unit,
        Role.RECOMMENDER: cast.recommender,
        Role.ASSOCIATION: cast.association,
    }[MOVES[name].role]


def refetched(submission):
    """The row with a fresh campaign, whose windows are not remembered."""
    return Submission.objects.get(pk=submission.pk)


# --- every state, every move ----------------------------------------------------------


def test_the_tables_here_speak_of_every_state():
    assert set(ALLOWED) == set(REACHED) == set(State)
    assert {state for state, moves in ALLOWED.items() if not moves} == FINAL


@pytest.mark.parametrize("state", list(State))
def test_from_each_state_only_its_own_moves(state, walk, cast):
    found = REACHED[state](walk)
    assert found.state == state
    answered = {
        name: codes(rules.why_not(name, found, actor_for(name, cast), walk.at))
        for name in MoveName
    }
    assert answered == {name: expected(name, state) for name in MoveName}


def expected(name, state):
    if MOVES[name].role in UNKNOWN_TO.get(state, set()):
        return ["not_yours"]
    return [] if name in ALLOWED[state] else ["wrong_state"]


@pytest.mark.parametrize("name", list(MoveName))
def test_a_neighbour_of_the_same_role_may_do_nothing(name, walk, cast):
    state = next(s for s, moves in ALLOWED.items() if name in moves)
    found = REACHED[state](walk)
    neighbour = {
        Role.GROUP: cast.second_group,
        Role.UNIT: cast.other_unit,
        Role.RECOMMENDER: cast.other_recommender,
        Role.ASSOCIATION: cast.other_association,
    }[MOVES[name].role]
    assert codes(rules.why_not(name, found, neighbour, walk.at)) == ["not_yours"]


@pytest.mark.parametrize("other", ["group", "unit", "association", "judge"])
def test_another_desk_of_the_same_chain_may_not(other, walk, cast):
    found = walk.stamped()
    answer = list(rules.why_not(M.DECLINE, found, getattr(cast, other), walk.at))
    channel = getattr(cast, other).channel
    assert answer == [
        Refusal("not_yours", f"“不推荐”由推荐通道办理，您现在是{channel}。")
    ]


def test_the_wrong_state_says_where_it_is_now(walk, cast):
    found = walk.filed()
    assert list(rules.why_not(M.FILE, found, cast.group, walk.at)) == [
        Refusal(
            "wrong_state",
            "这项成果的状态是“待单位盖章”，现在在单位那里，不能再“提交”。请刷新页面看最新情况。",
        )
    ]


# --- windows ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(WINDOWED))
def test_a_window_is_open_from_its_first_to_before_its_last_instant(name, walk, cast):
    state, stage = WINDOWED[name]
    found, by = REACHED[state](walk), actor_for(name, cast)
    window = Window.objects.get(campaign=walk.campaign, stage=stage)
    instants = [
        window.opens_at - SECOND, window.opens_at, window.closes_at - SECOND,
        window.closes_at, window.closes_at + SECOND,
    ]  # fmt: skip
    assert [codes(rules.why_not(name, found, by, at)) for at in instants] == [
        ["window_not_open"], [], [], ["window_closed"], ["window_closed"],
    ]  # fmt: skip


@pytest.mark.parametrize("name", list(WINDOWED))
def test_without_a_window_nothing_is_open(name, walk, cast):
    state, stage = WINDOWED[name]
    found = REACHED[state](walk)
    Window.objects.filter(campaign=walk.campaign, stage=stage).delete()
    answer = rules.why_not(name, refetched(found), actor_for(name, cast), walk.at)
    assert codes(answer) == ["no_window"]


def test_moves_without_a_window_know_no_hour(walk, cast):
    found = walk.submitted()
    years = walk.at + timedelta(days=2000)
    answer = {
        name: codes(rules.why_not(name, found, cast.association, years))
        for name in (M.PASS_CHECK, M.ASK_AMENDMENT, M.SET_ASIDE)
    }
    assert answer == {M.PASS_CHECK: [], M.ASK_AMENDMENT: [], M.SET_ASIDE: []}


def test_closing_is_said_to_the_minute_and_reassures(walk, cast):
    found = walk.draft()
    Window.objects.filter(campaign=walk.campaign, stage="filing").update(
        opens_at=walk.at.replace(2020, 6, 27, 16, 0, 0, 0),
        closes_at=walk.at.replace(2020, 7, 12, 14, 0, 0, 0),
    )
    assert list(rules.why_not(M.FILE, refetched(found), cast.group, walk.at)) == [
        Refusal(
            "window_closed",
            "“班组申报”7月12日 22:00 已关闭。您填的内容都还在；如有特殊情况请打秘书处电话。",
        )
    ]


def test_an_amendment_has_its_own_deadline_and_no_window(walk, cast):
    found = amendment_asked(walk)
    Window.objects.filter(campaign=walk.campaign).delete()
    due = found.due_at
    instants = [due - SECOND, due, due + SECOND]
    assert [
        codes(rules.why_not(M.AMEND, refetched(found), cast.group, at))
        for at in instants
    ] == [[], ["amendment_late"], ["amendment_late"]]


def test_beginning_needs_a_published_campaign_and_the_filing_window(walk, cast):
    window = Window.objects.get(campaign=walk.campaign, stage="filing")

    def ask(at):
        category = Category.objects.select_related("campaign").get()
        return codes(rules.why_not_begin(category, cast.group, at))

    assert [ask(window.opens_at), ask(window.closes_at)] == [[], ["window_closed"]]
    type(walk.campaign).objects.update(published_at=None)
    assert ask(window.opens_at) == ["not_published"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.DRAFT, []),
        (S.RETURNED, []),
        (S.AMENDMENT_ASKED, []),
        (S.FILED, ["locked"]),
        (S.STAMPED, ["locked"]),
        (S.AMENDED, ["locked"]),
        (S.PUBLISHED, ["locked"]),
        (S.WITHDRAWN, ["locked"]),
    ],
)
def test_content_is_written_only_while_the_group_holds_it(state, expected, walk, cast):
    found = REACHED[state](walk)
    assert codes(rules.why_not_write(found, cast.group, walk.at)) == expected


# --- what filing lacks --------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"title": ""}, [("missing", "title")]),
        ({"title": "课" * 35}, []),
        ({"title": "课" * 36}, [("too_long", "title")]),
        ({"topic_type": "other"}, [("wrong_format", "topic_type")]),
        ({"mobile": "1380000620"}, [("wrong_format", "mobile")]),
        ({"postcode": "20120"}, [("wrong_format", "postcode")]),
        ({"before": "零点八"}, [("wrong_format", "before")]),
        ({"members": []}, [("missing", "members")]),
        ({"unit_name": "申浦公司"}, [("name_differs", "unit_name")]),
        ({"title": "降低\U0001f600故障率"}, [("unprintable", "title")]),
        ({"recommender": ""}, [("missing", "recommender")]),
        ({"recommender": "direct"}, []),
        ({"recommender": "没有这家"}, [("recommender_unknown", "recommender")]),
    ],
)
def test_what_the_content_lacks_stands_at_its_field(changes, expected, walk):
    found = walk.draft(**changes)
    assert [(r.code, r.field) for r in rules.incomplete(found)] == expected


def test_members_are_asked_row_by_row(walk):
    rows = [
        {"name": "顾晓岚", "gender": "f", "post": "工班长", "part": "组长"},
        {"name": "陈立群", "gender": "", "post": "工程师", "part": "指导"},
    ]
    found = walk.draft(members=rows)
    assert [(r.code, r.field) for r in rules.incomplete(found)] == [
        ("too_few_rows", "members"),
        ("missing", "members.2.gender"),
    ]


def test_a_recommender_of_other_units_is_unknown_here(walk, cast, campaign):
    stranger = factories.organisation(
        Role.RECOMMENDER, "崇明区质量协会", recommender_class="district", letters="CM"
    )
    found = walk.draft(recommender=str(stranger.key))
    assert (codes(rules.incomplete(found)), found.recommender) == (
        ["recommender_unknown"],
        None,
    )


def test_direct_filing_only_where_the_campaign_allows_it(walk):
    walk.campaign.categories.update(allows_direct=False)
    found = walk.draft(recommender="direct")
    assert codes(rules.incomplete(refetched(found))) == ["direct_not_allowed"]


def test_a_paper_taken_out_is_missed(walk, cast):
    found = walk.draft()
    report = found.attachments.get(slot="report")
    actions.detach(report.pk, by=cast.group, at=walk.at)
    assert list(rules.why_not_file(found, cast.group, walk.at)) == [
        Refusal("paper_missing", "还没有上传成果报告", "paper-report")
    ]


def test_slots_take_what_they_name_and_not_without_end(walk, cast):
    found = walk.draft()

    def ask(slot):
        return codes(rules.why_not_attach(found, slot, cast.group, walk.at))

    assert [ask("records"), ask("report"), ask("nothing")] == [[], [], ["no_slot"]]
    for number in range(19):
        upload = factories.pdf_file(f"记录{number}.pdf")
        document = factories.stored(upload, "attachment", cast.group)
        actions.attach(found.pk, "records", document, by=cast.group, at=walk.at)
    assert [ask("records"), ask("report")] == [["slot_full"], []]


# --- the stamp ----------------------------------------------------------------------


def against_stamp(found, by, at, evidence="scan", scan=None, confirmed=True):
    answer = rules.why_not_stamp(
        found, by, at, evidence=evidence, scan=scan, confirmed=confirmed
    )
    return [(r.code, r.field) for r in answer]


def printed(walk, opinion="同意推荐。"):
    found = walk.filed()
    marks = factories.full_marks(actions.rubric_for(found))
    actions.save_sheet(
        found.pk, marks=marks, opinion=opinion, version=0, by=walk.cast.unit, at=walk.at
    )
    actions.print_sheet(found.pk, by=walk.cast.unit, at=walk.at)
    return walk.fresh(found)


def test_a_stamp_needs_a_sheet_a_print_a_scan_and_a_look(walk, cast):
    found = walk.filed()
    assert against_stamp(found, cast.unit, walk.at, confirmed=False) == [
        ("sheet_missing", "marks"),
        ("paper_not_printed", "scan"),
    ]
    found = printed(walk)
    by, at = cast.unit, walk.at
    scan = factories.kept_scan(rules.sheet_of(found, Tier.UNIT), by, at)
    assert [
        against_stamp(found, by, at, confirmed=False),
        against_stamp(found, by, at),
        against_stamp(found, by, at, scan=scan, confirmed=False),
        against_stamp(found, by, at, evidence="word of mouth", scan=scan),
        against_stamp(found, by, at, scan=scan),
    ] == [
        [("stamp_missing", "scan"), ("not_confirmed", "confirmed")],
        [("stamp_missing", "scan")],
        [("not_confirmed", "confirmed")],
        [("evidence_unknown", "evidence")],
        [],
    ]


def test_the_seal_picture_needs_keeper_picture_and_permission(walk, cast):
    found = printed(walk)

    def ask(by):
        again = refetched(found)
        return against_stamp(again, by, walk.at, evidence="seal_picture")

    at_evidence = [("not_seal_keeper", "evidence"), ("no_seal_picture", "evidence")]
    assert ask(cast.unit) == at_evidence
    assert ask(cast.keeper) == [("no_seal_picture", "evidence")]
    picture = factories.stored(factories.png_file(), "seal_picture", cast.keeper)
    keep_picture(picture, undertaken=True, by=cast.keeper, at=walk.at)
    assert [ask(cast.unit), ask(cast.keeper)] == [at_evidence[:1], []]
    walk.campaign.allows_seal_picture = False
    walk.campaign.save(update_fields=["allows_seal_picture"])
    assert ask(cast.keeper) == [("seal_picture_not_accepted", "evidence")]


@pytest.mark.parametrize(
    ("changed", "opinion", "expected"),
    [
        ({}, "同意推荐。", []),
        ({}, "  ", [("opinion_missing", "opinion")]),
        ({}, "同" * 200, []),
        ({}, "同" * 201, [("opinion_too_long", "opinion")]),
        ({"topic": ""}, "同意。", [("mark_missing", "topic")]),
        ({"topic": "15"}, "同意。", []),
        ({"topic": "15.5"}, "同意。", [("mark_out_of_range", "topic")]),
        ({"topic": "-0.5"}, "同意。", [("mark_out_of_range", "topic")]),
        ({"topic": "10.3"}, "同意。", [("mark_off_step", "topic")]),
        ({"topic": "十分"}, "同意。", [("mark_out_of_range", "topic")]),
    ],
)
def test_what_a_sheet_lacks_before_it_is_printed(changed, opinion, expected, walk):
    found = walk.filed()
    marks = {**factories.full_marks(actions.rubric_for(found)), **changed}
    sheet = actions.save_sheet(
        found.pk, marks=marks, opinion=opinion, version=0, by=walk.cast.unit, at=walk.at
    )
    assert [(r.code, r.field) for r in rules.sheet_faults(sheet, 200)] == expected


def test_a_second_result_of_the_same_type_is_a_caution_to_the_unit(walk, cast):
    walk.stamped()
    second = walk.filed(cast.second_group)
    other_type = walk.filed(cast.second_group, topic_type="innovation")
    assert list(rules.unit_cautions(second)) == [
        Refusal(
            "unit_place_contested",
            "本单位问题解决型已有 1 项盖章，推荐单位只能推荐 1 项。",
            kind="caution",
        )
    ]
    assert list(rules.unit_cautions(other_type)) == []


def test_which_arrow_the_stamp_takes(walk):
    assert rules.stamping_move(walk.filed()) == M.STAMP
    assert rules.stamping_move(walk.filed(recommender="direct")) == M.STAMP_DIRECT
    assert rules.stamping_move(REACHED[S.AMENDED](walk)) == M.STAMP_AMENDED


# --- reminding, offers ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (S.DRAFT, ["nobody_to_remind"]),
        (S.FILED, []),
        (S.STAMPED, []),
        (S.NOT_RECOMMENDED, ["nobody_to_remind"]),
        (S.PUBLISHED, ["nobody_to_remind"]),
    ],
)
def test_only_somebody_else_can_be_reminded(state, expected, walk, cast):
    found = REACHED[state](walk)
    assert codes(rules.why_not_remind(found, cast.group, walk.at)) == expected


def test_offers_are_of_the_own_desk_and_the_own_state(walk, cast):
    found = walk.filed()
    names = (M.RECALL, M.WITHDRAW, M.STAMP, M.FILE)
    offers = rules.offers(found, cast.group, walk.at, names)
    assert [(o.name, o.kind, o.allowed, o.needs_comment) for o in offers] == [
        ("recall", "line", True, False),
        ("withdraw", "back", True, True),
    ]
    stamp = rules.offer(M.STAMP, [Refusal("a", "不行")])
    caution = rules.offer(M.STAMP, [Refusal("a", "当心", kind="caution")])
    assert [(o.kind, o.allowed) for o in (stamp, caution)] == [
        ("seal", False),
        ("seal", True),
    ]


def test_sheet_and_stamp_are_those_of_the_revision_that_counts(walk, cast):
    found = walk.stamped()
    assert rules.sheet_of(walk.draft(cast.second_group), Tier.UNIT) is None
    sheet = rules.sheet_of(found, Tier.UNIT)
    assert (sheet.revision_id, rules.live_stamp(sheet).sheet_id) == (
        found.revision_id,
        sheet.pk,
    )
    assert rules.live_stamp(rules.sheet_of(found, Tier.RECOMMENDER)) is None
