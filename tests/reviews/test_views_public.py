"""What anybody reads: lists, verification, cases. Before release: nothing."""

from __future__ import annotations

import io
from datetime import timedelta

import openpyxl
import pypdfium2
import pytest

from reviews import actions
from reviews.models import Certificate, Publication
from submissions.models import Stamp

pytestmark = pytest.mark.django_db

TITLE = "降低列车客室车门故障率"


@pytest.fixture
def published(walk, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        return walk.published()


# --- results


def test_nothing_before_the_notice(client, walk):
    walk.decided()

    assert "还没有公示或公布的成果" in client.get("/results/").content.decode()
    assert client.get("/results/2020/").status_code == 404
    assert client.get("/results/2020/list.pdf").status_code == 404
    assert TITLE not in client.get("/cases/").content.decode()


def test_the_notice_then_the_results(client, walk, cast, campaign, noon):
    walk.decided()
    actions.announce(campaign.pk, closes_at=noon + timedelta(days=5), by=cast.association, at=noon)  # fmt: skip

    assert client.get("/results/")["Location"] == "/results/2020/"
    body = client.get("/results/2020/").content.decode()
    assert "公示期" in body
    assert "公示名单" in body
    assert TITLE in body
    assert "公示已于" not in body
    Publication.objects.update(closes_at=noon - timedelta(minutes=1))
    assert "正式结果即将公布" in client.get("/results/2020/").content.decode()

    actions.publish(campaign.pk, by=cast.association, at=noon)
    body = client.get("/results/2020/").content.decode()
    assert "公示名单" not in body
    assert TITLE in body


def test_filters_narrow_the_rows_and_the_figures(client, walk, cast, campaign, noon):
    walk.decided(level="1")
    other = walk.decided(group=cast.other_group, level="2", title="光刻胶颗粒", topic_type="innovation")  # fmt: skip
    for each in other.assignments.all():
        each.total -= 9
        each.save(update_fields=["total"])
    actions.decide(other.pk, other.decision.level, by=cast.association, at=noon)
    walk.announce()

    for query in (
        "?award=2",
        "?type=innovation",
        "?recommender=轨道交通行业质量协会",
        "?q=微尘",
    ):
        body = client.get("/results/2020/" + query).content.decode()
        assert (TITLE in body, "光刻胶颗粒" in body) == (False, True), query
    awards = client.get("/results/2020/?q=微尘").context["awards"]
    assert [(a["name"], a["count"]) for a in awards] == [("全部", 1), ("一等奖", 0), ("二等奖", 1)]  # fmt: skip
    assert "没有找到" in client.get("/results/2020/?q=没有的").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "?page=x",
        "?page=99",
        "?award=no",
        "?type=no",
        "?q=" + "长" * 90,
        "?submission__code=1",
    ],
)
def test_junk_in_the_address_does_no_harm(client, walk, query):
    walk.announced()

    assert client.get("/results/2020/" + query).status_code == 200
    assert client.get("/cases/" + query).status_code == 200
    assert client.get("/results/999999999999999999999/").status_code == 404
    assert client.get("/cases/?year=99999999999999999999").status_code == 200


def test_lists_to_take_away(client, published):
    taken = client.get("/results/2020/list.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(taken.streaming_content))).active
    rows = [
        [str(v) for v in row if v is not None]
        for row in sheet.iter_rows(values_only=True)
    ]
    assert ["1", "一等奖", TITLE, "启明星QC小组", "上海申浦轨道车辆维修有限公司", "浦东新区质量协会", "问题解决型"] in rows  # fmt: skip

    taken = client.get("/results/2020/list.pdf")
    text = pypdfium2.PdfDocument(b"".join(taken.streaming_content))[0].get_textpage().get_text_bounded()  # fmt: skip
    assert TITLE in text
    again = client.get(
        "/results/2020/list.pdf", headers={"If-None-Match": taken["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_public_pages_name_no_people(client, published):
    certificate = Certificate.objects.get()
    addresses = [
        "/results/2020/", "/cases/", f"/verify/{certificate.number}/",
        f"/verify/{published.revision.check_code}/",
    ]  # fmt: skip

    for address in addresses:
        body = client.get(address).content.decode()
        for secret in ("顾晓岚", "王敏", "李婉清", "13800006207", "川沙路", "曹文斌"):
            assert secret not in body, address


def test_results_ask_as_often_for_three_as_for_one(client, walk, cast, campaign, noon, django_assert_num_queries):  # fmt: skip
    walk.decided()
    walk.decided(group=cast.other_group)
    walk.announce()
    client.get("/results/2020/")
    with django_assert_num_queries(30, exact=False) as asked:
        client.get("/results/2020/?q=微尘")
    with django_assert_num_queries(len(asked.captured_queries)):
        client.get("/results/2020/")


# --- verification


def ways_to_type(certificate):
    code = certificate.verify_code
    yield code
    yield code.lower()
    yield code.replace("-", "")
    yield code.replace("-", " ").lower()
    yield code.replace("0", "O").replace("1", "I")
    yield code.replace("1", "l").replace("0", "o")
    yield "".join(chr(ord(c) + 0xFEE0) for c in code)  # full width
    yield certificate.number
    yield certificate.number.lower()


def test_every_way_of_typing_finds_the_certificate(client, published):
    certificate = Certificate.objects.get()

    for typed in ways_to_type(certificate):
        answer = client.get("/verify/", {"q": typed}, follow=True)
        body = answer.content.decode()
        assert "证书有效" in body, typed
        assert "启明星QC小组" in body
        assert answer["X-Robots-Tag"] == "noindex"
        assert "no-store" in answer["Cache-Control"]


def test_the_code_on_the_paper_leads_to_the_answer(client, published):
    certificate = Certificate.objects.get()

    answer = client.get(f"/verify/{certificate.verify_code}/certificate.png")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer.content[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("typed", ["ABC", "SQC2020-1-9999", "长" * 60, "%", "'; --", "0000-0000", "../.."])  # fmt: skip
def test_unknown_is_an_answer(client, db, typed):
    answer = client.get("/verify/", {"q": typed}, follow=True)

    assert answer.status_code == 200
    assert "没有查到" in answer.content.decode()


def test_one_wrong_sign_is_told(client, published):
    code = Certificate.objects.get().verify_code
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")

    assert "抄错了一位" in client.get(f"/verify/{wrong}/").content.decode()


def test_check_codes_say_which_paper_and_whether_it_stands(client, walk, cast, noon):
    submission = walk.stamped()
    sheet = submission.revision.sheets.get()

    body = client.get(f"/verify/{submission.revision.check_code}/").content.decode()
    assert "是平台生成的，现在有效" in body
    assert "申报表" in body
    assert f"{submission.code}，第 1 版" in body
    body = client.get(f"/verify/{sheet.check_code.replace('-', '').lower()}/").content.decode()  # fmt: skip
    assert "成果评分与推荐意见表（单位）" in body
    assert "上海申浦轨道车辆维修有限公司" in body
    assert TITLE not in body

    Stamp.objects.update(voided_at=noon, void_reason="评分或意见改过，原盖章作废")
    body = client.get(f"/verify/{sheet.check_code}/").content.decode()
    assert "这一页已经作废" in body
    assert "评分或意见改过" in body


def test_an_older_version_is_told(client, walk, cast, noon):
    first = walk.filed()
    code = first.revision.check_code
    filing = walk.draft(group=cast.second_group).revisions
    assert not filing.exists()
    newer = first.revisions.create(
        number=2, form=first.form, content=first.content, content_hash="0" * 64,
        check_code="ABCD-EFGH", filed_at=noon, filed_by=cast.group.user,
        filed_by_name="", document=first.revision.document,
    )  # fmt: skip
    first.revision = newer
    first.save(update_fields=["revision"])

    assert "后来有了新的一版" in client.get(f"/verify/{code}/").content.decode()
    assert "现在有效" in client.get("/verify/abcdefgh/").content.decode()


def test_thirty_lookups_a_minute(client, db):
    codes = [client.get(f"/verify/GUESS{n}/").status_code for n in range(31)]
    # The minute may turn over once while counting; never before the thirtieth.
    assert codes[:30] == [200] * 30
    assert codes[30] in (200, 429)
    more = [client.get(f"/verify/GUESS{n}/") for n in range(31)]
    assert any(answer.status_code == 429 for answer in more) or codes[30] == 429
    elsewhere = client.get("/verify/ABC/", REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 200


def test_a_forged_forwarding_header_is_not_another_address(client, db):
    answers = [
        client.get(
            "/verify/GUESS/", headers={"X-Forwarded-For": f"10.0.0.{n}"}
        ).status_code
        for n in range(62)
    ]
    assert 429 in answers


# --- cases


def test_cases_show_before_and_after(client, published):
    answer = client.get("/cases/")

    case = answer.context["cases"][0]
    assert (case.before, case.after, case.before_text, case.after_text) == (0.82, 0.31, "0.82", "0.31")  # fmt: skip
    assert case.measure == "故障率（次/万车公里）"
    assert TITLE in answer.content.decode()
    assert "没有找到" in client.get("/cases/?q=没有的").content.decode()


@pytest.mark.parametrize(
    ("measure", "numbers"),
    [
        ({"before": "46分钟", "after": "18分钟"}, (46.0, 18.0)),
        ({"before": "很多", "after": "18"}, (None, None)),
        ({"before": "", "after": ""}, (None, None)),
        ({}, (None, None)),
        ({"before": "-3.5", "after": "0"}, (-3.5, 0.0)),
    ],
)
def test_figures_only_where_both_read_as_numbers(client, published, measure, numbers):
    Publication.objects.get(kind="results").entries.update(measure=measure)

    answer = client.get("/cases/")

    case = answer.context["cases"][0]
    assert (case.before, case.after) == numbers
