"""The only writers of applications, affiliations asked for, and the register.

Lock order: the application, then organisations by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, MemberClass, Organisation, User
from qcportal.accounts.roles import Duty, Role
from qcportal.audit.record import record
from qcportal.inbox.actions import tell
from qcportal.inbox.mailing import order
from qcportal.privacy import actions as privacy
from qcportal.privacy.models import ConsentText
from qcportal.refusals import refuse, refuse_if
from qcportal.registrations import chain, entering, notices, register, rules
from qcportal.registrations.entering import FACTS
from qcportal.registrations.models import (
    AffiliationRequest,
    Registration,
    RegistrationState,
    RegistrationStep,
)
from qcportal.registrations.rules import Application
from qcportal.registrations.texts import CONSENT_VERSION, UNDERTAKING_VERSION

GIVEN = (
    "person", "username", "email", "mobile", "joins", "organisation_name", "department",
    "unit", "unit_name", "credit_code", "address", "postcode", "region", "industry",
    "recommender", "recommender_class",
)  # fmt: skip


@contextmanager
def _once() -> Iterator[None]:
    """What the rules found free and somebody took at the same instant is refused."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        refuse("taken_meanwhile", rules.TAKEN_MEANWHILE)


# --- applying -----------------------------------------------------------------------


def apply(given: Application, *, at: datetime, address: str = "") -> Registration:
    """An application, with its code; the desks that may decide are told. ``address``
    is the network's, kept with the consent."""
    refuse_if(rules.why_not_apply(given))
    host, user = register.host(), given.user
    values = {name: getattr(given, name) for name in GIVEN}
    try:
        with transaction.atomic():
            made = Registration.objects.create(
                **values, channel=given.channel, password=given.password,
                association=host, applied_at=at, state_since=at,
                undertaking_version=UNDERTAKING_VERSION if given.channel == Role.UNIT else "",
                consent_version=_consent_version(), user=user, has_account=user is not None,
            )  # fmt: skip
            privacy.agree_applying(made.code, at=at, address=address)
            _step(made, "applied", None, at)
            _tell_deciders(made, at)
    except IntegrityError:  # the same sent twice at once
        if user is not None:
            refuse("applied_already", "您刚刚申请过，正在办。")
        refuse("username_taken", rules.USERNAME_TAKEN, "username")
    return made


def correct(
    registration_id: int, given: Application, *, at: datetime, address: str = ""
) -> None:
    """A returned application, corrected and sent again. The password stays."""
    try:
        with transaction.atomic():
            found = _locked(registration_id)
            refuse_if(rules.why_not_correct(found))
            refuse_if(rules.why_not_apply(given, found))
            for name in GIVEN:
                setattr(found, name, getattr(given, name))
            found.consent_version = _consent_version()
            privacy.agree_applying(found.code, at=at, address=address)
            _enter(
                found,
                RegistrationState.WAITING,
                None,
                at,
                fields=(*GIVEN, "mobile_index", "consent_version"),
            )
            _step(found, "corrected", None, at)
            _tell_deciders(found, at)
    except IntegrityError:
        refuse("username_taken", rules.USERNAME_TAKEN, "username")


@transaction.atomic
def withdraw(registration_id: int, *, at: datetime) -> None:
    """Taken back by the applicant; the password's hash is forgotten."""
    found = _locked(registration_id)
    refuse_if(rules.why_not_withdraw(found))
    found.password = ""
    _enter(found, RegistrationState.WITHDRAWN, None, at, fields=("password",))
    _step(found, "withdrawn", None, at)


# --- deciding -----------------------------------------------------------------------


@transaction.atomic
def approve_unit(
    registration_id: int, existing: Organisation | None, *, by: Actor, at: datetime
) -> Organisation:
    """A group's proposed unit comes onto the register, or is found to be ``existing``."""
    found = _locked(registration_id)
    refuse_if(rules.why_not_approve_unit(found, by, existing))
    with _once():
        unit = existing or _new_organisation(found, Role.UNIT, found.unit_name, by, at)
    if found.recommender is not None:
        _affiliate(unit, found.recommender, by, at)
    found.unit = unit
    found.state_since = at
    found.save(update_fields=["unit", "state_since"])
    _step(found, "unit_approved", by, at)
    _tell_deciders(found, at)
    return unit


@transaction.atomic
def approve(registration_id: int, *, by: Actor, at: datetime) -> Registration:
    """Organisation, person, seat and affiliation, all at once or not at all."""
    found = _locked(registration_id)
    refuse_if(rules.why_not_approve(found, by))
    with _once():
        body = found.joins or _new_organisation(
            found, Role(found.channel), found.organisation_name, by, at
        )
        person = found.user or _person(found)
    if found.channel == Role.UNIT and found.joins is None and found.recommender:
        _affiliate(body, found.recommender, by, at)
    if found.has_account:
        person = User.objects.select_for_update().get(pk=person.pk)
    duty = Duty.CLERK if found.joins else Duty.MANAGER
    grant_seat(person, body, duty, by=by, at=at)
    privacy.adopt(found.code, person)
    found.password, found.made, found.user = "", body, person
    _enter(
        found, RegistrationState.APPROVED, by, at, fields=("password", "made", "user")
    )
    _step(found, "approved", by, at)
    record(by, "registration_approved", found.code, at=at, name=body.name)
    tell(body, "账号已开通", f"{found.person}现在可以代表“{body.name}”办理。", at=at,
         icon="circle-check", tone="ok")  # fmt: skip
    return found


def _person(found: Registration) -> User:
    """The account applied for, with the password chosen then."""
    person = User(username=found.username, name=found.person, email=found.email)
    person.password = found.password
    person.save()
    return person


@transaction.atomic
def give_back(registration_id: int, reason: str, *, by: Actor, at: datetime) -> None:
    """Back to the applicant, with what to change."""
    found = _locked(registration_id)
    refuse_if(rules.why_not_say_no(found, by, reason))
    _enter(found, RegistrationState.RETURNED, by, at)
    _step(found, "returned", by, at, reason)
    record(by, "registration_returned", found.code, at=at, reason=reason.strip())


@transaction.atomic
def say_no(registration_id: int, reason: str, *, by: Actor, at: datetime) -> None:
    """The end of an application, with a reason. The hash stays until the person has
    read the answer at sign-in; it opens nothing."""
    found = _locked(registration_id)
    refuse_if(rules.why_not_say_no(found, by, reason))
    _enter(found, RegistrationState.REFUSED, by, at)
    _step(found, "refused", by, at, reason)
    record(by, "registration_refused", found.code, at=at, reason=reason.strip())


def _consent_version() -> str:
    text = ConsentText.objects.in_force()
    return str(text.version) if text else CONSENT_VERSION


def _locked(registration_id: int) -> Registration:
    Registration.objects.select_for_update().get(pk=registration_id)
    return Registration.objects.with_bodies().get(pk=registration_id)


def _enter(
    found: Registration,
    status: RegistrationState,
    by: Actor | None,
    at: datetime,
    fields: tuple[str, ...] = (),
) -> None:
    found.status, found.state_since = status, at
    found.decided_by_name = f"{by.organisation_name} {by.user_name}" if by else ""
    found.save(update_fields=["status", "state_since", "decided_by_name", *fields])


def _step(
    found: Registration, what: str, by: Actor | None, at: datetime, reason: str = ""
) -> None:
    step = RegistrationStep.objects.create(
        registration=found, what=what, at=at, reason=reason.strip(),
        by_organisation=by.organisation_name if by else "",
        by_name=by.user_name if by else found.person,
    )  # fmt: skip
    if found.email and what in notices.MAILED:
        order(found.email, notices.subject(step), notices.mail_text(step), at=at)


def _tell_deciders(found: Registration, at: datetime) -> None:
    title, body = notices.arrived(found)
    bodies = Organisation.objects.filter(pk__in=rules.deciding_bodies(found))
    for desk in bodies:
        tell(desk, title, body, at=at, kind="todo", icon="user-plus", tone="warn",
             link=notices.review_path(found), link_label="去核对")  # fmt: skip


def _new_organisation(
    found: Registration, tier: Role, name: str, by: Actor, at: datetime
) -> Organisation:
    own = {} if tier == Role.GROUP else {
        "credit_code": found.credit_code, "address": found.address,
        "postcode": found.postcode, "region": found.region, "industry": found.industry,
    }  # fmt: skip
    made = Organisation(
        tier=tier, name=name, registrar=found.association,
        parent=found.unit if tier == Role.GROUP else None,
        department=found.department if tier == found.channel else "",
        recommender_class=found.recommender_class if tier == Role.RECOMMENDER else "",
        **own,
    )  # fmt: skip
    return entering.enter([made], by=by, at=at)[0]


def _affiliate(
    unit: Organisation, recommender: Organisation, by: Actor, at: datetime
) -> None:
    entering.hang([(unit, recommender)], by=by, at=at)


# --- affiliations -------------------------------------------------------------------


@transaction.atomic
def ask_affiliation(
    recommender: Organisation, note: str, *, by: Actor, at: datetime
) -> AffiliationRequest:
    """The unit asks one more recommending body to take it in."""
    unit = Organisation.objects.select_for_update().get(pk=by.organisation.pk)
    refuse_if(rules.why_not_ask_affiliation(unit, recommender, by))
    asked = AffiliationRequest.objects.create(
        unit=unit, recommender=recommender, association=register.host(),
        note=note.strip()[:200], asked_at=at, asked_by_name=by.user_name,
    )  # fmt: skip
    tell(recommender, "有单位申请由您推荐", f"“{unit.name}”申请以您为推荐单位。", at=at,
         kind="todo", icon="sitemap", tone="warn",
         link=reverse("accounts:affiliations"), link_label="去确认")  # fmt: skip
    return asked


@transaction.atomic
def answer_affiliation(
    request_id: int, reason: str, *, yes: bool, by: Actor, at: datetime
) -> None:
    """The body, or the association for it, says yes, or no with a reason."""
    AffiliationRequest.objects.select_for_update().get(pk=request_id)
    asked = AffiliationRequest.objects.select_related("unit", "recommender").get(
        pk=request_id
    )
    refuse_if(rules.why_not_answer_affiliation(asked, by))
    if not yes:
        refuse_if(rules.reason_faults(reason))
    status = AffiliationRequest.State
    asked.status = status.APPROVED if yes else status.REFUSED
    asked.decided_at, asked.reason = at, reason.strip()
    asked.decided_by_name = f"{by.organisation_name} {by.user_name}"
    asked.save(update_fields=["status", "decided_at", "decided_by_name", "reason"])
    if yes:
        _affiliate(asked.unit, asked.recommender, by, at)
    answer = "同意推荐本单位的成果" if yes else f"没有同意：{asked.reason}"
    tell(asked.unit, f"{asked.recommender.label}{'已同意' if yes else '未同意'}",
         f"“{asked.recommender.name}”{answer}", at=at, icon="sitemap",
         tone="ok" if yes else "bad")  # fmt: skip


@transaction.atomic
def withdraw_affiliation(request_id: int, *, by: Actor, at: datetime) -> None:
    """The unit takes its question back."""
    asked = AffiliationRequest.objects.select_for_update().get(pk=request_id)
    refuse_if(rules.why_not_answer_affiliation(asked, by))
    asked.status, asked.decided_at = AffiliationRequest.State.WITHDRAWN, at
    asked.decided_by_name = f"{by.organisation_name} {by.user_name}"
    asked.save(update_fields=["status", "decided_at", "decided_by_name"])


@transaction.atomic
def affiliate(
    unit: Organisation, recommender: Organisation, *, by: Actor, at: datetime
) -> None:
    """The association puts a unit under a body, or a body under an association."""
    keys = [unit.pk, recommender.pk]
    rows = Organisation.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    list(rows)
    refuse_if(chain.why_not_hang(unit, recommender, by))
    _affiliate(unit, recommender, by, at)


@transaction.atomic
def end_affiliation(affiliation_id: int, *, by: Actor, at: datetime) -> None:
    """Results handed to that body stay with it; new ones can no longer go there."""
    rows = Affiliation.objects.select_for_update()
    unit_id = rows.get(pk=affiliation_id).unit_id
    Organisation.objects.select_for_update().get(pk=unit_id)
    found = Affiliation.objects.select_related("unit", "recommender").get(
        pk=affiliation_id
    )
    refuse_if(rules.why_not_end_affiliation(found, by))
    record(by, "affiliation_ended", str(found.unit.key), at=at,
           name=found.unit.name, to=found.recommender.name)  # fmt: skip
    found.delete()


# --- the register -------------------------------------------------------------------


@transaction.atomic
def rename(
    organisation_id: int, name: str, reason: str, *, by: Actor, at: datetime
) -> None:
    """A new legal name. The old one is kept; what was filed keeps the old words."""
    found = Organisation.objects.select_for_update().get(pk=organisation_id)
    refuse_if(rules.why_not_rename(found, name, reason, by))
    old = found.name
    found.former_names = [*found.former_names, {"name": old, "until": at.isoformat()}]
    found.name = name
    with _once():
        found.save(update_fields=["name", "former_names"])
    record(by, "organisation_renamed", str(found.key), at=at,
           name=name, was=old, reason=reason.strip())  # fmt: skip


@transaction.atomic
def keep_facts(
    organisation_id: int, facts: Mapping[str, Any], *, by: Actor, at: datetime
) -> None:
    """Address, code, industry …: the fields of ``FACTS`` that were given."""
    found = Organisation.objects.select_for_update().get(pk=organisation_id)
    refuse_if(rules.why_not_keep(found, by))
    refuse_if(rules.code_faults(facts.get("credit_code", ""), found))
    changed = [f for f in FACTS if f in facts and getattr(found, f) != facts[f]]
    for name in changed:
        setattr(found, name, facts[name])
    if changed:
        with _once():
            entering.keep([(found, changed)], by=by, at=at)


@transaction.atomic
def switch(
    organisation_id: int, reason: str, *, active: bool, by: Actor, at: datetime
) -> None:
    """Out of use: nobody acts for it any more, everything stays readable; or back."""
    found = Organisation.objects.select_for_update().get(pk=organisation_id)
    refuse_if(rules.why_not_switch(found, reason, by, active=active))
    found.is_active = active
    found.save(update_fields=["is_active"])
    facts = {"name": found.name, "reason": reason.strip()}
    if active:
        record(by, "organisation_resumed", str(found.key), at=at, **facts)
    else:
        record(by, "organisation_ended", str(found.key), at=at, **facts)


@transaction.atomic
def keep_member_class(
    organisation: Organisation, year: int, kind: str, *, in_good_standing: bool,
    note: str, by: Actor, at: datetime,
) -> MemberClass:  # fmt: skip
    """Class and standing with the actor's association in one year; again corrects it."""
    refuse_if(rules.why_not_keep_register(by))
    kept, _ = MemberClass.objects.update_or_create(
        organisation=organisation, association=by.organisation, year=year,
        defaults={"kind": kind, "in_good_standing": in_good_standing, "note": note},
    )  # fmt: skip
    record(by, "member_class_kept", str(organisation.key), at=at, name=organisation.name,
           year=year, kind=kind, in_good_standing=in_good_standing)  # fmt: skip
    return kept
