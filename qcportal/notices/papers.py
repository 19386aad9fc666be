"""What a notice says, laid out as official notices are (GB/T 9704; domain.md §7).

The page, the preview and the PDF read the same facts. No seal is ever drawn.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from qcportal.notices import text
from qcportal.notices.models import Notice, NoticeAttachment

TEMPLATE = "papers/notice.html"


def notice(found: Notice) -> dict[str, Any]:
    """``heads``: the bodies of the red head, one under the other; empty for a notice
    that is no official document. ``letters`` of a head stand apart to one width."""
    formal = found.is_main or bool(found.document_number)
    heads = list(found.signatures) if formal else []
    return {
        "title": found.title, "heads": heads, "letters": [list(name) for name in heads],
        "joint": len(heads) > 1, "number": found.document_number,
        "addressees": found.addressees, "blocks": list(text.blocks(found.body)),
        "attachments": list(found.attachments.all()),
        "signatures": found.signatures, "date": day_words(found.signed_on),
        "corrects": named(found.corrects) if found.corrects else "",
    }  # fmt: skip


def day_words(day: date | None) -> str:
    """``2020年6月3日``: Arabic figures, no leading zero."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def named(found: Notice) -> str:
    """``《关于……的通知》（沪质协〔2020〕17号）``."""
    number = f"（{found.document_number}）" if found.document_number else ""
    return f"《{found.title}》{number}"


def attached_text(found: NoticeAttachment) -> dict[str, Any]:
    """The facts of an attachment that is text, or the points of a summary."""
    paragraphs = found.paragraphs
    if found.kind == NoticeAttachment.Kind.SUMMARY:
        points = found.notice.campaign.summary_points
        paragraphs = [
            "推荐单位（盖章）：", "总结里要写到：",
            *[f"{i}. {point}" for i, point in enumerate(points, 1)],
        ]  # fmt: skip
    return {"number": found.number, "title": found.title, "paragraphs": paragraphs}
