"""The recommending body's writers: places, ranks, giving back, papers, handover."""

import pypdfium2
import pytest

from qcportal.refusals import Refused
from qcportal.seals.actions import keep_picture
from recommenders import actions
from recommenders.models import Candidate, Handover, Paper, TableStamp
from submissions.lifecycle import State
from submissions.models import Stamp, Step
from submissions.rules import live_stamp, sheet_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(walk, cast):
    """Two scored results of one unit, of different types."""
    first = walk.scored(title="第一项")
    second = walk.scored(cast.second_group, title="第二项", topic_type="innovation")
    return first, second


def order(dossier):
    found = dossier.candidates.order_by("rank").values_list("submission__code", "rank")
    return list(found)


def test_recommending_twice_takes_one_place(walk, cast):
    found = walk.scored()
    first = actions.recommend(found.pk, by=cast.recommender, at=walk.at)
    again = actions.recommend(found.pk, by=cast.recommender, at=walk.at)
    assert again.pk == first.pk
    assert Candidate.objects.count() == 1
    assert Step.objects.filter(submission=found, move="recommend").count() == 1


def test_taking_back_frees_the_place(walk, cast, campaign):
    campaign.quota_rules.all().delete()
    campaign.quota_rules.create(subject="recommender", hard=1)
    first = walk.recommended(title="第一项")
    second = walk.scored(cast.second_group, title="第二项", topic_type="innovation")
    with pytest.raises(Refused) as no:
        actions.recommend(second.pk, by=cast.recommender, at=walk.at)
    assert no.value.codes == ["quota_full"]
    actions.take_back(first.pk, comment="", by=cast.recommender, at=walk.at)
    actions.recommend(second.pk, by=cast.recommender, at=walk.at)
    states = [walk.fresh(one).state for one in (first, second)]
    assert states == [State.STAMPED, State.RECOMMENDED]


def test_many_are_recommended_one_by_one(two, walk, cast):
    first, second = two
    unscored = walk.stamped(cast.second_group, title="没评分")
    done, refused = actions.recommend_many(
        [first.pk, unscored.pk, second.pk], by=cast.recommender, at=walk.at
    )
    assert done == [first.pk, second.pk]
    assert [(pk, no.codes) for pk, no in refused] == [
        (unscored.pk, ["sheet_missing", "stamp_not_looked", "unit_quota_full"])
    ]


def test_ranks_swap(two, walk, cast):
    first, second = two
    for one in two:
        actions.recommend(one.pk, by=cast.recommender, at=walk.at)
    dossier = Candidate.objects.get(submission=first).dossier
    assert order(dossier) == [(first.code, 1), (second.code, 2)]
    actions.rank(dossier.pk, [second.code, first.code], by=cast.recommender, at=walk.at)
    assert order(dossier) == [(second.code, 1), (first.code, 2)]


def test_ranking_keeps_the_recommended_that_were_not_named(two, walk, cast):
    first, second = two
    actions.recommend(first.pk, by=cast.recommender, at=walk.at)
    dossier = Candidate.objects.get(submission=first).dossier
    actions.rank(dossier.pk, [second.code], by=cast.recommender, at=walk.at)
    assert order(dossier) == [(second.code, 1), (first.code, 2)]


def test_ranks_are_the_bodys_own(two, walk, cast):
    actions.recommend(two[0].pk, by=cast.recommender, at=walk.at)
    dossier = Candidate.objects.get(submission=two[0]).dossier
    with pytest.raises(Refused) as no:
        actions.rank(dossier.pk, [two[0].code], by=cast.other_recommender, at=walk.at)
    assert no.value.codes == ["not_yours"]


def test_sending_back_leaves_stamps_until_the_group_files_anew(walk, cast):
    found = walk.scored()
    actions.send_back(
        found.pk, comment="请补充效果数据", by=cast.recommender, at=walk.at
    )
    step = Step.objects.filter(submission=found).first()
    assert (step.move, step.to_state, step.comment) == (
        "recommender_return",
        State.RETURNED,
        "请补充效果数据",
    )
    assert Stamp.objects.filter(voided_at__isnull=True).count() == 2


@pytest.mark.parametrize("act", [actions.send_back, actions.decline])
def test_saying_no_needs_a_reason(walk, cast, act):
    found = walk.scored()
    with pytest.raises(Refused) as no:
        act(found.pk, comment="  ", by=cast.recommender, at=walk.at)
    assert no.value.codes == ["comment_missing"]
    assert walk.fresh(found).state == State.STAMPED


def test_declining_is_final(walk, cast):
    found = walk.scored()
    actions.decline(found.pk, comment="名额有限", by=cast.recommender, at=walk.at)
    assert walk.fresh(found).state == State.NOT_RECOMMENDED
    with pytest.raises(Refused) as no:
        actions.recommend(found.pk, by=cast.recommender, at=walk.at)
    assert no.value.codes == ["wrong_state"]


def test_second_click_answers_with_the_stamp_that_stands(walk, cast):
    found, by = walk.scored(), cast.recommender
    first = live_stamp(sheet_of(found, "recommender"))

    def pressed(scan):
        return actions.stamp(
            found.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=walk.at
        )

    assert pressed(first.scan) == first
    newer = pressed(factories.kept_scan(first.sheet, by, walk.at))
    assert live_stamp(sheet_of(found, "recommender")) == newer != first


def test_changing_the_sheet_voids_the_bodys_stamp(walk, cast):
    found = walk.scored()
    actions.save_sheet(
        found.pk, marks={}, opinion="另议", version=1, by=cast.recommender, at=walk.at
    )
    assert live_stamp(sheet_of(found, "recommender")) is None
    assert live_stamp(sheet_of(found, "unit")) is not None


def test_stale_sheet_is_not_overwritten(walk, cast):
    found = walk.scored()
    with pytest.raises(Refused) as no:
        actions.save_sheet(
            found.pk, marks={}, opinion="旧窗口", version=0, by=cast.recommender,
            at=walk.at,
        )  # fmt: skip
    assert no.value.codes == ["stale_version"]
    assert sheet_of(found, "recommender").opinion == "同意推荐。"


# --- the dossier ------------------------------------------------------------------------


def test_second_clerk_does_not_overwrite_the_statistics(walk, cast, campaign):
    dossier = actions.dossier_of(campaign, cast.recommender.organisation)
    by, at = cast.recommender, walk.at
    actions.save_statistics(
        dossier.pk, {"companies": "214"}, done=False, version=0, by=by, at=at
    )
    with pytest.raises(Refused) as no:
        actions.save_statistics(
            dossier.pk, {"companies": "1"}, done=False, version=0, by=by, at=at
        )
    assert no.value.codes == ["stale_version"]
    dossier.refresh_from_db()
    assert (dossier.statistics["companies"], dossier.statistics_version) == ("214", 1)


def test_disagreeing_statistics_may_be_kept_but_not_done(walk, cast, campaign):
    dossier = actions.dossier_of(campaign, cast.recommender.organisation)
    by, at = cast.recommender, walk.at
    figures = {i["code"]: "1" for i in campaign.statistics if not i.get("part")}
    figures["active"] = "2"
    actions.save_statistics(dossier.pk, figures, done=False, version=0, by=by, at=at)
    with pytest.raises(Refused) as no:
        actions.save_statistics(dossier.pk, figures, done=True, version=1, by=by, at=at)
    assert no.value.codes == ["figures_disagree"]
    dossier.refresh_from_db()
    assert (dossier.statistics["active"], dossier.statistics_done_at) == ("2", None)


def test_same_list_gives_the_same_paper_a_new_list_a_new_one(two, walk, cast):
    first, second = two
    by, at = cast.recommender, walk.at
    actions.recommend(first.pk, by=by, at=at)
    dossier = Candidate.objects.get(submission=first).dossier
    paper = actions.make_paper(dossier.pk, Paper.Kind.SUMMARY, by=by, at=at)
    again = actions.make_paper(dossier.pk, Paper.Kind.SUMMARY, by=by, at=at)
    assert again.pk == paper.pk
    actions.recommend(second.pk, by=by, at=at)
    newer = actions.make_paper(dossier.pk, Paper.Kind.SUMMARY, by=by, at=at)
    assert [len(one.facts) for one in (paper, newer)] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_every_paper_is_made(walk, cast, campaign):
    walk.recommended()
    dossier = actions.dossier_of(campaign, cast.recommender.organisation)
    made = {
        kind: actions.make_paper(dossier.pk, kind, by=cast.recommender, at=walk.at)
        for kind in Paper.Kind
    }
    for paper in made.values():
        paper.document.refresh_from_db()
    assert {k.value: p.document.status for k, p in made.items()} == dict.fromkeys(
        Paper.Kind.values, "READY"
    )
    assert {k.value: p.document.extension for k, p in made.items()} == {
        "table": "pdf",
        "summary": "xlsx",
        "summary_pdf": "pdf",
        "review": "xlsx",
    }


def test_a_newer_stamp_takes_the_place_of_the_older(walk, cast, campaign):
    walk.recommended()
    by, at = cast.recommender, walk.at
    dossier = actions.dossier_of(campaign, by.organisation)
    paper = actions.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=at)
    for _ in range(2):
        scan = factories.kept_table_scan(paper, by, at)
        actions.stamp_table(
            dossier.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=at
        )
    live = TableStamp.objects.filter(voided_at__isnull=True)
    assert (TableStamp.objects.count(), live.count()) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_seal_picture_stands_on_the_table_with_its_label(walk, cast, campaign):
    campaign.allows_seal_picture = True
    campaign.save(update_fields=["allows_seal_picture"])
    walk.recommended()
    by, at = cast.recommender, walk.at
    picture = factories.stored(factories.png_file(), "seal_picture", by)
    keep_picture(picture, undertaken=True, by=by, at=at)
    dossier = actions.dossier_of(campaign, by.organisation)
    actions.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=at)
    stamp = actions.stamp_table(
        dossier.pk, evidence="seal_picture", scan=None, confirmed=True, by=by, at=at
    )
    stamp.sealed.refresh_from_db()
    with stamp.sealed.file.open("rb") as file:
        content = file.read()
    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    assert "印模图像（非可靠电子签名），由李婉清于" in text
    assert stamp.paper.check_code in text
    plain = stamp.paper.document
    plain.refresh_from_db()
    assert pictures_of(content) == pictures_of(plain.file.read()) + 1


def pictures_of(content):
    """How many pictures the first page shows (the QR code is one)."""
    page = pypdfium2.PdfDocument(content)[0]
    return sum(1 for _ in page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))


def test_handover_takes_all_recommended_once(two, walk, cast):
    for one in two:
        actions.recommend(one.pk, by=cast.recommender, at=walk.at)
    walk.hand_over(cast.recommender)
    assert [walk.fresh(one).state for one in two] == [State.SUBMITTED] * 2
    [handover] = Handover.objects.all()
    assert handover.codes == [one.code for one in two]
    with pytest.raises(Refused) as no:
        actions.submit(handover.dossier_id, by=cast.recommender, at=walk.at)
    assert no.value.codes == ["nothing_to_submit"]
