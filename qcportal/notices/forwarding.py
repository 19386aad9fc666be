"""A notice of a higher association came out: the lower ones that forwarded its campaign
are told, in the same transaction, once."""

from __future__ import annotations

from datetime import datetime

from qcportal.campaigns.higher_changes import What
from qcportal.campaigns.higher_changes import tell_lower as tell
from qcportal.notices.models import Notice


def tell_lower(notice: Notice, *, at: datetime) -> int:
    """How many lower campaigns were told; none of what nobody may read yet."""
    if not Notice.objects.public_at(at).filter(pk=notice.pk).exists():
        return 0
    kind = "更正" if notice.corrects_id else "通知"
    return tell(
        notice.campaign, What.NOTICE, f"notice-{notice.pk}",
        f"上级发布了{kind}《{notice.title}》。", subject=notice.title, at=at,
    )  # fmt: skip
