"""Forms of members and invitations. They parse and clean; rules decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator

from qcportal.accounts.models import Membership, Organisation, User
from qcportal.accounts.roles import Duty
from qcportal.campaigns.models import Campaign
from qcportal.entrance.forms import PasswordPair, RefusableForm
from qcportal.people.rules import duties_of
from qcportal.privacy.models import ConsentText
from qcportal.ui.forms import RadioCards

NOTES = {
    Duty.CLERK: "填写、评分、写意见，用纸质盖章扫描件",
    Duty.APPROVER: "还能在送出前确认",
    Duty.SEAL_KEEPER: "还能上传和使用印章图样",
    Duty.MANAGER: "还能确认送出、用印章图样、管理人员",
    Duty.JUDGE: "只看分给自己的材料，看不到单位和小组",
    Duty.RECOMMENDING: "在推荐通道代表本协会，向上级协会推荐",
}
REASON_MISSING = {"required": "请写明原因，会记入操作日志。"}


def _duty_field(duties: tuple[Duty, ...]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="职责",
        choices=[(duty.value, duty.label) for duty in duties],
        widget=RadioCards(notes={duty.value: NOTES[duty] for duty in duties}),
        error_messages={"required": "请选择职责。", "invalid_choice": "请选择职责。"},
    )


class InviteForm(RefusableForm):
    """Whom, as what, by e-mail or by a link to be handed on."""

    name = forms.CharField(
        label="姓名", max_length=19,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写姓名。"},
    )  # fmt: skip
    email = forms.EmailField(
        label="电子邮箱", required=False, max_length=100,
        help_text="不填也行：生成链接后，您自己发给他。",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"invalid": "邮箱的写法不对，例如 wang@example.com。"},
    )  # fmt: skip
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), label="活动", required=False, to_field_name="code",
        empty_label="请选择", help_text="评审专家必选；秘书处人员选了就能办理这个活动。",
        error_messages={"invalid_choice": "请重新选择活动。"},
    )  # fmt: skip

    def __init__(
        self, *args: Any, organisation: Organisation, campaigns: Any,
        first: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        """``first``: only the manager, who then invites the others."""
        super().__init__(*args, **kwargs)
        duties = (Duty.MANAGER,) if first else duties_of(organisation)
        self.fields["duty"] = _duty_field(duties)
        self.fields["duty"].initial = Duty.MANAGER if first else None
        if Duty.JUDGE in duties:
            self.fields["campaign"].queryset = campaigns
            self.order_fields(["name", "duty", "campaign", "email"])
        else:
            del self.fields["campaign"]
            self.order_fields(["name", "duty", "email"])


class DutyForm(RefusableForm):
    def __init__(self, *args: Any, seat: Membership, **kwargs: Any) -> None:
        super().__init__(*args, initial={"duty": seat.duty}, prefix="duty", **kwargs)
        duties = tuple(d for d in duties_of(seat.organisation) if d != Duty.JUDGE)
        self.fields["duty"] = _duty_field(duties)


class HandOverForm(RefusableForm):
    successor = forms.ModelChoiceField(
        Membership.objects.none(), label="交接给", to_field_name="key",
        empty_label="请选择同事",
        error_messages={"required": "请选择接手的同事。", "invalid_choice": "请选择接手的同事。"},
    )  # fmt: skip

    def __init__(self, *args: Any, seat: Membership, **kwargs: Any) -> None:
        super().__init__(*args, prefix="hand_over", **kwargs)
        field = self.fields["successor"]
        field.queryset = (
            Membership.objects.in_force()
            .filter(organisation=seat.organisation)
            .exclude(user=seat.user_id)
            .exclude(duty=Duty.JUDGE)
            .select_related("user")
        )
        field.label_from_instance = lambda one: (
            f"{one.user.name}（{one.get_duty_display()}）"
        )


class EndForm(RefusableForm):
    reason = forms.CharField(
        label="原因", max_length=200, error_messages=REASON_MISSING,
        help_text="例如：已调离。会记入操作日志。",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="end", **kwargs)


class FactorForm(RefusableForm):
    reason = forms.CharField(
        label="原因", max_length=200, error_messages=REASON_MISSING,
        help_text="例如：手机丢了，已当面核对本人。会记入操作日志，本人也会收到通知。",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="factor", **kwargs)


class StandInForm(RefusableForm):
    reason = forms.CharField(
        label="为什么要代办", max_length=200, error_messages=REASON_MISSING,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：来电说上传不了附件，请秘书处帮看。会记入操作日志。",
    )  # fmt: skip


class NewAccountForm(PasswordPair):
    """A user name and a password, for who has no account yet."""

    field_order = ("username", "name", "password", "again", "agreed")

    username = forms.CharField(
        label="用户名", min_length=4, max_length=19,
        help_text="4 到 19 个字，可用字母、数字、汉字和 @ . + - _，以后用它登录。",
        validators=[UnicodeUsernameValidator(message="用户名只能用字母、数字、汉字和 @ . + - _。")],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        error_messages={"required": "请想一个用户名。", "min_length": "用户名至少 4 个字。"},
    )  # fmt: skip
    name = forms.CharField(
        label="姓名", max_length=19, error_messages={"required": "请填写姓名。"},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    agreed = forms.BooleanField(
        label="我看过个人信息处理同意书，同意",
        error_messages={"required": "请看过并勾选同意，再继续。"},
    )  # fmt: skip

    def __init__(self, *args: Any, consent: ConsentText | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if consent is None:
            del self.fields["agreed"]

    def whose(self, given: dict[str, Any]) -> User:
        return User(username=given.get("username", ""), name=given.get("name", ""))
