"""Filling in and filing: what is kept, what is refused, what is said."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from qcportal.accounts.roles import Duty
from qcportal.campaigns.models import Window
from qcportal.campaigns.stages import Stage
from qcportal.documents.models import Document
from submissions.forms import read_content
from submissions.lifecycle import State
from submissions.merging import marks_of
from submissions.models import Revision, Step
from tests import factories
from tests.factories import docx_file, pdf_file, png_file

pytestmark = pytest.mark.django_db

AUTOSAVE = {"X-Requested-With": "autosave"}
UPLOAD = {"X-Requested-With": "upload"}


def edit_url(submission):
    return f"/submissions/{submission.code}/edit/"


def typed(submission, **changes):
    """What the page would post: every field, rows numbered."""
    data = {"version": str(submission.version)}
    content = {**submission.content, **changes}
    for code, item in submission.form.form.by_code.items():
        if item.kind != "rows":
            data[code] = content[code]
            continue
        data[f"{code}-TOTAL_FORMS"] = str(len(content[code]))
        for number, row in enumerate(content[code]):
            for column, value in row.items():
                data[f"{code}-{number}-{column}"] = value
    return data


def close_filing(campaign):
    """The filing window closes at this very instant."""
    window = campaign.windows.get(stage=Stage.FILING)
    at = timezone.now()
    Window.objects.filter(pk=window.pk).update(closes_at=at)
    return at


# --- writing ------------------------------------------------------------------------


def test_the_form_is_the_campaigns(walk, cast, client_of):
    """Every field, choice and slot of the definition is on the page, none by name."""
    draft = walk.draft()
    page = client_of(cast.group).get(edit_url(draft)).content.decode()
    form = draft.form.form
    wanted = [c for c, i in form.by_code.items() if i.kind != "rows"]
    assert [c for c in wanted if f'name="{c}"' not in page] == []
    assert [s.code for s in form.papers if f'name="paper-{s.code}"' not in page] == []
    # Three rows, two spares and the one to be copied: a key and four cells each.
    assert page.count('name="members-') == (2 + 3 + 1) * 5 + 1


def test_every_kind_of_field_comes_back_as_it_was_typed(walk, cast, client_of):
    draft = walk.draft()
    summary = "第一段\r\n第二段 <script>alert(1)</script> 䶮堃玥喆 买买提·阿不都"
    members = [{"name": "吴䶮", "gender": "m", "post": "质量员", "part": "统计"}]
    data = typed(draft, summary=summary, members=members, topic_type="innovation")
    client_of(cast.group).post(edit_url(draft), data)
    kept = walk.fresh(draft)
    assert kept.content == {
        **draft.content,
        "summary": summary.replace("\r\n", "\n"),
        "members": members,
        "topic_type": "innovation",
    }
    page = client_of(cast.group).get(edit_url(kept)).content.decode()
    assert "<script>alert(1)" not in page


def test_a_step_saves_its_own_fields_and_keeps_the_rest(walk, cast, client_of):
    draft = walk.draft()
    data = {"version": draft.version, "title": "新题目", "go": "step-3"}
    response = client_of(cast.group).post(edit_url(draft) + "?step=1", data)
    assert response.headers["Location"] == f"{edit_url(draft)}?step=3#step-3"
    assert walk.fresh(draft).content == {**draft.content, "title": "新题目"}


def test_rows_are_taken_in_the_order_of_the_page_without_empty_ones(walk, rf):
    draft = walk.draft()
    data = {
        "members-TOTAL_FORMS": "junk",
        "members-7-name": "丙",
        "members-1-name": " 乙 ",
        "members-0-name": "",
        "members-999999-name": "不要",
    }
    content = read_content(draft.form.form, rf.post("/", data).POST, draft.content)
    assert [row["name"] for row in content["members"]] == ["乙", "丙"]


def test_autosave_answers_with_time_and_version(walk, cast, client_of):
    draft = walk.draft()
    response = client_of(cast.group).post(
        edit_url(draft), typed(draft, title="自动存的"), headers=AUTOSAVE
    )
    kept = walk.fresh(draft)
    answer = response.json()
    assert answer == {
        "version": draft.version + 1,
        "saved_at": answer["saved_at"],
        "marks": marks_of(kept.form.form, kept.held),
        "fields": {},
        "rows": {"members": [[k, r] for k, r in kept.held.rows("members").items()]},
        "clashes": {},
        "others": "",
    }
    assert (kept.title, kept.version) == ("自动存的", draft.version + 1)


def test_the_same_words_twice_are_one_save(walk, cast, client_of):
    """A save by script and one by button arrive with the same old version."""
    draft, client = walk.draft(), client_of(cast.group)
    data = typed(draft, title="同一句话")
    client.post(edit_url(draft), data, headers=AUTOSAVE)
    response = client.post(edit_url(draft), {**data, "go": "file"})
    assert response.headers["Location"] == f"/submissions/{draft.code}/file/"
    assert walk.fresh(draft).version == draft.version + 1


def opened(client, submission):
    """What the page would post as it was opened, with everything it carries along."""
    page = client.get(edit_url(submission)).context["editor"]
    data = typed(submission) | {"marks": page.marks_text, "window": page.window}
    for code, table in page.shown.keys.items():
        data |= {f"{code}-{number}-KEY": key for number, key in enumerate(table)}
    return data


def test_two_tabs_keep_the_work_of_both(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    one, two = opened(client, draft), opened(client, draft)
    client.post(
        edit_url(draft), one | {"title": "甲窗口写的", "members-0-post": "班长"}
    )
    answer = client.post(
        edit_url(draft), two | {"summary": "乙窗口写的", "members-0-part": "总负责"},
        headers=AUTOSAVE,
    ).json()  # fmt: skip
    kept = walk.fresh(draft)
    first = {**draft.content["members"][0], "post": "班长", "part": "总负责"}
    assert kept.content == {
        **draft.content,
        "title": "甲窗口写的",
        "summary": "乙窗口写的",
        "members": [first, *draft.content["members"][1:]],
    }
    # The second tab is told what the first one wrote, and that it is being written.
    assert answer["fields"] == {"title": "甲窗口写的"}
    assert answer["rows"]["members"][0][1] == first
    assert answer["others"] == "您在另一个窗口正在填“小组成员名单”"
    assert answer["clashes"] == {}


def test_a_second_tab_never_overwrites(walk, cast, client_of):
    """Both changed the same field: who, when and to what is said beside it, and what
    is not in dispute is saved."""
    draft, client = walk.draft(), client_of(cast.group)
    one, two = opened(client, draft), opened(client, draft)
    client.post(edit_url(draft), one | {"title": "甲窗口写的"})
    mine = two | {"title": "乙窗口写的", "department": "新部门"}
    page = client.post(edit_url(draft), mine)
    text = page.content.decode()
    assert page.status_code == 409
    assert 'value="乙窗口写的"' in text
    assert "<blockquote>甲窗口写的</blockquote>" in text
    assert re.search(r"您在另一个窗口 \d\d:\d\d 也改了这一项", text)
    kept = walk.fresh(draft)
    assert (kept.title, kept.content["department"]) == ("甲窗口写的", "新部门")
    # Pressing save again without choosing changes nothing.
    again = mine | {"marks": page.context["editor"].marks_text}
    assert client.post(edit_url(draft), again).status_code == 409
    assert walk.fresh(draft).title == "甲窗口写的"


@pytest.mark.parametrize(
    ("choice", "kept"), [("mine", "乙窗口写的"), ("theirs", "甲窗口写的")]
)
def test_the_choice_at_a_clash_is_what_is_stored(walk, cast, client_of, choice, kept):
    draft, client = walk.draft(), client_of(cast.group)
    one, two = opened(client, draft), opened(client, draft)
    client.post(edit_url(draft), one | {"title": "甲窗口写的"})
    page = client.post(edit_url(draft), two | {"title": "乙窗口写的"})
    [[clash]] = page.context["editor"].clashes.values()
    chosen = two | {
        "title": "乙窗口写的", "marks": page.context["editor"].marks_text,
        clash.seen_name: clash.clash.seen, clash.choose_name: choice,
    }  # fmt: skip
    assert client.post(edit_url(draft), chosen).status_code == 302
    assert walk.fresh(draft).title == kept


def test_a_colleague_is_named(walk, cast, client_of, noon):
    draft = walk.draft()
    colleague = factories.seat("陈立群", cast.group.organisation, Duty.CLERK, noon)
    one, two = client_of(colleague), client_of(cast.group)
    both = opened(one, draft), opened(two, draft)
    one.post(edit_url(draft), both[0] | {"title": "陈写的", "members-0-name": "顾岚"})
    mine = both[1] | {"title": "顾写的", "members-0-name": "顾小岚"}
    answer = two.post(edit_url(draft), mine, headers=AUTOSAVE).json()
    assert answer["others"] == "陈立群正在填“小组成员名单”"
    assert sorted(answer["clashes"]) == ["members", "title"]
    assert re.search(r"陈立群 \d\d:\d\d 也改了这一项", answer["clashes"]["title"])
    row = answer["clashes"]["members"]
    assert "小组成员名单第 1 行姓名" in row
    assert "<blockquote>顾岚</blockquote>" in row
    assert "您这边：顾小岚" in row


def test_an_answer_lost_on_the_way_is_no_clash_with_oneself(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    page = opened(client, draft)
    client.post(edit_url(draft), page | {"title": "写了一半"}, headers=AUTOSAVE)
    later = client.post(
        edit_url(draft), page | {"title": "写了一半再写"}, headers=AUTOSAVE
    )
    assert later.json()["clashes"] == {}
    assert walk.fresh(draft).title == "写了一半再写"


@pytest.mark.parametrize("marks", ["", "{", "[]", "[" * 5000, "null", '{"title": 7}'])
def test_junk_marks_are_a_page_that_knows_nothing(walk, cast, client_of, marks):
    draft, client = walk.draft(), client_of(cast.group)
    data = opened(client, draft) | {"title": "还在", "marks": marks, "version": "0"}
    response = client.post(edit_url(draft), data)
    assert response.status_code == 409
    assert 'value="还在"' in response.content.decode()
    assert walk.fresh(draft).title == draft.title


def test_a_script_asks_who_is_signed_in(walk, cast, client_of):
    """After a new log-in the open page renews its token; another person's it is not."""
    draft = walk.draft()
    answer = client_of(cast.group).get(edit_url(draft), headers=AUTOSAVE).json()
    assert sorted(answer) == ["csrf", "person"]
    assert answer["person"] == cast.group.user_key


def test_an_old_page_does_not_empty_what_another_filled(walk, cast, client_of):
    draft, client = walk.draft(summary=""), client_of(cast.group)
    client.post(edit_url(draft), typed(draft, summary="另一位写的简介"))
    page = client.post(edit_url(draft), typed(draft, title="只改了题目"))
    form = page.context["editor"].content
    assert (form["summary"], form["title"]) == ("另一位写的简介", "只改了题目")


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_a_junk_version_keeps_what_was_typed(walk, cast, client_of, version):
    draft = walk.draft()
    data = {**typed(draft, title="还在"), "version": version}
    response = client_of(cast.group).post(edit_url(draft), data)
    assert response.status_code == 409
    assert 'value="还在"' in response.content.decode()
    assert walk.fresh(draft).title == draft.title


def test_too_long_a_title_is_kept_and_said(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    client.post(edit_url(draft), typed(draft, title="长" * 36))
    assert walk.fresh(draft).title == "长" * 36
    page = client.get(edit_url(draft)).content.decode()
    assert "课题名称多了 1 字，请删减到 35 字以内" in page
    client.post(f"/submissions/{draft.code}/file/", {"confirmed": "on"})
    assert walk.fresh(draft).state == State.DRAFT


def test_a_name_unlike_the_seal_is_said_at_its_field(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    client.post(edit_url(draft), typed(draft, unit_name="申浦公司"))
    page = client.get(edit_url(draft)).content.decode()
    assert "和公章不一致：公章是“上海申浦轨道车辆维修有限公司”。" in page
    assert 'name="go" value="seal-name">用公章名称' in page
    now = walk.fresh(draft)
    client.post(edit_url(draft), typed(now) | {"go": "seal-name"})
    assert walk.fresh(draft).content["unit_name"] == "上海申浦轨道车辆维修有限公司"
    page = client.get(edit_url(draft)).content.decode()
    assert "用公章名称" not in page


def test_anothers_recommending_body_is_not_taken(walk, cast, client_of):
    draft = walk.draft(group=cast.other_group)
    foreign = str(cast.recommender.organisation.key)
    client = client_of(cast.other_group)
    client.post(edit_url(draft), typed(draft, recommender=foreign))
    kept = walk.fresh(draft)
    assert kept.recommender is None
    page = client.get(edit_url(draft)).content.decode()
    assert "这个推荐单位不能受理本单位的成果" in page
    assert foreign not in page


def test_direct_filing_is_offered_where_the_campaign_allows_it(
    walk, cast, client_of, campaign
):
    draft, client = walk.draft(), client_of(cast.group)
    shown = []
    for allowed in (True, False):
        campaign.categories.update(allows_direct=allowed)
        page = client.get(edit_url(draft)).content.decode()
        shown.append("没有推荐单位，申请直接申报" in page)
    assert shown == [True, False]


def test_what_is_missing_is_marked_only_when_asked(walk, cast, client_of):
    draft, client = walk.draft(after="", measure=""), client_of(cast.group)
    plain = client.get(edit_url(draft)).content.decode()
    asked = client.get(edit_url(draft), {"check": "1"}).content.decode()
    wanted = 'id="id_after_error"'
    assert (wanted in plain, wanted in asked) == (False, True)
    assert "还差 2 项没填好" in plain
    assert f"{edit_url(draft)}?step=3&amp;check=1#field-after" in asked


@pytest.mark.parametrize("query", ["step=0", "step=99", "step=x", "check=maybe"])
def test_junk_in_the_address_is_a_page(walk, cast, client_of, query):
    draft = walk.draft()
    response = client_of(cast.group).get(f"{edit_url(draft)}?{query}")
    assert response.status_code == 200


def test_the_live_part_holds_the_paper_as_it_would_print(walk, cast, client_of):
    draft = walk.draft(title="随填随变")
    response = client_of(cast.group).get(
        edit_url(draft), headers={"HX-Request": "true"}
    )
    page = response.content.decode()
    assert "<html" not in page
    assert '<p class="paper-title">2020年上海市质量管理小组成果申报表</p>' in page
    assert "随填随变" in page


# --- windows ------------------------------------------------------------------------


def test_on_the_closing_instant_nothing_is_saved_and_nothing_is_lost(
    walk, cast, client_of, campaign
):
    draft, client = walk.draft(), client_of(cast.group)
    close_filing(campaign)
    response = client.post(edit_url(draft), typed(draft, title="晚了一步"))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="晚了一步"' in page
    assert "已关闭。您填的内容都还在" in page
    assert walk.fresh(draft).title == draft.title
    auto = client.post(edit_url(draft), typed(draft, title="又晚"), headers=AUTOSAVE)
    assert (auto.status_code, auto.json()["code"]) == (422, "window_closed")


def test_a_closed_form_is_read_only(walk, cast, client_of, campaign):
    draft = walk.draft()
    close_filing(campaign)
    page = client_of(cast.group).get(edit_url(draft)).content.decode()
    assert "现在只能看，不能改。" in page
    assert 'form="content-form"' not in page
    assert "data-autosave" not in page
    assert 'type="file"' not in page


def test_late_filing_is_refused_to_the_second(walk, cast, client_of, campaign):
    draft, client = walk.draft(), client_of(cast.group)
    close_filing(campaign)
    url = f"/submissions/{draft.code}/file/"
    response = client.post(url, {"confirmed": "on"})
    assert response.status_code == 409
    assert walk.fresh(draft).state == State.DRAFT
    window = campaign.windows.filter(stage=Stage.FILING)
    window.update(closes_at=timezone.now() + timedelta(seconds=30))
    client.post(url, {"confirmed": "on"})
    assert walk.fresh(draft).state == State.FILED


# --- files --------------------------------------------------------------------------


def slots(submission):
    standing = submission.attachments.filter(removed_at__isnull=True)
    return [(a.slot, a.document.title) for a in standing.order_by("pk")]


def test_files_travel_with_the_form_without_scripts(walk, cast, client_of):
    draft = walk.draft()
    data = {
        **typed(draft, title="一起存"),
        "paper-report": docx_file("新报告.docx"),
        "paper-records": [pdf_file("甲.pdf"), png_file("乙.png")],
        "go": "desk",
    }
    response = client_of(cast.group).post(edit_url(draft), data)
    assert response.headers["Location"] == "/submissions/"
    assert walk.fresh(draft).title == "一起存"
    assert slots(draft) == [
        ("records", "活动记录.pdf"),
        ("report", "新报告.docx"),
        ("records", "甲.pdf"),
        ("records", "乙.png"),
    ]


def test_a_script_uploads_one_slot_and_gets_the_section(walk, cast, client_of):
    draft = walk.draft()
    data = {"paper-photos": png_file("合影.png")}
    response = client_of(cast.group).post(edit_url(draft), data, headers=UPLOAD)
    page = response.content.decode()
    assert response.status_code == 200
    assert "合影.png" in page
    assert "<html" not in page
    assert walk.fresh(draft).content == draft.content


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("报告.exe", b"MZ\x90", "的类型不能上传，这里可以上传"),
        ("报告.pdf", b"just words", "扩展名是 .pdf，内容却是"),
        ("报告.pdf", b"", "是空文件"),
    ],
)
def test_a_wrong_file_is_explained_beside_its_slot_and_the_words_are_kept(
    walk, cast, client_of, name, content, sentence
):
    draft = walk.draft()
    upload = pdf_file(name)
    upload.file.seek(0)
    upload.file.truncate()
    upload.file.write(content)
    upload.file.seek(0)
    upload.size = len(content)
    before, stored = slots(draft), Document.objects.count()
    data = {**typed(draft, title="文字要留下"), "paper-report": upload}
    response = client_of(cast.group).post(edit_url(draft), data)
    page = response.content.decode()
    assert response.status_code == 422
    slot = page[
        page.index('id="field-paper-report"') : page.index('id="field-paper-records"')
    ]
    assert sentence in slot
    assert walk.fresh(draft).title == "文字要留下"
    assert (slots(draft), Document.objects.count()) == (before, stored)


def test_too_large_a_file_is_refused_with_its_limit(walk, cast, client_of):
    draft = walk.draft()
    raw = draft.form.definition
    raw["papers"][0]["max_mb"] = 0.0001
    draft.form.definition = raw
    draft.form.save(update_fields=["definition"])
    response = client_of(cast.group).post(
        edit_url(draft), {"paper-report": docx_file()}, headers=UPLOAD
    )
    assert response.status_code == 422
    assert "请压缩图片或分开保存后再上传" in response.content.decode()


def test_a_file_for_an_unknown_slot_is_left_alone(walk, cast, client_of):
    draft = walk.draft()
    before, count = slots(draft), Document.objects.count()
    client_of(cast.group).post(edit_url(draft), {"paper-nothing": pdf_file()})
    assert (slots(draft), Document.objects.count()) == (before, count)


def test_a_file_is_taken_out_and_the_words_are_kept(walk, cast, client_of):
    draft = walk.draft()
    report = draft.attachments.get(slot="report")
    url = f"/submissions/{draft.code}/edit/detach/{report.document.key}/"
    client_of(cast.group).post(url, typed(draft, title="顺手改的"))
    assert slots(draft) == [("records", "活动记录.pdf")]
    assert walk.fresh(draft).title == "顺手改的"
    assert client_of(cast.group).post(url).status_code == 404


# --- filing -------------------------------------------------------------------------


def test_the_filing_page_shows_the_names_and_the_way(walk, cast, client_of):
    draft = walk.draft()
    page = (
        client_of(cast.group).get(f"/submissions/{draft.code}/file/").content.decode()
    )
    for words in (
        "上海申浦轨道车辆维修有限公司", "启明星QC小组", "《降低列车客室车门故障率》",
        "小组活动照片没有传（选传，不影响提交）", "浦东新区质量协会",
    ):  # fmt: skip
        assert words in page
    assert "disabled" not in page[page.index("read-aloud") :]


def test_an_incomplete_form_says_what_is_missing_with_links(walk, cast, client_of):
    draft = walk.draft(mobile="1380000")
    page = (
        client_of(cast.group).get(f"/submissions/{draft.code}/file/").content.decode()
    )
    assert "手机是 11 位数字，1 开头，现在是 7 位" in page
    assert f"{edit_url(draft)}?step=1&amp;check=1#field-mobile" in page
    assert "disabled" in page[page.index("read-aloud") :]


def test_filing_needs_the_tick(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    url = f"/submissions/{draft.code}/file/"
    response = client.post(url, {}, headers={"Referer": f"http://testserver{url}"})
    assert response.headers["Location"] == f"http://testserver{url}"
    assert "请逐字核对证书上的名称，再勾选确认。" in client.get(url).content.decode()
    assert walk.fresh(draft).state == State.DRAFT


def test_a_double_click_is_one_revision_and_one_receipt(walk, cast, client_of):
    draft, client = walk.draft(), client_of(cast.group)
    url = f"/submissions/{draft.code}/file/"
    for _ in range(2):
        response = client.post(url, {"confirmed": "on"})
        assert response.headers["Location"] == f"/submissions/{draft.code}/"
    assert Revision.objects.filter(submission=draft).count() == 1
    assert Step.objects.filter(submission=draft, move="file").count() == 1
    page = client.get(f"/submissions/{draft.code}/").content.decode()
    revision = Revision.objects.get()
    assert page.count('id="receipt"') == 1
    assert revision.check_code in page
    assert client.get(url).headers["Location"] == f"/submissions/{draft.code}/"
    assert client.get(edit_url(draft)).context["editor"].frozen is True
