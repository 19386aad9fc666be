"""Whom a new form version touches: drafts and filed results by the version they are on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from qcportal.campaigns.models import Category, FormVersion
from submissions.lifecycle import EDITABLE, State
from submissions.models import Submission


@dataclass(frozen=True)
class Use:
    """How many are being filled in and how many were filed on one version."""

    drafts: int = 0
    filed: int = 0

    @property
    def text(self) -> str:
        if not self.drafts and not self.filed:
            return "还没有人用"
        return f"填报中 {self.drafts} 份，已提交 {self.filed} 份"


def uses(versions: Iterable[FormVersion]) -> dict[int, Use]:
    """Form version → who is on it, in one query."""
    keys = [version.pk for version in versions]
    rows = (
        Submission.objects.filter(form__in=keys)
        .exclude(state=State.WITHDRAWN)
        .values_list("form_id", "state")
        .annotate(count=Count("pk"))
        .order_by()
    )
    drafts: Counter[int] = Counter()
    filed: Counter[int] = Counter()
    for form, state, count in rows:
        (drafts if State(state) in EDITABLE else filed)[form] += count
    return {key: Use(drafts[key], filed[key]) for key in keys}


def of_publishing(category: Category, version: FormVersion) -> list[str]:
    """What publishing ``version`` brings, in sentences, before it is done."""
    published = list(category.forms.filter(published_at__isnull=False))
    used = uses(published)
    drafts = sum(use.drafts for use in used.values())
    filed = sum(use.filed for use in used.values())
    said = [f"发布后开始的申报用第 {version.version} 版；这一版从此不能再改。"]
    if drafts:
        said.append(
            f"正在填报的 {drafts} 份留在原来的版上，班组会看到“申报表有新版”和改了什么，自己决定换不换。"
        )
    if filed:
        said.append(f"已提交的 {filed} 份不变，打印、盖章和评审都按提交时的版。")
    if not drafts and not filed:
        said.append("现在还没有人开始填报，不影响别人。")
    return said
