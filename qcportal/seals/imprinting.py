"""From the keeper's photo to the picture that is kept: read apart, with a sentence for
what cannot be used."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from typing import Any

from django.conf import settings

from qcportal.documents import child, imprints
from qcportal.documents.imprints import Imprint, NoImprint
from qcportal.refusals import refuse

FIELD = "picture"
ROUND = Decimal("0.08")  # a circle may come out this much wider than high
FAULTS = {
    "none": "没有找到有颜色的印迹。请把章盖在白纸上，光线均匀地拍清楚再传。",
    "small": "印迹太小，看不清。请凑近些拍，或用 300 dpi 扫描后再传。",
}


def lift(upload: Any) -> Imprint:
    """The imprint in an inspected photo or scan. Raises Refused ``imprint_none``,
    ``imprint_small``, ``imprint_not_read``."""
    upload.seek(0)
    content: bytes = upload.read()
    upload.seek(0)
    if not settings.INSPECT_UPLOADS_APART:
        try:
            return imprints.lift(content)
        except NoImprint as no:
            refuse(f"imprint_{no.code}", FAULTS[no.code], FIELD)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        answer = child.ask("imprint", file)
    if answer is None:
        refuse("imprint_not_read", "这张图没能处理完，请缩小些再传。", FIELD)
    head, _, png = answer.partition(b"\n")
    said = json.loads(head)
    if "fault" in said:
        refuse(f"imprint_{said['fault']}", FAULTS[said["fault"]], FIELD)
    return Imprint(png, said["width"], said["height"])


def check_shape(found: Imprint, width: Decimal, height: Decimal | None) -> None:
    """Refused ``imprint_shape`` where the millimetres do not fit the picture."""
    seen = Decimal(found.width) / Decimal(found.height)
    said = width / (height or width)
    if abs(seen / said - 1) <= ROUND:
        return
    if height is None:
        refuse(
            "imprint_shape",
            "这个印迹不是圆的（也不是正方的），请把高度也填上，单位毫米。",
            "height_mm",
        )
    refuse("imprint_shape", "填的宽和高与印迹的形状不符，请量一量再填。", "height_mm")
