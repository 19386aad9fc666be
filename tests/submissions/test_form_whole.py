"""One made-up form through every face: page, validation, paper, Word, Excel and back,
what each tier may read, and a draft that moves onto a newer version."""

from __future__ import annotations

import io
from typing import Any

import docx
import pypdfium2
import pytest
from django.http import QueryDict
from django.urls import reverse

from qcportal.audit.models import TrailEntry
from qcportal.campaigns import form_actions
from qcportal.campaigns.definition import faults
from qcportal.campaigns.form_changes import carry, changes
from qcportal.campaigns.models import Category, FormVersion
from qcportal.campaigns.samples import sample
from qcportal.documents import excel, pdf, word
from qcportal.documents.making import order
from qcportal.notices.models import NoticeAttachment
from qcportal.refusals import Refused
from reviews import shows
from reviews.papers import content_sheets
from submissions import actions, papers, tasks
from submissions.columns import cells_of, columns_of, content_of, headers
from submissions.forms import ContentForm, read_content
from submissions.models import Submission
from tests import factories, forms
from tests.crawl import words_of


@pytest.fixture
def category(campaign) -> Category:
    return campaign.categories.get(code="result")


def hang_out(
    category: Category, cast: factories.Cast, noon: Any, raw: Any
) -> FormVersion:
    """``raw`` as the newest published version."""
    by = cast.association
    begun = form_actions.begin_form_version(category.pk, by=by, at=noon)
    kept = form_actions.save_form_version(begun.pk, raw, edition=0, by=by, at=noon)
    return form_actions.publish_form_version(
        kept.pk, edition=kept.edition, reason="换表", by=by, at=noon
    )


def own(submission: Submission, **changes: Any) -> dict[str, Any]:
    body = submission.unit.affiliations_above.order_by("pk")[0].recommender
    return forms.content(body=str(body.key), **changes)


@pytest.fixture
def made(category, cast, noon, walk) -> Submission:
    """A complete draft on the made-up form, with its file."""
    hang_out(category, cast, noon, forms.raw())
    begun = actions.begin(category, by=cast.group, at=noon)
    saved = actions.save_draft(begun.pk, own(begun), version=0, by=cast.group, at=noon)
    report = factories.stored(factories.docx_file(), "attachment", cast.group)
    actions.attach(saved.pk, "report", report, by=cast.group, at=noon)
    return Submission.objects.with_people().get(pk=saved.pk)


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        pages = [document[n].get_textpage().get_text_range() for n in range(len(document))]  # fmt: skip
    finally:
        document.close()
    return "".join("".join(pages).split())


# --- page -----------------------------------------------------------------------------


def test_the_page_has_every_field_its_bounds_and_conditions(
    made, cast, client_of
) -> None:
    page = client_of(cast.group).get(reverse("submissions:edit", args=[made.code]))
    html, said = page.content.decode(), words_of(page)
    for item in made.form.form.by_code.values():
        assert item.label in said
        if item.when:
            assert item.when.words in said
            assert f'data-when="{item.when.field}"' in html
    assert "至少选 2 项，最多选 3 项" in said
    assert "在 3 到 30 之间" in said
    assert "“其他身份”在身份选“其他”时填写" in said
    assert 'data-when="crew-0-role" data-when-is="other"' in html


def test_what_the_page_sends_is_read_and_what_is_unticked_is_gone(made) -> None:
    sent = QueryDict(mutable=True)
    sent.setlist("methods", ["", "own", "pareto", "magic"])
    sent["people"] = " 9 "
    sent["story-TOTAL_FORMS"] = "1"
    sent["story-0-year"] = "2019"
    sent["story-0-deeds"] = "一\r\n二"
    found = read_content(made.form.form, sent, made.content)
    assert (found["methods"], found["people"]) == ("pareto own", "9")
    assert found["story"] == [{"year": "2019", "deeds": "一\n二"}]
    assert found["trade"] == "steel"  # not sent: another step of the form
    sent.setlist("methods", [""])
    assert read_content(made.form.form, sent, made.content)["methods"] == ""


def test_ticks_stand_on_the_page_as_they_were_saved(made) -> None:
    shown = ContentForm(made.form.form, made.content, [])
    html = str(shown["methods"])
    assert html.count("checked") == 2
    assert '<input type="hidden" name="methods" value="">' in html


def test_filing_refuses_by_condition_and_files_without_what_nobody_asked(
    made, cast, noon
) -> None:
    wrong = {**made.content, "trade": "other", "own_method": "不算数"}
    saved = actions.save_draft(
        made.pk, wrong, version=made.version, by=cast.group, at=noon
    )
    with pytest.raises(Refused) as no:
        actions.file(made.pk, confirmed=True, by=cast.group, at=noon)
    assert [(r.code, r.field) for r in no.value.refusals] == [("missing", "trade_name")]
    right = {**saved.content, "trade_name": "造船"}
    actions.save_draft(made.pk, right, version=saved.version, by=cast.group, at=noon)
    revision = actions.file(made.pk, confirmed=True, by=cast.group, at=noon)
    assert revision.content["trade_name"] == "造船"
    assert revision.content["own_method"] == ""
    assert Submission.objects.get(pk=made.pk).content["own_method"] == "不算数"


# --- paper, Word, Excel ----------------------------------------------------------------


def test_the_paper_prints_what_counts_and_only_what_every_desk_may_read(
    made, cast, noon
) -> None:
    revision = actions.file(made.pk, confirmed=True, by=cast.group, at=noon)
    text = text_of(pdf.render(papers.FORM_TEMPLATE, papers.application_form(revision)))
    for words in ("单位全称", "三十年不出次品", "排列图", "因果图", "合格率", "99.5", "顾问", "一次合格率"):  # fmt: skip
        assert words in text
    for words in ("只给秘书处看的话", "只给本级看的话", "someone@example.cn", "创新经历", "其他行业名称"):  # fmt: skip
        assert words not in text


def test_the_blank_paper_keeps_every_field_and_says_what_it_asks(made) -> None:
    facts = papers.blank_form(made.form)
    text = text_of(pdf.render(papers.FORM_TEMPLATE, facts))
    for words in ("其他行业名称", "20字以内", "行业选“其他”时填写", "至少2项；最多3项", "整数，在3到30之间", "创新经历", "至少2行；最多4行"):  # fmt: skip
        assert words in text, words


def read_word(content: bytes) -> tuple[list[list[list[str]]], list[str]]:
    """Tables as rows of cell texts (merged cells once), and the loose paragraphs."""
    document = docx.Document(io.BytesIO(content))
    tables = []
    for table in document.tables:
        rows = []
        for row in table.rows:
            seen, texts = set(), []
            for cell in row.cells:
                if cell._tc not in seen:
                    seen.add(cell._tc)
                    texts.append(cell.text)
            rows.append(texts)
        tables.append(rows)
    return tables, [p.text for p in document.paragraphs if p.text]


def test_the_word_file_has_every_label_limit_choice_and_row(made, campaign) -> None:
    form = made.form.form
    tables, loose = read_word(word.form(papers.blank_form(made.form)))
    text = "\n".join(cell for table in tables for row in table for cell in row)
    printed = [form.by_code[code] for row in form.layout for code in row]
    assert len(printed) == 19
    for item in printed:
        assert item.label in text
        asked = papers.asks(item)
        assert not asked or f"（{asked}）" in text
        for choice in item.choices:
            assert choice.label in text
    assert loose[0] == f"{campaign.year}年万能申报表"
    assert loose[1].startswith("归口单位：")
    assert loose[-1] == "注：一式一份。"
    crew = next(table for table in tables if table[0][0].startswith("成员"))
    assert crew[1] == ["序号", "姓名\n（20 字以内）", "身份\n（组长、其他选一）",
                       "其他身份\n（10 字以内；身份选“其他”时填写）", "出生年\n（选填）"]  # fmt: skip
    assert [row[0] for row in crew[2:]] == ["1", "2", "3", "4"]
    assert all(not cell.strip() for row in crew[2:] for cell in row[1:])


def test_a_filled_word_file_says_what_was_filled(made) -> None:
    facts = papers.form_facts(made.form.form, made.content, recommender="浦东", year=2020)  # fmt: skip
    text = str(read_word(word.form(facts)))
    for words in ("☑排列图", "□因果图", "三十年不出次品", "换了刀具", "陈立群"):
        assert words in text


def test_a_notice_hangs_out_the_form_as_a_word_file(made, campaign) -> None:
    document = order(
        "blank_form", "附件1 申报表.docx", maker=tasks.render_blank_form_docx.name
    )
    NoticeAttachment.objects.create(
        notice=campaign.notices.all()[0], order=99, number="9", title="申报表",
        audience="filers", kind="form_word", category=made.category, document=document,
    )  # fmt: skip
    factories.make(document)
    document.refresh_from_db()
    assert document.is_ready
    with document.file.open("rb") as file:
        tables, _ = read_word(file.read())
    assert tables[2][0][0].startswith("事迹标题")


def test_control_characters_do_not_break_the_word_file(made) -> None:
    content = {**made.content, "blind": "一\x01二\x00三\ud800"}
    facts = papers.form_facts(made.form.form, content, recommender="", year=2020)
    assert "一二三" in str(read_word(word.form(facts)))


def test_the_excel_columns_and_their_way_back(made, cast) -> None:
    form = made.form.form
    columns = columns_of(form)
    row = cells_of(form, made.content, recommender="浦东新区质量协会")
    assert [c.header for c in columns] == headers(form)
    assert {c.group for c in columns} == {"单位和班组", "数字和联系", "名单和经历"}
    assert len(row) == len(columns)
    book = excel.workbook(excel.Sheet("万能", columns, [row]))
    _, _, head, _ = excel.read_rows(io.BytesIO(book))
    said = dict(zip(headers(form), row, strict=True))
    assert said["用过的方法"] == "排列图、控制图"
    assert said["成员 2 身份"] == "其他"
    assert head[0] == columns[0].header
    # Everything the group filled comes back, but for the body, which is a key.
    full, heads = cells_of(form, made.content, "group"), headers(form, "group")
    back = content_of(form, heads, full)
    assert {**back, "body": made.content["body"]} == form.in_force(made.content)


def test_import_keeps_words_that_name_no_choice_so_that_the_form_says_so(made) -> None:
    form = made.form.form
    back = content_of(form, ["类型", "用过的方法", "班组人数", "别的"], ["改善型", "排列图、瞎猜", 12.0, "x"])  # fmt: skip
    assert (back["sort"], back["methods"], back["people"]) == ("改善型", "pareto 瞎猜", "12")  # fmt: skip
    wrong = {f.field for f in faults(form, back) if f.code == "wrong_format"}
    assert wrong == {"sort", "methods"}


def test_the_export_has_a_tab_for_each_form_and_a_row_for_each_filed(
    made, cast, noon
) -> None:
    actions.file(made.pk, confirmed=True, by=cast.group, at=noon)
    actions.begin(made.category, by=cast.second_group, at=noon)
    sheets = content_sheets(Submission.objects.order_by("code"))
    assert [(s.title, len(list(s.rows))) for s in sheets] == [
        (f"{made.category.name}申报表第2版", 1)
    ]
    said = dict(
        zip([c.header for c in sheets[0].columns], sheets[0].rows[0], strict=True)
    )
    assert (said["受理编号"], said["用过的方法"]) == (made.code, "排列图、控制图")
    assert said["给秘书处的话"] == "只给秘书处看的话"
    assert "本级意见参考" not in said
    assert excel.workbook(*sheets).startswith(b"PK")


# --- who reads what --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tier", "reads"),
    [
        ("group", {"mail", "secret", "inside", "gauge", "blind"}),
        ("unit", {"inside", "gauge", "blind"}),
        ("recommender", {"inside", "gauge", "blind"}),
        ("association", {"mail", "secret", "gauge", "blind"}),
        ("judge", {"blind"}),
        ("public", set()),
    ],
)
def test_a_tier_reads_what_the_form_lets_it(tier: str, reads: set[str]) -> None:
    form = forms.form()
    kept = {"mail", "secret", "inside", "gauge", "blind"}
    assert {c for c in kept if form.by_code[c].seen(tier)} == reads
    listed = set(headers(form, tier))
    assert {form.by_code[c].label for c in kept} & listed == {
        form.by_code[c].label for c in reads
    }


def test_the_association_reads_its_own_fields_and_the_desks_below_do_not(
    made, cast, noon, client_of
) -> None:
    actions.file(made.pk, confirmed=True, by=cast.group, at=noon)
    entry = client_of(cast.association).get(reverse("reviews:entry", args=[made.code]))
    assert "只给秘书处看的话" in words_of(entry)
    assert "只给本级看的话" not in words_of(entry)
    unit = client_of(cast.unit).get(reverse("submissions:stamp", args=[made.code]))
    assert "只给秘书处看的话" not in unit.content.decode()


def test_a_judge_reads_the_open_fields_without_names(made, cast, noon) -> None:
    told = {**made.content, "blind": "启明星QC小组在2020年换了刀具，合格率99.5。"}
    saved = actions.save_draft(
        made.pk, told, version=made.version, by=cast.group, at=noon
    )
    revision = actions.file(saved.pk, confirmed=True, by=cast.group, at=noon)

    class Sheet:  # blind_facts reads nothing but the revision
        pass

    sheet = Sheet()
    sheet.revision = revision
    facts = dict(shows.blind_facts(sheet))
    assert facts["改进要点"] == ["〔略〕在2020年换了刀具，合格率99.5。"]
    assert facts["用过的方法"] == ["排列图、控制图"]
    hidden = {
        "指标",
        "给秘书处的话",
        "本级意见参考",
        "电子邮箱",
        "联系手机",
        "单位全称",
        "成员",
    }
    assert hidden & set(facts) == set()


# --- a newer version -------------------------------------------------------------------


def newer() -> dict[str, Any]:
    raw = forms.raw()
    basic = raw["sections"][0]["fields"]
    basic[2]["label"], basic[2]["limit"] = "成果标题", 5
    basic[5]["choices"] = [{"code": "other", "label": "其他"}]  # 钢铁 goes
    crew = raw["sections"][2]["fields"][0]
    crew["columns"] = [c for c in crew["columns"] if c["code"] != "born"]
    raw["sections"][1]["fields"] = [f for f in raw["sections"][1]["fields"] if f["code"] != "secret"]  # fmt: skip
    raw["sections"][1]["fields"].append({"code": "new", "label": "推广范围"})
    raw["papers"] = [raw["papers"][1]]
    raw.pop("print")
    return raw


def test_the_differences_are_said_in_words() -> None:
    said = [c.text for c in changes(forms.form(), forms.parse(newer()))]
    assert said == [
        "新增“推广范围”（必填）", "去掉“给秘书处的话”", "“事迹标题”改名为“成果标题”",
        "“成果标题”字数上限由 50 改为 5", "“行业”去掉选项“钢铁”", "“成员”去掉一列“出生年”",
        "不再要材料“事迹材料”",
    ]  # fmt: skip


def test_content_goes_along_by_code_and_what_does_not_fit_is_kept_in_words() -> None:
    content, left = carry(forms.form(), forms.parse(newer()), forms.content())
    assert content["deed"] == "三十年不出次品"  # too long now: the page says so
    assert (content["trade"], content["new"]) == ("", "")
    assert content["crew"][0] == {"name": "顾晓岚", "role": "lead", "role_name": ""}
    assert [(one.label, one.text) for one in left] == [
        ("行业", "钢铁"), ("给秘书处的话", "只给秘书处看的话"), ("成员第 1 行的出生年", "1986"),
    ]  # fmt: skip


def test_a_draft_stays_until_the_group_takes_the_newer_form(
    made, category, cast, noon, client_of
) -> None:
    hang_out(category, cast, noon, newer())
    client = client_of(cast.group)
    edit = reverse("submissions:edit", args=[made.code])
    page = words_of(client.get(edit))
    assert "申报表有新版" in page
    assert "“事迹标题”改名为“成果标题”" in page
    assert Submission.objects.get(pk=made.pk).form_id == made.form_id
    take = reverse("submissions:take_form", args=[made.code])
    client.post(take, {"version": made.version - 1})
    assert Submission.objects.get(pk=made.pk).form_id == made.form_id
    answer = client.post(take, {"version": made.version}, follow=True)
    said = words_of(answer)
    assert "新版表里放不下的内容" in said
    assert "只给秘书处看的话" in said
    assert "申报表有新版" not in said
    moved = Submission.objects.get(pk=made.pk)
    assert (moved.form.version, moved.version) == (3, made.version + 1)
    assert TrailEntry.objects.get(what="form_taken").data == {"old": 2, "new": 3}


def test_what_was_left_over_is_readable_until_it_is_filed(
    made, category, cast, noon
) -> None:
    hang_out(category, cast, noon, newer())
    moved = actions.take_newest_form(
        made.pk, version=made.version, by=cast.group, at=noon
    )
    assert [one["label"] for one in moved.left_over][:2] == ["行业", "给秘书处的话"]
    full = {**moved.content, "deed": "不出次品", "trade": "other", "trade_name": "钢铁", "new": "全厂"}  # fmt: skip
    actions.save_draft(made.pk, full, version=moved.version, by=cast.group, at=noon)
    revision = actions.file(made.pk, confirmed=True, by=cast.group, at=noon)
    assert Submission.objects.get(pk=made.pk).left_over == []
    assert revision.form.version == 3
    assert revision.papers == []  # the file of a slot that is gone is not filed


def test_a_filed_revision_stays_on_its_form(made, category, cast, noon) -> None:
    revision = actions.file(made.pk, confirmed=True, by=cast.group, at=noon)
    hang_out(category, cast, noon, newer())
    with pytest.raises(Refused) as no:
        actions.take_newest_form(made.pk, version=made.version, by=cast.group, at=noon)
    assert no.value.codes[0] == "locked"
    revision.refresh_from_db()
    assert revision.form.version == 2
    assert text_of(pdf.render(papers.FORM_TEMPLATE, papers.application_form(revision)))


def test_without_a_newer_form_nothing_is_offered(made, cast, noon, client_of) -> None:
    page = client_of(cast.group).get(reverse("submissions:edit", args=[made.code]))
    assert "申报表有新版" not in words_of(page)
    with pytest.raises(Refused) as no:
        actions.take_newest_form(made.pk, version=made.version, by=cast.group, at=noon)
    assert no.value.codes == ["no_newer_form"]


def test_the_neighbour_cannot_move_my_draft(made, category, cast, noon, client_of) -> None:  # fmt: skip
    hang_out(category, cast, noon, newer())
    take = reverse("submissions:take_form", args=[made.code])
    assert client_of(cast.other_group).post(take, {"version": made.version}).status_code == 404  # fmt: skip
    assert Submission.objects.get(pk=made.pk).form_id == made.form_id


def test_a_sample_of_the_made_up_form_fills_its_paper() -> None:
    form = forms.form()
    facts = papers.form_facts(form, sample(form), recommender="", year=2020)
    assert text_of(pdf.render(papers.FORM_TEMPLATE, facts))
