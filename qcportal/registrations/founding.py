"""Taking an association or a recommending body up, without an application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, models, transaction

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation
from qcportal.accounts.roles import Role
from qcportal.audit.record import record
from qcportal.refusals import Refusal, refuse, refuse_if
from qcportal.registrations import register, rules


class Kind(models.TextChoices):
    BELOW = "below", "下级协会"
    ABOVE = "above", "上级协会"
    RECOMMENDER = "recommender", "推荐单位"


@dataclass(frozen=True)
class Founding:
    """``relative`` is the association the new one hangs under, or is put over.
    ``recommender_class`` is a body's own; an association's goes with its right."""

    kind: str
    name: str
    relative: Organisation
    short_name: str = ""
    letters: str = ""
    credit_code: str = ""
    recommender_class: str = ""
    region: str = ""
    address: str = ""
    postcode: str = ""

    @property
    def tier(self) -> Role:
        body = self.kind == Kind.RECOMMENDER
        return Role.RECOMMENDER if body else Role.ASSOCIATION


def why_not_found(given: Founding, actor: Actor) -> Iterator[Refusal]:
    """``not_manager``, ``kind_unknown``, ``name_registered``, ``code_wrong``,
    ``code_registered``, ``letters_taken``, ``class_missing``, ``relative_unknown``."""
    yield from rules.why_not_keep_register(actor)
    if given.kind not in Kind.values:
        yield Refusal("kind_unknown", "请选登记哪一种。", "kind")
        return
    yield from rules.name_faults(given.tier, given.name, None, "name")
    yield from rules.code_faults(given.credit_code)
    if given.letters and _lettered(given.letters):
        yield Refusal(
            "letters_taken", "这个字母代码已经有单位用了，请换一个。", "letters"
        )
    if given.kind == Kind.RECOMMENDER and not given.recommender_class:
        yield Refusal("class_missing", "请选推荐单位的类别。", "recommender_class")
    relatives = register.of_desk(actor).filter(tier=Role.ASSOCIATION, is_active=True)
    if not relatives.filter(pk=given.relative.pk).exists():
        yield Refusal("relative_unknown", "请选本协会登记的协会。", "relative")


def _lettered(letters: str) -> bool:
    return Organisation.objects.filter(letters__iexact=letters).exists()


@transaction.atomic
def found(given: Founding, *, by: Actor, at: datetime) -> Organisation:
    """The organisation on the register, with its place in the chain. Raises Refused."""
    refuse_if(why_not_found(given, by))
    body = given.kind == Kind.RECOMMENDER
    try:
        with transaction.atomic():
            made = Organisation.objects.create(
                tier=given.tier, name=given.name, short_name=given.short_name,
                letters=given.letters, credit_code=given.credit_code,
                recommender_class=given.recommender_class if body else "",
                region=given.region, address=given.address, postcode=given.postcode,
                registrar=by.organisation,
            )  # fmt: skip
    except IntegrityError:  # the same sent twice at once
        refuse("name_registered", rules.TAKEN_MEANWHILE, "name")
    record(by, "organisation_registered", str(made.key), at=at, name=made.name)
    over = given.kind == Kind.ABOVE
    lower, upper = (given.relative, made) if over else (made, given.relative)
    Affiliation.objects.create(unit=lower, recommender=upper)
    record(by, "affiliation_made", str(lower.key), at=at,
           name=lower.name, to=upper.name)  # fmt: skip
    return made
