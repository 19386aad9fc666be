"""Forms of the form editor: a part of a definition as fields a clerk fills in.

They parse and give back plain values (``values``); whether the definition is right is
asked of the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from qcportal.campaigns import form_editing
from qcportal.campaigns.fields import (
    CHOOSING,
    COLUMN_KINDS,
    KINDS,
    MEANINGS,
    NUMERIC,
    TIERS,
)
from qcportal.campaigns.reading import (
    EXTENSIONS,
    LABEL,
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_IN_A_SLOT,
    MOST_MB,
    MOST_ROWS,
    SENTENCE,
)
from qcportal.ui.forms import PortalForm

WIDTHS = [
    ("full", "整行"),
    ("two-thirds", "三分之二"),
    ("half", "一半"),
    ("third", "三分之一"),
]
KIND_CHOICES = list(KINDS.items())
COLUMN_CHOICES = [
    (kind, words) for kind, words in KINDS.items() if kind in COLUMN_KINDS
]
SPARE_COLUMNS = 1
Raw = Mapping[str, Any]


class PartForm(PortalForm):
    """A part of the definition. ``raw`` is the part as it stands, ``whole`` the form."""

    use_required_attribute = False

    def __init__(self, data: Any = None, *, raw: Raw, whole: Raw) -> None:
        self.raw, self.whole = raw, whole
        super().__init__(data, initial=self.stored(), auto_id="part_%s")

    def stored(self) -> dict[str, Any]:
        """The part as initial values of the fields."""
        return {name: self.raw[name] for name in self.base_fields if name in self.raw}

    def values(self) -> dict[str, Any]:
        """Keys of the part to be replaced; None takes a key away."""
        return {k: v if v not in ("", 0, None, []) else None
                for k, v in self.cleaned_data.items()}  # fmt: skip

    def differing(self) -> list[tuple[str, str, str]]:
        """(label, as stored, as typed) of every field that is not the same."""
        found = []
        for name in self.fields:
            old, new = self.initial.get(name), self[name].value()
            if _said(old) != _said(new):
                found.append((str(self.fields[name].label), _said(old), _said(new)))
        return found


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value).replace("\r\n", "\n") if value else ""


def _words(label: str, most: int, **given: Any) -> forms.CharField:
    given.setdefault("error_messages", {})["max_length"] = f"请写在 {most} 字以内"
    return forms.CharField(label=label, max_length=most, **given)


class SectionForm(PartForm):
    title = _words("这一节的标题", LABEL, error_messages={"required": "请写标题"})


class SheetForm(PartForm):
    """The form as a whole: its title, what stands above and below, the printed rows."""

    title = _words(
        "表名", LABEL, help_text="{year} 印成活动年度。",
        error_messages={"required": "请写表名"},
    )  # fmt: skip
    heading = _words(
        "表上方的字", LABEL, required=False, help_text="空着写“推荐单位”。"
    )
    notes = forms.CharField(
        label="表下方的注", required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="一行一条。",
    )  # fmt: skip
    printed = forms.CharField(
        label="打印的版面", required=False, widget=forms.Textarea(attrs={"rows": 12}),
        help_text="一行是纸面上的一行，同一行的字段用 | 隔开，最多 4 个；多行文字和表格自己占一行。",
    )  # fmt: skip

    def stored(self) -> dict[str, Any]:
        return {
            "title": self.raw.get("title", ""), "heading": self.raw.get("heading", ""),
            "notes": "\n".join(self.raw.get("notes", [])),
            "printed": form_editing.print_said(self.whole),
        }  # fmt: skip

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "title": data["title"], "heading": data["heading"] or None,
            "notes": [line.strip() for line in data["notes"].splitlines() if line.strip()],
            "print": form_editing.print_from(data["printed"], self.whole),
        }  # fmt: skip


class PaperForm(PartForm):
    label = _words("材料名称", LABEL, error_messages={"required": "请写材料名称"})
    required = forms.BooleanField(label="必须上传", required=False)
    many = forms.BooleanField(label="可以传多份", required=False)
    extensions = forms.MultipleChoiceField(
        label="可以上传的类型", choices=[(e, e.upper()) for e in EXTENSIONS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "至少选一种", "invalid_choice": "没有这种类型"},
    )  # fmt: skip
    max_mb = forms.IntegerField(
        label="每份最大（MB）", min_value=1, max_value=MOST_MB,
        error_messages={"required": "请填大小", "invalid": "请填整数",
                        "min_value": "至少 1", "max_value": f"最多 {MOST_MB}"},
    )  # fmt: skip
    most = forms.IntegerField(
        label="最多几份", required=False, min_value=1, max_value=MOST_IN_A_SLOT,
        help_text="可以传多份的才用填；空着是 20。",
        error_messages={"invalid": "请填整数", "min_value": "至少 1",
                        "max_value": f"最多 {MOST_IN_A_SLOT}"},
    )  # fmt: skip
    merge = forms.BooleanField(
        label="图片可以合成一个 PDF", required=False,
        help_text="能传 PDF 和图片的才能勾。",
    )  # fmt: skip
    hint = _words("说明", SENTENCE, required=False)
    sample = _words("什么样的合格", SENTENCE, required=False,
                    help_text="班组点开能看到：合格的材料是什么样的。")  # fmt: skip

    def stored(self) -> dict[str, Any]:
        return {"required": True, **super().stored()}

    def values(self) -> dict[str, Any]:
        return {**super().values(), "required": self.cleaned_data["required"]}


class FieldForm(PartForm):
    """One field. Which settings it has follows its kind as stored."""

    label = _words("名称", LABEL, error_messages={"required": "请写名称"})
    kind = forms.ChoiceField(
        label="类型", choices=KIND_CHOICES,
        widget=forms.Select(attrs={"data-submit-on-change": True}),
        error_messages={"invalid_choice": "没有这种类型"},
    )  # fmt: skip
    required = forms.BooleanField(label="必填", required=False)
    choices = forms.CharField(
        label="选项", required=False, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="一行一个；要加说明，写成“文字 | 说明”。",
    )  # fmt: skip
    limit = forms.IntegerField(
        label="字数上限", required=False, min_value=0, max_value=MOST_CHARACTERS,
        help_text="空着不限。",
        error_messages={"invalid": "请填整数", "max_value": f"最多 {MOST_CHARACTERS}"},
    )  # fmt: skip
    at_least = forms.IntegerField(label="至少", required=False, min_value=0)
    at_most = forms.IntegerField(label="至多", required=False, min_value=0)
    least = forms.DecimalField(label="下限", required=False, max_digits=13)
    most = forms.DecimalField(label="上限", required=False, max_digits=13)
    hint = _words("填写说明", SENTENCE, required=False, help_text="显示在字段下面。")
    example = _words("例子", LABEL, required=False)
    when = forms.MultipleChoiceField(
        label="什么时候要填", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="都不勾：总是要填。勾了：前面那一题选了勾着的选项才要填。",
    )  # fmt: skip
    means = forms.ChoiceField(
        label="含义", required=False, choices=[("", "没有特别含义"), *MEANINGS.items()],
        help_text="名单、证书、名额按含义取用；一个含义只能给一个字段。",
    )  # fmt: skip
    on_certificate = forms.BooleanField(label="证书照此打印", required=False)
    seen_by = forms.MultipleChoiceField(
        label="谁能看", required=False, choices=list(TIERS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text="都不勾：按惯例，单位、推荐单位、秘书处能看。不是三家都能看的，不印在表上。",
    )  # fmt: skip
    width = forms.ChoiceField(label="网页上的宽度", choices=WIDTHS, required=False)
    group = _words("并成一组的小标题", LABEL, required=False,
                   help_text="相邻的字段小标题相同，就排成一组。")  # fmt: skip

    def __init__(self, data: Any = None, *, raw: Raw, whole: Raw) -> None:
        super().__init__(data, raw=raw, whole=whole)
        kind = raw.get("kind", "text")
        for name in set(self.fields) - set(_settings(kind)):
            del self.fields[name]
        if "when" in self.fields:
            self.fields["when"].choices = self._conditions()

    def _conditions(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Every choice of the questions before this one, under its question."""
        found = []
        for section in self.whole["sections"]:
            for item in section.get("fields", []):
                if item.get("code") == self.raw.get("code"):
                    return found
                if item.get("kind") in CHOOSING:
                    choices = [(f"{item['code']}:{c['code']}", c["label"])
                               for c in item.get("choices", [])]  # fmt: skip
                    found.append((item["label"], choices))
        return found

    def stored(self) -> dict[str, Any]:
        when = self.raw.get("when") or {}
        return {
            "required": True, "kind": "text", "width": "full", **super().stored(),
            "choices": form_editing.choices_said(self.raw.get("choices", [])),
            "when": [f"{when.get('field')}:{value}" for value in when.get("is", [])],
            "seen_by": [t for t in self.raw.get("seen_by", []) if t != "group"],
        }  # fmt: skip

    def clean_when(self) -> list[str]:
        chosen = self.cleaned_data["when"]
        if len({pair.partition(":")[0] for pair in chosen}) > 1:
            raise forms.ValidationError("一个字段只能看前面的一题")
        return chosen

    def values(self) -> dict[str, Any]:
        data = {**super().values(), "required": self.cleaned_data["required"]}
        for bound in ("least", "most"):
            if bound in self.fields:
                value = self.cleaned_data[bound]
                data[bound] = f"{value:f}" if value is not None else None
        if "choices" in self.fields:
            before = self.raw.get("choices", [])
            data["choices"] = form_editing.choices_from(data["choices"] or "", before)
        if "when" in self.fields and (chosen := self.cleaned_data["when"]):
            field = chosen[0].partition(":")[0]
            data["when"] = {"field": field, "is": [c.partition(":")[2] for c in chosen]}
        for name in {"limit", "at_least", "at_most", "least", "most"} - set(
            self.fields
        ):
            data[name] = None  # a setting another kind had
        return data


def _settings(kind: str) -> list[str]:
    """What can be set of a kind of field."""
    always = ["label", "kind", "required", "hint", "when", "means", "seen_by"]
    if kind == "rows":
        return [*always, "at_least", "at_most"]
    more = ["example", "width", "group", "on_certificate"]
    if kind in CHOOSING:
        more = ["choices", "width"]
    if kind == "checks":
        more += ["at_least", "at_most"]
    if kind in {"text", "textarea"}:
        more.append("limit")
    if kind in NUMERIC:
        more += ["least", "most"]
    return [*always, *more]


class ColumnForm(PortalForm):
    """One column of a table of rows."""

    code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    label = _words("列名", LABEL, required=False)
    kind = forms.ChoiceField(label="类型", choices=COLUMN_CHOICES, required=False)
    required = forms.BooleanField(label="必填", required=False)
    limit = forms.IntegerField(label="字数上限", required=False, min_value=0, max_value=MOST_CHARACTERS)  # fmt: skip
    choices = forms.CharField(
        label="选项",
        required=False,
        max_length=2000,
        help_text="单选才填，用顿号隔开。",
    )
    when = forms.CharField(label="什么时候要填", required=False, max_length=300, help_text="空着总是要填；有条件的写成：前面的列名=选项、选项。")  # fmt: skip


ColumnSet = forms.formset_factory(
    ColumnForm, extra=SPARE_COLUMNS, can_delete=True,
    max_num=MOST_COLUMNS, absolute_max=MOST_ROWS,
)  # fmt: skip


def columns_stored(raw: Raw) -> list[dict[str, Any]]:
    """The columns of a table as initial values of ``ColumnSet``."""
    return [
        {
            "code": column["code"], "label": column["label"],
            "kind": column.get("kind", "text"), "required": column.get("required", True),
            "limit": column.get("limit") or None,
            "choices": "、".join(c["label"] for c in column.get("choices", [])),
            "when": _condition_said(column, raw["columns"]),
        }
        for column in raw.get("columns", [])
    ]  # fmt: skip


def _condition_said(column: Raw, columns: list[Raw]) -> str:
    when = column.get("when")
    other = next((c for c in columns if when and c["code"] == when["field"]), None)
    if not when or other is None:
        return ""
    labels = {c["code"]: c["label"] for c in other.get("choices", [])}
    return f"{other['label']}={'、'.join(labels.get(v, v) for v in when['is'])}"


def columns_from(rows: list[Mapping[str, Any]], raw: Raw) -> list[dict[str, Any]]:
    """Columns from the cleaned rows of ``ColumnSet``; what cannot be set here (hint,
    bounds) stays as it was."""
    old = {column["code"]: column for column in raw.get("columns", [])}
    taken, found = set(old), []
    for row in rows:
        if not row.get("label") or row.get("DELETE"):
            continue
        code = row.get("code") if row.get("code") in old else _by_label(row, raw, found)
        if not code:
            code = next(c for n in range(1, 200) if (c := f"c{n}") not in taken)
            taken.add(code)
        found.append(_column(row, old.get(code, {}), code, found))
    return found


def _by_label(row: Mapping[str, Any], raw: Raw, found: list[dict[str, Any]]) -> str:
    """The code of a column saved a moment ago under this label: the page that saves
    while typing does not know it yet."""
    used = {column["code"] for column in found}
    codes = (c["code"] for c in raw.get("columns", []) if c["label"] == row["label"])
    return next((code for code in codes if code not in used), "")


def _column(
    row: Mapping[str, Any], old: Raw, code: str, before: list[dict[str, Any]]
) -> dict[str, Any]:
    kind = row.get("kind") or "text"
    made: dict[str, Any] = {
        **{k: v for k, v in old.items() if k in {"hint", "example", "means"}},
        "code": code, "label": row["label"], "kind": kind, "required": row["required"],
    }  # fmt: skip
    if kind in NUMERIC:
        made |= {k: old[k] for k in ("least", "most") if k in old}
    if row.get("limit") and kind in {"text", "textarea"}:
        made["limit"] = row["limit"]
    if kind in CHOOSING:
        lines = (row.get("choices") or "").replace("、", "\n")
        made["choices"] = form_editing.choices_from(lines, old.get("choices", []))
    if row.get("when"):
        made["when"] = _condition_from(row["when"], before)
    return made


def _condition_from(text: str, before: list[dict[str, Any]]) -> dict[str, Any]:
    """``身份=其他、顾问`` by the columns before; what names none is refused later."""
    label, _, values = text.replace("＝", "=").partition("=")
    other = next((c for c in before if c["label"] == label.strip()), {})
    codes = {c["label"]: c["code"] for c in other.get("choices", [])}
    wanted = [value.strip() for value in values.split("、") if value.strip()]
    return {
        "field": other.get("code", label.strip()),
        "is": [codes.get(value, value) for value in wanted],
    }


class NewFieldForm(PortalForm):
    label = _words("名称", LABEL, error_messages={"required": "请写名称"})
    kind = forms.ChoiceField(label="类型", choices=KIND_CHOICES, error_messages={"required": "请选类型", "invalid_choice": "没有这种类型"})  # fmt: skip
    section = forms.CharField(max_length=40, widget=forms.HiddenInput)


class PublishForm(PortalForm):
    reason = _words("为什么改", 200, required=False, help_text="会记入操作日志，班组看得到改了哪些地方。")  # fmt: skip

    def __init__(self, *args: Any, running: bool, **kwargs: Any) -> None:
        """``running``: the campaign is published, so the reason is needed."""
        super().__init__(*args, **kwargs)
        wanted = "活动已经发布，请写明为什么改表，会记入操作日志。"
        self.fields["reason"].required = running
        self.fields["reason"].error_messages["required"] = wanted
