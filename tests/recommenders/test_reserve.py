"""The reserve list: over the places, in order, moved up by the body and nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from qcportal.campaigns.models import Campaign, Extension
from qcportal.inbox.models import Message
from qcportal.management import books
from qcportal.refusals import Refused
from recommenders import actions, papers, rules
from recommenders.models import Candidate
from reviews import actions as reviewing
from submissions import places
from submissions.lifecycle import State
from submissions.models import Submission
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_place(campaign):
    """One place for the body and two in reserve."""
    campaign.quota_rules.all().delete()
    return campaign.quota_rules.create(subject="recommender", hard=1, reserve=2)


def refused(act) -> list[str]:
    with pytest.raises(Refused) as no:
        act()
    return no.value.codes


def states(*found) -> list[str]:
    return [Submission.objects.get(pk=one.pk).state for one in found]


@pytest.fixture
def three(walk, cast, one_place):
    """One recommended, two in reserve in this order."""
    found = [walk.scored(title=f"第{n}项") for n in (1, 2, 3)]
    actions.recommend(found[0].pk, by=cast.recommender, at=walk.at)
    for one in found[1:]:
        actions.reserve(one.pk, by=cast.recommender, at=walk.at)
    return [walk.fresh(one) for one in found]


def test_only_what_has_no_place_goes_in_reserve(walk, cast, one_place):
    first, second = walk.scored(title="甲"), walk.scored(title="乙")
    by, at = cast.recommender, walk.at
    assert refused(lambda: actions.reserve(first.pk, by=by, at=at)) == ["place_free"]
    actions.recommend(first.pk, by=by, at=at)
    assert refused(lambda: actions.recommend(second.pk, by=by, at=at)) == ["quota_full"]
    actions.reserve(second.pk, by=by, at=at)
    actions.reserve(second.pk, by=by, at=at)
    assert states(first, second) == [State.RECOMMENDED, State.RESERVED]
    assert list(Candidate.objects.values_list("rank", "recommended_at")) == [
        (1, at), (2, None),
    ]  # fmt: skip


def test_a_reserved_result_takes_no_place_and_stands_on_no_paper(three, walk, cast):
    tally = places.Tally(walk.campaign, cast.recommender.organisation)
    meter = tally.own()[0]
    assert (meter.used, meter.pending, meter.reserved, meter.over) == (1, 0, 2, 0)
    listed = papers.current_rows(walk.dossier(cast.recommender))
    assert [row["title"] for row in listed] == ["第1项"]
    assert list(books.places_overrun()) == []


def test_the_reserve_has_an_end(three, walk, cast, one_place):
    fourth = walk.scored(title="第4项")
    codes = refused(lambda: actions.reserve(fourth.pk, by=cast.recommender, at=walk.at))
    assert codes == ["reserve_full"]
    one_place.reserve = 0
    one_place.save(update_fields=["reserve"])
    codes = refused(lambda: actions.reserve(fourth.pk, by=cast.recommender, at=walk.at))
    assert codes == ["no_reserve"]


def test_moving_up_goes_by_the_order_and_only_into_a_free_place(three, walk, cast):
    first, second, third = three
    by, at = cast.recommender, walk.at
    assert refused(lambda: actions.move_up(second.pk, by=by, at=at)) == ["quota_full"]
    actions.take_back(first.pk, comment="", by=by, at=at)
    assert states(first, second, third) == ["stamped", "reserved", "reserved"]
    codes = refused(lambda: actions.move_up(third.pk, by=by, at=at))
    assert codes == ["not_first_in_reserve"]
    cautions = rules.why_not_recommend(walk.fresh(first), by, at)
    assert [c.code for c in cautions] == ["reserve_waiting"]
    actions.move_up(second.pk, by=by, at=at)
    actions.move_up(second.pk, by=by, at=at)
    assert states(second) == ["recommended"]
    assert refused(lambda: actions.move_up(third.pk, by=by, at=at)) == ["quota_full"]


def test_the_order_of_the_reserve_is_the_bodys_to_change(three, walk, cast):
    first, second, third = three
    by, at = cast.recommender, walk.at
    dossier = walk.dossier(by)
    actions.rank(dossier.pk, [third.code, first.code], by=by, at=at)
    ranks = dict(Candidate.objects.values_list("submission__code", "rank"))
    assert ranks == {third.code: 1, first.code: 2, second.code: 3}
    actions.take_back(first.pk, comment="", by=by, at=at)
    actions.move_up(third.pk, by=by, at=at)
    assert states(third) == ["recommended"]


def test_off_the_reserve_and_not_recommended(three, walk, cast):
    _, second, third = three
    by, at = cast.recommender, walk.at
    actions.unreserve(second.pk, comment="", by=by, at=at)
    actions.decline(third.pk, comment="名额已满", by=by, at=at)
    assert states(second, third) == ["stamped", "not_recommended"]


def test_a_place_set_aside_is_told_and_moves_nobody(three, walk, cast, campaign):
    first, second, third = three
    walk.hand_over(cast.recommender)
    Message.objects.all().delete()
    closed = campaign.windows.get(stage="recommending").closes_at + timedelta(hours=1)
    reviewing.set_aside(first.pk, comment="材料不实", by=cast.association, at=closed)
    told = Message.objects.get(organisation=cast.recommender.organisation)
    assert (told.title, told.kind) == ("空出一个名额", "todo")
    assert f"候补第一项是《{second.title}》" in told.body
    assert "推荐时间已过，要递补请先联系秘书处延期" in told.body
    host = Message.objects.get(organisation=campaign.host, title__contains="候补")
    assert "单独延期" in host.body
    assert states(second, third) == ["reserved", "reserved"]
    by = cast.recommender
    codes = refused(lambda: actions.move_up(second.pk, by=by, at=closed))
    assert codes == ["window_closed"]
    Extension.objects.create(
        campaign=campaign, stage="recommending", organisation=by.organisation,
        closes_at=closed + timedelta(days=1), reason="候补递补",
        by=cast.association.user, at=closed,
    )  # fmt: skip
    actions.move_up(second.pk, by=by, at=closed)
    listed = papers.current_rows(walk.dossier(by))
    assert [row["title"] for row in listed] == [second.title]
    walk.campaign, walk.at = Campaign.objects.get(pk=campaign.pk), closed
    walk.hand_over(by)
    assert states(second) == ["submitted"]


def test_setting_aside_a_direct_filing_tells_no_body(walk, cast, campaign):
    found = walk.submitted()
    campaign.quota_rules.all().delete()
    Message.objects.all().delete()
    reviewing.set_aside(found.pk, comment="材料不实", by=cast.association, at=walk.at)
    told = Message.objects.filter(organisation=cast.recommender.organisation)
    assert not told.exists()


def test_the_pages_offer_reserve_and_moving_up(walk, cast, client_of, one_place):
    first, second = walk.scored(title="甲"), walk.scored(title="乙")
    page = client_of(cast.recommender)
    actions.recommend(first.pk, by=cast.recommender, at=walk.at)
    detail = reverse("recommenders:submission", args=[second.code])
    for url in ("/recommenders/", detail):
        assert "列入候补" in page.get(url).content.decode(), url
    page.post(reverse("recommenders:reserve", args=[second.code]))
    assert states(second) == ["reserved"]
    desk = page.get("/recommenders/").content.decode()
    assert "候补 1 / 2" in desk
    assert "移出候补" in desk
    assert "可以递补" not in desk
    actions.take_back(first.pk, comment="", by=cast.recommender, at=walk.at)
    desk = page.get("/recommenders/").content.decode()
    assert "有名额空出来，候补第一项是《乙》，可以递补。" in desk
    assert "递补" in page.get(detail).content.decode()
    page.post(reverse("recommenders:move_up", args=[second.code]))
    assert states(second) == ["recommended"]
    track = client_of(cast.group).get(f"/submissions/{second.code}/").content.decode()
    assert "候补递补，已推荐" in track


def test_a_neighbour_moves_nothing(three, cast, client_of, walk):
    _, second, _ = three
    other = client_of(cast.other_recommender)
    for name in ("reserve", "move_up", "unreserve"):
        url = reverse(f"recommenders:{name}", args=[second.code])
        assert other.post(url).status_code == 404
    codes = refused(
        lambda: actions.move_up(second.pk, by=cast.other_recommender, at=walk.at)
    )
    assert codes[0] == "not_yours"
    assert states(second) == ["reserved"]


def test_the_state_is_held_and_drawn(three, walk, cast, client_of):
    _, second, _ = three
    for by, url in (
        (cast.group, f"/submissions/{second.code}/"),
        (cast.unit, reverse("submissions:stamp", args=[second.code])),
        (cast.association, reverse("reviews:entry", args=[second.code])),
    ):
        page = client_of(by).get(url)
        assert page.status_code == 200, url
        assert "候补" in page.content.decode(), url
    assert factories.Walk.fresh(second).holder == "recommender"
