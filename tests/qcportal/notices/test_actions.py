"""The life of a notice: written, public at its hour, frozen, corrected, withdrawn."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from qcportal.audit.models import TrailEntry
from qcportal.campaigns.models import Campaign
from qcportal.documents.models import Document
from qcportal.notices import actions, rules, shows
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.refusals import Refused
from tests import factories

pytestmark = pytest.mark.django_db
WORDS = {
    "is_main": False, "title": "关于延长盖章时间的通知", "document_number": "沪质协[2020] 18号",
    "addressees": "各有关单位", "body": "一、时间\n\n延长两天。",
    "signatures": ["上海市质量协会", "上海市总工会"], "signed_on": date(2020, 7, 1),
    "pinned": False,
}  # fmt: skip
TEXT = {
    "number": "1", "title": "须知", "audience": "filers", "kind": "text",
    "category": None, "link": None, "paragraphs": ["不收取任何费用。"],
}  # fmt: skip


@pytest.fixture
def clerk(cast):
    return cast.association


@pytest.fixture
def draft(campaign, clerk, noon) -> Notice:
    return actions.begin(campaign.pk, WORDS, by=clerk, at=noon)


@pytest.fixture
def public(draft, clerk, noon) -> Notice:
    actions.add_attachment(draft.pk, TEXT, version=1, by=clerk, at=noon)
    return actions.publish(draft.pk, hour=noon, version=2, by=clerk, at=noon)


def refused(act, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    return no.value.codes


def saved(notice, clerk, noon, **changes):
    notice.refresh_from_db()
    return actions.save_notice(
        notice.pk, WORDS | changes, version=notice.version, by=clerk, at=noon
    )


# --- writing ------------------------------------------------------------------------


def test_a_draft_is_kept_under_versions_and_found_by_its_number(draft, clerk, noon):
    assert (draft.slug, draft.version, draft.published_at) == ("shanghai-2020-5", 1, None)  # fmt: skip
    assert draft.document_number_key == "沪质协〔2020〕18号"
    kept = saved(draft, clerk, noon, title="关于延长时间的通知")
    assert (kept.version, kept.saved_by_name) == (2, clerk.user_name)
    assert (
        saved(draft, clerk, noon, title="关于延长时间的通知").version == 2
    )  # nothing differs
    assert list(TrailEntry.objects.filter(about=draft.slug).order_by("pk").values_list("what", "data__fields")) == [
        ("notice_begun", None), ("notice_changed", ["标题"]),
    ]  # fmt: skip


def test_the_second_of_two_clerks_is_told(draft, clerk, noon):
    actions.save_notice(draft.pk, WORDS | {"title": "甲"}, version=1, by=clerk, at=noon)
    codes = refused(
        actions.save_notice, draft.pk, WORDS | {"title": "乙"}, version=1, by=clerk, at=noon
    )  # fmt: skip
    assert codes == ["stale_version"]
    draft.refresh_from_db()
    assert draft.title == "甲"


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"signatures": [f"单位{n}" for n in range(13)]}, ["too_many_signatures"]),
        ({"signatures": ["质" * 61]}, ["signature_long"]),
        ({"signatures": ["甲", "甲"]}, ["signature_twice"]),
        ({"is_main": True}, ["main_twice"]),
        ({"title": "通知\U0010fffd"}, ["unprintable"]),
    ],
    ids=["many", "long", "twice", "main", "letters"],
)
def test_wrong_words_are_refused_and_nothing_is_kept(
    draft, clerk, noon, changes, codes
):
    assert refused(saved, draft, clerk, noon, **changes) == codes
    draft.refresh_from_db()
    assert (draft.version, draft.title, draft.signatures) == (
        1, WORDS["title"], WORDS["signatures"],
    )  # fmt: skip


def test_neighbours_and_ended_campaigns_write_nothing(draft, cast, clerk, noon):
    other = cast.other_association
    assert refused(saved, draft, other, noon, title="x") == ["not_yours"]
    for act, more in (
        (actions.publish, {"hour": noon, "version": 1}),
        (actions.drop, {"version": 1}),
        (actions.add_attachment, {"values": TEXT, "version": 1}),
    ):
        assert refused(act, draft.pk, by=other, at=noon, **more) == ["not_yours"]
    Campaign.objects.filter(pk=draft.campaign_id).update(ended_at=noon)
    assert refused(saved, draft, clerk, noon, title="x") == ["campaign_ended"]


# --- becoming public ----------------------------------------------------------------


def test_what_is_missing_bars_publication(draft, clerk, noon):
    saved(draft, clerk, noon, body="", signatures=[], signed_on=None)
    upload = TEXT | {"kind": "upload", "paragraphs": []}
    actions.add_attachment(draft.pk, upload, version=2, by=clerk, at=noon)
    codes = refused(
        actions.publish, draft.pk, hour=noon - timedelta(minutes=1), version=3, by=clerk, at=noon
    )  # fmt: skip
    assert codes == ["no_body", "no_signature", "attachment_missing", "hour_past"]
    draft.refresh_from_db()
    assert [r.code for r in shows.unready(draft)][-1] == "no_signing_date"


def test_public_at_its_second_and_not_before(draft, clerk, noon, client):
    hour = noon + timedelta(hours=3)
    actions.publish(draft.pk, hour=hour, version=1, by=clerk, at=noon)
    before = hour - timedelta(seconds=1)
    assert draft not in Notice.objects.readable_at(before)
    assert draft in Notice.objects.public_at(hour)
    assert client.get(f"/notices/{draft.slug}/").status_code == 404
    assert actions.bring_out(at=before) == 4  # the campaign's own four
    assert saved(draft, clerk, before, title="改了").version == 3
    assert refused(saved, draft, clerk, hour, title="晚了") == ["frozen"]
    assert (actions.bring_out(at=hour), actions.bring_out(at=hour)) == (1, 0)
    draft.refresh_from_db()
    assert (draft.paper.title, draft.paper.maker) == (
        "改了.pdf",
        "notices.render_notice",
    )


def test_back_to_a_draft_before_its_hour(draft, clerk, noon):
    hour = noon + timedelta(hours=3)
    actions.publish(draft.pk, hour=hour, version=1, by=clerk, at=noon)
    assert refused(actions.drop, draft.pk, version=2, by=clerk, at=noon) == ["planned"]
    actions.take_back(draft.pk, version=2, by=clerk, at=hour - timedelta(seconds=1))
    assert draft not in Notice.objects.readable_at(hour)
    codes = refused(actions.take_back, draft.pk, version=3, by=clerk, at=noon)
    assert codes == ["not_published"]
    actions.drop(draft.pk, version=3, by=clerk, at=noon)
    assert not Notice.objects.filter(pk=draft.pk).exists()


def test_of_a_campaign_being_set_up_it_waits_for_the_campaign(draft, clerk, noon):
    Campaign.objects.filter(pk=draft.campaign_id).update(published_at=None)
    actions.publish(draft.pk, hour=noon, version=1, by=clerk, at=noon)
    later = noon + timedelta(days=1)
    assert draft not in Notice.objects.readable_at(later)
    draft.refresh_from_db()
    assert (draft.paper, shows.chip(draft, later)) == (None, ("run", "随活动发布公开"))
    assert saved(draft, clerk, later, title="还能改").version == 3
    Campaign.objects.filter(pk=draft.campaign_id).update(published_at=later)
    assert draft in Notice.objects.public_at(later)


def test_papers_of_the_portal_are_made_anew_when_the_notice_goes_public(
    draft, clerk, noon
):
    form = TEXT | {"kind": "form", "number": "2", "title": "申报表"}
    actions.add_attachment(draft.pk, form, version=1, by=clerk, at=noon)
    old = draft.attachments.get()
    Document.objects.filter(pk__in=[old.document_id, old.word_id]).update(
        ordered_at=noon - timedelta(days=9)
    )
    actions.publish(draft.pk, hour=noon, version=2, by=clerk, at=noon)
    new = draft.attachments.get()
    assert {old.document_id, old.word_id} & {new.document_id, new.word_id} == set()
    assert [file.title for file in new.files] == [
        "附件2 申报表.pdf",
        "附件2 申报表.docx",
    ]


# --- frozen -------------------------------------------------------------------------


def test_what_is_public_is_frozen_whole(public, clerk, noon):
    version = public.version
    kwargs = {"version": version, "by": clerk, "at": noon}
    assert refused(saved, public, clerk, noon, title="x") == ["frozen"]
    assert refused(actions.take_back, public.pk, **kwargs) == ["frozen"]
    assert refused(actions.drop, public.pk, **kwargs) == ["frozen"]
    assert refused(actions.publish, public.pk, hour=noon, **kwargs) == ["frozen"]
    more = TEXT | {"number": "2"}
    assert refused(actions.add_attachment, public.pk, more, **kwargs) == ["frozen"]
    assert refused(actions.change_attachment, public.pk, 1, more, **kwargs) == ["frozen"]  # fmt: skip
    assert refused(actions.move_attachment, public.pk, 1, 1, **kwargs) == ["frozen"]
    assert refused(actions.remove_attachment, public.pk, 1, **kwargs) == ["frozen"]
    public.refresh_from_db()
    assert (public.version, public.attachments.count()) == (version, 1)


def test_a_correction_stands_beside_what_it_corrects(public, clerk, noon):
    made = actions.correct(public.pk, by=clerk, at=noon)
    assert actions.correct(public.pk, by=clerk, at=noon) == made  # a second click
    assert (made.corrects, made.is_main, made.signed_on) == (public, False, None)
    old, copy = public.attachments.get(), made.attachments.get()
    assert old.document == copy.document
    changed = TEXT | {"paragraphs": ["改过的文字。"]}
    actions.change_attachment(made.pk, 1, changed, version=1, by=clerk, at=noon)
    old.refresh_from_db()
    copy.refresh_from_db()
    assert (old.paragraphs, old.document != copy.document) == (TEXT["paragraphs"], True)
    assert NoticeAttachment.objects.made_as(old.document) == old
    actions.publish(made.pk, hour=noon, version=2, by=clerk, at=noon)
    offered = NoticeAttachment.objects.offered_at(noon)
    assert [a for a in offered if a.title == "须知"] == [copy]
    actions.withdraw(made.pk, reason="又错了", by=clerk, at=noon)
    assert [a for a in NoticeAttachment.objects.offered_at(noon) if a.title == "须知"] == [old]  # fmt: skip


def test_a_draft_is_neither_corrected_nor_withdrawn(draft, clerk, noon):
    assert refused(actions.correct, draft.pk, by=clerk, at=noon) == ["not_public"]
    codes = refused(actions.withdraw, draft.pk, reason="x", by=clerk, at=noon)
    assert codes == ["not_public"]


def test_withdrawn_with_a_reason_once(public, clerk, noon, campaign):
    assert refused(actions.withdraw, public.pk, reason=" ", by=clerk, at=noon) == ["reason_missing"]  # fmt: skip
    actions.withdraw(public.pk, reason="日期有误", by=clerk, at=noon)
    assert public in Notice.objects.readable_at(noon)
    assert public not in Notice.objects.public_at(noon)
    assert refused(actions.withdraw, public.pk, reason="x", by=clerk, at=noon) == ["withdrawn"]  # fmt: skip
    assert refused(actions.correct, public.pk, by=clerk, at=noon) == ["withdrawn"]
    assert refused(saved, public, clerk, noon, title="x") == ["withdrawn"]
    line = TrailEntry.objects.get(what="notice_withdrawn")
    assert (line.about, line.data["reason"]) == (public.slug, "日期有误")
    # The main notice withdrawn leaves room for another.
    main = campaign.notices.get(is_main=True)
    actions.withdraw(main.pk, reason="重发", by=clerk, at=noon)
    assert shows.begun_with(campaign)["is_main"] is True
    actions.begin(campaign.pk, WORDS | {"is_main": True}, by=clerk, at=noon)


# --- attachments --------------------------------------------------------------------


def test_attachments_are_renumbered_moved_replaced_and_removed(draft, clerk, noon):
    for version, number in enumerate(("1", "2", "3"), 1):
        actions.add_attachment(draft.pk, TEXT | {"number": number}, version=version, by=clerk, at=noon)  # fmt: skip
    assert rules.next_number(draft) == "4"
    actions.move_attachment(draft.pk, 3, -1, version=4, by=clerk, at=noon)
    actions.move_attachment(draft.pk, 1, -1, version=5, by=clerk, at=noon)  # at the top
    values = TEXT | {"number": "2-1", "title": "新名称"}
    actions.change_attachment(draft.pk, 3, values, version=5, by=clerk, at=noon)
    assert list(draft.attachments.values_list("order", "number", "title")) == [
        (1, "1", "须知"), (2, "3", "须知"), (3, "2-1", "新名称"),
    ]  # fmt: skip
    codes = refused(
        actions.change_attachment, draft.pk, 1, TEXT | {"number": "3"}, version=6, by=clerk, at=noon
    )  # fmt: skip
    assert codes == ["number_twice"]
    actions.remove_attachment(draft.pk, 1, version=6, by=clerk, at=noon)
    assert [a.number for a in draft.attachments.all()] == ["3", "2-1"]
    assert rules.next_number(draft) == "2-2"


def test_uploads_are_told_by_content_and_replaced(draft, clerk, noon):
    upload = TEXT | {"kind": "upload", "paragraphs": []}
    fake = factories.pdf_file("表.docx")
    codes = refused(
        actions.add_attachment, draft.pk, upload, fake, version=1, by=clerk, at=noon
    )
    assert codes == ["file_name_mismatch"]
    assert not draft.attachments.exists()
    actions.add_attachment(
        draft.pk, upload, factories.pdf_file("表.pdf"), version=1, by=clerk, at=noon
    )
    first = draft.attachments.get().document
    actions.change_attachment(
        draft.pk, 1, upload, factories.docx_file("表二.docx"), version=2, by=clerk, at=noon
    )  # fmt: skip
    second = draft.attachments.get().document
    assert (first.title, second.title) == ("表.pdf", "表二.docx")
    renamed = upload | {"title": "改名"}
    actions.change_attachment(draft.pk, 1, renamed, version=3, by=clerk, at=noon)
    assert draft.attachments.get().document == second  # the file stays


def test_another_notice_as_an_attachment(draft, public_main, clerk, noon):
    link = TEXT | {"kind": "notice", "paragraphs": [], "link": public_main}
    actions.add_attachment(draft.pk, link, version=1, by=clerk, at=noon)
    found = draft.attachments.with_files(noon).get()
    assert (found.files, found.link_open) == ([], True)
    before = public_main.published_at - timedelta(seconds=1)
    assert draft.attachments.with_files(before).get().link_open is False
    wrong = link | {"number": "2", "link": draft}
    assert refused(actions.add_attachment, draft.pk, wrong, version=2, by=clerk, at=noon) == ["wrong_link"]  # fmt: skip


@pytest.fixture
def public_main(campaign) -> Notice:
    return campaign.notices.get(is_main=True)
