"""What a forwarded campaign begins with, as the contents of a file: the higher
association's categories, forms, rubrics, awards and checks; the lower one's own days,
name, contact and notice. Places are not forwarded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from qcportal.accounts.models import Organisation
from qcportal.campaigns.forwarding import online, recommending_closes
from qcportal.campaigns.models import Campaign, Window
from qcportal.campaigns.presets.exporting import contents_of
from qcportal.campaigns.presets.reading import day_words
from qcportal.campaigns.stages import Stage

# The lower association's own, or bound to the higher one's year.
NOT_FORWARDED = (
    "code", "name", "headline", "lead", "host", "host_short", "co_hosts",
    "document_number", "contact", "letters", "certificate_issuer", "quota_rules",
    "please_check", "windows", "milestones", "notices", "forwards",
)  # fmt: skip
LINKED = ("notice", "upload")  # files of the linked notice itself
LONGEST_NAME = 80


def usual_name(higher: Campaign, host: Organisation) -> str:
    """``2023年度全国质量管理小组活动（西藏质协转发）``."""
    tail = f"（{host.label[:30]}转发）"
    return higher.name[: LONGEST_NAME - len(tail)] + tail


def contents(
    higher: Campaign, host: Organisation, code: str, *,
    name: str, days: int, contact: Mapping[str, Any], at: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The contents under the code ``code``. ``days``: how long before the higher
    association's closing the own windows close (``forwarding.why_not_days``)."""
    raw = contents_of(higher)
    kept = {key: value for key, value in raw.items() if key not in NOT_FORWARDED}
    windows = list(_windows(higher, host, days, at))
    main = _main_notice(raw, at)
    out = {
        **kept,
        "code": code, "forwards": higher.code, "name": name,
        "headline": f"转发：{raw['headline']}"[:LONGEST_NAME],
        "lead": f"按{higher.host.label}的通知申报，由{host.label}择优推荐。"[:200],
        "host": host.name, "letters": host.letters or raw["letters"],
        "certificate_issuer": host.name, "contact": dict(contact),
        "windows": windows, "milestones": _milestones(higher, host, windows),
        "please_check": _to_check(higher, days),
        "notices": [_notice(higher, host, code, main)],
    }  # fmt: skip
    return {key: value for key, value in out.items() if value not in ("", [], {})}


# --- times --------------------------------------------------------------------------


def _windows(
    higher: Campaign, host: Organisation, days: int, at: datetime
) -> Iterator[dict[str, Any]]:
    """The online stages in the higher order, each ``days`` earlier. Where that would be
    past already for one of them, all close together, ``days`` before the higher one."""
    due, found = recommending_closes(higher, host), online(higher)
    if due is None:
        return
    early = timedelta(days=days)
    first = min(window.opens_at for window in found)
    closing = {w.pk: min(w.closes_at, due) - early for w in found}
    if any(closing[w.pk] <= max(w.opens_at, at) for w in found):
        closing = dict.fromkeys(closing, due - early)
    for window in found:
        closes = closing[window.pk]
        opens = window.opens_at if window.opens_at < closes else first
        yield _window(window, opens, closes, days)


def _window(
    window: Window, opens: datetime, closes: datetime, days: int
) -> dict[str, Any]:
    raw: dict[str, Any] = {"stage": window.stage}
    if window.category:
        raw["category"] = window.category.code
    raw |= {"opens": timezone.make_naive(opens), "closes": timezone.make_naive(closes)}
    if window.advised_at:
        advised = window.advised_at - timedelta(days=days)
        if opens < advised <= closes:
            raw["advised"] = timezone.make_naive(advised)
    return raw


def _milestones(
    higher: Campaign, host: Organisation, windows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One line a stage, and the day the results go up."""
    lines = []
    for window in windows:
        if "category" in window and len(windows) > 3:
            continue
        starts, ends = window["opens"].date(), window["closes"].date()
        lines.append(
            {"title": Stage(window["stage"]).label, "label": f"{day_words(ends)}前",
             "starts": starts, "ends": ends}
        )  # fmt: skip
    due = recommending_closes(higher, host)
    if due is not None and windows:
        day = timezone.localtime(due).date()
        lines.append(
            {"title": f"向{higher.host.label}推荐"[:60], "label": f"{day_words(day)}前",
             "starts": max(w["closes"] for w in windows).date(), "ends": day}
        )  # fmt: skip
    return lines


# --- the own notice -----------------------------------------------------------------


def _main_notice(raw: Mapping[str, Any], at: datetime) -> dict[str, Any] | None:
    """The higher association's main notice, if everybody may read it."""
    local = timezone.make_naive(at)
    for notice in raw.get("notices", []):
        if (
            notice.get("main")
            and "published" in notice
            and notice["published"] <= local
        ):
            found: dict[str, Any] = notice
            return found
    return None


def _notice(
    higher: Campaign, host: Organisation, code: str, main: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A draft: the higher notice becomes 附件1, linked; its own attachments follow."""
    title = main["title"] if main else f"关于开展{higher.name}的通知"
    number = f"（{higher.document_number}）" if higher.document_number else ""
    attachments = list(_attachments(main)) if main else []
    body = "\n\n".join(
        [
            f"现将《{title}》{number}转发给你们，请按要求组织申报。有关事项通知如下。",
            "一、时间",
            "班组和单位请按本活动页面上的时间在平台上办理，最迟 {closing} 前办完；过时平台关闭，不再受理。",
            "二、推荐",
            f"{host.name}对上报的成果审核、评审，择优向{higher.host.name}推荐。推荐不收取任何费用。",
            "三、联系方式",
            "见本活动页面。",
        ]
    )
    raw: dict[str, Any] = {
        "slug": f"{code[:48]}-notice", "main": True, "pinned": True,
        "title": f"转发《{title}》的通知"[:120], "addressees": "各有关单位",
        "signatures": [host.name[:60]], "body": body,
    }  # fmt: skip
    return raw | ({"attachments": attachments} if attachments else {})


def _attachments(main: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {
        "number": "1", "title": main["title"][:100], "audience": "filers",
        "kind": "notice", "notice": main["slug"],
    }  # fmt: skip
    heads: dict[str, int] = {}
    for item in main.get("attachments", []):
        if item["kind"] in LINKED:
            continue
        head, dash, tail = item["number"].partition("-")
        heads.setdefault(head, len(heads) + 2)
        yield {**item, "number": f"{heads[head]}{dash}{tail}"}


def _to_check(higher: Campaign, days: int) -> list[str]:
    return [
        f"时间：按上级推荐截止前 {days} 天提出，各环节请按本单位的安排核对",
        "类别和渠道：照抄上级，本单位另有推荐单位或直接收件的请改",
        "称号、证书正文和奖项：照抄上级，请改成本单位的说法；不发证书的写明",
        "申报表：照抄上级的最新版，表上写给上级的话请改",
        f"转发通知：正文是草稿，附件1 是上级通知，其余附件号顺延（上级：{higher.document_number or '没有文号'}）"[:200],
    ]  # fmt: skip
