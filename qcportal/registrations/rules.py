"""Why an application, a decision or a change of the register may not be. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from qcportal.accounts import contacts
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Membership, Organisation, User
from qcportal.accounts.names import code_fault
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.refusals import Refusal
from qcportal.registrations import register
from qcportal.registrations.models import (
    OPEN_STATES,
    AffiliationRequest,
    Registration,
    RegistrationState,
)
from qcportal.ui import identity

USERNAME_TAKEN = "这个用户名有人用了，请换一个。"
TAKEN_MEANWHILE = "名称、信用代码或用户名刚刚被别人登记了，请刷新页面再看。"
WHERE = {
    RegistrationState.APPROVED: "已经开通",
    RegistrationState.REFUSED: "已经办结（未通过）",
    RegistrationState.RETURNED: "已经退回修改",
    RegistrationState.WITHDRAWN: "已由申请人撤回",
}


@dataclass
class Application:
    """What an applicant gave, cleaned; ``password`` is a hash or, on correction, "".
    ``user``: who applies signed in; then there is no password, and the names are his."""

    channel: str
    person: str
    username: str
    password: str = ""
    email: str = ""
    mobile: str = ""
    joins: Organisation | None = None
    organisation_name: str = ""
    department: str = ""
    unit: Organisation | None = None
    unit_name: str = ""
    credit_code: str = ""
    address: str = ""
    postcode: str = ""
    region: str = ""
    industry: str = ""
    recommender: Organisation | None = None
    recommender_class: str = ""
    agreed: bool = field(default=False)
    user: User | None = None


def why_not_apply(
    given: Application, own: Registration | None = None
) -> Iterator[Refusal]:
    """``own`` is the returned application that is sent again."""
    if register.host() is None:
        yield Refusal("no_host", "平台还没有开放的活动，暂时不能申请，请打秘书处电话。")
    if not given.agreed:
        yield Refusal("not_agreed", "请看过并勾选同意，再提交申请。", "agreed")
    if given.user is None:
        yield from username_faults(given.username, own)
    else:
        yield from account_faults(given, given.user, own)
    if given.joins is None:
        yield from _new_organisation_faults(given)


def account_faults(
    given: Application, user: User, own: Registration | None = None
) -> Iterator[Refusal]:
    """``seated_already``; ``applied_already``: for the same organisation, still open."""
    if given.joins is not None:
        seats = Membership.objects.in_force().filter(user=user)
        if seats.filter(organisation=given.joins).exists():
            yield Refusal(
                "seated_already",
                f"您已经能代表“{given.joins.name}”办理，在右上角切换身份就行。",
            )
    rows = Registration.objects.filter(
        user=user, status__in=OPEN_STATES, has_account=True
    )
    if own is not None:
        rows = rows.exclude(pk=own.pk)
    wanted = {"joins": given.joins} if given.joins else {
        "channel": given.channel, "organisation_name": given.organisation_name,
    }  # fmt: skip
    open_one = rows.filter(**wanted).first()
    if open_one is not None:
        yield Refusal(
            "applied_already",
            f"您已经申请过，正在办。凭查询码 {open_one.code} 可以看办到哪一步。",
        )


def username_faults(
    username: str, own: Registration | None = None
) -> Iterator[Refusal]:
    """``username_taken``: by a person, or by an application that is still open."""
    if register.usernames_taken([username], own.pk if own else None):
        yield Refusal("username_taken", USERNAME_TAKEN, "username")


def _new_organisation_faults(given: Application) -> Iterator[Refusal]:
    if given.channel == Role.GROUP:
        if given.unit is not None:
            yield from name_faults(
                Role.GROUP, given.organisation_name, given.unit, "organisation_name"
            )
            return
        yield from name_faults(Role.UNIT, given.unit_name, None, "unit_name")
    else:
        yield from name_faults(
            given.channel, given.organisation_name, None, "organisation_name"
        )
    yield from code_faults(given.credit_code)
    if given.channel != Role.RECOMMENDER and given.recommender is None:
        yield Refusal("recommender_missing", "请选推荐单位，由它核对。", "recommender")


class Register(Protocol):
    """Whoever knows names and codes: the module ``register``, or its ``Index``."""

    def same_name(
        self, tier: str, name: str, parent: Organisation | None
    ) -> Organisation | None: ...
    def coded(self, code: str) -> Organisation | None: ...


def name_faults(
    tier: str, name: str, parent: Organisation | None, at_field: str,
    own: Organisation | None = None, known: Register = register,
) -> Iterator[Refusal]:  # fmt: skip
    """``name_registered``: in use already, also if only brackets or blanks differ."""
    found = known.same_name(tier, name, parent)
    if found is not None and found != own:
        yield Refusal(
            "name_registered",
            f"“{found.name}”已经登记过，请不要重复登记，改为加入它。",
            at_field,
        )


def code_faults(
    code: str, own: Organisation | None = None, known: Register = register
) -> Iterator[Refusal]:
    """``code_wrong``, ``code_registered``; an empty code is nobody's."""
    if not code:
        return
    fault = code_fault(code)
    if fault:
        yield Refusal("code_wrong", fault, "credit_code")
        return
    found = known.coded(code)
    if found is not None and found is not own and found != own:
        yield Refusal(
            "code_registered",
            f"这个代码登记在“{found.name}”名下，请改为加入它；不是同一家请打秘书处电话。",
            "credit_code",
        )


# --- deciding -----------------------------------------------------------------------


def why_not_decide(registration: Registration, actor: Actor) -> Iterator[Refusal]:
    """``already_decided``, ``not_manager``, ``wrong_desk``."""
    if registration.status != RegistrationState.WAITING:
        who = registration.decided_by_name or "申请人"
        said = WHERE[RegistrationState(registration.status)]
        yield Refusal("already_decided", f"这份申请{said}（{who}），不用再办。")
        return
    if not actor.may("manage_members"):
        yield Refusal("not_manager", "只有本单位的管理员能核对申请，请他登录后办理。")
    if actor.organisation.pk not in deciding_bodies(registration):
        yield Refusal("wrong_desk", f"这份申请现在由{deciders(registration)}核对。")


def deciding_bodies(registration: Registration) -> set[int | None]:
    """Organisations whose managers may decide now; the association always may."""
    return {registration.association_id, *(o.pk for o in _near(registration))}


def may_see_mobile(registration: Registration, actor: Actor | None) -> bool:
    """Those who knew or know the applicant's organisation, and the secretariat."""
    return contacts.may_see_mobile(
        actor, own=registration.joins, above=_near(registration),
        host=registration.association,
    )  # fmt: skip


def _near(registration: Registration) -> list[Organisation]:
    """Who, beside the association, knows the applicant's organisation."""
    if registration.channel == Role.GROUP:
        near = (
            registration.recommender if registration.unit_first else registration.unit
        )
    elif registration.joins is not None:
        near = registration.joins
    else:
        near = registration.recommender
    return [near] if near else []


def deciders(registration: Registration) -> str:
    """In words: 浦东新区质量协会或秘书处."""
    names = [o.name for o in _near(registration) if register.has_manager(o)]
    return "或".join([*names, "秘书处"])


def why_not_approve(registration: Registration, actor: Actor) -> Iterator[Refusal]:
    """A decision, and nobody took the name or the code in the meantime."""
    yield from why_not_decide(registration, actor)
    if registration.status != RegistrationState.WAITING:
        return
    if registration.unit_first:
        yield Refusal("unit_first", "请先核对它所在的单位，再核对小组。")
    if registration.joins is not None:
        if not registration.joins.is_active:
            yield Refusal("joins_ended", "要加入的单位已停用，请退回或不通过。")
    else:
        yield from name_faults(
            registration.channel, registration.organisation_name, registration.unit, ""
        )
        if registration.channel != Role.GROUP:
            yield from code_faults(registration.credit_code)
    if registration.has_account:
        if not (registration.user and registration.user.is_active):
            yield Refusal("account_ended", "申请人的账号已停用，请不通过。")
    elif User.objects.filter(username__iexact=registration.username).exists():
        yield Refusal(
            "username_taken", "用户名已被别人用了，请退回，让申请人换一个再送来。"
        )


def why_not_approve_unit(
    registration: Registration, actor: Actor, existing: Organisation | None
) -> Iterator[Refusal]:
    """The proposed unit of a group: taken up, or found to be ``existing``."""
    yield from why_not_decide(registration, actor)
    if registration.status != RegistrationState.WAITING:
        return
    if not registration.unit_first:
        yield Refusal("unit_decided", "它所在的单位已经核对过，请核对小组。")
    elif existing is None:
        yield from name_faults(Role.UNIT, registration.unit_name, None, "")
        yield from code_faults(registration.credit_code)
    elif existing.tier != Role.UNIT or not existing.is_active:
        yield Refusal("not_a_unit", "请选一家在用的单位。")


def why_not_say_no(
    registration: Registration, actor: Actor, reason: str
) -> Iterator[Refusal]:
    """``reason_missing``, ``reason_too_long`` beside the common ones."""
    yield from why_not_decide(registration, actor)
    yield from reason_faults(reason, 300)


def reason_faults(reason: str, most: int = 200) -> Iterator[Refusal]:
    if not reason.strip():
        yield Refusal("reason_missing", "请写明原因，对方看得到。", "reason")
    elif len(reason.strip()) > most:
        yield Refusal("reason_too_long", f"原因请写在 {most} 字以内。", "reason")
    if identity.holds_number(reason):
        yield Refusal("identity_number", identity.SENTENCE, "reason")


def why_not_correct(registration: Registration) -> Iterator[Refusal]:
    if registration.status != RegistrationState.RETURNED:
        yield Refusal("not_returned", "这份申请现在不能改，请看下面办到了哪一步。")


def why_not_withdraw(registration: Registration) -> Iterator[Refusal]:
    if not registration.is_open:
        yield Refusal("not_open", "这份申请已经办结，不能撤回。")


def standing_words(registration: Registration) -> str:
    """Where an application stands, for the person who tries to sign in."""
    channel = CHANNELS[Role(registration.channel)]
    match registration.status:
        case RegistrationState.WAITING:
            return (
                f"您的{channel}申请正等{deciders(registration)}核对，通过后就能登录。"
            )
        case RegistrationState.RETURNED:
            return f"您的{channel}申请被退回修改，请按原因改好后再送。"
        case _:
            return f"您的{channel}申请没有通过，原因在申请页上。"


# --- affiliations -------------------------------------------------------------------


def why_not_ask_affiliation(
    unit: Organisation, recommender: Organisation, actor: Actor
) -> Iterator[Refusal]:
    """``not_manager``, ``affiliated``, ``asked``, ``no_host``."""
    if not actor.may("manage_members"):
        yield Refusal("not_manager", "只有本单位的管理员能申请，请他登录后办理。")
    if register.host() is None:
        yield Refusal("no_host", "平台还没有开放的活动，请打秘书处电话。")
    if Affiliation.objects.filter(unit=unit, recommender=recommender).exists():
        yield Refusal("affiliated", "已经是本单位的推荐单位了。", "recommender")
    waiting = AffiliationRequest.State.WAITING
    if AffiliationRequest.objects.filter(
        unit=unit, recommender=recommender, status=waiting
    ).exists():
        yield Refusal("asked", "已经申请过，正等对方确认。", "recommender")


def why_not_answer_affiliation(
    asked: AffiliationRequest, actor: Actor
) -> Iterator[Refusal]:
    if asked.status != AffiliationRequest.State.WAITING:
        yield Refusal(
            "already_decided",
            f"这份申请{asked.get_status_display()}（{asked.decided_by_name}），不用再办。",
        )
    if not actor.may("manage_members"):
        yield Refusal("not_manager", "只有本单位的管理员能确认，请他登录后办理。")


def why_not_end_affiliation(
    affiliation: Affiliation, actor: Actor
) -> Iterator[Refusal]:
    """A unit keeps one body at least; the association may end any."""
    if not actor.may("manage_members"):
        yield Refusal("not_manager", "只有管理员能改隶属关系，请他登录后办理。")
    others = Affiliation.objects.filter(unit=affiliation.unit).exclude(
        pk=affiliation.pk
    )
    if actor.role != Role.ASSOCIATION and not others.exists():
        yield Refusal("last_affiliation", "至少要留一家推荐单位，请先申请另一家。")


# --- the register -------------------------------------------------------------------


def why_not_keep_register(actor: Actor) -> Iterator[Refusal]:
    if actor.role != Role.ASSOCIATION or not actor.may("manage_members"):
        yield Refusal("not_manager", "只有秘书处的管理员能改登记，请他登录后办理。")


def why_not_keep(organisation: Organisation, actor: Actor) -> Iterator[Refusal]:
    """``not_manager``; ``keeps_itself``: an association with a manager of its own."""
    yield from why_not_keep_register(actor)
    others = organisation.pk != actor.organisation.pk
    if (
        others
        and organisation.tier == Role.ASSOCIATION
        and register.has_manager(organisation)
    ):
        yield Refusal(
            "keeps_itself",
            f"“{organisation.name}”有自己的管理员，名称和登记信息由它自己改。",
        )


def why_not_rename(
    organisation: Organisation, name: str, reason: str, actor: Actor
) -> Iterator[Refusal]:
    yield from why_not_keep(organisation, actor)
    yield from reason_faults(reason)
    if name == organisation.name:
        yield Refusal("nothing_changed", "名称没有变化。", "name")
    yield from name_faults(
        organisation.tier, name, organisation.parent, "name", organisation
    )


def why_not_switch(
    organisation: Organisation, reason: str, actor: Actor, *, active: bool
) -> Iterator[Refusal]:
    """Deactivating, or taking back into use."""
    yield from why_not_keep_register(actor)
    yield from reason_faults(reason)
    if organisation.is_active == active:
        yield Refusal("nothing_changed", "已经是这个状态了，请刷新页面。")
    if organisation.tier == Role.ASSOCIATION:
        yield Refusal("association_stays", "协会不能在这里停用，请联系平台维护人员。")
    if active and organisation.merged_away.filter(undone_at__isnull=True).exists():
        yield Refusal("merged_away", "它已并入另一家，要恢复请撤销合并。")
    if active:
        yield from name_faults(
            organisation.tier, organisation.name, organisation.parent, "", organisation
        )
