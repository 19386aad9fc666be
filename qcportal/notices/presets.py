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
from qcportal.campaigns.wording import number_key
from qcportal.notices import files, text
from qcportal.notices.models import (
    LONGEST_BODY,
    LONGEST_SIGNATURE,
    MOST_ATTACHMENTS,
    MOST_SIGNATURES,
    Notice,
    NoticeAttachment,
)

# Before a blank form was offered as a pair, its Word file was an attachment of its own.
WORD_ALONE = "form_word"
ATTACHMENT = Table(
    {
        "number": column(NoticeAttachment, "number"),
        "title": column(NoticeAttachment, "title"),
        "audience": column(NoticeAttachment, "audience"),
        "kind": Text(16, (*NoticeAttachment.Kind.values, WORD_ALONE), blank=False),
        "paragraphs": Rows(Text(2000), most=200),
        "category": Text(30),
        "notice": column(Notice, "slug"),
    },
    ("number", "title", "audience", "kind"),
)
NOTICE = Table(
    {
        "slug": column(Notice, "slug"), "main": Flag(), "title": column(Notice, "title"),
        "document_number": column(Notice, "document_number"),
        "addressees": column(Notice, "addressees"),
        "body": Text(LONGEST_BODY, blank=False),
        "signatures": Rows(Text(LONGEST_SIGNATURE, blank=False), most=MOST_SIGNATURES),
        "signed_by": Text(120), "signed_on": Day(), "published": Instant(),
        "pinned": Flag(), "corrects": column(Notice, "slug"),
        "attachments": Rows(ATTACHMENT, most=MOST_ATTACHMENTS),
    },
    ("slug", "title", "body"),
)  # fmt: skip


# --- what they say of each other -----------------------------------------------------


def disagreements(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Doubled slugs and numbers, two main notices, corrections of nothing, attachments
    of categories the file does not have."""
    known = {category["code"] for category in raw["categories"]} | {""}
    rows = raw.get("notices", [])
    slugs: set[str] = set()
    for i, notice in enumerate(rows):
        place = ("notices", i)
        if notice["slug"] in slugs:
            yield Fault((*place, "slug"), f"和前面的通知重复（{notice['slug']}）")
        corrected = notice.get("corrects", "")
        if corrected and corrected not in slugs:
            yield Fault((*place, "corrects"), f"前面没有通知 {corrected}")
        slugs.add(notice["slug"])
        if notice.get("main") and any(other.get("main") for other in rows[:i]):
            yield Fault((*place, "main"), "前面已经有一份活动通知")
        yield from _attachments(notice, place, known)


def _attachments(
    notice: Mapping[str, Any], place: tuple[str | int, ...], known: set[str]
) -> Iterator[Fault]:
    numbers: set[str] = set()
    for j, attachment in enumerate(notice.get("attachments", [])):
        where = (*place, "attachments", j)
        if attachment["number"] in numbers:
            yield Fault(where, f"附件号重复（{attachment['number']}）")
        numbers.add(attachment["number"])
        if attachment.get("category", "") not in known:
            yield Fault((*where, "category"), f"没有类别 {attachment['category']}")


# --- loading -------------------------------------------------------------------------


@transaction.atomic
def load(preset: Preset, campaign: Campaign) -> None:
    """Write the notices and order the files that hang on them."""
    rows = preset.raw.get("notices", [])
    main = _main(rows)
    made: dict[str, Notice] = {}
    for item in rows:
        notice = _load_notice(preset, campaign, item, made, is_main=item is main)
        made[item["slug"]] = notice
        for place, attachment in enumerate(item.get("attachments", []), 1):
            _attach(notice, place, attachment)


def _main(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The one that says so; in files that say nothing the first pinned, else the first."""
    for asked in ("main", "pinned"):
        for item in rows:
            if item.get(asked):
                return item
    return rows[0] if rows else None


def _load_notice(
    preset: Preset, campaign: Campaign, item: Mapping[str, Any],
    made: Mapping[str, Notice], *, is_main: bool,
) -> Notice:  # fmt: skip
    addressees, body = item.get("addressees", ""), preset.words(item["body"].strip())
    if "addressees" not in item:
        addressees, body = text.addressees_apart(body)
    number = item.get("document_number", campaign.document_number if is_main else "")
    published = item.get("published")
    return Notice.objects.create(
        campaign=campaign, slug=_free_slug(item["slug"], preset, campaign),
        is_main=is_main, title=item["title"], addressees=addressees, body=body,
        document_number=number, document_number_key=number_key(number),
        signatures=_signatures(item), signed_on=preset.on(item.get("signed_on")),
        published_at=preset.at(published) if published else None,
        pinned=item.get("pinned", False), corrects=made.get(item.get("corrects", "")),
    )  # fmt: skip


def _signatures(item: Mapping[str, Any]) -> list[str]:
    """In older files they stand in one line."""
    if "signatures" in item:
        return list(item["signatures"])
    return [name for name in item.get("signed_by", "").split("\u3000") if name]


def _free_slug(slug: str, preset: Preset, campaign: Campaign) -> str:
    """A slug stands in addresses once: under another code it takes that code."""
    return files.free_slug(slug.replace(str(preset.raw["code"]), campaign.code))


def _attach(notice: Notice, place: int, item: Mapping[str, Any]) -> None:
    kind = "form" if item["kind"] == WORD_ALONE else item["kind"]
    NoticeAttachment.objects.create(
        notice=notice, order=place, number=item["number"], title=item["title"],
        audience=item["audience"], kind=kind, paragraphs=item.get("paragraphs", []),
        category=notice.campaign.categories.filter(code=item.get("category", "")).first(),
        link=Notice.objects.filter(slug=item.get("notice", "")).first(),
        **files.ordered(kind, item["number"], item["title"]),
    )  # fmt: skip


# --- exporting -----------------------------------------------------------------------


def export(campaign: Campaign) -> list[dict[str, Any]]:
    """The notices as they stand, without those withdrawn. Files somebody uploaded do not
    go into a text; their numbers and titles do."""
    rows = campaign.notices.filter(withdrawn_at__isnull=True).order_by("pk")
    found = rows.select_related("corrects").prefetch_related(
        "attachments__category", "attachments__link"
    )
    return [_notice(notice, campaign) for notice in found]


def _notice(notice: Notice, campaign: Campaign) -> dict[str, Any]:
    raw: dict[str, Any] = {"slug": notice.slug, "title": notice.title}
    usual = campaign.document_number if notice.is_main else ""
    said: dict[str, Any] = {
        "main": notice.is_main, "addressees": notice.addressees,
        "signatures": notice.signatures, "signed_on": notice.signed_on,
        "pinned": notice.pinned,
        "published": notice.published_at and timezone.make_naive(notice.published_at),
        "corrects": notice.corrects.slug
        if notice.corrects and not notice.corrects.withdrawn_at else "",
    }  # fmt: skip
    raw |= {name: value for name, value in said.items() if value}
    if notice.document_number != usual:
        raw["document_number"] = notice.document_number
    if not notice.addressees and text.addressees_apart(notice.body)[0]:
        raw["addressees"] = ""  # or its first line would be taken for them
    raw["body"] = notice.body
    rows = [_attachment(a) for a in notice.attachments.all()]
    return raw | ({"attachments": rows} if rows else {})


def _attachment(found: NoticeAttachment) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "number": found.number, "title": found.title,
        "audience": found.audience, "kind": found.kind,
    }  # fmt: skip
    if found.category:
        raw["category"] = found.category.code
    if found.link:
        raw["notice"] = found.link.slug
    return raw | ({"paragraphs": found.paragraphs} if found.paragraphs else {})


PART = Part("notices", Rows(NOTICE, most=60), disagreements, load, export)
