"""The settings' tabs, the steps of setting up, the check before publishing.

A presenter: reads, and says where things are; the rules and gaps decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from qcportal.campaigns.gaps import gaps
from qcportal.campaigns.models import Campaign, SettingCheck
from qcportal.refusals import Refusal

# tab → (label, route).
TABS: dict[str, tuple[str, str]] = {
    "profile": ("活动资料", "campaigns:profile"),
    "times": ("时间和节点", "campaigns:settings"),
    "categories": ("类别和渠道", "campaigns:categories"),
    "forms": ("申报表", "forms:list"),
    "quotas": ("名额", "campaigns:quotas"),
    "rubrics": ("评审表", "campaigns:rubrics"),
    "honours": ("奖项、公示和证书", "campaigns:honours"),
    "checks": ("形式审查", "campaigns:checks"),
    "notices": ("通知", "notices:desk"),
    "differences": ("差异对照", "campaigns:differences"),
    "upward": ("上报事项", "upward:due"),
    "extensions": ("单独延期", "campaigns:extensions"),
    "opening": ("检查并发布", "campaigns:opening"),
}
# Of a campaign forwarded from a higher association's only.
FORWARDED_ONLY = ("differences", "upward")
# The steps of setting up a campaign, after 从哪里来.
STEPS = ("profile", "times", "categories", "quotas", "rubrics", "honours", "notices", "opening")  # fmt: skip
# What a check is said as when it is passed; the order of the list.
PASSED = {
    "profile": "名称、联系方式、不收费承诺已填",
    "times": "各环节时间和主要节点已安排",
    "categories": "类别和渠道已定",
    "forms": "每个类别都有申报表",
    "quotas": "名额规则完整",
    "rubrics": "评审表分值齐全",
    "honours": "奖项、公示天数和证书已定",
    "checks": "形式审查核对项已定",
    "notices": "通知已写好",
    "please_check": "预设里要核对的都核对过",
}
# Where a gap is mended, by the first word of its field (``windows``, ``windows-filing``).
PLACES = {
    "windows": "times", "milestones": "times", "stage": "times",
    "category": "categories", "form": "forms", "quota": "quotas",
    "quota_rules": "quotas", "rubric": "rubrics", "scoring": "rubrics", "award_levels": "honours",
    "awards": "honours", "certificate": "honours", "certificates": "honours",
    "publicity": "honours", "notice_days": "honours", "check_items": "checks",
    "contact": "profile", "no_fee": "profile", "no_fee_words": "profile",
    "naming": "profile", "notice": "notices", "recommenders": "quotas",
    "please_check": "please_check",
}  # fmt: skip


def url_of(tab: str, code: str) -> str:
    """The page of a tab; the check for no tab at all."""
    if tab not in TABS:
        return reverse("campaigns:opening", args=[code])
    return reverse(TABS[tab][1], args=[code])


@dataclass(frozen=True)
class Tab:
    key: str
    label: str
    url: str
    current: bool


def tabs(campaign: Campaign, current: str) -> list[Tab]:
    """Extensions only where there is something to extend, what concerns the higher
    association only where there is one."""
    hidden = set() if campaign.published_at else {"extensions"}
    hidden |= set() if campaign.higher_id else set(FORWARDED_ONLY)
    return [
        Tab(key, label, url_of(key, campaign.code), key == current)
        for key, (label, _) in TABS.items()
        if key not in hidden
    ]


@dataclass(frozen=True)
class Step:
    number: int
    label: str
    url: str
    state: str  # done, now, later


@dataclass(frozen=True)
class Guide:
    """Where a clerk is on the way to publication."""

    steps: list[Step]
    number: int
    previous: Step | None
    following: Step | None

    @property
    def count(self) -> int:
        return len(self.steps)

    @property
    def percent(self) -> int:
        return round(100 * self.number / self.count)

    @property
    def label(self) -> str:
        return self.steps[self.number - 1].label


def guide(campaign: Campaign, current: str) -> Guide | None:
    """None for a published campaign and for tabs beside the way."""
    if campaign.published_at is not None or current not in STEPS:
        return None
    here = STEPS.index(current) + 2
    begun = Step(1, "从哪里来", reverse("campaigns:new"), "done")
    steps = [begun]
    for number, key in enumerate(STEPS, 2):
        state = "done" if number < here else "now" if number == here else "later"
        steps.append(Step(number, TABS[key][0], url_of(key, campaign.code), state))
    return Guide(
        steps, here,
        steps[here - 2] if here > 2 else None,
        steps[here] if here < len(steps) else None,
    )  # fmt: skip


def place_of(gap: Refusal) -> str:
    """The tab (or ``please_check``) where a gap is mended."""
    word = gap.field.lstrip("#").partition("#")[0]
    for found in (word, *_shorter(word)):
        if found in PASSED:
            return found
        if found in PLACES:
            return PLACES[found]
    return "opening"


def _shorter(word: str) -> Iterable[str]:
    for mark in "-.[:/_":
        if mark in word:
            yield word.partition(mark)[0]


@dataclass(frozen=True)
class Line:
    """One line of 发布前检查; ``url`` is where to mend it. A caution stops nothing."""

    ok: bool
    text: str
    url: str = ""
    caution: bool = False


@dataclass(frozen=True)
class Readiness:
    lines: list[Line]
    passed: int
    count: int

    @property
    def ready(self) -> bool:
        return self.passed == self.count


def readiness(campaign: Campaign, at: datetime) -> Readiness:
    """Every topic once when it is in order, else each of its gaps."""
    found: dict[str, list[Refusal]] = {}
    cautions = []
    for gap in gaps(campaign, at):
        if gap.kind == "caution":
            url = _mend(place_of(gap), campaign.code) + _row_of(gap)
            cautions.append(Line(False, gap.message, url, caution=True))
        else:
            found.setdefault(place_of(gap), []).append(gap)
    lines = [Line(True, words) for key, words in PASSED.items() if key not in found]
    passed = len(lines)
    for key, missing in found.items():
        url = _mend(key, campaign.code)
        if key == "please_check":  # each stands in 请核对 below with its button
            said = f"还有 {len(missing)} 条要对照通知核对。"
            lines.append(Line(False, said, url))
            continue
        lines += [Line(False, gap.message, url + _row_of(gap)) for gap in missing]
    return Readiness(lines + cautions, passed, passed + len(found))


def _row_of(gap: Refusal) -> str:
    """``#rule-12`` where the gap names the row (``quotas#rule-12``)."""
    _, mark, row = gap.field.lstrip("#").partition("#")
    return f"{mark}{row}"


@dataclass(frozen=True)
class ToCheck:
    """A setting to be compared with the notice, and who has done so."""

    text: str
    done: SettingCheck | None


def to_check(campaign: Campaign) -> list[ToCheck]:
    """请核对, in the order of the preset."""
    done = {row.text: row for row in campaign.setting_checks.select_related("by")}
    return [ToCheck(text, done.get(text)) for text in campaign.please_check]


def _mend(key: str, code: str) -> str:
    if key == "please_check":
        return url_of("opening", code) + "#please-check"
    return url_of(key, code)
