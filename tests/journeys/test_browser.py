"""The whole way in a real browser: its scripts, its downloads, its papers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from recommenders.models import Paper
from reviews.models import Certificate, Publication
from submissions.lifecycle import State
from submissions.models import Submission
from tests import factories
from tests.journeys import story
from tests.journeys.browsing import Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ANSWER = {"confirmed": "on", "password": factories.PASSWORD}


def only() -> Submission:
    return Submission.objects.with_people().get()


# --- the group ---------------------------------------------------------------------------


def group_begins(group: Person) -> None:
    group.reads("我的成果").open("/submissions/new/").press("开始填")
    group.reads("填报质量管理小组成果")


def group_fills_sections(group: Person, body: str) -> None:
    """Every field; on a phone step by step."""
    basic = ("title", "topic_type", "industry", "period", "mobile")
    group.fill({name: story.FIELDS[name] for name in basic} | {"recommender": body})
    next_step(group)
    add_members(group)
    next_step(group)
    rest = ("summary", "measure", "before", "target", "after")
    group.fill({name: story.FIELDS[name] for name in rest})
    next_step(group)


def next_step(group: Person) -> None:
    if group.width < 800:
        with group.fits().page.expect_navigation():
            group.press("保存，下一步")


def add_members(group: Person) -> None:
    """Three rows stand there; a fourth is added, and taken away again."""
    group.fill(story.member_fields()).press("添加一行")
    rows = group.page.locator("[data-row-list] > tr")
    expect(rows).to_have_count(4)
    rows.nth(3).get_by_role("button", name="删掉这一行").click()
    expect(rows).to_have_count(3)


def group_uploads(group: Person) -> None:
    for name, upload, said in (
        ("paper-report", factories.docx_file(), "成果报告.docx"),
        ("paper-records", factories.pdf_file("活动记录.pdf", 3), "活动记录.pdf"),
    ):
        group.upload(name, upload)
        expect(group.page.get_by_role("link", name=said)).to_be_visible()
    next_step(group)


def group_files(group: Person) -> None:
    group.press("核对并提交").reads(
        "提交给单位盖章？", story.UNIT, f"《{story.TITLE}》"
    )
    group.fits().page.get_by_label("我确认名称与公章一致").check()
    group.press("确认提交").reads("已提交给上海申浦轨道车辆维修有限公司", "回执")
    filed = only()
    group.fits().reads(filed.code, "待单位盖章")
    link = group.page.get_by_role("link", name="成果申报表（第 1 版）")
    story.assert_printed(
        group.take(link), "2020年上海市质量管理小组成果申报表", story.UNIT, story.GROUP,
        story.TITLE, story.BODY, "顾晓岚", "吴䶮", "0.31",
        every_page=(filed.code, filed.revision.check_code),
    )  # fmt: skip


def group_part(person, cast, width: int) -> None:
    group = person(cast.group, "group", width)
    group_begins(group)
    group_fills_sections(group, str(cast.recommender.organisation.key))
    group_uploads(group)
    group_files(group)


# --- the unit ----------------------------------------------------------------------------


def step_up(one: Person, name: str, times: int) -> None:
    for _ in range(times):
        one.page.get_by_role("button", name=f"{name}加 0.5 分").click()


def unit_scores(unit: Person) -> None:
    """Marks typed but for one, which the stepper brings to its half point."""
    unit.reads(story.TITLE).follow("出具意见")
    unit.fill(story.marks(story.OWN_MARKS) | {"mark-topic": "12.5"})
    expect(unit.page.locator("[data-total]").first).to_have_text("89.0")
    step_up(unit, "选题", 2)
    expect(unit.page.locator("[data-total]").first).to_have_text("90.0")
    unit.fill({"opinion": story.OPINION}).reads("/ 200 字")
    unit.press("生成第 1 版").reads("已生成第 1 版的意见表")


def sheet_pdf(one: Person) -> bytes:
    stamp = one.page.locator("#stamp")
    return one.take(stamp.get_by_role("link", name="下载").first)


def unit_stamps(unit: Person) -> None:
    sheet = only().revision.sheets.get(tier="unit")
    story.assert_printed(
        sheet_pdf(unit), "2020年成果评分与推荐意见表", story.UNIT, story.GROUP,
        story.TITLE, *story.OWN_MARKS, story.OPINION, "单位盖章",
        every_page=(only().code, sheet.check_code),
    )  # fmt: skip
    unit.upload("scan", factories.stamp_scans(sheet)[0]).press("上传")
    unit.reads("盖章页已上传").press("盖章并提交")
    unit.reads("盖章并提交给推荐单位？", sheet.check_code).fill(ANSWER)
    unit.press("确认盖章").reads(f"已盖章，已交给{story.BODY}")


# --- the recommending body -----------------------------------------------------------------


def body_scores(body: Person) -> None:
    body.follow(story.TITLE).reads("单位评分 90", story.OPINION)
    body.fill(story.marks(story.BODY_MARKS) | {"opinion": "同意推荐。"})
    body.press("生成第 1 版").reads("已生成第 1 版的意见表")
    story.assert_printed(sheet_pdf(body), "推荐单位评审", *story.BODY_MARKS, "88")
    sheet = only().revision.sheets.get(tier="recommender")
    body.upload("scan", factories.stamp_scans(sheet)[0]).press("上传")
    body.reads("盖章页已上传")
    body.press("盖推荐意见章").reads("推荐意见盖章？").fill(ANSWER)
    body.press("确认盖章").reads("推荐意见已盖章")
    looks(body)
    body.open("/recommenders/").press("推荐").reads(f"《{story.TITLE}》已推荐。")


def looks(one: Person) -> None:
    """The stamp of the tier before, held against the data point by point."""
    one.follow("核对盖章页")
    for point in one.page.locator("#look-form .switch2").all():
        point.get_by_text("是", exact=True).click()
    one.press("存下核对结果").reads("盖章页已核对")


def body_prepares(body: Person) -> None:
    body.open("/recommenders/statistics/")
    body.upload("summary", factories.docx_file("活动总结.docx")).press("上传")
    body.reads("活动总结已收到").fill(story.FIGURES).reads("33.44", "11.34")
    body.press("核对无误，完成").reads("统计表已完成")


def body_makes_papers(body: Person) -> None:
    body.open("/recommenders/papers/")
    for paper, made in story.PAPERS.items():
        body.press(f"生成{paper}").reads(f"{story.BODY}_{made}")

    def file(name: str) -> bytes:
        named = re.compile(rf"下载\s*{story.BODY}_{re.escape(name)}")
        return body.take(body.page.get_by_role("link", name=named))

    story.assert_summary_sheet(file("推荐汇总表.xlsx"))
    story.assert_printed(
        file("推荐表.pdf"), "2020年上海市质量管理小组成果推荐表", story.BODY,
        story.UNIT, story.GROUP, story.TITLE, "推荐单位盖章",
    )  # fmt: skip


def body_hands_over(body: Person) -> None:
    table = Paper.objects.get(kind="table")
    scans = factories.page_scans(table.check_code, table.list_hash)
    body.upload("scan", scans[0]).press("上传")
    body.reads("推荐表盖章？").fill(ANSWER).press("确认盖章").reads("推荐表已盖章")
    body.press("提交秘书处")
    body.page.get_by_role("dialog").get_by_role("button").last.click()
    body.reads("已提交秘书处 1 项")


# --- the association -------------------------------------------------------------------


def desk_checks(desk: Person) -> None:
    desk.open("/reviews/checks/").follow(story.TITLE)
    looks(desk)
    desk.reads("自动识别：一致")
    for item in desk.page.locator("[data-item]").all():
        item.get_by_text("符合", exact=True).click()
    desk.press("通过，看下一份").reads("形式审查通过")
    desk.open("/reviews/assignments/").press("自动分配").agree("自动分配")
    desk.reads("分配了 3 份评审任务")


def judge_scores(judge: Person, marks: list[str]) -> None:
    judge.follow(story.TITLE).reads("给评审组的话")
    for hidden in (story.UNIT, story.GROUP, "顾晓岚"):
        expect(judge.page.locator("body")).not_to_contain_text(hidden)
    judge.fill(story.marks(marks) | {"remark": story.REMARK})
    judge.press("提交，评下一份").reads("全部评完了，谢谢您。")


def desk_awards(desk: Person, code: str) -> None:
    desk.open("/reviews/awards/").reads(story.SCORE)
    desk.fill({f"level-{code}": "1"}).press("保存奖项").reads("评定了 1 项")


def desk_publishes(desk: Person) -> None:
    soon = timezone.localtime() + timedelta(minutes=2)
    desk.open("/reviews/publications/")
    desk.fill({"closes_at": f"{soon:%Y-%m-%dT%H:%M}"}).press("开始公示")
    desk.agree("开始公示").reads("已公示")
    Publication.objects.update(closes_at=timezone.now() - timedelta(seconds=1))
    desk.open("/reviews/publications/").press("公布结果，颁发证书")
    desk.page.get_by_role("dialog").get_by_role("button").last.click()
    desk.reads("已公布 1 项")


# --- the public -----------------------------------------------------------------------------


def group_takes_certificate(group: Person, code: str) -> Certificate:
    group.open(f"/submissions/{code}/").reads("一等奖", "SQC2020-1-0001")
    link = group.page.get_by_role("link", name="下载证书")
    story.assert_printed(
        group.take(link), story.UNIT, story.GROUP, story.TITLE, "一等奖",
        "SQC2020-1-0001", "上海市质量协会",
    )  # fmt: skip
    return Certificate.objects.get(entry__submission__code=code)


def public_verifies(public: Person, certificate: Certificate) -> None:
    public.open("/results/").reads(story.TITLE, story.GROUP, story.UNIT, "一等奖")
    public.open("/verify/").fill({"q": certificate.number}).press("查验")
    public.reads("证书有效", story.GROUP, certificate.number)
    public.open(f"/verify/{certificate.verify_code}/").reads("证书有效")


# --- the journeys ---------------------------------------------------------------------------


def test_from_the_first_field_to_the_verified_certificate(person, cast):
    group_part(person, cast, 1440)
    unit = person(cast.unit, "unit")
    unit_scores(unit)
    unit_stamps(unit)
    body = person(cast.recommender, "recommender")
    for station in (body_scores, body_prepares, body_makes_papers, body_hands_over):
        station(body)
    desk, code = person(cast.association, "association"), only().code
    desk_checks(desk)
    for judge, marks in zip(
        (cast.judge, cast.judge2, cast.judge3), story.JUDGE_MARKS, strict=True
    ):
        judge_scores(person(judge, "judge"), marks)
    desk_awards(desk, code)
    desk_publishes(desk)
    certificate = group_takes_certificate(person(cast.group, "group"), code)
    public_verifies(person(), certificate)
    assert only().state == State.PUBLISHED


def test_a_group_files_on_a_phone(person, cast):
    group_part(person, cast, 390)
    assert only().state == State.FILED


def test_a_save_under_way_never_meets_the_button(person, cast, walk):
    """The autosave is slow, the person types on and presses: the newest words are
    kept and nobody is told of another window."""
    draft = walk.draft()
    group = person(cast.group, "group").open(f"/submissions/{draft.code}/edit/")
    held = hold_autosaves(group)
    group.fill({"title": "先写的题目"})
    group.page.locator('[name="title"]').blur()
    expect(group.page.locator("[data-save-state]")).to_have_attribute(
        "data-state", "saving"
    )
    group.fill({"title": "后写的题目"})
    group.press("先存着，下次再填")
    for route, answer in held:
        route.fulfill(response=answer)
    group.reads("已存好：后写的题目")
    assert only().title == "后写的题目"


def hold_autosaves(one: Person) -> list:
    """Saves that reached the server, their answers kept back on the way."""
    held: list = []

    def on_the_way(route, request):
        if request.headers.get("x-requested-with") == "autosave":
            held.append((route, route.fetch()))
        else:
            route.continue_()

    one.page.route("**/edit/", on_the_way)
    return held
