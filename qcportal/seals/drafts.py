"""The cut imprint between the keeper's photo and the undertaking: known to the session,
kept as documents nobody else can name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.documents import uploads
from qcportal.documents.imprints import Imprint
from qcportal.documents.models import Document

KIND, SOURCE_KIND = "seal_picture", "seal_source"
_SLOT = "seal_draft"
_PX_PER_MM = 96 / 25.4  # of a browser: a CSS inch has 96 px


@dataclass(frozen=True)
class Draft:
    """``width_mm`` is the diameter of a round seal, ``height_mm`` None for one."""

    picture: Document
    source: Document
    width_mm: Decimal
    height_mm: Decimal | None

    @property
    def shown(self) -> tuple[int, int]:
        """True size on a screen: width and height in CSS px."""
        return shown_size(self.width_mm, self.height_mm or self.width_mm)


def shown_size(width_mm: Decimal, height_mm: Decimal) -> tuple[int, int]:
    """Millimetres as CSS px."""
    return round(float(width_mm) * _PX_PER_MM), round(float(height_mm) * _PX_PER_MM)


@transaction.atomic
def keep(
    session: Any, upload: Any, inspected: uploads.Inspected, imprint: Imprint, *,
    width_mm: Decimal, height_mm: Decimal | None, by: Actor,
) -> None:  # fmt: skip
    """Remember the cut imprint and the photo it comes from for this person."""
    source = uploads.store_upload(upload, inspected, SOURCE_KIND, by=by.user)
    content = ContentFile(imprint.png, name="印迹.png")
    facts = uploads.weighed(content, "印迹.png", "png")
    picture = uploads.store_upload(content, facts, KIND, by=by.user)
    session[_SLOT] = {
        "picture": str(picture.key), "source": str(source.key),
        "width_mm": str(width_mm), "height_mm": str(height_mm or ""),
        "organisation": by.organisation_key,
    }  # fmt: skip


def held(session: Any, *, by: Actor) -> Draft | None:
    """What this person cut for this organisation and has not yet kept, or None."""
    kept = session.get(_SLOT)
    if not kept or kept["organisation"] != by.organisation_key:
        return None
    own = Document.objects.filter(ordered_by=by.user)
    picture = own.filter(key=kept["picture"], kind=KIND).first()
    source = own.filter(key=kept["source"], kind=SOURCE_KIND).first()
    if picture is None or source is None:
        return None
    height = Decimal(kept["height_mm"]) if kept["height_mm"] else None
    return Draft(picture, source, Decimal(kept["width_mm"]), height)


def forget(session: Any) -> None:
    session.pop(_SLOT, None)
