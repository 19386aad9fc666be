"""The definition: what it lets through, what it refuses with place and reason, and
what a content may leave empty because no condition asks for it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from qcportal.campaigns import definition
from qcportal.campaigns.definition import DefinitionError, faults, gaps, parse
from qcportal.campaigns.samples import sample, starter
from tests import forms


def said(content: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f.field, f.code) for f in faults(forms.form(), content)]


def test_a_complete_content_breaks_nothing() -> None:
    assert said(forms.content(body="x")) == []


def test_a_field_counts_only_while_its_condition_holds() -> None:
    full = forms.content(body="x")
    assert said({**full, "trade": "other"}) == [("trade_name", "missing")]
    assert said({**full, "trade": "other", "trade_name": "造船"}) == []
    assert said({**full, "trade": "steel", "trade_name": "太长" * 30}) == []
    assert said({**full, "methods": "pareto own"}) == [("own_method", "missing")]
    assert said({**full, "sort": "innovation"}) == [("story", "missing")]


def test_a_column_counts_only_while_its_row_asks_for_it() -> None:
    crew = [{"name": "甲", "role": "other", "role_name": "", "born": ""},
            {"name": "乙", "role": "lead", "role_name": "很长很长的身份名称超了", "born": ""}]  # fmt: skip
    assert said(forms.content(body="x", crew=crew)) == [("crew.1.role_name", "missing")]


@pytest.mark.parametrize(
    ("code", "value", "message"),
    [
        ("methods", "pareto", "用过的方法至少选 2 项，现在是 1 项"),
        (
            "methods",
            "pareto fishbone control own",
            "用过的方法最多选 3 项，现在是 4 项",
        ),
        ("methods", "pareto magic", "用过的方法里没有这个选项，请重新选择"),
        ("people", "2", "班组人数要在 3 到 30 之间"),
        ("people", "3.5", "班组人数要填整数，例如 12"),
        ("share", "100.01", "合格率要在 0 到 100 之间"),
        ("founded", "1949", "成立年份要不小于 1950"),
        ("founded", "98", "成立年份要填四位年份，例如 2020"),
        ("done_on", "2020-02-30", "完成日期要填日期，例如 2020-03-01"),
        ("office", "12", "办公电话要填电话，例如 021-0000 0000 写成 021-00000000"),
        ("mail", "nobody", "电子邮箱要填邮箱，例如 name@example.cn"),
        ("sort", "other", "类型里没有这个选项，请重新选择"),
    ],
)
def test_every_kind_says_what_is_wrong(code: str, value: str, message: str) -> None:
    found = [f for f in faults(forms.form(), forms.content(body="x", **{code: value}))
             if f.field == code]  # fmt: skip
    assert [(f.code, f.message) for f in found] == [("wrong_format", message)]


@pytest.mark.parametrize("choice", [0, 1, 2, 3])
def test_the_sample_of_a_form_breaks_nothing(choice: int) -> None:
    form = forms.form()
    filled = {**sample(form, choice), "body": "x"}
    assert [f.message for f in faults(form, filled)] == []


def test_what_no_condition_asks_for_is_not_in_force() -> None:
    form = forms.form()
    typed = forms.content(
        trade_name="造船", own_method="不算", story=[{"year": "2019", "deeds": "试制"}]
    )
    typed["crew"][0]["role_name"] = "不算"
    assert form.in_force(typed) == forms.content()


def changed(path: str, value: Any) -> dict[str, Any]:
    """The made-up form with the thing at ``path`` (0.fields.2.label) replaced."""
    raw = forms.raw()
    place: Any = raw
    *way, last = [int(p) if p.isdigit() else p for p in path.split(".")]
    for step in way:
        place = place[step]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return raw


FIELD = "sections.0.fields.0"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("title", KeyError, "form: 缺 title"),
        ("sections", [], "sections: 至少要有一节"),
        ("sections", "none", "form.sections: 要写成列表"),
        ("sections.0", "none", "sections[1]: 要写成一组“名称 = 内容”"),
        ("sections.0.titel", "x", "sections[1]: 不认识的项 titel"),
        ("sections.1.code", "who", "sections: 节 who 重复"),
        (f"{FIELD}.code", "deed", "sections.who: 字段 deed 重复"),
        (f"{FIELD}.code", "Company", "sections[1].fields[1].code: Company 只能用小写字母、数字和下划线，字母开头"),
        (f"{FIELD}.code", "version", "sections[1].fields[1].code: version 是平台自己用的，请换一个"),
        (f"{FIELD}.label", "", "sections[1].fields[1]: 缺 label"),
        (f"{FIELD}.label", 7, "sections[1].fields[1].label: 要写文字"),
        (f"{FIELD}.label", "长" * 81, "sections[1].fields[1].label: 有 81 字，最多 80 字"),
        (f"{FIELD}.kind", "magic", "sections[1].fields[1]: 不认识的类型 magic"),
        (f"{FIELD}.kind", ["text"], "sections[1].fields[1]: 不认识的类型 ['text']"),
        (f"{FIELD}.means", "title", "sections: 含义 title 重复"),
        (f"{FIELD}.required", "yes", "sections[1].fields[1].required: 只能是 true 或 false"),
        (f"{FIELD}.limit", -1, "sections[1].fields[1].limit: 要是 0 到 20000 的整数"),
        (f"{FIELD}.limit", True, "sections[1].fields[1].limit: 要是 0 到 20000 的整数"),
        (f"{FIELD}.least", 1, "sections[1].fields[1]: 只有数字才有上下限"),
        (f"{FIELD}.seen_by", ["association"], "sections[1].fields[1].seen_by: “单位全称”一路都要用，不能限定谁看"),
        (f"{FIELD}.columns", [{"code": "a", "label": "A"}], "sections[1].fields[1]: 只有表格才有列"),
        ("sections.0.fields.4.choices", [], "sections[1].fields[5]: 选择题没有选项"),
        ("sections.0.fields.4.choices.1.code", "problem", "sections[1].fields[5].choices: 选项 problem 重复"),
        ("sections.0.fields.4.choices.1.code", "a b", "sections[1].fields[5].choices[2].code: a b 只能用字母、数字、下划线和短横"),
        ("sections.0.fields.6.when.field", "people", "sections[1].fields[7].when: 条件只能看前面的选择题"),
        ("sections.0.fields.6.when.is", ["water"], "sections[1].fields[7].when: “行业”里没有这样的选项"),
        ("sections.0.fields.6.when", "trade", "sections[1].fields[7].when: 要写成一组“名称 = 内容”"),
        ("sections.0.fields.7.at_least", 4, "sections[1].fields[8]: 至少 4 多于至多 3"),
        ("sections.1.fields.0.least", 31, "sections[2].fields[1]: 下限 31 大于上限 30"),
        ("sections.1.fields.0.least", "许多", "sections[2].fields[1].least: 要是一个数"),
        ("sections.1.fields.4.seen_by", ["judge"], "sections[2].fields[5].seen_by: “联系手机”不能给专家看"),
        ("sections.1.fields.8.seen_by", ["public"], "sections[2].fields[9].seen_by: 公开的只有指标和改进前后的数"),
        ("sections.1.fields.8.seen_by", ["everybody"], "sections[2].fields[9].seen_by: 不认识的一级 everybody"),
        ("sections.2.fields.0.columns", [], "sections[3].fields[1]: 表格没有列"),
        ("sections.2.fields.0.columns.0.kind", "rows", "sections[3].fields[1].columns[1]: 不认识的类型 rows"),
        ("sections.2.fields.0.columns.0.seen_by", ["unit"], "sections[3].fields[1].columns[1]: 谁能看、证书照印只能定在整张表格上"),
        ("sections.2.fields.0.columns.1.code", "name", "sections[3].fields[1].columns[2]: 列 name 重复"),
        ("print", [["nothing"]], "print: 没有字段 nothing"),
        ("print", [["secret"]], "print[1]: “给秘书处的话”不是单位、推荐单位、秘书处都能看，不能印在表上"),
        ("print", [["company", "crew"]], "print[1]: “成员”要自己占一行"),
        ("print", [["company"], ["company"]], "print: 字段 company 重复"),
        ("papers.0.max_mb", KeyError, "papers[1]: 缺 max_mb"),
        ("papers.0.most", 0, "papers[1].most: 要是 1 到 50"),
        ("papers.0.most", 51, "papers[1].most: 要是 1 到 50"),
        ("papers.0.most", 2.5, "papers[1].most: 要是 1 到 50"),
        ("papers.0.merge", True, "papers[1].merge: 要能上传 pdf 和图片"),
        ("papers.0.max_mb", 0, "papers[1].max_mb: 要大于 0，不大于 500"),
        ("papers.0.extensions", ["exe"], "papers[1].extensions: 可以是 pdf、docx、doc、xlsx、xls、pptx、ppt、jpg、png、zip、mp4、mov"),
        ("papers.1.code", "report", "papers: 材料 report 重复"),
        ("notes", [7], "notes[1]: 要写文字"),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_refused_with_its_place(
    path: str, value: Any, message: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        parse(changed(path, value))
    assert str(refused.value) == message


def test_ten_thousand_fields_are_refused() -> None:
    raw = forms.raw()
    raw["sections"][0]["fields"] += [
        {"code": f"f{n}", "label": f"第 {n} 项"} for n in range(10_000)
    ]
    with pytest.raises(DefinitionError, match="最多 200 项"):
        parse(raw)
    many = {"code": "s", "title": "节", "fields": [{"code": f"f{n}", "label": "项"} for n in range(190)]}  # fmt: skip
    raw = forms.raw()
    raw["sections"].append(many)
    with pytest.raises(DefinitionError, match="一张表最多 200 个字段"):
        parse(raw)


def leaves(raw: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(raw, dict):
        return [way, *(leaf for k, v in raw.items() for leaf in leaves(v, (*way, k)))]
    if isinstance(raw, list):
        found = [leaf for i, v in enumerate(raw) for leaf in leaves(v, (*way, i))]
        return [way, *found]
    return [way]


@pytest.mark.parametrize(
    "junk", [None, 7, -1.5, True, "x" * 90, [], {}, [[]], {"a": 1}]
)
def test_a_wrong_type_anywhere_is_a_definition_error_or_nothing(junk: Any) -> None:
    for way in leaves(forms.RAW)[1:]:
        raw: Any = forms.raw()
        place = raw
        for step in way[:-1]:
            place = place[step]
        place[way[-1]] = junk
        with contextlib.suppress(DefinitionError):  # any other one fails the test
            parse(raw)


@pytest.mark.parametrize(
    ("means", "lacking"),
    [
        ("unit_name", "certificate_field"), ("title", "certificate_field"),
        ("group_name", "certificate_field"), ("recommender", "recommender_field"),
    ],
)  # fmt: skip
def test_a_form_without_what_the_certificate_needs_has_a_gap(
    means: str, lacking: str
) -> None:
    raw = forms.raw()
    for section in raw["sections"]:
        section["fields"] = [f for f in section["fields"] if f.get("means") != means]
    raw.pop("print")
    found = list(gaps(parse(raw), needs_recommender=True))
    assert [(f.code, f.field) for f in found] == [(lacking, means)]


def test_a_person_stands_in_for_the_group_on_the_certificate() -> None:
    raw = changed("sections.0.fields.1.means", "person")
    form = parse(raw)
    assert list(gaps(form, needs_recommender=True)) == []
    assert form.honoured(forms.content(team="林小满")) == "林小满"


@pytest.mark.parametrize("change", [{"required": False}, {"when": {"field": "first", "is": ["a"]}}])  # fmt: skip
def test_a_certificate_field_is_asked_of_everybody(change: dict[str, Any]) -> None:
    raw = forms.raw()
    first = {"code": "first", "label": "先问", "kind": "select", "choices": [{"code": "a", "label": "甲"}]}  # fmt: skip
    raw["sections"][0]["fields"].insert(0, first)
    raw["sections"][0]["fields"][3].update(change)
    found = list(gaps(parse(raw), needs_recommender=True))
    assert [f.message for f in found] == [
        "“事迹标题”要印在证书上，必须人人必填，不能有条件。"
    ]


def test_whose_name_is_printed_is_checked_by_who_fills_the_form() -> None:
    raw = changed("sections.0.fields.0.on_certificate", False)
    found = list(gaps(parse(raw), needs_recommender=True))
    assert [(f.code, f.field) for f in found] == [("certificate_field", "unit_name")]


def test_a_form_past_the_bodies_has_no_field_for_one() -> None:
    found = list(gaps(parse(forms.raw()), needs_recommender=False))
    assert [(f.code, f.field) for f in found] == [("recommender_field", "recommender")]


def test_the_starter_can_be_filed_and_honoured() -> None:
    assert list(gaps(parse(starter("信得过班组")), needs_recommender=True)) == []


def test_words_with_braces_in_a_title_are_words() -> None:
    assert forms.form(title="{0} {year.__class__} {").title == "{0} {year.__class__} {"
    assert definition.empty(forms.form())["crew"] == []
