"""The components of the portal. A tag's signature is the list of its props.

Leaves are inclusion tags; wrappers are block tags. Every tag takes plain values or
objects with the attributes named in docs/components.md, never a request or a query.
"""

from zlib import crc32

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import StaticNode
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode

from qcportal.ui import shapes, words

register = template.Library()

BADGE_ICONS = {
    "draft": "pencil",
    "mine": "hand-stop",
    "wait": "hourglass",
    "run": "progress",
    "ok": "check",
    "back": "arrow-back-up",
    "bad": "alert-circle",
    "gold": "award",
    "silver": "award",
    "bronze": "award",
    "end": "minus",
    "todo": "circle-dashed",
}
NOTICE_ICONS = {
    "info": "info-circle",
    "ok": "circle-check",
    "warn": "alert-triangle",
    "bad": "alert-circle",
}
PRIZES = {"gold": "一等奖", "silver": "二等奖", "bronze": "三等奖"}
STEP_ICONS = {"done": "check", "now": "hourglass", "back": "arrow-back-up", "later": ""}
BUTTONS = {"primary", "line", "text", "back", "seal"}


def known(value, allowed, prop):
    """``value`` if it is one of ``allowed``; a wrong prop is an error, not a blank."""
    if value not in allowed:
        raise template.TemplateSyntaxError(
            f"{prop} is {value!r}, not one of {', '.join(map(str, allowed))}"
        )
    return value


def wrapper(name, content, **props):
    """Render a block component; ``content`` is safe already."""
    return render_to_string(f"components/{name}.html", {"content": content, **props})


# --- words


@register.filter
def when(value, now=None):
    """A moment or date in Shanghai's words: 7月12日 22:00."""
    return words.moment_text(value, now or timezone.now())


@register.filter
def duration(value):
    """A timedelta or seconds: 2天1小时."""
    return words.span_text(value)


@register.filter
def since(value, now=None):
    """How long ago a moment was: 2天1小时."""
    return words.span_text((now or timezone.now()) - value) if value else ""


@register.filter
def mask_mobile(value):
    """138****6207."""
    return words.masked_mobile(value)


@register.filter
def filesize_cn(value):
    """Bytes: 18.6 MB."""
    return words.size_text(value)


@register.filter
def state_icon(kind):
    """The icon name of a state chip's kind."""
    return BADGE_ICONS.get(kind, "circle-dashed")


@register.filter
def step_icon(state):
    """The icon name of a station of the chain; an unknown state is an error."""
    return STEP_ICONS[known(state, STEP_ICONS, "state")]


# --- text level


@register.simple_tag
def icon(name, size="", label=""):
    """An icon of the sprite; decorative unless it has a ``label``. size: sm, lg."""
    known(size, ("", "sm", "lg"), "size")
    sprite = StaticNode.handle_simple("icons/sprite.svg")
    return format_html(
        '<svg class="icon icon-{}{}" {}><use href="{}#i-{}"></use></svg>',
        name,
        f" icon-{size}" if size else "",
        format_html('role="img" aria-label="{}"', label)
        if label
        else format_html('aria-hidden="{}"', "true"),
        sprite,
        name,
    )


@register.inclusion_tag("components/badge.html")
def badge(kind, text):
    """A state chip: icon and words."""
    return {"kind": known(kind, BADGE_ICONS, "kind"), "text": text}


@register.inclusion_tag("components/type_tag.html")
def type_tag(kind, label=""):
    """问题解决型 (problem) or 创新型 (innovation); another kind shows ``label``."""
    names = {"problem": "问题解决型", "innovation": "创新型"}
    return {"kind": kind, "label": label or names.get(kind, kind)}


@register.inclusion_tag("components/prize.html")
def prize(level, label=""):
    """gold, silver or bronze; ``label`` overrides 一等奖 and so on."""
    return {"level": known(level, PRIZES, "level"), "label": label or PRIZES[level]}


# --- page level


@register.inclusion_tag("components/page_heading.html")
def page_heading(title, crumb=None, lead=""):
    """The one h1. ``crumb``: list of (label, url); the last may have no url."""
    return {"title": title, "crumb": crumb, "lead": lead}


@register.simple_block_tag
def page_head(content, title, crumb=None, lead=""):
    """page_heading with the page's actions as its block."""
    return wrapper(
        "page_heading", content, title=title, crumb=crumb, lead=lead, acts=True
    )


@register.simple_block_tag
def card(content, heading="", meta="", tone="", foot="", flush=False, id="", level=2):
    """A sheet. tone: "", wait, bad, ok. flush: no inner padding (tables, lists)."""
    known(tone, ("", "wait", "bad", "ok"), "tone")
    props = {"heading": heading, "meta": meta, "tone": tone, "foot": foot}
    return wrapper("card", content, **props, flush=flush, id=id, level=level)


@register.simple_block_tag
def sheet(content, heading, meta="", id=""):
    """A numbered section of a form: 一、基本信息."""
    return wrapper("sheet", content, heading=heading, meta=meta, id=id)


@register.simple_block_tag
def notice(content, kind="info", icon_name="", act_url="", act_label=""):
    """A note: info, ok, warn or bad (bad is announced)."""
    known(kind, NOTICE_ICONS, "kind")
    props = {"kind": kind, "icon_name": icon_name or NOTICE_ICONS[kind]}
    return wrapper("notice", content, **props, act_url=act_url, act_label=act_label)


@register.inclusion_tag("components/refusals.html")
def refusals(found, title=""):
    """Every Refusal of an answer as one bad note, cautions as a warning."""
    found = list(found)
    return {
        "stopping": [one for one in found if one.kind == "refusal"],
        "cautions": [one for one in found if one.kind == "caution"],
        "title": title,
    }


@register.inclusion_tag("components/verdict.html")
def verdict(kind, title, text):
    """The answer of a verification: ok, warn or bad."""
    icons = {"ok": "shield-check", "warn": "ban", "bad": "x"}
    known(kind, icons, "kind")
    return {"kind": kind, "title": title, "text": text, "icon_name": icons[kind]}


@register.inclusion_tag("components/empty.html")
def empty(
    title, text="", action_url="", action_label="", icon_name="", drawing="paper"
):
    """Nothing here yet: drawing, title, sentence, one action. drawing: paper, chart."""
    known(drawing, ("paper", "chart"), "drawing")
    return {
        "title": title,
        "text": text,
        "action_url": action_url,
        "action_label": action_label,
        "icon_name": icon_name,
        "drawing": drawing,
    }


@register.simple_block_tag
def dialog(content, id, heading, wide=False, page=False):
    """A section of the page that opens as a dialog where scripts run.

    Opened by any element with data-dialog-open="<id>". ``page``: always shown.
    """
    return wrapper("dialog", content, id=id, heading=heading, wide=wide, page=page)


# --- acts and forms


@register.inclusion_tag("components/move_button.html")
def move_button(
    offer, size="", icon_name="", comment_label="", version="", confirm="", block=False
):
    """A move as a live button, or a disabled one with the sentence under it."""
    found = list(offer.refusals)
    kind = getattr(offer, "kind", "") or "line"
    return {
        "offer": offer,
        "kind": known(kind, BUTTONS, "kind"),
        "size": known(size, ("", "sm", "lg"), "size"),
        "stopping": [one for one in found if one.kind == "refusal"],
        "cautions": [one for one in found if one.kind == "caution"],
        "asks": getattr(offer, "needs_comment", False),
        "goes": getattr(offer, "method", "post") == "get",
        "comment_label": comment_label or "请写明原因，对方会看到",
        "version": version,
        "confirm": confirm,
        "block": block,
        "icon_name": icon_name
        or {"back": "arrow-back-up", "seal": "rubber-stamp"}.get(kind, ""),
        "id": f"move-{crc32(f'{offer.name} {offer.url}'.encode()):08x}",
    }


@register.simple_tag
def field(bound, hint=""):
    """A form's field: label, control, hint, error, counter."""
    if hint:
        bound.help_text = hint
    return bound.as_field_group()


@register.inclusion_tag("components/form_errors.html")
def form_errors(form):
    """The note over a form with a link to every field that needs a hand."""
    return {
        "form": form,
        "fields": [bound for bound in form.visible_fields() if bound.errors],
        "others": form.non_field_errors(),
        "hidden": [error for bound in form.hidden_fields() for error in bound.errors],
    }


@register.simple_block_tag
def form_actions(content, left="", plain=False):
    """The sticky bar under a form; ``left`` says what is missing."""
    return wrapper("form_actions", content, left=left, plain=plain)


@register.inclusion_tag("components/save_state.html")
def save_state(saved_at=None):
    """正在保存… / 已自动保存 15:26 / 没网 / 没存上; driven by data-autosave."""
    return {"saved_at": words.local(saved_at) if saved_at else None}


@register.inclusion_tag("components/step_rail.html")
def step_rail(steps):
    """The form's five steps: objects with label, note, url, state."""
    return {"steps": [(step, words.numeral(n)) for n, step in enumerate(steps, 1)]}


@register.inclusion_tag("components/stepper.html")
def stepper(name, label, most, value="", hint="", step="0.5", least=0, ruler=True, large=False, error="", disabled=False):  # fmt: skip
    """One item of a rubric: native number input with ± and a range under it."""
    value = words.score_text(value, step)
    return {
        "name": name,
        "label": label,
        "most": most,
        "least": least,
        "value": value,
        "ticks": shapes.score_ticks(most),
        "filled": shapes.percent(words.score_number(value) - least, most - least),
        "hint": hint,
        "step": step,
        "ruler": ruler,
        "large": large,
        "error": error,
        "disabled": disabled,
    }


# --- tables


@register.inclusion_tag("components/sort_head.html")
def sort_head(label, key, current, query=None, number=False):
    """A head that sorts. ``current`` is "key" or "-key"; ``query`` a QueryDict or dict."""
    down = current == f"-{key}"
    return {
        "label": label,
        "number": number,
        "order": "descending" if down else "ascending" if current == key else "",
        "url": "?" + with_query(query, sort=key if down else f"-{key}", page=None),
    }


def with_query(query, **changes):
    """``query`` with ``changes`` as an encoded string; None drops a key."""
    if query is None:
        pairs = {}
    elif hasattr(query, "lists"):
        pairs = dict(query.lists())
    else:
        pairs = dict(query)
    pairs.update(changes)
    return urlencode({key: val for key, val in pairs.items() if val is not None}, True)


@register.inclusion_tag("components/pager.html")
def pager(page, query=None):
    """Pages of a Django ``Page``; ``query`` keeps the filters in the links."""
    numbers = shapes.page_numbers(page.number, page.paginator.num_pages)
    return {
        "page": page,
        "links": [
            (number, "?" + with_query(query, page=number)) if number else (0, "")
            for number in numbers
        ],
        "following": "?" + with_query(query, page=page.number + 1),
    }


# --- where things stand


@register.inclusion_tag("components/chain.html")
def chain(steps):
    """The way of an entry: label, state (done now back later), note, more."""
    return {"steps": steps}


@register.inclusion_tag("components/holder.html")
def holder(who, text="", since="", at=None, tone="wait"):
    """Who has it now, since when. tone: wait, bad (returned), ok, run."""
    known(tone, ("wait", "bad", "ok", "run"), "tone")
    return {"who": who, "text": text, "since": since, "at": at, "tone": tone}


@register.inclusion_tag("components/ring.html")
def ring(parts, label="", size=""):
    """Six arcs. ``parts``: states done, now, back, gold or later."""
    parts = list(parts)
    known(size, ("", "sm", "lg"), "size")
    done = sum(part in ("done", "gold") for part in parts)
    label = label or f"共{len(parts)}关，已过{done}关"
    return {"arcs": shapes.arcs(parts), "label": label, "size": size}


@register.inclusion_tag("components/eventlog.html")
def eventlog(events):
    """Newest first: objects with what, at, who and perhaps detail, comment, tone."""
    return {"events": events}


@register.inclusion_tag("components/milestones.html")
def milestones(steps):
    """The year's ruler: objects with when, label, state, note, deadline."""
    return {"steps": steps}


# --- amounts


@register.inclusion_tag("components/meter.html")
def meter(used, places, pending=0, over=0, label="", figure=True):
    """Quota cells and the figure. places None: no limit, only the figure.

    ``figure`` False only where the figure stands beside it in large type.
    """
    return {
        "cells": shapes.cells(used, places, pending, over)
        if places is not None
        else [],
        "used": used,
        "places": places,
        "over": over,
        "label": label,
        "figure": figure,
    }


@register.inclusion_tag("components/progress.html")
def progress(percent, text="", small=False):
    """A bar of 0 to 100 with its sentence at the left and the figure at the right."""
    percent = min(max(int(percent or 0), 0), 100)
    return {"percent": percent, "text": text, "small": small}


@register.inclusion_tag("components/bar_pair.html")
def bar_pair(before, after, before_text, after_text):
    """Before and after on one scale; numbers, and their words with unit."""
    most = max(abs(float(before)), abs(float(after)), 1e-9)
    return {
        "before": shapes.percent(abs(float(before)), most),
        "after": shapes.percent(abs(float(after)), most),
        "before_text": before_text,
        "after_text": after_text,
    }


@register.inclusion_tag("components/weights.html")
def weights(parts):
    """A rubric's weights side by side: list of (label, points)."""
    return {"parts": shapes.stretches(parts), "total": sum(value for _, value in parts)}


@register.inclusion_tag("components/split.html")
def split(parts):
    """现在在谁手里: list of (label, count); each tier has its colour in order."""
    tones = ("h-ink", "h-hu", "h-dai", "h-deep", "h-dian", "h-song", "h-jin")
    return {
        "parts": zip(shapes.stretches(parts), tones, strict=False),
        "keys": parts,
    }


@register.inclusion_tag("components/funnel.html")
def funnel(stages):
    """各环节数量: list of (label, count, sentence about the rest)."""
    most = max((count for _, count, _ in stages), default=0)
    return {
        "stages": [
            (label, count, rest, shapes.percent(count, most))
            for label, count, rest in stages
        ]
    }


# --- time and files


@register.inclusion_tag("components/deadline.html")
def deadline(window, now=None, size="bar", action=""):
    """The deadline ruler: hero, bar or inline. ``window`` see docs/components.md."""
    known(size, ("hero", "bar", "inline"), "size")
    now = now or window.now
    left = window.closes_at - now
    seconds = max(int(left.total_seconds()), 0)
    level = shapes.window_level(window.opens_at, window.closes_at, now)
    return {
        "window": window,
        "now": now,
        "size": size,
        "level": level,
        "label": getattr(window, "label", ""),
        "note": getattr(window, "note", ""),
        "closed_note": getattr(window, "closed_note", ""),
        "left": words.countdown_text(left),
        "spoken": words.span_text(left),
        "digits": (
            (seconds // 86400, "天", "d"),
            (f"{seconds // 3600 % 24:02}", "时", "h"),
            (f"{seconds // 60 % 60:02}", "分", "m"),
            (f"{seconds % 60:02}", "秒", "s"),
        ),
        "ruler": shapes.ruler(
            window.opens_at,
            window.closes_at,
            now,
            tuple(getattr(window, "notches", ())),
        ),
        "action": action,
    }


@register.inclusion_tag("components/document.html")
def document(doc, url="", status_url="", retry_url="", preview_url="", note=""):
    """A paper that is waiting, being made, ready, failed or expired."""
    return {
        "doc": doc,
        "status": str(doc.status).lower(),
        "url": url,
        "status_url": status_url,
        "retry_url": retry_url,
        "preview_url": preview_url,
        "note": note,
    }


@register.inclusion_tag("components/file_row.html")
def file_row(
    title, note="", url="", icon_name="file-text", kind="", kind_text="", bad=False
):
    """A stored file in a list: icon, title, small print, chip, download."""
    return {
        "title": title,
        "note": note,
        "url": url,
        "icon_name": icon_name,
        "kind": kind,
        "kind_text": kind_text,
        "bad": bad,
    }


@register.inclusion_tag("components/viewer.html")
def viewer(tabs, id="viewer"):
    """Papers to read: tabs with id, label and url or images; one is ``current``."""
    return {"tabs": list(tabs), "id": id}


@register.inclusion_tag("components/run_chart.html")
def run_chart():
    """The motif of hero and sign-in: scatter that narrows. Decoration only."""
    return {}


@register.inclusion_tag("components/brand_mark.html")
def brand_mark():
    """The portal's own mark: a square with a ring cut in four."""
    return {}


@register.inclusion_tag("components/sample_mark.html")
def sample_mark(line=""):
    """样章 in a hexagon, a shape no real seal has. For demonstrations only."""
    return {"line": line}
