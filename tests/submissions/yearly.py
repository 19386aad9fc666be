"""A group's year walked through the real actions, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from qcportal.accounts.actors import Actor
from submissions import year_actions
from submissions.year_rules import local_day
from submissions.yearbook import ActivityRecord, GroupYear, Topic


def member(name: str, role: str = "member", **changes: str) -> dict[str, str]:
    return {
        "name": name, "gender": "f", "birth_year": "", "education": "", "post": "检修工",
        "role": role, "joined_on": "", "hours": "", **changes,
    }  # fmt: skip


def content(at: datetime, **changes: Any) -> dict[str, Any]:
    """A complete registration: three members, one of them the leader."""
    members = [member("顾晓岚", "leader"), member("陈立群"), member("吴䶮")]
    day = local_day(at).isoformat()
    return {"kind": "problem", "registered_on": day, "adviser": "", "members": members,
            **changes}  # fmt: skip


def sent_year(group: Actor, at: datetime, **changes: Any) -> GroupYear:
    row = year_actions.begin_year(by=group, at=at)
    year_actions.save_year(
        row.pk, content(at, **changes), version=row.version, by=group, at=at
    )
    return year_actions.send_year(row.pk, by=group, at=at)


def confirmed_year(group: Actor, unit: Actor, at: datetime) -> GroupYear:
    return year_actions.confirm_year(sent_year(group, at).pk, by=unit, at=at)


def facts(topic: Topic, at: datetime, **changes: Any) -> dict[str, Any]:
    """A complete topic, a week for every step from forty days ago."""
    first = local_day(at) - timedelta(days=40)
    plan = {
        s.code: [(first + timedelta(days=7 * i)).isoformat(),
                 (first + timedelta(days=7 * i + 6)).isoformat()]
        for i, s in enumerate(topic.procedure.steps)
    }  # fmt: skip
    return {
        "title": topic.title, "kind": topic.kind, "source": "chosen",
        "leader": topic.group_year.leader, "reason": "车门故障影响正点。",
        "measure": "故障率", "unit_of_measure": "次/万车公里", "before": "0.82",
        "target": "0.40", "plan": plan, **changes,
    }  # fmt: skip


def sent_topic(row: GroupYear, group: Actor, at: datetime, **changes: Any) -> Topic:
    made = year_actions.begin_topic(
        row.pk, title="降低列车客室车门故障率", kind="problem_own", by=group, at=at
    )
    year_actions.save_topic(
        made.pk, facts(made, at, **changes), version=0, by=group, at=at
    )
    return year_actions.send_topic(made.pk, by=group, at=at)


def confirmed_topic(row: GroupYear, group: Actor, unit: Actor, at: datetime) -> Topic:
    return year_actions.confirm_topic(sent_topic(row, group, at).pk, by=unit, at=at)


def said(topic: Topic, at: datetime, **changes: Any) -> dict[str, Any]:
    """A complete record of today."""
    return {
        "step": "choosing", "held_on": local_day(at), "hours": Decimal("1.5"),
        "place": "班组园地", "content": "收集一季度故障单，定下课题。",
        "attendees": topic.group_year.standing_members[:2], **changes,
    }  # fmt: skip


def recorded(
    topic: Topic, group: Actor, at: datetime, **changes: Any
) -> ActivityRecord:
    return year_actions.add_record(
        topic.pk, said(topic, at, **changes), [], by=group, at=at
    )
