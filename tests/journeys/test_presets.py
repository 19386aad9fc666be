"""Every preset's whole journey: loaded, opened, filed, passed on, judged, published."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from qcportal.accounts.models import Affiliation, MemberClass, Organisation
from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns import presets
from qcportal.campaigns.actions import let_recommend
from qcportal.campaigns.gaps import gaps
from qcportal.campaigns.models import Campaign
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refused
from reviews.models import Certificate
from submissions import actions as filing
from submissions.lifecycle import State
from submissions.places import places_of, rules_for
from tests import factories
from tests.journeys.preset_walk import People, PresetWalk, people

FILES = sorted(presets.FOLDER.glob("*.toml"))
BODIES = {
    "shanghai-2018": "district",
    "shanghai-2020": "industry",
    "hubei-2023": "district",
    "national-2023": "association",
}


def opened(path: Path) -> tuple[Campaign, datetime]:
    """The preset as published on its first day, and an hour within its windows."""
    preset = presets.read(path)
    at = min(preset.at(w["opens"]) for w in preset.raw["windows"]) + timedelta(hours=1)
    return presets.load(preset, published_at=at), at


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_preset_goes_its_whole_way(db, path) -> None:
    campaign, at = opened(path)
    cast = people(campaign, at, body_class=BODIES.get(path.stem, ""))
    walk = PresetWalk(campaign, cast)
    filed = [walk.to_association(found) for found in campaign.categories.all()]
    if cast.body:
        walk.hand_over()
    for i, found in enumerate(filed):
        walk.decided(found, 0.95 - i * 0.05)
    walk.publish()
    for found in filed:
        assert walk.fresh(found).state == State.PUBLISHED
        _assert_certificate(walk.fresh(found))
    numbers = [c.number for c in Certificate.objects.all()]
    assert len(set(numbers)) == len(filed)


def _assert_certificate(found) -> None:
    campaign, category = found.campaign, found.category
    facts = Certificate.objects.get(entry__submission=found).facts
    words = category.certificate_words or campaign.certificate_words
    assert facts["words"] == words.format(title=found.title, year=campaign.year)
    assert facts["level"] == category.levels[0].name
    assert facts["unit_name"] == found.unit.name
    assert facts["group_name"] == found.group_name != ""
    assert facts["issuer"] == campaign.certificate_issuer
    letters = (category.certificate_pattern or campaign.certificate_pattern).partition(
        "{level}"
    )[0]
    start = letters.format(letters=campaign.letters, year=campaign.year)
    assert facts["number"].startswith(start)


# --- forwarded: Tibet under the national campaign -------------------------------------


@pytest.fixture
def forwarded(db) -> tuple[PresetWalk, PresetWalk]:
    """(Tibet's walk, the national walk): one group and unit; Tibet's association is the
    body that recommends in the national campaign."""
    national, at = opened(presets.FOLDER / "national-2023.toml")
    tibet, later = opened(presets.FOLDER / "tibet-2023.toml")
    home = people(tibet, later)
    above = people(national, at)
    let_recommend(national, tibet.host, "", by=above.officer, at=at)
    Affiliation.objects.create(unit=home.unit.organisation, recommender=tibet.host)
    body = factories.seat("卓玛", tibet.host, Duty.RECOMMENDING, at)
    upward = People(
        home.group, home.unit, above.officer, above.judges, body,
        at=tibet.window(Stage.FILING).closes_at + timedelta(days=20),
    )  # fmt: skip
    return PresetWalk(tibet, home), PresetWalk(national, upward)


def test_tibets_best_goes_up_in_the_national_campaign(forwarded) -> None:
    tibet, national = forwarded
    assert tibet.campaign.higher == national.campaign
    own = tibet.to_association(tibet.campaign.categories.get())
    tibet.decided(own, 0.9)
    tibet.publish()
    assert Certificate.objects.get().number == "XZQ2023-A-0001"
    up = national.to_association(national.campaign.categories.get())
    assert up.recommender == tibet.campaign.host
    national.hand_over()
    national.decided(up, 0.9)
    national.publish()
    names = [s.move for s in up.steps.order_by("pk")]
    assert names == [
        "file", "stamp", "recommend", "submit", "pass_check", "send_to_judges",
        "decide", "announce", "publish",
    ]  # fmt: skip
    assert [s.move for s in own.steps.order_by("pk")][:3] == [
        "file", "stamp_up", "pass_check",
    ]  # fmt: skip


def test_the_lower_body_closes_earlier_than_the_higher(forwarded) -> None:
    tibet, national = forwarded
    at = tibet.campaign.window(Stage.FILING).closes_at
    with pytest.raises(Refused) as refused:
        filing.begin(tibet.campaign.categories.get(), by=tibet.cast.group, at=at)
    assert refused.value.codes == ["window_closed"]
    category = national.campaign.categories.get()
    begun = filing.begin(category, by=national.cast.group, at=at)
    assert begun.state == State.DRAFT
    late = national.campaign.window(Stage.RECOMMENDING).closes_at
    assert late - at > timedelta(days=60)
    found = national.to_association(category)
    national.at = late
    with pytest.raises(Refused) as refused:
        national.hand_over()
    assert "window_closed" in refused.value.codes
    assert national.fresh(found).state == State.RECOMMENDED


def test_without_the_higher_campaign_a_forwarded_one_stands_alone(db) -> None:
    tibet, _ = opened(presets.FOLDER / "tibet-2023.toml")
    assert tibet.higher is None


# --- Hubei's table of places ------------------------------------------------------------


@pytest.mark.parametrize(
    ("body_class", "places"),
    [("member", 1), ("council", 2), ("large_member", 6), ("district", 10),
     ("industry", 10), ("union", None), ("women", None), ("science", None)],
)  # fmt: skip
def test_hubei_gives_places_by_class_over_all_categories(
    db, body_class, places
) -> None:
    campaign, at = opened(presets.FOLDER / "hubei-2023.toml")
    cast = people(campaign, at, body_class=body_class)
    assert cast.body
    rules = rules_for(campaign, cast.body.organisation)
    found = [places_of(campaign, cast.body.organisation, rule) for rule in rules]
    assert found == ([] if places is None else [places])


def test_a_member_of_hubei_has_one_place_in_all_and_only_in_good_standing(db) -> None:
    campaign, at = opened(presets.FOLDER / "hubei-2023.toml")
    cast = people(campaign, at, body_class="member")
    walk = PresetWalk(campaign, cast)
    result, team = campaign.categories.all()[:2]
    walk.to_association(result)
    with pytest.raises(Refused) as refused:
        walk.to_association(team)
    assert refused.value.codes == ["quota_full"]
    MemberClass.objects.update(in_good_standing=False)
    fresh = Campaign.objects.get(pk=campaign.pk)
    (rule,) = rules_for(fresh, cast.body.organisation)
    assert places_of(fresh, cast.body.organisation, rule) == 0


# --- set up, not yet opened -------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_preset_lacks_nothing_but_what_only_the_association_knows(db, path) -> None:
    preset = presets.read(path)
    at = min(preset.at(w["opens"]) for w in preset.raw["windows"])
    campaign = presets.load(preset, at=at)
    assert campaign.published_at is None
    codes = {gap.code for gap in gaps(campaign, at) if gap.kind == "refusal"}
    allowed = {"unchecked"}
    if any(
        r.get("is_placeholder") for c in preset.raw["categories"] for r in c["rubrics"]
    ):
        allowed |= {"rubric_placeholder"}
    if any(c.get("needs_recommender", True) for c in preset.raw["categories"]):
        allowed |= {"no_recommender"}
    assert codes == allowed


def test_nobody_sees_a_campaign_being_set_up(client, db) -> None:
    preset = presets.read(presets.FOLDER / "hubei-2023.toml")
    presets.load(preset, at=preset.closing())
    assert Campaign.objects.newest() is None
    page = client.get("/notices/").content.decode()
    assert "质量提升小组活动推进工作" not in page
    assert client.get("/notices/hubei-2023-notice/").status_code == 404


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_preset_opens_today_on_demand(db, path) -> None:
    call_command("load_campaign", path.stem, "--open-now", stdout=io.StringIO())
    campaign = Campaign.objects.get(code=path.stem)
    now = timezone.now()
    for window in campaign.windows.all():
        assert window.is_open(now)
    first = min(w.closes_at for w in campaign.windows.all())
    assert timedelta(days=1) < first - now < timedelta(days=3)
    again = io.StringIO()
    with pytest.raises(CommandError, match="已经有了"):
        call_command("load_campaign", path.stem, stdout=again)
    assert Organisation.objects.filter(tier=Role.ASSOCIATION).count() == 1
