"""What the page of a stamp held against the data shows. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from qcportal.accounts.actors import Actor
from submissions import rules, stamping
from submissions.models import Stamp, StampLook, Submission, Tier


@dataclass(frozen=True)
class LookCard:
    """The stamp of the tier before on a desk: ``look`` None while nobody compared it;
    ``url`` empty where this desk cannot act now."""

    stamp: Stamp
    whose: str
    look: StampLook | None
    url: str
    by_eye: bool
    reason: str


def look_card(submission: Submission, actor: Actor) -> LookCard | None:
    """None where no stamp lies before this desk."""
    stamp = rules.stamp_before(submission, actor)
    if stamp is None:
        return None
    tier = Tier(stamp.sheet.tier)
    reading = (
        stamp.scan.scan_reading
        if stamp.scan and hasattr(stamp.scan, "scan_reading")
        else None
    )
    mine = submission.holder == actor.role
    return LookCard(
        stamp=stamp,
        whose=tier.label,
        look=rules.last_look(stamp, actor.organisation.pk),
        url=reverse("submissions:look", args=[submission.code, tier]) if mine else "",
        by_eye=bool(reading and reading.needs_look),
        reason=reading.look_reason if reading else "",
    )


def look_tabs(submission: Submission, stamp: Stamp) -> list[stamping.ViewerTab]:
    """The stamped pages first, then the sheet as the portal printed it, then the form
    and its papers."""
    args = [submission.code, stamp.sheet.tier]
    shown = stamp.paper or stamp.scan
    pages = range(1, min((shown.pages if shown else 0) or 1, stamping.SHOWN_PAGES) + 1)
    ready = shown is not None and shown.is_ready
    scan = stamping.ViewerTab(
        id="stamped", label="盖章页", meta=f"{len(pages)}页" if ready else "",
        current=True,
        images=[
            reverse("submissions:stamped_page", args=[*args, number])
            for number in pages
            if ready
        ],
        note="正在生成，请过几秒刷新",
        download_url=reverse("submissions:stamped_paper", args=args) if ready else "",
    )  # fmt: skip
    paper = reverse("submissions:opinion_paper", args=args)
    printed = stamping.ViewerTab(
        id="printed", label="平台里的意见表", url=f"{paper}?view=1", download_url=paper
    )
    return [scan, printed, *_others(stamping.viewer_tabs(submission))]


def _others(tabs: Sequence[stamping.ViewerTab]) -> list[stamping.ViewerTab]:
    return [stamping.not_current(tab) for tab in tabs]


def voided_stamps(submission: Submission, tier: Tier) -> list[Stamp]:
    """Stamps that no longer count, the latest first: shown struck through."""
    found = Stamp.objects.filter(
        sheet__revision__submission=submission,
        sheet__tier=tier,
        voided_at__isnull=False,
    )
    return list(found.select_related("act", "sheet__revision")[:5])
