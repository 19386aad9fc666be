"""May it? Questions about submissions, answered with refusals. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch

from qcportal.accounts import contacts
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.accounts.rules import why_not_approve, why_not_in_person
from qcportal.campaigns import definition, quotas, scoring
from qcportal.campaigns.models import Campaign, Category
from qcportal.campaigns.rules import (
    Whose,
    moment,
    why_closed,
    why_ended,
    why_not_recommending_body,
)
from qcportal.campaigns.stages import Stage
from qcportal.documents.fonts import unprintable
from qcportal.documents.models import Document
from qcportal.refusals import Refusal
from qcportal.seals.models import Evidence, SealPicture
from qcportal.seals.rules import reading_of, scan_faults
from qcportal.signatures import rules as signature_rules
from qcportal.signatures.models import SignedCopy
from submissions import places, year_rules
from submissions.lifecycle import (
    EDITABLE,
    FILING_MOVES,
    HOLDERS,
    MOVES,
    MoveName,
    Reach,
    State,
)
from submissions.merging import mark_of
from submissions.models import (
    Attachment,
    DraftPreview,
    ScoreSheet,
    Stamp,
    StampLook,
    Submission,
    Tier,
)
from submissions.yearbook import Topic

# Chosen in the recommender field by member units that have none (Shanghai 2020 二.2.2).
DIRECT = "direct"
DRAW_APART = timedelta(seconds=10)


@dataclass(frozen=True)
class Offer:
    """A move a desk may see, with what stands against it now."""

    name: str
    label: str
    refusals: tuple[Refusal, ...]
    needs_comment: bool
    kind: str = "primary"
    url: str = ""

    @property
    def allowed(self) -> bool:
        return not any(r.kind == "refusal" for r in self.refusals)

    def at_url(self, url: str) -> Offer:
        return replace(self, url=url)


def why_not(
    name: MoveName, submission: Submission, actor: Actor, at: datetime,
    *, seen: Collection[int] | None = None,
) -> Iterator[Refusal]:  # fmt: skip
    """The part common to all moves: ``not_yours``, ``wrong_state``, the window.
    ``seen``: numbers of what the actor was just found to see, where many are asked."""
    move = MOVES[name]
    known = _knows(submission, actor) if seen is None else submission.pk in seen
    if actor.role != move.role or not known:
        yield Refusal(
            "not_yours",
            f"“{move.name.label}”由{CHANNELS[move.role]}办理，您现在是{actor.channel}。",
        )
        return
    if submission.state_enum not in move.from_states:
        yield Refusal("wrong_state", _where_now(submission, move.name.label))
        return
    yield from why_ended(submission.campaign)
    if name == MoveName.UNSTAMP:
        yield from why_not_in_person(actor)
        if not submission.category.needs_unit_stamp:
            yield Refusal("no_unit_stamp", "本类别不用单位盖章，没有章可以撤回。")
    if move.amending:
        yield from _why_not_amending(submission, at)
    elif move.stage is not None:
        yield from why_closed(submission.campaign, move.stage, at, whose(submission))


def whose(submission: Submission) -> Whose:
    """Whose window it is: the category, and for whom and what it may be extended."""
    organisations = (submission.group_id, submission.unit_id, submission.recommender_id)
    return Whose(submission.category, organisations, submission.code)


def _knows(submission: Submission, actor: Actor) -> bool:
    return Submission.objects.visible_to(actor).filter(pk=submission.pk).exists()


def _where_now(submission: Submission, wanted: str) -> str:
    holder = HOLDERS[submission.state_enum]
    at_whom = f"，现在在{holder.label}那里" if holder else ""
    return f"这项成果的状态是“{submission.state_enum.label}”{at_whom}，不能再“{wanted}”。请刷新页面看最新情况。"


def _why_not_amending(submission: Submission, at: datetime) -> Iterator[Refusal]:
    if submission.due_at is None or at >= submission.due_at:
        when = moment(submission.due_at) if submission.due_at else ""
        yield Refusal("amendment_late", f"补正期限 {when} 已过，请打秘书处电话。")


def why_not_begin(category: Category, actor: Actor, at: datetime) -> Iterator[Refusal]:
    """A draft may be begun while the category's filing window is open."""
    if category.campaign.published_at is None:
        yield Refusal("not_published", "这个活动还没有发布。")
    mine = (actor.organisation.pk, actor.organisation.parent_id)
    yield from why_closed(category.campaign, Stage.FILING, at, Whose(category, mine))
    if category.newest_form is None:
        yield Refusal("no_form", "这个类别还没有申报表，请联系秘书处。")


def why_not_take_topic(
    campaign: Campaign, topic: Topic, actor: Actor, besides: Submission | None = None
) -> Iterator[Refusal]:
    """``topic_not_yours``, ``topic_not_confirmed``, ``topic_stopped``, ``topic_taken``
    (another submission of the campaign is filed from it; ``besides`` is not counted)."""
    yield from year_rules.why_not_file_from(topic, actor)
    taken = Submission.objects.filter(campaign=campaign, topic=topic).exclude(
        state=State.WITHDRAWN
    )
    if besides is not None:
        taken = taken.exclude(pk=besides.pk)
    other = taken.first()
    if other:
        yield Refusal(
            "topic_taken",
            f"这个课题已经在填 {other.code}，一个课题一届只报一项。",
            "topic",
        )


def why_not_write(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """The content may be written only by the group and while the group holds it."""
    yield from why_not_hold(submission, actor, at)
    pending = submission.waiting_filing
    if pending is not None:
        yield Refusal(
            "filing_waits",
            f"{moment(pending.at)} 已经提交，正在等文件传完，现在不能改。要改请先取消这次提交。",
        )


def why_not_hold(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``locked`` and the common part: whether it is in the group's hands."""
    if submission.state_enum not in EDITABLE:
        yield Refusal("locked", _where_now(submission, "修改"))
        return
    yield from why_not(filing_move(submission), submission, actor, at)


def names(submission: Submission) -> list[tuple[str, str]]:
    """(label, text) of what is printed of the draft on a certificate and beside it, to
    be read word by word: the fields that say so, the words, the members."""
    form, content = submission.form.form, submission.content
    found = [
        (item.label, str(content.get(item.code) or "").strip())
        for item in form.asked(content)
        if item.on_certificate
    ]
    title = form.value(content, "title").strip()
    found.append(("证书正文", submission.category.certificate_sentence(title)))
    members = form.meaning("members")
    column = members.column("name") if members else None
    if members and column and form.asks(members, content):
        rows = [row for row in content.get(members.code) or [] if isinstance(row, dict)]
        people = [str(row.get(column.code, "")).strip() for row in rows]
        found.append((members.label, "、".join(filter(None, people))))
    return found


def why_not_confirmed(
    submission: Submission, confirmed: bool, names: str | None
) -> Iterator[Refusal]:
    """``not_confirmed``; ``names_changed`` where ``names`` is the mark of others than
    those that would be printed now (None: not said)."""
    if not confirmed:
        yield Refusal(
            "not_confirmed", "请逐字核对证书上的名称，再勾选确认。", "confirmed"
        )
    elif names is not None and names != names_mark(submission):
        yield Refusal(
            "names_changed",
            "您核对以后，证书上要印的名称又改过。请按现在的再逐字核对一次。",
            "confirmed",
        )


def names_mark(submission: Submission) -> str:
    """The mark of exactly what ``names`` says now."""
    return mark_of(dict(names(submission)))


def preview_of(submission: Submission) -> DraftPreview | None:
    """The draft as it was drawn last, if it was."""
    drawn = DraftPreview.objects.filter(submission=submission)
    return drawn.select_related("document").first()


def may_draw_anew(drawn: DraftPreview, submission: Submission, at: datetime) -> bool:
    """Whether a draft is drawn again: not while it is being drawn, not within 10
    seconds, not while it stands and nothing was changed."""
    document = drawn.document
    if document.is_waiting or at - drawn.at < DRAW_APART:
        return False
    return not document.is_ready or drawn.version != submission.version


def written_by_window(submission: Submission, window: str) -> set[str]:
    """The places of the draft that this opening of the page wrote last."""
    if not window:
        return set()
    found = submission.edits.filter(window=window)
    return set(found.values_list("place", flat=True))


def why_not_take_newest_form(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``no_newer_form``, ``amending`` (what was checked is amended on its own form)
    besides what keeps from writing."""
    yield from why_not_write(submission, actor, at)
    newest = submission.category.newest_form
    if newest is None or newest.version <= submission.form.version:
        yield Refusal("no_newer_form", "您用的已经是最新的申报表。")
    elif submission.state_enum == State.AMENDMENT_ASKED:
        yield Refusal("amending", "正在补正，请在原来的申报表上改，不用换新版。")


def filing_move(submission: Submission) -> MoveName:
    """The arrow that files from here, past the tiers the category leaves out."""
    plan = submission.category
    if submission.state_enum == State.AMENDMENT_ASKED:
        return MoveName.AMEND if plan.needs_unit_stamp else MoveName.AMEND_UP
    return FILING_MOVES[plan.needs_unit_stamp, plan.needs_recommender]


def recall_move(submission: Submission) -> MoveName:
    """The arrow that takes a filed one back before anybody has acted."""
    stamps = submission.category.needs_unit_stamp
    return MoveName.RECALL if stamps else MoveName.RECALL_PAST_UNIT


def why_not_recall(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``already_acted`` where the body has begun its sheet, besides the common part."""
    name = recall_move(submission)
    yield from why_not(name, submission, actor, at)
    if name == MoveName.RECALL_PAST_UNIT and sheet_of(submission, Tier.RECOMMENDER):
        yield Refusal(
            "already_acted",
            "推荐单位已经开始评审，不能收回；要修改请联系推荐单位退回。",
        )


def why_not_file(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """Everything between the draft and the receipt, in the order of the form. A file
    that is still on its way keeps it (``uploads_unfinished``)."""
    if submission.waiting_filing is not None:
        yield Refusal("filing_waits", "已经提交，正在等文件传完，不用再提交一次。")
    yield from why_not_file_but_files(submission, actor, at)
    for one in submission.slot_uploads.unfinished().select_related("upload"):
        yield Refusal(
            "uploads_unfinished",
            f"“{one.upload.name}”还没有传完。请等它传完，或者不要这一份。",
            f"paper-{one.slot}",
        )


def why_not_file_but_files(
    submission: Submission,
    actor: Actor,
    at: datetime,
    awaited: Collection[str] = (),
) -> Iterator[Refusal]:
    """The same but for files on their way; slots in ``awaited`` count as filled."""
    yield from why_not(filing_move(submission), submission, actor, at)
    yield from incomplete(submission, awaited)
    yield from body_in_standing(submission, at)
    if submission.topic:
        yield from why_not_take_topic(
            submission.campaign, submission.topic, actor, submission
        )


def may_see_mobile(submission: Submission, actor: Actor | None) -> bool:
    """The group and its unit; the body they chose, once it reached it; the secretariat
    of the campaign."""
    reached = submission.reach >= Reach.RECOMMENDER
    return contacts.may_see_mobile(
        actor, own=submission.group,
        above=[submission.unit, submission.recommender if reached else None],
        host=submission.campaign.host,
    )  # fmt: skip


def incomplete(
    submission: Submission, awaited: Collection[str] = ()
) -> Iterator[Refusal]:
    """What the content lacks: fields, names, recommender, papers (but of slots in
    ``awaited``)."""
    form = submission.form.form
    if submission.category.requires_topic and submission.topic is None:
        yield Refusal(
            "topic_missing",
            "还没有选登记过的课题。本活动要求课题先登记、单位确认，并有活动记录。",
            "topic",
        )
    yield from definition.faults(form, submission.content)
    yield from _name_faults(form, submission)
    if submission.state_enum == State.AMENDMENT_ASKED:
        yield from _place_faults(form, submission)
    else:
        yield from _recommender_faults(form, submission)
    standing = submission.attachments.filter(removed_at__isnull=True)
    found = list(standing.values_list("slot", "document__status", "document__title"))
    present = {slot for slot, _, _ in found}
    for slot in form.papers:
        if slot.required and slot.code not in present and slot.code not in awaited:
            yield Refusal(
                "paper_missing", f"还没有上传{slot.label}", f"paper-{slot.code}"
            )
    for slot_code, status, title in found:
        if status != Document.Status.READY and form.slot(slot_code):
            yield Refusal(
                "paper_not_made",
                f"“{title}”还在处理，请等一会儿；没有处理成的请拿掉重传",
                f"paper-{slot_code}",
            )


def _name_faults(
    form: definition.FormDefinition, submission: Submission
) -> Iterator[Refusal]:
    written = form.value(submission.content, "unit_name").strip()
    registered = submission.unit.name
    field = form.meaning("unit_name")
    if field and written and written != registered:
        yield Refusal(
            "name_differs", f"和公章不一致：公章是“{registered}”。", field.code
        )
    for item in form.asked(submission.content):
        strange = unprintable(_text_of(submission.content.get(item.code)))
        if strange:
            yield Refusal(
                "unprintable",
                f"{item.label}里的“{'、'.join(strange[:5])}”打印不出来，请换一种写法或打秘书处电话。",
                item.code,
            )


def _text_of(value: Any) -> str:
    if isinstance(value, list):
        return "".join(
            "".join(map(str, row.values())) for row in value if isinstance(row, dict)
        )
    return value if isinstance(value, str) else ""


def _recommender_faults(
    form: definition.FormDefinition, submission: Submission
) -> Iterator[Refusal]:
    field = form.meaning("recommender")
    if not submission.category.needs_recommender:
        return
    if field is None or not submission.content.get(field.code):
        return  # said by the form itself
    if submission.content[field.code] == DIRECT:
        if not submission.category.allows_direct:
            yield Refusal(
                "direct_not_allowed", "本活动不接受直接申报，请选推荐单位。", field.code
            )
    elif submission.recommender_id is None:
        yield Refusal(
            "recommender_unknown",
            "这个推荐单位不能受理本单位的成果，请重新选择。",
            field.code,
        )


def body_in_standing(submission: Submission, at: datetime) -> Iterator[Refusal]:
    """``standing_lost`` beside the field: the chosen body may not recommend now. A
    result that is past the body is not asked again."""
    body = submission.recommender
    if body is None or submission.state_enum in {State.AMENDMENT_ASKED, State.AMENDED}:
        return
    field = submission.form.form.meaning("recommender")
    for refusal in why_not_recommending_body(submission.campaign, body, at):
        yield replace(refusal, field=field.code if field else "")


def _place_faults(
    form: definition.FormDefinition, submission: Submission
) -> Iterator[Refusal]:
    """``place_fixed``: the place was counted for this type and this body, and both
    stand on papers that were stamped; an amendment cannot move to another one."""
    for means in ("topic_type", "recommender"):
        field = form.meaning(means)
        was = form.value(submission.filed_revision.content, means)
        if field and form.value(submission.content, means) != was:
            yield Refusal(
                "place_fixed",
                f"补正不能换{field.label}，名额是按原来的给的。请改回原来的选择；确实要换，请打秘书处电话。",
                field.code,
            )


def why_not_attach(
    submission: Submission, slot_code: str, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """``locked``, window codes, ``filing_waits``, ``no_slot``, ``slot_full``."""
    yield from why_not_write(submission, actor, at)
    yield from why_no_room(submission, slot_code)


def why_no_room(
    submission: Submission, slot_code: str, coming: int = 0
) -> Iterator[Refusal]:
    """``no_slot``; ``slot_full`` where as many stand or are ``coming`` as it takes. In
    a slot for one the newer file takes the older one's place."""
    slot = submission.form.form.slot(slot_code)
    if slot is None:
        yield Refusal("no_slot", "没有这一项材料，请刷新页面。")
        return
    standing = submission.attachments.filter(slot=slot_code, removed_at__isnull=True)
    if slot.many and standing.count() + coming >= slot.most_files:
        yield Refusal(
            "slot_full", f"{slot.label}最多 {slot.most_files} 份，请先拿掉不要的。"
        )


# --- scores, opinions, stamps ---------------------------------------------------


def sheet_faults(sheet: ScoreSheet | None, limit: int) -> Iterator[Refusal]:
    """What a sheet lacks before it may be printed and stamped."""
    if sheet is None:
        yield Refusal("sheet_missing", "还没有评分，请先逐项打分。", "marks")
        return
    yield from scoring.faults(sheet.rubric, sheet.marks)
    if not sheet.opinion.strip():
        yield Refusal("opinion_missing", "请写推荐意见。", "opinion")
    elif definition.length(sheet.opinion) > limit:
        over = definition.length(sheet.opinion) - limit
        yield Refusal(
            "opinion_too_long",
            f"推荐意见多了 {over} 字，请删减到 {limit} 字以内。",
            "opinion",
        )


def evidence_faults(
    sheet: ScoreSheet | None,
    evidence: str,
    scan: Document | None,
    confirmed: bool,
    actor: Actor,
) -> Iterator[Refusal]:
    """What a stamp lacks: the print, the scan, the keeper's right, the look."""
    if sheet is None or sheet.paper is None:
        yield Refusal(
            "paper_not_printed", "请先生成并打印成果评分与推荐意见表，再盖章。", "scan"
        )
        return
    if evidence == Evidence.SCAN and scan is None:
        yield Refusal("stamp_missing", "还没有上传盖章页的扫描件或照片。", "scan")
    elif evidence == Evidence.SCAN and scan is not None:
        yield from scan_faults(scan, sheet.check_code)
    if evidence == Evidence.SEAL_PICTURE:
        yield from why_not_use_seal_picture(actor, sheet.revision.submission.campaign)
    if evidence == Evidence.SIGNATURE:
        yield from _signature_faults(sheet, scan)
    if evidence not in {Evidence.SCAN, Evidence.SEAL_PICTURE, Evidence.SIGNATURE}:
        yield Refusal("evidence_unknown", "请选择盖章方式。", "evidence")
    if not confirmed:
        yield Refusal("not_confirmed", "请看过盖章页，再勾选确认。", "confirmed")


def _signature_faults(sheet: ScoreSheet, signed: Document | None) -> Iterator[Refusal]:
    """``signature_missing``, and what the next reader will see of it."""
    copy = SignedCopy.objects.filter(document=signed).first() if signed else None
    if sheet.paper is not None:
        yield from signature_rules.why_not_use(copy, sheet.paper, field="evidence")
    if copy is not None:
        name = sheet.organisation_name or sheet.organisation.name
        yield from signature_rules.cautions(copy, name)


def why_not_use_seal_picture(actor: Actor, campaign: Any) -> Iterator[Refusal]:
    """``seal_picture_not_accepted``, ``not_seal_keeper``, ``no_seal_picture``."""
    if not campaign.allows_seal_picture:
        yield Refusal(
            "seal_picture_not_accepted",
            "主办单位不接受印章图样，请打印盖章后上传。",
            "evidence",
        )
    yield from why_not_in_person(actor)
    if not actor.may("seal_for"):
        yield Refusal(
            "not_seal_keeper",
            "只有本单位的印章管理员能用印章图样，请他登录后办理。",
            "evidence",
        )
    if live_seal_picture(actor.organisation) is None:
        yield Refusal(
            "no_seal_picture",
            "还没有上传本单位印章图样，请到“印章和经办人”上传。",
            "evidence",
        )


def live_seal_picture(organisation: Organisation) -> SealPicture | None:
    return SealPicture.objects.filter(
        organisation=organisation, ended_at__isnull=True
    ).first()


def sheet_of(submission: Submission, tier: Tier) -> ScoreSheet | None:
    """The tier's sheet on the revision that counts, or None."""
    if submission.revision_id is None:
        return None
    return (
        ScoreSheet.objects.filter(revision_id=submission.revision_id, tier=tier)
        .select_related(
            "rubric", "paper", "organisation", "revision__submission__campaign"
        )
        .first()
    )


def written_sheet(submission: Submission, tier: Tier) -> ScoreSheet:
    """The tier's sheet, for acts whose rule has found it; ValueError if there is none."""
    sheet = sheet_of(submission, tier)
    if sheet is None:
        raise ValueError(f"{submission.code}: no {tier} sheet")
    return sheet


def live_stamp(sheet: ScoreSheet | None) -> Stamp | None:
    if sheet is None:
        return None
    return (
        sheet.stamps.filter(voided_at__isnull=True)
        .select_related("act", "scan__scan_reading", "paper", "sheet")
        .first()
    )


def last_look(stamp: Stamp, organisation_id: int) -> StampLook | None:
    """How that organisation found the stamp when it last held it against the data."""
    return stamp.looks.filter(organisation=organisation_id).first()


def stamp_before(submission: Submission, actor: Actor) -> Stamp | None:
    """The live stamp of the tier right before this desk on what is filed now: the
    unit's for the recommending body, the body's (else the unit's) for the host."""
    tiers = [Tier.UNIT]
    if actor.role == Role.ASSOCIATION:
        tiers = [Tier.RECOMMENDER, Tier.UNIT]
    elif actor.role != Role.RECOMMENDER:
        return None
    if not _knows(submission, actor):
        return None
    found = (live_stamp(sheet_of(submission, tier)) for tier in tiers)
    return next((stamp for stamp in found if stamp is not None), None)


def stamp_look_faults(submission: Submission, actor: Actor) -> Iterator[Refusal]:
    """``stamp_not_looked`` until this desk has confirmed the three points of the stamp
    before it, ``stamp_faulty`` when it found one wanting (domain.md 6.4)."""
    stamp = stamp_before(submission, actor)
    if stamp is not None:
        look = last_look(stamp, actor.organisation.pk)
        yield from look_faults(Tier(stamp.sheet.tier), look)


def unit_look_faults(
    revisions: Collection[int], organisation_id: int
) -> dict[int, list[Refusal]]:
    """The same of the units' stamps for a whole page of a body's list: by revision."""
    looks = StampLook.objects.filter(organisation=organisation_id)
    stamps = (
        Stamp.objects.filter(
            sheet__revision__in=revisions, sheet__tier=Tier.UNIT, voided_at=None
        )
        .select_related("sheet")
        .prefetch_related(Prefetch("looks", looks, to_attr="looked"))
    )
    return {
        stamp.sheet.revision_id: list(
            look_faults(Tier.UNIT, next(iter(stamp.looked), None))
        )
        for stamp in stamps
    }


def look_faults(tier: Tier, look: StampLook | None) -> Iterator[Refusal]:
    """What an answer (or none) on the stamp of ``tier`` says against going on."""
    whose = tier.label
    if look is None:
        yield Refusal(
            "stamp_not_looked",
            f"还没有核对{whose}的盖章页：请逐项确认公章名称、印章清晰、有日期。",
        )
    elif not look.sound:
        yield Refusal(
            "stamp_faulty",
            f"{whose}的盖章页核对不符：{look.remark}。请退回，让{whose}重新盖章。",
        )


def why_not_look(
    submission: Submission, tier: str, actor: Actor, points: Mapping[str, bool | None],
    pages: Collection[int], remark: str,
) -> Iterator[Refusal]:  # fmt: skip
    """``not_yours``, ``no_stamp``, ``point_open``, ``pages_open`` (a page without a
    readable code was not compared by eye), ``remark_missing``."""
    if submission.holder != actor.role or not _knows(submission, actor):
        yield Refusal("not_yours", "现在不由您核对这份盖章页。")
        return
    stamp = stamp_before(submission, actor)
    if stamp is None or stamp.sheet.tier != tier:
        yield Refusal("no_stamp", "这里没有要核对的盖章页，请刷新页面。")
        return
    for name in STAMP_POINTS:
        if points.get(name) is None:
            yield Refusal("point_open", "请选一项。", name)
    open_pages = set(pages_to_compare(stamp)) - set(pages)
    if open_pages:
        listed = "、".join(str(page) for page in sorted(open_pages))
        yield Refusal(
            "pages_open", f"二维码没读到，请逐页对照后勾选第 {listed} 页。", "pages"
        )
    if False in points.values() and not remark.strip():
        yield Refusal("remark_missing", "有一项不符，请写明看到了什么。", "remark")


STAMP_POINTS = ("name_matches", "legible", "dated")


def pages_to_compare(stamp: Stamp) -> range:
    """Pages of the kept scan a person has to compare, because a code was not read."""
    reading = reading_of(stamp.scan)
    if reading is None or not reading.needs_look or stamp.scan is None:
        return range(0)
    return range(1, (stamp.scan.pages or 1) + 1)


def stamping_move(submission: Submission) -> MoveName:
    """Which arrow the unit's stamp takes from here."""
    if submission.state_enum == State.AMENDED:
        return MoveName.STAMP_AMENDED
    if not submission.category.needs_recommender:
        return MoveName.STAMP_UP
    return MoveName.STAMP if submission.recommender_id else MoveName.STAMP_DIRECT


def why_not_score(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """The unit scores and writes its opinion while it may stamp."""
    yield from why_not(stamping_move(submission), submission, actor, at)


def why_not_stamp(
    submission: Submission,
    actor: Actor,
    at: datetime,
    *,
    evidence: str,
    scan: Document | None,
    confirmed: bool,
) -> Iterator[Refusal]:
    """The whole way to the unit's stamp; a full quota is a caution here, since the
    recommending body, not the unit, takes the place."""
    sheet = sheet_of(submission, Tier.UNIT)
    yield from why_not_seal(actor)
    yield from why_not(stamping_move(submission), submission, actor, at)
    yield from sheet_faults(sheet, submission.campaign.opinion_limit)
    yield from evidence_faults(sheet, evidence, scan, confirmed, actor)
    yield from body_in_standing(submission, at)
    yield from unit_cautions(submission)


def why_not_seal(actor: Actor) -> Iterator[Refusal]:
    """``standing_in``, ``approval_needed``: who may put the unit's stamp at all."""
    yield from why_not_in_person(actor)
    yield from why_not_approve(actor)


def unit_cautions(submission: Submission) -> Iterator[Refusal]:
    """Says beforehand that another result of the unit wants or has the same place."""
    if submission.recommender is None:
        return
    tally = places.Tally(submission.campaign, submission.recommender)
    for meter in tally.of_unit(submission.unit_id):
        if not quotas.covers(meter.rule, submission.category_id, submission.topic_type):
            continue
        taken = meter.used + meter.pending
        if submission.state_enum == State.STAMPED:
            taken -= 1
        if taken >= meter.places:
            yield Refusal(
                "unit_place_contested",
                f"本单位{meter.label}已有 {taken} 项盖章，推荐单位只能推荐 {meter.places} 项。",
                kind="caution",
            )


def why_not_remind(
    submission: Submission, actor: Actor, at: datetime
) -> Iterator[Refusal]:
    """Once a day, and only somebody else who holds it."""
    if submission.holder is None or submission.holder == actor.role:
        yield Refusal("nobody_to_remind", "现在不需要提醒别人。")
        return
    last = submission.reminders.first()
    if last and (at - last.at).total_seconds() < 24 * 3600:
        yield Refusal(
            "reminded_today", f"{moment(last.at)} 已经提醒过，一天只能提醒一次。"
        )


LINE_MOVES = {
    MoveName.RECALL, MoveName.RECALL_PAST_UNIT, MoveName.TAKE_BACK, MoveName.UNSTAMP,
    MoveName.RESERVE, MoveName.UNRESERVE,
}  # fmt: skip
SEAL_MOVES = {
    MoveName.STAMP, MoveName.STAMP_DIRECT, MoveName.STAMP_UP, MoveName.STAMP_AMENDED,
}  # fmt: skip
BACK_MOVES = {
    MoveName.UNIT_RETURN, MoveName.RECOMMENDER_RETURN, MoveName.ASK_AMENDMENT,
    MoveName.REFUSE_DIRECT, MoveName.SET_ASIDE, MoveName.DECLINE, MoveName.WITHDRAW,
}  # fmt: skip


def offer(name: MoveName, refusals: Iterator[Refusal] | list[Refusal]) -> Offer:
    """A move with its refusals, ready for a page."""
    kind = "back" if name in BACK_MOVES else "line" if name in LINE_MOVES else "primary"
    if name in SEAL_MOVES:
        kind = "seal"
    return Offer(
        name.value, name.label, tuple(refusals), MOVES[name].needs_comment, kind
    )


def offers(
    submission: Submission, actor: Actor, at: datetime, names: tuple[MoveName, ...]
) -> list[Offer]:
    """Of ``names``, the moves of this desk from this state, each with its refusals."""
    return [
        offer(name, why_not(name, submission, actor, at))
        for name in names
        if MOVES[name].role == actor.role
        and submission.state_enum in MOVES[name].from_states
        and (name != MoveName.UNSTAMP or submission.category.needs_unit_stamp)
    ]


def current_attachments(submission: Submission) -> Mapping[str, list[Attachment]]:
    """Slot code → files standing in it now."""
    found: dict[str, list[Attachment]] = {}
    rows = (
        submission.attachments.filter(removed_at__isnull=True)
        .select_related("document")
        .prefetch_related("document__picture_sources")
    )
    for attachment in rows:
        found.setdefault(attachment.slot, []).append(attachment)
    return found
