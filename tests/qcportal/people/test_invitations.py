"""Invitations: what the link opens, once, and what it never opens."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from qcportal.accounts.actors import Actor, seats_of
from qcportal.accounts.models import Membership, User
from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.inbox import mailing
from qcportal.inbox.models import Mail
from qcportal.people import actions
from qcportal.people.letters import link
from qcportal.people.models import Invitation, digest
from qcportal.refusals import Refused
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/accounts/organisation/"
NEW = {
    "username": "jiangmin", "name": "蒋敏", "password": "xiangmu-2020-ok",
    "again": "xiangmu-2020-ok",
}  # fmt: skip


def path(invitation):
    return link(invitation).removeprefix(settings.SITE_URL)


@pytest.fixture
def invitation(manager, noon):
    return actions.invite(
        manager.organisation.pk, name="蒋敏", duty=Duty.CLERK, by=manager, at=noon
    )


def test_database_keeps_no_token_and_the_page_shows_the_link(
    invitation, manager, client_of
):
    row = Invitation.objects.values().get()
    assert invitation.token not in str(row)
    assert row["token_hash"] == digest(invitation.token)
    assert row["expires_at"] - row["created_at"] == timedelta(days=14)
    assert link(invitation) in client_of(manager).get(PAGE).content.decode()


def test_manager_invites_by_mail_and_the_text_is_wiped_once_sent(
    manager, client_of, django_capture_on_commit_callbacks
):
    sent = {"name": "蒋敏", "duty": "approver", "email": "jiang@example.com"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(manager).post(f"{PAGE}invitations/", sent)
    assert answer.url == f"{PAGE}#invitations"
    letter = mail.outbox[0]
    found = Invitation.objects.get()
    assert letter.subject == "【QC成果申报】上海申浦轨道车辆维修有限公司邀请您办理申报"
    assert letter.to == ["jiang@example.com"]
    assert link(found) in letter.body
    assert letter.extra_headers["Message-ID"] == f"<{found.mail.key}@127.0.0.1>"
    assert (found.mail.body, found.mail.words) == ("", "邮件已发出")


def test_the_same_invitation_twice_is_one(manager, client_of):
    client = client_of(manager)
    for _ in range(2):
        client.post(f"{PAGE}invitations/", {"name": "蒋敏", "duty": "clerk"})
    assert Invitation.objects.count() == 1


def test_wrong_input_is_said_and_kept(manager, client_of):
    answer = client_of(manager).post(
        f"{PAGE}invitations/", {"name": "蒋敏", "duty": "judge", "email": "nonsense"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    for words in ("蒋敏", "nonsense", "邮箱的写法不对", "请选择职责。"):
        assert words in text
    assert not Invitation.objects.exists()


def test_a_clerk_and_a_neighbour_may_neither_see_nor_invite(
    cast, invitation, client_of
):
    clerk = client_of(cast.unit)
    text = clerk.get(PAGE).content.decode()
    assert "只能看" in text
    assert link(invitation) not in text
    answer = clerk.post(f"{PAGE}invitations/", {"name": "某人", "duty": "manager"})
    assert answer.status_code == 409
    neighbour = client_of(cast.other_unit)
    for verb in ("revoke", "renew"):
        where = f"{PAGE}invitations/{invitation.key}/{verb}/"
        assert neighbour.post(where).status_code == 404
        assert clerk.post(where).status_code == 409
    invitation.refresh_from_db()
    assert (Invitation.objects.count(), invitation.revoked_at) == (1, None)


def test_reading_the_page_changes_nothing(invitation):
    for _ in range(2):
        assert Client().get(path(invitation)).status_code == 200
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_new_account_takes_the_seat_and_is_signed_in(invitation):
    client = Client()
    assert client.post(path(invitation), NEW).url == "/accounts/start/"
    user = User.objects.get(username="jiangmin")
    seat = seats_of(user)[0]
    assert (seat.organisation, seat.duty) == (invitation.organisation, "clerk")
    assert user.check_password(NEW["password"])
    assert client.get("/submissions/stamping/").status_code == 200
    assert TrailEntry.objects.filter(what="invitation_accepted").count() == 1


def test_two_clicks_make_one_account(invitation):
    first, second = Client(), Client()
    first.post(path(invitation), NEW)
    answer = second.post(path(invitation), {**NEW, "username": "someoneelse"})
    assert answer.status_code == 410
    assert "已经用过了" in answer.content.decode()
    assert not User.objects.filter(username="someoneelse").exists()
    again = first.post(path(invitation))  # now signed in: the same answer once more
    assert again.url == "/accounts/start/"
    assert Membership.objects.filter(user__username="jiangmin").count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "abc"}, "至少 4 个字"),
        ({"username": "a b c d"}, "用户名只能用"),
        ({"again": "different-2020"}, "两次输入的密码不一样"),
        ({"password": "short", "again": "short"}, "10"),
        ({"password": "1234567890", "again": "1234567890"}, "常见"),
        ({"name": ""}, "请填写姓名"),
    ],
)
def test_faulty_accounts_are_not_made(invitation, changes, words):
    answer = Client().post(path(invitation), {**NEW, **changes})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not User.objects.filter(name="蒋敏").exists()


def test_a_taken_user_name_in_other_case_is_refused(invitation, cast):
    factories.person("别人", "JiangMin")
    answer = Client().post(path(invitation), NEW)
    assert answer.status_code == 409
    assert "已经有人用了" in answer.content.decode()


def test_somebody_signed_in_joins_by_a_button_and_may_switch(
    invitation, cast, client_of
):
    client = client_of(cast.other_group)
    text = client.get(path(invitation)).content.decode()
    assert f"以 {cast.other_group.user.name} 加入" in text
    assert len(seats_of(cast.other_group.user)) == 1
    for _ in range(2):
        assert client.post(path(invitation)).url == "/accounts/start/"
    assert [s.duty for s in seats_of(cast.other_group.user)] == ["clerk", "clerk"]


def test_revoked_expired_renewed_unknown(invitation, manager, noon, client_of):
    old = path(invitation)
    client = client_of(manager)
    client.post(f"{PAGE}invitations/{invitation.key}/renew/")
    invitation.refresh_from_db()
    assert Client().get(old).status_code == 404
    assert Client().get(path(invitation)).status_code == 200
    Invitation.objects.update(expires_at=noon - timedelta(minutes=1))
    late = Client().post(path(invitation), NEW)
    assert late.status_code == 410
    assert "过期了" in late.content.decode()
    client.post(f"{PAGE}invitations/{invitation.key}/revoke/")
    gone = Client().post(path(invitation), NEW)
    assert "已经撤回" in gone.content.decode()
    assert Client().get("/accounts/invitations/nonsense/").status_code == 404
    assert not User.objects.filter(username="jiangmin").exists()


def test_a_judge_is_invited_to_a_campaign_and_joins_its_pool(
    cast, campaign, client_of, noon
):
    client = client_of(cast.association)
    without = client.post(f"{PAGE}invitations/", {"name": "方教授", "duty": "judge"})
    assert "请选择评审哪个活动" in without.content.decode()
    elsewhere = {"name": "方教授", "duty": "judge", "campaign": "jiangnan-2019"}
    assert client.post(f"{PAGE}invitations/", elsewhere).status_code == 422
    client.post(
        f"{PAGE}invitations/",
        {"name": "方教授", "duty": "judge", "campaign": campaign.code},
    )
    made = Invitation.objects.get()
    Client().post(path(made), {**NEW, "username": "fangjs", "name": "方教授"})
    user = User.objects.get(username="fangjs")
    assert user.has_perm("campaigns.judge_campaign", campaign)
    assert not user.has_perm("campaigns.run_campaign", campaign)


def test_staff_of_the_association_may_run_the_campaign_only_if_said(
    cast, campaign, noon
):
    host = cast.association.organisation.pk
    for name, given, runs in (("甲某", None, False), ("乙某", campaign, True)):
        made = actions.invite(
            host, name=name, duty=Duty.CLERK, campaign=given,
            by=cast.association, at=noon,
        )  # fmt: skip
        seat = actions.accept_as(made.pk, factories.person(name), at=noon)
        assert seat.user.has_perm("campaigns.run_campaign", campaign) is runs
        assert not Actor(seat).may("manage_members")


def test_a_group_gives_no_seal_and_no_judge(cast, noon):
    for duty in (Duty.SEAL_KEEPER, Duty.JUDGE, Duty.APPROVER):
        with pytest.raises(Refused) as no:
            actions.invite(
                cast.group.organisation.pk, name="某人", duty=duty, by=cast.group,
                at=noon,
            )  # fmt: skip
        assert "duty_unknown" in no.value.codes


# --- mail ---------------------------------------------------------------------------


def test_mail_is_sent_once_and_swept(db, noon):
    row = mailing.order("a@example.com", "两行\n标题", "内容", at=noon)
    assert mailing.sweep(at=noon) == 1
    assert mailing.deliver(row.pk, at=noon) is False
    assert mailing.sweep(at=noon + timedelta(hours=1)) == 0
    assert [m.subject for m in mail.outbox] == ["【QC成果申报】两行 标题"]


def test_a_server_that_is_away_is_tried_five_times(db, noon, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens there
    row = mailing.order("a@example.com", "标题", "秘密链接", at=noon)
    for minutes in range(0, 30, 3):
        mailing.sweep(at=noon + timedelta(minutes=minutes))
    row = Mail.objects.get(pk=row.pk)
    assert (row.attempts, row.sent_at, row.body, row.words) == (
        5, None, "", "邮件发不出去",
    )  # fmt: skip
    assert row.given_up_at == noon + timedelta(minutes=12)
