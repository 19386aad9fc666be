"""The demo's ledger: a complaint just in, one that a body was asked about, one found
out by the association itself and concluded."""

from __future__ import annotations

from datetime import datetime, timedelta

from conduct import actions
from conduct.models import Case
from qcportal.campaigns.models import Campaign
from qcportal.management.demo.build import People


def fill(campaign: Campaign, people: People, now: datetime) -> None:
    officer, body = people.officers[0], people.bodies[2]
    day, hour = timedelta(days=1), timedelta(hours=1)
    actions.complain(
        actions.Said(
            "quota", "同一集团两家单位各报了四项，名额怎么分的没有公布，请核实。", campaign,
            people.bodies[1], people.bodies[1].name,
        ),
        at=now - 3 * hour,
    )  # fmt: skip
    fee, _ = actions.complain(
        actions.Said(
            "fee", "有联络员在群里说，每项成果要交辅导费800元才好推荐。", campaign, body,
            body.name, name="一位组长", phone="021-0000 0000",
        ),
        at=now - 4 * day,
    )  # fmt: skip
    actions.accept(fee.pk, by=officer, at=now - 3 * day)
    actions.ask_body(
        fee.pk, question="请说明今年有没有以辅导、评审等名义向班组或单位收费，并附辅导活动的通知。",
        due_at=now + 4 * day, version=1, by=officer, at=now - 2 * day,
    )  # fmt: skip
    own = actions.open_own(
        kind=Case.Kind.FRAUD, text="两项成果的活动记录照片相同。", campaign=campaign, body=None,
        body_name="上海备用一厂", files=[], by=officer, at=now - 9 * day,
    )  # fmt: skip
    actions.conclude(
        own.pk, finding=Case.Finding.NOT_UPHELD, version=own.version, by=officer, at=now - 6 * day,
        words="两组同在一个车间，照片由车间统一拍摄，活动记录各自真实。",
    )  # fmt: skip
