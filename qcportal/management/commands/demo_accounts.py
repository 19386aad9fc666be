"""Print the demo log-ins, for people and, with --json, for machines."""

import json
import re
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from qcportal.accounts.models import Membership
from qcportal.accounts.roles import CHANNELS, Role
from qcportal.management.demo.build import PASSWORD

DEMO_NAME = re.compile(r"(group|unit|keeper|manager|recommender|office|judge)\d+")
SHOWN_FIRST = [
    "group01",
    "unit01",
    "keeper01",
    "manager01",
    "recommender01",
    "office1",
    "judge1",
]


def accounts() -> list[dict[str, str]]:
    """One entry per seat of the demo's people, in the order of the chain."""
    seats = Membership.objects.in_force().select_related("user", "organisation")
    order = list(Role)
    found = [
        {
            "role": str(seat.role), "channel": CHANNELS[seat.role],
            "organisation": seat.organisation.name, "username": seat.user.username,
            "password": PASSWORD, "name": seat.user.name, "duty": seat.get_duty_display(),
        }
        for seat in seats
        if DEMO_NAME.fullmatch(seat.user.username)
    ]  # fmt: skip
    return sorted(found, key=lambda a: (order.index(Role(a["role"])), a["username"]))


class Command(BaseCommand):
    help = "Print the log-ins of the demo data."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="all of them, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("只有演示环境（DEMO=1）才有演示账号。")
        if options["json"]:
            self.stdout.write(json.dumps(accounts(), ensure_ascii=False, indent=1))
            return
        known = {a["username"]: a for a in accounts()}
        self.stdout.write(f"演示账号（密码都是 {PASSWORD}）：")
        for name in SHOWN_FIRST:
            if name in known:
                a = known[name]
                self.stdout.write(
                    f"  {a['channel']}　{a['username']}　{a['organisation']} {a['name']}（{a['duty']}）"
                )
        self.stdout.write("全部账号：manage.py demo_accounts --json")
