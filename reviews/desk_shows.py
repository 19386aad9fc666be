"""How the desk's numbers are drawn and said: bars with their places, words, links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from qcportal.campaigns.models import Campaign
from qcportal.campaigns.stages import Stage
from reviews.figures import Arrivals, Watch
from submissions.lifecycle import State

WIDE, HIGH = 520, 236  # the drawing's own units
LEFT, RIGHT, TOP, BOTTOM = 34, 14, 34, 204
MOST_LABELS = 5
ARRIVAL_WORDS = {
    Stage.FILING: "提交",
    Stage.STAMPING: "盖章",
    Stage.RECOMMENDING: "推荐到秘书处",
}


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    peak: bool
    label: str
    count: int

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Tick:
    """A label on an axis: ``place`` is x on the time axis, y on the other."""

    place: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Chart:
    heading: str
    meta: str
    sentence: str
    bars: list[Bar]
    levels: list[Tick]
    times: list[Tick]
    now: Tick | None
    end: float
    end_label: str
    labelled: Bar | None

    @property
    def future(self) -> float:
        """Width of the time still to come."""
        return round(self.end - self.now.place, 1) if self.now else 0


def chart(found: Arrivals, at: datetime) -> Chart:
    """The bars of ``arrivals`` with axes, the present moment and the closing line."""
    step = (WIDE - LEFT - RIGHT) / len(found.counts)
    top = _ceiling(max(found.counts, default=0))
    peak = found.peak
    bars = [_bar(found, index, step, top, peak) for index in range(len(found.counts))]
    labelled = next((bar for bar in bars if bar.peak), None)
    running = found.opens_at <= at < found.closes_at
    return Chart(
        heading=_heading(found),
        meta=f"{_width_words(found.width)} · 已收 {found.total} 份",
        sentence=_sentence(found),
        bars=bars,
        levels=[Tick(_y(n, top), str(n)) for n in range(0, top + 1, max(1, top // 4))],
        times=_times(found, step),
        now=_now(found, at) if running else None,
        end=WIDE - RIGHT,
        end_label=f"{_closing(found)} 关闭",
        labelled=labelled,
    )


def _bar(
    found: Arrivals,
    index: int,
    step: float,
    top: int,
    peak: tuple[datetime, int] | None,
) -> Bar:
    count = found.counts[index]
    y = _y(count, top)
    begin = found.opens_at + index * found.width
    return Bar(
        x=round(LEFT + index * step + step * 0.12, 1),
        y=y,
        width=round(step * 0.76, 1),
        height=round(BOTTOM - y, 1),
        peak=peak is not None and begin == peak[0],
        label=_moment(begin, found.width),
        count=count,
    )


def _ceiling(most: int) -> int:
    """A round number at or above ``most``, divisible by four."""
    for top in (4, 8, 12, 20, 40, 60, 80, 100, 200, 400, 800, 1000, 2000, 4000, 8000):
        if most <= top:
            return top
    return -(-most // 4000) * 4000


def _y(count: int, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * count / top, 1)


def _moment(begin: datetime, width: timedelta) -> str:
    local = timezone.localtime(begin)
    if width >= timedelta(days=1):
        return f"{local.month}月{local.day}日"
    return f"{local:%H:%M}"


def _times(found: Arrivals, step: float) -> list[Tick]:
    """At most five labels, the last of them the closing (drawn by itself)."""
    count = len(found.counts)
    every = max(1, -(-count // MOST_LABELS))
    shown = [index for index in range(0, count, every) if (count - index) * step > 130]
    days = found.width >= timedelta(days=1)
    shift = 0.5 if days else 0
    return [
        Tick(
            round(LEFT + (index + shift) * step, 1),
            _moment(found.opens_at + index * found.width, found.width),
        )
        for index in shown
    ]


def _closing(found: Arrivals) -> str:
    local = timezone.localtime(found.closes_at)
    clock = f"{local:%H:%M}"
    if found.width < timedelta(days=1):
        return clock
    return f"{local.month}月{local.day}日 {clock}"


def _now(found: Arrivals, at: datetime) -> Tick:
    share = (at - found.opens_at) / (found.closes_at - found.opens_at)
    place = round(LEFT + (WIDE - LEFT - RIGHT) * share, 1)
    # Past the middle the words stand left of the line, so the closing never hides them.
    anchor = "start" if share < 0.7 else "end"
    return Tick(place, f"现在 {timezone.localtime(at):%H:%M}", anchor)


def _heading(found: Arrivals) -> str:
    word = ARRIVAL_WORDS[found.stage]
    if found.width < timedelta(hours=1):
        return f"最后一小时{word}"
    return f"最后一天{word}" if found.width < timedelta(days=1) else f"每天{word}"


def _width_words(width: timedelta) -> str:
    if width < timedelta(hours=1):
        return f"每 {width // timedelta(minutes=1)} 分钟"
    return "每小时" if width < timedelta(days=1) else "每天"


def _sentence(found: Arrivals) -> str:
    if found.peak is None:
        return "这段时间还没有收到。"
    begin, count = found.peak
    return f"最多的时候是 {_moment(begin, found.width)}，{count} 份。"


@dataclass(frozen=True)
class WatchLine:
    """One line of 要盯的事; ``tone`` is bad, wait or soft."""

    count: int
    words: str
    url: str
    act: str
    tone: str


def watch_lines(found: Watch, campaign: Campaign) -> list[WatchLine]:
    """What to keep an eye on; lines with nothing to do are left out."""
    entries = reverse("reviews:entries")
    desk = reverse("reviews:overview")
    lines = [
        WatchLine(found.amendments_lapsed, "补正已过期限，请打电话",
                  f"{entries}?state={State.AMENDMENT_ASKED}&sort=due", "查看", "bad"),
        WatchLine(found.units_waiting, "单位收到超过 2 天没盖章",
                  f"{entries}?state={State.FILED}&sort=since", "查看", "bad"),
        WatchLine(found.lacking_statistics, "家推荐单位缺统计表",
                  f"{desk}?lack=statistics#bodies", "查看", "bad"),
        WatchLine(found.lacking_summary, "家推荐单位缺活动总结",
                  f"{desk}?lack=summary#bodies", "查看", "bad"),
        WatchLine(found.direct_asked, "项直接申报待秘书处确认",
                  f"{entries}?state={State.DIRECT_ASKED}&sort=since", "处理", "wait"),
        WatchLine(found.amendments_due, "项补正一天内到期",
                  f"{entries}?state={State.AMENDMENT_ASKED}&sort=due", "查看", "wait"),
        WatchLine(found.to_check, "项等形式审查",
                  f"{entries}?state={State.SUBMITTED}&sort=since", "查看", "soft"),
    ]  # fmt: skip
    return [line for line in lines if line.count]
