"""What 注册登记表 and 课题登记表 say (domain.md §2.3, §2.4): facts for the template of the
forms, as plain data, so that they can be frozen with the unit's confirmation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from qcportal.accounts.models import Organisation
from submissions import year_rules
from submissions.procedures import KINDS, REGISTRATION
from submissions.yearbook import GroupYear, Topic

MAKER = "submissions.render_year_paper"  # a name: the tasks stand above the actions
GROUP_FORM = "质量管理小组注册登记表"
TOPIC_FORM = "质量管理小组课题登记表"


def _text(label: str, text: str) -> dict[str, Any]:
    return {"label": label, "kind": "text", "text": text}


def _choice(label: str, choices: list[tuple[str, str]], chosen: str) -> dict[str, Any]:
    said = [{"label": name, "chosen": code == chosen} for code, name in choices]
    return {"label": label, "kind": "choice", "choices": said}


def _long(label: str, text: str) -> dict[str, Any]:
    kept = [line for line in text.splitlines() if line.strip()]
    return {"label": label, "kind": "textarea", "paragraphs": kept}


def _table(label: str, columns: list[str], rows: list[list[str]]) -> dict[str, Any]:
    return {"label": label, "kind": "rows", "columns": columns, "rows": rows}


def _day(day: date | None) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _labels(choices: type[models.TextChoices]) -> list[tuple[str, str]]:
    return [(one.value, str(one.label)) for one in choices]


def _unit_opinion(unit: Organisation, by_name: str, at: datetime) -> dict[str, Any]:
    """The last cell: what the unit did in the portal, and the place of its seal."""
    day = _day(timezone.localtime(at).date())
    return _long("单位意见", f"同意登记。{unit.name}经办人{by_name}于{day}在平台确认。")


def _paper(title: str, heading: str, number: str, times: int) -> dict[str, Any]:
    return {
        "title": title,
        "heading": heading,
        "recommender": "",
        "asks_recommender": False,
        "code": number,
        "revision": f"第 {times} 次确认",
        "check_code": "",
        "qr": "",
    }


def registration_form(row: GroupYear, by_name: str, at: datetime) -> dict[str, Any]:
    """Facts of the 注册登记表 as the unit confirms it at ``at``; the members in the
    columns the registration form asks for."""
    members = REGISTRATION.by_code["members"]
    kept = year_rules.year_content(row)["members"]
    rows = [[c.said(str(one.get(c.code, ""))) for c in members.columns] for one in kept]
    leader = row.leader
    return {
        **_paper(GROUP_FORM, f"{row.year} 年度", row.number, row.confirmed_times),
        "rows": [
            [_text("小组名称", row.group.name), _text("注册号", row.number)],
            [_text("所属单位", row.unit.name)],
            [
                _text("班组（部门）", row.group.department),
                _text("注册日期", _day(row.registered_on)),
            ],
            [_choice("小组类型", _labels(GroupYear.Kind), row.kind)],
            [_text("组长", leader.name if leader else ""), _text("小组人数", str(len(rows)))],
            [_text("课题顾问、推进者", row.adviser)],
            [_table(members.label, [c.label for c in members.columns], rows)],
            [_unit_opinion(row.unit, by_name, at)],
        ],
        "notes": ["注：小组每年登记一次；成员或课题变动的，变更后由单位重新确认。"],
    }  # fmt: skip


def topic_form(topic: Topic, by_name: str, at: datetime) -> dict[str, Any]:
    """Facts of the 课题登记表 as the unit confirms it at ``at``."""
    year = topic.group_year
    plan = [
        [step.label, *(_day(day) for day in topic.planned(step.code) or (None, None))]
        for step in topic.procedure.steps
    ]
    measure = topic.measure
    if topic.unit_of_measure:
        measure += f"（{topic.unit_of_measure}）"
    return {
        **_paper(TOPIC_FORM, f"{year.year} 年度", topic.number, topic.confirmed_times),
        "rows": [
            [_text("课题名称", topic.title)],
            [_text("小组名称", year.group.name), _text("注册号", year.number)],
            [_text("所属单位", year.unit.name)],
            [_choice("课题类型", KINDS, topic.kind)],
            [_choice("课题来源", _labels(Topic.Source), topic.source)],
            [
                _text("课题组长", topic.leader.name if topic.leader else ""),
                _text("课题登记号", topic.number),
            ],
            [_text("小组成员", "、".join(m.name for m in year.standing_members))],
            [_text("指标", measure)],
            [_text("现状值", topic.before), _text("目标值", topic.target)],
            [_long("选题理由", topic.reason)],
            [_table("活动计划", ["步骤", "开始", "结束"], plan)],
            [_unit_opinion(year.unit, by_name, at)],
        ],
        "notes": [],
    }


def title(facts: dict[str, Any], group: Organisation) -> str:
    """The file name: number, group, which form."""
    return f"{facts['code']}_{group.name}_{facts['title']}"[:190] + ".pdf"
