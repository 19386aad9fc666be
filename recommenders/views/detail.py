"""One result on the recommending body's desk: read, score, give an opinion, stamp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.accounts.rules import why_not_in_person
from qcportal.campaigns.scoring import plain
from qcportal.clock import now
from recommenders import actions, rules
from submissions import looking, places, shows, stamping
from submissions import rules as submission_rules
from submissions.lifecycle import MoveName, State
from submissions.models import ScoreSheet, Submission, Tier
from submissions.score_forms import SheetForm, marks_of
from submissions.views import signed_sheets
from submissions.views.sheet_desk import SheetDesk, posts_only

HERE = frozenset({State.STAMPED, State.RECOMMENDED, State.RESERVED})


class BodyDesk(SheetDesk):
    """本级评审、推荐意见和盖章: a new scan may take the place of a stamped one."""

    tier = Tier.RECOMMENDER
    acts, asks = actions, rules
    page_url = "recommenders:submission"
    print_url = "recommenders:print"
    scan_url = "recommenders:scan"
    scan_page_url = "recommenders:opinion_scan_page"
    signed_url = "recommenders:signed"
    confirm_url = "recommenders:confirm"
    confirm_template = "recommenders/confirm.html"
    scan_kept = "盖章页已上传，请核对后盖章。"
    stamped_before = "这项成果的推荐意见已经盖章。"

    def page(
        self,
        request: HttpRequest,
        found: Submission,
        *,
        form: SheetForm | None = None,
        scan_errors: Sequence[str] = (),
        status: int = 200,
    ) -> HttpResponse:
        at, own = now(), self.sheet(found)
        closed = list(rules.why_not_score(found, request.actor, at))
        context = {
            "submission": found,
            "tag": shows.topic_tag(found),
            "chip": shows.chip(found, Role.RECOMMENDER, at),
            "tabs": stamping.viewer_tabs(found) if found.revision else [],
            "unit": _word_of_unit(found),
            "own": _word(own),
            "card": looking.look_card(found, request.actor),
            "voided": looking.voided_stamps(found, Tier.RECOMMENDER),
            "offers": _offers(request, found),
            "closed": closed if found.state_enum in HERE else [],
            "reason": shows.return_reason(found),
            "holder": shows.holder(found, at, Role.RECOMMENDER),
            "open": not closed,
            "barred": list(why_not_in_person(request.actor)),
            "visit": rules.last_visit(found),
            "may_visit": not list(rules.why_not_visit(found, request.actor, at)),
        }
        if not closed:
            context |= self.panel(request, found, form, scan_errors)
        return render(request, "recommenders/submission.html", context, status=status)

    def has_form(self, request: HttpRequest, found: Submission) -> bool:
        return not list(rules.why_not_score(found, request.actor, now()))

    def is_stamped(self, request: HttpRequest, found: Submission) -> bool:
        stamp = submission_rules.live_stamp(self.sheet(found))
        if stamp is None or self.scan(request, found) is not None:
            return False
        copy = self.signed(request, found)
        return copy is None or copy.document_id == stamp.scan_id

    def stamped_words(self, found: Submission) -> str:
        return "推荐意见已盖章。"

    def owner_name(self, request: HttpRequest, found: Submission) -> str:
        return request.actor.organisation_name


DESK = BodyDesk()


def _word(sheet: ScoreSheet | None) -> dict[str, Any]:
    """A tier's sheet to be read: marks, total, opinion, stamp."""
    stamp = submission_rules.live_stamp(sheet)
    return {
        "sheet": sheet,
        "marks": marks_of(sheet),
        "total": plain(sheet.total) if sheet else "",
        "stamp": stamp,
        "stamped": (stamp.paper or stamp.scan) if stamp else None,
    }


def _word_of_unit(found: Submission) -> dict[str, Any]:
    """What the unit says, with the pictures of its stamped page."""
    word = _word(submission_rules.sheet_of(found, Tier.UNIT))
    stamped = word["stamped"]
    shown = stamped and stamped.is_ready and (stamped.is_pdf or stamped.is_image)
    pages = min(stamped.pages or 1, 4) if shown else 0
    args = [found.code, Tier.UNIT]
    word["url"] = reverse("submissions:stamped_paper", args=args)
    word["pages"] = [
        reverse("submissions:stamped_page", args=[*args, number])
        for number in range(1, pages + 1)
    ]
    return word


def _offers(request: HttpRequest, found: Submission) -> list[submission_rules.Offer]:
    """The acts of this desk from this state, each with what stands against it."""
    actor, at = request.actor, now()
    names = (
        MoveName.TAKE_BACK, MoveName.UNRESERVE, MoveName.RECOMMENDER_RETURN,
        MoveName.DECLINE,
    )  # fmt: skip
    offers = submission_rules.offers(found, actor, at, names)
    if found.state_enum == State.STAMPED:
        tally = places.Tally(found.campaign, actor.organisation)
        if not list(rules.reserve_refusals(found, actor.organisation, tally)):
            why_not = list(rules.why_not_reserve(found, actor, at, tally))
            offers.insert(0, submission_rules.offer(MoveName.RESERVE, why_not))
        why_not = list(rules.why_not_recommend(found, actor, at, tally))
        offers.insert(0, submission_rules.offer(MoveName.RECOMMEND, why_not))
    if found.state_enum == State.RESERVED:
        why_not = list(rules.why_not_move_up(found, actor, at))
        offers.insert(0, submission_rules.offer(MoveName.MOVE_UP, why_not))
    return [
        replace(o, url=reverse(f"recommenders:{o.name}", args=[found.code]),
                needs_comment=o.needs_comment)
        for o in offers
    ]  # fmt: skip


@acting_as(Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def submission(request: HttpRequest, code: str) -> HttpResponse:
    """Papers left; the unit's word, own marks, opinion, stamp right. POST saves."""
    return DESK.show(request, code)


@acting_as(Role.RECOMMENDER)
@posts_only(DESK.page_url)
def print_sheet(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.print_sheet(request, code)


@acting_as(Role.RECOMMENDER)
@posts_only(DESK.page_url)
def upload_scan(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.take_scan(request, code)


@acting_as(Role.RECOMMENDER)
@require_safe
def opinion_scan_page(request: HttpRequest, code: str, number: int) -> HttpResponse:
    return DESK.scan_page(request, code, number)


@acting_as(Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def signed(request: HttpRequest, code: str) -> HttpResponse:
    """Stamping by the body's own certificate; POST takes the signed PDF."""
    return signed_sheets.show(DESK, request, code)


@acting_as(Role.RECOMMENDER)
@posts_only(DESK.page_url)
def seal(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.seal(request, code)


@sensitive_post_parameters("password")
@acting_as(Role.RECOMMENDER)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    return DESK.confirm(request, code)
