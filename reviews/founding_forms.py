"""The form of a new association or recommending body. It parses and cleans."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation, RecommenderClass
from qcportal.accounts.roles import Role
from qcportal.campaigns import access
from qcportal.campaigns.models import Campaign
from qcportal.people.forms import RefusableForm
from qcportal.registrations import register
from qcportal.registrations.forms import CreditCodeField, postcode_field
from qcportal.registrations.founding import Founding, Kind
from qcportal.ui.forms import RadioCards

NOTES = {
    Kind.RECOMMENDER: "区县、行业质量协会，集团公司等：核对单位，推荐成果",
    Kind.BELOW: "有自己的活动，也可以在本协会的活动里推荐",
    Kind.ABOVE: "本协会向它推荐，例如上一级协会",
}


class Associations(forms.ModelChoiceField):
    """An association by its key; a key that cannot be one names nobody."""

    def to_python(self, value: Any) -> Organisation | None:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError("请重新选协会。", code="invalid_choice") from None


class FoundingForm(RefusableForm):
    kind = forms.ChoiceField(
        label="登记哪一种", choices=[(k.value, k.label) for k in NOTES],
        widget=RadioCards(notes={k.value: words for k, words in NOTES.items()}),
        error_messages={"required": "请选登记哪一种。", "invalid_choice": "请选登记哪一种。"},
    )  # fmt: skip
    relative = Associations(
        Organisation.objects.none(), label="和哪家协会相连", to_field_name="key",
        empty_label=None, help_text="推荐单位、下级协会挂在它下面；上级协会在它上面。",
        error_messages={"required": "请选协会。", "invalid_choice": "请重新选协会。"},
    )  # fmt: skip
    name = forms.CharField(
        label="全称", max_length=80, help_text="与公章一致",
        error_messages={"required": "请填写全称。"},
    )  # fmt: skip
    short_name = forms.CharField(label="简称", max_length=40, required=False)
    letters = forms.RegexField(
        r"^[A-Za-z]{1,8}$", label="字母代码", required=False, max_length=8,
        help_text="编号里用，例如 PD",
        error_messages={"invalid": "字母代码是 1 到 8 个字母。"},
    )  # fmt: skip
    credit_code = CreditCodeField(help_text="18 位；没有的可以不填")
    recommender_class = forms.ChoiceField(
        label="推荐单位类别", required=False,
        choices=[("", "请选择"), *RecommenderClass.choices],
        help_text="推荐单位必选；下级协会按它算名额。",
    )  # fmt: skip
    region = forms.CharField(label="地区", max_length=40, required=False)
    address = forms.CharField(label="通信地址", max_length=100, required=False)
    postcode = postcode_field()
    campaigns = forms.ModelMultipleChoiceField(
        Campaign.objects.none(), label="授权它在哪些活动里推荐", required=False,
        to_field_name="code", widget=forms.CheckboxSelectMultiple,
        help_text="只对下级协会有用；推荐单位不用授权。以后随时可以改。",
        error_messages={"invalid_choice": "请重新选活动。"},
    )  # fmt: skip
    manager = forms.CharField(
        label="第一位管理员的姓名", max_length=19,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写管理员的姓名。"},
    )  # fmt: skip
    email = forms.EmailField(
        label="他的电子邮箱", required=False, max_length=100,
        help_text="不填也行：登记后把邀请链接发给他。",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "邮箱的写法不对，例如 wang@example.com。"},
    )  # fmt: skip

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "kind": Kind.RECOMMENDER,
            "relative": actor.organisation.key,
        }
        super().__init__(*args, **kwargs)
        known = register.of_desk(actor).filter(tier=Role.ASSOCIATION, is_active=True)
        self.fields["relative"].queryset = known
        self.fields["campaigns"].queryset = access.run_by(actor)

    def clean_letters(self) -> str:
        return self.cleaned_data["letters"].upper()

    def founding(self) -> tuple[Founding, list[Campaign], str, str]:
        """(the organisation, campaigns, the manager's name and mail)."""
        given = dict(self.cleaned_data)
        campaigns = list(given.pop("campaigns"))
        manager, email = given.pop("manager"), given.pop("email")
        return Founding(**given), campaigns, manager, email
