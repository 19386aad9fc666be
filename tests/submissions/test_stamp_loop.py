"""The stamp loop through its pages: printed, scanned, matched, looked at, void."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from qcportal.audit.models import TrailEntry
from qcportal.documents import scan_pages
from qcportal.documents.models import Document
from qcportal.refusals import Refused
from qcportal.seals.models import ScanReading
from recommenders import actions as recommending
from recommenders import rules as body_rules
from submissions import actions, rules
from submissions.models import ReplacedPrint, Stamp, StampLook, Tier
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def printed(walk, cast):
    """Filed, scored, printed: the sheet."""
    found = walk.filed()
    return again(walk, found, "同意推荐。", 0)


def again(walk, found, opinion, version):
    by, at = walk.cast.unit, walk.at
    marks = factories.full_marks(actions.rubric_for(found))
    actions.save_sheet(
        found.pk, marks=marks, opinion=opinion, version=version, by=by, at=at
    )
    return actions.print_sheet(found.pk, by=by, at=at)


@pytest.fixture
def unit(cast, client_of):
    return client_of(cast.unit)


def url(sheet, name="stamp"):
    return reverse(f"submissions:{name}", args=[sheet.revision.submission.code])


def send(client, sheet, scans):
    return client.post(url(sheet, "stamp_scan"), {"scan": scans})


def blank(name="糊.png"):
    return factories.png_file(name)


def outcomes():
    return list(ScanReading.objects.order_by("pk").values_list("outcome", flat=True))


# --- taking in -----------------------------------------------------------------------


def test_photos_in_any_order_become_one_pdf_in_page_order(printed, unit):
    scans = factories.stamp_scans(printed, pages=3)
    answer = send(unit, printed, [scans[2], scans[0], scans[1]])
    assert answer.url == url(printed) + "#stamp"
    kept = Document.objects.get(kind="stamp_scan")
    assert (kept.title, kept.pages, kept.is_pdf) == ("盖章页.pdf", 3, True)
    with kept.file.open("rb") as file:
        seen = scan_pages.read([file.read()])
    assert [one.mark.page for one in seen] == [1, 2, 3]
    assert kept.scan_reading.outcome == "matched"
    assert [one["mark"] for one in kept.scan_reading.pages] == [3, 1, 2]
    page = unit.get(url(printed)).content.decode()
    assert "二维码核对相符，共 3 页。" in page


@pytest.mark.parametrize(
    ("given", "outcome", "said"),
    [
        ({"pages": 3, "only": (1, 3)}, "missing", "这份表共 3 页，还缺第 2 页"),
        ({"pages": 2, "only": (1,)}, "missing", "还缺第 2 页"),
    ],
)
def test_a_missing_page_is_named_and_nothing_kept(printed, unit, given, outcome, said):
    answer = send(unit, printed, factories.stamp_scans(printed, **given))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert outcomes() == [outcome]
    assert not Document.objects.filter(kind="stamp_scan").exists()


def test_a_neighbours_paper_is_refused_without_telling_whose(walk, cast, printed, unit):
    theirs = walk.filed(cast.other_group)
    by = cast.other_unit
    marks = factories.full_marks(actions.rubric_for(theirs))
    given = {"by": by, "at": walk.at}
    actions.save_sheet(theirs.pk, marks=marks, opinion="同意。", version=0, **given)
    foreign = actions.print_sheet(theirs.pk, **given)
    answer = send(unit, printed, factories.stamp_scans(foreign))
    text = answer.content.decode()
    assert (answer.status_code, outcomes()) == (422, ["foreign"])
    assert "第 1 张不是这份表" in text
    for secret in (foreign.check_code, theirs.unit.name, theirs.code):
        assert secret not in text


def test_the_form_instead_of_the_sheet_is_told(printed, unit):
    revision = printed.revision
    form = factories.page_scans(revision.check_code, revision.content_hash)
    assert "第 1 张是申报表" in send(unit, printed, form).content.decode()


def test_a_print_from_before_the_change_is_told_from_a_foreign_one(walk, printed, unit):
    old = factories.stamp_scans(printed)
    found = printed.revision.submission
    sheet = again(walk, found, "同意，建议推广。", printed.version)
    assert ReplacedPrint.objects.get().check_code == printed.check_code
    text = send(unit, sheet, old).content.decode()
    assert "第 1 张：是评分或意见改动以前打印的，已经作废" in text
    assert outcomes() == ["old"]


def test_a_scan_of_the_first_revision_is_told(walk, cast, printed, unit):
    old, found = factories.stamp_scans(printed), printed.revision.submission
    actions.recall(found.pk, by=cast.group, at=walk.at)
    actions.file(found.pk, confirmed=True, by=cast.group, at=walk.at)
    sheet = again(walk, walk.fresh(found), "同意推荐。", 0)
    text = send(unit, sheet, old).content.decode()
    assert "这是第 1 版的扫描件，现在是第 2 版" in text


def test_a_forged_count_of_pages_is_foreign(printed, unit, settings):
    printed.paper.pages = 2
    printed.paper.save(update_fields=["pages"])
    answer = send(unit, printed, factories.stamp_scans(printed, pages=1))
    assert (answer.status_code, outcomes()) == (422, ["foreign"])


# --- unreadable ----------------------------------------------------------------------


def test_an_unread_page_waits_for_a_reason(printed, unit, cast, walk):
    send(unit, printed, [blank()])
    page = unit.get(url(printed)).content.decode()
    assert "有二维码没读到" in page
    found = printed.revision.submission
    scan = Document.objects.get(kind="stamp_scan")
    given = {"evidence": "scan", "scan": scan, "confirmed": True}
    asked = rules.why_not_stamp(found, cast.unit, walk.at, **given)
    assert [r.code for r in asked] == ["scan_unreadable"]
    empty = unit.post(url(printed, "stamp_scan"), {"look_reason": "  "})
    assert empty.status_code == 422
    assert "请写明为什么拍不清二维码" in empty.content.decode()
    unit.post(url(printed, "stamp_scan"), {"look_reason": "公章压住了二维码"})
    assert scan.scan_reading.__class__.objects.get().look_reason == "公章压住了二维码"
    asked = rules.why_not_stamp(found, cast.unit, walk.at, **given)
    assert list(asked) == []


def test_no_scan_nobody_to_ask(printed, unit):
    assert (
        unit.post(url(printed, "stamp_scan"), {"look_reason": "看不清"}).status_code
        == 404
    )
    send(unit, printed, factories.stamp_scans(printed))
    asked = unit.post(url(printed, "stamp_scan"), {"look_reason": "看不清"})
    assert asked.status_code == 422


def test_a_scan_that_was_never_read_stamps_nothing(printed, cast, walk):
    scan = factories.stored(factories.pdf_file(), "stamp_scan", cast.unit)
    asked = rules.why_not_stamp(
        printed.revision.submission, cast.unit, walk.at,
        evidence="scan", scan=scan, confirmed=True,
    )  # fmt: skip
    assert [r.code for r in asked] == ["scan_not_matched"]


# --- the next tier -------------------------------------------------------------------


@pytest.fixture
def by_eye(walk, cast, printed, unit):
    """Stamped with a scan whose code could not be read."""
    send(unit, printed, [blank("一.png"), blank("二.png")])
    scan = Document.objects.get(kind="stamp_scan")
    unit.post(url(printed, "stamp_scan"), {"look_reason": "公章压住了二维码"})
    actions.stamp(
        printed.revision.submission_id, evidence="scan", scan=scan, confirmed=True,
        by=cast.unit, at=walk.at,
    )  # fmt: skip
    return walk.fresh(printed.revision.submission)


def look_url(found, tier="unit"):
    return reverse("submissions:look", args=[found.code, tier])


SOUND = {"name_matches": "yes", "legible": "yes", "dated": "yes"}


def against(found, cast, walk):
    asked = body_rules.why_not_recommend(found, cast.recommender, walk.at)
    return [r.code for r in asked if r.code.startswith("stamp_")]


def test_three_points_open_the_way(walk, cast, client_of):
    found, body = walk.stamped(), client_of(cast.recommender)
    assert against(found, cast, walk) == ["stamp_not_looked"]
    page = body.get(look_url(found)).content.decode()
    for words in (found.unit.name, "公章名称与单位全称一致", "印章清晰", "有日期"):
        assert words in page
    half = body.post(look_url(found), {"name_matches": "yes", "legible": "yes"})
    assert half.status_code == 422
    assert "请选一项。" in half.content.decode()
    assert body.post(look_url(found), SOUND).status_code == 302
    look = StampLook.objects.get()
    assert (look.sound, look.by_name, look.organisation) == (
        True, "李婉清", cast.recommender.organisation
    )  # fmt: skip
    assert TrailEntry.objects.get(what="stamp_looked").data["sound"] is True
    assert against(found, cast, walk) == []


def test_a_faulty_stamp_needs_words_and_stops(walk, cast, client_of):
    found, body = walk.stamped(), client_of(cast.recommender)
    faulty = {**SOUND, "dated": "no"}
    silent = body.post(look_url(found), faulty)
    assert silent.status_code == 422
    assert "有一项不符，请写明看到了什么。" in silent.content.decode()
    body.post(look_url(found), {**faulty, "remark": "没有写日期"})
    assert against(found, cast, walk) == ["stamp_faulty"]
    page = body.get(reverse("recommenders:submission", args=[found.code]))
    assert "没有写日期" in page.content.decode()


def test_pages_without_a_code_are_ticked_one_by_one(walk, cast, client_of, by_eye):
    body = client_of(cast.recommender)
    page = body.get(look_url(by_eye)).content.decode()
    assert "二维码没读到，需人工核对" in page
    assert "公章压住了二维码" in page
    half = body.post(look_url(by_eye), {**SOUND, "pages": ["1"]})
    assert half.status_code == 422
    assert "请逐页对照后勾选第 2 页" in half.content.decode()
    body.post(look_url(by_eye), {**SOUND, "pages": ["1", "2"]})
    assert StampLook.objects.get().pages == [1, 2]


def test_only_the_desk_that_has_it_looks(walk, cast, client_of):
    found = walk.stamped()
    for actor, status in (
        (cast.other_recommender, 404), (cast.unit, 403), (cast.association, 422),
    ):  # fmt: skip
        assert client_of(actor).post(look_url(found), SOUND).status_code == status
    assert (
        client_of(cast.recommender).get(look_url(found, "recommender")).status_code
        == 404
    )
    with pytest.raises(Refused) as no:
        actions.look_at_stamp(
            found.pk, "unit", points=factories.SOUND, pages=[], remark="",
            by=cast.other_recommender, at=walk.at,
        )  # fmt: skip
    assert no.value.codes == ["not_yours"]
    assert not StampLook.objects.exists()


def test_a_new_stamp_is_to_be_looked_at_anew(walk, cast):
    found = walk.scored()
    assert against(found, cast, walk) == []
    recommending.send_back(
        found.pk, comment="请补数据", by=cast.recommender, at=walk.at
    )
    actions.file(found.pk, confirmed=True, by=cast.group, at=walk.at)
    sheet = again(walk, walk.fresh(found), "同意推荐。", 0)
    scan = factories.kept_scan(sheet, cast.unit, walk.at)
    actions.stamp(
        found.pk, evidence="scan", scan=scan, confirmed=True, by=cast.unit, at=walk.at
    )
    assert against(walk.fresh(found), cast, walk) == ["stamp_not_looked"]


def test_a_void_stamp_is_struck_through_with_its_reason(walk, cast, client_of):
    found = walk.stamped()
    code = Stamp.objects.get().act.check_code
    actions.unstamp(found.pk, comment="分数有误", by=cast.unit, at=walk.at)
    page = client_of(cast.unit).get(reverse("submissions:stamp", args=[found.code]))
    text = page.content.decode()
    assert "已作废" in text
    assert f"<s>第 1 版，核对码 {code}" in text
    assert "作废：单位撤回盖章" in text


def test_the_code_on_paper_leads_a_phone_to_the_answer(walk, client):
    found = walk.stamped()
    sheet = rules.sheet_of(found, Tier.UNIT)
    [scan] = factories.stamp_scans(sheet)
    [seen] = scan_pages.read([scan.read()])
    said = seen.mark
    mark = factories.page_marks.text(said, "https://portal.example").rpartition("/")[2]
    for path in (f"/V/{mark}", f"/V/{mark}/", f"/v/{mark.lower()}"):
        answer = client.get(path)
        assert answer.url == f"/verify/{sheet.check_code}/"
    assert "成果评分与推荐意见表" in client.get(answer.url).content.decode()
    assert client.get(f"/V/{mark[:-1]}_").status_code == 404
    assert client.get("/V/QC1-AAAAAAAA-1-1-00000000-0").status_code == 404


def test_a_file_that_is_no_picture_is_said_at_its_field(printed, unit):
    broken = SimpleUploadedFile("章.jpg", b"\xff\xd8\xff not a picture")
    answer = send(unit, printed, [factories.stamp_scans(printed)[0], broken])
    assert answer.status_code == 422
    assert "文件不完整或已损坏" in answer.content.decode()
    assert outcomes() == []
