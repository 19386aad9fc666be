"""The only writers of messages."""

from datetime import datetime

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation, User
from qcportal.inbox.models import Message
from qcportal.ui.words import mobiles_masked


def tell(
    organisation: Organisation,
    title: str,
    body: str = "",
    *,
    at: datetime,
    kind: str = Message.Kind.PROGRESS,
    icon: str = "bell",
    tone: str = "info",
    link: str = "",
    link_label: str = "",
    person: User | None = None,
) -> Message:
    """Put a message on an organisation's desk. ``link`` is a path of this site;
    ``tone`` is one of info, ok, warn, bad. Mobile numbers in the words are masked:
    a desk is read by everybody who sits there."""
    return Message.objects.create(
        organisation=organisation, person=person, kind=kind, icon=icon, tone=tone,
        title=mobiles_masked(title)[:140], body=mobiles_masked(body)[:300], link=link, link_label=link_label, at=at,
    )  # fmt: skip


def mark_all_read(actor: Actor, *, at: datetime) -> int:
    """How many were unread."""
    return Message.objects.visible_to(actor).unread().update(read_at=at)


def mark_read(actor: Actor, message_id: int, *, at: datetime) -> None:
    Message.objects.visible_to(actor).unread().filter(pk=message_id).update(read_at=at)
