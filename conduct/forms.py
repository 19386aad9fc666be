"""What the pages of complaints and cases take in. They parse and clean only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.utils import timezone

from conduct.actions import Said
from conduct.models import Case, PendingDecision
from conduct.rules import ANSWERING, CHOICES
from qcportal.accounts.models import Organisation, User
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign, Standing
from qcportal.documents import uploads
from qcportal.refusals import Refused
from qcportal.ui.forms import ParagraphsField, RadioCards
from submissions.models import Submission
from submissions.year_forms import DayField, RefusableForm, SeveralFiles

FILE_KINDS = ("jpg", "png", "pdf", "docx", "xlsx")
FILE_MOST = 20 * 1024 * 1024
MOST_FILES = 6
SALT = "conduct.complaint"
LEAST_SECONDS, MOST_HOURS = 3, 24
CLOSING_HOUR = 17
_AT_MOST = {n: MaxLengthValidator(n, f"请写在 {n} 字以内。") for n in (30, 40, 80)}


class CaseFiles(forms.FileField):
    """Several files at once, told by content; cleaned to [(upload, Inspected)]."""

    def __init__(self, **given: Any) -> None:
        attrs = {
            "accept": ".jpg,.jpeg,.png,.pdf,.docx,.xlsx", "data-file-check": True,
            "data-types": "jpg jpeg png pdf docx xlsx", "data-most": FILE_MOST,
        }  # fmt: skip
        given.setdefault("label", "材料")
        given.setdefault(
            "help_text",
            f"截图、照片、PDF、Word、Excel，最多 {MOST_FILES} 份，每份不超过 20 MB。不得上传涉密内容。",
        )
        super().__init__(widget=SeveralFiles(attrs=attrs), required=False, **given)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        if len(given) > MOST_FILES:
            raise forms.ValidationError(f"一次最多 {MOST_FILES} 份，请分几次补充。")
        found, said = [], []
        for upload in given:
            try:
                found.append((upload, uploads.inspect(upload, FILE_KINDS, FILE_MOST)))
            except Refused as refused:
                said += [refusal.message for refusal in refused.refusals]
        if said:
            raise forms.ValidationError(said)
        return found


def body_names() -> list[str]:
    """Recommending bodies on the register, for the list under the field."""
    rows = Organisation.objects.in_use().filter(tier=Role.RECOMMENDER)
    return list(rows.order_by("name").values_list("name", flat=True)[:500])


def body_called(name: str, host: Organisation) -> Organisation | None:
    """The one unit or recommending body of exactly this name; None if none or two, or
    if it is the association itself, which cannot ask itself."""
    rows = Organisation.objects.exclude(pk=host.pk).filter(
        name=name.strip(), tier__in=ANSWERING, is_active=True
    )
    found = list(rows[:2])
    return found[0] if len(found) == 1 else None


class ComplaintForm(RefusableForm):
    """The complaint box. Beside what is asked: a field people do not see, and when the
    page was opened; machines fill the one and are too quick for the other."""

    campaign = forms.ChoiceField(
        label="哪个活动",
        error_messages={
            "required": "请选哪个活动。",
            "invalid_choice": "请选哪个活动。",
        },
    )
    kind = forms.ChoiceField(
        label="反映什么", choices=Case.Kind.choices, error_messages={"required": "请选反映什么。", "invalid_choice": "请选反映什么。"},
        widget=RadioCards(notes={
            "fee": "有人以推荐、评审、培训、辅导等名义收钱",
            "quota": "名额分配、排序、推荐不公开不公平",
            "fraud": "材料、数据、活动记录不真实，或抄袭",
            "other": "其他违反通知的做法",
        }),
    )  # fmt: skip
    body_name = forms.CharField(
        label="涉及哪家单位", validators=[_AT_MOST[80]],
        help_text="写全称；推荐单位可以从列表里选。",
        widget=forms.TextInput(attrs={"list": "bodies", "autocomplete": "off"}),
        error_messages={"required": "请写涉及哪家单位，不清楚全称就写您知道的。"},
    )  # fmt: skip
    text = ParagraphsField(
        label="情况", max_length=2000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="什么时候、谁、怎么做的、多少钱或哪项成果。越具体越好核实。",
        validators=[MinLengthValidator(10, "请写具体一些，至少 10 个字。")],
        error_messages={"required": "请写情况。"},
    )  # fmt: skip
    files = CaseFiles()
    named = forms.ChoiceField(
        label="怎么联系您", choices=[("no", "匿名"), ("yes", "留联系方式")], initial="no",
        widget=RadioCards(notes={
            "no": "凭查询码看办理情况、补充材料",
            "yes": "只有秘书处的承办人看得到，不会告诉涉及的单位",
        }),
        error_messages={"required": "请选匿名还是留联系方式。", "invalid_choice": "请选匿名还是留联系方式。"},
    )  # fmt: skip
    name = forms.CharField(label="称呼", required=False, validators=[_AT_MOST[40]])
    phone = forms.CharField(label="电话", required=False, validators=[_AT_MOST[30]])
    email = forms.EmailField(
        label="邮箱", required=False, help_text="留了邮箱，查询码和办理进展会发给您。",
        error_messages={"invalid": "邮箱写得不对，例如 name@example.cn。"},
    )  # fmt: skip
    website = forms.CharField(
        label="这一格请空着", required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )  # fmt: skip
    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, campaigns: Sequence[Campaign], at: datetime, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.campaigns = {one.code: one for one in campaigns}
        self.at = at
        choices = [(one.code, one.name) for one in campaigns]
        self.fields["campaign"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["campaign"].initial = choices[0][0]
            self.fields["campaign"].widget = forms.HiddenInput()

    @property
    def fresh_stamp(self) -> str:
        """What the hidden field carries: when this page was made, signed."""
        return signing.dumps(self.at.isoformat(), salt=SALT)

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError("“这一格请空着”里有内容，请删掉再提交。")
        return ""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._by_a_person(given.get("opened", ""))
        if given.get("named") == "yes" and not self.errors:
            if not given.get("name"):
                self.add_error("name", "请写怎么称呼您。")
            if not given.get("phone") and not given.get("email"):
                self.add_error("phone", "请留电话或邮箱，至少一样。")
        return given

    def _by_a_person(self, stamp: str) -> None:
        """An unsigned, old or too quick page is asked to be sent once more."""
        try:
            opened = datetime.fromisoformat(signing.loads(stamp, salt=SALT))
            age = self.at - opened
        except (signing.BadSignature, ValueError, TypeError):
            age = timedelta(0)
        if not timedelta(seconds=LEAST_SECONDS) <= age <= timedelta(hours=MOST_HOURS):
            self.add_error(None, "请核对一遍，过几秒再点一次“提交”。您写的都还在。")

    def said(self) -> Said:
        """What ``actions.complain`` takes. Anonymous: what was typed is dropped."""
        given = self.cleaned_data
        named = given["named"] == "yes"
        campaign = self.campaigns[given["campaign"]]
        return Said(
            kind=given["kind"], text=given["text"], campaign=campaign,
            body=body_called(given["body_name"], campaign.host), body_name=given["body_name"],
            name=given["name"] if named else "", phone=given["phone"] if named else "",
            email=given["email"] if named else "", files=given["files"],
        )  # fmt: skip


class AddForm(RefusableForm):
    """What the complainant adds by the receipt, or the body answers."""

    text = ParagraphsField(
        label="补充说明", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "请写要补充的内容。"},
    )  # fmt: skip
    files = CaseFiles()


class AnswerForm(AddForm):
    text = ParagraphsField(
        label="情况说明", max_length=4000, widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "请写情况说明。"},
    )  # fmt: skip


class OwnFindingForm(RefusableForm):
    """The association opens a case by itself."""

    campaign = forms.ChoiceField(label="哪个活动")
    kind = forms.ChoiceField(
        label="类别",
        choices=Case.Kind.choices,
        error_messages={"required": "请选类别。", "invalid_choice": "请选类别。"},
    )
    body_name = forms.CharField(
        label="涉及哪家单位", validators=[_AT_MOST[80]],
        widget=forms.TextInput(attrs={"list": "bodies", "autocomplete": "off"}),
        error_messages={"required": "请写涉及哪家单位。"},
    )  # fmt: skip
    text = ParagraphsField(
        label="发现了什么", max_length=2000, widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "请写发现了什么。"},
    )  # fmt: skip
    files = CaseFiles()

    def __init__(
        self, campaigns: Sequence[Campaign], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.campaigns = {one.code: one for one in campaigns}
        choices = [(one.code, one.name) for one in campaigns]
        self.fields["campaign"].choices = choices  # type: ignore[attr-defined]

    @property
    def facts(self) -> dict[str, Any]:
        given = self.cleaned_data
        campaign = self.campaigns[given["campaign"]]
        return {
            "kind": given["kind"], "text": given["text"], "files": given["files"],
            "campaign": campaign,
            "body": body_called(given["body_name"], campaign.host), "body_name": given["body_name"],
        }  # fmt: skip


# --- acts in a case: one small form each, all posted to the case's page --------------------


class ActForm(RefusableForm):
    """``act`` and ``version`` travel hidden; ``version`` is the one the page showed."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_version(self) -> int:
        return (
            self.cleaned_data["version"]
            if self.cleaned_data["version"] is not None
            else -1
        )


class PlainForm(ActForm):
    """Nothing but the button."""


class ReasonForm(ActForm):
    comment = ParagraphsField(
        label="原因", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写原因。"},
    )  # fmt: skip


class NoteForm(ActForm):
    comment = ParagraphsField(
        label="内部记录", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="只有秘书处看得到。", error_messages={"required": "请写要记下的内容。"},
    )  # fmt: skip


class TransferForm(ActForm):
    to = forms.ChoiceField(
        label="转交给", error_messages={"required": "请选承办人。", "invalid_choice": "请选本协会的一位经办人。"}
    )  # fmt: skip

    def __init__(self, people: Sequence[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(one.pk): one for one in people}
        choices = [("", "请选"), *((pk, one.name) for pk, one in self.people.items())]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]


class BodyForm(ActForm):
    body = forms.CharField(
        label="涉及的登记单位", validators=[_AT_MOST[80]], help_text="写登记的全称。",
        widget=forms.TextInput(attrs={"list": "bodies", "autocomplete": "off"}),
        error_messages={"required": "请写登记的全称。"},
    )  # fmt: skip

    def __init__(self, host: Organisation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.host = host

    def clean_body(self) -> Organisation:
        found = body_called(self.cleaned_data["body"], self.host)
        if found is None:
            raise forms.ValidationError("登记里没有这个全称的推荐单位或单位，请核对。")
        return found


class NearDay(DayField):
    """A day of this century: any other is a slip of the hand."""

    def clean(self, value: Any) -> date | None:
        day = super().clean(value)
        if day is not None and not 2000 <= day.year < 2100:
            raise forms.ValidationError("请核对年份，例如 2020-07-12。")
        return day


def start_of(day: date) -> datetime:
    """0:00 of a day, Shanghai's clock."""
    return datetime.combine(day, time(0), timezone.get_default_timezone())


def end_of(day: date) -> datetime:
    """17:00 of a day, Shanghai's clock."""
    return datetime.combine(day, time(CLOSING_HOUR), timezone.get_default_timezone())


class AskForm(ActForm):
    question = ParagraphsField(
        label="请对方说明什么", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="对方会看到这段话。不要写反映人是谁，也不要原样抄反映的内容。",
        error_messages={"required": "请写请对方说明什么，对方会看到。"},
    )  # fmt: skip
    due_at = NearDay(label="说明期限", help_text="到这一天 17:00 为止。")

    def clean_due_at(self) -> datetime:
        return end_of(self.cleaned_data["due_at"])


class ExtendForm(ReasonForm):
    due_at = NearDay(label="延到", help_text="到这一天 17:00 为止。")

    def clean_due_at(self) -> datetime:
        return end_of(self.cleaned_data["due_at"])


class ConcludeForm(ActForm):
    finding = forms.ChoiceField(
        label="认定", choices=Case.Finding.choices, widget=RadioCards,
        error_messages={"required": "请选认定结果。", "invalid_choice": "请选认定结果。"},
    )  # fmt: skip
    words = ParagraphsField(
        label="结论和理由", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="反映人和对方都会看到。不要写反映人是谁。",
        error_messages={"required": "请写结论和理由。"},
    )  # fmt: skip


class LossForm(ActForm):
    """The loss of the right, and a choice for every pending result."""

    kind = forms.ChoiceField(
        label="怎么处理", choices=Standing.Kind.choices, widget=RadioCards(notes={
            "suspended": "到期自动恢复", "struck_off": "没有期限，要恢复须另作决定",
        }), error_messages={"required": "请选暂停还是取消。", "invalid_choice": "请选暂停还是取消。"},
    )  # fmt: skip
    begins_on = NearDay(label="从哪一天起", help_text="从这一天 0:00 起。")
    ends_on = NearDay(
        label="到哪一天为止", required=False, help_text="只有暂停要填，到这一天 24:00。"
    )
    reason = forms.CharField(
        label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="对方、班组和单位都会看到。不要写反映人是谁。",
        error_messages={"required": "请写原因。"},
    )  # fmt: skip
    until = NearDay(
        label="退回另选的期限", required=False, help_text="有退回另选的才填；到这一天 17:00，申报、盖章和推荐对这几项延到这时。",
    )  # fmt: skip

    rest = forms.ChoiceField(
        label="没有单独选的，都按", required=False,
        choices=[("", "不统一，逐项决定"), *PendingDecision.Choice.choices],
    )  # fmt: skip

    def __init__(self, rows: Sequence[Submission], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            given = [(c.value, c.label) for c in CHOICES[row.state_enum]]
            self.fields[f"choice-{row.code}"] = forms.ChoiceField(
                label=f"{row.code} 怎么办",
                choices=[("", "请选"), *given],
                required=False,
            )

    @property
    def table(self) -> list[tuple[Submission, Any]]:
        return [(row, self[f"choice-{row.code}"]) for row in self.rows]

    @property
    def choices(self) -> dict[str, str]:
        """受理编号 → its own choice, else the one for the rest."""
        rest = self.cleaned_data["rest"]
        found = {
            row.code: self.cleaned_data[f"choice-{row.code}"] or rest
            for row in self.rows
        }
        return {code: choice for code, choice in found.items() if choice}

    @property
    def begins_at(self) -> datetime:
        return start_of(self.cleaned_data["begins_on"])

    @property
    def ends_at(self) -> datetime | None:
        day = self.cleaned_data["ends_on"]
        return start_of(day + timedelta(days=1)) if day else None

    @property
    def until_at(self) -> datetime | None:
        day = self.cleaned_data["until"]
        return end_of(day) if day else None


class LedgerFilters(forms.Form):
    """Values that name nothing are left out, never an error page."""

    q = forms.CharField(label="案件编号或涉及单位", required=False, max_length=60)
    state = forms.ChoiceField(
        label="状态", required=False,
        choices=[("", "全部状态"), ("open", "没办结的"), *Case.State.choices],
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="类别", required=False, choices=[("", "全部类别"), *Case.Kind.choices]
    )
    mine = forms.BooleanField(label="我承办的", required=False)

    @property
    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
