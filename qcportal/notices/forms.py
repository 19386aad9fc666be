"""Forms of notices and their attachments: they parse and clean, the rules decide."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q

from qcportal.campaigns.forms import MomentField, ReasonField, say_plainly
from qcportal.notices import rules
from qcportal.notices.models import LONGEST_BODY, Notice, NoticeAttachment
from qcportal.refusals import Refusal
from qcportal.ui.forms import ParagraphsField, PortalForm, RadioCards

Kind = NoticeAttachment.Kind
_MOST_SIGNED = 800  # characters of the box: 12 names of up to 60, with line ends


def lines_of(text: str) -> list[str]:
    """The lines that say something, without the blanks around them."""
    return [line.strip() for line in text.split("\n") if line.strip()]


class VersionedForm(PortalForm):
    """``version`` is the one the page was drawn from; junk counts as very old."""

    version = forms.IntegerField(
        min_value=0, max_value=2_000_000_000, required=False, widget=forms.HiddenInput
    )

    @property
    def seen(self) -> int:
        found = self.cleaned_data.get("version")
        return -1 if found is None else found

    @classmethod
    def read(cls, data: Any) -> int:
        form = cls(data)
        form.is_valid()
        return form.seen

    def refuse(self, refusals: Iterable[Refusal], now_at: int) -> None:
        """Each refusal at its field; a stale form is good for another save."""
        for refusal in refusals:
            field = refusal.field if refusal.field in self.fields else None
            if refusal.code == "stale_version":
                self.data = {**_flat(self.data), "version": str(now_at)}
            self.add_error(field, refusal.message)


def _flat(data: Any) -> dict[str, Any]:
    return data.dict() if hasattr(data, "dict") else dict(data)


class NoticeForm(VersionedForm):
    is_main = forms.BooleanField(
        label="这是布置整个活动的通知", required=False,
        help_text="一个活动一份；问答、提醒、延期不勾",
    )  # fmt: skip
    title = forms.CharField(label="标题", max_length=120)
    document_number = forms.CharField(
        label="文号", max_length=60, required=False,
        help_text="例如：沪质协〔2020〕17号；没有就空着",
    )  # fmt: skip
    addressees = forms.CharField(
        label="主送单位", max_length=300, required=False,
        help_text="例如：各有关单位。后面的冒号不用写",
    )  # fmt: skip
    body = ParagraphsField(
        label="正文", max_length=LONGEST_BODY, required=False,
        help_text="一段一行。以“一、”“（一）”开头的行当作标题",
        widget=forms.Textarea(attrs={"rows": 18}),
    )  # fmt: skip
    signatures = ParagraphsField(
        label="落款单位", max_length=_MOST_SIGNED, required=False,
        help_text="一行一家，写全称，与公章一致；几家联合的按落款的顺序",
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    signed_on = forms.DateField(
        label="落款日期", required=False,
        help_text="写在落款下面的日期，可以和公开的时间不同",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "请填日期，例如 2020-06-03"},
    )  # fmt: skip
    pinned = forms.BooleanField(
        label="置顶", required=False, help_text="排在通知公告的最前面"
    )

    def __init__(self, data: Any = None, *, notice: Notice) -> None:
        initial = {name: getattr(notice, name) for name in rules.FIELDS}
        initial |= {
            "signatures": "\n".join(notice.signatures), "version": notice.version,
        }  # fmt: skip
        super().__init__(data, initial=initial)
        say_plainly(self)

    def clean_addressees(self) -> str:
        return self.cleaned_data["addressees"].rstrip(":： ")

    def clean_signatures(self) -> list[str]:
        return lines_of(self.cleaned_data["signatures"])

    def values(self) -> dict[str, Any]:
        """Cleaned values by name of ``rules.FIELDS``."""
        return {name: self.cleaned_data[name] for name in rules.FIELDS}


class PublishForm(VersionedForm):
    """At once, or at an hour."""

    when = forms.ChoiceField(
        label="什么时候公开", initial="now", choices=[("now", "现在"), ("hour", "定一个时间")],
        widget=RadioCards,
    )  # fmt: skip
    published_at = MomentField(label="公开时间", required=False)

    def __init__(self, data: Any = None, *, notice: Notice, planned: bool) -> None:
        initial = {"version": notice.version}
        if notice.published_at:
            initial |= {"when": "hour", "published_at": notice.published_at}
        super().__init__(data, initial=initial)
        say_plainly(self)
        notes = {
            "now": "随活动发布公开" if planned else "马上公开",
            "hour": "到这个时间以前，别人看不到，您还可以改",
        }
        self.fields["when"].widget.notes = notes

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        asked = data.get("when") == "hour" and "published_at" not in self.errors
        if asked and not data.get("published_at"):
            self.add_error("published_at", "请填公开的时间。")
        return data


class WithdrawForm(PortalForm):
    reason = ReasonField(help_text="会写在通知的页面上，大家都看得到")
    confirmed = forms.BooleanField(
        label="撤回后不能恢复，附件不再提供，我确认撤回",
        error_messages={"required": "请看清后果再勾选。"},
    )


class SearchForm(PortalForm):
    q = forms.CharField(label="找通知", max_length=60, required=False)

    @classmethod
    def words(cls, data: Any) -> str:
        """What is looked for; nothing where the question is no good."""
        form = cls(data)
        form.is_valid()
        return form.cleaned_data.get("q", "")


# --- attachments --------------------------------------------------------------------


class AttachmentForm(VersionedForm):
    """One attachment of a ``kind``; only the fields of that kind are asked."""

    number = forms.CharField(
        label="附件号", max_length=12, help_text="照通知写，例如 1、1-2"
    )
    title = forms.CharField(label="名称", max_length=100)
    audience = forms.ChoiceField(
        label="给谁用", choices=NoticeAttachment.Audience.choices, widget=RadioCards
    )
    category = forms.ModelChoiceField(
        None, label="哪一类的申报表", required=False, empty_label="第一类",
        to_field_name="code",
    )  # fmt: skip
    paragraphs = ParagraphsField(
        label="附件的文字", max_length=20_000, required=False, help_text="一段一行",
        widget=forms.Textarea(attrs={"rows": 12}),
    )  # fmt: skip
    link = forms.ModelChoiceField(
        None, label="哪份通知", required=False, empty_label="请选择",
        to_field_name="slug",
    )  # fmt: skip
    file = forms.FileField(label="文件", required=False)
    # Which of the last four belong to which kind; the others are not shown.
    OF_KIND = {
        Kind.FORM: "category", Kind.TEXT: "paragraphs", Kind.NOTICE: "link",
        Kind.UPLOAD: "file",
    }  # fmt: skip

    def __init__(
        self, data: Any = None, files: Any = None, *,
        notice: Notice, kind: str, at: datetime, found: NoticeAttachment | None = None,
    ) -> None:  # fmt: skip
        initial: dict[str, Any] = {"version": notice.version}
        if found:
            initial |= {n: getattr(found, n) for n in ("number", "title", "audience")}
            initial |= {
                "category": found.category and found.category.code,
                "link": found.link and found.link.slug,
                "paragraphs": "\n".join(found.paragraphs),
            }  # fmt: skip
        else:
            initial |= {"number": rules.next_number(notice), "audience": "filers"}
        super().__init__(data, files, initial=initial)
        self.kind, self.found = kind, found
        self._ask(notice, at)
        say_plainly(self)

    def _ask(self, notice: Notice, at: datetime) -> None:
        own = self.OF_KIND.get(Kind(self.kind))
        for name in set(self.OF_KIND.values()) - {own}:
            del self.fields[name]
        if own == "category":
            self.fields["category"].queryset = notice.campaign.categories.all()
        if own == "link":
            self.fields["link"].queryset = linkable(notice, at)
        if own == "file":
            kept = self.found and self.found.kind == Kind.UPLOAD and self.found.document
            types = " ".join(rules.UPLOADS)
            self.fields["file"].widget.attrs |= {
                "data-file-check": "", "data-types": types, "data-most": rules.LARGEST,
            }  # fmt: skip
            self.fields["file"].help_text = (
                f"现在是“{kept.title}”，选新的就换掉" if kept
                else "PDF、Word、Excel、PPT、图片或 ZIP，不超过 50 MB；可以先不传，公开以前补上"
            )  # fmt: skip

    def clean_number(self) -> str:
        return "".join(self.cleaned_data["number"].split())

    def values(self) -> dict[str, Any]:
        """Cleaned values by name of ``rules.ATTACHMENT_FIELDS``."""
        data = self.cleaned_data
        return {
            "number": data["number"], "title": data["title"], "audience": data["audience"],
            "kind": self.kind, "category": data.get("category"), "link": data.get("link"),
            "paragraphs": lines_of(data.get("paragraphs", "")),
        }  # fmt: skip


def linkable(notice: Notice, at: datetime) -> Any:
    """Notices it may carry as an attachment: the campaign's others, and the public ones
    of the campaign it is forwarded from."""
    campaign = notice.campaign
    above = Notice.objects.readable_at(at).filter(campaign=campaign.higher_id or 0)
    found = Notice.objects.filter(
        Q(campaign=campaign) | Q(pk__in=above), withdrawn_at__isnull=True
    )
    return found.exclude(pk=notice.pk).order_by("campaign", "pk")
