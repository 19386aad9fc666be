"""The notices of a campaign file, with their numbered attachments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from qcportal.campaigns.models import Campaign
from qcportal.campaigns.presets.reading import Part, Preset
from qcportal.campaigns.presets.shape import (
    Day,
    Fault,
    Flag,
    Instant,
    Rows,
    Table,
    Text,
    column,
)
from qcportal.documents.making import order
from qcportal.notices import tasks
from qcportal.notices.models import Notice, NoticeAttachment

# Which task makes the file of each kind of attachment, and as what. By name where those
# who make the papers of filers and recommending bodies stand above this app.
MAKERS = {
    "text": (tasks.render_text.name, "pdf"),
    "summary": (tasks.render_text.name, "pdf"),
    "form": ("submissions.render_blank_form", "pdf"),
    "form_word": ("submissions.render_blank_form_docx", "docx"),
    "statistics": ("recommenders.render_blank_sheet", "xlsx"),
    "table": ("recommenders.render_blank_sheet", "xlsx"),
    "review": ("recommenders.render_blank_sheet", "xlsx"),
}
ATTACHMENT = Table(
    {
        "number": column(NoticeAttachment, "number"),
        "title": column(NoticeAttachment, "title"),
        "audience": column(NoticeAttachment, "audience"),
        "kind": Text(16, tuple(MAKERS), blank=False),
        "paragraphs": Rows(Text(2000), most=200),
        "category": Text(30),
    },
    ("number", "title", "audience", "kind"),
)
NOTICE = Table(
    {
        "slug": column(Notice, "slug"), "title": column(Notice, "title"),
        "body": Text(blank=False), "signed_by": column(Notice, "signed_by"),
        "signed_on": Day(), "published": Instant(), "pinned": Flag(),
        "attachments": Rows(ATTACHMENT, most=60),
    },
    ("slug", "title", "body", "published"),
)  # fmt: skip


def disagreements(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Doubled slugs and numbers, attachments of categories the file does not have."""
    known = {category["code"] for category in raw["categories"]} | {""}
    slugs: set[str] = set()
    for i, notice in enumerate(raw.get("notices", [])):
        place = ("notices", i)
        if notice["slug"] in slugs:
            yield Fault((*place, "slug"), f"和前面的通知重复（{notice['slug']}）")
        slugs.add(notice["slug"])
        numbers: set[str] = set()
        for j, attachment in enumerate(notice.get("attachments", [])):
            where = (*place, "attachments", j)
            if attachment["number"] in numbers:
                yield Fault(where, f"附件号重复（{attachment['number']}）")
            numbers.add(attachment["number"])
            if attachment.get("category", "") not in known:
                yield Fault((*where, "category"), f"没有类别 {attachment['category']}")


@transaction.atomic
def load(preset: Preset, campaign: Campaign) -> None:
    """Write the notices and order the files that hang on them."""
    for item in preset.raw.get("notices", []):
        notice = Notice.objects.create(
            campaign=campaign, slug=_free_slug(item["slug"], preset, campaign),
            title=item["title"], body=preset.words(item["body"].strip()),
            signed_by=item.get("signed_by", ""), signed_on=preset.on(item.get("signed_on")),
            published_at=preset.at(item["published"]), pinned=item.get("pinned", False),
        )  # fmt: skip
        for place, attachment in enumerate(item.get("attachments", []), 1):
            _attach(notice, place, attachment)


def _free_slug(slug: str, preset: Preset, campaign: Campaign) -> str:
    """A slug stands in addresses once: under another code it takes that code."""
    named = slug.replace(str(preset.raw["code"]), campaign.code)[:56]
    found, number = named, 1
    while Notice.objects.filter(slug=found).exists():
        number += 1
        found = f"{named}-{number}"
    return found


def _attach(notice: Notice, place: int, item: Mapping[str, Any]) -> None:
    maker, extension = MAKERS[item["kind"]]
    NoticeAttachment.objects.create(
        notice=notice, order=place, number=item["number"], title=item["title"],
        audience=item["audience"], kind=item["kind"], paragraphs=item.get("paragraphs", []),
        category=notice.campaign.categories.filter(code=item.get("category", "")).first(),
        document=order("blank_form", f"附件{item['number']} {item['title']}.{extension}", maker=maker),
    )  # fmt: skip


def export(campaign: Campaign) -> list[dict[str, Any]]:
    """The notices as they stand; files somebody uploaded do not go into a text."""
    rows = campaign.notices.prefetch_related("attachments__category").order_by("pk")
    return [_notice(notice) for notice in rows]


def _notice(notice: Notice) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "slug": notice.slug, "title": notice.title,
        "published": timezone.make_naive(notice.published_at),
    }  # fmt: skip
    if notice.signed_by:
        raw["signed_by"] = notice.signed_by
    if notice.signed_on:
        raw["signed_on"] = notice.signed_on
    if notice.pinned:
        raw["pinned"] = True
    raw["body"] = notice.body
    made = [a for a in notice.attachments.all() if a.kind in MAKERS]
    return raw | ({"attachments": [_attachment(a) for a in made]} if made else {})


def _attachment(found: NoticeAttachment) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "number": found.number, "title": found.title,
        "audience": found.audience, "kind": found.kind,
    }  # fmt: skip
    if found.category:
        raw["category"] = found.category.code
    return raw | ({"paragraphs": found.paragraphs} if found.paragraphs else {})


PART = Part("notices", Rows(NOTICE, most=60), disagreements, load, export)
