"""Pages of the group's own year: group and unit, and what travels up with a result."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from submissions import actions, year_actions
from submissions.models import Submission
from submissions.year_rules import local_day
from submissions.yearbook import ActivityRecord, GroupYear, Topic
from tests import factories
from tests.submissions import yearly

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast, noon):
    return yearly.confirmed_year(cast.group, cast.unit, noon)


@pytest.fixture
def topic(year, cast, noon):
    return yearly.confirmed_topic(year, cast.group, cast.unit, noon)


@pytest.fixture
def filed(topic, cast, noon, walk):
    """A result filed from the topic, with one record and a photo."""
    photo = factories.stored(
        factories.png_file("现场.png"), "activity_file", cast.group
    )
    said = yearly.said(topic, noon, content="磐石班组陈立群到川沙路现场测量。")
    year_actions.add_record(topic.pk, said, [photo], by=cast.group, at=noon)
    draft = walk.draft()
    actions.take_topic(draft.pk, topic, by=cast.group, at=noon)
    actions.file(draft.pk, confirmed=True, by=cast.group, at=noon)
    return Submission.objects.get(pk=draft.pk)


def typed_year(at, **changes):
    """The registration form as a browser sends it."""
    data = {"version": "0", "kind": "problem", "registered_on": local_day(at).isoformat(),
            "adviser": "", "members-TOTAL_FORMS": "3"}  # fmt: skip
    for n, row in enumerate(yearly.content(at)["members"]):
        data |= {f"members-{n}-{code}": text for code, text in row.items()}
    return data | changes


def test_a_group_registers_by_forms_alone(cast, client_of, noon):
    group, unit = client_of(cast.group), client_of(cast.unit)
    assert "还没有注册登记" in group.get("/submissions/year/").content.decode()
    assert group.post("/submissions/year/begin/").url == "/submissions/year/edit/"
    assert group.get("/submissions/year/edit/").status_code == 200
    sent = group.post("/submissions/year/edit/", typed_year(noon, go="send"))
    assert sent.url == "/submissions/year/"
    row = GroupYear.objects.get()
    page = unit.get("/submissions/years/").content.decode()
    assert f'href="/submissions/years/{row.key}/"' in page
    assert "确认登记" in unit.get(f"/submissions/years/{row.key}/").content.decode()
    unit.post(f"/submissions/years/{row.key}/confirm/")
    assert GroupYear.objects.get().number in group.get("/submissions/year/").content.decode()  # fmt: skip


def test_what_was_typed_wrongly_comes_back(cast, client_of, noon):
    group = client_of(cast.group)
    group.post("/submissions/year/begin/")
    answer = group.post(
        "/submissions/year/edit/", typed_year(noon, **{"members-1-birth_year": "八六"})
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="八六"' in page
    assert "出生年请填 4 位数字" in page


def test_a_topic_is_registered_by_forms_alone(cast, client_of, noon, year):
    group = client_of(cast.group)
    begun = group.post(
        "/submissions/topics/new/", {"title": "课题甲", "kind": "innovation"}
    )
    topic = Topic.objects.with_records().get()
    assert begun.url == f"/submissions/topics/{topic.key}/edit/"
    short = group.post(begun.url, {"title": "课题甲", "kind": "innovation", "version": "0", "go": "send"})  # fmt: skip
    assert short.status_code == 422
    assert "请填写选题理由" in short.content.decode()
    given = yearly.facts(topic, noon)
    plan = given.pop("plan")
    data = {**given, "leader": given["leader"].pk, "version": "1", "go": "send"}
    for code, (start, end) in plan.items():
        data |= {f"plan-{code}-from": start, f"plan-{code}-to": end}
    assert group.post(begun.url, data).url == f"/submissions/topics/{topic.key}/"
    unit = client_of(cast.unit)
    assert unit.post(f"/submissions/topics/{topic.key}/confirm/").status_code == 302
    assert Topic.objects.get().is_confirmed


def test_a_record_with_a_photo_is_kept_from_a_phone(cast, client_of, noon, topic):
    group = client_of(cast.group)
    page = group.get(f"/submissions/topics/{topic.key}/records/new/")
    assert page.status_code == 200
    members = [m.pk for m in topic.group_year.standing_members]
    data = {"step": "survey", "held_on": local_day(noon).isoformat(), "hours": "2",
            "attendees": members, "content": "现场测量 30 扇门。", "place": "",
            "files": [factories.png_file("一.png"), factories.png_file("二.png")]}  # fmt: skip
    answer = group.post(f"/submissions/topics/{topic.key}/records/new/", data)
    assert answer.status_code == 302
    record = ActivityRecord.objects.get()
    assert record.files.count() == 2
    file = record.files.first().document
    for who, status in ((cast.group, 200), (cast.unit, 200), (cast.second_group, 404),
                        (cast.other_unit, 404)):  # fmt: skip
        url = f"/submissions/records/{record.key}/files/{file.key}"
        assert client_of(who).get(f"{url}/").status_code == status
        assert client_of(who).get(f"{url}.png").status_code == status


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("hours", "长", "时长请填数字"), ("held_on", "昨天", "请填日期"),
     ("attendees", "999999", "attendees"), ("step", "x", "step")],
)  # fmt: skip
def test_bad_input_of_a_record_comes_back(cast, client_of, noon, topic, field, value, words):  # fmt: skip
    data = {"step": "survey", "held_on": local_day(noon).isoformat(), "hours": "2",
            "content": "现场测量。", field: value}  # fmt: skip
    url = f"/submissions/topics/{topic.key}/records/new/"
    answer = client_of(cast.group).post(url, data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert words in answer.content.decode()
    assert "现场测量。" in answer.content.decode()


GROUP_PAGES = ["topics/{t}/", "topics/{t}/edit/", "topics/{t}/records/new/",
               "records/{r}/correct/"]  # fmt: skip
GROUP_ACTS = ["topics/{t}/send/", "topics/{t}/reopen/", "topics/{t}/finish/",
              "topics/{t}/stop/"]  # fmt: skip
UNIT_ACTS = ["years/{y}/confirm/", "years/{y}/return/", "topics/{t}/confirm/",
             "topics/{t}/return/"]  # fmt: skip


def test_neighbours_find_nothing(cast, client_of, noon, topic):
    record = yearly.recorded(topic, cast.group, noon)
    keys = {"t": topic.key, "r": record.key, "y": topic.group_year.key}
    group, unit = client_of(cast.second_group), client_of(cast.other_unit)
    for page in GROUP_PAGES:
        assert group.get(f"/submissions/{page.format(**keys)}").status_code == 404
    for act in GROUP_ACTS:
        assert group.post(f"/submissions/{act.format(**keys)}").status_code == 404
    for act in UNIT_ACTS:
        assert unit.post(f"/submissions/{act.format(**keys)}").status_code == 404
    assert unit.get(f"/submissions/years/{topic.group_year.key}/").status_code == 404
    assert "启明星" not in unit.get("/submissions/years/").content.decode()


@pytest.mark.parametrize("who", ["recommender", "association", "judge"])
def test_other_desks_are_told_whose_page_it_is(cast, client_of, who):
    client = client_of(getattr(cast, who))
    assert client.get("/submissions/year/").status_code == 403
    assert client.get("/submissions/years/").status_code == 403


def test_a_unit_sees_nothing_before_it_is_sent(cast, client_of, noon):
    row = year_actions.begin_year(by=cast.group, at=noon)
    assert client_of(cast.unit).get(f"/submissions/years/{row.key}/").status_code == 404


def test_the_units_list_asks_as_often_for_one_as_for_two(cast, client_of, noon, topic):
    client = client_of(cast.unit)
    client.get("/submissions/years/")
    yearly.recorded(topic, cast.group, noon)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get("/submissions/years/")
    second = yearly.confirmed_year(cast.second_group, cast.unit, noon)
    other = yearly.confirmed_topic(second, cast.second_group, cast.unit, noon)
    yearly.recorded(other, cast.second_group, noon)
    with CaptureQueriesContext(connection) as two:
        client.get("/submissions/years/?page=x&year=abc")
    assert len(two) == len(one)


# --- what travels up ------------------------------------------------------------------


def test_starting_from_a_topic_fills_the_form(cast, client_of, topic):
    group = client_of(cast.group)
    assert topic.title in group.get("/submissions/new/").content.decode()
    answer = group.post("/submissions/new/", {"topic": str(topic.key)})
    begun = Submission.objects.get()
    assert answer.url == f"/submissions/{begun.code}/edit/"
    assert (begun.topic, begun.title) == (topic, topic.title)


def test_anothers_topic_is_not_there(cast, client_of, topic):
    other = client_of(cast.second_group)
    answer = other.post("/submissions/new/", {"topic": str(topic.key)})
    assert answer.status_code == 404
    assert other.post("/submissions/new/", {"topic": "junk"}).status_code == 404
    assert not Submission.objects.exists()


def test_frozen_records_are_read_by_the_chain_and_nobody_else(cast, client_of, filed):
    url = f"/submissions/{filed.code}/activity/"
    photo = filed.filed_revision.activity["records"][0]["files"][0]["key"]
    expected = {"group": 200, "unit": 200, "recommender": 404, "association": 200,
                "other_unit": 404, "second_group": 404, "other_association": 404,
                "judge": 403}  # fmt: skip
    found = {
        who: client_of(getattr(cast, who)).get(url).status_code for who in expected
    }
    assert found == expected
    files = {who: client_of(getattr(cast, who)).get(f"{url}{photo}/").status_code for who in expected}  # fmt: skip
    assert files == expected
    page = (
        client_of(cast.unit).get(f"/submissions/{filed.code}/stamp/").content.decode()
    )
    assert "活动记录（平台）" in page


def test_judges_read_the_records_without_names(cast, client_of, noon, topic, walk, campaign):  # fmt: skip
    said = yearly.said(topic, noon, content="启明星QC小组陈立群到现场测量 30 扇门。")
    year_actions.add_record(topic.pk, said, [], by=cast.group, at=noon)
    walk.topic = topic
    judged = walk.judging()
    key = judged.assignments.get(judge=cast.judge.user).key
    page = client_of(cast.judge).get(f"/reviews/judging/{key}/").content.decode()
    assert "活动记录（平台）" in page
    assert "到现场测量 30 扇门" in page
    for name in ("启明星", "陈立群", "顾晓岚", "班组园地"):
        assert name not in page
