"""Word out and in: what is written comes back, what has no place is said, nothing is
overwritten or begun twice."""

from __future__ import annotations

import io

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from qcportal.documents import excel, word, word_reading
from qcportal.refusals import Refused
from submissions import actions, bringing, columns, papers
from submissions.editor import options_of
from submissions.models import Submission
from tests import factories

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def read(content: bytes):
    return word_reading.read(io.BytesIO(content))


def word_of(submission) -> bytes:
    return word.form(papers.draft_form(submission))


def upload(content: bytes, name: str = "申报表.docx") -> SimpleUploadedFile:
    kind = XLSX if name.endswith("xlsx") else DOCX
    return SimpleUploadedFile(name, content, content_type=kind)


def changed_word(submission, **cells: str) -> bytes:
    """The form as somebody filled it in Word: label → what he typed beside it."""
    document = docx.Document(io.BytesIO(word_of(submission)))
    for table in document.tables:
        for row in table.rows:
            for label, text in cells.items():
                for index, cell in enumerate(row.cells[:-1]):
                    if cell.text.split("\n")[0] == label:
                        row.cells[index + 1].text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.mark.django_db
def test_what_goes_out_as_word_comes_back_as_it_was(walk):
    draft = walk.fresh(walk.draft(summary="第一段。\n第二段。"))
    found = bringing.from_word(draft.form.form, read(word_of(draft)), options_of(draft))
    assert found.unread == []
    stored = {code: value for code, value in draft.content.items() if value}
    assert found.content == stored
    assert [one.same for one in found.against(draft.form.form, draft.content)] == [
        True
    ] * len(stored)


@pytest.mark.django_db
def test_a_blank_form_says_nothing_and_leaves_nothing_unread(walk):
    draft = walk.fresh(walk.draft())
    blank = word.form(papers.blank_form(draft.form))
    found = bringing.from_word(draft.form.form, read(blank), options_of(draft))
    assert ({c: v for c, v in found.content.items() if v}, found.unread) == ({}, [])


@pytest.mark.django_db
def test_what_is_not_understood_is_said_with_the_reason(walk):
    draft = walk.fresh(walk.draft())
    strange = changed_word(draft, 课题类型="攻关型", 课题名称="另一个名字")
    document = docx.Document(io.BytesIO(strange))
    line = document.add_table(rows=1, cols=2).rows[0].cells
    line[0].text, line[1].text = "经济效益（万元）", "127.6"
    for paragraph in document.paragraphs:
        if paragraph.text.startswith("推荐单位"):
            paragraph.text = "推荐单位：别的协会"
    out = io.BytesIO()
    document.save(out)
    found = bringing.from_word(draft.form.form, read(out.getvalue()), options_of(draft))
    assert found.content["title"] == "另一个名字"
    assert "topic_type" not in found.content
    assert {(one.label, one.text, one.why) for one in found.unread} == {
        ("课题类型", "攻关型", "没有这个选项，可以选：问题解决型、创新型"),
        ("经济效益（万元）", "127.6", "这张表里没有这一栏"),
        ("推荐单位", "别的协会", "不是本单位可选的推荐单位，请在申报表里选"),
    }


LABELS = ["问题解决型", "问题解决型，自定目标", "创新型"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("□问题解决型　☑创新型", ["创新型"]),
        ("□问题解决型 ■ 创新型", ["创新型"]),
        ("问题解决型（√） 创新型（ ）".replace("（√）", "√").replace("（ ）", "□"),
         ["问题解决型"]),
        ("√问题解决型，自定目标", ["问题解决型，自定目标"]),
        ("创新型", ["创新型"]),
        ("创 新 型", ["创新型"]),
        ("□问题解决型□创新型", []),
        ("☑问题解决型☑创新型", ["问题解决型", "创新型"]),
        ("", []),
        ("服务型", []),
        ("不是创新型", []),
    ],
)  # fmt: skip
def test_marks_before_a_choice_are_read(text, found):
    assert word_reading.ticked(text, LABELS) == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("企业名称（公章为准）", "企业名称"),
        ("邮　编", "邮编"),
        ("ＱＣ小组名称：", "qc小组名称"),
        ("手  机", "手机"),
    ],
)
def test_labels_are_compared_without_blanks_width_and_brackets(one, other):
    assert word_reading.key_of(one) == word_reading.key_of(other)


def test_tracked_deletions_and_merged_cells_are_read_once():
    document = docx.Document()
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "课题名称"
    table.cell(0, 1).text = "新名字"
    run = table.cell(0, 1).paragraphs[0].runs[0]._r
    gone = OxmlElement("w:del")
    old = OxmlElement("w:r")
    text = OxmlElement("w:delText")
    text.text = "旧名字"
    old.append(text)
    gone.append(old)
    run.addprevious(gone)
    sym = OxmlElement("w:sym")
    sym.set(qn("w:char"), "F0FE")
    table.cell(0, 2).paragraphs[0].add_run()._r.append(sym)
    out = io.BytesIO()
    document.save(out)
    lines = read(out.getvalue()).tables[0]
    assert [["".join(cell) for cell in line] for line in lines] == [
        ["课题名称", "新名字", "☑"],
        ["", ""],
    ]


@pytest.mark.parametrize("content", [b"PK\x03\x04nonsense", b"", b"%PDF-1.7"])
def test_what_is_no_word_file_is_refused_with_a_sentence(content):
    with pytest.raises(Refused) as no:
        read(content)
    assert no.value.codes == ["file_broken"]


# --- the pages ------------------------------------------------------------------------


@pytest.fixture
def draft(walk):
    return walk.fresh(walk.draft(title="", department=""))


def shown(client, draft, content, name="申报表.docx"):
    url = reverse("submissions:bring", args=[draft.code])
    return client.post(url, {"file": upload(content, name)})


def hidden(page, name):
    body = page.content.decode()
    return body.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]


@pytest.mark.django_db
def test_empty_fields_are_ticked_and_differing_ones_are_the_group_s_to_choose(
    draft, cast, client_of
):
    client = client_of(cast.group)
    page = shown(
        client, draft, changed_word(draft, 课题名称="新题目", 手机="13900001111")
    )
    body = page.content.decode()
    assert page.status_code == 200
    assert 'value="title" id="take-title" checked' in body
    mobile = draft.form.form.meaning("mobile").code
    assert f'value="{mobile}" id="take-{mobile}">' in body
    assert "草稿里不一样" in body
    url = reverse("submissions:bring", args=[draft.code])
    posted = {
        "sealed": hidden(page, "sealed"),
        "version": draft.version,
        "field": ["title"],
    }
    assert client.post(url, posted).status_code == 302
    after = Submission.objects.get(pk=draft.pk)
    assert (after.title, after.content[mobile]) == ("新题目", draft.content[mobile])


@pytest.mark.django_db
def test_a_draft_changed_meanwhile_is_not_overwritten(draft, cast, client_of, noon):
    client = client_of(cast.group)
    page = shown(client, draft, changed_word(draft, 课题名称="文件里的"))
    content = {**draft.content, "title": "别人刚写的"}
    actions.save_draft(draft.pk, content, version=draft.version, by=cast.group, at=noon)
    url = reverse("submissions:bring", args=[draft.code])
    posted = {
        "sealed": hidden(page, "sealed"),
        "version": draft.version,
        "field": ["title"],
    }
    again = client.post(url, posted)
    assert again.status_code == 409
    assert "别人刚写的" in again.content.decode()
    assert Submission.objects.get(pk=draft.pk).title == "别人刚写的"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "申报表.docx", "空"),
        (b"%PDF-1.7", "申报表.docx", ""),
        (factories.docx_file().read(), "成果报告.docx", "没有找到申报表的栏目"),
    ],
)
def test_files_that_say_nothing_keep_the_page_with_a_sentence(
    content, name, said, draft, cast, client_of
):
    page = shown(client_of(cast.group), draft, content, name)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert (
        'class="field-error' in page.content.decode()
        or "invalid" in page.content.decode()
    )


@pytest.mark.django_db
def test_a_forged_or_old_sealed_page_takes_nothing(draft, cast, client_of):
    client = client_of(cast.group)
    url = reverse("submissions:bring", args=[draft.code])
    page = client.post(url, {"sealed": "WyJ4Il0:forged", "field": ["title"]})
    assert page.status_code == 302
    assert page["Location"] == url
    assert Submission.objects.get(pk=draft.pk).version == draft.version


@pytest.mark.django_db
def test_only_the_group_s_own_draft(draft, cast, client_of):
    for name in ("bring", "blank_word", "blank_excel", "form_word"):
        url = reverse(f"submissions:{name}", args=[draft.code])
        assert client_of(cast.group).get(url).status_code == 200
        assert client_of(cast.other_group).get(url).status_code == 404
        assert client_of(cast.second_group).get(url).status_code == 404


@pytest.mark.django_db
def test_every_desk_reads_what_was_filed_as_word(walk, cast, client_of):
    found = walk.submitted()
    url = reverse("submissions:form_word", args=[found.code])
    for actor in (cast.group, cast.unit, cast.recommender, cast.association):
        answer = client_of(actor).get(url)
        assert (answer.status_code, answer["Content-Type"]) == (200, DOCX)
        text = "".join(
            "".join(cell)
            for table in read(answer.content).tables
            for line in table
            for cell in line
        )
        assert found.title in text
    for actor in (cast.other_unit, cast.other_recommender, cast.other_association):
        assert client_of(actor).get(url).status_code == 404


# --- an Excel of many -----------------------------------------------------------------


def sheet(draft, *titles: str) -> bytes:
    form = draft.form.form
    heads = columns.columns_of(form, "group")
    rows = [
        columns.cells_of(form, {**draft.content, "title": title}, "group",
                         recommender="浦东新区质量协会")
        for title in titles
    ]  # fmt: skip
    return excel.workbook(excel.Sheet(title="成果", columns=heads, rows=rows))


@pytest.mark.django_db
def test_every_ticked_line_begins_one_draft_and_never_two(
    draft, cast, campaign, client_of
):
    client = client_of(cast.group)
    url = reverse("submissions:bring_new")
    chosen = {"category": draft.category_id}
    content = sheet(draft, "第一项", "第二项", "第三项")
    page = client.post(url, {**chosen, "file": upload(content, "成果.xlsx")})
    body = page.content.decode()
    assert [title in body for title in ("第一项", "第二项", "第三项")] == [True] * 3
    posted = {**chosen, "sealed": hidden(page, "sealed"), "line": ["1", "3"]}
    assert client.post(url, posted).status_code == 302
    assert client.post(url, posted).status_code == 302  # the second click
    mine = Submission.objects.filter(group=cast.group.organisation).exclude(pk=draft.pk)
    assert sorted(mine.values_list("title", flat=True)) == ["第一项", "第三项"]
    made = mine.get(title="第一项")
    assert made.recommender.name == "浦东新区质量协会"
    codes = sorted(Submission.objects.values_list("code", flat=True))
    assert [int(code[-4:]) for code in codes] == list(range(1, len(codes) + 1))


@pytest.mark.django_db
def test_nothing_chosen_begins_nothing(draft, cast, client_of):
    client = client_of(cast.group)
    url = reverse("submissions:bring_new")
    chosen = {"category": draft.category_id}
    page = client.post(
        url, {**chosen, "file": upload(sheet(draft, "第一项"), "成果.xlsx")}
    )
    again = client.post(url, {**chosen, "sealed": hidden(page, "sealed")})
    assert (again.status_code, "请至少选一项" in again.content.decode()) == (422, True)
    assert Submission.objects.count() == 1


@pytest.mark.django_db
def test_several_results_do_not_go_into_one_draft(draft, cast, client_of):
    page = shown(client_of(cast.group), draft, sheet(draft, "甲", "乙"), "成果.xlsx")
    assert page.status_code == 422
    assert "这份表里有 2 项成果" in page.content.decode()
