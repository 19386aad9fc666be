"""One case at the association: everything in it, and the acts that are open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from conduct import actions, forms, rules, shows
from conduct.models import Case
from qcportal.accounts.access import acting_as
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Role
from qcportal.clock import now
from qcportal.documents import serving
from qcportal.refusals import Refusal, Refused


@dataclass(frozen=True)
class Act:
    """An act of the page: its form, its button, what it does and says when done."""

    form: type[forms.ActForm]
    label: str
    kind: str
    done: str
    run: Callable[..., Any]


def _accept(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.accept(case.pk, **who)


def _transfer(case: Case, given: dict[str, Any], **who: Any) -> None:
    people = {str(one.pk): one for one in rules.handlers(case.association)}
    actions.transfer(case.pk, people.get(given["to"]), version=given["version"], **who)


def _name(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.name_body(case.pk, given["body"], version=given["version"], **who)


def _note(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.note(case.pk, given["comment"], **who)


def _dismiss(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.dismiss(case.pk, words=given["comment"], version=given["version"], **who)


def _reopen(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.reopen(case.pk, reason=given["comment"], version=given["version"], **who)


def _extend(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.extend(
        case.pk, due_at=given["due_at"], reason=given["comment"],
        version=given["version"], **who,
    )  # fmt: skip


def _restore(case: Case, given: dict[str, Any], **who: Any) -> None:
    reason, version = given["comment"], given["version"]
    actions.restore_right(case.pk, reason=reason, version=version, **who)


def _ask(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.ask_body(case.pk, **given, **who)


def _conclude(case: Case, given: dict[str, Any], **who: Any) -> None:
    actions.conclude(case.pk, **given, **who)


ACTS = {
    "accept": Act(forms.PlainForm, "受理，由我承办", "primary", "已受理，由您承办。", _accept),
    "ask": Act(forms.AskForm, "请对方说明情况", "primary", "已发给对方，到期会在这里显示。", _ask),
    "extend": Act(forms.ExtendForm, "延长说明期限", "line", "期限已延长，已告诉对方。", _extend),
    "conclude": Act(forms.ConcludeForm, "作出结论", "primary", "已办结，反映人和对方都能看到结论。", _conclude),
    "name": Act(forms.BodyForm, "确定涉及单位", "line", "涉及单位已确定。", _name),
    "note": Act(forms.NoteForm, "内部记录", "line", "已记下。", _note),
    "transfer": Act(forms.TransferForm, "转交承办人", "line", "已转交。", _transfer),
    "dismiss": Act(forms.ReasonForm, "不予受理", "back", "已答复反映人。", _dismiss),
    "reopen": Act(forms.ReasonForm, "重新办理", "line", "已重新办理，由您承办。", _reopen),
    "restore": Act(forms.ReasonForm, "恢复推荐资格", "line", "推荐资格已恢复。", _restore),
}  # fmt: skip


def visible(request: HttpRequest, code: str) -> Case:
    rows = Case.objects.visible_to(request.actor)
    rows = rows.select_related("association", "campaign__host", "body", "handler")
    return get_object_or_404(rows, code=code)


def _why_not(case: Case, actor: Actor, at: datetime) -> dict[str, list[Refusal]]:
    """For each act of a case in this state, what stands against it beforehand."""
    handling = list(rules.why_not_handle(case, actor))
    if case.state == Case.State.RECEIVED:
        found = {"accept": list(rules.why_not_accept(case, actor))}
    elif case.is_closed:
        found = {"reopen": list(rules.why_not_reopen(case, actor, at))}
        if rules.standing_of(case, at):
            found["restore"] = list(rules.why_not_restore(case, actor, at))
    elif case.state == Case.State.HEARING:
        waits = rules.why_not_conclude(case, actor, finding=Case.Finding.UPHELD, at=at)
        found = {"extend": handling, "conclude": list(waits)}
    else:
        none = Case.Finding.NOT_UPHELD
        asking = rules.why_not_ask(case, actor, question="…", due_at=None, at=at)
        concluding = rules.why_not_conclude(case, actor, finding=none, at=at)
        found = {"ask": list(asking), "conclude": list(concluding)}
        if case.asked_at is None:
            found |= {"name": handling, "dismiss": handling}
    if not case.is_closed:
        anybody = next(iter(rules.handlers(case.association)), None)
        found["transfer"] = list(rules.why_not_transfer(case, anybody, actor))
    found["note"] = list(rules.why_not_touch(case, actor))
    return found


def _right_refusals(case: Case, actor: Actor, at: datetime) -> list[Refusal] | None:
    """None while the case is not concluded: nothing is offered then."""
    if case.state != Case.State.CONCLUDED:
        return None
    return list(rules.why_not_take_right(case, actor, at))


def _form(name: str, case: Case, *given: Any) -> forms.ActForm:
    before = {"initial": {"version": case.version}, "auto_id": f"{name}-%s"}
    if name == "transfer":
        return forms.TransferForm(rules.handlers(case.association), *given, **before)
    if name == "name":
        return forms.BodyForm(case.association, *given, **before)
    return ACTS[name].form(*given, **before)


def _page(
    request: HttpRequest, case: Case, bound: tuple[str, forms.ActForm] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    at, actor = now(), request.actor
    acts = []
    for name, refusals in _why_not(case, actor, at).items():
        form = bound[1] if bound and bound[0] == name else _form(name, case)
        acts.append((name, ACTS[name], form, refusals))
    lost = rules.standing_of(case, at)
    facts = {
        "case": case, "chip": shows.chip(case), "holder": shows.holder(case), "acts": acts,
        "events": shows.events(case), "files": case.files.select_related("document"),
        "lost": lost, "names": forms.body_names(), "at": at,
        "decisions": case.decisions.select_related("submission"),
        "right": _right_refusals(case, actor, at) if not lost else None,
    }  # fmt: skip
    return render(request, "conduct/case.html", facts, status=status)


@acting_as(Role.ASSOCIATION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, code: str) -> HttpResponse:
    """All of a case. A refused act keeps what was written."""
    found = visible(request, code)
    if request.method != "POST":
        return _page(request, found)
    name = request.POST.get("act", "")
    if name not in ACTS:
        messages.error(request, "没有这一步，请看最新情况。")
        return redirect("conduct:case", found.code)
    form = _form(name, found, request.POST)
    if form.is_valid():
        try:
            ACTS[name].run(found, form.cleaned_data, by=request.actor, at=now())
        except Refused as refused:
            form.refuse(refused.refusals)
        else:
            messages.success(request, ACTS[name].done)
            return redirect("conduct:case", found.code)
    return _after_refusal(request, code, name, form)


def _after_refusal(
    request: HttpRequest, code: str, name: str, form: forms.ActForm
) -> HttpResponse:
    """The page as the case stands now; an act no longer open says why on top."""
    fresh = visible(request, code)
    if name not in _why_not(fresh, request.actor, now()):
        for sentence in form.non_field_errors() or ["这一步现在不能办，请看最新情况。"]:
            messages.error(request, sentence)
    return _page(request, fresh, (name, form), status=422)


@acting_as(Role.ASSOCIATION)
@never_cache
@require_safe
def complainant(request: HttpRequest, code: str) -> HttpResponse:
    """Who complains, for the case's handler and the managers; reading it is on record."""
    found = visible(request, code)
    who = getattr(found, "complainant", None)
    if who is None:
        raise Http404
    actions.seen_complainant(found, by=request.actor, at=now())
    facts = {"case": found, "who": who}
    return render(request, "conduct/complainant.html", facts)


@acting_as(Role.ASSOCIATION)
@require_safe
def case_file(request: HttpRequest, code: str, key: str) -> HttpResponse:
    """A file of the case, from whichever side."""
    found = visible(request, code)
    kept = get_object_or_404(found.files.select_related("document"), document__key=key)
    actions.read_file(found, by=request.actor, at=now())
    return serving.respond(
        kept.document, filename=f"{found.code}_{kept.document.title}"
    )


# --- the right to recommend --------------------------------------------------------------


@acting_as(Role.ASSOCIATION)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def right(request: HttpRequest, code: str) -> HttpResponse:
    """Every pending result in a table, each to be decided with the loss itself."""
    found, at = visible(request, code), now()
    posted = request.method == "POST"
    rows = rules.pending(found)
    given = (request.POST,) if posted else ()
    form = forms.LossForm(rows, *given, initial={"version": found.version, "begins_on": at.date()})  # fmt: skip
    if posted and form.is_valid():
        try:
            _take(found, form, by=request.actor, at=at)
        except Refused as refused:
            form.refuse(refused.refusals)
        else:
            messages.success(request, "推荐资格已停止，手里的成果都已按决定办理。")
            return redirect("conduct:case", found.code)
    return _right_page(request, found, form, at)


def _take(found: Case, form: forms.LossForm, *, by: Actor, at: datetime) -> None:
    loss = actions.Loss(
        form.cleaned_data["kind"], form.begins_at, form.ends_at, form.cleaned_data["reason"]
    )  # fmt: skip
    version = form.cleaned_data["version"]
    choices, until = form.choices, form.until_at
    actions.take_right(found.pk, loss, choices, until=until, version=version, by=by, at=at)  # fmt: skip


def _right_page(
    request: HttpRequest, found: Case, form: forms.LossForm, at: datetime
) -> HttpResponse:
    closed = list(rules.why_not_take_right(found, request.actor, at))
    facts = {"case": found, "form": form, "closed": closed}
    return render(
        request, "conduct/right.html", facts, status=422 if form.errors else 200
    )
