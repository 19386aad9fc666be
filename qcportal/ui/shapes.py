"""The numbers behind the drawn components: rulers, rings, strips. Pure functions.

Positions are percentages as strings ("82.14%"), because a page may carry no style
attribute: an SVG takes its measures as attributes of its own.
"""

import datetime as dt
import math
from dataclasses import dataclass
from itertools import accumulate

from qcportal.ui import words

SOON = dt.timedelta(days=3)
LAST = dt.timedelta(hours=1)
MOST_TICKS = 31


def percent(part: float, whole: float) -> str:
    """``part`` of ``whole`` as an SVG length, held between 0% and 100%."""
    share = min(max(part / whole, 0), 1) if whole else 0
    return f"{share * 100:.2f}%"


def window_level(
    opens_at: dt.datetime, closes_at: dt.datetime, now: dt.datetime
) -> str:
    """before, calm, soon (three days or less), last (one hour or less), closed."""
    if now >= closes_at:
        return "closed"
    if opens_at and now < opens_at:
        return "before"
    left = closes_at - now
    if left <= LAST:
        return "last"
    return "soon" if left <= SOON else "calm"


@dataclass(frozen=True)
class Ruler:
    """One tick per day from opening to closing; ``now`` is the place of today."""

    ticks: list[str]
    notches: list[str]
    now: str
    running: bool


def ruler(
    opens_at: dt.datetime,
    closes_at: dt.datetime,
    now: dt.datetime,
    notches: tuple[dt.datetime, ...] = (),
) -> Ruler:
    """The deadline ruler; windows of more than 31 days get a tick per some days."""
    whole = (closes_at - opens_at).total_seconds()
    days = max(int(whole // words.DAY), 1)
    step = math.ceil(days / MOST_TICKS)
    ticks = [
        percent(day * words.DAY, whole)
        for day in range(0, days + 1, step)
        if day * words.DAY < whole
    ]
    return Ruler(
        ticks=ticks,
        notches=[percent((mark - opens_at).total_seconds(), whole) for mark in notches],
        now=percent((now - opens_at).total_seconds(), whole),
        running=opens_at <= now < closes_at,
    )


def arcs(states: list[str]) -> list[dict[str, str]]:
    """One arc of a ring per state, clockwise from the top, in a 40 by 40 box."""
    count = len(states)
    gap = math.radians(9)
    whole = 2 * math.pi / count if count else 0
    radius, centre = 15, 20
    parts = []
    for index, state in enumerate(states):
        start = index * whole + gap - math.pi / 2
        end = (index + 1) * whole - gap - math.pi / 2
        x1, y1 = centre + radius * math.cos(start), centre + radius * math.sin(start)
        x2, y2 = centre + radius * math.cos(end), centre + radius * math.sin(end)
        large = 1 if end - start > math.pi else 0
        path = f"M{x1:.2f} {y1:.2f}A{radius} {radius} 0 {large} 1 {x2:.2f} {y2:.2f}"
        parts.append({"state": state, "path": path})
    return parts


@dataclass(frozen=True)
class Stretch:
    """A piece of a strip: where it begins, its width and the middle for its label."""

    label: str
    value: float
    x: str
    width: str
    middle: str
    narrow: bool  # no room for a word
    tiny: bool  # no room for a figure


def stretches(parts: list[tuple[str, float]]) -> list[Stretch]:
    """Lay ``(label, value)`` parts side by side over 100 %; zero parts are left out."""
    parts = [(label, float(value)) for label, value in parts if value]
    whole = sum(value for _, value in parts)
    starts = [0.0, *accumulate(value for _, value in parts)]
    return [
        Stretch(
            label=label,
            value=value,
            x=percent(start, whole),
            width=percent(value, whole),
            middle=percent(start + value / 2, whole),
            narrow=value / whole < 0.09,
            tiny=value / whole < 0.04,
        )
        for (label, value), start in zip(parts, starts, strict=False)
    ]


def cells(used: int, places: int, pending: int, over: int) -> list[str]:
    """One word per square of a quota: used, pending, free, then over."""
    used_cells = min(used, places)
    waiting = min(pending, max(places - used_cells, 0))
    free = max(places - used_cells - waiting, 0)
    return (
        ["used"] * used_cells
        + ["pending"] * waiting
        + ["free"] * free
        + ["over"] * over
    )


def score_ticks(most: float) -> list[str]:
    """One tick per point of a score ruler, never more than thirty."""
    points = math.floor(float(most))
    step = math.ceil(points / 30) or 1
    return [percent(point, float(most)) for point in range(0, points + 1, step)]


def page_numbers(page: int, pages: int) -> list[int]:
    """The numbers a pager shows: ends and neighbours; 0 stands for a gap."""
    shown = sorted({1, 2, page - 1, page, page + 1, pages} & set(range(1, pages + 1)))
    numbers: list[int] = []
    for number in shown:
        if numbers and number - numbers[-1] > 1:
            numbers.append(0)
        numbers.append(number)
    return numbers
