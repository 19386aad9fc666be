"""单位和账号: the association's register, one organisation, and merging two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.models import (
    Affiliation,
    Membership,
    Organisation,
    RecommenderClass,
)
from qcportal.accounts.names import clean_code
from qcportal.accounts.roles import Role
from qcportal.campaigns import actions as campaign_actions
from qcportal.campaigns.access import run_by
from qcportal.campaigns.models import Campaign, RecommendingRight
from qcportal.clock import now
from qcportal.refusals import Refused, refuse
from qcportal.registrations import actions, chain, merging, register, rules, shows
from qcportal.registrations.forms import (
    FactsForm,
    MemberClassForm,
    ReasonForm,
    RegisterFilters,
    RenameForm,
)
from qcportal.registrations.models import Merge

PER_PAGE = 25


@acting_as(Role.ASSOCIATION)
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """The register, filtered by the address."""
    form = RegisterFilters(request.GET)
    rows = _filtered(register.kept_by(request.actor), form.filters)
    seated = Count(
        "memberships__user", filter=Q(memberships__ended_at__isnull=True), distinct=True
    )
    listed = (
        rows.select_related("parent").annotate(people=seated).order_by("name", "pk")
    )
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    facts = {"page": page, "form": form, "filters": form.filters}
    return render(request, "registrations/organisations.html", facts)


def _filtered(
    rows: QuerySet[Organisation], given: dict[str, Any]
) -> QuerySet[Organisation]:
    use = given.get("use")
    if use != "all":
        rows = rows.filter(is_active=use != "ended")
    if tier := given.get("tier"):
        rows = rows.filter(tier=tier)
    if region := given.get("region"):
        rows = rows.filter(region__icontains=region)
    if body := given.get("recommender"):
        under = Affiliation.objects.filter(recommender=body).values("unit")
        rows = rows.filter(Q(pk__in=under) | Q(parent__in=under))
    if words := given.get("q"):
        rows = rows.filter(_words(rows, words))
    return rows


def _words(rows: QuerySet[Organisation], words: str) -> Q:
    """Name, short name, code; former names are JSON, so they are read here."""
    former = [
        pk
        for pk, names in rows.exclude(former_names=[]).values_list("pk", "former_names")
        if any(words in entry["name"] for entry in names)
    ]
    wanted = (
        Q(name__icontains=words) | Q(short_name__icontains=words) | Q(pk__in=former)
    )
    return wanted | Q(credit_code=clean_code(words) or "-")


def _kept(request: HttpRequest, key: Any) -> Organisation:
    rows = register.of_desk(request.actor).select_related("parent", "registrar")
    return get_object_or_404(rows, key=key)


@acting_as(Role.ASSOCIATION)
@require_safe
def organisation_page(request: HttpRequest, key: Any) -> HttpResponse:
    found = _kept(request, key)
    return render(request, "registrations/organisation.html", _facts(request, found))


def _facts(request: HttpRequest, found: Organisation, **forms: Any) -> dict[str, Any]:
    hanging = [
        (m.label, n)
        for m in merging.relations()
        if m.model not in merging.UNSPOKEN and (n := m.rows(found.pk).count())
    ]
    seats = Membership.objects.filter(organisation=found).select_related("user")
    return {
        "organisation": found, "tier_words": "协会" if found.tier == Role.ASSOCIATION else found.get_tier_display(),
        "former": shows.names_before(found), "hanging": hanging,
        "groups": found.children.order_by("name"),
        "seats": seats.filter(ended_at__isnull=True),
        "above": [(a, _end(a, request.actor)) for a in found.affiliations_above.select_related("unit", "recommender")],
        **_chain(request, found),
        "kept_itself": list(rules.why_not_keep(found, request.actor)),
        "classes": found.member_classes.filter(association=request.actor.organisation),
        "likes": register.like_names(found.tier, found.name, found.pk) if found.parent is None else [],
        "merges": _merges(found, request.actor),
        "rights": _rights(found, request.actor), "is_association": found.tier == Role.ASSOCIATION, "itself": found == request.actor.organisation,
        "body_classes": RecommenderClass.choices,
        "facts_form": FactsForm(organisation=found), "rename_form": RenameForm(initial={"name": found.name}),
        "class_form": MemberClassForm(initial={"year": now().year}), "reason_form": ReasonForm(),
        **forms,
    }  # fmt: skip


def _chain(request: HttpRequest, found: Organisation) -> dict[str, Any]:
    """Who is over it, to any height, and who is directly under it, by pages."""
    below = chain.below(found)
    page = Paginator(below, PER_PAGE).get_page(request.GET.get("page"))
    over = chain.heights(found)
    shown = {o.pk for level in over for o in level} | {o.pk for o in page}
    known = register.of_desk(request.actor).filter(pk__in=shown)
    return {
        "over": over, "under": page, "linked": set(known.values_list("pk", flat=True)),
        "uppers": chain.uppers_for(found) if found.tier != Role.GROUP else (),
        "in_chain": found.tier != Role.GROUP,
    }  # fmt: skip


def _end(one: Affiliation, actor: Any) -> shows.Act:
    url = reverse("accounts:affiliation_end", args=[one.pk])
    return shows.offer("解除", "back", rules.why_not_end_affiliation(one, actor), url)


def _merges(found: Organisation, actor: Any) -> list[tuple[Merge, shows.Act | None]]:
    rows = Merge.objects.filter(Q(source=found) | Q(target=found))
    return [
        (one, None if one.undone_at else shows.offer(
            "撤销合并", "back", merging.why_not_undo(one, actor),
            reverse("accounts:merge_undo", args=[one.pk])))
        for one in rows.select_related("source", "target")
    ]  # fmt: skip


def _rights(
    found: Organisation, actor: Any
) -> list[tuple[Campaign, RecommendingRight | None]]:
    """The association's own campaigns, with the right of ``found`` in each."""
    if found.tier != Role.ASSOCIATION:
        return []
    held = {r.campaign_id: r for r in found.recommending_rights.all()}
    return [(one, held.get(one.pk)) for one in run_by(actor)]


def _again(
    request: HttpRequest,
    found: Organisation,
    name: str,
    form: Any,
    refused: Refused | None,
) -> HttpResponse:
    """The page with what was typed and why it was not kept."""
    for one in refused.refusals if refused else ():
        form.add_error(one.field if one.field in form.fields else None, one.message)
    facts = _facts(request, found, **{name: form}, opened=name)
    return render(request, "registrations/organisation.html", facts, status=422)


def _done(request: HttpRequest, found: Organisation, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("accounts:organisation_page", found.key)


def _posted(
    request: HttpRequest, key: Any, name: str, made: Callable[[Organisation], Any],
    act: Callable[[Organisation, dict[str, Any]], Any], said: str,
) -> HttpResponse:  # fmt: skip
    """One form of the page: kept, or the page again with what was typed."""
    found = _kept(request, key)
    form = made(found)
    if not form.is_valid():
        return _again(request, found, name, form, None)
    try:
        act(found, form.cleaned_data)
    except Refused as refused:
        return _again(request, found, name, form, refused)
    return _done(request, found, said)


@acting_as(Role.ASSOCIATION)
@require_POST
def facts(request: HttpRequest, key: Any) -> HttpResponse:
    return _posted(
        request, key, "facts_form", lambda o: FactsForm(request.POST, organisation=o),
        lambda o, given: actions.keep_facts(o.pk, given, by=request.actor, at=now()),
        "登记信息存好了。",
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def rename(request: HttpRequest, key: Any) -> HttpResponse:
    return _posted(
        request, key, "rename_form", lambda o: RenameForm(request.POST),
        lambda o, given: actions.rename(o.pk, given["name"], given["reason"], by=request.actor, at=now()),
        "名称改好了，原名称记在曾用名里，已报的材料不变。",
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def end_use(request: HttpRequest, key: Any) -> HttpResponse:
    return _posted(
        request, key, "reason_form", lambda o: ReasonForm(request.POST),
        lambda o, given: actions.switch(o.pk, given["reason"], active=False, by=request.actor, at=now()),
        "已停用：没有人能再代表它办理，记录都还在。",
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def resume(request: HttpRequest, key: Any) -> HttpResponse:
    return _posted(
        request, key, "reason_form", lambda o: ReasonForm(request.POST),
        lambda o, given: actions.switch(o.pk, given["reason"], active=True, by=request.actor, at=now()),
        "已恢复使用。",
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def member_class(request: HttpRequest, key: Any) -> HttpResponse:
    return _posted(
        request, key, "class_form", lambda o: MemberClassForm(request.POST),
        lambda o, given: actions.keep_member_class(o, by=request.actor, at=now(), **given),
        "会员类别记好了。",
    )  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def affiliate(request: HttpRequest, key: Any) -> HttpResponse:
    """Puts a unit under a body, or a body under an association, straight away."""
    found, given = _kept(request, key), request.POST.get("recommender", "")
    if not shows.is_key(given):
        refuse("recommender_missing", "请选挂在谁下面。", "recommender")
    body = get_object_or_404(Organisation, key=given)
    actions.affiliate(found, body, by=request.actor, at=now())
    return _done(request, found, f"已隶属{body.name}。")


@acting_as(Role.ASSOCIATION)
@require_POST
def right(request: HttpRequest, key: Any) -> HttpResponse:
    """Lets an association recommend in one of the own campaigns, or no longer."""
    found = _kept(request, key)
    campaign = get_object_or_404(
        run_by(request.actor), code=request.POST.get("campaign", "")
    )
    if request.POST.get("end") == "1":
        campaign_actions.stop_recommending(campaign, found, by=request.actor, at=now())
        return _done(request, found, "推荐授权已收回。")
    kind = request.POST.get("recommender_class", "")
    kind = kind if kind in RecommenderClass.values else ""
    campaign_actions.let_recommend(campaign, found, kind, by=request.actor, at=now())
    return _done(request, found, "已授权推荐。")


@acting_as(Role.ASSOCIATION)
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, key: Any) -> HttpResponse:
    """Find the other unit, see everything that moves, then merge with a reason."""
    source = _kept(request, key)
    words = request.GET.get("q", "").strip()[:80]
    kept = register.kept_by(request.actor)
    chosen = request.GET.get("into", "")
    target = kept.filter(key=chosen).first() if shows.is_key(chosen) else None
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and target is not None and form.is_valid():
        try:
            made = merging.merge(
                source.pk,
                target.pk,
                form.cleaned_data["reason"],
                by=request.actor,
                at=now(),
            )
        except Refused as refused:
            for one in refused.refusals:
                form.add_error(None, one.message)
        else:
            return _done(request, made.target, f"“{source.name}”已并入这一家。")
    facts = _merge_facts(request.actor, source, target, words)
    status = 422 if form.errors else 200
    return render(
        request, "registrations/merge.html", {**facts, "form": form}, status=status
    )


def _merge_facts(
    actor: Any, source: Organisation, target: Organisation | None, words: str
) -> dict[str, Any]:
    found = (
        register.search(source.tier, words, source.parent)
        if words
        else register.like_names(source.tier, source.name, source.pk, source.parent)
    )
    choices = register.kept_by(actor).filter(
        pk__in=[o.pk for o in found if o.pk != source.pk]
    )
    facts: dict[str, Any] = {
        "source": source,
        "target": target,
        "q": words,
        "found": choices,
    }
    if target is not None:
        moving = merging.preview(source, target)
        refusals = [
            *merging.why_not_merge(source, target, None, actor),
            *merging.clashes(moving),
        ]
        spoken = [m for m in moving if m.relation.model not in merging.UNSPOKEN]
        facts |= {
            "moving": spoken,
            "refusals": refusals,
            "total": sum(len(m.moves) for m in spoken),
        }
    return facts  # fmt: skip


@acting_as(Role.ASSOCIATION)
@require_POST
def merge_undo(request: HttpRequest, number: int) -> HttpResponse:
    kept = register.kept_by(request.actor)
    made = get_object_or_404(Merge, pk=number, target__in=kept)
    merging.undo(made.pk, by=request.actor, at=now())
    return _done(request, made.source, "合并已撤销，各归原处。")
