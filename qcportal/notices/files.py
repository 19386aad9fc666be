"""Which files an attachment has, and which task makes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qcportal.documents.making import order
from qcportal.documents.models import Document
from qcportal.notices import rendering
from qcportal.notices.models import Notice, NoticeAttachment

Kind = NoticeAttachment.Kind
# kind → (column, task, extension) of each file. By name where those who make the papers
# of filers and recommending bodies stand above this app.
MAKERS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    Kind.TEXT: (("document", rendering.render_text.name, "pdf"),),
    Kind.SUMMARY: (("document", rendering.render_text.name, "pdf"),),
    Kind.FORM: (
        ("document", "submissions.render_blank_form", "pdf"),
        ("word", "submissions.render_blank_form_docx", "docx"),
    ),
    Kind.STATISTICS: (("document", "recommenders.render_blank_sheet", "xlsx"),),
    Kind.TABLE: (("document", "recommenders.render_blank_sheet", "xlsx"),),
    Kind.REVIEW: (("document", "recommenders.render_blank_sheet", "xlsx"),),
}


def ordered(kind: str, number: str, title: str, by: Any = None) -> dict[str, Document]:
    """Orders the files of a made attachment: column → document; nothing for uploads and
    other notices. In the transaction of the act that writes the attachment."""
    name = f"附件{number} {title}"[:180]
    return {
        column: order("blank_form", f"{name}.{extension}", maker=maker, by=by)
        for column, maker, extension in MAKERS.get(kind, ())
    }


def free_slug(wanted: str) -> str:
    """``wanted``, or with the next number nobody has: it stands in addresses once."""
    named = wanted[:56]
    found, number = named, 1
    while Notice.objects.filter(slug=found).exists():
        number += 1
        found = f"{named}-{number}"
    return found
