"""Who is under whom: units under recommending bodies, those under associations, those
under higher ones, to any height. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns.access import above
from qcportal.refusals import Refusal
from qcportal.registrations import rules

# Whose tier may hang under which.
UNDER: dict[str, tuple[Role, ...]] = {
    Role.UNIT: (Role.RECOMMENDER, Role.ASSOCIATION),
    Role.RECOMMENDER: (Role.ASSOCIATION,),
    Role.ASSOCIATION: (Role.ASSOCIATION,),
}


def heights(found: Organisation) -> list[list[Organisation]]:
    """Everybody over ``found``, nearest first, each at its lowest height; one query a
    height, and a circle ends the climb."""
    levels: list[list[Organisation]] = []
    seen, here = {found.pk}, [found.pk]
    while here:
        rows = Affiliation.objects.filter(unit__in=here).exclude(recommender__in=seen)
        here = sorted(set(rows.values_list("recommender", flat=True)))
        seen.update(here)
        if here:
            level = Organisation.objects.filter(pk__in=here).order_by("name", "pk")
            levels.append(list(level))
    return levels


def below(found: Organisation) -> QuerySet[Organisation]:
    """Those directly under it: bodies and associations first, then units."""
    return Organisation.objects.filter(affiliations_above__recommender=found).order_by(
        "tier", "name", "pk"
    )


def uppers_for(found: Organisation) -> QuerySet[Organisation]:
    """Under whom it could still hang: in use, of a fitting tier, in no circle."""
    rows = Organisation.objects.in_use().filter(tier__in=UNDER.get(found.tier, ()))
    held = Affiliation.objects.filter(unit=found).values("recommender")
    under = [o.pk for o in _underneath(found)] if found.tier == Role.ASSOCIATION else []
    return rows.exclude(pk__in=[found.pk, *under]).exclude(pk__in=held)


def _underneath(found: Organisation) -> list[Organisation]:
    """Associations anywhere under it."""
    seen: dict[int, Organisation] = {}
    here = [found.pk]
    while here:
        rows = Organisation.objects.filter(
            tier=Role.ASSOCIATION, affiliations_above__recommender__in=here
        )
        fresh = [o for o in rows if o.pk not in seen]
        seen |= {o.pk: o for o in fresh}
        here = [o.pk for o in fresh]
    return list(seen.values())


def why_not_hang(
    lower: Organisation, upper: Organisation, actor: Actor
) -> Iterator[Refusal]:
    """``not_manager``, ``wrong_tier``, ``ended``, ``circle``: also round several."""
    yield from rules.why_not_keep_register(actor)
    if upper.tier not in UNDER.get(lower.tier, ()):
        yield Refusal(
            "wrong_tier",
            "单位挂在推荐单位或协会下面，推荐单位和协会挂在协会下面，请重新选。",
            "recommender",
        )
    if not upper.is_active:
        yield Refusal("ended", f"“{upper.name}”已停用，请选别的。", "recommender")
    if lower.pk == upper.pk:
        yield Refusal("circle", "不能挂在自己下面，请选别的。", "recommender")
    elif lower.pk in above(upper):
        yield Refusal(
            "circle",
            f"“{upper.name}”已经在“{lower.name}”下面，不能反过来再挂一次。",
            "recommender",
        )
