"""Forms of a tier's score sheet and stamp: marks, opinion, scan, password.

Used by the unit and by the recommending body. They parse and clean; the rules decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.cache import cache

from qcportal.accounts.models import User
from qcportal.campaigns import scoring
from qcportal.campaigns.models import Rubric
from qcportal.campaigns.scoring import plain
from qcportal.documents import uploads
from qcportal.refusals import Refusal, Refused
from qcportal.seals.models import Evidence
from qcportal.ui.forms import ParagraphsField, PortalForm, RadioCards, YesNo
from submissions.models import ScoreSheet

SCAN_EXTENSIONS = ["pdf", "jpg", "png"]
SCAN_MAX_BYTES = 20 * uploads.MIB
SCANS_MAX_BYTES = 40 * uploads.MIB  # together
MOST_SCANS = 30
MARK = "mark-"
PASSWORD_TRIES = 5
PASSWORD_SECONDS = 600
# Ready sentences for a first opinion; the writer changes them to what is true.
PHRASES = (
    "选题来自现场实际，数据真实，程序完整。",
    "对策落实，效果经过一段时间验证，已纳入作业标准。",
    "成果有推广价值。",
    "同意推荐。",
)


class NeededLater(ParagraphsField):
    """A text the page marks as needed and a half-filled sheet may leave out: the rules
    ask for it when the sheet is printed or handed in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=True, **kwargs)

    def validate(self, value: str) -> None:
        """Nothing is asked of a half-filled sheet."""


class SheetForm(PortalForm):
    """Marks of a rubric (fields ``mark-<criterion code>``), opinion, version.

    Half-filled sheets are sound: missing marks and a long opinion are said when the
    sheet is printed (rules.sheet_faults), so that autosave loses nothing.
    """

    version = forms.IntegerField(
        min_value=0, max_value=2_000_000_000, required=False, widget=forms.HiddenInput
    )
    use_required_attribute = False

    opinion = NeededLater(
        label="推荐意见",
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=5000,
        error_messages={"max_length": "意见太长了，请删减到 5000 字以内再保存。"},
    )

    def __init__(
        self,
        *args: Any,
        rubric: Rubric,
        opinion_limit: int,
        sheet: ScoreSheet | None = None,
        **kwargs: Any,
    ) -> None:
        self.rubric, self.sheet, self.stale = rubric, sheet, False
        kwargs.setdefault("initial", self._kept(sheet))
        super().__init__(*args, **kwargs)
        # The counter's limit; the validator above is only a bound for storing.
        self.fields["opinion"].max_length = opinion_limit
        for criterion in rubric.criteria_list:
            name = MARK + criterion.code
            self.fields[name] = forms.CharField(
                label=criterion.name,
                required=False,
                max_length=12,
                widget=forms.NumberInput(attrs={"id": f"score-{name}"}),
                error_messages={"max_length": "请填数字，例如 12.5"},
            )

    @staticmethod
    def _kept(sheet: ScoreSheet | None) -> dict[str, Any]:
        if sheet is None:
            return {"version": 0}
        marks = {MARK + code: text for code, text in sheet.marks.items()}
        return {**marks, "opinion": sheet.opinion, "version": sheet.version}

    def clean_version(self) -> int:
        return self.cleaned_data["version"] or 0

    def clean(self) -> dict[str, Any]:
        for fault in scoring.faults(self.rubric, self.marks):
            if fault.code != "mark_missing" and MARK + fault.field not in self.errors:
                self.add_error(MARK + fault.field, fault.message)
        return self.cleaned_data

    @property
    def marks(self) -> dict[str, str]:
        """Criterion code → cleaned mark as text, empty where none was given."""
        found = {}
        for criterion in self.rubric.criteria_list:
            text = self.cleaned_data.get(MARK + criterion.code, "")
            value = scoring.mark(text)
            sound = value is not None and 0 <= value <= criterion.points
            found[criterion.code] = plain(value) if sound else text
        return found

    @property
    def typed(self) -> dict[str, Any]:
        """The keywords of actions.save_sheet: marks, opinion, version."""
        return {
            "marks": self.marks,
            "opinion": self.cleaned_data["opinion"],
            "version": self.cleaned_data["version"],
        }

    def rows(self) -> list[dict[str, Any]]:
        """What the steppers show: name, label, most, hint, step, value, error."""
        return [
            {
                "name": MARK + criterion.code,
                "label": criterion.name,
                "most": scoring.number(criterion.points),
                "hint": criterion.hint,
                "step": plain(self.rubric.step),
                "value": self[MARK + criterion.code].value() or "",
                "error": "；".join(self.errors.get(MARK + criterion.code, [])),
            }
            for criterion in self.rubric.criteria_list
        ]

    @property
    def points(self) -> str:
        return plain(self.rubric.points)

    @property
    def total(self) -> str:
        """The sum as it stands in the form, for pages without scripts."""
        typed = {c.code: self[MARK + c.code].value() for c in self.rubric.criteria_list}
        marks = [scoring.mark(text) for text in typed.values() if text]
        sound = [m for m in marks if m is not None and abs(m) < 1000]
        return plain(sum(sound, Decimal(0))) if sound else "—"

    def refuse(self, refusals: Iterable[Refusal], sheet: ScoreSheet | None) -> None:
        """Attach refusals to their fields; what was typed stays. ``sheet`` is the
        one now kept: its version goes into the page, so saving again is deliberate."""
        refusals = list(refusals)
        attach(self, refusals)
        self.sheet = sheet
        self.stale = any(r.code == "stale_version" for r in refusals)
        if sheet is not None:
            self.data = self.data.copy()
            self.data["version"] = str(sheet.version)


def attach(form: forms.Form, refusals: Iterable[Refusal]) -> None:
    """Refusals (not cautions) as errors of the fields they name, else of the form."""
    for refusal in refusals:
        if refusal.kind != "refusal":
            continue
        name = next(
            (n for n in (refusal.field, MARK + refusal.field) if n in form.fields), None
        )
        form.add_error(name, refusal.message)


class EvidenceForm(PortalForm):
    """How the stamp is shown: ink on paper and a scan, the kept picture, or the print
    signed with the organisation's own certificate."""

    evidence = forms.ChoiceField(
        label="盖章方式",
        choices=[
            (Evidence.SCAN, "打印盖章后上传"),
            (Evidence.SEAL_PICTURE, "用本单位印章图样"),
            (Evidence.SIGNATURE, "用本单位数字证书"),
        ],
        initial=Evidence.SCAN,
        required=False,
        widget=RadioCards,
        error_messages={"invalid_choice": "请选择盖章方式。"},
    )

    def clean_evidence(self) -> str:
        return self.cleaned_data["evidence"] or Evidence.SCAN


class SeveralScans(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ScansField(forms.FileField):
    """Stamped pages, several at once; cleaned to [(upload, Inspected)]."""

    widget = SeveralScans

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if not given:
            raise forms.ValidationError(self.error_messages["required"])
        if len(given) > MOST_SCANS:
            raise forms.ValidationError(f"一次最多选 {MOST_SCANS} 个文件。")
        found, said, size = [], [], 0
        for upload in given:
            try:
                one = uploads.inspect(upload, SCAN_EXTENSIONS, SCAN_MAX_BYTES)
            except Refused as refused:
                said += [refusal.message for refusal in refused.refusals]
            else:
                found.append((upload, one))
                size += one.size
        if size > SCANS_MAX_BYTES:
            said.append("选的文件合起来超过 40 MB，请把照片缩小些再传。")
        if said:
            raise forms.ValidationError(said)
        return found


class ScanForm(PortalForm):
    """The stamped pages, scanned or photographed: PDF, JPG or PNG, up to 20 MB each."""

    scan = ScansField(
        label="盖章页",
        error_messages={"required": "请先选择盖章页的扫描件或照片。"},
        widget=SeveralScans(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )


class LookForm(PortalForm):
    """Why the code cannot be read: the next tier compares the pages by eye."""

    look_reason = forms.CharField(
        label="拍不清二维码的原因", max_length=200, required=False,
        help_text="例如：印章盖住了二维码。",
    )  # fmt: skip


def _point(label: str, no: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=[("yes", "是"), ("no", no)], widget=YesNo,
        coerce=lambda value: value == "yes", empty_value=None,
        error_messages=dict.fromkeys(("invalid_choice", "required"), "请选一项。"),
    )  # fmt: skip


class LookAtStampForm(PortalForm):
    """The three points of a stamp, and each page whose code was not read."""

    name_matches = _point("公章名称与单位全称一致", "不一致")
    legible = _point("印章清晰", "不清晰")
    dated = _point("有日期", "没有")
    pages = forms.TypedMultipleChoiceField(
        label="逐页对照过", coerce=int, widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": "没有这一页，请刷新页面。",
            "required": "请和平台里的意见表逐页对照，再勾选。",
        },
    )  # fmt: skip
    remark = forms.CharField(
        label="说明", max_length=200, required=False,
        help_text="有一项不符的，写明看到了什么；对方会看到。",
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, *args: Any, name: str, pages: Sequence[int], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["name_matches"].help_text = f"应是“{name}”"
        if pages:
            self.fields["pages"].choices = [(n, f"第 {n} 页") for n in pages]
            self.fields[
                "pages"
            ].help_text = "这份盖章页有二维码没读到，请和平台里的意见表逐页对照。"
        else:
            del self.fields["pages"]

    @property
    def points(self) -> dict[str, bool | None]:
        """The keyword of actions.look_at_stamp; None where nothing was chosen."""
        return {
            name: self.cleaned_data.get(name)
            for name in ("name_matches", "legible", "dated")
        }

    @property
    def typed(self) -> dict[str, Any]:
        """The keywords of actions.look_at_stamp: points, pages, remark."""
        return {
            "points": self.points,
            "pages": self.cleaned_data.get("pages", []),
            "remark": self.cleaned_data["remark"],
        }


class SignedForm(PortalForm):
    """The print with digital signatures, as the signing program saved it: PDF up to
    20 MB."""

    signed = forms.FileField(
        label="签好名的意见表（PDF）",
        help_text="不超过 20 MB。请直接在下载的原文件上签名。",
        error_messages={
            "required": "请先选择签好名的 PDF。",
            "empty": "选的文件是空的，请换一份。",
        },
        widget=forms.FileInput(
            attrs={
                "accept": ".pdf",
                "data-file-check": "",
                "data-types": "pdf",
                "data-most": SCAN_MAX_BYTES,
            }
        ),
    )

    def clean_signed(self) -> Any:
        upload = self.cleaned_data["signed"]
        try:
            self.inspected = uploads.inspect(upload, ["pdf"], SCAN_MAX_BYTES)
        except Refused as refused:
            raise forms.ValidationError([r.message for r in refused.refusals]) from None
        return upload


class StampForm(EvidenceForm):
    """The deliberate act: evidence, one look by a human eye, the person's password.

    Wrong passwords are counted for ten minutes; after five, none is asked for.
    """

    confirmed = forms.BooleanField(
        error_messages={"required": "请看过盖章页，再勾选确认。"}
    )
    password = forms.CharField(
        label="您的登录密码",
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请输入您的登录密码，确认是您本人在盖章。"},
    )

    def __init__(self, *args: Any, user: User, look: str = "", **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["evidence"].widget = forms.HiddenInput()
        self.fields["confirmed"].label = look or "我看过了盖章页"

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        slots = [f"stamp-password:{self.user.pk}:{n}" for n in range(PASSWORD_TRIES)]
        if not any(cache.add(slot, 1, PASSWORD_SECONDS) for slot in slots):
            raise forms.ValidationError("密码已经试了 5 次，请 10 分钟后再试。")
        if not self.user.check_password(password):
            raise forms.ValidationError("密码不对，请重新输入。还没有盖章。")
        cache.delete_many(slots)
        return password


class ReasonForm(PortalForm):
    """Why it goes back; the other side reads it."""

    comment = ParagraphsField(
        label="原因",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="对方会看到。请写明要改哪里、改成什么样。",
        error_messages={
            "required": "请写明原因，对方会看到。",
            "max_length": "原因请写在 1000 字以内。",
        },
    )


def marks_of(sheet: ScoreSheet | None) -> list[Mapping[str, Any]]:
    """A sheet to be read: name, points and mark of every criterion."""
    if sheet is None:
        return []
    return [
        {"name": c.name, "points": plain(c.points), "mark": sheet.marks.get(c.code, "")}
        for c in sheet.rubric.criteria_list
    ]
