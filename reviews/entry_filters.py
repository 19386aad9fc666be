"""The filters of the list of results, declared: the page, its links and its export
read the same form, so an export holds exactly what the page showed."""

from __future__ import annotations

from typing import Any

from django import forms

from qcportal.accounts.models import Organisation
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.shows import type_labels
from qcportal.ui.forms import PortalForm
from submissions.lifecycle import State

# What ``sort`` may say → the order in the database; the code makes it total.
SORTS = {
    "code": ("code",), "-code": ("-code",),
    "title": ("title", "code"), "-title": ("-title", "code"),
    "since": ("state_since", "code"), "-since": ("-state_since", "code"),
    "due": ("due_at", "code"), "-due": ("-due_at", "code"),
}  # fmt: skip
STANDARD_SORT = "-code"


class EntryFilters(PortalForm):
    """Values that name nothing are left out, never an error page."""

    category = forms.ChoiceField(label="类别", required=False)
    state = forms.ChoiceField(label="状态", required=False)
    recommender = forms.ChoiceField(label="推荐单位", required=False)
    unit = forms.ChoiceField(label="单位", required=False)
    topic_type = forms.ChoiceField(label="课题类型", required=False)
    q = forms.CharField(label="找成果、单位、小组", required=False, max_length=60)
    sort = forms.ChoiceField(
        required=False, choices=[(key, key) for key in SORTS], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = campaign.submissions.order_by()
        named = [(c.code, c.name) for c in campaign.categories_in_order]
        self.fields["category"].choices = [("", "全部类别"), *named]
        if len(named) < 2:
            del self.fields["category"]
        self.fields["state"].choices = [("", "全部状态"), *State.choices]
        self.fields["recommender"].choices = [
            ("", "全部推荐单位"),
            *_named(Organisation.objects.filter(pk__in=chosen.values("recommender"))),
        ]
        self.fields["unit"].choices = [
            ("", "全部单位"),
            *_named(Organisation.objects.filter(pk__in=chosen.values("unit"))),
        ]
        types = type_labels(campaign)
        self.fields["topic_type"].choices = [("", "全部类型"), *types.items()]

    @property
    def filters(self) -> dict[str, str]:
        """What ``SubmissionQuerySet.filtered`` takes: only what was understood."""
        self.is_valid()
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value and name != "sort"
        }

    @property
    def sorted_by(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("sort") or STANDARD_SORT

    @property
    def order(self) -> tuple[str, ...]:
        return SORTS[self.sorted_by]


def _named(found: Any) -> list[tuple[str, str]]:
    return [(str(body.key), body.label) for body in found.order_by("name")]


def described(filters: dict[str, str], names: dict[str, str]) -> str:
    """The filters of a kept export in words; ``names`` maps organisation keys,
    topic types and ``category <code>``."""
    parts = []
    if filters.get("category"):
        parts.append(names.get(f"category {filters['category']}", filters["category"]))
    if filters.get("state") in State.values:
        parts.append(str(State(filters["state"]).label))
    parts += [
        names.get(filters[name], "已停用的单位")
        for name in ("recommender", "unit")
        if filters.get(name)
    ]
    if filters.get("topic_type"):
        parts.append(names.get(filters["topic_type"], filters["topic_type"]))
    if filters.get("q"):
        parts.append(f"含“{filters['q']}”")
    return "，".join(parts) or "全部成果"
