"""Questions across rows that no single constraint can ask: do the books add up?

Reads only. Each question yields Findings; ``manage.py check_books`` asks them all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage

from qcportal.accounts.models import (
    Membership,
    Organisation,
    OrganisationUserObjectPermission,
)
from qcportal.accounts.roles import DUTY_PERMISSIONS, Duty
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.models import Counter as RunningNumber
from qcportal.campaigns.quotas import covers
from qcportal.documents import keeping
from qcportal.documents.models import Document
from reviews.models import Certificate, Publication, PublicationEntry, check_character
from submissions import places
from submissions.actions import digest
from submissions.lifecycle import MOVES, PLACED, MoveName, Reach, State
from submissions.models import ScoreSheet, Stamp, Submission, Tier

# States in which the unit stands behind the revision that counts.
STAMPED = frozenset(
    {State.STAMPED, State.RESERVED, State.DIRECT_ASKED, State.NOT_RECOMMENDED}
    | (PLACED - {State.AMENDED})
)
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Finding:
    """``code`` is stable, ``about`` the public key of the row, ``words`` Chinese."""

    code: str
    about: str
    words: str


def places_overrun() -> Iterator[Finding]:
    """``places_overrun``: more results than a quota rule allows, one of them with a
    place taken since the rules were last changed (docs/decisions/0014)."""
    pairs = (
        Submission.objects.filter(state__in=PLACED, recommender__isnull=False)
        .order_by().values_list("campaign", "recommender", "unit").distinct()
    )  # fmt: skip
    units: dict[tuple[int, int], list[int]] = {}
    for campaign_id, recommender_id, unit_id in pairs:
        units.setdefault((campaign_id, recommender_id), []).append(unit_id)
    for (campaign_id, recommender_id), members in sorted(units.items()):
        recommender = Organisation.objects.get(pk=recommender_id)
        tally = places.Tally(Campaign.objects.get(pk=campaign_id), recommender)
        meters = [(0, meter) for meter in tally.own()]
        meters += [(unit, m) for unit in members for m in tally.of_unit(unit)]
        for unit, meter in meters:
            if meter.used > meter.places and not _all_kept(tally, meter, unit):
                yield Finding(
                    "places_overrun", recommender.name,
                    f"{meter.label}占用 {meter.used} 个名额，上限 {meter.places} 个。",
                )  # fmt: skip


def _all_kept(tally: places.Tally, meter: places.Meter, unit: int) -> bool:
    """All it counts had their places before the rules were changed."""
    rows = Submission.objects.filter(campaign=tally.campaign, state__in=PLACED)
    if not unit:
        rows = rows.filter(recommender=tally.recommender)
    else:
        rows = rows.filter(unit=unit, recommender__isnull=False)
    drawn = [r for r in rows if covers(meter.rule, r.category_id, r.topic_type)]
    return all(places.kept(row) for row in drawn)


def steps_disagree() -> Iterator[Finding]:
    """``steps_broken``: a step does not follow from the one before, or from the table;
    ``state_differs``: state, its instant or its reach is not what the steps add up to."""
    for submission in Submission.objects.prefetch_related("steps").order_by("code"):
        steps = sorted(submission.steps.all(), key=lambda step: (step.at, step.pk))
        state, reach = State.DRAFT, Reach.GROUP
        for step in steps:
            move = MOVES.get(MoveName(step.move))
            if (
                move is None
                or step.from_state != state
                or state not in move.from_states
                or step.to_state != move.to_state
            ):
                yield Finding(
                    "steps_broken", submission.code,
                    f"流转记录“{step.move_label}”（{step.from_state} 到 {step.to_state}）接不上前一步 {state.value}。",
                )  # fmt: skip
            state = State(step.to_state)
            reach = max(reach, move.reach) if move else reach
        since = steps[-1].at if steps else submission.state_since
        kept = (submission.state, submission.reach, submission.state_since)
        if kept != (state.value, reach, since):
            yield Finding(
                "state_differs", submission.code,
                f"状态是 {submission.state}，按流转记录应是 {state.value}。",
            )  # fmt: skip


def frozen_altered() -> Iterator[Finding]:
    """``revision_altered``, ``sheet_altered``: frozen words are not what was hashed."""
    rows = Submission.objects.exclude(revision=None).prefetch_related("revisions")
    for submission in rows.order_by("code"):
        for revision in submission.revisions.all():
            said = {"code": submission.code, "number": revision.number,
                    "content": revision.content, "papers": revision.papers}  # fmt: skip
            if revision.activity:
                said["activity"] = revision.activity
            if digest(said) != revision.content_hash:
                yield Finding(
                    "revision_altered", submission.code,
                    f"第 {revision.number} 版的内容和提交时的摘要不一致。",
                )  # fmt: skip
    sheets = ScoreSheet.objects.exclude(content_hash="").select_related(
        "revision__submission"
    )
    for sheet in sheets.order_by("pk"):
        said = {"revision": sheet.revision.content_hash, "tier": sheet.tier,
                "marks": sheet.marks, "opinion": sheet.opinion,
                "by": sheet.organisation_name}  # fmt: skip
        if digest(said) != sheet.content_hash:
            yield Finding(
                "sheet_altered", sheet.revision.submission.code,
                f"{Tier(sheet.tier).label}的评分或意见和打印时的摘要不一致。",
            )  # fmt: skip


def stamps_disagree() -> Iterator[Finding]:
    """``stamp_missing``: handed on without the unit's live stamp on the revision that
    counts; ``stamp_differs``: a live stamp is bound to other content."""
    live = Stamp.objects.filter(voided_at__isnull=True)
    stamped = live.filter(sheet__tier=Tier.UNIT).values("sheet__revision")
    bare = Submission.objects.filter(
        state__in=STAMPED, category__needs_unit_stamp=True
    ).exclude(revision__in=stamped)
    for code in bare.order_by("code").values_list("code", flat=True):
        yield Finding("stamp_missing", code, "已经送出，却没有有效的单位盖章。")
    rows = live.select_related("act", "sheet__revision__submission").order_by("pk")
    for stamp in rows:
        if stamp.act.content_hash != stamp.sheet.content_hash:
            yield Finding(
                "stamp_differs", stamp.sheet.revision.submission.code,
                f"{Tier(stamp.sheet.tier).label}盖章所对的内容和现在的意见表不是同一份。",
            )  # fmt: skip


def numbers_disagree() -> Iterator[Finding]:
    """``number_gap``: numbers given out are not exactly 1 to the counter's value;
    ``verify_code_wrong``: a certificate's code fails its own check character."""
    for counter in RunningNumber.objects.select_related("campaign").order_by("pk"):
        campaign = counter.campaign
        due = {_numbered(counter, n) for n in range(1, counter.value + 1)}
        if counter.name == "submission":
            rows = Submission.objects.filter(campaign=campaign)
            given = set(rows.values_list("code", flat=True))
        else:
            level = counter.name.removeprefix("certificate-")
            issued = Certificate.objects.filter(
                entry__publication__campaign=campaign, entry__level_code=level
            )
            given = set(issued.values_list("number", flat=True))
        for number in sorted(due - given):
            yield Finding("number_gap", number, "这个编号发出过，现在没有对应的记录。")
        for number in sorted(given - due):
            yield Finding("number_gap", number, "这个编号不在已发出的编号里。")
    for number, code in Certificate.objects.values_list("number", "verify_code"):
        body = code.replace("-", "")
        if check_character(body[:-1]) != body[-1]:
            yield Finding("verify_code_wrong", number, "查验码的校验位不对。")


def _numbered(counter: RunningNumber, serial: int) -> str:
    campaign = counter.campaign
    if counter.name == "submission":
        return f"{campaign.year}-{campaign.letters}-{serial:04d}"
    return campaign.certificate_pattern.format(
        letters=campaign.letters, year=campaign.year, serial=serial,
        level=counter.name.removeprefix("certificate-"),
    )  # fmt: skip


def publications_disagree() -> Iterator[Finding]:
    """``certificate_missing``: a published line without one; ``not_on_the_list``:
    published or announced, but on no list."""
    lines = PublicationEntry.objects.filter(publication__kind=Publication.Kind.RESULTS)
    bare = lines.filter(certificate__isnull=True, publication__replaces__isnull=True)
    for code in bare.order_by("pk").values_list("submission__code", flat=True):
        yield Finding("certificate_missing", code, "已公布，却没有证书。")
    released = Submission.objects.filter(state__in=[State.ANNOUNCED, State.PUBLISHED])
    listed = PublicationEntry.objects.values("submission")
    for code in released.exclude(pk__in=listed).values_list("code", flat=True):
        yield Finding("not_on_the_list", code, "已公示或公布，却不在任何名单里。")


def grants_disagree() -> Iterator[Finding]:
    """``grant_differs``: a person's rights for an organisation are not exactly those of
    the live seats there."""
    seats: dict[tuple[int, int], set[str]] = {}
    for seat in Membership.objects.filter(ended_at__isnull=True):
        wanted = seats.setdefault((seat.user_id, seat.organisation_id), set())
        wanted |= set(DUTY_PERMISSIONS[Duty(seat.duty)])
    granted: dict[tuple[int, int], set[str]] = {}
    rows = OrganisationUserObjectPermission.objects.select_related("permission")
    for grant in rows:
        key = (grant.user_id, grant.content_object_id)
        granted.setdefault(key, set()).add(grant.permission.codename)
    names = dict(Organisation.objects.values_list("pk", "name"))
    for user_id, organisation_id in sorted(seats.keys() | granted.keys()):
        key = (user_id, organisation_id)
        if seats.get(key, set()) != granted.get(key, set()):
            yield Finding(
                "grant_differs", names[organisation_id],
                f"用户 {user_id} 的权限和在任职责不一致。",
            )  # fmt: skip


def files_missing() -> Iterator[Finding]:
    """``file_missing``: a finished document without its file."""
    for document in keeping.missing():
        yield Finding(
            "file_missing", str(document.key), f"文件不在了：{document.title}"
        )


def files_altered() -> Iterator[Finding]:
    """``file_altered``: a stored file whose bytes are not those first kept. Reads every
    file, so it is asked only on demand."""
    ready = Document.objects.filter(status=Document.Status.READY)
    for document in ready.iterator():
        name = document.file.name or ""
        if default_storage.exists(name) and _sha256(name) != document.sha256:
            yield Finding(
                "file_altered", str(document.key), f"文件内容变了：{document.title}"
            )


def _sha256(name: str) -> str:
    found = hashlib.sha256()
    with default_storage.open(name) as file:
        while piece := file.read(CHUNK):
            found.update(piece)
    return found.hexdigest()


QUESTIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    places_overrun,
    steps_disagree,
    frozen_altered,
    stamps_disagree,
    numbers_disagree,
    publications_disagree,
    grants_disagree,
    files_missing,
)


def findings(*, digests: bool = False) -> Iterator[Finding]:
    """Everything that does not add up; with ``digests`` every file is read as well."""
    for question in QUESTIONS:
        yield from question()
    if digests:
        yield from files_altered()


def counted(found: list[Finding]) -> dict[str, int]:
    """How many findings of each code."""
    return dict(sorted(Counter(finding.code for finding in found).items()))
