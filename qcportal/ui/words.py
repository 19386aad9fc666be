"""How moments, spans, sizes and numbers are said on a page. Pure functions."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR, DAY = 60, 3600, 86400


def numeral(number: int) -> str:
    """一 … 九, 十, 十一 … 二十九: how the parts of a paper are counted."""
    tens, ones = divmod(number, 10)
    return ("", "十", "二十")[tens] + " 一二三四五六七八九"[ones].strip()


def local(moment: dt.datetime) -> dt.datetime:
    """``moment`` (aware) on the clock of Shanghai, whatever the server's zone."""
    return moment.astimezone(SHANGHAI)


def moment_text(value: dt.date | dt.datetime | None, now: dt.datetime) -> str:
    """``7月12日 22:00``; the year is said when it is not the year of ``now``.

    A plain date has no time. None and "" give an empty string.
    """
    if not value:
        return ""
    day = local(value) if isinstance(value, dt.datetime) else value
    text = f"{day.month}月{day.day}日"
    if day.year != local(now).year:
        text = f"{day.year}年{text}"
    if isinstance(day, dt.datetime):
        text += f" {day:%H:%M}"
    return text


def span_text(span: dt.timedelta | float | None) -> str:
    """``2天1小时``, ``3小时20分``, ``5分钟``, ``不到1分钟``; the two largest units.

    Takes a timedelta or seconds. Negative spans count as none.
    """
    if span is None or span == "":
        return ""
    seconds = int(span.total_seconds() if isinstance(span, dt.timedelta) else span)
    days, rest = divmod(max(seconds, 0), DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分" if minutes else f"{hours}小时"
    return f"{minutes}分钟" if minutes else "不到1分钟"


def countdown_text(left: dt.timedelta) -> str:
    """``2天 06:33`` (days, hours, minutes); the last hour ``00:17:38``."""
    seconds = max(int(left.total_seconds()), 0)
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, second = divmod(rest, MINUTE)
    if seconds < HOUR:
        return f"{hours:02}:{minutes:02}:{second:02}"
    clock = f"{hours:02}:{minutes:02}"
    return f"{days}天 {clock}" if days else clock


def masked_mobile(number: str | None) -> str:
    """``138****6207``; anything that is not 11 digits keeps its last two characters."""
    text = "".join((number or "").split())
    if len(text) == 11 and text.isdigit():
        return f"{text[:3]}****{text[-4:]}"
    return "*" * max(len(text) - 2, 0) + text[-2:] if text else ""


# A mobile number inside a running text, not part of a longer run of digits.
MOBILE_WITHIN = re.compile(
    r"(?<![\dA-Za-z])(?:\+?86[\s-]?)?(1[3-9]\d)[\s-]?(\d{4})[\s-]?(\d{4})(?![\dA-Za-z])",
    re.ASCII,
)


def mobiles_masked(text: str) -> str:
    """A running text with every mobile number in it masked."""
    return MOBILE_WITHIN.sub(r"\1****\3", text)


def size_text(size: float | None) -> str:
    """``18.6 MB``, ``46 KB``; ``size`` is in bytes, 1 KB is 1,024 bytes."""
    if size in (None, ""):
        return ""
    size = float(size)
    for unit in ("字节", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit != "MB" else f"{size:.1f} MB"
        size /= 1024
    return f"{size:.1f} GB"


def score_number(value: object) -> float:
    """A score as typed, for drawing; 0 for what is no number."""
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def score_text(value: object, step: object) -> str:
    """A score with the decimals of its step (13.5, 27.0); odd input is kept as typed."""
    if value is None or value == "":
        return ""
    decimals = len(str(step).partition(".")[2])
    try:
        return f"{float(str(value)):.{decimals}f}"
    except ValueError:
        return str(value)
