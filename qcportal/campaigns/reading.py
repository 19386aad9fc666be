"""Reading a definition: plain JSON or TOML in, objects out, every fault with its place.

The keys are described in docs/forms.md. Nothing a file or a browser can send makes it
raise anything but DefinitionError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from qcportal.campaigns.fields import (
    BLIND_KINDS,
    CHOOSING,
    COLUMN_KINDS,
    COLUMN_MEANINGS,
    DESKS,
    FIXED_MEANINGS,
    KINDS,
    MEANINGS,
    MOST_FILES,
    NUMERIC,
    PICTURES,
    PUBLIC_MEANINGS,
    TIERS,
    Choice,
    DefinitionError,
    FieldDefinition,
    FormDefinition,
    PaperSlot,
    Section,
    When,
)
from qcportal.refusals import Refusal

MOST_SECTIONS, MOST_FIELDS, MOST_COLUMNS, MOST_CHOICES = 20, 200, 20, 100
MOST_ROWS, MOST_PAPERS, MOST_MB, MOST_NOTES, MOST_CHARACTERS = 60, 20, 500, 20, 20_000
MOST_IN_A_ROW = 4
MOST_IN_A_SLOT = 50  # files
LABEL, SENTENCE = 80, 300  # characters of a label, of a hint or note
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
CHOICE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
# Names the pages post besides the fields.
RESERVED = frozenset({"version", "go", "confirmed", "topic", "step", "check"})
WIDTHS = ("full", "two-thirds", "half", "third")
EXTENSIONS = ("pdf", "docx", "doc", "xlsx", "xls", "pptx", "ppt", "jpg", "png", "zip", "mp4", "mov")  # fmt: skip
FORM_KEYS = {"title", "heading", "sections", "papers", "print", "notes"}
SECTION_KEYS = {"code", "title", "fields"}
FIELD_KEYS = {
    "code", "label", "kind", "required", "limit", "hint", "example", "means",
    "on_certificate", "width", "group", "choices", "columns", "at_least", "at_most",
    "least", "most", "when", "seen_by",
}  # fmt: skip
CHOICE_KEYS = {"code", "label", "hint"}
PAPER_KEYS = {
    "code", "label", "required", "extensions", "max_mb", "hint", "many", "most",
    "sample", "merge",
}  # fmt: skip
WHEN_KEYS = {"field", "is"}


def parse(raw: Mapping[str, Any]) -> FormDefinition:
    """The definition as objects, or DefinitionError naming the place."""
    _keys(raw, FORM_KEYS, "form")
    by_code: dict[str, FieldDefinition] = {}
    rows = _list(raw, "sections", "form", MOST_SECTIONS)
    sections = tuple(_section(item, i, by_code) for i, item in enumerate(rows, 1))
    if not sections:
        raise DefinitionError("sections: 至少要有一节")
    _once([s.code for s in sections], "sections", "节")
    _once([f.means for f in by_code.values() if f.means], "sections", "含义")
    papers = _list(raw, "papers", "form", MOST_PAPERS)
    slots = tuple(_paper(item, i) for i, item in enumerate(papers, 1))
    _once([slot.code for slot in slots], "papers", "材料")
    notes = _list(raw, "notes", "form", MOST_NOTES)
    return FormDefinition(
        title=_text(raw, "title", "form", LABEL, needed=True),
        heading=_text(raw, "heading", "form", LABEL),
        sections=sections, papers=slots, layout=_layout(raw, by_code),
        notes=tuple(_string(n, f"notes[{i}]", SENTENCE) for i, n in enumerate(notes, 1)),
        by_code=by_code,
    )  # fmt: skip


def gaps(form: FormDefinition, *, needs_recommender: bool) -> Iterator[Refusal]:
    """What a form lacks to be filed and honoured, or has for nothing:
    ``certificate_field``, ``recommender_field``. ``field`` is the meaning it is about."""
    for means in (("unit_name",), ("title",), ("group_name", "person")):
        found = next((f for m in means if (f := form.meaning(m))), None)
        words = "或".join(f"“{MEANINGS[m]}”（{m}）" for m in means)
        if found is None:
            said = f"申报表里没有{words}：证书要印它，请在“含义”里指定一个字段。"
            yield Refusal("certificate_field", said, means[0])
        elif not found.required or found.when:
            said = f"“{found.label}”要印在证书上，必须人人必填，不能有条件。"
            yield Refusal("certificate_field", said, means[0])
        elif not found.on_certificate and means != ("title",):
            said = (
                f"“{found.label}”要印在证书上，请标明“证书照此打印”，填表的人会先核对。"
            )
            yield Refusal("certificate_field", said, means[0])
    has_body = form.meaning("recommender") is not None
    if needs_recommender and not has_body:
        said = "本类别要推荐单位推荐，申报表里却没有选推荐单位的字段。"
        yield Refusal("recommender_field", said, "recommender")
    elif has_body and not needs_recommender:
        said = "本类别不经推荐单位，申报表里不要有选推荐单位的字段。"
        yield Refusal("recommender_field", said, "recommender")


def _keys(raw: Any, known: set[str], place: str) -> None:
    if not isinstance(raw, Mapping):
        raise DefinitionError(f"{place}: 要写成一组“名称 = 内容”")
    strange = sorted(str(key) for key in raw if key not in known)
    if strange:
        raise DefinitionError(f"{place}: 不认识的项 {strange[0][:40]}")


def _string(value: Any, place: str, most: int) -> str:
    if not isinstance(value, str):
        raise DefinitionError(f"{place}: 要写文字")
    if len(value) > most:
        raise DefinitionError(f"{place}: 有 {len(value)} 字，最多 {most} 字")
    return value


def _text(
    raw: Mapping[str, Any], key: str, place: str, most: int, *, needed: bool = False
) -> str:
    text = _string(raw.get(key, ""), f"{place}.{key}", most)
    if needed and not text.strip():
        raise DefinitionError(f"{place}: 缺 {key}")
    return text


def _flag(raw: Mapping[str, Any], key: str, place: str, default: bool) -> bool:
    value = raw.get(key, default)
    if not isinstance(value, bool):
        raise DefinitionError(f"{place}.{key}: 只能是 true 或 false")
    return value


def _whole(raw: Mapping[str, Any], key: str, place: str, most: int) -> int:
    value = raw.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise DefinitionError(f"{place}.{key}: 要是 0 到 {most} 的整数")
    return value


def _bound(raw: Mapping[str, Any], key: str, place: str) -> Decimal | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if found.is_finite() and abs(found) < 10**9:
            return found
    raise DefinitionError(f"{place}.{key}: 要是一个数")


def _list(raw: Mapping[str, Any], key: str, place: str, most: int) -> list[Any]:
    value = raw.get(key, [])
    if not isinstance(value, list | tuple):
        raise DefinitionError(f"{place}.{key}: 要写成列表")
    if len(value) > most:
        raise DefinitionError(f"{place}.{key}: 有 {len(value)} 项，最多 {most} 项")
    return list(value)


def _code(raw: Mapping[str, Any], place: str) -> str:
    code = _text(raw, "code", place, 40, needed=True)
    if not CODE.fullmatch(code):
        raise DefinitionError(
            f"{place}.code: {code} 只能用小写字母、数字和下划线，字母开头"
        )
    return code


def _once(values: Iterable[str], place: str, what: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise DefinitionError(f"{place}: {what} {value} 重复")
        seen.add(value)


def _section(raw: Any, index: int, by_code: dict[str, FieldDefinition]) -> Section:
    """A section; its fields join ``by_code`` as they come, so that a condition finds
    only what stands before it."""
    place = f"sections[{index}]"
    _keys(raw, SECTION_KEYS, place)
    code = _code(raw, place)
    fields = []
    for i, item in enumerate(_list(raw, "fields", place, MOST_FIELDS), 1):
        found = _field(item, f"{place}.fields[{i}]", by_code)
        if found.code in by_code:
            raise DefinitionError(f"sections.{code}: 字段 {found.code} 重复")
        if len(by_code) >= MOST_FIELDS:
            raise DefinitionError(f"{place}: 一张表最多 {MOST_FIELDS} 个字段")
        by_code[found.code] = found
        fields.append(found)
    return Section(code, _text(raw, "title", place, LABEL, needed=True), tuple(fields))


def _field(
    raw: Any, place: str, before: Mapping[str, FieldDefinition], *, column: bool = False
) -> FieldDefinition:
    _keys(raw, FIELD_KEYS, place)
    kind = _one_of(
        raw, "kind", place, COLUMN_KINDS if column else KINDS, "类型", "text"
    )
    meanings = COLUMN_MEANINGS if column else MEANINGS
    means = _one_of(raw, "means", place, meanings, "含义", "")
    choices = _choices(raw, place, kind)
    columns = _columns(raw, place, kind)
    code = _code(raw, place)
    if not column and code in RESERVED:
        raise DefinitionError(f"{place}.code: {code} 是平台自己用的，请换一个")
    most = {"rows": MOST_ROWS, "checks": MOST_CHOICES}.get(kind, 0)
    found = FieldDefinition(
        code=code,
        label=_text(raw, "label", place, LABEL, needed=True),
        kind=kind,
        required=_flag(raw, "required", place, True),
        limit=_whole(raw, "limit", place, MOST_CHARACTERS),
        hint=_text(raw, "hint", place, SENTENCE),
        example=_text(raw, "example", place, LABEL),
        means=means,
        on_certificate=_flag(raw, "on_certificate", place, False),
        width=_one_of(raw, "width", place, WIDTHS, "宽度", "full"),
        group=_text(raw, "group", place, LABEL),
        choices=choices,
        columns=columns,
        at_least=_whole(raw, "at_least", place, most),
        at_most=_whole(raw, "at_most", place, most),
        least=_bound(raw, "least", place),
        most=_bound(raw, "most", place),
        when=_when(raw, place, before),
        seen_by=_seen_by(raw, place),
    )
    if column and (found.seen_by or found.on_certificate):
        raise DefinitionError(f"{place}: 谁能看、证书照印只能定在整张表格上")
    if not column:
        _check_meaning(found, place)
    _check_field(found, place)
    return found


def _one_of(
    raw: Mapping[str, Any], key: str, place: str, known: Iterable[str], what: str, default: str
) -> str:  # fmt: skip
    value = raw.get(key, default)
    if value != default and (not isinstance(value, str) or value not in known):
        raise DefinitionError(f"{place}: 不认识的{what} {str(value)[:40]}")
    return str(value)


def _check_field(item: FieldDefinition, place: str) -> None:
    """What single keys cannot tell: whether they agree."""
    if item.at_most and item.at_least > item.at_most:
        raise DefinitionError(f"{place}: 至少 {item.at_least} 多于至多 {item.at_most}")
    if item.least is not None and item.most is not None and item.least > item.most:
        raise DefinitionError(f"{place}: 下限 {item.least} 大于上限 {item.most}")
    if item.kind not in NUMERIC and (item.least, item.most) != (None, None):
        raise DefinitionError(f"{place}: 只有数字才有上下限")
    if item.means in FIXED_MEANINGS and item.seen_by:
        raise DefinitionError(
            f"{place}.seen_by: “{item.label}”一路都要用，不能限定谁看"
        )
    if "judge" in item.seen_by and item.kind not in BLIND_KINDS:
        raise DefinitionError(f"{place}.seen_by: “{item.label}”不能给专家看")
    if "judge" in item.seen_by and item.means in set(MEANINGS) - _JUDGED:
        raise DefinitionError(f"{place}.seen_by: “{item.label}”会让专家认出是谁")
    if "public" in item.seen_by and item.means not in PUBLIC_MEANINGS:
        raise DefinitionError(f"{place}.seen_by: 公开的只有指标和改进前后的数")


_JUDGED = {"topic_type", "summary", "measure", "before", "target", "after", "period"}


def _check_meaning(item: FieldDefinition, place: str) -> None:
    """A meaning the portal works with must come in a kind it can work with."""
    wanted = {
        "topic_type": {"choice", "select"}, "recommender": {"recommender"},
        "members": {"rows"}, "unit_name": {"text"}, "group_name": {"text"},
        "person": {"text"}, "title": {"text", "textarea"},
        "mobile": {"mobile", "phone"},
    }.get(item.means)  # fmt: skip
    if wanted and item.kind not in wanted:
        words = "、".join(KINDS[kind] for kind in sorted(wanted))
        raise DefinitionError(f"{place}: “{MEANINGS[item.means]}”的类型要是{words}")
    if item.kind == "recommender" and item.means != "recommender":
        raise DefinitionError(f"{place}: 类型“推荐单位”的含义也要是推荐单位")


def _choices(raw: Mapping[str, Any], place: str, kind: str) -> tuple[Choice, ...]:
    found = []
    for i, item in enumerate(_list(raw, "choices", place, MOST_CHOICES), 1):
        here = f"{place}.choices[{i}]"
        _keys(item, CHOICE_KEYS, here)
        label = _text(item, "label", here, LABEL, needed=True)
        code = _text(item, "code", here, 40, needed=True)
        if not CHOICE_CODE.fullmatch(code):
            raise DefinitionError(f"{here}.code: {code} 只能用字母、数字、下划线和短横")
        found.append(Choice(code, label, _text(item, "hint", here, SENTENCE)))
    if kind in CHOOSING and not found:
        raise DefinitionError(f"{place}: 选择题没有选项")
    _once([choice.code for choice in found], f"{place}.choices", "选项")
    return tuple(found)


def _columns(
    raw: Mapping[str, Any], place: str, kind: str
) -> tuple[FieldDefinition, ...]:
    before: dict[str, FieldDefinition] = {}
    for i, item in enumerate(_list(raw, "columns", place, MOST_COLUMNS), 1):
        here = f"{place}.columns[{i}]"
        found = _field(item, here, before, column=True)
        if found.code in before:
            raise DefinitionError(f"{here}: 列 {found.code} 重复")
        before[found.code] = found
    _once([c.means for c in before.values() if c.means], f"{place}.columns", "含义")
    if (kind == "rows") != bool(before):
        raise DefinitionError(
            f"{place}: 表格没有列" if not before else f"{place}: 只有表格才有列"
        )
    return tuple(before.values())


def _when(
    raw: Mapping[str, Any], place: str, before: Mapping[str, FieldDefinition]
) -> When | None:
    given = raw.get("when")
    if given is None:
        return None
    here = f"{place}.when"
    _keys(given, WHEN_KEYS, here)
    other = before.get(_text(given, "field", here, 40, needed=True))
    if other is None or other.kind not in CHOOSING:
        raise DefinitionError(f"{here}: 条件只能看前面的选择题")
    values = _list(given, "is", here, MOST_CHOICES)
    known = {choice.code for choice in other.choices}
    if not values or not all(isinstance(v, str) and v in known for v in values):
        raise DefinitionError(f"{here}: “{other.label}”里没有这样的选项")
    labels = "或".join(f"“{other.choice_label(value)}”" for value in values)
    return When(other.code, tuple(values), f"{other.label}选{labels}时填写")


def _seen_by(raw: Mapping[str, Any], place: str) -> tuple[str, ...]:
    found = _list(raw, "seen_by", place, len(TIERS) + 1)
    for tier in found:
        if not isinstance(tier, str) or tier not in {"group", *TIERS}:
            raise DefinitionError(f"{place}.seen_by: 不认识的一级 {str(tier)[:40]}")
    return tuple(dict.fromkeys(["group", *found])) if found else ()


def _layout(
    raw: Mapping[str, Any], by_code: Mapping[str, FieldDefinition]
) -> tuple[tuple[str, ...], ...]:
    """The rows of the printed table; without ``print`` every field has its own."""
    given = _list(raw, "print", "form", MOST_FIELDS)
    if not given:
        return tuple(
            (code,) for code, f in by_code.items() if f.on_paper and f.kind != "recommender"
        )  # fmt: skip
    for i, row in enumerate(given, 1):
        _check_print_row(row, f"print[{i}]", by_code)
    _once([code for row in given for code in row], "print", "字段")
    return tuple(tuple(row) for row in given)


def _check_print_row(
    row: Any, place: str, by_code: Mapping[str, FieldDefinition]
) -> None:
    if not isinstance(row, list | tuple) or not 1 <= len(row) <= MOST_IN_A_ROW:
        raise DefinitionError(f"{place}: 一行放 1 到 {MOST_IN_A_ROW} 个字段")
    for code in row:
        if not isinstance(code, str) or code not in by_code:
            raise DefinitionError(f"print: 没有字段 {str(code)[:40]}")
        item = by_code[code]
        if not item.on_paper:
            desks = "、".join(TIERS[desk] for desk in DESKS)
            raise DefinitionError(
                f"{place}: “{item.label}”不是{desks}都能看，不能印在表上"
            )
        if item.kind in {"rows", "textarea"} and len(row) > 1:
            raise DefinitionError(f"{place}: “{item.label}”要自己占一行")


def _paper(raw: Any, index: int) -> PaperSlot:
    place = f"papers[{index}]"
    _keys(raw, PAPER_KEYS, place)
    extensions = _list(raw, "extensions", place, len(EXTENSIONS))
    if not extensions or not all(
        e in EXTENSIONS for e in extensions if isinstance(e, str)
    ):
        raise DefinitionError(f"{place}.extensions: 可以是 {'、'.join(EXTENSIONS)}")
    if not all(isinstance(extension, str) for extension in extensions):
        raise DefinitionError(f"{place}.extensions: 要写文字")
    size = _bound(raw, "max_mb", place)
    if size is None:
        raise DefinitionError(f"{place}: 缺 max_mb")
    if not 0 < size <= MOST_MB:
        raise DefinitionError(f"{place}.max_mb: 要大于 0，不大于 {MOST_MB}")
    many, merge = _flag(raw, "many", place, False), _flag(raw, "merge", place, False)
    most = _bound(raw, "most", place)
    most = Decimal(MOST_FILES) if most is None else most
    if not 1 <= most <= MOST_IN_A_SLOT or most != int(most):
        raise DefinitionError(f"{place}.most: 要是 1 到 {MOST_IN_A_SLOT}")
    if merge and not ("pdf" in extensions and PICTURES & set(extensions)):
        raise DefinitionError(f"{place}.merge: 要能上传 pdf 和图片")
    return PaperSlot(
        code=_code(raw, place),
        label=_text(raw, "label", place, LABEL, needed=True),
        required=_flag(raw, "required", place, True),
        extensions=tuple(extensions),
        max_mb=raw["max_mb"] if isinstance(raw["max_mb"], int) else float(size),
        hint=_text(raw, "hint", place, SENTENCE),
        many=many,
        most=int(most),
        sample=_text(raw, "sample", place, SENTENCE),
        merge=merge,
    )
