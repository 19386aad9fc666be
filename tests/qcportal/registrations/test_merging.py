"""Two rows of one unit made one: nothing forgotten, conflicts named, the way back."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Duty, Role
from qcportal.audit.models import TrailEntry
from qcportal.management import books
from qcportal.refusals import Refused
from qcportal.registrations import merging
from qcportal.registrations.models import Merge
from recommenders import actions as recommending
from recommenders.models import Dossier
from submissions.models import Submission
from tests import factories
from tests.submissions import yearly
from tests.world import registered_topic


@pytest.fixture
def double(cast, noon):
    """The same company a second time, under the same body, with a clerk of its own."""
    unit = factories.unit_of(
        "上海申浦轨道车辆维修股份有限公司", cast.recommender.organisation,
        credit_code="91350100M000100Y43",
    )  # fmt: skip
    factories.seat("杜若", unit, Duty.MANAGER, noon)
    return unit


def pointing(organisation):
    """Every row of any model that points at the organisation: (label, pk, field)."""
    return {
        (model._meta.label, pk, field.name)
        for model in apps.get_models()
        if model is not Merge
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model is Organisation
        for pk in model._base_manager.filter(**{field.name: organisation}).values_list("pk", flat=True)
    }  # fmt: skip


def test_no_foreign_key_is_forgotten():
    """Asked of the models, not of Organisation: what a new app adds is found."""
    every = {
        (model, field.name)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is Organisation
    }
    found = {(r.model, r.field) for r in merging.relations()}
    assert found == {pair for pair in every if pair[0] is not Merge}


def test_every_relation_a_page_names_is_in_chinese():
    spoken = [r for r in merging.relations() if r.model not in merging.UNSPOKEN]
    assert [r for r in spoken if r.label.isascii()] == []


def test_no_many_to_many_points_at_organisations():
    assert [
        f
        for m in apps.get_models()
        for f in m._meta.many_to_many
        if f.related_model is Organisation
    ] == []


def test_everything_moves_and_comes_back(cast, walk, noon, double):
    found = walk.submitted()
    source, target = cast.unit.organisation, double
    before = pointing(source), pointing(target)
    hashes = list(found.revisions.values_list("content_hash", flat=True))
    made = merging.merge(source.pk, target.pk, "重复登记", by=cast.association, at=noon)
    left = {(label, field) for label, _, field in pointing(source)}
    assert left == {("accounts.Affiliation", "unit")}  # the one both had
    found.refresh_from_db()
    assert (found.unit, found.group.parent) == (target, target)
    source.refresh_from_db()
    target.refresh_from_db()
    assert (source.is_active, target.credit_code) == (False, "91350100M000100Y43")
    assert [n["name"] for n in target.former_names] == [source.name]
    assert list(found.revisions.values_list("content_hash", flat=True)) == hashes
    assert list(books.frozen_altered()) == []
    assert list(books.stamps_disagree()) == []
    merging.undo(made.pk, by=cast.association, at=noon)
    assert (pointing(source), pointing(target)) == before
    source.refresh_from_db()
    target.refresh_from_db()
    assert (source.is_active, target.former_names) == (True, [])
    whats = TrailEntry.objects.filter(what__in=["organisations_merged", "merge_undone"])
    assert sorted(whats.values_list("what", flat=True)) == [
        "merge_undone",
        "organisations_merged",
    ]


def test_the_code_fills_an_empty_one_and_goes_back(cast, noon, double):
    target = cast.unit.organisation
    made = merging.merge(double.pk, target.pk, "重复", by=cast.association, at=noon)
    double.refresh_from_db()
    target.refresh_from_db()
    assert (double.credit_code, target.credit_code) == ("", "91350100M000100Y43")
    merging.undo(made.pk, by=cast.association, at=noon)
    double.refresh_from_db()
    target.refresh_from_db()
    assert (double.credit_code, target.credit_code) == ("91350100M000100Y43", "")


def test_groups_of_one_name_are_named_beforehand(cast, client_of, noon, double):
    factories.organisation(Role.GROUP, "启明星QC小组", parent=double)
    path = (
        reverse("accounts:organisation_merge", args=[double.key])
        + f"?into={cast.unit.organisation.key}"
    )
    desk = client_of(cast.association)
    page = desk.get(path).content.decode()
    assert "两家都有小组“启明星QC小组”，请先改名或停用其中一个，再合并。" in page
    assert desk.post(path, {"reason": "重复"}).status_code == 422
    assert not Merge.objects.exists()
    double.refresh_from_db()
    assert double.is_active


def test_merging_by_the_page_and_undoing_by_the_page(cast, client_of, walk, double):
    walk.draft()
    unit, desk = cast.unit.organisation, client_of(cast.association)
    path = reverse("accounts:organisation_merge", args=[unit.key])
    assert list(desk.get(path).context["found"]) == [double]
    into = f"{path}?into={double.key}"
    assert "重复登记" not in desk.get(into).content.decode()
    assert not Merge.objects.exists()
    assert desk.post(into, {"reason": ""}).status_code == 422
    answer = desk.post(into, {"reason": "重复登记"})
    assert answer.url == reverse("accounts:organisation_page", args=[double.key])
    assert Submission.objects.get().unit == double
    assert (
        desk.post(into, {"reason": "重复登记"}).status_code == 422
    )  # the second click
    assert Merge.objects.count() == 1
    undo = reverse("accounts:merge_undo", args=[Merge.objects.get().pk])
    assert client_of(cast.other_association).post(undo).status_code == 404
    desk.post(undo)
    assert Submission.objects.get().unit == unit


def test_undo_refuses_what_grew_since(cast, walk, noon, double):
    source = cast.unit.organisation
    made = merging.merge(source.pk, double.pk, "重复", by=cast.association, at=noon)
    cast.group.organisation.refresh_from_db()
    cast.group.membership.organisation.parent.refresh_from_db()
    walk.draft()
    with pytest.raises(Refused) as refused:
        merging.undo(made.pk, by=cast.association, at=noon + timedelta(hours=1))
    assert refused.value.codes == ["grown"]
    made.refresh_from_db()
    assert made.undone_at is None


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (("unit", "unit"), "same_unit"), (("unit", "group"), "other_tier"),
        (("unit", "recommender"), "other_tier"), (("group", "other_group"), "other_unit"),
        (("association", "other_association"), "association_stays"),
        (("recommender", "association"), "association_stays"),
    ],
)  # fmt: skip
def test_what_cannot_be_merged(cast, noon, pair, code):
    first, second = (getattr(cast, name).organisation for name in pair)
    with pytest.raises(Refused) as refused:
        merging.merge(first.pk, second.pk, "重复", by=cast.association, at=noon)
    assert refused.value.codes == [code]


def test_nobody_else_merges(cast, noon, double):
    with pytest.raises(Refused) as refused:
        merging.merge(
            double.pk, cast.unit.organisation.pk, "重复", by=cast.recommender, at=noon
        )
    assert refused.value.codes == ["not_manager"]


# --- recommending bodies and groups ---------------------------------------------------


@pytest.fixture
def twin(cast, noon):
    """The same recommending body a second time."""
    body = factories.organisation(
        Role.RECOMMENDER, "浦东新区质量技术协会", recommender_class="district"
    )
    factories.seat("杜若", body, Duty.MANAGER, noon)
    return body


def merged(source, target, cast, noon):
    return merging.merge(source.pk, target.pk, "重复登记", by=cast.association, at=noon)


def test_a_body_moves_with_everything_and_comes_back(cast, walk, noon, twin):
    walk.visits = True
    found, source = walk.submitted(), cast.recommender.organisation
    before = pointing(source), pointing(twin)
    made = merged(source, twin, cast, noon)
    assert pointing(source) == set()
    found.refresh_from_db()
    dossier = found.candidate.dossier
    assert (found.recommender, dossier.recommender) == (twin, twin)
    assert {v.recommender for v in found.site_visits.all()} == {twin}
    assert list(books.findings()) == []
    moved = Actor(cast.recommender.membership.__class__.objects.get(pk=cast.recommender.membership.pk))  # fmt: skip
    assert list(Submission.objects.visible_to(moved)) == [found]
    merging.undo(made.pk, by=cast.association, at=noon)
    assert (pointing(source), pointing(twin)) == before
    assert list(books.findings()) == []


def test_two_dossiers_of_one_campaign_stay_two(cast, walk, noon, twin, client_of):
    walk.recommended()
    walk.recommended(cast.other_group)
    source, target = cast.recommender.organisation, cast.other_recommender.organisation
    path = reverse("accounts:organisation_merge", args=[source.key])
    page = client_of(cast.association).get(f"{path}?into={target.key}").content.decode()
    assert "都有推荐材料，名次、总结和盖章各是各的，不能合并" in page
    before = pointing(source), pointing(target)
    with pytest.raises(Refused) as refused:
        merged(source, target, cast, noon)
    assert refused.value.codes == ["clash"]
    assert (pointing(source), pointing(target)) == before


def test_an_empty_dossier_on_either_side_is_in_nobodys_way(cast, walk, noon, twin, campaign):  # fmt: skip
    walk.recommended()
    source = cast.recommender.organisation
    full = Dossier.objects.get(recommender=source)
    Dossier.objects.create(campaign=campaign, recommender=twin)
    made = merged(source, twin, cast, noon)
    assert Dossier.objects.get(recommender=twin) == full
    merging.undo(made.pk, by=cast.association, at=noon)
    empty = Dossier.objects.create(campaign=campaign, recommender=twin)
    merged(twin, source, cast, noon)
    assert Dossier.objects.get(recommender=source) == full
    assert Dossier.objects.get(recommender=twin) == empty


def test_what_the_body_did_since_keeps_a_merge(cast, walk, noon, twin):
    found = walk.scored()
    made = merged(cast.recommender.organisation, twin, cast, noon)
    seat = type(cast.recommender.membership).objects.get(
        pk=cast.recommender.membership.pk
    )
    recommending.recommend(found.pk, by=Actor(seat), at=noon)
    with pytest.raises(Refused) as refused:
        merging.undo(made.pk, by=cast.association, at=noon)
    assert set(refused.value.codes) == {"grown"}


def test_a_group_moves_within_its_unit_and_comes_back(cast, walk, noon, client_of):
    registered_topic(cast, noon)
    found = walk.filed()
    source, target = cast.group.organisation, cast.second_group.organisation
    before = pointing(source), pointing(target)
    desk = client_of(cast.association)
    path = reverse("accounts:organisation_merge", args=[source.key])
    assert list(desk.get(path + "?q=QC小组").context["found"]) == [target]
    desk.post(f"{path}?into={target.key}", {"reason": "改名后重复登记"})
    assert pointing(source) == set()
    found.refresh_from_db()
    assert found.group == target
    merging.undo(Merge.objects.get().pk, by=cast.association, at=noon)
    assert (pointing(source), pointing(target)) == before


def test_two_groups_registered_in_one_year_stay_two(cast, noon):
    for group in (cast.group, cast.second_group):
        yearly.confirmed_year(group, cast.unit, noon)
    with pytest.raises(Refused) as refused:
        merged(cast.group.organisation, cast.second_group.organisation, cast, noon)
    assert "年都有注册登记" in str(refused.value)
    assert not Merge.objects.exists()
