"""Fill an empty portal with the demo: this year open today, two earlier lists.

Refuses on a portal that holds anything, and outside DEMO or DEBUG.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from qcportal.accounts.models import Organisation, User
from qcportal.accounts.roles import Duty
from qcportal.campaigns import presets
from qcportal.campaigns.actions import grant_places
from qcportal.campaigns.models import Campaign
from qcportal.management.commands import load_campaign
from qcportal.management.demo import (
    build,
    cast,
    complaints,
    importing,
    noticing,
    registering,
    topics,
    yearly,
)
from qcportal.people import actions as inviting
from qcportal.privacy import actions as privacy
from qcportal.privacy.models import Consent
from qcportal.seals.actions import keep_picture
from reviews import actions as reviewing
from submissions.models import Submission

SHANGHAI = presets.FOLDER / "shanghai-2020.toml"


class Command(BaseCommand):
    help = "Load the demo campaign with invented people and results."

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("演示数据只能装在演示环境（DEMO=1）。")
        if Organisation.objects.exists():
            raise CommandError("库里已经有数据，演示数据只装进空库。")
        with transaction.atomic():
            fill(timezone.now())
        self.stdout.write("演示数据装好了。")


def fill(now: datetime) -> None:
    """Everything of the demo, as if it had happened over the past days."""
    past = _earlier(
        2019, "shanghai-2019", "2019年上海市质量管理小组活动", now, days=-330
    )
    people = build.People(past.host, past.window("filing").opens_at)
    papers = build.Papers()
    people.run(past)
    _publish(past, people, papers, topics.LAST_YEAR)
    second = _earlier(
        2019,
        "shanghai-2019-2",
        "2019年上海市质量管理小组活动（第二批）",
        now,
        days=-45,
        letters="SQD",
    )
    people.run(second)
    _announce(second, people, papers, now)
    current = load_campaign.load(SHANGHAI, open_now=True)
    people.run(current)
    _adjust_places(current, people)
    story = build.Story(current, people, papers, current.window("filing").opens_at)
    yearly.Year(people, now).fill()
    build.this_year(story, now)
    registering.fill(people, now)
    importing.fill(people, now)
    complaints.fill(current, people, now)
    noticing.fill(current, people.officers[0], now)
    stamped = Submission.objects.with_people().filter(campaign=current, state="stamped")
    for found in stamped.filter(recommender=people.bodies[0])[:2]:
        yearly.visit(found, people.actor(people.bodies[0]), now - timedelta(hours=5))
    _deposit_seals(people, now - timedelta(days=5))
    _invite(people, now)
    _consents(now)


def _adjust_places(campaign: Campaign, people: build.People) -> None:
    """Two bodies have other numbers than their class."""
    by, at = people.officers[0], campaign.window("filing").opens_at
    for number, extra, reason in (
        (3, 6, "承办今年的成果发表赛"), (1, -2, "去年推荐的成果两项未报材料"),
    ):  # fmt: skip
        grant_places(
            campaign, people.bodies[number], category=None, topic_type="", extra=extra,
            reason=reason, by=by, at=at,
        )  # fmt: skip


def _consents(now: datetime) -> None:
    """Everybody of the demo agreed long ago, so that its log-ins open at once."""
    text = privacy.load_first(at=now - timedelta(days=60))
    Consent.objects.bulk_create(
        Consent(text=text, user=user, at=now - timedelta(days=30))
        for user in User.objects.all()
    )


def _earlier(
    year: int, code: str, name: str, now: datetime, *, days: int, letters: str = "SQC"
) -> Campaign:
    """A campaign like Shanghai 2020 whose online window lies ``days`` from today's."""
    preset = presets.read(SHANGHAI, open_at=now)
    raw = {
        **preset.raw, "year": year, "code": code, "name": name, "headline": f"{name}成果申报与推荐",
        "letters": letters, "notices": [], "document_number": "", "notice_days": 5,
        "result_words": name.removeprefix(f"{year}年").replace("活动", "活动优秀成果", 1),
    }  # fmt: skip
    moved = replace(preset, raw=raw, shift=preset.shift + timedelta(days=days))
    return presets.load(moved, published_at=now + timedelta(days=days - 20))


def _publish(
    campaign: Campaign, people: build.People, papers: build.Papers, results: list[Any]
) -> None:
    story = build.Story(campaign, people, papers, campaign.window("filing").opens_at)
    released = campaign.window("filing").closes_at + timedelta(days=40)
    build.past_year(story, results, released)
    officer = people.officers[0]
    ends = released + timedelta(days=7)
    reviewing.announce(campaign.pk, closes_at=ends, by=officer, at=released)
    reviewing.publish(campaign.pk, by=officer, at=ends + timedelta(days=1))


def _announce(
    campaign: Campaign, people: build.People, papers: build.Papers, now: datetime
) -> None:
    """In public notice right now."""
    story = build.Story(campaign, people, papers, campaign.window("filing").opens_at)
    released = now - timedelta(days=2)
    build.past_year(story, topics.SECOND_BATCH, released)
    ends = timezone.localtime(now + timedelta(days=5)).replace(
        hour=17, minute=0, second=0, microsecond=0
    )
    reviewing.announce(campaign.pk, closes_at=ends, by=people.officers[0], at=released)


def _invite(people: build.People, now: datetime) -> None:
    """Two units with a manager and an open invitation each, one of them run out."""
    ages = (timedelta(days=1), timedelta(days=16))
    for number, age in enumerate(ages, 1):
        unit = people.units[number - 1]
        name = cast.MANAGERS[number - 1]
        manager = people.seat(f"manager{number:02d}", name, unit, Duty.MANAGER)
        inviting.invite(
            unit.pk, name=cast.INVITED[number - 1], duty=Duty.APPROVER, by=manager,
            at=now - age,
        )  # fmt: skip


def _deposit_seals(people: build.People, at: datetime) -> None:
    """The keepers' own pictures: hexagons reading 样章."""
    keepers = [
        people.seat(f"keeper{i:02d}", "", people.units[i - 1], build.Duty.SEAL_KEEPER)
        for i in (1, 2)
    ]
    keepers.append(people.actor(people.bodies[0]))
    for keeper in keepers:
        document = build.Papers.store(
            build.sample_seal(), "印章图样（样章）.png", "seal_picture", keeper
        )
        keep_picture(document, undertaken=True, by=keeper, at=at)
