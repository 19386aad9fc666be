"""May it? Questions about complaints, cases and what follows. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from conduct.models import Case, PendingDecision
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation, User
from qcportal.accounts.roles import Duty, Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.campaigns.models import Standing
from qcportal.campaigns.rules import moment, why_closed
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refusal
from submissions.lifecycle import State
from submissions.models import Submission
from submissions.rules import whose

LEAST_HEARING = timedelta(days=1)
MOST_HEARING = timedelta(days=60)
# Who has a desk to answer at; an association has one where it recommends upwards.
ANSWERING = (Role.RECOMMENDER, Role.UNIT, Role.ASSOCIATION)
S, C = State, PendingDecision.Choice
# What may become of a result whose body loses the right, by where it stands.
CHOICES: dict[State, tuple[PendingDecision.Choice, ...]] = {
    S.FILED: (C.ANEW, C.CLOSE),
    S.STAMPED: (C.DIRECT, C.ANEW, C.CLOSE),
    S.RESERVED: (C.DIRECT, C.ANEW, C.CLOSE),
    S.RECOMMENDED: (C.STAY, C.DIRECT, C.ANEW, C.CLOSE),
    S.SUBMITTED: (C.STAY, C.DIRECT, C.ANEW, C.CLOSE),
    S.AMENDMENT_ASKED: (C.STAY, C.DIRECT, C.CLOSE),
    S.AMENDED: (C.STAY, C.DIRECT, C.CLOSE),
    S.CHECKED: (C.STAY, C.DIRECT, C.ANEW, C.CLOSE),
    S.JUDGING: (C.STAY, C.DIRECT, C.CLOSE),
    S.DECIDED: (C.STAY, C.DIRECT, C.CLOSE),
    # The public has read the name: it stays, or it is left out of the published list.
    S.ANNOUNCED: (C.STAY, C.CLOSE),
}


def handlers(association: Organisation) -> list[User]:
    """Officers a case may be given to: everybody with a seat at the association but
    its judges and those of its recommending desk."""
    seats = association.memberships.in_force().exclude(
        duty__in=[Duty.JUDGE, Duty.RECOMMENDING]
    )
    found = {seat.user_id: seat.user for seat in seats.select_related("user")}
    return list(found.values())


def why_not_touch(case: Case, actor: Actor) -> Iterator[Refusal]:
    """``not_yours``, ``standing_in``: only the association's own people, in person."""
    yield from why_not_in_person(actor)
    if not Case.objects.visible_to(actor).filter(pk=case.pk).exists():
        yield Refusal("not_yours", "这个案件由主办协会的承办人办理。")


def why_not_accept(case: Case, actor: Actor) -> Iterator[Refusal]:
    yield from why_not_touch(case, actor)
    if case.state != Case.State.RECEIVED:
        who = f"（{case.handler_name}）" if case.handler_name else ""
        yield Refusal("already_taken", f"这件已经在办{who}，请刷新看最新情况。")


def why_not_handle(case: Case, actor: Actor) -> Iterator[Refusal]:
    """``closed``, ``not_accepted``, ``not_handler``: common to all acts in a case."""
    yield from why_not_touch(case, actor)
    if case.is_closed:
        yield Refusal(
            "closed", f"这件{case.get_state_display()}，要再办请先“重新办理”。"
        )
    elif case.state == Case.State.RECEIVED:
        yield Refusal("not_accepted", "还没有受理，请先受理。")
    elif case.handler_id != actor.user.pk:
        yield Refusal(
            "not_handler", f"承办人是{case.handler_name}，请他办理，或先转交给您。"
        )


def why_not_transfer(case: Case, to: User | None, actor: Actor) -> Iterator[Refusal]:
    """A manager gives a case to any officer; the handler may pass on his own."""
    yield from why_not_touch(case, actor)
    if case.is_closed:
        yield Refusal("closed", "已经办结，不用转交。")
    elif not actor.may("manage_members") and case.handler_id != actor.user.pk:
        yield Refusal("not_handler", "只有管理员或承办人能转交。")
    if to is None or to not in handlers(case.association):
        yield Refusal("no_such_handler", "请选本协会的一位经办人。", "to")


def why_not_ask(
    case: Case, actor: Actor, *, question: str, due_at: datetime | None, at: datetime
) -> Iterator[Refusal]:
    """``no_body``, ``question_missing``, ``due_…``: the body must be able to answer."""
    yield from why_not_handle(case, actor)
    if case.state == Case.State.HEARING:
        yield Refusal("asked_already", "已经请对方说明，正在等它答复。")
    if case.body is None:
        yield Refusal("no_body", "还没有确定涉及哪家登记单位，请先选定。")
    elif case.body.tier not in ANSWERING:
        yield Refusal(
            "no_desk", "这家单位在平台上没有办理说明的页面，请线下核实后记录。"
        )
    if not question.strip():
        yield Refusal(
            "question_missing", "请写请对方说明什么，对方会看到。", "question"
        )
    yield from _due_faults(due_at, at)


def _due_faults(due_at: datetime | None, at: datetime) -> Iterator[Refusal]:
    if due_at is None:
        return
    if due_at < at + LEAST_HEARING:
        yield Refusal("due_too_soon", "请至少给一天时间说明。", "due_at")
    elif due_at > at + MOST_HEARING:
        yield Refusal("due_too_late", "说明期限最长 60 天。", "due_at")


def why_not_extend(
    case: Case, actor: Actor, *, due_at: datetime | None, at: datetime
) -> Iterator[Refusal]:
    yield from why_not_handle(case, actor)
    if case.state != Case.State.HEARING or case.due_at is None:
        yield Refusal("not_asked", "现在没有在等对方说明。")
    elif due_at is not None and due_at <= case.due_at:
        yield Refusal(
            "due_not_later", f"要晚于现在的期限 {moment(case.due_at)}。", "due_at"
        )
    yield from _due_faults(due_at, at)


def why_not_answer(
    case: Case, actor: Actor, *, text: str, at: datetime
) -> Iterator[Refusal]:
    """The body answers once, before its deadline (half-open: the instant is late)."""
    yield from why_not_in_person(actor)
    if not Case.objects.put_to(actor).filter(pk=case.pk).exists():
        yield Refusal("not_yours", "这件没有请贵单位说明。")
    elif case.state != Case.State.HEARING or case.due_at is None:
        yield Refusal("not_asked", "现在不需要说明，请刷新看最新情况。")
    elif at >= case.due_at:
        yield Refusal(
            "answer_late", f"说明期限 {moment(case.due_at)} 已过，请打秘书处电话。"
        )
    if not text.strip():
        yield Refusal("text_missing", "请写情况说明。", "text")


def why_not_conclude(
    case: Case, actor: Actor, *, finding: str, at: datetime
) -> Iterator[Refusal]:
    """``hearing_open`` while the body may still answer; ``not_heard``: nothing is held
    against a body on the register that was never asked."""
    yield from why_not_handle(case, actor)
    if case.state == Case.State.HEARING and case.due_at and at < case.due_at:
        yield Refusal(
            "hearing_open",
            f"对方可以在 {moment(case.due_at)} 前说明，到期或收到说明后再作结论。",
        )
    if finding not in Case.Finding.values:
        yield Refusal("finding_missing", "请选认定结果。", "finding")
    elif finding != Case.Finding.NOT_UPHELD and _unheard(case):
        yield Refusal(
            "not_heard", "还没有听过对方的说明，不能认定属实。请先请对方说明情况。"
        )


def _unheard(case: Case) -> bool:
    """The body could have answered on the portal and was never asked."""
    return (
        case.asked_at is None and case.body is not None and case.body.tier in ANSWERING
    )


def why_not_dismiss(case: Case, actor: Actor) -> Iterator[Refusal]:
    yield from why_not_handle(case, actor)
    if case.asked_at is not None:
        yield Refusal("asked_already", "已经请对方说明过，请作结论，不能再不予受理。")


def why_not_reopen(case: Case, actor: Actor, at: datetime) -> Iterator[Refusal]:
    yield from why_not_touch(case, actor)
    if not case.is_closed:
        yield Refusal("not_closed", "这件还在办，不用重新办理。")
    if standing_of(case, at):
        yield Refusal("right_lost", "先恢复推荐资格，再重新办理。")


def why_not_add(case: Case, text: str) -> Iterator[Refusal]:
    """The complainant adds something while the case is open."""
    if case.is_closed:
        yield Refusal("closed", "这件已经办结；有新情况请另写一份。")
    if not text.strip():
        yield Refusal("text_missing", "请写要补充的内容。", "text")


# --- the right to recommend --------------------------------------------------------------


def the_body(case: Case) -> Organisation:
    """The body, for acts whose rule has found it."""
    if case.body is None:
        raise ValueError(f"{case.code}: no body")
    return case.body


def standing_of(case: Case, at: datetime) -> Standing | None:
    """The loss in force that this case brought about."""
    return Standing.objects.in_force(at).filter(case=case.code).first()


def pending(case: Case) -> list[Submission]:
    """Results with the association that still hang on the body, in code order: from
    the unit's desk to the end of the public notice. What an ended campaign left behind
    stays where it is."""
    if case.body is None:
        return []
    rows = Submission.objects.filter(
        campaign__host=case.association, campaign__ended_at__isnull=True,
        recommender=case.body, state__in=list(CHOICES),
    )  # fmt: skip
    return list(rows.with_people().order_by("code"))


def why_not_take_right(case: Case, actor: Actor, at: datetime) -> Iterator[Refusal]:
    """``not_manager``, ``not_upheld``, ``not_a_recommender``, ``lost_already``."""
    yield from why_not_touch(case, actor)
    if not actor.may("manage_members"):
        yield Refusal("not_manager", "停止和恢复推荐资格由协会的管理员决定。")
    if case.state != Case.State.CONCLUDED or case.finding == Case.Finding.NOT_UPHELD:
        yield Refusal("not_upheld", "认定属实并办结以后，才能停止推荐资格。")
    if case.body is None or case.body.tier not in (Role.RECOMMENDER, Role.ASSOCIATION):
        yield Refusal(
            "not_a_recommender", "涉及的不是登记的推荐单位，没有推荐资格可停。"
        )
    elif _lost(case, at):
        yield Refusal("lost_already", "它现在已经没有推荐资格。")


def _lost(case: Case, at: datetime) -> bool:
    found = Standing.objects.with_association(case.association).in_force(at)
    return found.filter(recommender=case.body).exists()


def loss_faults(
    *, kind: str, begins_at: datetime | None, ends_at: datetime | None, at: datetime
) -> Iterator[Refusal]:
    """From when until when; what is pending is decided with it, so not ahead of time."""
    if kind not in Standing.Kind.values:
        yield Refusal("kind_missing", "请选暂停还是取消。", "kind")
    if begins_at is None:
        yield Refusal("begin_missing", "请填从哪一天起。", "begins_on")
        return
    if begins_at > at:
        yield Refusal(
            "begin_ahead",
            "起始日期还没到。手里的成果要一起决定，请到那天再办。",
            "begins_on",
        )
    if kind == Standing.Kind.SUSPENDED and (ends_at is None or ends_at <= at):
        yield Refusal("end_missing", "暂停要写到哪一天为止，应晚于今天。", "ends_on")
    if kind == Standing.Kind.STRUCK_OFF and ends_at is not None:
        yield Refusal(
            "end_not_wanted", "取消没有期限，请把“到哪一天为止”空着。", "ends_on"
        )


def decision_faults(
    rows: Iterable[Submission],
    choices: Mapping[str, str],
    *,
    until: datetime | None,
    at: datetime,
) -> Iterator[Refusal]:
    """``undecided`` for every pending result without a choice, ``choice_wrong`` for one
    its state does not allow; ``until`` where the group could no longer file."""
    rows = list(rows)
    for row in rows:
        chosen, field = choices.get(row.code, ""), f"choice-{row.code}"
        if not chosen:
            yield Refusal("undecided", f"{row.code} 还没有决定怎么办。", field)
        elif chosen not in CHOICES[row.state_enum]:
            yield Refusal(
                "choice_wrong",
                f"{row.code} 现在是“{row.state_enum.label}”，不能这样办，请重选。",
                field,
            )
    known = {row.code for row in rows}
    if set(choices) - known:
        yield Refusal("pending_changed", "名单刚刚变了，请按最新的名单重新核对。")
    back = [row for row in rows if choices.get(row.code) == C.ANEW]
    if until is not None and until <= at:
        yield Refusal("until_past", "另选推荐单位的期限要晚于现在。", "until")
    elif until is None and any(_filing_closed(row, at) for row in back):
        yield Refusal(
            "until_missing",
            "申报已经关闭，退回另选的请写一个期限，班组和单位在期限内重新提交。",
            "until",
        )


def _filing_closed(row: Submission, at: datetime) -> bool:
    return any(
        refusal
        for stage in (Stage.FILING, Stage.STAMPING)
        for refusal in why_closed(row.campaign, stage, at, whose(row))
    )


def why_not_restore(case: Case, actor: Actor, at: datetime) -> Iterator[Refusal]:
    yield from why_not_touch(case, actor)
    if not actor.may("manage_members"):
        yield Refusal("not_manager", "停止和恢复推荐资格由协会的管理员决定。")
    if standing_of(case, at) is None:
        yield Refusal("not_lost", "这件没有正在生效的停止推荐资格。")
