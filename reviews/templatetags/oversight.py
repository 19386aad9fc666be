"""Where an officer finds an organisation's people, for pages that know no campaign."""

from __future__ import annotations

from django import template
from django.template.context import RequestContext
from django.urls import reverse

from qcportal.accounts.models import Organisation
from reviews.oversight import organisations_of

register = template.Library()


@register.simple_tag(takes_context=True)
def members_url(context: RequestContext, organisation: Organisation) -> str:
    """The page of the organisation's members: the actor's own, or one the actor
    oversees; empty where that page would be 404."""
    actor = context["request"].actor
    if actor.organisation.pk == organisation.pk:
        return reverse("people:members")
    if organisations_of(actor).filter(pk=organisation.pk).exists():
        return reverse("overseen:members", args=[organisation.key])
    return ""
