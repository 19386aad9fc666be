"""What is behind a number or code somebody typed, or a file somebody holds.

Reads only. Tells nothing about people: kind of paper, version, stamped or not.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from qcportal.seals.models import SealAct
from recommenders.models import Paper, TableStamp
from reviews.models import CROCKFORD, Certificate, check_character
from submissions.models import Revision, ScoreSheet, Stamp, Tier

LONGEST = 40
_DASHES = dict.fromkeys(map(ord, "-‐‑–—－_ \t　"))
_LOOKALIKES = str.maketrans("OILU", "011V")
_TIERS = {Tier.UNIT: "单位", Tier.RECOMMENDER: "推荐单位"}


@dataclass(frozen=True)
class PaperFound:
    """A paper behind a check code. ``current`` False: there is a newer one."""

    kind: str
    code: str
    version: str
    at: datetime
    current: bool
    stamped_at: datetime | None = None
    stamped_by: str = ""
    evidence: str = ""
    void_reason: str = ""
    content_hash: str = ""


def tidy(text: str) -> str:
    """As typed, made comparable: half width, upper case, no blanks, at most 40."""
    return unicodedata.normalize("NFKC", text).strip().upper()[:LONGEST]


def bare(text: str) -> str:
    """A code without dashes and blanks, with O read as 0, I and L as 1."""
    return tidy(text).translate(_DASHES).translate(_LOOKALIKES)


def is_mistyped(text: str) -> bool:
    """Sixteen signs of a verify code whose check character does not fit."""
    code = bare(text)
    if len(code) != 16 or any(sign not in CROCKFORD for sign in code):
        return False
    return check_character(code[:15]) != code[15]


def certificate(text: str) -> Certificate | None:
    """By number or by verify code, however typed."""
    code = bare(text)
    dashed = "-".join(code[i : i + 4] for i in range(0, len(code), 4))
    return (
        Certificate.objects.filter(Q(number__iexact=tidy(text)) | Q(verify_code=dashed))
        .select_related("entry__publication__campaign__host", "document")
        .first()
    )


def paper(text: str) -> PaperFound | None:
    """By the eight signs printed at the foot of a form, an opinion sheet or a list."""
    code = bare(text)
    if len(code) != 8:
        return None
    dashed = f"{code[:4]}-{code[4:]}"
    return _form(dashed) or _sheet(dashed) or _list(dashed) or _replaced(dashed)


def _form(code: str) -> PaperFound | None:
    found = (
        Revision.objects.filter(check_code=code).select_related("submission").first()
    )
    if found is None:
        return None
    return PaperFound(
        "申报表", found.submission.code, f"第 {found.number} 版", found.filed_at,
        found.submission.revision_id == found.pk, content_hash=found.content_hash,
    )  # fmt: skip


def _sheet(code: str) -> PaperFound | None:
    found = (
        ScoreSheet.objects.filter(check_code=code)
        .select_related("revision__submission")
        .first()
    )
    if found is None:
        return None
    submission = found.revision.submission
    stamp = found.stamps.select_related("act__organisation").first()
    return PaperFound(
        f"成果评分与推荐意见表（{_TIERS[Tier(found.tier)]}）", submission.code,
        f"第 {found.revision.number} 版", found.saved_at,
        submission.revision_id == found.revision_id,
        content_hash=found.content_hash, **_stamp(stamp),
    )  # fmt: skip


def _list(code: str) -> PaperFound | None:
    found = (
        Paper.objects.filter(check_code=code)
        .select_related("dossier__campaign")
        .first()
    )
    if found is None:
        return None
    newest = Paper.objects.filter(dossier=found.dossier, kind=found.kind).first()
    stamp = found.stamps.select_related("act__organisation").first()
    return PaperFound(
        found.get_kind_display().partition("（")[0], str(found.dossier.campaign.year),
        "", found.made_at, newest is not None and newest.list_hash == found.list_hash,
        content_hash=found.list_hash, **_stamp(stamp),
    )  # fmt: skip


def _stamp(stamp: Stamp | TableStamp | None) -> dict[str, object]:
    if stamp is None:
        return {}
    return {
        "stamped_at": stamp.at,
        "stamped_by": stamp.act.organisation_name,
        "evidence": stamp.act.get_evidence_display(),
        "void_reason": (getattr(stamp, "void_reason", "") or "名单改过，原盖章作废")
        if stamp.voided_at
        else "",
    }


def _replaced(code: str) -> PaperFound | None:
    """A sheet that was stamped and then changed keeps its code only in the stamp."""
    act = SealAct.objects.filter(check_code=code).select_related("organisation").last()
    if act is None:
        return None
    return PaperFound(
        "盖章件", "", "", act.at, False, act.at, act.organisation_name,
        act.get_evidence_display(), "内容后来改过，原盖章作废", act.content_hash,
    )  # fmt: skip


def stamps_behind(found: Certificate) -> list[Stamp]:
    """The live stamps on the revision that was awarded, newest first."""
    return list(
        Stamp.objects.filter(
            sheet__revision_id=found.entry.submission.revision_id,
            voided_at__isnull=True,
        ).select_related("act__organisation", "sheet")
    )
