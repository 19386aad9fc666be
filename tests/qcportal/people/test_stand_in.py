"""代办: what an officer sees and may do on somebody else's seat, and for how long."""

from datetime import timedelta

import pytest

from qcportal.accounts.actions import end_seat, grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.campaigns.actions import stop_running
from qcportal.people import actions
from qcportal.people.models import StandIn
from qcportal.refusals import Refused
from qcportal.seals.actions import end_picture, keep_picture
from recommenders import rules as recommender_rules
from reviews import rules as review_rules
from submissions import actions as filing
from submissions import rules as submission_rules
from tests.factories import content, png_file, stored

pytestmark = pytest.mark.django_db
END = "/accounts/stand-in/end/"
REASON = {"reason": "来电说上传不了附件"}


def begin(client, actor):
    key = actor.organisation.key
    return client.post(
        f"/accounts/organisations/{key}/members/{actor.membership.key}/stand-in/",
        REASON,
    )


@pytest.fixture
def helping(cast, walk, client_of):
    """The officer's browser, on the group's seat."""
    walk.draft()
    client = client_of(cast.association)
    assert begin(client, cast.group).url == "/accounts/start/"
    return client


def standing(cast, seat=None):
    return Actor((seat or cast.unit).membership, stand_in=cast.association.membership)


def test_banner_is_on_every_page_and_the_desk_is_the_members(helping, cast):
    page = helping.get("/accounts/start/", follow=True)
    text = page.content.decode()
    assert page.redirect_chain[-1][0] == "/submissions/"
    assert "周岚 正在代" in text
    code = cast.group.organisation.submissions.get().code
    for where in ("/", "/messages/", f"/submissions/{code}/edit/", "/help/"):
        assert "结束代办" in helping.get(where, follow=True).content.decode(), where
    for where in ("/reviews/", "/reviews/entries/", "/audit/"):
        assert helping.get(where).status_code == 403


def test_steps_and_trail_carry_both_names(cast, walk, noon):
    acting = standing(cast, cast.group)
    draft = filing.begin(walk.campaign.categories.get(), by=acting, at=noon)
    assert draft.form.form.value(draft.content, "contact") == "顾晓岚"
    found = walk.draft()
    filing.save_draft(
        found.pk, content(found), version=found.version, by=acting, at=noon
    )
    filing.file(found.pk, confirmed=True, by=acting, at=noon)
    step = found.steps.get()
    assert (step.by, step.by_name, step.organisation) == (
        cast.association.user, "周岚（代 顾晓岚）", cast.group.organisation,
    )  # fmt: skip


def test_begin_every_form_and_end_stand_in_the_trail(helping, cast, campaign):
    code = cast.group.organisation.submissions.get().code
    helping.post(f"/submissions/{code}/withdraw/", {"comment": "试试"})
    assert helping.post(END).url == "/accounts/start/"
    helping.post(END)  # a second click changes nothing
    lines = TrailEntry.objects.filter(what__startswith="st").order_by("pk")
    lines = [line for line in lines if line.what.startswith(("stand_in", "stood"))]
    assert [line.what for line in lines] == [
        "stand_in_began", "stood_in", "stand_in_ended",
    ]  # fmt: skip
    assert {line.user_name for line in lines} == {"周岚（代 顾晓岚）"}
    assert {line.campaign for line in lines} == {campaign.code}
    assert lines[0].data["reason"] == REASON["reason"]
    assert helping.get("/reviews/").status_code == 200


def test_what_is_the_members_own_is_refused(cast, walk, noon, client_of):
    """Each act first open to the member, then refused to who stands in."""
    filed = walk.filed()

    def codes(refusals):
        return {r.code for r in refusals} & {"standing_in"}

    def asked(unit, body, judge, officer):
        stamp = {"evidence": "scan", "scan": None, "confirmed": True}
        return [
            codes(submission_rules.why_not_stamp(filed, unit, noon, **stamp)),
            codes(recommender_rules.why_not_stamp(filed, body, noon, **stamp)),
            codes(
                recommender_rules.why_not_stamp_table(
                    dossier, None, [], body, noon, **stamp
                )
            ),
            codes(submission_rules.why_not_use_seal_picture(unit, walk.campaign)),
            codes(review_rules.why_not_run(walk.campaign, officer)),
            codes(review_rules.why_not_decide(filed, None, officer, noon)),
        ]

    dossier = walk.dossier(cast.recommender)
    own = asked(cast.unit, cast.recommender, cast.judge, cast.association)
    assert own == [set()] * 6
    helped = asked(
        standing(cast), standing(cast, cast.recommender), standing(cast, cast.judge),
        standing(cast, cast.association),
    )  # fmt: skip
    assert helped == [{"standing_in"}] * 6


def test_seal_pictures_are_not_touched(cast, noon):
    keeper = standing(cast, cast.keeper)
    document = stored(png_file(), "seal_picture", cast.keeper)
    with pytest.raises(Refused) as no:
        keep_picture(document, undertaken=True, by=keeper, at=noon)
    assert no.value.codes == ["standing_in"]
    with pytest.raises(Refused) as no:
        end_picture(by=keeper, at=noon)
    assert no.value.codes == ["standing_in"]


def test_members_password_seats_and_invitations_stay_shut(helping, cast, noon):
    helping.post(
        "/accounts/organisation/invitations/", {"name": "某人", "duty": "clerk"}
    )
    assert not cast.group.organisation.invitations.exists()
    old = cast.association.user.password
    changed = helping.post("/accounts/", {"old_password": "x", "new_password1": "y"})
    assert changed.status_code == 409
    assert "不能改密码" in helping.get("/accounts/").content.decode()
    cast.association.user.refresh_from_db()
    assert cast.association.user.password == old
    seat = {"seat": str(cast.association.membership.key)}
    assert helping.post("/accounts/seat/", seat).status_code == 409
    made = actions.invite(
        cast.unit.organisation.pk, name="某人", duty=Duty.CLERK, overseen=True,
        by=cast.association, at=noon,
    )  # fmt: skip
    where = f"/accounts/invitations/{made.token}/"
    assert helping.post(where).status_code == 409
    made.refresh_from_db()
    assert made.accepted_at is None


def test_stamp_button_shows_the_sentence(cast, walk, client_of):
    found = walk.filed()
    client = client_of(cast.association)
    begin(client, cast.unit)
    text = client.get(f"/submissions/{found.code}/stamp/").content.decode()
    assert "您在代王敏办理" in text
    where = f"/submissions/{found.code}/stamp/seal/"
    client.post(where, {"version": "0"})
    found.refresh_from_db()
    assert found.state == "filed"


def test_a_reason_is_needed(cast, walk, client_of):
    walk.draft()
    key, seat = cast.group.organisation.key, cast.group.membership.key
    where = f"/accounts/organisations/{key}/members/{seat}/stand-in/"
    client = client_of(cast.association)
    assert client.get(where).status_code == 200
    for reason in ("", "看看"):
        assert client.post(where, {"reason": reason}).status_code == 422
    assert not StandIn.objects.exists()


def test_never_for_people_of_an_association(cast, walk, client_of, noon):
    walk.draft()
    grant_seat(
        cast.group.user, cast.association.organisation, Duty.JUDGE, by=None, at=noon
    )
    client = client_of(cast.association)
    assert begin(client, cast.group).status_code == 404
    for seat in (cast.judge.membership, cast.group.membership):
        with pytest.raises(Refused) as no:
            actions.begin_stand_in(
                seat, walk.campaign, reason="帮助填写", by=cast.association, at=noon
            )
        assert "not_helpable" in no.value.codes


def test_half_an_hour_and_no_longer(helping, cast, noon):
    StandIn.objects.update(ends_at=noon - timedelta(seconds=1))
    code = cast.group.organisation.submissions.get().code
    answer = helping.post(f"/submissions/{code}/withdraw/", {"comment": "晚了"})
    assert answer.url == "/accounts/start/"
    assert cast.group.organisation.submissions.get().state == "draft"
    page = helping.get("/reviews/")
    assert page.status_code == 200
    assert "代办已经结束" in page.content.decode()
    ended = StandIn.objects.get()
    assert ended.ended_at == ended.ends_at


def test_a_script_of_the_page_does_not_swallow_the_sentence(helping, noon):
    StandIn.objects.update(ends_at=noon - timedelta(seconds=1))
    assert helping.get("/clock/", headers={"Sec-Fetch-Mode": "cors"}).status_code == 409
    assert "代办已经结束" in helping.get("/reviews/").content.decode()


@pytest.mark.parametrize("lost", ["officer", "seat", "campaign", "sign_out"])
def test_it_ends_with_whatever_it_rests_on(helping, cast, campaign, noon, lost):
    match lost:
        case "officer":
            end_seat(cast.association.membership, by=None, at=noon)
        case "seat":
            end_seat(cast.group.membership, by=None, at=noon)
        case "campaign":
            stop_running(campaign, cast.association.user, by=None, at=noon)
        case _:
            helping.post("/accounts/sign-out/")
    helping.get("/submissions/")
    assert StandIn.objects.get().ended_at is not None


def test_forgotten_ones_are_ended_by_the_clock(helping, noon):
    assert actions.end_overdue_stand_ins(at=noon) == 0
    assert actions.end_overdue_stand_ins(at=noon + timedelta(hours=1)) == 1
    assert actions.end_overdue_stand_ins(at=noon + timedelta(hours=1)) == 0


def test_another_browser_of_the_officer_is_not_standing_in(helping, cast, client_of):
    assert client_of(cast.association).get("/reviews/").status_code == 200


def test_hidden_things_stay_hidden(cast, walk, client_of):
    """The unit does not see a draft, nor does who stands in for it."""
    draft = walk.draft()
    client = client_of(cast.association)
    begin(client, cast.unit)
    assert client.get(f"/submissions/{draft.code}/stamp/").status_code == 404
    assert client.get(f"/reviews/entries/{draft.code}/").status_code == 403
