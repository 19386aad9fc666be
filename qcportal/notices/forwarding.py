"""A higher association published a notice: the lower ones that forwarded its campaign
are told. At once by the act that publishes it, at its hour by the worker; once."""

from __future__ import annotations

from datetime import datetime, timedelta

from qcportal.campaigns.higher_changes import What
from qcportal.campaigns.higher_changes import tell_lower as tell
from qcportal.notices.models import Notice

# How long a worker may have been away; older notices are no news any more.
LOOKED_BACK = timedelta(days=3)


def tell_lower(notice: Notice, *, at: datetime) -> int:
    """How many lower campaigns were told; none of what nobody may read yet."""
    if not Notice.objects.public_at(at).filter(pk=notice.pk).exists():
        return 0
    kind = "更正" if notice.corrects_id else "通知"
    return tell(
        notice.campaign, What.NOTICE, f"notice-{notice.pk}",
        f"上级发布了{kind}《{notice.title}》。", subject=notice.title, at=at,
    )  # fmt: skip


def tell_due(at: datetime) -> int:
    """Every notice whose hour has come lately; how many messages were sent."""
    due = Notice.objects.public_at(at).filter(
        published_at__gt=at - LOOKED_BACK, campaign__forwarded_as__isnull=False
    )
    rows = due.select_related("campaign").distinct().order_by("pk")
    return sum(tell_lower(notice, at=at) for notice in rows)
