"""The only writers of seal pictures."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation, User
from qcportal.accounts.rules import why_not_in_person
from qcportal.audit.record import record
from qcportal.documents.models import Document
from qcportal.refusals import Refusal, refuse, refuse_if
from qcportal.seals.models import SealPicture

UNDERTAKING = (
    "本人是本单位指定的印章管理员。上传的图样取自本单位依法备案的公章，只用于本平台；"
    "每次使用由本人确认并留下记录。本人知道印模图像不是可靠电子签名。"
)


def why_not_keep(by: Actor) -> Iterator[Refusal]:
    """``standing_in``, ``not_seal_keeper``: who may deposit a picture at all."""
    yield from why_not_in_person(by)
    if not by.may("seal_for"):
        yield Refusal("not_seal_keeper", "只有本单位的印章管理员能上传印章图样。")


@transaction.atomic
def keep_picture(
    document: Document, *, undertaken: bool, by: Actor, at: datetime,
    source: Document | None = None, width_mm: Decimal = Decimal(40),
    height_mm: Decimal | None = None,
) -> SealPicture:  # fmt: skip
    """The keeper deposits the organisation's own picture; an older one ends.

    ``document`` is the imprint on transparent ground, ``source`` the photo it was cut
    from; ``width_mm`` is the diameter of a round seal, ``height_mm`` only for others.
    """
    refuse_if(why_not_keep(by))
    if not undertaken:
        refuse("no_undertaking", "请先看过承诺并勾选。", "undertaken")
    SealPicture.objects.filter(
        organisation=by.organisation, ended_at__isnull=True
    ).update(ended_at=at)
    picture = SealPicture.objects.create(
        organisation=by.organisation, picture=document, keeper=by.user,
        undertaking=UNDERTAKING, began_at=at, source=source,
        diameter_mm=width_mm, height_mm=height_mm,
    )  # fmt: skip
    record(
        by, "seal_picture_kept", str(by.organisation.key), at=at, sha256=document.sha256
    )
    return picture


@transaction.atomic
def end_picture(*, by: Actor, at: datetime) -> None:
    """No further use; papers already sealed stay as they are."""
    refuse_if(why_not_in_person(by))
    if not by.may("seal_for"):
        refuse("not_seal_keeper", "只有本单位的印章管理员能停用印章图样。")
    SealPicture.objects.filter(
        organisation=by.organisation, ended_at__isnull=True
    ).update(ended_at=at)
    record(by, "seal_picture_ended", str(by.organisation.key), at=at)


@transaction.atomic
def end_picture_of(
    keeper: User, organisation: Organisation, *, by: Actor | None, at: datetime
) -> None:
    """The keeper leaves: the picture was under that person's undertaking and ends."""
    ended = SealPicture.objects.filter(
        organisation=organisation, keeper=keeper, ended_at__isnull=True
    ).update(ended_at=at)
    if ended:
        record(by, "seal_picture_ended", str(organisation.key), at=at)
