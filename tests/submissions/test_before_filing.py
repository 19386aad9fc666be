"""Before it is filed: what is read word by word, what can be taken from elsewhere, how
it would print."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qcportal.campaigns.models import Campaign
from qcportal.documents.making import expire
from submissions import actions, known, papers, rules
from submissions.lifecycle import State
from submissions.models import DraftPreview, FieldEdit
from tests import factories

pytestmark = pytest.mark.django_db


def url(submission, end):
    return f"/submissions/{submission.code}/{end}/"


# --- read word by word ----------------------------------------------------------------


def test_what_was_read_and_ticked_is_kept_with_the_revision(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    page = client.get(url(draft, "file"))
    assert page.context["names"] == [
        ("企业名称", "上海申浦轨道车辆维修有限公司"),
        ("小组名称", "启明星QC小组"),
        ("课题名称", "降低列车客室车门故障率"),
        ("证书正文", draft.category.certificate_sentence("降低列车客室车门故障率")),
        ("小组成员名单", "顾晓岚、陈立群、吴䶮"),
    ]
    ticked = {"confirmed": "on", "names": page.context["mark"]}
    client.post(url(draft, "file"), ticked)
    filed = walk.fresh(draft)
    assert filed.state == State.FILED
    assert filed.revision.confirmed == [
        {"label": label, "text": text} for label, text in page.context["names"]
    ]


def test_a_name_changed_after_it_was_read_is_asked_again(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    mark = client.get(url(draft, "file")).context["mark"]
    changed = {**draft.content, "title": "后来又改的题目"}
    actions.save_draft(
        draft.pk, changed, version=draft.version, by=cast.group, at=walk.at
    )
    answer = client.post(
        url(draft, "file"), {"confirmed": "on", "names": mark}, follow=True
    )
    assert "证书上要印的名称又改过" in answer.content.decode()
    assert walk.fresh(draft).state == State.DRAFT
    mark = client.get(url(draft, "file")).context["mark"]
    client.post(url(draft, "file"), {"confirmed": "on", "names": mark})
    assert walk.fresh(draft).state == State.FILED


def test_a_second_filing_says_what_was_read_otherwise_the_last_time(
    walk, cast, client_of
):
    filed = walk.filed()
    actions.unit_return(filed.pk, comment="题目不对", by=cast.unit, at=walk.at)
    back = walk.fresh(filed)
    changed = {**back.content, "title": "改过的题目"}
    actions.save_draft(
        back.pk, changed, version=back.version, by=cast.group, at=walk.at
    )
    page = client_of(cast.group).get(url(filed, "file")).content.decode()
    assert "和上次提交（第 1 版）核对的不一样" in page
    assert "课题名称，上次是“降低列车客室车门故障率”" in page


def test_filing_forgets_who_wrote_what(walk, cast):
    draft = walk.draft()
    assert FieldEdit.objects.filter(submission=draft).exists()
    actions.file(draft.pk, confirmed=True, by=cast.group, at=walk.at)
    assert not FieldEdit.objects.filter(submission=draft).exists()


# --- taken from elsewhere ---------------------------------------------------------------


@pytest.fixture
def last_year(walk):
    """The group's filed result, moved into a campaign of the year before."""
    old = walk.filed(mobile="13800006207", department="设备部")
    campaign = old.campaign
    before = Campaign.objects.get(pk=campaign.pk)
    before.pk, before.code, before.year = None, "last-year", campaign.year - 1
    before.letters = "OLD"
    before._state.adding = True
    before.save()
    type(old).objects.filter(pk=old.pk).update(campaign=before)
    return walk.fresh(old)


def begin(walk, cast):
    category = walk.campaign.categories.get()
    return actions.begin(category, by=cast.group, at=walk.at)


def test_last_years_words_are_offered_for_what_is_empty(walk, cast, last_year):
    draft = begin(walk, cast)
    offers = {one.code: one for one in known.offers(draft, "")}
    filled = {code for code, value in draft.content.items() if value}
    assert filled.isdisjoint(offers)
    assert offers["mobile"].value == "13800006207"
    assert (
        offers["mobile"].source == f"{last_year.campaign.year}年度《{last_year.title}》"
    )
    assert offers["members"].value == last_year.revision.content["members"]
    ticks = {code: one.ticked for code, one in offers.items()}
    assert (ticks["mobile"], ticks["members"]) == (True, True)
    assert (ticks["title"], ticks["summary"]) == (False, False)


def test_only_what_was_ticked_is_taken_and_nothing_typed_is_touched(
    walk, cast, client_of, last_year
):
    draft, client = begin(walk, cast), client_of(cast.group)
    page = client.get(url(draft, "edit/known")).content.decode()
    assert 'value="mobile" id="take-mobile" checked' in page
    assert 'value="title" id="take-title">' in page
    typed = {**draft.content, "mobile": "13900001111"}
    actions.save_draft(draft.pk, typed, version=0, by=cast.group, at=walk.at)
    answer = client.post(
        url(draft, "edit/known"),
        {"field": ["mobile", "members", "nothing"]},
        follow=True,
    )
    assert "已带入：小组成员名单。" in answer.content.decode()
    kept = walk.fresh(draft).content
    assert kept == {**typed, "members": last_year.revision.content["members"]}


def test_nothing_of_another_group_is_offered(walk, cast, last_year):
    category = walk.campaign.categories.get()
    draft = actions.begin(category, by=cast.second_group, at=walk.at)
    assert known.before(draft) is None


def test_without_anything_known_the_page_says_so(walk, cast, client_of):
    draft = walk.draft()
    page = client_of(cast.group).get(url(draft, "edit/known")).content.decode()
    assert "没有可以带入的" in page


# --- as it would print ------------------------------------------------------------------


def test_the_draft_is_drawn_by_the_papers_own_maker(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    assert "画出打印的样子" in client.get(url(draft, "edit/preview")).content.decode()
    client.post(url(draft, "edit/preview"))
    drawn = rules.preview_of(draft)
    factories.make(drawn.document)
    page = client.get(url(draft, "edit/preview")).content.decode()
    assert 'alt="第 1 页，共' in page
    picture = client.get(f"/submissions/{draft.code}/edit/preview/1.png")
    assert picture.content.startswith(b"\x89PNG")
    assert (
        client.get(f"/submissions/{draft.code}/edit/preview/99.png").status_code == 404
    )
    text = papers.draft_paper(draft)
    assert (text["draft"], text["check_code"], text["revision"]) == (True, "", "")


def test_a_draft_is_not_drawn_again_for_nothing(walk, cast):
    draft, at = walk.draft(), walk.at
    by = cast.group
    first = actions.order_preview(draft.pk, by=by, at=at).document
    factories.make(first)
    later = at + timedelta(minutes=1)
    assert actions.order_preview(draft.pk, by=by, at=later).document == first
    changed = {**draft.content, "title": "改过"}
    saved = actions.save_draft(draft.pk, changed, version=1, by=by, at=later)
    soon = at + timedelta(seconds=9)
    assert actions.order_preview(draft.pk, by=by, at=soon).document == first
    second = actions.order_preview(draft.pk, by=by, at=later).document
    assert second != first
    # While one is being drawn, no other is ordered.
    again = {**changed, "title": "又改"}
    actions.save_draft(draft.pk, again, version=saved.version, by=by, at=later)
    waiting = later + timedelta(minutes=5)
    assert actions.order_preview(draft.pk, by=by, at=waiting).document == second
    assert DraftPreview.objects.count() == 1


def test_a_drawn_draft_does_not_stay(walk, cast):
    draft = walk.draft()
    drawn = actions.order_preview(draft.pk, by=cast.group, at=walk.at)
    factories.make(drawn.document)
    drawn.document.refresh_from_db()
    expire(drawn.document.expires_at)
    drawn.document.refresh_from_db()
    assert drawn.document.is_expired


def test_a_filed_one_is_not_drawn(walk, cast, client_of):
    filed = walk.filed()
    answer = client_of(cast.group).post(
        url(filed, "edit/preview"), headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert rules.preview_of(filed) is None
