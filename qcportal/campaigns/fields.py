"""The parts of a form: fields with their kinds, limits and conditions; papers; layout.

Facts and plain questions over a content (``{field code: text | list of rows}``). A text
of kind ``checks`` holds the ticked codes, parted by one blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# Kind → how the secretariat's editor calls it.
KINDS = {
    "text": "一行文字",
    "textarea": "多行文字",
    "choice": "单选（卡片）",
    "select": "单选（下拉）",
    "checks": "多选",
    "number": "整数",
    "decimal": "数字（可带小数）",
    "year": "年份",
    "date": "日期",
    "mobile": "手机",
    "phone": "电话（手机或固定电话）",
    "email": "电子邮箱",
    "postcode": "邮编",
    "rows": "表格（多行）",
    "recommender": "推荐单位",
}
CHOOSING = frozenset({"choice", "select", "checks"})
NUMERIC = frozenset({"number", "decimal", "year"})
COLUMN_KINDS = frozenset(KINDS) - {"rows", "recommender", "checks"}
# What a field means to the portal, whatever the campaign calls it → the editor's word.
MEANINGS = {
    "unit_name": "企业（单位）名称",
    "group_name": "小组（班组）名称",
    "person": "个人姓名",
    "title": "成果（课题、事迹）名称",
    "topic_type": "课题类型",
    "recommender": "推荐单位",
    "contact": "联系人",
    "mobile": "手机",
    "period": "起止时间",
    "members": "成员名单",
    "summary": "简介和过程",
    "measure": "指标和单位",
    "before": "改进前",
    "target": "目标",
    "after": "改进后",
    "address": "通信地址",
    "postcode": "邮编",
    "department": "联系部门",
}
# What a column of a table of people means: filled from the group's own year.
COLUMN_MEANINGS = {"name": "姓名", "gender": "性别", "post": "岗位", "part": "组内分工"}
# Who a field may be kept from or shown to. The group always sees what it writes.
TIERS = {
    "unit": "单位",
    "recommender": "推荐单位",
    "association": "秘书处",
    "judge": "专家",
    "public": "公众",
}
DESKS = ("unit", "recommender", "association")
# Lists, counts and certificates rest on these: everybody on the way up sees them.
FIXED_MEANINGS = frozenset(
    {"unit_name", "group_name", "person", "title", "topic_type", "recommender"}
)
# What a judge may read of a form unless the field says otherwise, and never more than
# these kinds: nothing that tells whose result it is.
BLIND_MEANINGS = frozenset(
    {"", "topic_type", "summary", "measure", "before", "target", "after"}
)
BLIND_KINDS = frozenset(
    {"text", "textarea", "choice", "select", "checks", "number", "decimal", "year",
     "date"}
)  # fmt: skip
PUBLIC_MEANINGS = frozenset({"measure", "before", "target", "after"})


class DefinitionError(ValueError):
    """The definition itself is wrong; the message names the place."""


@dataclass(frozen=True)
class Choice:
    code: str
    label: str
    hint: str = ""


@dataclass(frozen=True)
class When:
    """A field is asked only if an earlier one has one of ``values``; ``words`` say so:
    ``课题类型选“创新型”时填写``."""

    field: str
    values: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True)
class FieldDefinition:
    """One field. ``limit`` counts characters; ``least`` and ``most`` bound a number;
    ``at_least`` and ``at_most`` count rows or ticks; ``means`` ties it to the portal;
    ``seen_by`` names the tiers that may read it (empty: the standing rules)."""

    code: str
    label: str
    kind: str = "text"
    required: bool = True
    limit: int = 0
    hint: str = ""
    example: str = ""
    means: str = ""
    on_certificate: bool = False
    width: str = "full"
    group: str = ""
    choices: tuple[Choice, ...] = ()
    columns: tuple[FieldDefinition, ...] = ()
    at_least: int = 0
    at_most: int = 0
    least: Decimal | None = None
    most: Decimal | None = None
    when: When | None = None
    seen_by: tuple[str, ...] = ()

    def choice_label(self, code: str) -> str:
        return next((c.label for c in self.choices if c.code == code), "")

    def ticked(self, value: Any) -> list[str]:
        """The codes a value holds: several of ``checks``, else the one."""
        if not isinstance(value, str) or not value.strip():
            return []
        return value.split() if self.kind == "checks" else [value]

    def said(self, value: Any) -> str:
        """A text value as people read it: labels instead of codes."""
        text = value if isinstance(value, str) else ""
        if self.kind not in CHOOSING:
            return text
        return "、".join(self.choice_label(code) or code for code in self.ticked(text))

    def column(self, means: str) -> FieldDefinition | None:
        """The column of a table that carries a meaning, if it has one."""
        return next((c for c in self.columns if c.means == means), None)

    @property
    def on_paper(self) -> bool:
        """Whether the printed form carries it: it goes through every desk's hands."""
        return not self.seen_by or set(DESKS) <= set(self.seen_by)

    @property
    def is_long(self) -> bool:
        """Rows that hold long text stand below each other, not in a narrow table."""
        return any(column.kind == "textarea" for column in self.columns)

    @property
    def range_words(self) -> str:
        """``在 0 到 100 之间``, ``不小于 0``, ``不大于 100`` or nothing."""
        if self.least is not None and self.most is not None:
            return f"在 {self.least:f} 到 {self.most:f} 之间"
        if self.least is not None:
            return f"不小于 {self.least:f}"
        return f"不大于 {self.most:f}" if self.most is not None else ""

    def seen(self, tier: str) -> bool:
        """Whether ``tier`` (group or one of TIERS) may read what stands in it."""
        if tier == "group":
            return True
        if tier == "judge" and self.kind not in BLIND_KINDS:
            return False
        if self.seen_by:
            return tier in self.seen_by
        if tier == "judge":
            return self.means in BLIND_MEANINGS
        return tier in DESKS or self.means in PUBLIC_MEANINGS


@dataclass(frozen=True)
class Section:
    code: str
    title: str
    fields: tuple[FieldDefinition, ...]


MOST_FILES = 20  # of a slot for many that says nothing of its own
PICTURES, FILMS = frozenset({"jpg", "png"}), frozenset({"mp4", "mov"})


@dataclass(frozen=True)
class PaperSlot:
    """One kind of paper to upload: what it is, which files, how large (MB).

    ``most`` files where there may be ``many``; ``sample``: what a good one looks like;
    ``merge``: pictures in it may be joined to one PDF.
    """

    code: str
    label: str
    required: bool
    extensions: tuple[str, ...]
    max_mb: float
    hint: str = ""
    many: bool = False
    most: int = MOST_FILES
    sample: str = ""
    merge: bool = False

    @property
    def most_files(self) -> int:
        return self.most if self.many else 1

    @property
    def is_film(self) -> bool:
        return set(self.extensions) <= FILMS

    @property
    def takes_pictures(self) -> bool:
        return not PICTURES.isdisjoint(self.extensions)

    @property
    def max_bytes(self) -> int:
        return int(self.max_mb * 1024 * 1024)

    @property
    def accept(self) -> str:
        """For the file chooser; kinds beside extensions, or phones offer no camera."""
        kinds = {"jpg": ".jpeg,image/jpeg", "png": "image/png",
                 "mp4": "video/mp4", "mov": "video/quicktime"}  # fmt: skip
        asked = [f".{extension}" for extension in self.extensions]
        return ",".join(asked + [kinds[e] for e in self.extensions if e in kinds])


@dataclass(frozen=True)
class FormDefinition:
    title: str
    sections: tuple[Section, ...]
    papers: tuple[PaperSlot, ...]
    layout: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    heading: str = ""
    by_code: Mapping[str, FieldDefinition] = field(default_factory=dict)

    def meaning(self, means: str) -> FieldDefinition | None:
        """The field that carries a meaning (e.g. ``title``), if the form has one."""
        return next((f for f in self.by_code.values() if f.means == means), None)

    def value(self, content: Mapping[str, Any], means: str, tier: str = "group") -> str:
        """The filled text of the field with that meaning; empty where there is none,
        where its condition does not hold or ``tier`` may not read it."""
        found = self.meaning(means)
        if found is None or not found.seen(tier) or not self.asks(found, content):
            return ""
        value = content.get(found.code, "")
        return value if isinstance(value, str) else ""

    def honoured(self, content: Mapping[str, Any]) -> str:
        """Whom the certificate honours: the group, else the person."""
        return self.value(content, "group_name") or self.value(content, "person")

    def asks(self, item: FieldDefinition, content: Mapping[str, Any]) -> bool:
        """Whether the field's condition holds; conditions only look back."""
        if item.when is None:
            return True
        other = self.by_code[item.when.field]
        if not self.asks(other, content):
            return False
        return not set(item.when.values).isdisjoint(
            other.ticked(content.get(other.code))
        )

    def asked(self, content: Mapping[str, Any]) -> Iterator[FieldDefinition]:
        """The fields that count for this content, in the order of the form."""
        return (item for item in self.by_code.values() if self.asks(item, content))

    def in_force(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The content without what no condition asks for: as it is filed and read."""
        found: dict[str, Any] = {}
        for code, item in self.by_code.items():
            blank: Any = [] if item.kind == "rows" else ""
            value = content.get(code, blank) if self.asks(item, content) else blank
            if isinstance(value, list):
                value = [row_in_force(item, r) for r in value if isinstance(r, dict)]
            found[code] = value
        return found

    def slot(self, code: str) -> PaperSlot | None:
        return next((slot for slot in self.papers if slot.code == code), None)

    @property
    def topic_types(self) -> tuple[Choice, ...]:
        found = self.meaning("topic_type")
        return found.choices if found else ()


def row_asks(
    table: FieldDefinition, column: FieldDefinition, row: Mapping[str, Any]
) -> bool:
    """Whether a column's condition holds within one row."""
    if column.when is None:
        return True
    other = next(c for c in table.columns if c.code == column.when.field)
    if not row_asks(table, other, row):
        return False
    return not set(column.when.values).isdisjoint(other.ticked(row.get(other.code)))


def row_in_force(table: FieldDefinition, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without the cells that nothing asks for."""
    kept = dict(row)
    for column in table.columns:
        if column.code in kept and not row_asks(table, column, row):
            kept[column.code] = ""
    return kept
