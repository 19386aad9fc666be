"""The unit's desk through its pages: what is seen, said, saved and stamped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.campaigns.models import Window
from qcportal.documents.models import Document
from qcportal.seals.actions import keep_picture
from submissions import actions, rules
from submissions.lifecycle import State
from submissions.models import ScoreSheet, Stamp, Submission, Tier
from tests.factories import (
    PASSWORD,
    full_marks,
    pdf_file,
    png_file,
    stamp_scans,
    stored,
)

pytestmark = pytest.mark.django_db
DESK = "/submissions/stamping/"


@pytest.fixture
def papers(django_capture_on_commit_callbacks):
    """Runs the paper tasks ordered inside the block, as the worker would."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def page(submission, name="stamp"):
    return reverse(f"submissions:{name}", args=[submission.code])


def typed(submission, share=0.9, **changes):
    marks = full_marks(actions.rubric_for(submission), share)
    return {
        **{f"mark-{code}": text for code, text in marks.items()},
        "opinion": "同意推荐。",
        "version": "0",
        **changes,
    }


def printed(client, submission, **changes):
    """Marks saved and the paper ordered through the page."""
    return client.post(page(submission, "stamp_print"), typed(submission, **changes))


def confirmed(password=PASSWORD, **changes):
    return {
        "evidence": "scan",
        "confirmed": "on",
        "password": password,
        **changes,
    }


def ready(client, submission):
    printed(client, submission)
    sheet = rules.sheet_of(Submission.objects.get(pk=submission.pk), Tier.UNIT)
    client.post(page(submission, "stamp_scan"), {"scan": stamp_scans(sheet, pages=2)})


# --- the desk -----------------------------------------------------------------------


def test_desk_shows_what_waits_and_counts_every_tab(walk, cast, client_of):
    waiting = walk.filed()
    walk.stamped(
        group=cast.second_group, title="车门检测仪的研制", topic_type="innovation"
    )
    returned = walk.filed(title="提高一次合格率")
    actions.unit_return(returned.pk, comment="请补充数据。", by=cast.unit, at=walk.at)
    answer = client_of(cast.unit).get(DESK)
    assert [row.submission for row, _ in answer.context["rows"]] == [waiting]
    assert [(t["label"], t["count"]) for t in answer.context["tabs"]] == [
        ("待出意见", 1),
        ("已盖章", 1),
        ("已退回", 1),
        ("全部", 3),
    ]


@pytest.mark.parametrize("query", ["?state=nonsense", "?page=99", "?page=x&q=%20", "?q=" + "长" * 99])  # fmt: skip
def test_desk_takes_junk_in_the_address(walk, cast, client_of, query):
    filed = walk.filed()
    answer = client_of(cast.unit).get(DESK + query)
    assert answer.status_code == 200
    assert [row.submission for row, _ in answer.context["rows"]] == [filed]


def test_desk_warns_when_two_want_one_place(walk, cast, client_of):
    first = walk.filed()
    second = walk.filed(group=cast.second_group, title="缩短滤网更换用时")
    text = client_of(cast.unit).get(DESK).content.decode()
    assert "问题解决型收到 2 项，只能推荐 1 项。" in text
    assert f"/submissions/compare/?a={first.code}&amp;b={second.code}" in text
    assert text.count("与另 1 项争 1 个名额") == 2


def test_desk_says_when_the_place_is_used(walk, cast, client_of):
    walk.stamped(group=cast.second_group, title="缩短滤网更换用时")
    walk.filed()
    text = client_of(cast.unit).get(DESK).content.decode()
    assert "问题解决型名额已用完" in text
    assert "名额已用于“缩短滤网更换用时”" in text


def test_desk_counts_drafts_without_their_content(walk, cast, client_of):
    walk.draft(title="还在写的课题")
    walk.filed(group=cast.second_group, title="缩短滤网更换用时")
    answer = client_of(cast.unit).get(DESK)
    assert {(g.name, g.drafts, g.filed) for g in answer.context["groups"]} == {
        ("启明星QC小组", 1, 0),
        ("磐石QC小组", 0, 1),
    }
    assert "还在写的课题" not in answer.content.decode()


def test_desk_asks_as_often_for_three_as_for_one(
    walk, cast, client_of, django_assert_num_queries
):
    walk.filed()
    client = client_of(cast.unit)
    client.get(DESK)
    with CaptureQueriesContext(connection) as one:
        client.get(DESK)
    walk.filed(title="第二项")
    walk.filed(group=cast.second_group, title="第三项")
    with django_assert_num_queries(len(one)):
        client.get(DESK)


@pytest.mark.parametrize("who", ["group", "recommender", "association", "judge"])
def test_other_roles_do_not_enter(walk, cast, client_of, who):
    filed = walk.filed()
    client = client_of(getattr(cast, who))
    assert client.get(DESK).status_code == 403
    assert client.get(page(filed)).status_code == 403


def test_neighbour_and_unfiled_are_not_there(walk, cast, client_of):
    filed, draft = walk.filed(), walk.draft(title="还在写")
    neighbour, own = client_of(cast.other_unit), client_of(cast.unit)
    for name in ("stamp", "stamp_confirm", "unit_return", "unstamp"):
        assert neighbour.get(page(filed, name)).status_code == 404
        assert neighbour.post(page(filed, name)).status_code == 404
    for name in ("stamp_print", "stamp_scan", "stamp_seal"):
        assert neighbour.post(page(filed, name), typed(filed)).status_code == 404
    assert own.get(page(draft)).status_code == 404


def test_compare_shows_both_and_hides_neighbours(walk, cast, client_of):
    first = walk.filed()
    second = walk.filed(group=cast.second_group, title="缩短滤网更换用时")
    foreign = walk.filed(group=cast.other_group, title="降低颗粒度")
    client, url = client_of(cast.unit), reverse("submissions:compare")
    text = client.get(f"{url}?a={first.code}&b={second.code}").content.decode()
    assert first.title in text
    assert second.title in text
    for query in (
        "",
        f"?a={first.code}&b={first.code}",
        f"?a={first.code}&b={foreign.code}",
    ):
        assert client.get(url + query).status_code == 404


# --- marks and opinion --------------------------------------------------------------


def test_save_keeps_half_a_sheet(walk, cast, client_of):
    filed = walk.filed()
    sent = {**typed(filed), "mark-topic": "", "opinion": "先写一半"}
    codes = [c.code for c in actions.rubric_for(filed).criteria_list]
    sent[f"mark-{codes[0]}"] = ""
    answer = client_of(cast.unit).post(page(filed), sent)
    assert answer.status_code == 302
    sheet = ScoreSheet.objects.get()
    assert (sheet.opinion, sheet.complete, sheet.version) == ("先写一半", False, 1)
    assert sheet.marks[codes[0]] == ""


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [("99", "要打 0 到"), ("-1", "要打 0 到"), ("1.3", "每 0.5 分一档"),
     ("很好", "要打 0 到"), ("1e99999", "要打 0 到"), ("NaN", "要打 0 到"),
     ("1234567890123", "请填数字")],
)  # fmt: skip
def test_wrong_marks_are_said_and_nothing_typed_is_lost(
    walk, cast, client_of, mark, sentence
):
    filed = walk.filed()
    first = actions.rubric_for(filed).criteria_list[0].code
    sent = typed(filed, opinion="写了很久的意见", **{f"mark-{first}": mark})
    answer = client_of(cast.unit).post(page(filed), sent)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in text
    assert "写了很久的意见" in text
    assert not ScoreSheet.objects.exists()


def test_autosave_answers_version_and_time(walk, cast, client_of):
    filed = walk.filed()
    sent = client_of(cast.unit).post(
        page(filed), typed(filed), headers={"X-Requested-With": "autosave"}
    )
    sheet = ScoreSheet.objects.get()
    assert sent.json() == {"version": 1, "saved_at": sheet.saved_at.isoformat()}


def test_second_tab_does_not_overwrite(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    client.post(page(filed), typed(filed, opinion="第一个窗口"))
    late = typed(filed, opinion="第二个窗口", version="0")
    headers = {"X-Requested-With": "autosave"}
    assert client.post(page(filed), late, headers=headers).status_code == 409
    answer = client.post(page(filed), late)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert ScoreSheet.objects.get().opinion == "第一个窗口"
    assert "第一个窗口" in text
    assert "第二个窗口" in text
    again = {**late, "version": answer.context["form"]["version"].value()}
    assert client.post(page(filed), again).status_code == 302
    assert ScoreSheet.objects.get().opinion == "第二个窗口"


def test_long_opinion_is_kept_but_not_printed(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    long = "长" * (filed.campaign.opinion_limit + 12)
    answer = printed(client, filed, opinion=long)
    assert answer.status_code == 409
    assert "推荐意见多了 12 字" in answer.content.decode()
    sheet = ScoreSheet.objects.get()
    assert (sheet.opinion, sheet.paper) == (long, None)


def test_missing_marks_stop_the_print(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    first = actions.rubric_for(filed).criteria_list[0]
    answer = printed(client, filed, **{f"mark-{first.code}": ""})
    assert answer.status_code == 409
    assert f"“{first.name}”还没有打分" in answer.content.decode()


def test_print_orders_one_paper_and_hands_it_out(walk, cast, client_of, papers):
    filed, client = walk.filed(), client_of(cast.unit)
    with papers():
        assert printed(client, filed).status_code == 302
        printed(client, filed, version="1")
    sheet = ScoreSheet.objects.get()
    assert Document.objects.filter(kind="opinion_form").count() == 1
    urls = [
        page(filed),
        reverse("submissions:opinion_status", args=[filed.code, "unit"]),
    ]
    for url in urls:
        assert sheet.paper.title in client.get(url).content.decode()
    paper = reverse("submissions:opinion_paper", args=[filed.code, "unit"])
    shown = client.get(paper + "?view=1")
    assert shown["Content-Type"] == "application/pdf"
    assert client_of(cast.other_unit).get(paper).status_code == 404
    assert client_of(cast.group).get(paper).status_code == 403
    assert client_of(cast.recommender).get(paper).status_code == 404


def test_acts_opened_as_pages_lead_to_the_page(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    for name in ("stamp_print", "stamp_scan", "stamp_seal"):
        assert client.get(page(filed, name)).url == page(filed)


# --- scan and stamp -----------------------------------------------------------------


def test_scan_needs_a_print_first(walk, cast, client_of):
    filed = walk.filed()
    answer = client_of(cast.unit).post(page(filed, "stamp_scan"), {"scan": pdf_file()})
    assert answer.status_code == 422
    assert "请先生成并打印意见表" in answer.content.decode()
    assert not Document.objects.filter(kind="stamp_scan").exists()


def test_scan_after_recall_is_refused(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    printed(client, filed)
    actions.recall(filed.pk, by=cast.group, at=walk.at)
    answer = client.post(page(filed, "stamp_scan"), {"scan": pdf_file()})
    assert answer.status_code == 409
    assert "不能再“盖章并提交”" in answer.content.decode()
    assert not Document.objects.filter(kind="stamp_scan").exists()


@pytest.mark.parametrize(
    ("upload", "sentence"),
    [
        (None, "请先选择盖章页"),
        (SimpleUploadedFile("章.exe", b"MZ1234"), "类型不能上传"),
        (SimpleUploadedFile("章.pdf", b"not a pdf at all"), "内容却是"),
        (SimpleUploadedFile("章.png", b""), "空文件"),
        (SimpleUploadedFile("章.pdf", b"%PDF-1.4\n" + b"0" * (20 * 1024 * 1024)), "超过 20 MB"),
    ],
)  # fmt: skip
def test_wrong_scans_are_said_and_not_stored(walk, cast, client_of, upload, sentence):
    filed, client = walk.filed(), client_of(cast.unit)
    printed(client, filed)
    answer = client.post(page(filed, "stamp_scan"), {"scan": upload} if upload else {})
    assert answer.status_code == 422
    assert sentence in answer.content.decode().replace("选的文件是空的", "空文件")
    assert not Document.objects.filter(kind="stamp_scan").exists()


def test_scan_is_shown_to_its_uploader_only(walk, cast, client_of, papers):
    filed, client = walk.filed(), client_of(cast.unit)
    ready(client, filed)
    picture = reverse("submissions:stamp_scan_page", args=[filed.code, 2])
    assert client.get(picture)["Content-Type"] == "image/png"
    beyond = reverse("submissions:stamp_scan_page", args=[filed.code, 3])
    assert client.get(beyond).status_code == 404
    assert client_of(cast.keeper).get(picture).status_code == 404
    assert client_of(cast.other_unit).get(picture).status_code == 404


def test_scan_of_an_older_print_no_longer_counts(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    ready(client, filed)
    printed(client, filed, opinion="改过的意见", version="1")
    assert "先前传的盖章页对应旧的内容" in client.get(page(filed)).content.decode()
    answer = client.post(page(filed, "stamp_confirm"), confirmed())
    assert answer.status_code == 409
    assert not Stamp.objects.exists()


def test_seal_leads_to_the_confirmation_only_when_all_is_there(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    early = client.post(page(filed, "stamp_seal"), typed(filed))
    assert early.status_code == 409
    assert "请先生成并打印" in early.content.decode()
    ready(client, filed)
    answer = client.post(page(filed, "stamp_seal"), typed(filed, version="1"))
    assert answer.url == page(filed, "stamp_confirm") + "?evidence=scan"
    text = client.get(answer.url).content.decode()
    for words in (filed.title, cast.recommender.organisation.name, "共 1 个名额"):
        assert words in text


def test_stamp_hands_it_on_once(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    ready(client, filed)
    for _ in range(2):
        answer = client.post(page(filed, "stamp_confirm"), confirmed())
        assert answer.url == page(filed)
    filed.refresh_from_db()
    assert filed.state == State.STAMPED
    stamp = Stamp.objects.get()
    assert (stamp.scan.title, stamp.act.by_name) == ("盖章页.pdf", "王敏")
    text = client.get(page(filed)).content.decode()
    assert "本单位已盖章提交" in text
    assert "撤回盖章" in text
    args = [filed.code, "unit"]
    shown = reverse("submissions:stamped_page", args=[*args, 1])
    assert client.get(shown)["Content-Type"] == "image/png"
    assert client_of(cast.recommender).get(shown).status_code == 200
    assert client_of(cast.other_recommender).get(shown).status_code == 404


def test_stamp_wants_the_look_and_the_password(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    ready(client, filed)
    url = page(filed, "stamp_confirm")
    unseen = client.post(url, {"evidence": "scan", "password": PASSWORD})
    assert unseen.context["form"].errors == {
        "confirmed": ["请看过盖章页，再勾选确认。"]
    }
    wrong = client.post(url, confirmed("不是密码"))
    assert wrong.context["form"].errors == {
        "password": ["密码不对，请重新输入。还没有盖章。"]
    }
    assert "不是密码" not in wrong.content.decode()
    assert not Stamp.objects.exists()


def test_passwords_are_asked_five_times(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    ready(client, filed)
    url = page(filed, "stamp_confirm")
    for _ in range(5):
        client.post(url, confirmed("不是密码"))
    answer = client.post(url, confirmed())
    assert answer.context["form"].errors == {
        "password": ["密码已经试了 5 次，请 10 分钟后再试。"]
    }
    assert not Stamp.objects.exists()


def test_stamp_after_recall_is_refused(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    ready(client, filed)
    actions.recall(filed.pk, by=cast.group, at=walk.at)
    answer = client.post(page(filed, "stamp_confirm"), confirmed())
    assert answer.status_code == 409
    assert "不能再“盖章并提交”" in answer.content.decode()
    assert not Stamp.objects.exists()
    assert "班组已经收回" in client.get(page(filed)).content.decode()
    assert client.post(page(filed), typed(filed)).status_code == 409


def test_closed_window_says_so_and_saves_nothing(walk, cast, client_of, noon):
    filed = walk.filed()
    Window.objects.filter(stage="stamping").update(
        opens_at=noon - timedelta(days=9), closes_at=noon - timedelta(days=1)
    )
    client = client_of(cast.unit)
    answer = client.post(page(filed), typed(filed, opinion="关了以后写的"))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "已关闭" in text
    assert "关了以后写的" in text
    assert not ScoreSheet.objects.exists()


def test_unstamp_wants_a_reason_and_brings_it_back(walk, cast, client_of):
    stamped, client = walk.stamped(), client_of(cast.unit)
    url = page(stamped, "unstamp")
    assert client.get(url).status_code == 200
    empty = client.post(url, {"comment": "  "})
    assert empty.context["form"].errors == {"comment": ["请写明原因，对方会看到。"]}
    assert client.post(url, {"comment": "分数抄错"}).url == DESK
    stamped.refresh_from_db()
    assert stamped.state == State.FILED
    assert Stamp.objects.get().voided_at is not None
    late = client.post(url, {"comment": "写了很久的原因"})
    assert late.status_code == 409
    assert "写了很久的原因" in late.content.decode()


def test_return_tells_the_group_why(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    client.post(page(filed, "unit_return"), {"comment": "请补充数据来源。"})
    filed.refresh_from_db()
    assert filed.state == State.RETURNED
    assert filed.steps.first().comment == "请补充数据来源。"
    assert "请补充数据来源。" in client.get(page(filed)).content.decode()


# --- the kept picture ---------------------------------------------------------------


@pytest.fixture
def picture(campaign, cast, noon):
    campaign.allows_seal_picture = True
    campaign.save(update_fields=["allows_seal_picture"])
    document = stored(png_file("印章.png"), "seal_picture", cast.keeper)
    return keep_picture(document, undertaken=True, by=cast.keeper, at=noon)


def test_keeper_stamps_with_the_picture(walk, cast, client_of, picture, papers):
    filed, client = walk.filed(), client_of(cast.keeper)
    with papers():
        printed(client, filed)
        sent = typed(filed, version="1", evidence="seal_picture")
        answer = client.post(page(filed, "stamp_seal"), sent)
        assert answer.url.endswith("?evidence=seal_picture")
        assert reverse("seals:picture") in client.get(answer.url).content.decode()
        client.post(page(filed, "stamp_confirm"), confirmed(evidence="seal_picture"))
    stamp = Stamp.objects.get()
    assert (stamp.scan, stamp.act.picture, stamp.paper.is_ready) == (
        None,
        picture,
        True,
    )
    status = reverse("submissions:stamped_status", args=[filed.code, "unit"])
    assert stamp.paper.title in client.get(status).content.decode()


def test_clerk_may_not_choose_the_picture(walk, cast, client_of, picture):
    filed, client = walk.filed(), client_of(cast.unit)
    printed(client, filed)
    assert (
        "只有本单位的印章管理员能用印章图样" in client.get(page(filed)).content.decode()
    )
    answer = client.post(
        page(filed, "stamp_confirm"), confirmed(evidence="seal_picture")
    )
    assert answer.status_code == 409
    assert not Stamp.objects.exists()


def test_unknown_evidence_counts_as_a_scan(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    ready(client, filed)
    sent = typed(filed, version="1", evidence="word of mouth")
    answer = client.post(page(filed, "stamp_seal"), sent)
    assert answer.url.endswith("?evidence=scan")
    client.post(page(filed, "stamp_confirm"), confirmed(evidence="word of mouth"))
    assert not Stamp.objects.exists()
    assert rules.live_stamp(rules.sheet_of(filed, Tier.UNIT)) is None
