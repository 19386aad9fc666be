"""How notices look to those who write them and to those who read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qcportal.campaigns.models import Campaign
from qcportal.notices import papers, rules
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.refusals import Refusal


def chip(notice: Notice, at: datetime) -> tuple[str, str]:
    """(kind of badge, words)."""
    if notice.withdrawn_at is not None:
        return "end", "已撤回"
    if rules.is_public(notice, at):
        return "ok", "已公开"
    if notice.published_at is not None:
        return "run", rules.planned_words(notice, at)
    return "draft", "草稿"


@dataclass(frozen=True)
class Line:
    """A notice in the secretariat's list."""

    notice: Notice
    kind: str
    text: str
    public: bool
    attached: int


def lines(rows: Iterable[Any], at: datetime) -> list[Line]:
    """``rows`` carry their campaign and ``attached``, how many attachments they have."""
    return [
        Line(row, *chip(row, at), rules.is_public(row, at), row.attached)
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True)
class Attached:
    """An attachment in the editor: ``place`` from 1, ``lacks`` what is missing."""

    place: int
    attachment: NoticeAttachment
    lacks: str
    content: str


def attached(notice: Notice) -> list[Attached]:
    rows = notice.attachments.select_related("document", "word", "link", "category")
    return [
        Attached(place, row, rules.lacking(row), _content(row))
        for place, row in enumerate(rows, 1)
    ]


def _content(row: NoticeAttachment) -> str:
    kind = NoticeAttachment.Kind(row.kind).label
    if row.category:
        return f"{kind}，{row.category.name}"
    if row.link:
        return f"《{row.link.title}》"
    return kind


def unready(notice: Notice) -> list[Refusal]:
    """Hindrances before cautions."""
    return sorted(rules.unready(notice), key=lambda found: found.kind == "caution")


def begun_with(campaign: Campaign) -> dict[str, Any]:
    """What a new notice says before anybody has written: the campaign's own first, if
    it has none."""
    main = not campaign.notices.filter(is_main=True, withdrawn_at__isnull=True).exists()
    return {
        "is_main": main,
        "title": f"关于开展{campaign.name}的通知" if main else "新的通知",
        "document_number": campaign.document_number if main else "",
        "addressees": "各有关单位", "body": "",
        "signatures": [campaign.host.name, *campaign.co_hosts] if main else [campaign.host.name],
        "signed_on": None, "pinned": main,
    }  # fmt: skip


def differing(stored: Notice, typed: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(field, as stored, as typed) where two clerks differ."""
    found = []
    for name in rules.FIELDS:
        old = getattr(stored, name)
        if name in typed and typed[name] != old:
            label = str(Notice._meta.get_field(name).verbose_name)
            found.append((label, _words(old), _words(typed[name])))
    return found


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "\n".join(value)
    return str(value) if value else ""


def reading(notice: Notice, at: datetime) -> dict[str, Any]:
    """The public page: the notice as a paper, its files by audience, corrections both
    ways."""
    corrections = notice.corrections.public_at(at).order_by("published_at")
    rows = notice.attachments.with_files(at)
    return {
        "notice": notice, "paper": papers.notice(notice), "attachments": rows,
        "corrections": list(corrections),
        "corrects": notice.corrects
        if notice.corrects and rules.is_public(notice.corrects, at) else None,
    }  # fmt: skip
