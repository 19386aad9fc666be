"""Forms of applications and of the register: they parse and clean, the rules decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from qcportal.accounts import mobiles
from qcportal.accounts.industries import INDUSTRIES
from qcportal.accounts.models import Organisation, RecommenderClass, User
from qcportal.accounts.names import clean_code, code_fault
from qcportal.accounts.roles import Role
from qcportal.registrations.models import Registration
from qcportal.registrations.rules import Application
from qcportal.ui.forms import PortalForm

UNIT_FACTS = ("credit_code", "region", "industry", "address", "postcode")


class CreditCodeField(forms.CharField):
    """Cleaned to upper case and half width; the check character is verified."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "统一社会信用代码")
        kwargs.setdefault("help_text", "营业执照上的 18 位代码；没有营业执照的可以不填")
        super().__init__(max_length=40, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        code = clean_code(super().clean(value))
        fault = code_fault(code) if code else ""
        if fault:
            raise ValidationError(fault, code="code_wrong")
        return code


def industry_field() -> forms.ChoiceField:
    choices = [("", "请选择"), *((name, name) for name in INDUSTRIES)]
    return forms.ChoiceField(label="行业", choices=choices, required=False)


def postcode_field() -> forms.RegexField:
    return forms.RegexField(
        r"^\d{6}$", label="邮编", required=False, max_length=6,
        error_messages={"invalid": "邮编是 6 位数字"},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "postal-code"}),
    )  # fmt: skip


class BodyChoice(forms.ModelChoiceField):
    """A recommending body in use, by its key."""

    def __init__(self, **kwargs: Any) -> None:
        rows = Organisation.objects.in_use().filter(tier=Role.RECOMMENDER)
        super().__init__(
            rows, label="推荐单位", to_field_name="key", empty_label="请选择",
            error_messages={"required": "请选推荐单位", "invalid_choice": "请选推荐单位"},
            **kwargs,
        )  # fmt: skip

    def to_python(self, value: Any) -> Organisation | None:
        """A key that cannot be one is answered as one that names nobody."""
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError("请选推荐单位", code="invalid_choice") from None

    def label_from_instance(self, body: Organisation) -> str:
        return body.name


class ApplicationForm(PortalForm):
    """One form for all channels; ``case`` says which organisation fields it has:
    ``joins``, ``group`` (under a known unit), ``group_unit``, ``unit``, ``recommender``."""

    organisation_name = forms.CharField(label="全称", max_length=80)
    unit_name = forms.CharField(
        label="所在单位全称", max_length=80, help_text="与公章一致"
    )
    recommender_class = forms.ChoiceField(
        label="类别", choices=[("", "请选择"), *RecommenderClass.choices],
        error_messages={"required": "请选类别"},
    )  # fmt: skip
    credit_code = CreditCodeField()
    region = forms.CharField(
        label="地区", max_length=40, required=False, help_text="例如：浦东新区"
    )
    industry = industry_field()
    address = forms.CharField(label="通信地址", max_length=100, required=False)
    postcode = postcode_field()
    department = forms.CharField(label="主管部门", max_length=40, required=False)
    recommender = BodyChoice(help_text="由它核对您的单位；以后还可以加别的推荐单位")
    person = forms.CharField(
        label="您的姓名", max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    username = forms.CharField(
        label="用户名", min_length=4, max_length=40, validators=[UnicodeUsernameValidator()],
        help_text="以后用它登录，4 到 40 个字符，用字母和数字，例如 shenpu-qc",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={"min_length": "用户名至少 4 个字符"},
    )  # fmt: skip
    password1 = forms.CharField(
        label="密码", strip=False, help_text="至少 10 位，不要用太常见的",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    password2 = forms.CharField(
        label="再输一遍密码", strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    email = forms.EmailField(
        label="邮箱", required=False, max_length=150, help_text="核对结果会发到邮箱",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    mobile = forms.CharField(
        label="手机", required=False, max_length=20, help_text="核对时可能打电话给您",
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    agreed = forms.BooleanField(
        label="我已看过，同意", error_messages={"required": "请看过并勾选同意，再提交申请。"}
    )  # fmt: skip

    NAMES = {
        "group": ("小组全称", "department"),
        "group_unit": ("小组全称", "department", "unit_name", "recommender", *UNIT_FACTS),
        "unit": ("单位全称", "department", "recommender", *UNIT_FACTS),
        "recommender": ("推荐单位全称", "recommender_class", *UNIT_FACTS),
    }  # fmt: skip

    def __init__(
        self, *args: Any, case: str, own: Registration | None = None,
        user: User | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """``user``: who applies signed in, and needs no second account."""
        super().__init__(*args, **kwargs)
        self.case, self.own, self.user = case, own, user
        label, *wanted = self.NAMES.get(case, ("",))
        self.fields["organisation_name"].label = label
        organisation = {"organisation_name", *wanted} if label else set()
        person = {"email", "mobile", "agreed"}
        if user is None:
            person |= {"person", "username"}
        if own is None and user is None:
            person |= {"password1", "password2"}
        for name in set(self.fields) - organisation - person:
            del self.fields[name]
        if "department" in self.fields and case.startswith("group"):
            self.fields["department"].label = "小组所在部门"
        if case in ("unit", "recommender"):
            self.fields["organisation_name"].help_text = "与公章一致"
        if own is not None:
            for name in ("email", "mobile"):
                self.fields[name].help_text = "不填就用原来的"
        elif user is not None and user.email:
            self.fields["email"].help_text = "不填就用您账号里的"

    def clean_mobile(self) -> str:
        return mobiles.clean(self.cleaned_data["mobile"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, second = given.get("password1"), given.get("password2")
        if self.own is None and first and second:
            if first != second:
                self.add_error("password2", "两次输入的密码不一样。")
            else:
                self._validate_password(first, given)
        return given

    def _validate_password(self, password: str, given: dict[str, Any]) -> None:
        person = User(username=given.get("username", ""), name=given.get("person", ""))
        try:
            validate_password(password, person)
        except ValidationError as weak:
            self.add_error("password1", weak)

    def application(
        self, channel: str, joins: Organisation | None, unit: Organisation | None
    ) -> Application:
        """What was given, with the password hashed at once."""
        given = dict(self.cleaned_data)
        password = given.pop("password1", "")
        given.pop("password2", None)
        if self.own is not None:
            given["email"] = given["email"] or self.own.email
            given["mobile"] = given["mobile"] or self.own.mobile
        if self.user is not None:
            given |= {"person": self.user.name, "username": self.user.username}
            given["email"] = given["email"] or self.user.email
        if joins is not None and joins.tier == Role.GROUP:
            unit = joins.parent
        return Application(
            channel=channel, joins=joins, unit=unit, user=self.user,
            password=make_password(password) if password else "", **given,
        )  # fmt: skip


class ReasonForm(PortalForm):
    reason = forms.CharField(
        label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明原因", "max_length": "原因请写在 200 字以内"},
    )  # fmt: skip


class RenameForm(ReasonForm):
    name = forms.CharField(label="新的全称（与公章一致）", max_length=80)
    field_order = ("name", "reason")


class FactsForm(PortalForm):
    short_name = forms.CharField(label="简称", max_length=40, required=False)
    credit_code = CreditCodeField(help_text="")
    region = forms.CharField(label="地区", max_length=40, required=False)
    industry = forms.ChoiceField(label="行业", required=False)
    address = forms.CharField(label="通信地址", max_length=100, required=False)
    postcode = postcode_field()
    department = forms.CharField(label="主管部门", max_length=40, required=False)

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        kwargs["initial"] = {n: getattr(organisation, n) for n in self.base_fields}
        super().__init__(*args, **kwargs)
        now = organisation.industry
        listed = [now] if now and now not in INDUSTRIES else []
        names = [(name, name) for name in [*listed, *INDUSTRIES]]
        self.fields["industry"].choices = [("", "没有填"), *names]


class MemberClassForm(PortalForm):
    year = forms.IntegerField(label="年度", min_value=1978, max_value=2100)
    kind = forms.ChoiceField(label="会员类别", choices=RecommenderClass.choices)
    in_good_standing = forms.BooleanField(
        label="会籍正常", required=False, initial=True
    )
    note = forms.CharField(label="备注", max_length=100, required=False)


class AffiliationForm(PortalForm):
    recommender = BodyChoice()
    note = forms.CharField(label="说明", max_length=200, required=False)


class RegisterFilters(PortalForm):
    """Values that name nothing are left out, never an error page."""

    q = forms.CharField(label="找名称、曾用名、信用代码", required=False, max_length=80)
    tier = forms.ChoiceField(label="层级", required=False, choices=[
        ("", "全部层级"), *((t.value, t.label) for t in (Role.UNIT, Role.RECOMMENDER, Role.GROUP)),
        (Role.ASSOCIATION.value, "协会"),
    ])  # fmt: skip
    recommender = forms.ModelChoiceField(
        Organisation.objects.filter(tier=Role.RECOMMENDER), required=False,
        label="推荐单位", to_field_name="key", empty_label="全部推荐单位",
    )  # fmt: skip
    region = forms.CharField(label="地区", required=False, max_length=40)
    use = forms.ChoiceField(label="状态", required=False, choices=[
        ("", "在用"), ("ended", "已停用"), ("all", "全部"),
    ])  # fmt: skip

    @property
    def filters(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
