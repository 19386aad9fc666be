"""Whose register an organisation stands in, and which names look alike. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Membership, Organisation, User
from qcportal.accounts.names import clean_code, like_key, same_key
from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns.models import Campaign
from qcportal.registrations.models import OPEN_STATES, Registration

FOUND_AT_MOST = 10


def host() -> Organisation | None:
    """The association whose campaign is the newest: it takes applications."""
    campaign = Campaign.objects.select_related("host").newest()
    return campaign.host if campaign else None


def kept_by(actor: Actor | None) -> QuerySet[Organisation]:
    """The organisations on the register of the actor's association: those it took up,
    those nobody took up if it hosts the newest campaign (never an association), and
    associations that recommend in its campaigns."""
    if not actor or actor.role != Role.ASSOCIATION:
        return Organisation.objects.none()
    own = actor.organisation
    mine = Q(registrar=own)
    if own == host():
        mine |= Q(registrar__isnull=True) & ~Q(tier=Role.ASSOCIATION)
    recommending = Organisation.objects.filter(recommending_rights__campaign__host=own)
    return Organisation.objects.filter(mine | Q(pk__in=recommending.values("pk")))


def of_desk(actor: Actor | None) -> QuerySet[Organisation]:
    """``kept_by``, and the actor's association itself."""
    kept = kept_by(actor)
    if not actor or actor.role != Role.ASSOCIATION:
        return kept
    return Organisation.objects.filter(
        Q(pk__in=kept.values("pk")) | Q(pk=actor.organisation.pk)
    )


def search(
    tier: str, words: str, within: Organisation | None = None
) -> list[Organisation]:
    """At most ten organisations in use whose name, short or former name holds the
    words, or whose credit code is exactly that; two characters at least."""
    words = words.strip()[:80]
    if len(words) < 2:
        return []
    rows = Organisation.objects.in_use().filter(tier=tier)
    if within is not None:
        rows = rows.filter(parent=within)
    code = clean_code(words)
    wanted = Q(name__icontains=words) | Q(short_name__icontains=words)
    if len(code) == 18:
        wanted |= Q(credit_code=code)
    found = list(rows.filter(wanted).order_by("name")[:FOUND_AT_MOST])
    return found or _by_key(rows, words)


def _by_key(rows: QuerySet[Organisation], words: str) -> list[Organisation]:
    """The second look: the same name typed in another width, with other brackets."""
    key = same_key(words)
    hits = [
        pk
        for pk, name, former in rows.values_list("pk", "name", "former_names")
        if key and any(key in same_key(n) for n in [name, *_names(former)])
    ]
    return list(Organisation.objects.filter(pk__in=hits[:FOUND_AT_MOST]))


def _names(former: list[dict[str, str]]) -> list[str]:
    return [entry["name"] for entry in former]


def same_name(tier: str, name: str, parent: Organisation | None) -> Organisation | None:
    """An organisation in use of that tier (and parent) with the same name."""
    return next(iter(_keyed(tier, name, parent, same_key)), None)


def like_names(
    tier: str,
    name: str,
    leave_out: int | None = None,
    parent: Organisation | None = None,
) -> list[Organisation]:
    """Others in use whose names differ only in the legal form, if at all."""
    return [o for o in _keyed(tier, name, parent, like_key) if o.pk != leave_out]


def _keyed(
    tier: str, name: str, parent: Organisation | None, key
) -> list[Organisation]:
    wanted = key(name)
    rows = Organisation.objects.in_use().filter(tier=tier)
    if parent is not None:
        rows = rows.filter(parent=parent)
    hits = [pk for pk, other in rows.values_list("pk", "name") if key(other) == wanted]
    return list(Organisation.objects.filter(pk__in=hits[:FOUND_AT_MOST]))


def coded(code: str) -> Organisation | None:
    """The organisation with this credit code, whether in use or not."""
    return Organisation.objects.filter(credit_code=code).first() if code else None


def usernames_taken(names: Iterable[str], leave_out: int | None = None) -> set[str]:
    """Of these user names, in small letters, those a person has or an open application
    (but ``leave_out``) asks for."""
    wanted, found = sorted({name.lower() for name in names}), set()
    waiting = Registration.objects.filter(
        status__in=OPEN_STATES, has_account=False
    ).exclude(pk=leave_out)
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for rows in (User.objects.all(), waiting):
            keyed = rows.annotate(key=Lower("username")).filter(key__in=part)
            found.update(keyed.order_by().values_list("key", flat=True))
    return found


class Index:
    """The register read once, for askers who ask thousands of times: answers
    ``same_name`` and ``coded`` as the functions of this module do, and knows what its
    user adds."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, int | None, str], Organisation] = {}
        self._codes: dict[str, Organisation] = {}
        self.rows = list(Organisation.objects.order_by("pk"))
        for one in self.rows:
            self.add(one)

    def add(self, one: Organisation, parent: Organisation | None = None) -> None:
        """An organisation of the database, or one about to be stored."""
        if one.is_active:
            key = (one.tier, self._parent(one.parent_id, parent), same_key(one.name))
            self._names.setdefault(key, one)
        if one.credit_code:
            self._codes.setdefault(one.credit_code, one)

    def same_name(
        self, tier: str, name: str, parent: Organisation | None
    ) -> Organisation | None:
        number = self._parent(None, parent)
        return self._names.get((tier, number, same_key(name)))

    def coded(self, code: str) -> Organisation | None:
        return self._codes.get(code) if code else None

    @staticmethod
    def _parent(number: int | None, parent: Organisation | None) -> int | None:
        """Unstored parents are told apart by their identity."""
        if parent is None:
            return number
        return parent.pk if parent.pk is not None else -id(parent)


def has_manager(organisation: Organisation | None) -> bool:
    return organisation is not None and (
        Membership.objects.in_force()
        .filter(organisation=organisation, duty=Duty.MANAGER)
        .exists()
    )
