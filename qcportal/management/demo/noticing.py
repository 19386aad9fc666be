"""Notices of the demo: a correction, one whose hour is to come, a joint one in draft."""

from __future__ import annotations

from datetime import datetime, timedelta

from qcportal.accounts.actors import Actor
from qcportal.campaigns.models import Campaign
from qcportal.notices import actions, rules, shows
from qcportal.notices.models import Notice

CORRECTED = "三、成果报告超过 50 MB 怎么办？"
MEETING = """2020年上海市质量管理小组成果发表会定于八月召开，现将有关事项通知如下。

一、时间和地点

（一）时间。八月中旬，具体日期另行通知。

（二）地点

1. 主会场设在上海市质量协会。

2. 分会场由各推荐单位安排。

二、要求

请各推荐单位组织被推荐的小组做好发表准备。参加发表会不收取任何费用。"""
JOINT = ["上海市质量协会", "上海市总工会", "共青团上海市委员会", "上海市妇女联合会"]


def fill(campaign: Campaign, by: Actor, now: datetime) -> None:
    _correction(campaign, by, now - timedelta(hours=20))
    _to_come(campaign, by, now)
    _draft(campaign, by, now)


def _correction(campaign: Campaign, by: Actor, at: datetime) -> None:
    wrong = campaign.notices.get(slug=f"{campaign.code}-stamp-help")
    made = actions.correct(wrong.pk, by=by, at=at)
    body = made.body.partition(CORRECTED)[0].strip()
    said = {name: getattr(made, name) for name in rules.FIELDS}
    said |= {
        "body": f"{body}\n\n{CORRECTED}\n\n先压缩图片再保存；还是太大的，另存为 PDF 上传。",
        "signed_on": at.date(),
    }  # fmt: skip
    made = _kept(made, said, by, at)
    actions.publish(made.pk, hour=at, version=made.version, by=by, at=at)


def _to_come(campaign: Campaign, by: Actor, now: datetime) -> None:
    said = shows.begun_with(campaign) | {
        "title": "关于形式审查安排的通知", "signed_on": (now + timedelta(days=3)).date(),
        "body": "在线申报关闭以后，秘书处逐项做形式审查。需要补正的，会在平台上通知班组，请留意消息。",
    }  # fmt: skip
    made = actions.begin(campaign.pk, said, by=by, at=now)
    hour = (now + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    actions.publish(made.pk, hour=hour, version=made.version, by=by, at=now)


def _draft(campaign: Campaign, by: Actor, now: datetime) -> None:
    said = shows.begun_with(campaign) | {
        "title": "关于召开2020年上海市质量管理小组成果发表会的通知",
        "addressees": "各推荐单位、各有关单位", "body": MEETING, "signatures": JOINT,
    }  # fmt: skip
    made = actions.begin(campaign.pk, said, by=by, at=now)
    text = {
        "number": "1", "title": "发表须知", "audience": "filers", "kind": "text",
        "category": None, "link": None,
        "paragraphs": ["一、每个小组发表 15 分钟。", "二、请提前半小时到场。"],
    }  # fmt: skip
    actions.add_attachment(made.pk, text, version=made.version, by=by, at=now)


def _kept(made: Notice, said: dict[str, object], by: Actor, at: datetime) -> Notice:
    return actions.save_notice(made.pk, said, version=made.version, by=by, at=at)
