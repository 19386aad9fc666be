"""The filters of the trail, declared."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from qcportal.audit import words
from qcportal.audit.models import TrailEntry
from qcportal.ui.forms import PortalForm

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TrailFilters(PortalForm):
    """Values that name nothing are left out, never an error page."""

    what = forms.ChoiceField(
        label="动作", required=False, choices=[("", "全部动作"), *words.WHAT.items()]
    )
    who = forms.CharField(label="姓名、单位或编号", required=False, max_length=60)
    since = forms.DateField(label="从", required=False, widget=DAY)
    until = forms.DateField(label="到", required=False, widget=DAY)

    @property
    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def applied(self, found: QuerySet[TrailEntry]) -> QuerySet[TrailEntry]:
        """Of ``found``, what the filters leave; both days are included."""
        chosen = self.chosen
        if what := chosen.get("what"):
            found = found.filter(what=what)
        if who := chosen.get("who", "").strip():
            found = found.filter(
                Q(user_name__icontains=who)
                | Q(organisation_name__icontains=who)
                | Q(about__icontains=who)
            )
        if since := chosen.get("since"):
            found = found.filter(at__date__gte=since)
        if until := chosen.get("until"):
            found = found.filter(at__date__lte=until)
        return found
