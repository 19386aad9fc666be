"""Questions about notices. Pure reading.

Three facts decide: whether the campaign is published, whether the notice's hour has
come, whether it was withdrawn. What anybody could have read is frozen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from qcportal.accounts.actors import Actor
from qcportal.campaigns import settings_rules
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.rules import moment
from qcportal.documents.fonts import unprintable
from qcportal.notices.models import (
    LONGEST_SIGNATURE,
    MOST_ATTACHMENTS,
    MOST_SIGNATURES,
    Notice,
    NoticeAttachment,
)
from qcportal.refusals import Refusal

Kind = NoticeAttachment.Kind
# What a clerk writes; everything else follows from acts.
FIELDS = (
    "is_main", "title", "document_number", "addressees", "body", "signatures",
    "signed_on", "pinned",
)  # fmt: skip
ATTACHMENT_FIELDS = (
    "number", "title", "audience", "kind", "category", "paragraphs", "link",
)  # fmt: skip
# What may hang on a notice: what people can open at home, checked by content.
UPLOADS = ("pdf", "docx", "xlsx", "doc", "xls", "pptx", "ppt", "jpg", "png", "zip")
LARGEST = 50 * 1024 * 1024  # bytes
MOST_NOTICES = 200


# --- where a notice stands ----------------------------------------------------------


def is_public(notice: Notice, at: datetime) -> bool:
    """Anybody can have read it: its hour has come and its campaign is published. Stays
    true when it is withdrawn."""
    return (
        notice.campaign.published_at is not None
        and notice.published_at is not None
        and notice.published_at <= at
    )


def public_since(notice: Notice) -> datetime | None:
    """The first moment anybody could read it, past or to come; None for a draft and
    while the campaign is being set up."""
    if notice.published_at is None or notice.campaign.published_at is None:
        return None
    return max(notice.published_at, notice.campaign.published_at)


def outdated_files(notice: Notice) -> list[NoticeAttachment]:
    """Made attachments whose files were ordered before the notice was public: what they
    are made from (forms, statistics, conditions) may have changed since."""
    since = public_since(notice)
    return [
        found
        for found in notice.attachments.all()
        if found.kind not in (Kind.UPLOAD, Kind.NOTICE)
        and since is not None
        and all(file.ordered_at < since for file in found.files)
    ]


# --- may it? ------------------------------------------------------------------------


def why_not_begin(campaign: Campaign, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``, ``campaign_ended``, ``too_many_notices``."""
    yield from settings_rules.why_not_set(campaign, actor)
    if campaign.notices.count() >= MOST_NOTICES:
        yield Refusal("too_many_notices", f"一个活动最多 {MOST_NOTICES} 份通知。")


def why_not_write(
    notice: Notice, actor: Actor, version: int, at: datetime
) -> Iterator[Refusal]:
    """The part common to every change of a notice: ``not_yours``, ``campaign_ended``,
    ``withdrawn``, ``frozen``, ``stale_version``."""
    yield from settings_rules.why_not_set(notice.campaign, actor)
    if notice.withdrawn_at is not None:
        yield Refusal("withdrawn", "这份通知已经撤回，不能再改。")
    elif is_public(notice, at):
        yield Refusal(
            "frozen", "这份通知已经公开，不能再改。有错请发更正，或者写明原因撤回。"
        )
    if version != notice.version:
        yield Refusal("stale_version", _stale(notice))


def _stale(notice: Notice) -> str:
    who = notice.saved_by_name or "同事"
    return f"{who}刚刚改过这份通知。您填的还在表里，核对后再保存一次，就以您的为准。"


def faults(
    values: Mapping[str, Any], notice: Notice | None, campaign: Campaign
) -> Iterator[Refusal]:
    """What the words of a notice may not be: ``signature_long``, ``signature_twice``,
    ``too_many_signatures``, ``main_twice``, ``unprintable``."""
    yield from signature_faults(values.get("signatures", []))
    if values.get("is_main"):
        others = campaign.notices.filter(is_main=True, withdrawn_at__isnull=True)
        first = others.exclude(pk=notice.pk if notice else None).first()
        if first:
            yield Refusal(
                "main_twice",
                f"活动通知已经有一份：《{first.title}》。一个活动只能有一份。",
                "is_main",
            )
    for name in ("title", "document_number", "addressees", "body", "signatures"):
        said = values.get(name, "")
        text = "".join(said) if isinstance(said, list) else said
        if strange := unprintable(text):
            yield Refusal(
                "unprintable",
                f"这些字印不出来：{'、'.join(strange[:5])}，请换一个写法。",
                name,
            )


def signature_faults(names: Iterable[str]) -> Iterator[Refusal]:
    """``signature_long``, ``signature_twice``, ``too_many_signatures``."""
    names = list(names)
    if len(names) > MOST_SIGNATURES:
        yield Refusal(
            "too_many_signatures", f"落款单位最多 {MOST_SIGNATURES} 家。", "signatures"
        )
    if any(len(name) > LONGEST_SIGNATURE for name in names):
        yield Refusal(
            "signature_long",
            f"每家单位的名称请写在 {LONGEST_SIGNATURE} 字以内，一行一家。",
            "signatures",
        )
    if len(set(names)) < len(names):
        yield Refusal("signature_twice", "有一家单位写了两遍。", "signatures")


def unready(notice: Notice) -> Iterator[Refusal]:
    """What a notice lacks before it is published: ``no_title``, ``no_body``,
    ``no_signature``, ``attachment_missing``; caution ``no_signing_date``."""
    if not notice.title.strip():
        yield Refusal("no_title", "还没有标题。", "title")
    if not notice.body.strip():
        yield Refusal("no_body", "还没有正文。", "body")
    if not notice.signatures:
        yield Refusal("no_signature", "还没有落款单位。", "signatures")
    if notice.signed_on is None:
        yield Refusal("no_signing_date", "没有落款日期。", "signed_on", "caution")
    for found in notice.attachments.all():
        if lacking(found):
            yield Refusal(
                "attachment_missing",
                f"附件{found.number}《{found.title}》还没有{lacking(found)}。",
                "attachments",
            )


def lacking(found: NoticeAttachment) -> str:
    """What an attachment still needs, in a word; empty when nothing."""
    if found.kind == Kind.UPLOAD and found.document_id is None:
        return "文件"
    if found.kind == Kind.NOTICE and found.link_id is None:
        return "选定是哪份通知"
    if found.kind == Kind.TEXT and not found.paragraphs:
        return "文字"
    return ""


def why_not_publish(
    notice: Notice, hour: datetime, actor: Actor, version: int, at: datetime
) -> Iterator[Refusal]:
    """Besides the common part: what it lacks, ``hour_past``, ``corrected_gone``. An
    ``hour`` of ``at`` is at once, a later one is that hour."""
    yield from why_not_write(notice, actor, version, at)
    yield from unready(notice)
    if hour < at:
        yield Refusal("hour_past", "这个时间已经过去，请填以后的时间。", "published_at")
    if notice.corrects and not is_public(notice.corrects, at):
        yield Refusal(
            "corrected_gone", f"被更正的《{notice.corrects.title}》还没有公开。"
        )


def why_not_take_back(
    notice: Notice, actor: Actor, version: int, at: datetime
) -> Iterator[Refusal]:
    """To a draft again, while nobody could read it: ``not_published`` besides the
    common part."""
    yield from why_not_write(notice, actor, version, at)
    if notice.published_at is None:
        yield Refusal("not_published", "这份通知还是草稿。")


def why_not_withdraw(
    notice: Notice, reason: str, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``not_yours``, ``campaign_ended``, ``not_public``, ``withdrawn``,
    ``reason_missing``."""
    yield from settings_rules.why_not_set(notice.campaign, actor)
    yield from _in_force(notice, at)
    if not reason.strip():
        yield Refusal(
            "reason_missing", "请写明撤回的原因，会写在通知的页面上。", "reason"
        )


def why_not_correct(notice: Notice, actor: Actor, at: datetime) -> Iterator[Refusal]:
    """``not_yours``, ``campaign_ended``, ``too_many_notices``, ``not_public``,
    ``withdrawn``."""
    yield from why_not_begin(notice.campaign, actor)
    yield from _in_force(notice, at)


def _in_force(notice: Notice, at: datetime) -> Iterator[Refusal]:
    if not is_public(notice, at):
        yield Refusal("not_public", "这份通知还没有公开，可以直接改。")
    elif notice.withdrawn_at is not None:
        yield Refusal("withdrawn", "这份通知已经撤回了。")


# --- attachments --------------------------------------------------------------------


def attachment_faults(
    values: Mapping[str, Any], notice: Notice, others: Iterable[NoticeAttachment]
) -> Iterator[Refusal]:
    """``number_twice``, ``no_paragraphs``, ``no_link``, ``unprintable``,
    ``wrong_category``, ``wrong_link``."""
    others = list(others)
    same = next((one for one in others if one.number == values["number"]), None)
    if same:
        yield Refusal(
            "number_twice", f"附件{same.number}已经有了：《{same.title}》。", "number"
        )
    if values["kind"] == Kind.TEXT and not values["paragraphs"]:
        yield Refusal("no_paragraphs", "请写附件的文字。", "paragraphs")
    category = values.get("category")
    if category and category.campaign_id != notice.campaign_id:
        yield Refusal("wrong_category", "请选本活动的类别。", "category")
    link = values.get("link")
    if values["kind"] == Kind.NOTICE and link is None:
        yield Refusal("no_link", "请选是哪份通知。", "link")
    if link and link.pk == notice.pk:
        yield Refusal("wrong_link", "不能是这份通知自己。", "link")
    strange = unprintable(
        values["title"] + values["number"] + "".join(values["paragraphs"])
    )
    if strange:
        yield Refusal(
            "unprintable", f"这些字印不出来：{'、'.join(strange[:5])}，请换一个写法。"
        )


def why_not_attach(notice: Notice) -> Iterator[Refusal]:
    """``too_many_attachments``."""
    if notice.attachments.count() >= MOST_ATTACHMENTS:
        yield Refusal(
            "too_many_attachments", f"一份通知最多 {MOST_ATTACHMENTS} 个附件。"
        )


def next_number(notice: Notice) -> str:
    """What the next attachment is likely called: ``4`` after ``3``, ``2-5`` after
    ``2-4``; ``1`` for the first."""
    last = notice.attachments.last()
    if last is None:
        return "1"
    head, dash, tail = last.number.rpartition("-")
    return f"{head}{dash}{int(tail) + 1}" if tail.isascii() and tail.isdigit() else ""


def planned_words(notice: Notice, at: datetime) -> str:
    """When it becomes public, for a notice that is not yet; empty for a draft."""
    if notice.published_at is None:
        return ""
    if notice.published_at > at:
        return f"{moment(notice.published_at)} 公开"
    return "随活动发布公开"
