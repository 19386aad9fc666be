"""What group and unit are told of registrations and of topics that stand still."""

from __future__ import annotations

from datetime import datetime

from qcportal.campaigns.rules import moment
from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from submissions.yearbook import GroupYear, Topic

TODO = Message.Kind.TODO


def _parts(row: GroupYear | Topic) -> tuple[GroupYear, str, str, str]:
    """(year, what it is called, path at the group, path at the unit)."""
    if isinstance(row, Topic):
        path = f"/submissions/topics/{row.key}/"
        return row.group_year, f"课题登记：{row.title}", path, path
    unit_path = f"/submissions/years/{row.key}/"
    return row, f"{row.year}年度小组注册登记", "/submissions/year/", unit_path


def sent(row: GroupYear | Topic, at: datetime) -> None:
    """The unit has something to confirm."""
    year, name, _, path = _parts(row)
    tell(
        year.unit, f"请确认{name}", f"{year.group.name}报送，{moment(at)} 收到。",
        at=at, kind=TODO, icon="clipboard-check", tone="warn", link=path,
        link_label="去确认",
    )  # fmt: skip


def reopened(row: GroupYear | Topic, comment: str, at: datetime) -> None:
    year, name, _, path = _parts(row)
    tell(
        year.unit, f"小组在变更{name}", f"{year.group.name}：{comment}", at=at,
        icon="pencil", link=path, link_label="看登记",
    )  # fmt: skip


def decided(row: GroupYear | Topic, at: datetime) -> None:
    """The group learns what the unit said."""
    year, name, path, _ = _parts(row)
    if row.is_confirmed:
        words = (
            f"注册号 {year.number}。"
            if isinstance(row, GroupYear)
            else "可以开展活动了。"
        )
        tell(year.group, f"单位已确认{name}", words, at=at, icon="check", tone="ok",
             link=path, link_label="看登记")  # fmt: skip
        return
    tell(
        year.group, f"请修改{name}", f"{row.decided_by_name}退回：{row.return_reason}",
        at=at, kind=TODO, icon="arrow-back-up", tone="bad", link=path, link_label="去修改",
    )  # fmt: skip


def idle(topic: Topic, days: int, at: datetime) -> None:
    """Both desks learn that nothing was written down for a long time."""
    year, _, path, _ = _parts(topic)
    title = f"课题 {days} 天没有活动记录：{topic.title}"
    tell(year.group, title, "开展了活动请补记；不做了请标为停止，并写明原因。", at=at,
         kind=TODO, icon="clock", tone="warn", link=path, link_label="去记录")  # fmt: skip
    tell(year.unit, title, f"{year.group.name}，请关心一下。", at=at, icon="clock",
         tone="warn", link=path, link_label="看课题")  # fmt: skip
