"""Who may import, and how far each desk's hand reaches. Reads only.

Nothing here is a new right: the register's rules and the members' rules decide, asked
once for thousands of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Membership, Organisation
from qcportal.accounts.roles import Duty, Role
from qcportal.imports.models import IMPORTERS, Import
from qcportal.people.rules import duties_of, why_not_manage
from qcportal.refusals import Refusal
from qcportal.registrations import register
from qcportal.registrations.rules import why_not_keep_register

OUT_OF_REACH = "没有找到“{}”，或者它不在您能办的范围里，请核对全称或信用代码。"


def why_not_import(actor: Actor) -> Iterator[Refusal]:
    """``standing_in``, ``not_manager``, ``wrong_desk``."""
    if actor.role not in IMPORTERS:
        yield Refusal("wrong_desk", "批量导入由秘书处、推荐单位和单位的管理员办理。")
        return
    yield from why_not_manage(actor.organisation, actor)


def why_not_apply(found: Import, actor: Actor) -> Iterator[Refusal]:
    """``applied``, ``under_way``, ``faults``, ``nothing``, ``file_gone`` …"""
    yield from why_not_import(actor)
    if found.is_applied:
        yield Refusal("applied", f"这个文件已经由{found.applied_by_name}导入过了。")
    elif found.is_under_way:
        yield Refusal("under_way", f"{found.get_status_display()}，请稍等。")
    elif found.status == Import.Status.UNREADABLE:
        yield Refusal("unreadable", "这个文件没有读成，请改好后重新上传。")
    elif found.faults:
        yield Refusal(
            "faults",
            f"还有 {found.faults} 处要改。请在表里改好，再上传一次；改好之前一条都不会导入。",
        )
    elif not found.changes:
        yield Refusal("nothing", "表里的内容都已经登记过，没有要导入的。")
    if not found.upload.is_ready:
        yield Refusal("file_gone", "上传的文件已过保存期，请重新上传。")


class Desk:
    """What the actor may write, read in a handful of queries however long the file."""

    def __init__(self, actor: Actor) -> None:
        self.actor, self.own, self.role = actor, actor.organisation, actor.role
        self.registrar = self.own if self._is(Role.ASSOCIATION) else register.host()
        self.kept: set[int] = set()  # on the association's register
        self.below: set[int] = set()  # units under the recommending body
        self.managed: set[int] = set()  # of those, who looks after its own people
        self.keeps_register = not list(why_not_keep_register(actor))
        if self._is(Role.ASSOCIATION):
            rows = register.kept_by(actor).exclude(tier=Role.ASSOCIATION)
            self.kept = set(rows.values_list("pk", flat=True))
        elif self._is(Role.RECOMMENDER):
            under = Affiliation.objects.filter(recommender=self.own)
            self.below = set(under.values_list("unit", flat=True))
            managers = Membership.objects.in_force().filter(
                duty=Duty.MANAGER,
                organisation__affiliations_above__recommender=self.own,
            )
            self.managed = set(managers.values_list("organisation", flat=True))

    def _is(self, role: Role) -> bool:
        return self.role == role

    def reaches(self, one: Organisation, parent: Organisation | None = None) -> bool:
        """An organisation the actor may name. New ones of this file are in reach."""
        if one.pk is None or one.pk == self.own.pk:
            return True
        if self._is(Role.ASSOCIATION):
            return one.pk in self.kept
        above = one.parent_id if one.tier == Role.GROUP else one.pk
        if self._is(Role.RECOMMENDER):
            return above in self.below
        return above == self.own.pk

    def why_not_enter(self, tier: str) -> Iterator[Refusal]:
        """A new unit or recommending body."""
        if self.registrar is None:
            yield Refusal("no_host", "平台还没有开放的活动，请打秘书处电话。")
        if self._is(Role.RECOMMENDER) and tier == Role.UNIT:
            return
        if not self.keeps_register:
            what = "推荐单位" if tier == Role.RECOMMENDER else "单位"
            yield Refusal("wrong_desk", f"新{what}由秘书处登记，请删掉这一行。")

    def why_not_change(self, one: Organisation) -> Iterator[Refusal]:
        """The facts of a registered organisation."""
        if not self.keeps_register:
            yield Refusal(
                "not_keeper",
                "和登记的不一样。登记信息由秘书处改，请写成和登记的一样，或者留空。",
            )

    def why_not_hang(self, unit: Organisation, body: Organisation) -> Iterator[Refusal]:
        """A registered unit under one more body; a new one comes under its body."""
        if self.keeps_register or unit.pk is None:
            if self._is(Role.RECOMMENDER) and body.pk != self.own.pk:
                yield Refusal("not_own", "推荐单位只能写本单位，或者留空。")
            return
        yield Refusal(
            "unit_asks", "要换或者加推荐单位，请这家单位登录后申请，由推荐单位确认。"
        )

    def why_not_enter_group(self, unit: Organisation) -> Iterator[Refusal]:
        if self._looked_after(unit):
            yield Refusal("unit_enters", "这家单位有自己的管理员，小组由它登记。")

    def why_not_seat(
        self, one: Organisation, parent: Organisation | None, duty: str
    ) -> Iterator[Refusal]:
        """A person at ``one``, whose ``parent`` is the unit when it is a group."""
        if self._looked_after(parent or one):
            yield Refusal(
                "unit_manages",
                "这家单位有自己的管理员，人员由它自己管理，请删掉这一行。",
            )
        if duty not in duties_of(one):
            offered = "、".join(d.label for d in duties_of(one) if d != Duty.JUDGE)
            yield Refusal(
                "duty_unknown",
                f"{one.get_tier_display()}没有这个职责，可以填：{offered}。",
            )

    def _looked_after(self, unit: Organisation) -> bool:
        """A unit under the body that manages its own people: the body keeps out."""
        return self._is(Role.RECOMMENDER) and unit.pk in self.managed

    def knows(self, people: Iterable[int]) -> dict[int, set[tuple[int, str]]]:
        """Of these people those who sit where the actor may seat people: person →
        {(organisation, duty)}. The others are strangers, whose accounts are not told."""
        found: dict[int, set[tuple[int, str]]] = {}
        ids = sorted(set(people))
        for start in range(0, len(ids), 500):
            rows = Membership.objects.filter(
                user__in=ids[start : start + 500], ended_at__isnull=True
            ).select_related("organisation")
            for seat in rows:
                if self._manages(seat.organisation):
                    known = found.setdefault(seat.user_id, set())
                    known.add((seat.organisation_id, seat.duty))
        return found

    def _manages(self, one: Organisation) -> bool:
        unit = one.parent_id if one.tier == Role.GROUP else one.pk
        return self.reaches(one) and not (
            self._is(Role.RECOMMENDER) and unit in self.managed
        )
