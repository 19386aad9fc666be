"""The secretariat's form pages: versions, the editor, two clerks, publishing."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.accounts.roles import Duty
from qcportal.audit.models import TrailEntry
from qcportal.campaigns import form_actions
from qcportal.campaigns.actions import let_run
from qcportal.campaigns.models import Category, FormVersion
from qcportal.refusals import Refused
from tests import factories, forms
from tests.crawl import words_of


@pytest.fixture
def category(campaign) -> Category:
    return campaign.categories.get(code="result")


@pytest.fixture
def draft(category, cast, noon) -> FormVersion:
    return form_actions.begin_form_version(category.pk, by=cast.association, at=noon)


def url(name: str, category: Category, at: str = "", **more: Any) -> str:
    kwargs = {"code": category.campaign.code, "category": category.code, **more}
    return reverse(f"forms:{name}", kwargs=kwargs) + (f"?at={at}" if at else "")


def fresh(version: FormVersion) -> FormVersion:
    return FormVersion.objects.select_related("category__campaign").get(pk=version.pk)


def settings_of(client: Client, category: Category, place: str) -> dict[str, Any]:
    """What the page would post for a part if nothing were changed."""
    page = client.get(url("edit", category, place))
    form, columns = page.context["form"], page.context["columns"]
    data: dict[str, Any] = {"version": page.context["version"].edition, "act": "keep"}
    bound = [*form, *(field for one in (columns or []) for field in one)]
    for field in bound:
        value = field.value()
        if value not in (None, "", False):
            data[field.html_name] = value
    if columns is not None:
        data |= {"columns-TOTAL_FORMS": len(columns.forms), "columns-INITIAL_FORMS": columns.initial_form_count()}  # fmt: skip
    return data


# --- versions -------------------------------------------------------------------------


def test_a_new_version_is_a_copy_and_only_one_is_written(category, cast, noon) -> None:
    first = category.newest_form
    begun = form_actions.begin_form_version(category.pk, by=cast.association, at=noon)
    assert (begun.version, begun.definition) == (2, first.definition)
    with pytest.raises(Refused) as no:
        form_actions.begin_form_version(category.pk, by=cast.association, at=noon)
    assert no.value.codes == ["already_writing"]


def test_a_category_without_a_form_begins_with_the_barest(campaign, cast, noon) -> None:
    bare = Category.objects.create(campaign=campaign, code="team", name="信得过班组")
    begun = form_actions.begin_form_version(bare.pk, by=cast.association, at=noon)
    assert [f.means for f in begun.form.by_code.values()] == ["unit_name", "group_name", "title", "recommender"]  # fmt: skip


def test_a_published_version_refuses_every_writer(category, cast, noon) -> None:
    first, by = category.newest_form, cast.association
    before = FormVersion.objects.values().get(pk=first.pk)
    for act in (
        lambda: form_actions.save_form_version(first.pk, forms.raw(), edition=0, by=by, at=noon),
        lambda: form_actions.publish_form_version(first.pk, edition=0, reason="再发", by=by, at=noon),
        lambda: form_actions.drop_form_version(first.pk, edition=0, by=by, at=noon),
    ):  # fmt: skip
        with pytest.raises(Refused) as no:
            act()
        assert no.value.codes[0] == "frozen"
    assert FormVersion.objects.values().get(pk=first.pk) == before


def test_a_form_without_its_certificate_fields_is_not_kept(draft, cast, noon) -> None:
    raw = forms.raw()
    raw.pop("print")
    raw["sections"][0]["fields"] = [f for f in raw["sections"][0]["fields"] if f.get("means") not in {"unit_name", "recommender"}]  # fmt: skip
    with pytest.raises(Refused) as no:
        form_actions.save_form_version(
            draft.pk, raw, edition=0, by=cast.association, at=noon
        )
    assert no.value.codes == ["certificate_field", "recommender_field"]
    raw["sections"][0]["fields"][2]["when"] = {"field": "nobody", "is": ["x"]}
    with pytest.raises(Refused) as no:
        form_actions.save_form_version(
            draft.pk, raw, edition=0, by=cast.association, at=noon
        )
    assert str(no.value.refusals[0].message) == (
        "申报表有一处不对。“类型”的填写条件: 条件只能看前面的选择题"
    )
    assert fresh(draft).edition == 0


def test_publishing_says_whom_it_touches_and_asks_why(
    category, draft, cast, walk, client_of
) -> None:
    walk.draft()
    walk.filed(cast.second_group, topic_type="innovation")
    client = client_of(cast.association)
    said = words_of(client.get(url("publish", category)))
    assert "正在填报的 1 份留在原来的版上" in said
    assert "已提交的 1 份不变" in said
    answer = client.post(url("publish", category), {"version": 0})
    assert answer.status_code == 422
    assert "活动已经发布，请写明为什么改表" in words_of(answer)
    assert fresh(draft).published_at is None
    answer = client.post(
        url("publish", category), {"version": 0, "reason": "通知改了要求"}
    )
    assert answer.status_code == 302
    assert Category.objects.get(pk=category.pk).newest_form.version == 2
    line = TrailEntry.objects.get(what="form_published")
    assert line.data == {"category": category.name, "version": 2, "reason": "通知改了要求"}  # fmt: skip


def test_a_draft_thrown_away_leaves_the_published_ones(
    category, draft, cast, client_of
) -> None:
    answer = client_of(cast.association).post(url("drop", category), {"version": 0})
    assert answer.status_code == 302
    assert [f.version for f in category.forms.all()] == [1]


def test_the_neighbour_neither_sees_nor_edits(category, draft, cast, client_of) -> None:
    client = client_of(cast.other_association)
    answers = [
        client.get(url("list", category).replace("/result/", "/"))
        if name == "list"
        else client.get(url(name, category, **more))
        for name, more in (
            ("edit", {}), ("publish", {}), ("version", {"number": 1}), ("word", {"number": 1}),
        )
    ]  # fmt: skip
    answers += [
        client.post(url(name, category), {"version": 0, "act": "add_paper", "reason": "x"})
        for name in ("begin", "edit", "publish", "drop")
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}
    for act in (
        lambda by, at: form_actions.begin_form_version(category.pk, by=by, at=at),
        lambda by, at: form_actions.drop_form_version(draft.pk, edition=0, by=by, at=at),
    ):  # fmt: skip
        with pytest.raises(Refused) as no:
            act(cast.other_association, draft.saved_at)
        assert "not_yours" in no.value.codes
    assert fresh(draft).edition == 0


def test_the_list_asks_the_same_questions_for_one_and_three(
    category, cast, noon, client_of, django_assert_num_queries
) -> None:
    client = client_of(cast.association)
    path = reverse("forms:list", args=[category.campaign.code])
    client.get(path)
    with CaptureQueriesContext(connection) as one:
        page = client.get(f"{path}?page=junk")
    assert len(page.context["lines"]) == 1
    for _ in range(2):
        form = form_actions.begin_form_version(category.pk, by=cast.association, at=noon)  # fmt: skip
        form_actions.publish_form_version(form.pk, edition=0, reason="试", by=cast.association, at=noon)  # fmt: skip
    with django_assert_num_queries(len(one)):
        page = client.get(f"{path}?page=junk")
    assert len(page.context["lines"]) == 3


# --- the editor -----------------------------------------------------------------------


def test_a_field_is_renamed_bounded_and_given_a_condition(
    category, draft, cast, client_of
) -> None:
    client = client_of(cast.association)
    place = "field:industry"
    data = settings_of(client, category, place) | {
        "label": "行业", "when": ["topic_type:innovation"], "seen_by": ["unit", "recommender", "association"],
        "choices": "装备制造 | 含智能制造\n化工医药和新材料\n航天", "hint": "按主业选",
    }  # fmt: skip
    data.pop("required")
    answer = client.post(url("edit", category, place), data)
    assert answer.status_code == 302, words_of(answer)
    item = fresh(draft).form.by_code["industry"]
    assert (item.label, item.required, item.hint) == ("行业", False, "按主业选")
    assert item.when.words == "课题类型选“创新型”时填写"
    labels = [(c.label, c.hint) for c in item.choices]
    assert labels == [
        ("装备制造", "含智能制造"),
        ("化工医药和新材料", ""),
        ("航天", ""),
    ]
    assert item.choices[1].code == "chemical"  # what was filled keeps its meaning


def test_saving_what_stands_there_changes_nothing(
    category, draft, cast, client_of
) -> None:
    client = client_of(cast.association)
    before = draft.form
    places = ["form", *(f"section:{s.code}" for s in before.sections)]
    places += [f"field:{code}" for code in before.by_code]
    places += [f"paper:{slot.code}" for slot in before.papers]
    for place in places:
        answer = client.post(
            url("edit", category, place), settings_of(client, category, place)
        )
        assert answer.status_code == 302, (place, words_of(answer))
    after = fresh(draft)
    assert after.form == before
    assert after.edition == len(places)


def test_columns_are_added_removed_and_given_a_condition(
    category, draft, cast, client_of
) -> None:
    client = client_of(cast.association)
    place = "field:members"
    data = settings_of(client, category, place)
    count = data["columns-TOTAL_FORMS"]
    data |= {
        "columns-2-DELETE": "on", f"columns-{count - 1}-label": "是否党员",
        f"columns-{count - 1}-kind": "select", f"columns-{count - 1}-choices": "是、否",
        f"columns-{count - 1}-when": "性别=女",
    }  # fmt: skip
    answer = client.post(url("edit", category, place), data)
    assert answer.status_code == 302, words_of(answer)
    columns = fresh(draft).form.by_code["members"].columns
    assert [c.label for c in columns] == ["姓名", "性别", "组内分工", "是否党员"]
    assert columns[3].when.values == ("f",)


def test_parts_are_added_moved_and_removed(category, draft, cast, client_of) -> None:
    client, edition = client_of(cast.association), 0

    def act(here: str, **data: Any) -> str:
        nonlocal edition
        answer = client.post(url("edit", category, here), {"version": edition, **data})
        assert answer.status_code == 302, words_of(answer)
        edition += 1
        return answer.url

    made = act("section:story", act="add_field", label="推广价值", kind="checks", section="story")  # fmt: skip
    assert made.endswith("at=field%3Af21")
    act("field:f21", act="up", place="field:f21")
    act("form", act="add_section", title="附加")
    act("form", act="add_paper")
    act("paper:p4", act="up", place="paper:p4")
    act("field:presented", act="remove", place="field:presented")
    form = fresh(draft).form
    assert [f.code for f in form.sections[2].fields][-2:] == ["benefit", "f21"]
    assert [s.title for s in form.sections][-1] == "附加"
    assert [slot.code for slot in form.papers] == ["report", "records", "p4", "photos"]
    assert ("benefit",) in form.layout
    assert ("f21",) in form.layout


def test_what_the_certificate_needs_cannot_be_taken_away(
    category, draft, cast, client_of
) -> None:
    answer = client_of(cast.association).post(
        url("edit", category, "field:title"),
        {"version": 0, "act": "remove", "place": "field:title"},
    )
    assert answer.status_code == 422
    assert "证书要印它" in words_of(answer)
    assert "title" in fresh(draft).form.by_code


def test_the_second_clerk_is_refused_and_sees_both(
    category, draft, cast, campaign, noon, client_of
) -> None:
    second = factories.seat("郑一鸣", campaign.host, Duty.MANAGER, noon)
    let_run(campaign, second.user, by=None, at=noon)
    place, one, two = "field:title", client_of(cast.association), client_of(second)
    mine = settings_of(one, category, place)
    theirs = settings_of(two, category, place)
    one.post(url("edit", category, place), mine | {"label": "成果名称"})
    answer = two.post(url("edit", category, place), theirs | {"label": "课题全称"})
    assert answer.status_code == 409
    said = words_of(answer)
    assert "周岚刚刚保存过这一版" in said
    assert answer.context["differing"] == [("名称", "成果名称", "课题全称")]
    assert 'value="课题全称"' in answer.content.decode()
    assert fresh(draft).form.by_code["title"].label == "成果名称"
    autosaved = two.post(
        url("edit", category, place), theirs, headers={"X-Requested-With": "autosave"}
    )
    assert autosaved.status_code == 409


def test_autosave_answers_with_the_next_edition(
    category, draft, cast, client_of
) -> None:
    client = client_of(cast.association)
    data = settings_of(client, category, "form") | {"title": "{year}年申报表"}
    answer = client.post(
        url("edit", category, "form"), data, headers={"X-Requested-With": "autosave"}
    )
    assert answer.json()["version"] == 1
    part = client.get(url("edit", category, "form"), headers={"HX-Request": "true"})
    assert 'data-live="preview"' in part.content.decode()
    assert f"{category.campaign.year}年申报表" in words_of(part)


@pytest.mark.parametrize(
    "data",
    [
        {}, {"act": "keep"}, {"act": "dance"}, {"act": "up", "place": "field:nothing"},
        {"act": "remove", "place": "form"}, {"act": "add_field", "kind": "magic", "label": ""},
        {"act": "add_field", "kind": "text", "label": "长" * 200, "section": "basic"},
        {"act": "keep", "version": "x", "label": "a"},
        {"act": "keep", "label": "甲", "kind": "number", "least": "NaN", "limit": "-1"},
        {"act": "add_section", "title": "长" * 500},
        {"act": "keep", "label": "\u0378\ue000", "kind": "text"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["field:title", "field:members", "form", "paper:report", "junk:x"])  # fmt: skip
def test_no_input_breaks_the_editor(
    data, place, category, draft, cast, client_of
) -> None:
    client = client_of(cast.association)
    answer = client.post(url("edit", category, place), {"version": 0, **data})
    assert answer.status_code in {302, 409, 422}
    assert client.get(url("edit", category, place)).status_code == 200


def test_a_script_in_a_label_is_a_label(category, draft, cast, client_of) -> None:
    client = client_of(cast.association)
    evil = "<script>alert(1)</script>"
    answer = client.post(url("edit", category, "form"), {"version": 0, "act": "add_field", "label": evil, "kind": "choice", "section": "basic"})  # fmt: skip
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert evil not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_form_of_every_kind_is_shown_and_hung_out(
    category, draft, cast, noon, client_of
) -> None:
    form_actions.save_form_version(
        draft.pk, forms.raw(), edition=0, by=cast.association, at=noon
    )
    client = client_of(cast.association)
    for item in fresh(draft).form.by_code.values():
        page = client.get(url("edit", category, f"field:{item.code}"))
        assert page.status_code == 200
    shown = words_of(client.get(url("version", category, number=2)))
    assert all(f.label in shown for f in fresh(draft).form.by_code.values())
    assert "去掉“课题名称”" in shown
    assert "新增“事迹标题”（必填）" in shown
    word = client.get(url("word", category, number=2))
    assert io.BytesIO(word.content).read(2) == b"PK"
