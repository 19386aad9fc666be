"""When it cannot go on: what the page says, that typed words stay, what is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from qcportal.campaigns.models import FormVersion, Window
from submissions import actions
from submissions.lifecycle import State
from submissions.models import Revision, Stamp, Submission
from tests import factories
from tests.journeys import story
from tests.journeys.plain import Plain
from tests.journeys.test_plain import signed_in

pytestmark = pytest.mark.django_db


def close(stage: str) -> str:
    """The window of ``stage`` closed a second ago; the moment as pages print it."""
    closed = timezone.now() - timedelta(seconds=1)
    Window.objects.filter(stage=stage).update(closes_at=closed)
    local = timezone.localtime(closed)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def state_of(submission: Submission) -> str:
    return Submission.objects.get(pk=submission.pk).state


# --- late -------------------------------------------------------------------------------


def test_a_second_late_the_group_keeps_its_words_and_files_nothing(walk, cast):
    draft = walk.draft()
    group = signed_in(cast.group, "group").open(f"/submissions/{draft.code}/file/")
    moment = close("filing")
    group.press("确认提交", {"confirmed": "on"})
    group.says(f"“班组申报”{moment} 已关闭。您填的内容都还在")
    assert (state_of(draft), Revision.objects.count()) == (State.DRAFT, 0)


def test_saving_a_second_late_says_so_and_shows_what_was_typed(walk, cast):
    draft = walk.draft()
    group = signed_in(cast.group, "group").open(f"/submissions/{draft.code}/edit/")
    moment = close("filing")
    group.press("先存着", {"title": "迟到一秒的题目"}, 422)
    group.says(f"{moment} 已关闭").holds("迟到一秒的题目")
    assert Submission.objects.get(pk=draft.pk).title == story.TITLE


def test_a_second_late_the_unit_stamps_nothing(walk, cast):
    filed = printed(walk)
    unit = signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
    unit.press("上传", {"scan": scans(filed)}).press("盖章并提交")
    moment = close("stamping")
    answer = {"confirmed": "on", "password": factories.PASSWORD}
    unit.press("确认盖章", answer, 409).says(f"“单位盖章”{moment} 已关闭")
    assert (state_of(filed), Stamp.objects.count()) == (State.FILED, 0)


def test_a_second_late_nothing_is_recommended(walk, cast):
    scored = walk.scored()
    body = signed_in(cast.recommender, "recommender")
    moment = close("recommending")
    body.press("推荐").says(f"“推荐单位推荐”{moment} 已关闭")
    assert state_of(scored) == State.STAMPED


def test_begun_pages_close_with_the_window(walk, cast):
    group = signed_in(cast.group, "group").open("/submissions/new/")
    moment = close("filing")
    group.press("开始填").says(f"“班组申报”{moment} 已关闭")
    assert Submission.objects.count() == 0


# --- places ----------------------------------------------------------------------------


def test_the_second_of_one_unit_and_type_is_refused_with_its_place(walk, cast):
    walk.recommended()
    second = walk.scored(cast.second_group, title="缩短车轮镟修时间")
    body = signed_in(cast.recommender, "recommender")
    why = "问题解决型名额 1 项已用完。要换成这一项，请先取消已推荐的那项。"
    body.says(why)
    assert body.is_off("推荐", of="缩短车轮镟修时间")
    body.send(f"/recommenders/submissions/{second.code}/recommend/").says(why)
    assert state_of(second) == State.STAMPED


def test_several_at_once_say_which_has_no_place(walk, cast):
    first = walk.scored()
    second = walk.scored(cast.second_group, title="缩短车轮镟修时间")
    body = signed_in(cast.recommender, "recommender")
    body.press("推荐所选", {"chosen": [first.code, second.code]})
    body.says("已推荐 1 项。", "《缩短车轮镟修时间》：", "名额 1 项已用完")
    assert [state_of(one) for one in (first, second)] == [
        State.RECOMMENDED,
        State.STAMPED,
    ]


# --- files -----------------------------------------------------------------------------


def test_a_wrong_file_is_refused_and_the_words_are_kept(walk, cast):
    draft = actions.begin(walk.campaign.categories.get(), by=cast.group, at=walk.at)
    group = signed_in(cast.group, "group").open(f"/submissions/{draft.code}/edit/")
    program = SimpleUploadedFile("成果报告.exe", b"MZ" + bytes(200))
    typed = {"title": "降低故障率", "paper-report": program}
    group.press("上传", typed, 422).says("成果报告.exe").holds("降低故障率")
    found = Submission.objects.get(pk=draft.pk)
    assert (found.title, found.attachments.count()) == ("降低故障率", 0)


def test_a_file_that_is_not_what_its_name_says(walk, cast):
    draft = actions.begin(walk.campaign.categories.get(), by=cast.group, at=walk.at)
    group = signed_in(cast.group, "group").open(f"/submissions/{draft.code}/edit/")
    renamed = SimpleUploadedFile("成果报告.pdf", b"MZ" + bytes(200))
    group.press("上传", {"paper-report": renamed}, 422).says("成果报告.pdf")
    assert draft.attachments.count() == 0


def test_a_file_over_the_limit_says_how_large_it_is(walk, cast):
    version = FormVersion.objects.get(category__campaign=walk.campaign)
    version.definition["papers"][0]["max_mb"] = 1
    version.save(update_fields=["definition"])
    draft = actions.begin(walk.campaign.categories.get(), by=cast.group, at=walk.at)
    group = signed_in(cast.group, "group").open(f"/submissions/{draft.code}/edit/")
    large = factories.pdf_file("大报告.pdf")
    large.file.seek(0, 2)
    large.file.write(bytes(1024 * 1024))
    large.size = large.file.tell()
    large.file.seek(0)
    group.press("上传", {"title": "题目还在", "paper-report": large}, 422)
    group.says("大报告.pdf", "1 MB").holds("题目还在")
    assert draft.attachments.count() == 0


# --- the stamp ----------------------------------------------------------------------------


def printed(walk) -> Submission:
    """Filed, scored and printed: only the stamped page is missing."""
    filed = walk.filed()
    marks = factories.full_marks(actions.rubric_for(filed))
    by, at = walk.cast.unit, walk.at
    actions.save_sheet(
        filed.pk, marks=marks, opinion="同意推荐。", version=0, by=by, at=at
    )
    actions.print_sheet(filed.pk, by=by, at=at)
    return filed


def scans(filed: Submission) -> list[SimpleUploadedFile]:
    return factories.stamp_scans(filed.revision.sheets.get(tier="unit"))


def test_without_the_stamped_page_nothing_goes_on(walk, cast):
    filed = printed(walk)
    unit = signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
    unit.press("盖章并提交", {"opinion": "我们同意推荐。"}, 409)
    unit.holds("我们同意推荐。")
    assert (state_of(filed), Stamp.objects.count()) == (State.FILED, 0)


def test_an_unfinished_sheet_is_not_printed_and_keeps_its_marks(walk, cast):
    filed = walk.filed()
    unit = signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
    unit.press("生成第 1 版", {"mark-topic": "13.5"}, 409)
    unit.says("“原因分析”还没有打分", "请写推荐意见。").holds("13.5")
    assert filed.revision.sheets.get().marks["topic"] == "13.5"


def test_a_wrong_password_stamps_nothing(walk, cast):
    filed = printed(walk)
    unit = signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
    unit.press("上传", {"scan": scans(filed)}).press("盖章并提交")
    wrong = {"confirmed": "on", "password": "not the password"}
    unit.press("确认盖章", wrong, 422).says("密码不对，请重新输入。还没有盖章。")
    assert (state_of(filed), Stamp.objects.count()) == (State.FILED, 0)


def test_a_new_print_leaves_the_older_scan_behind(walk, cast):
    filed = printed(walk)
    unit = signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
    unit.press("上传", {"scan": scans(filed)})
    unit.press("保存评分和意见", {"mark-topic": "12"}).press("生成第 1 版")
    unit.says("先前传的盖章页对应旧的内容").press("盖章并提交", status=409)
    assert Stamp.objects.count() == 0


# --- two windows, two clicks ---------------------------------------------------------------


def test_the_second_window_overwrites_nothing_and_shows_both(walk, cast):
    draft = walk.draft()
    first, second = (
        signed_in(cast.group, "group").open(f"/submissions/{draft.code}/edit/")
        for _ in range(2)
    )
    first.press("先存着", {"title": "第一个窗口的题目"})
    second.press("先存着", {"title": "第二个窗口的题目"}, 409)
    second.says("有几处别人也改了", "第一个窗口的题目").holds("第二个窗口的题目")
    assert Submission.objects.get(pk=draft.pk).title == "第一个窗口的题目"
    second.press("用我的：课题名称")
    assert Submission.objects.get(pk=draft.pk).title == "第二个窗口的题目"


def test_two_colleagues_at_one_sheet(walk, cast):
    filed = walk.filed()
    first, second = (
        signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
        for _ in range(2)
    )
    first.press("保存评分和意见", {"opinion": "同意推荐。"})
    second.press("保存评分和意见", {"opinion": "建议修改后推荐。"}, 409)
    second.says("没有盖掉它", "同意推荐。").holds("建议修改后推荐。")
    assert filed.revision.sheets.get().opinion == "同意推荐。"


def test_a_double_click_on_filing_is_one_revision(walk, cast):
    draft = walk.draft()
    page = f"/submissions/{draft.code}/file/"
    first, second = (signed_in(cast.group, "group").open(page) for _ in range(2))
    first.press("确认提交", {"confirmed": "on"})
    second.press("确认提交", {"confirmed": "on"}).says("已提交给", draft.code)
    assert (Revision.objects.count(), draft.steps.count()) == (1, 1)


def test_a_double_click_on_the_stamp_is_one_stamp(walk, cast):
    filed = printed(walk)
    unit = signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
    unit.press("上传", {"scan": scans(filed)}).press("盖章并提交")
    again = Plain()
    again.client.cookies, again.url = unit.client.cookies, unit.url
    again.open(unit.path + "?evidence=scan")
    answer = {"confirmed": "on", "password": factories.PASSWORD}
    unit.press("确认盖章", answer).says("已盖章，已交给")
    again.press("确认盖章", answer).says("这项成果已经盖章提交")
    assert (state_of(filed), Stamp.objects.count()) == (State.STAMPED, 1)


def test_recalled_while_the_unit_was_looking(walk, cast):
    filed = walk.filed()
    unit = signed_in(cast.unit, "unit").open(f"/submissions/{filed.code}/stamp/")
    signed_in(cast.group, "group").open(f"/submissions/{filed.code}/").press("收回修改")
    unit.press("保存评分和意见", {"opinion": "同意"}).says(
        "草稿，还没提交", "请刷新页面"
    )
    assert filed.revision.sheets.count() == 0


# --- somebody else's -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "channel", "path"),
    [
        ("second_group", "group", "/submissions/{}/"),
        ("second_group", "group", "/submissions/{}/edit/"),
        ("second_group", "group", "/submissions/{}/papers/form/"),
        ("other_unit", "unit", "/submissions/{}/stamp/"),
        ("other_recommender", "recommender", "/recommenders/submissions/{}/"),
        ("other_association", "association", "/reviews/checks/{}/"),
    ],
)
def test_a_neighbour_finds_nothing_there(who, channel, path, walk, cast):
    found = walk.recommended()
    neighbour = signed_in(getattr(cast, who), channel)
    neighbour.open(path.format(found.code), 404).says_not(story.TITLE)
