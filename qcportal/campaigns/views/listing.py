"""The association's campaigns by state, and the ways to begin one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns import (
    access,
    begin_actions,
    forward_actions,
    forwarding,
    presets,
)
from qcportal.campaigns import settings_rules as rules
from qcportal.campaigns.begin_forms import (
    CloneForm,
    ForwardForm,
    ImportForm,
    PresetForm,
)
from qcportal.campaigns.guide import url_of
from qcportal.campaigns.models import Campaign
from qcportal.clock import now
from qcportal.refusals import Refused

PER_PAGE = 25
STATES = {"draft": "筹备中", "running": "进行中", "ended": "已办结"}


@acting_as(Role.ASSOCIATION)
@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """All of one's campaigns, newest year first; ``?state=`` narrows."""
    state = request.GET.get("state", "")
    rows = access.run_by(request.actor).prefetch_related("categories", "windows")
    if state == "draft":
        rows = rows.filter(published_at=None)
    elif state == "running":
        rows = rows.filter(published_at__isnull=False, ended_at=None)
    elif state == "ended":
        rows = rows.filter(ended_at__isnull=False)
    page = Paginator(rows.order_by("-year", "-pk"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page, "rows": [_line(one) for one in page],
        "state": state if state in STATES else "", "states": STATES,
        "against": list(rules.why_not_begin(request.actor)),
    }  # fmt: skip
    return render(request, "campaigns/list.html", context)


def _line(campaign: Campaign) -> dict[str, Any]:
    kind, text = "draft", STATES["draft"]
    if campaign.ended_at:
        kind, text = "end", STATES["ended"]
    elif campaign.published_at:
        kind, text = "run", STATES["running"]
    windows = sorted(campaign.windows.all(), key=lambda w: w.closes_at)
    return {
        "campaign": campaign, "kind": kind, "text": text,
        "categories": "、".join(c.name for c in campaign.categories_in_order),
        "opens": min((w.opens_at for w in windows), default=None),
        "closes": windows[-1].closes_at if windows else None,
        "url": url_of("times" if campaign.published_at else "profile", campaign.code),
    }  # fmt: skip


# --- beginning ----------------------------------------------------------------------


@dataclass(frozen=True)
class Offered:
    """A preset as the list shows it."""

    name: str
    title: str
    host: str
    year: int
    brings: str
    to_check: int


def _offered() -> list[Offered]:
    """Every preset file that can be read, by name."""
    found = []
    for path in sorted(presets.FOLDER.glob("*.toml")):
        raw = presets.read(path).raw
        kinds = "、".join(c["name"] for c in raw["categories"])
        brings = (
            f"{len(raw['categories'])} 类（{kinds}），"
            f"{len(raw.get('milestones', []))} 个节点，"
            f"{len(raw.get('quota_rules', []))} 条名额规则，"
            f"{len(raw.get('notices', []))} 份通知"
        )
        found.append(
            Offered(
                path.stem, raw["name"], raw["host"], raw["year"], brings,
                len(raw.get("please_check", [])),
            )
        )  # fmt: skip
    return found


def _this_year() -> int:
    return timezone.localdate(now()).year


@acting_as(Role.ASSOCIATION)
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """从哪里来: a preset, last year's, an exported file."""
    return _new(request)


def _new(request: HttpRequest, status: int = 200, **typed: Any) -> HttpResponse:
    year, offered = _this_year(), _offered()
    own = access.run_by(request.actor)
    context = {
        "preset_form": PresetForm(offered=offered, initial={"year": year}),
        "clone_form": CloneForm(own=own, initial={"year": year}),
        "import_form": ImportForm(initial={"year": year}),
        "has_own": own.exists(), "against": list(rules.why_not_begin(request.actor)),
        **_forwarding(request), **typed,
    }  # fmt: skip
    return render(request, "campaigns/new.html", context, status=status)


def _forwarding(request: HttpRequest) -> dict[str, Any]:
    """转发上级通知: the form, and what was forwarded already; ``?higher=`` chooses."""
    offered, own = forwarding.offered(request.actor), request.actor.organisation
    done = Campaign.objects.filter(host=own, higher__in=offered).select_related(
        "higher"
    )
    open_to = offered.exclude(forwarded_as__host=own).prefetch_related("windows")
    ordered = open_to.order_by("-year", "-pk")
    first = (
        ordered.filter(code=request.GET.get("higher", "")).first() or ordered.first()
    )
    if first is None:
        return {"forward_form": None, "forwarded": done.order_by("-year", "-pk")}
    initial = {"higher": first.code, "days": forwarding.usual_days(first, own)}
    form = ForwardForm(offered=open_to, initial=initial)
    return {"forward_form": form, "forwarded": done.order_by("-year", "-pk")}


@acting_as(Role.ASSOCIATION)
@require_POST
def begin_forward(request: HttpRequest) -> HttpResponse:
    """The association's own campaign from a higher one's; a second click leads to it."""
    form = ForwardForm(request.POST, offered=forwarding.offered(request.actor))
    if form.is_valid():
        higher, own = form.cleaned_data["higher"], request.actor.organisation
        already = forwarding.forwarded(higher, own) is not None
        try:
            made = forward_actions.forward(
                higher.pk, days=form.cleaned_data["days"],
                name=form.cleaned_data["name"], by=request.actor, at=now(),
            )  # fmt: skip
        except Refused as no:
            for refusal in no.refusals:
                field = refusal.field if refusal.field in form.fields else None
                form.add_error(field, refusal.message)
        else:
            return _was_forwarded(request, made) if already else _begun(request, made)
    return _new(request, 422, forward_form=form)


def _was_forwarded(request: HttpRequest, made: Campaign) -> HttpResponse:
    messages.info(request, f"这个活动已经转发过，就是“{made.name}”。")
    return redirect("campaigns:differences", made.code)


@acting_as(Role.ASSOCIATION)
@require_POST
def begin_preset(request: HttpRequest) -> HttpResponse:
    form = PresetForm(request.POST, offered=_offered())
    if form.is_valid():
        path = presets.FOLDER / f"{form.cleaned_data['preset']}.toml"
        try:
            made = begin_actions.begin_from(
                presets.read(path), year=form.cleaned_data["year"],
                by=request.actor, at=now(),
            )  # fmt: skip
            return _begun(request, made)
        except (Refused, presets.PresetError) as no:
            _say(form, no)
    return _new(request, 422, preset_form=form)


@acting_as(Role.ASSOCIATION)
@require_POST
def begin_clone(request: HttpRequest) -> HttpResponse:
    form = CloneForm(request.POST, own=access.run_by(request.actor))
    if form.is_valid():
        try:
            made = begin_actions.begin_like(
                form.cleaned_data["source"], year=form.cleaned_data["year"],
                by=request.actor, at=now(),
            )  # fmt: skip
            return _begun(request, made)
        except (Refused, presets.PresetError) as no:
            _say(form, no)
    return _new(request, 422, clone_form=form)


@acting_as(Role.ASSOCIATION)
@require_POST
def begin_import(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            preset = presets.read_text(*form.text())
            made = begin_actions.begin_from(preset, by=request.actor, at=now())
            return _begun(request, made)
        except (Refused, presets.PresetError) as no:
            _say(form, no)
    return _new(request, 422, import_form=form)


def _say(form: Any, no: Refused | presets.PresetError) -> None:
    """Every reason under the form, each on its own line."""
    for line in str(no).split("\n"):
        form.add_error(None, line)


def _begun(request: HttpRequest, made: Campaign) -> HttpResponse:
    messages.success(
        request, f"已开始“{made.name}”。现在只有秘书处看得到，检查好再发布。"
    )
    return redirect(url_of("profile", made.code))


@acting_as(Role.ASSOCIATION)
@require_safe
def export(request: HttpRequest, code: str) -> HttpResponse:
    """The whole campaign as one readable file, without people and what was filed."""
    campaign = get_object_or_404(access.run_by(request.actor), code=code)
    try:
        text = presets.export(campaign)
    except presets.PresetError as no:
        raise Http404 from no
    answer = HttpResponse(text, content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{campaign.code}.toml"'
    return answer
