"""One result walked by real actions and its copies, taken on by acts on many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from benchmarks import scenes
from qcportal.accounts.actions import grant_seat
from qcportal.accounts.models import User
from qcportal.accounts.roles import Duty
from qcportal.campaigns.actions import let_judge
from qcportal.campaigns.models import Campaign
from recommenders import actions as recommending
from reviews import bulk
from reviews.models import Assignment
from submissions.lifecycle import State
from submissions.models import Submission


@dataclass(frozen=True)
class Scene:
    campaign: Campaign
    cast: scenes.factories.Cast
    judges: list[User]
    ids: list[int]
    at: datetime


def build(results: int, judges: int) -> Scene:
    found = scenes.build(results + 1, results, 0)
    campaign, at = found.first.campaign, timezone.now()
    campaign.quota_rules.update(hard=30_000)
    copies = Submission.objects.filter(code__startswith="2020-BM").order_by("code")
    scene = Scene(
        campaign, found.cast, [], list(copies.values_list("pk", flat=True)), at
    )
    for number in range(judges):
        scene.judges.append(_judge(scene, number))
    return scene


def _judge(scene: Scene, number: int) -> User:
    host = scene.campaign.host
    judge = User.objects.create(username=f"bm-judge-{number}", name=f"样例专家{number}")
    officer = scene.cast.association
    grant_seat(judge, host, Duty.JUDGE, by=officer, at=scene.at)
    let_judge(scene.campaign, judge, by=officer, at=scene.at)
    return judge


def acts(scene: Scene) -> Iterator[tuple[str, Callable[[], str]]]:
    """In the order of a year; each begins where the one before left off."""
    officer, body = scene.cast.association, scene.cast.recommender
    rows = Submission.objects.filter(pk__in=scene.ids)

    def recommend(ids: list[int]) -> str:
        done, refused = recommending.recommend_many(ids, by=body, at=scene.at)
        return _said(done, [no.codes for _, no in refused])

    def assign() -> str:
        rows.update(state=State.CHECKED)
        made, short = bulk.assign_evenly(
            scene.campaign, scene.judges, by=officer, at=scene.at
        )
        return f"{made} assignments, {len(short)} short"

    def decide() -> str:
        Assignment.objects.update(total=80, submitted_at=scene.at)
        level = scene.campaign.award_levels.first()
        later = scene.at + timedelta(hours=1)
        choices = dict.fromkeys(scene.ids, level)
        done, refused = bulk.decide_many(choices, by=officer, at=later)
        return _said(done, [no.codes for _, no in refused])

    yield "推荐所选, `recommend_many`, one page", lambda: recommend(scene.ids[:25])
    yield "the same, 275 more", lambda: recommend(scene.ids[25:])
    yield "平均分配专家, `assign_evenly`", assign
    yield "评定奖项, `decide_many`", decide


def _said(done: list[int], refused: list[object]) -> str:
    return f"{len(done)} done, {len(refused)} refused {refused[:1]}"
