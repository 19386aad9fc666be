"""The only writers of form versions. A published one is never written again."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.campaigns import form_rules, higher_changes
from qcportal.campaigns.models import Category, FormVersion
from qcportal.campaigns.samples import starter
from qcportal.refusals import refuse_if


def _locked(version_id: int) -> FormVersion:
    """The version, with its category held until the transaction ends."""
    found = FormVersion.objects.select_related("category__campaign").get(pk=version_id)
    Category.objects.select_for_update().get(pk=found.category_id)
    found.refresh_from_db(
        fields=["definition", "edition", "published_at", "saved_by_name"]
    )
    return found


@transaction.atomic
def begin_form_version(category_id: int, *, by: Actor, at: datetime) -> FormVersion:
    """A new version to be written: a copy of the newest, else the barest form that can
    be filed. Raises Refused ``already_writing``."""
    Category.objects.select_for_update().get(pk=category_id)
    category = Category.objects.select_related("campaign").get(pk=category_id)
    refuse_if(form_rules.why_not_begin(category, by))
    newest = category.forms.order_by("-version").first()
    begun = FormVersion.objects.create(
        category=category,
        version=newest.version + 1 if newest else 1,
        definition=deepcopy(newest.definition) if newest else starter(category.name, needs_recommender=category.needs_recommender),
        saved_at=at, saved_by_name=by.user_name,
    )  # fmt: skip
    record(by, "form_begun", category.code, at=at, **_said(begun))
    return begun


@transaction.atomic
def save_form_version(
    version_id: int,
    definition: Mapping[str, Any],
    *,
    edition: int,
    by: Actor,
    at: datetime,
) -> FormVersion:
    """Keep the definition of an unpublished version. Raises Refused: ``frozen``,
    ``stale_version``, ``definition_wrong``, ``certificate_field``, …"""
    found = _locked(version_id)
    refuse_if(form_rules.why_not_write(found, by, edition))
    refuse_if(form_rules.why_wrong(definition, found.category))
    kept = FormVersion(
        pk=found.pk, category=found.category, version=found.version,
        definition=dict(definition), edition=found.edition + 1,
        saved_at=at, saved_by_name=by.user_name,
    )  # fmt: skip
    # Asked of the database again: whatever happens, a published row is not written.
    FormVersion.objects.filter(pk=found.pk, published_at__isnull=True).update(
        definition=kept.definition, edition=kept.edition,
        saved_at=at, saved_by_name=by.user_name,
    )  # fmt: skip
    return kept


@transaction.atomic
def publish_form_version(
    version_id: int, *, edition: int, reason: str, by: Actor, at: datetime
) -> FormVersion:
    """Freeze the version for ever: new drafts begin on it, those begun stay on theirs.
    ``reason`` is needed once the campaign is published."""
    found = _locked(version_id)
    refuse_if(form_rules.why_not_publish(found, reason, by, edition))
    FormVersion.objects.filter(pk=found.pk, published_at__isnull=True).update(
        published_at=at, reason=reason.strip()
    )
    found.published_at, found.reason = at, reason.strip()
    record(by, "form_published", found.category.code, at=at, reason=found.reason,
           **_said(found))  # fmt: skip
    higher_changes.form_published(found, at=at)
    return found


@transaction.atomic
def drop_form_version(
    version_id: int, *, edition: int, by: Actor, at: datetime
) -> None:
    """Throw an unpublished version away."""
    found = _locked(version_id)
    refuse_if(form_rules.why_not_write(found, by, edition))
    record(by, "form_dropped", found.category.code, at=at, **_said(found))
    FormVersion.objects.filter(pk=found.pk, published_at__isnull=True).delete()


def _said(version: FormVersion) -> dict[str, Any]:
    """What every line of the trail says of a version."""
    category = version.category
    return {"campaign": category.campaign.code, "category": category.name,
            "version": version.version}  # fmt: skip
