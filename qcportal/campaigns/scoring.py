"""The one arithmetic: marks → total, sheets → score. Used by every tier and paper."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from qcportal.campaigns.models import Rubric
from qcportal.refusals import Refusal


@dataclass(frozen=True)
class Score:
    """A combined score. ``dropped`` are the totals left out (highest, lowest)."""

    value: Decimal
    kept: tuple[Decimal, ...]
    dropped: tuple[Decimal, ...]

    @property
    def spread(self) -> Decimal:
        """Highest minus lowest of all sheets, dropped ones included."""
        everything = self.kept + self.dropped
        return max(everything) - min(everything)


def mark(text: object) -> Decimal | None:
    """A typed mark as a number, None if empty or not a number."""
    try:
        value = Decimal(str(text).strip())
    except (InvalidOperation, ValueError):
        return None
    return value if value.is_finite() else None


def tidy(text: object) -> str:
    """A mark as it is kept: ``27`` for ``27.0``; what is no number stays as typed."""
    value = mark(text)
    if value is None or abs(value) >= 1000:
        return str(text).strip()
    return format(value.normalize() + 0, "f")


def plain(value: Decimal) -> str:
    """Marks and points as pages and papers print them: ``13.5``, ``10``, ``0``."""
    return format(value.normalize() + 0, "f")


def number(points: Decimal) -> int | float:
    """Points as the stepper counts them: 15 rather than 15.0."""
    return int(points) if points == int(points) else float(points)


def total(rubric: Rubric, marks: Mapping[str, object]) -> Decimal:
    """The sum of the marks given so far; criteria without a mark count nothing."""
    given = (mark(marks.get(c.code, "")) for c in rubric.criteria_list)
    return sum((value for value in given if value is not None), Decimal(0))


def faults(rubric: Rubric, marks: Mapping[str, object]) -> Iterable[Refusal]:
    """What keeps a sheet from being complete: ``mark_missing``, ``mark_out_of_range``,
    ``mark_off_step``; ``field`` is the criterion's code."""
    for criterion in rubric.criteria_list:
        raw = str(marks.get(criterion.code, "")).strip()
        value = mark(raw)
        if not raw:
            yield Refusal(
                "mark_missing", f"“{criterion.name}”还没有打分", criterion.code
            )
        elif value is None or not 0 <= value <= criterion.points:
            yield Refusal(
                "mark_out_of_range",
                f"“{criterion.name}”要打 0 到 {criterion.points.normalize():f} 分",
                criterion.code,
            )
        elif value % rubric.step:
            yield Refusal(
                "mark_off_step",
                f"“{criterion.name}”每 {rubric.step.normalize():f} 分一档",
                criterion.code,
            )


def combine(
    totals: Sequence[Decimal], *, drop_from: int, decimals: int
) -> Score | None:
    """One score from several sheets, None if there is none.

    From ``drop_from`` sheets on (0 = never) one highest and one lowest are dropped;
    the mean of the rest is rounded half up to ``decimals`` places (domain.md §3.3).
    """
    if not totals:
        return None
    ordered = sorted(totals)
    drop = bool(drop_from) and len(ordered) >= max(drop_from, 3)
    kept = tuple(ordered[1:-1] if drop else ordered)
    dropped = (ordered[0], ordered[-1]) if drop else ()
    mean = sum(kept, Decimal(0)) / len(kept)
    unit = Decimal(1).scaleb(-decimals)
    return Score(mean.quantize(unit, rounding=ROUND_HALF_UP), kept, dropped)


Marks = Mapping[str, object]


def tie_key(
    sheets: Sequence[Marks],
    tie_order: Sequence[str],
    *,
    drop_from: int,
    recommended: int | None,
) -> tuple[Decimal, ...]:
    """What stands between equal scores: the mean of each listed criterion (highest and
    lowest left out as in the score itself, not rounded further than six places), then
    the place the recommending body gave. Larger is better; empty without an order."""
    if not tie_order:
        return ()
    means = []
    for code in tie_order:
        given = [mark(marks.get(code, "")) for marks in sheets]
        found = combine(
            [value for value in given if value is not None],
            drop_from=drop_from,
            decimals=6,
        )
        means.append(found.value if found else Decimal(-1))
    return (*means, Decimal(-recommended if recommended else -(10**6)))
