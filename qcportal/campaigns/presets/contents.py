"""The campaign file as a whole: its names, and what its parts say of each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from qcportal.campaigns import definition, rubric_rules, wording
from qcportal.campaigns.models import (
    AwardLevel,
    Campaign,
    Category,
    CheckItem,
    Criterion,
    Milestone,
    QuotaRule,
    Rubric,
    Window,
)
from qcportal.campaigns.presets.places import Path
from qcportal.campaigns.presets.shape import (
    FORM,
    Day,
    Fault,
    Flag,
    Instant,
    Rows,
    Shape,
    Table,
    Text,
    Whole,
    column,
    columns,
)
from qcportal.campaigns.rubric_rules import ON_SITE
from qcportal.campaigns.stages import Stage

CAMPAIGN_FIELDS = [
    "year", "name", "headline", "lead", "document_number", "letters", "result_words",
    "certificate_pattern", "certificate_words", "certificate_issuer", "no_fee_words",
    "opinion_limit", "needs_dossier", "allows_seal_picture", "amendment_days",
    "notice_days", "judges_per_submission", "drop_from", "decimals", "grace_seconds",
    "upload_grace_minutes",
]  # fmt: skip
# Columns of plain data, written as they are.
CAMPAIGN_LISTS = [
    "co_hosts", "contact", "statistics", "summary_points", "site_visit_items",
    "tie_order", "please_check",
]  # fmt: skip
CATEGORY_FIELDS = [
    "code", "name", "lead", "result_words", "certificate_words", "certificate_pattern",
    "needs_unit_stamp", "needs_recommender", "allows_direct", "requires_topic",
    "requires_site_visit", "has_contest",
]  # fmt: skip
MILESTONE_FIELDS = ["phase", "title", "label", "note", "warns", "on_home"]
RUBRIC_FIELDS = ["topic_type", "name", "source", "step", "is_placeholder", "own_total"]
CRITERION_FIELDS = ["code", "name", "points", "hint"]
QUOTA_FIELDS = [
    "subject", "recommender_class", "topic_type", "soft", "hard", "reserve",
    "needs_good_standing", "region",
]  # fmt: skip
CHECK_FIELDS = ["text", "hint", "automatic"]
AWARD_FIELDS = ["code", "name", "style"]
NEEDED = ("code", "year", "name", "headline", "host", "letters", "result_words",
          "certificate_words", "certificate_issuer", "categories", "windows")  # fmt: skip
# What the portal itself can tell at the formal check (reviews.rules.findings).
AUTOMATIC = (
    "name_as_on_seal", "unit_stamp", "recommender_stamp", "papers_complete",
    "within_quota",
)  # fmt: skip
# What a figure of the statistics may be counted from (recommenders.proposals).
COUNTED_FROM = ("registered_groups", "active_groups", "group_members")
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
STYLES = ("gold", "silver", "bronze")

_CATEGORY = column(Category, "code")
_ITEM = {"code": Text(30, slug=True, blank=False), "label": Text(80, blank=False)}
CONTACT = Table(
    {
        name: Text(120)
        for name in ("department", "person", "address", "postcode", "phone", "email",
                     "hours", "website")
    }
)  # fmt: skip
STATISTIC = Table(
    {
        **_ITEM, "unit": Text(10), "hint": Text(120), "whole_number": Flag(),
        "part": Text(30), "whole": Text(30), "at_most": Rows(Text(30), most=20),
        "counted_from": Text(30, COUNTED_FROM),
    },
    ("code", "label"),
)  # fmt: skip
SITE_VISIT_ITEM = Table({**_ITEM, "hint": Text(200)}, ("code", "label"))
WINDOW = Table(
    {
        "stage": column(Window, "stage"), "category": _CATEGORY, "opens": Instant(),
        "closes": Instant(), "advised": Instant(),
    },
    ("stage", "opens", "closes"),
)  # fmt: skip
MILESTONE = Table(
    {**columns(Milestone, MILESTONE_FIELDS), "starts": Day(), "ends": Day()},
    ("title", "label"),
)
RUBRIC = Table(
    {
        **columns(Rubric, RUBRIC_FIELDS),
        "criteria": Rows(
            Table(columns(Criterion, CRITERION_FIELDS), ("code", "name", "points")), 1, 60
        ),
    },
    ("name", "criteria"),
)  # fmt: skip
CATEGORY = Table(
    {
        **columns(Category, CATEGORY_FIELDS), "form": FORM,
        "rubrics": Rows(RUBRIC, 1, 20),
    },
    ("code", "name", "form", "rubrics"),
)  # fmt: skip
QUOTA_RULE = Table(
    {
        **columns(QuotaRule, QUOTA_FIELDS), "category": _CATEGORY, "unlimited": Flag(),
        "recommender": Text(80),
    },
    ("subject",),
)  # fmt: skip
CHECK_ITEM = Table(
    {
        **columns(CheckItem, CHECK_FIELDS), "category": _CATEGORY,
        "automatic": Text(30, AUTOMATIC),
    },
    ("text",),
)  # fmt: skip
AWARD_LEVEL = Table(
    {
        **columns(AwardLevel, AWARD_FIELDS), "category": _CATEGORY,
        "style": Text(8, STYLES),
    },
    ("code", "name"),
)  # fmt: skip


def whole(parts: Mapping[str, Shape]) -> Table:
    """The shape of a file, with the parts other apps have put their names to."""
    return Table(
        {
            **columns(Campaign, CAMPAIGN_FIELDS),
            "year": Whole(1990, 2200),
            "decimals": Whole(0, 4),
            "code": column(Campaign, "code"),
            "host": Text(80, blank=False), "host_short": Text(40),
            "forwards": Text(60, slug=True),
            "co_hosts": Rows(Text(80, blank=False), most=20),
            "contact": CONTACT,
            "statistics": Rows(STATISTIC, most=80),
            "summary_points": Rows(Text(200, blank=False), most=40),
            "site_visit_items": Rows(SITE_VISIT_ITEM, most=40),
            "tie_order": Rows(Text(30, blank=False), most=20),
            "please_check": Rows(Text(200, blank=False), most=60),
            "windows": Rows(WINDOW, 1, 200),
            "milestones": Rows(MILESTONE, most=100),
            "categories": Rows(CATEGORY, 1, 40),
            "quota_rules": Rows(QUOTA_RULE, most=400),
            "check_items": Rows(CHECK_ITEM, most=100),
            "award_levels": Rows(AWARD_LEVEL, most=100),
            **parts,
        },
        NEEDED,
    )  # fmt: skip


# --- what the parts say of each other ------------------------------------------------


def disagreements(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Faults between the parts of a file whose shape is right."""
    yield from _certificates(raw, ())
    yield from _lists(raw)
    for i, category in enumerate(raw["categories"]):
        yield from _category(category, ("categories", i))
    for i, window in enumerate(raw["windows"]):
        yield from _window(window, ("windows", i))
    if not any(window["stage"] == Stage.FILING for window in raw["windows"]):
        yield Fault(("windows",), "没有班组申报（filing）的时间")
    for i, line in enumerate(raw.get("milestones", [])):
        yield from _milestone(line, ("milestones", i))
    yield from _quotas(raw)
    yield from _references(raw)


def _lists(raw: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _doubles(raw["categories"], ("categories",), "code")
    yield from _doubles(raw["windows"], ("windows",), "stage", "category")
    yield from _doubles(
        raw.get("award_levels", []), ("award_levels",), "category", "code"
    )
    yield from _doubles(raw.get("site_visit_items", []), ("site_visit_items",), "code")
    items = raw.get("statistics", [])
    yield from _doubles(items, ("statistics",), "code")
    known = {item["code"] for item in items}
    for i, item in enumerate(items):
        named = [*item.get("at_most", []), item.get("part", ""), item.get("whole", "")]
        for code in named:
            if code and code not in known:
                yield Fault(("statistics", i), f"统计表里没有项目 {code}")
        if bool(item.get("part")) != bool(item.get("whole")):
            yield Fault(("statistics", i), "比率要同时写 part 和 whole")
    codes = {
        criterion["code"]
        for category in raw["categories"]
        for rubric in category["rubrics"]
        for criterion in rubric["criteria"]
    }
    for i, code in enumerate(raw.get("tie_order", [])):
        if code not in codes:
            yield Fault(("tie_order", i), f"评审表里没有项目 {code}")


def _doubles(rows: list[dict[str, Any]], path: Path, *names: str) -> Iterator[Fault]:
    seen: dict[tuple[Any, ...], int] = {}
    for i, row in enumerate(rows):
        key = tuple(row.get(name, "") for name in names)
        if key in seen:
            said = "、".join(str(k) for k in key if k)
            yield Fault((*path, i), f"和第 {seen[key] + 1} 项重复（{said}）")
        seen.setdefault(key, i)


def _certificates(raw: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    checks = {
        "certificate_pattern": wording.pattern_faults,
        "certificate_words": wording.certificate_faults,
    }
    for name, faults in checks.items():
        if raw.get(name):
            yield from (Fault((*path, name), said) for said in faults(raw[name]))


def _category(category: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    yield from _certificates(category, path)
    recommended = category.get("needs_recommender", True)
    for name in ("allows_direct", "requires_site_visit"):
        if category.get(name) and not recommended:
            yield Fault((*path, name), "不经推荐单位的类别不能写这一项")
    try:
        form = definition.parse(category["form"])
    except definition.DefinitionError as error:
        yield _form_fault(str(error), (*path, "form"))
        return
    for gap in definition.gaps(form, needs_recommender=recommended):
        yield Fault((*path, "form"), gap.message)
    yield from _rubrics(category["rubrics"], form, path)


def _form_fault(said: str, path: Path) -> Fault:
    """``sections[1].fields[3]: 缺 label`` as path and sentence."""
    place, colon, message = said.partition(": ")
    if not colon:
        return Fault(path, said)
    found: list[str | int] = []
    for part in place.split("."):
        name, _, number = part.partition("[")
        if name in {"sections", "fields", "columns", "papers", "print", "title"}:
            found.append(name)
        if number:
            found.append(int(number.rstrip("]")) - 1)
    return Fault((*path, *found), message)


def _rubrics(
    rubrics: list[dict[str, Any]], form: definition.FormDefinition, path: Path
) -> Iterator[Fault]:
    known = {choice.code for choice in form.topic_types}
    given = {rubric.get("topic_type", "") for rubric in rubrics}
    yield from _doubles(rubrics, (*path, "rubrics"), "topic_type")
    for i, rubric in enumerate(rubrics):
        place = (*path, "rubrics", i)
        if rubric.get("topic_type", "") not in known | {"", ON_SITE}:
            yield Fault(place, f"申报表里没有课题类型 {rubric['topic_type']}")
        yield from _doubles(rubric["criteria"], (*place, "criteria"), "code")
        yield from _points(rubric, place)
    for code in sorted(known - given):
        if "" not in given:
            yield Fault((*path, "rubrics"), f"课题类型 {code} 没有评审表")


def _points(rubric: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """What the editor would not publish, the file may not carry either."""
    own = {"step": Rubric().step, **rubric}
    for fault in rubric_rules.faults(own, rubric["criteria"]):
        said = fault.message.rstrip("。")
        if fault.code == "total_off":
            total = sum(Decimal(str(row["points"])) for row in rubric["criteria"])
            said = f"合计 {total:f} 分，不是 100 分；通知就是这样定的，写上 own_total = true"
        yield Fault(path, f"“{rubric['name']}”：{said}")


def _window(window: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    opens, closes = window["opens"], window["closes"]
    if opens >= closes:
        yield Fault((*path, "closes"), "关闭时间要晚于开放时间")
    advised = window.get("advised")
    if advised and not opens <= advised <= closes:
        yield Fault((*path, "advised"), "建议办完时间要在开放和关闭之间")


def _milestone(line: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    if {"starts", "ends"} <= line.keys() and line["starts"] > line["ends"]:
        yield Fault(path, "结束日期早于开始日期")
    known = {"opening", "closing"}
    for name in ("start", "end"):
        if f"{name}s" in line:
            known |= {name, f"{name}_month", f"{name}_year"}
    for key in ("label", "note"):
        for name in PLACEHOLDER.findall(line.get(key, "")):
            if name not in known:
                yield Fault((*path, key), f"{{{name}}} 没有日期可填，或不认识")


def _quotas(raw: Mapping[str, Any]) -> Iterator[Fault]:
    rules = raw.get("quota_rules", [])
    yield from _doubles(
        rules, ("quota_rules",),
        "subject", "recommender_class", "region", "recommender", "category",
        "topic_type",
    )  # fmt: skip
    for i, rule in enumerate(rules):
        place = ("quota_rules", i)
        if "hard" not in rule and not rule.get("unlimited"):
            yield Fault(place, "缺上限（hard）；不限的写 unlimited = true")
        if rule.get("unlimited") and ("hard" in rule or "soft" in rule):
            yield Fault(place, "写了 unlimited = true，就不要再写 soft、hard")
        if "soft" in rule and rule["soft"] > rule.get("hard", rule["soft"]):
            yield Fault((*place, "soft"), "提醒线不能高于上限")
        if rule.get("recommender") and rule.get("recommender_class"):
            yield Fault(place, "一条名额给一家（recommender）或一类，不能都写")


def _references(raw: Mapping[str, Any]) -> Iterator[Fault]:
    known = {category["code"] for category in raw["categories"]}
    types = {code for category in raw["categories"] for code in topic_types(category)}
    for name in ("windows", "quota_rules", "award_levels", "check_items"):
        for i, row in enumerate(raw.get(name, [])):
            if row.get("category", "") not in known | {""}:
                yield Fault((name, i, "category"), f"没有类别 {row['category']}")
    for i, rule in enumerate(raw.get("quota_rules", [])):
        if rule.get("topic_type", "") not in types | {""}:
            yield Fault(
                ("quota_rules", i, "topic_type"), f"没有课题类型 {rule['topic_type']}"
            )


def topic_types(category: Mapping[str, Any]) -> Counter[str]:
    """Codes of the topic types in a category's raw form."""
    return Counter(
        choice.get("code", "")
        for section in category["form"].get("sections", [])
        for item in section.get("fields", [])
        if item.get("means") == "topic_type"
        for choice in item.get("choices", [])
    )
