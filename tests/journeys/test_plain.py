"""The whole way without scripts: every act is a form on a page that a button sends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from recommenders.models import Paper
from reviews.models import Certificate, Publication
from submissions.lifecycle import State
from submissions.models import Submission
from tests import factories
from tests.journeys import story
from tests.journeys.plain import Plain

# The three points of a stamp, all in order.
LOOKED = {"name_matches": "yes", "legible": "yes", "dated": "yes"}
pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(actor, channel: str) -> Plain:
    """Through the sign-in page of a channel to the own desk."""
    typed = {"username": actor.user.username, "password": factories.PASSWORD}
    return Plain().open(f"/accounts/sign-in/{channel}/").press("登录", typed)


# --- the stations -----------------------------------------------------------------------


def group_files(cast) -> str:
    """Begin, fill every field, upload, read the names, hand over: the record's code."""
    group = signed_in(cast.group, "group")
    assert group.path == "/submissions/"
    group.open("/submissions/new/").press("开始填")
    code = group.path.split("/")[2]
    body = str(cast.recommender.organisation.key)
    typed = {**story.FIELDS, **story.member_fields(), "recommender": body}
    group.press("核对并提交", typed)
    group.says("还差 2 份材料没传", "还没有上传成果报告").follow("去填")
    files = {
        "paper-report": factories.docx_file(),
        "paper-records": [factories.pdf_file("活动记录.pdf", 3)],
    }
    group.press("上传", files).says("成果报告.docx", "活动记录.pdf", "3 页")
    group.press("核对并提交").says(story.UNIT, story.GROUP, f"《{story.TITLE}》")
    group.press("确认提交", {"confirmed": "on"})
    group.says("已提交给上海申浦轨道车辆维修有限公司", code, "待单位盖章", "回执")
    form = group.take("成果申报表（第 1 版）")
    check_code = Submission.objects.get(code=code).revision.check_code
    story.assert_printed(
        form, "2020年上海市质量管理小组成果申报表", story.UNIT, story.GROUP, story.TITLE,
        "问题解决型", story.BODY, "顾晓岚", "吴䶮", "0.82", "0.31", "锁定两项要因",
        every_page=(code, check_code),
    )  # fmt: skip
    return code


def unit_stamps(cast, code: str) -> None:
    """Marks, opinion, print, scan, one look, the password."""
    unit = signed_in(cast.unit, "unit").says(code).follow("出具意见")
    marks = {**story.marks(story.OWN_MARKS), "opinion": story.OPINION}
    unit.press("保存评分和意见", marks).says("已保存", "90")
    unit.press("生成第 1 版").says("已生成第 1 版的意见表")
    sheet = Submission.objects.get(code=code).revision.sheets.get(tier="unit")
    story.assert_printed(
        unit.take("下载", "stamp"), "2020年成果评分与推荐意见表", story.UNIT, story.GROUP,
        story.TITLE, *story.OWN_MARKS, "90", story.OPINION, "单位盖章",
        every_page=(code, sheet.check_code),
    )  # fmt: skip
    unit.press("上传", {"scan": factories.stamp_scans(sheet)})
    unit.says("二维码核对相符，共 1 页。盖章页已上传")
    unit.press("盖章并提交").says("盖章并提交给推荐单位？", sheet.check_code)
    answer = {"confirmed": "on", "password": factories.PASSWORD}
    unit.press("确认盖章", answer).says(f"已盖章，已交给{story.BODY}")


def body_scores_and_recommends(cast, code: str) -> None:
    body = signed_in(cast.recommender, "recommender").follow(story.TITLE)
    body.says("单位评分 90", story.OPINION)
    marks = {**story.marks(story.BODY_MARKS), "opinion": "同意推荐。"}
    body.press("保存评分和意见", marks).says("已保存")
    body.press("生成第 1 版").says("已生成第 1 版的意见表")
    story.assert_printed(
        body.take("下载", "stamp"),
        "推荐单位评审",
        *story.BODY_MARKS,
        "88",
        "推荐单位盖章",
    )
    sheet = Submission.objects.get(code=code).revision.sheets.get(tier="recommender")
    body.press("上传", {"scan": factories.stamp_scans(sheet)}).says("盖章页已上传")
    body.press("盖推荐意见章").says("推荐意见盖章？")
    answer = {"confirmed": "on", "password": factories.PASSWORD}
    body.press("确认盖章", answer).says("推荐意见已盖章")
    body.follow("核对盖章页").says(story.UNIT, sheet.revision.submission.code)
    body.press("存下核对结果", LOOKED).says("盖章页已核对", "三项相符")
    body.open("/recommenders/").press("推荐").says(f"《{story.TITLE}》已推荐。")


def body_hands_over(cast, code: str) -> None:
    """Summary, statistics, papers, the stamped table, the handover."""
    body = signed_in(cast.recommender, "recommender")
    body.open("/recommenders/statistics/")
    body.press("上传", {"summary": factories.docx_file("活动总结.docx")})
    body.says("活动总结已收到").press("核对无误，完成", story.FIGURES)
    body.says("统计表已完成", "33.44", "11.34").open("/recommenders/papers/")
    make_papers(body)
    table = Paper.objects.filter(kind="table").first()
    scans = factories.page_scans(table.check_code, table.list_hash)
    body.press("上传", {"scan": scans})
    answer = {"confirmed": "on", "password": factories.PASSWORD}
    body.press("确认盖章", answer).says("推荐表已盖章")
    body.press("提交秘书处").says("已提交秘书处 1 项")


def make_papers(body: Plain) -> None:
    """Four buttons one after the other, and what each made."""
    for paper in story.PAPERS:
        body.press(f"生成{paper}")

    def made(name: str) -> bytes:
        return body.take(f"下载{story.BODY}_{name}")

    story.assert_summary_sheet(made("推荐汇总表.xlsx"))
    story.assert_printed(
        made("推荐表.pdf"), "2020年上海市质量管理小组成果推荐表", story.BODY,
        story.UNIT, story.GROUP, story.TITLE, "推荐单位盖章", "未向企业和小组收取任何费用",
    )  # fmt: skip
    story.assert_printed(made("推荐汇总表.pdf"), story.TITLE, "推荐汇总表")
    title = story.sheet_facts(made("评审汇总表.xlsx"))["title"]
    assert title == "2020年上海市质量管理小组成果评审汇总表"


def association_checks_and_assigns(cast, code: str) -> None:
    desk = signed_in(cast.association, "association").open("/reviews/checks/")
    desk.follow(story.TITLE).says("逐项核对", "自动识别：一致", "还没有核对")
    desk.follow("核对盖章页").says(story.BODY)
    desk.press("存下核对结果", LOOKED).says("三项相符")
    fits = {name: "yes" for name in desk.fields("通过") if name.startswith("fits-")}
    assert len(fits) == 7
    desk.press("通过", fits).says("形式审查通过")
    desk.open("/reviews/assignments/").press("自动分配").says("分配了 3 份评审任务")


def judges_score(cast) -> None:
    judges = (cast.judge, cast.judge2, cast.judge3)
    for actor, marks in zip(judges, story.JUDGE_MARKS, strict=True):
        judge = signed_in(actor, "judge").follow(story.TITLE)
        judge.says_not(story.UNIT, story.GROUP, "顾晓岚", story.BODY)
        typed = {**story.marks(marks), "remark": story.REMARK}
        judge.press("提交，评下一份", typed).says("全部评完了，谢谢您。")


def association_awards_and_publishes(cast, code: str) -> None:
    desk = signed_in(cast.association, "association").open("/reviews/awards/")
    desk.says(story.SCORE).press("保存奖项", {f"level-{code}": "1"})
    desk.says("评定了 1 项")
    Plain().open("/results/").says_not(story.TITLE)
    soon = timezone.localtime() + timedelta(minutes=2)
    desk.open("/reviews/publications/")
    desk.press("开始公示", {"closes_at": f"{soon:%Y-%m-%dT%H:%M}"}).says("已公示")
    Plain().open("/results/").says("公示期", story.TITLE, story.GROUP, "一等奖")
    Publication.objects.update(closes_at=timezone.now() - timedelta(seconds=1))
    desk.open("/reviews/publications/").press("公布结果，颁发证书").says("已公布 1 项")


def group_takes_the_certificate(cast, code: str) -> str:
    """The certificate's number, after reading the certificate."""
    group = signed_in(cast.group, "group").open(f"/submissions/{code}/")
    group.says("一等奖", "证书编号")
    found = Certificate.objects.get(entry__submission__code=code)
    assert found.number == "SQC2020-1-0001"
    story.assert_printed(
        group.take("下载证书"), story.UNIT, story.GROUP, story.TITLE, "一等奖",
        found.number, "上海市质量协会",
    )  # fmt: skip
    return found.number


def public_reads_and_verifies(number: str) -> None:
    public = (
        Plain().open("/results/").says(story.TITLE, story.GROUP, story.UNIT, "一等奖")
    )
    public.open("/verify/").press("查验", {"q": number})
    public.says("证书有效", story.GROUP, story.UNIT, "一等奖", number)
    certificate = Certificate.objects.get(number=number)
    Plain().open(f"/verify/{certificate.verify_code}/").says("证书有效", number)


# --- the journey ------------------------------------------------------------------------


def test_from_the_first_field_to_the_verified_certificate(cast):
    code = group_files(cast)
    unit_stamps(cast, code)
    body_scores_and_recommends(cast, code)
    body_hands_over(cast, code)
    association_checks_and_assigns(cast, code)
    judges_score(cast)
    association_awards_and_publishes(cast, code)
    public_reads_and_verifies(group_takes_the_certificate(cast, code))
    assert Submission.objects.get(code=code).state == State.PUBLISHED
