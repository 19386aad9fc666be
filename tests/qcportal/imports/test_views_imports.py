"""The pages: upload, dry run, all at once, and everything that may go wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal.accounts.models import Organisation
from qcportal.imports import actions, tasks
from qcportal.imports.models import Import
from tests.qcportal.imports.books import FULL, book

assert tasks
LIST, NEW = reverse("imports:list"), reverse("imports:new")


def page_of(found: Import, name: str = "page") -> str:
    return reverse(f"imports:{name}", args=[found.key])


@pytest.fixture
def faulty(cast, noon) -> Import:
    people = [{"name": "钱思远", "mobile": str(n)} for n in range(60)]
    made = actions.begin(book(people=people), by=cast.association, at=noon)
    actions.check(made.pk, at=noon)
    return Import.objects.get(pk=made.pk)


def test_from_the_upload_to_the_result(
    cast, client_of, django_capture_on_commit_callbacks
):
    desk = client_of(cast.association)
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(NEW, {"file": book(**FULL)})
    found = Import.objects.get()
    assert (answer.status_code, answer.url) == (302, page_of(found))
    page = desk.get(page_of(found)).content.decode()
    assert "6 条可以导入" in page
    assert "将按手机号 139****1111 加入" in page
    assert "13900001111" not in page
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(page_of(found, "apply"))
    assert "6 条都已导入" in desk.get(page_of(found)).content.decode()
    assert Organisation.objects.filter(name="砂型QC小组").count() == 1
    assert "已导入" in desk.get(LIST).content.decode()


def test_a_waiting_import_polls_and_says_so(cast, client_of, noon):
    made = actions.begin(book(**FULL), by=cast.association, at=noon)
    desk = client_of(cast.association)
    part = desk.get(page_of(made, "progress")).content.decode()
    assert f'data-poll="{page_of(made, "progress")}"' in part
    assert "正在预检" in part
    actions.check(made.pk, at=noon)
    assert "data-poll" not in desk.get(page_of(made, "progress")).content.decode()


def test_what_cannot_be_uploaded_is_said_beside_the_field(cast, client_of):
    desk = client_of(cast.association)
    for given, sentence in (
        ({}, "请选择填好的表格。"),
        ({"file": SimpleUploadedFile("名单.csv", b"a,b")}, "这是文本文件"),
        ({"file": SimpleUploadedFile("名单.xlsx", b"a,b")}, "内容却是别的类型"),
    ):
        answer = desk.post(NEW, given)
        assert answer.status_code == 422
        assert sentence in str(answer.context["form"].errors["file"])
    assert Import.objects.count() == 0


def test_an_unreadable_file_says_why(cast, client_of, noon):
    made = actions.begin(book(), by=cast.association, at=noon)
    actions.check(made.pk, at=noon)
    page = client_of(cast.association).get(page_of(made)).content.decode()
    assert "四张表里都没有内容，请从第 2 行起填好再传。" in page


def test_lines_are_paged_and_filtered_and_junk_is_harmless(cast, client_of, faulty):
    desk = client_of(cast.association)
    assert len(desk.get(page_of(faulty)).context["lines"]) == 25
    assert len(desk.get(page_of(faulty) + "?page=3&kind=fault").context["lines"]) == 10
    assert desk.get(page_of(faulty) + "?sheet=units").context["lines"] == []
    for junk in ("?page=x", "?page=99", "?sheet=boss", "?kind=boss", "?kind=moved"):
        assert desk.get(page_of(faulty) + junk).status_code == 200
    page = desk.get(page_of(faulty)).content.decode()
    assert "还有 60 处要改，改好之前一条都不会导入。" in page
    assert "人员!C2" in page


def test_applying_a_faulty_one_is_refused(cast, client_of, faulty):
    desk = client_of(cast.association)
    answer = desk.post(page_of(faulty, "apply"), HTTP_REFERER="http://testserver" + page_of(faulty), follow=True)  # fmt: skip
    assert "还有 60 处要改" in answer.content.decode()
    faulty.refresh_from_db()
    assert faulty.status == "checked"


def test_others_do_not_see_it(cast, client_of, faulty):
    for actor in (cast.recommender, cast.other_association, cast.unit):
        assert client_of(actor).get(page_of(faulty)).status_code == 404
        assert client_of(actor).get(page_of(faulty, "marked")).status_code == 404
        assert client_of(actor).post(page_of(faulty, "apply")).status_code == 404
    assert client_of(cast.group).get(LIST).status_code == 403
    page = client_of(cast.unit).get(LIST).content.decode()
    assert "您现在不能导入" in page
    assert client_of(cast.unit).post(NEW, {"file": book(**FULL)}).status_code == 403


def test_the_list_asks_as_often_for_three_as_for_one(cast, client_of, noon):
    desk = client_of(cast.association)
    desk.get(LIST)  # fills Django's caches
    counts = []
    for n in range(3):
        actions.begin(book(**{**FULL, "groups": [{"name": f"第{n}QC小组"}]}), by=cast.association, at=noon + timedelta(seconds=n))  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert len(desk.get(LIST).context["rows"]) == n + 1
        counts.append(len(asked))
    assert counts[0] == counts[2]


def test_the_lines_ask_as_often_for_many_as_for_one(cast, client_of, noon, faulty):
    desk = client_of(cast.association)
    one = actions.begin(book(people=[{"name": "钱", "mobile": "1"}]), by=cast.association, at=noon)  # fmt: skip
    actions.check(one.pk, at=noon)
    desk.get(page_of(one))
    counts = []
    for found in (one, faulty):
        with CaptureQueriesContext(connection) as asked:
            desk.get(page_of(found))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_template_is_a_workbook(cast, client_of):
    answer = client_of(cast.recommender).get(reverse("imports:template"))
    assert answer.content.startswith(b"PK")
    assert answer["Content-Disposition"].startswith("attachment")


def test_those_who_manage_find_the_way_in(cast, client_of):
    assert (
        LIST
        in client_of(cast.association).get("/accounts/organisations/").content.decode()
    )
    assert (
        LIST
        in client_of(cast.recommender).get("/accounts/organisation/").content.decode()
    )
    assert (
        LIST not in client_of(cast.unit).get("/accounts/organisation/").content.decode()
    )
    assert (
        LIST
        not in client_of(cast.group).get("/accounts/organisation/").content.decode()
    )
