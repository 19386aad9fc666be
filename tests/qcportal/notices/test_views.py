"""The pages of notices: the secretariat's and everybody's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qcportal.campaigns.models import Campaign
from qcportal.notices import actions
from qcportal.notices.models import Notice
from tests import factories
from tests.qcportal.notices.test_actions import TEXT, WORDS

pytestmark = pytest.mark.django_db
CODE = "shanghai-2020"
FORM = {
    "title": "关于延长盖章时间的通知", "document_number": "沪质协〔2020〕18号",
    "addressees": "各有关单位：", "body": "一、时间\n\n延长两天。",
    "signatures": "上海市质量协会\n上海市总工会", "signed_on": "2020-07-01",
}  # fmt: skip


@pytest.fixture
def desk(cast, client_of):
    return client_of(cast.association)


@pytest.fixture
def draft(campaign, cast, noon) -> Notice:
    return actions.begin(campaign.pk, WORDS, by=cast.association, at=noon)


def at(name: str, *args: object) -> str:
    return reverse(f"notices:{name}", args=[CODE, *args])


def public_at_once(draft, cast, noon) -> Notice:
    return actions.publish(draft.pk, hour=noon, version=draft.version, by=cast.association, at=noon)  # fmt: skip


# --- the secretariat's -------------------------------------------------------------------


def test_from_the_list_to_a_public_page(desk, campaign, client):
    begun = desk.post(at("begin"))
    notice = Notice.objects.get(slug="shanghai-2020-5")
    assert begun.url == at("edit", notice.slug)
    desk.post(begun.url, FORM | {"version": "1"})
    notice.refresh_from_db()
    assert (notice.title, notice.addressees, notice.signatures, notice.version) == (
        FORM["title"], "各有关单位", ["上海市质量协会", "上海市总工会"], 2,
    )  # fmt: skip

    page = desk.get(at("publish", notice.slug)).content.decode()
    assert "标题、正文、落款、附件都齐了" in page
    done = desk.post(at("publish", notice.slug), {"when": "now", "version": "2"})
    assert done.url == at("desk")

    shown = client.get(f"/notices/{notice.slug}/").content.decode()
    assert shown.index("上海市质量协会") < shown.index("上海市总工会")
    for words in (
        "沪质协〔2020〕18号",
        "各有关单位：",
        "一、时间",
        "2020年7月1日",
        "文件",
    ):
        assert words in shown
    listed = desk.get(at("desk")).content.decode()
    assert FORM["title"] in listed
    assert "不能再改" in desk.get(at("edit", notice.slug)).content.decode()


def test_while_typing_it_is_saved_and_drawn_again(desk, draft):
    url = at("edit", draft.slug)
    answer = desk.post(
        url, FORM | {"version": "1", "title": "新标题"}, headers={"X-Requested-With": "autosave"}
    )  # fmt: skip
    assert answer.json()["version"] == 2
    live = desk.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "新标题" in live
    assert "<html" not in live
    stale = desk.post(
        url, FORM | {"version": "1"}, headers={"X-Requested-With": "autosave"}
    )
    assert stale.status_code == 409
    empty = desk.post(
        url, FORM | {"version": "2", "title": ""}, headers={"X-Requested-With": "autosave"}
    )  # fmt: skip
    assert empty.status_code == 422


def test_the_second_clerk_sees_both_and_may_keep_his_own(desk, draft, cast, noon):
    actions.save_notice(
        draft.pk, WORDS | {"body": "同事写的。"}, version=1, by=cast.association, at=noon
    )  # fmt: skip
    page = desk.post(at("edit", draft.slug), FORM | {"version": "1"})
    text = page.content.decode()
    assert page.status_code == 409
    for words in ("刚刚改过这份通知", "同事写的。", "延长两天。", "两份不一样的地方"):
        assert words in text
    assert 'name="version" value="2"' in text
    desk.post(at("edit", draft.slug), FORM | {"version": "2"})
    draft.refresh_from_db()
    assert draft.body == FORM["body"]


def test_wrong_words_come_back_beside_their_field(desk, draft):
    page = desk.post(
        at("edit", draft.slug),
        FORM
        | {"version": "1", "title": "", "signed_on": "七月", "signatures": "甲\n甲"},
    )
    text = page.content.decode()
    assert page.status_code == 422
    assert "请填标题。" in text
    assert "请填日期，例如 2020-06-03" in text
    assert "甲\n甲" in text


def test_an_hour_to_come_is_kept_secret(desk, draft, client):
    url = at("publish", draft.slug)
    for hour, words in (
        ("", "请填公开的时间。"),
        ("2020-01-01T08:00", "这个时间已经过去"),
    ):
        page = desk.post(url, {"when": "hour", "published_at": hour, "version": "1"})
        assert (page.status_code, words in page.content.decode()) == (422, True)
    soon = timezone.localtime(timezone.now() + timedelta(days=2))
    desk.post(url, {"when": "hour", "published_at": f"{soon:%Y-%m-%dT%H:%M}", "version": "1"})  # fmt: skip
    draft.refresh_from_db()
    assert draft.published_at is not None
    assert client.get(f"/notices/{draft.slug}/").status_code == 404
    assert draft.title not in client.get("/notices/").content.decode()
    assert "公开" in desk.get(at("edit", draft.slug)).content.decode()
    desk.post(at("take_back", draft.slug), {"version": "2"})
    draft.refresh_from_db()
    assert draft.published_at is None


def test_corrections_and_withdrawal_are_said_on_both_pages(
    desk, draft, cast, noon, client
):
    actions.add_attachment(draft.pk, TEXT, version=1, by=cast.association, at=noon)
    draft.refresh_from_db()
    public_at_once(draft, cast, noon)
    made_at = desk.post(at("correct", draft.slug)).url
    made = Notice.objects.get(corrects=draft)
    assert made_at == at("edit", made.slug)
    desk.post(at("publish", made.slug), {"when": "now", "version": "1"})
    old = client.get(f"/notices/{draft.slug}/").content.decode()
    new = client.get(f"/notices/{made.slug}/").content.decode()
    assert f'href="/notices/{made.slug}/"' in old
    assert "这份通知有更正" in old
    assert f'href="/notices/{draft.slug}/"' in new
    assert "沪质协[2020] 18号" in new

    refused = desk.post(at("withdraw", made.slug), {"reason": "写错了"})
    assert (refused.status_code, "写错了" in refused.content.decode()) == (422, True)
    desk.post(at("withdraw", made.slug), {"reason": "写错了", "confirmed": "on"})
    gone = client.get(f"/notices/{made.slug}/").content.decode()
    assert "已撤回" in gone
    assert "写错了" in gone
    assert (
        "这份通知有更正" not in client.get(f"/notices/{draft.slug}/").content.decode()
    )


def test_files_of_a_withdrawn_notice_are_gone_for_everybody(
    desk, draft, cast, noon, client
):
    upload = TEXT | {"kind": "upload", "paragraphs": []}
    file = factories.pdf_file("会场图.pdf")
    actions.add_attachment(draft.pk, upload, file, version=1, by=cast.association, at=noon)  # fmt: skip
    draft.refresh_from_db()
    key = draft.attachments.get().document.key
    own = at("file", draft.slug, key)
    assert client.get(f"/downloads/{key}/").status_code == 404  # still a draft
    assert desk.get(own).status_code == 200
    assert desk.get(at("file", draft.slug, "00000000-0000-4000-8000-000000000000")).status_code == 404  # fmt: skip
    public_at_once(draft, cast, noon)
    draft.refresh_from_db()
    factories.make(draft.paper)
    pages = (f"/downloads/{key}/", f"/notices/{draft.slug}/pdf/")
    assert [client.get(page).status_code for page in pages] == [200, 200]
    assert "须知" in client.get("/downloads/").content.decode()
    actions.withdraw(draft.pk, reason="有误", by=cast.association, at=noon)
    assert [client.get(page).status_code for page in pages] == [404, 404]
    page = client.get(f"/notices/{draft.slug}/").content.decode()
    assert str(key) not in page
    assert "不再提供" in page
    assert "须知" not in client.get("/downloads/").content.decode()


def test_attachments_on_pages_of_their_own(desk, draft):
    add = at("add_attachment", draft.slug)
    kinds = {
        "text": "附件的文字",
        "form": "哪一类的申报表",
        "upload": "文件",
        "notice": "哪份通知",
    }
    for kind, words in kinds.items():
        assert words in desk.get(f"{add}?kind={kind}").content.decode()
    assert desk.get(f"{add}?kind=nonsense").status_code == 200
    given = {"number": " 1 - 1 ", "title": "须知", "audience": "filers", "version": "1"}
    empty = desk.post(f"{add}?kind=text", given | {"paragraphs": ""})
    assert (empty.status_code, "请写附件的文字。" in empty.content.decode()) == (422, True)  # fmt: skip
    desk.post(f"{add}?kind=text", given | {"paragraphs": "第一段\n\n第二段"})
    found = draft.attachments.get()
    assert (found.number, found.paragraphs) == ("1-1", ["第一段", "第二段"])
    wrong = desk.post(
        f"{add}?kind=upload",
        {"number": "2", "title": "图", "audience": "filers", "version": "2", "file": factories.png_file("图.exe")},
    )  # fmt: skip
    assert (wrong.status_code, "类型不能上传" in wrong.content.decode()) == (422, True)
    doubled = desk.post(f"{add}?kind=form", given | {"version": "2"})
    assert "附件1-1已经有了" in doubled.content.decode()
    for place in (0, 2, 99):
        assert desk.get(at("attachment", draft.slug, place)).status_code == 404
    desk.post(at("remove_attachment", draft.slug, 1), {"version": "2"})
    assert not draft.attachments.exists()


def test_the_neighbour_finds_nothing(draft, cast, client_of):
    neighbour = client_of(cast.other_association)
    before = Notice.objects.values_list().get(pk=draft.pk)
    for name in ("edit", "preview", "publish", "add_attachment"):
        assert neighbour.get(at(name, draft.slug)).status_code == 404
    for name in ("edit", "publish", "take_back", "withdraw", "correct", "drop"):
        answer = neighbour.post(at(name, draft.slug), FORM | {"version": "1"})
        assert answer.status_code == 404
    assert neighbour.post(at("begin")).status_code == 404
    assert Notice.objects.values_list().get(pk=draft.pk) == before


def test_an_ended_campaign_is_only_read(desk, draft, noon):
    Campaign.objects.filter(code=CODE).update(ended_at=noon)
    page = desk.get(at("edit", draft.slug)).content.decode()
    assert "撤回通知" not in page
    assert "起草通知" not in desk.get(at("desk")).content.decode()
    answer = desk.post(at("edit", draft.slug), FORM | {"version": "1"})
    assert "活动已经办结" in answer.content.decode()


# --- everybody's -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "沪质协〔2020〕18号",
        "沪质协[2020]18号",
        "沪质协（2020）18号",
        "(2020) 18",
        "延长盖章",
        "延长两天",
    ],
)
def test_found_by_title_words_and_number_in_any_brackets(
    draft, cast, noon, client, typed
):
    public_at_once(draft, cast, noon)
    page = client.get("/notices/", {"q": typed}).content.decode()
    assert draft.title in page
    assert "温馨提示" not in page


def test_a_number_in_the_words_is_found_in_any_brackets(campaign, client):
    main = campaign.notices.get(is_main=True)
    page = client.get("/notices/", {"q": "沪质协[2020]17号"}).content.decode()
    assert main.title in page
    assert "没有找到" in client.get("/notices/", {"q": "没有这回事"}).content.decode()
    assert client.get("/notices/", {"q": "x" * 999}).status_code == 200


def _published(campaign, cast, noon, count: int) -> None:
    for n in range(count):
        made = actions.begin(campaign.pk, WORDS | {"title": f"通知{n}"}, by=cast.association, at=noon)  # fmt: skip
        form = TEXT | {"kind": "form", "paragraphs": []}
        actions.add_attachment(made.pk, form, version=1, by=cast.association, at=noon)
        actions.publish(made.pk, hour=noon, version=2, by=cast.association, at=noon)


@pytest.mark.parametrize("who", ["desk", "list", "downloads"])
def test_lists_ask_the_same_with_one_and_three(who, desk, client, campaign, cast, noon):
    asks, path = {
        "desk": (desk, at("desk")), "list": (client, "/notices/"),
        "downloads": (client, "/downloads/"),
    }[who]  # fmt: skip
    counts = []
    for more in (1, 2):
        _published(campaign, cast, noon, more)
        asks.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert asks.get(path).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_lists_are_paged_and_junk_pages_are_pages(desk, client, campaign, cast, noon):
    _published(campaign, cast, noon, 24)
    for asks, path in (
        (desk, at("desk")),
        (client, "/notices/"),
        (client, "/downloads/"),
    ):
        assert asks.get(path, {"page": "xyz"}).status_code == 200
    assert "?page=2" in client.get("/notices/").content.decode()
    assert len(client.get("/notices/", {"page": 2}).context["page"]) == 3
