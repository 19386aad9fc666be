"""The writers of forwarding: a campaign from a higher association's, and its newer
forms taken over afterwards."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.audit.record import record
from qcportal.campaigns import access, form_rules, forwarding, higher_changes
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.actions import let_run
from qcportal.campaigns.begin_actions import free_code
from qcportal.campaigns.forwarded_contents import contents, usual_name
from qcportal.campaigns.models import Campaign, Category, FormVersion
from qcportal.campaigns.presets.loading import load
from qcportal.campaigns.presets.reading import Preset
from qcportal.campaigns.settings_actions import locked
from qcportal.refusals import refuse, refuse_if


@transaction.atomic
def forward(
    higher_id: int, *, days: int, name: str = "", by: Actor, at: datetime
) -> Campaign:
    """The clerk's association carries a higher one's campaign out as its own: being set
    up, closing ``days`` before the higher closing. A second click, or a colleague's,
    leads to the first one. Raises Refused (``no_right``, ``higher_closed``,
    ``past_already``, ``forwarded_already`` where the clerk may not run the first)."""
    higher = locked(higher_id)  # two clicks at once: the second one finds the first's
    host = by.organisation
    refuse_if(forwarding.why_not_forward(higher, by, at))
    first = forwarding.forwarded(higher, host)
    if first is not None:
        if not access.run_by(by).filter(pk=first.pk).exists():
            refuse(
                "forwarded_already",
                f"同事已经转发成“{first.name}”，请他给您授权。",
                "higher",
            )
        return first
    refuse_if(forwarding.why_not_days(higher, host, days, at))
    code = free_code(f"{higher.code[:48]}-{(host.letters or 'own').lower()}")
    raw = contents(
        higher, host, code, name=name.strip() or usual_name(higher, host), days=days,
        contact=_own_contact(host), at=at,
    )  # fmt: skip
    made = load(Preset(raw), host=host, at=at)
    let_run(made, by.user, by=by, at=at)
    higher_changes.know_notices(made, at)
    record(by, "campaign_forwarded", made.code, at=at, campaign=made.code,
           name=made.name, source=higher.code, days=days)  # fmt: skip
    return made


def _own_contact(host: Organisation) -> dict[str, str]:
    """That of the association's newest campaign; it has no other."""
    own = Campaign.objects.filter(host=host).exclude(contact={})
    last = own.order_by("-year", "-pk").first()
    return dict(last.contact) if last else {}


@transaction.atomic
def take_form(campaign_id: int, code: str, *, by: Actor, at: datetime) -> FormVersion:
    """Begin a new version of a category's form with the higher association's newest; it
    is looked at and published like any other. Raises Refused ``already_writing``,
    ``no_form_above``, ``same_form``."""
    campaign = locked(campaign_id)
    refuse_if(rules.why_not_set(campaign, by))
    category = campaign.categories.select_for_update().get(code=code)
    category = Category.objects.select_related("campaign").get(pk=category.pk)
    refuse_if(form_rules.why_not_begin(category, by))
    above = above_form(category)
    if above is None:
        refuse("no_form_above", "上级没有这一类的申报表。")
    newest = category.forms.order_by("-version").first()
    if newest and newest.definition == above.definition:
        refuse("same_form", "申报表和上级的一样，不用采用。")
    begun = FormVersion.objects.create(
        category=category, version=newest.version + 1 if newest else 1,
        definition=deepcopy(above.definition), saved_at=at, saved_by_name=by.user_name,
    )  # fmt: skip
    record(by, "form_begun", category.code, at=at, campaign=campaign.code,
           category=category.name, version=begun.version, source=above.category.campaign.code)  # fmt: skip
    return begun


def above_form(category: Category) -> FormVersion | None:
    """The higher association's newest published form of the category with this code."""
    higher_id = category.campaign.higher_id
    found = FormVersion.objects.filter(
        category__campaign=higher_id, category__code=category.code,
        published_at__isnull=False,
    )  # fmt: skip
    rows = found.select_related("category__campaign").order_by("-version")
    return rows.first() if higher_id else None


@transaction.atomic
def see_changes(campaign_id: int, up_to: int, *, by: Actor, at: datetime) -> int:
    """Everything the higher association changed up to the row ``up_to`` (primary key:
    the newest the clerk's page showed) has been looked at; how many there were."""
    campaign = locked(campaign_id)
    if not access.run_by(by).filter(pk=campaign.pk).exists():
        refuse("not_yours", "您没有办理这个活动的授权。")
    found = forwarding.unseen(campaign).filter(pk__lte=up_to)
    done = found.update(seen_at=at, seen_by_name=by.user_name)
    if done:
        record(by, "higher_changes_seen", campaign.code, at=at, campaign=campaign.code,
               count=done)  # fmt: skip
    return done
