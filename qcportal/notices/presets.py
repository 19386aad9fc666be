"""The notices of a preset file, with their numbered attachments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from qcportal.campaigns.models import Campaign
from qcportal.campaigns.presets import Preset
from qcportal.documents.making import order
from qcportal.notices.models import Notice, NoticeAttachment


@transaction.atomic
def load(
    preset: Preset, campaign: Campaign, makers: Mapping[str, tuple[str, str]]
) -> None:
    """Write the notices. ``makers`` says for each kind of attachment which task makes
    its file and with which extension: kind → (task name, extension)."""
    for item in preset.raw.get("notices", []):
        notice = Notice.objects.create(
            campaign=campaign, slug=item["slug"], title=item["title"],
            body=preset.words(item["body"].strip()), signed_by=item.get("signed_by", ""),
            signed_on=preset.on(item.get("signed_on")),
            published_at=preset.at(item["published"]), pinned=item.get("pinned", False),
        )  # fmt: skip
        for place, attachment in enumerate(item.get("attachments", []), 1):
            _attach(notice, place, attachment, makers)


def _attach(
    notice: Notice,
    place: int,
    item: Mapping[str, Any],
    makers: Mapping[str, tuple[str, str]],
) -> None:
    maker, extension = makers[item["kind"]]
    NoticeAttachment.objects.create(
        notice=notice, order=place, number=item["number"], title=item["title"],
        audience=item["audience"], kind=item["kind"], paragraphs=item.get("paragraphs", []),
        category=notice.campaign.categories.filter(code=item.get("category", "")).first(),
        document=order("blank_form", f"附件{item['number']} {item['title']}.{extension}", maker=maker),
    )  # fmt: skip
