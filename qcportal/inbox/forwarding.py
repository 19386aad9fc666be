"""What the secretariat of a lower association is told of a campaign it forwarded.
Called in the transaction of the higher association's act, once an event
(``settings.HIGHER_CHANGE_TOLD_BY``)."""

from __future__ import annotations

from django.urls import reverse

from qcportal.campaigns.forwarding import too_late
from qcportal.campaigns.models import HigherChange
from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message

LONGEST = 300


def tell_lower(change: HigherChange) -> None:
    """To be done: look at the difference. One act that changes several things (all
    windows at once) is one message."""
    campaign, higher = change.campaign, change.campaign.higher
    if higher is None:
        return
    title = f"上级改了“{higher.name}”"[:140]
    link = reverse("campaigns:differences", args=[campaign.code])
    said = change.words
    same = Message.objects.unread().filter(
        organisation=campaign.host, title=title, link=link, at=change.at
    )
    before = same.first()
    if before is not None:
        before.body = f"{before.body}{said}"[:LONGEST]
        before.save(update_fields=["body"])
        return
    late = too_late(campaign)
    if late:
        said += "本单位的" + late[0].message
    tell(campaign.host, title, said, at=change.at, kind=Message.Kind.TODO,
         icon="refresh", tone="warn" if late else "info", link=link,
         link_label="去核对")  # fmt: skip
