"""The unit's desk: what groups filed, scored, given an opinion, stamped or returned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.scoring import plain
from qcportal.clock import now
from qcportal.refusals import Refused
from qcportal.ui.forms import PortalForm
from submissions import actions, looking, rules, shows, stamping
from submissions.lifecycle import MoveName
from submissions.models import ScoreSheet, Submission, Tier
from submissions.score_forms import ReasonForm, SheetForm, attach, marks_of
from submissions.views import signed_sheets
from submissions.views.sheet_desk import SheetDesk, posts_only

PER_PAGE = 25


class DeskFilter(PortalForm):
    """``?state=`` (a tab of stamping.TABS) and ``?q=``; unknown values count as none."""

    state = forms.ChoiceField(
        choices=[(name, label) for name, (label, _) in stamping.TABS.items()],
        required=False,
    )
    q = forms.CharField(max_length=60, required=False)

    def chosen(self, name: str) -> str:
        self.is_valid()
        return self.cleaned_data.get(name, "")


class UnitDesk(SheetDesk):
    """自评、推荐意见和盖章: the stamp hands the result on."""

    tier = Tier.UNIT
    acts, asks = actions, rules
    page_url = "submissions:stamp"
    print_url = "submissions:stamp_print"
    scan_url = "submissions:stamp_scan"
    scan_page_url = "submissions:stamp_scan_page"
    signed_url = "submissions:stamp_signed"
    confirm_url = "submissions:stamp_confirm"
    confirm_template = "submissions/stamping/confirm.html"
    scan_kept = "盖章页已上传，请核对后盖章提交。"
    stamped_before = "这项成果已经盖章提交。"

    def page(
        self,
        request: HttpRequest,
        found: Submission,
        *,
        form: SheetForm | None = None,
        scan_errors: Sequence[str] = (),
        status: int = 200,
    ) -> HttpResponse:
        sheet = self.sheet(found)
        context = {
            "submission": found,
            "tag": shows.topic_tag(found),
            "tabs": stamping.viewer_tabs(found),
            "sheet": sheet,
            "closed": list(rules.why_not_score(found, request.actor, now())),
            "reason": shows.return_reason(found),
            "voided": looking.voided_stamps(found, Tier.UNIT),
        }
        if not found.stampable:
            context |= _closed_panel(request, found, sheet)
            template = "submissions/stamping/stamped.html"
            return render(request, template, context, status=status)
        context |= self.panel(request, found, form, scan_errors) | _acts(request, found)
        template = "submissions/stamping/detail.html"
        return render(request, template, context, status=status)

    def has_form(self, request: HttpRequest, found: Submission) -> bool:
        return found.stampable

    def is_stamped(self, request: HttpRequest, found: Submission) -> bool:
        return not found.stampable and rules.live_stamp(self.sheet(found)) is not None

    def stamped_words(self, found: Submission) -> str:
        whom = found.recommender.name if found.recommender else "秘书处"
        return f"已盖章，已交给{whom}。"

    def owner_name(self, request: HttpRequest, found: Submission) -> str:
        return found.unit.name

    def confirm_facts(self, found: Submission) -> dict[str, Any]:
        return {"place": stamping.place_words(found)}


DESK = UnitDesk()


def _acts(request: HttpRequest, found: Submission) -> dict[str, Any]:
    """What the foot of the open panel says and offers."""
    back = rules.why_not(MoveName.UNIT_RETURN, found, request.actor, now())
    return {
        "barred": list(rules.why_not_seal(request.actor)),
        "cautions": list(rules.unit_cautions(found)),
        "move": rules.stamping_move(found).label,
        "may_return": not list(back),
    }


def _closed_panel(
    request: HttpRequest, submission: Submission, sheet: ScoreSheet | None
) -> dict[str, Any]:
    url = reverse("submissions:unstamp", args=[submission.code])
    offers = rules.offers(submission, request.actor, now(), (MoveName.UNSTAMP,))
    stamp_now = rules.live_stamp(sheet)
    shown = (stamp_now.scan or stamp_now.paper) if stamp_now else None
    args = [submission.code, Tier.UNIT]
    return {
        "chip": shows.chip(submission, Role.UNIT, now()),
        "holder": shows.holder(submission, now(), Role.UNIT),
        "marks": marks_of(sheet),
        "total": plain(sheet.total) if sheet else "",
        "stamp": stamp_now,
        "stamped": shown,
        "stamped_url": reverse("submissions:stamped_paper", args=args),
        "stamped_status_url": reverse("submissions:stamped_status", args=args),
        "outcome": stamping.outcome(submission),
        "offers": [replace(o.at_url(url), needs_comment=False) for o in offers],
        "unstamp_url": url,
    }


@acting_as(Role.UNIT)
@require_GET
def desk(request: HttpRequest) -> HttpResponse:
    """成果审核: what waits, what is stamped, how many places there are."""
    chosen, at = DeskFilter(request.GET), now()
    tab, words = chosen.chosen("state"), chosen.chosen("q")
    rows = Submission.objects.visible_to(request.actor).filter(stamping.TABS[tab][1])
    rows = rows.with_people().select_related("revision__form").filtered({"q": words})
    rows = stamping.with_own_sheet(rows)
    order = ["state_since", "pk"] if tab == "" else ["-state_since", "-pk"]
    page = Paginator(rows.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    campaign = Campaign.objects.newest()
    places = stamping.contests(campaign, request.actor)
    context = {
        "rows": [
            (stamping.desk_row(s, places), shows.chip(s, Role.UNIT, at)) for s in page
        ],
        "page": page,
        "tabs": stamping.tab_counts(request.actor),
        "tab": tab,
        "words": words,
        "places": places,
        "groups": stamping.groups_of(request.actor.organisation, campaign),
        "at": at,
    }
    return render(request, "submissions/stamping/desk.html", context)


@acting_as(Role.UNIT)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Two results that want one place, side by side."""
    codes = [request.GET.get("a", ""), request.GET.get("b", "")]
    if codes[0] == codes[1]:
        raise Http404
    both = [DESK.found(request, code) for code in codes]
    if any(one.revision is None for one in both):
        raise Http404
    sheets = [rules.sheet_of(one, Tier.UNIT) for one in both]
    context = {
        "both": [
            (one, shows.chip(one, Role.UNIT), sheet, marks_of(sheet))
            for one, sheet in zip(both, sheets, strict=True)
        ],
        "lines": stamping.compared(both),
    }
    return render(request, "submissions/stamping/compare.html", context)


@acting_as(Role.UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def stamp(request: HttpRequest, code: str) -> HttpResponse:
    """One result: papers left, marks, opinion and stamp right. POST saves."""
    return DESK.show(request, code)


@acting_as(Role.UNIT)
@posts_only(DESK.page_url)
def stamp_print(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.print_sheet(request, code)


@acting_as(Role.UNIT)
@posts_only(DESK.page_url)
def stamp_scan(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.take_scan(request, code)


@acting_as(Role.UNIT)
@require_safe
def stamp_scan_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    return DESK.scan_page(request, code, number)


@acting_as(Role.UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def stamp_signed(request: HttpRequest, code: str) -> HttpResponse:
    """Stamping by the unit's own certificate; POST takes the signed PDF."""
    return signed_sheets.show(DESK, request, code)


@acting_as(Role.UNIT)
@posts_only(DESK.page_url)
def seal(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.seal(request, code)


@sensitive_post_parameters("password")
@acting_as(Role.UNIT)
@require_http_methods(["GET", "HEAD", "POST"])
def stamp_confirm(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.confirm(request, code)


@acting_as(Role.UNIT)
@require_http_methods(["GET", "POST"])
def unit_return(request: HttpRequest, code: str) -> HttpResponse:
    """Give it back to the group with a reason."""
    words = ("退回给班组修改？", "退回修改", "已退回班组，班组会收到您写的原因。")
    return _reasoned(request, code, MoveName.UNIT_RETURN, actions.unit_return, words)


@acting_as(Role.UNIT)
@require_http_methods(["GET", "POST"])
def unstamp(request: HttpRequest, code: str) -> HttpResponse:
    """Take the stamp back before the recommending body has acted."""
    words = ("撤回本单位的盖章？", "撤回盖章", "已撤回盖章，可以修改后重新盖章。")
    return _reasoned(request, code, MoveName.UNSTAMP, actions.unstamp, words)


def _reasoned(
    request: HttpRequest,
    code: str,
    name: MoveName,
    act: Callable[..., None],
    words: tuple[str, str, str],
) -> HttpResponse:
    submission = DESK.found(request, code)
    form = ReasonForm(request.POST or None)
    at = judged(request, submission.campaign)
    closed = list(rules.why_not(name, submission, request.actor, at))
    status = 200 if request.method == "GET" else 422
    if request.method == "POST" and form.is_valid():
        try:
            comment = form.cleaned_data["comment"]
            act(submission.pk, comment=comment, by=request.actor, at=at)
        except Refused as refused:
            attach(form, refused.refusals)
            closed, status = [], 409
        else:
            messages.success(request, words[2])
            return redirect("submissions:stamping")
    context = {
        "submission": submission,
        "form": form,
        "closed": closed,
        "heading": words[0],
        "label": words[1],
        "back_url": reverse("submissions:stamp", args=[code]),
    }
    return render(request, "submissions/stamping/reason.html", context, status=status)
