"""Refusals, control characters and private pages, through real requests."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from qcportal.ui.middleware import PERMISSIONS_POLICY

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.qcportal.ui.urls")]


def test_a_refusal_becomes_notes_on_the_page_one_came_from(client):
    answer = client.post(
        "/refusing/", headers={"referer": "http://testserver/echoing/?a=1"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        "http://testserver/echoing/?a=1",
    )
    page = client.get("/showing/").content.decode()
    assert "问题解决型只能推荐 1 项。" in page
    assert "7月12日 22:00 已关闭。" in page


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "https://elsewhere.example/page/",
        "javascript:alert(1)",
        "//elsewhere.example",
    ],
)
def test_a_refusal_never_leads_to_a_foreign_page(client, referer):
    answer = client.post("/refusing/", headers={"referer": referer})
    assert answer.status_code == 409
    assert "问题解决型只能推荐 1 项。" in answer.content.decode()


def test_a_refused_page_does_not_lead_to_itself(client):
    answer = client.get(
        "/refusing/", headers={"referer": "http://testserver/refusing/"}
    )
    assert answer.status_code == 409


def test_htmx_gets_a_fragment(client):
    answer = client.post(
        "/refusing/",
        headers={"hx-request": "true", "referer": "http://testserver/echoing/"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<div class="notice notice-bad" role="alert">' in page
    assert "<li>7月12日 22:00 已关闭。</li>" in page
    assert "<html" not in page


@pytest.mark.parametrize(
    "address",
    ["/echoing/a%00b/", "/echoing/?q=a%00b", "/echoing/?q=%1F", "/echoing/?q%7f=1"],
)
def test_control_characters_in_an_address_are_refused(client, address):
    answer = client.get(address)
    assert answer.status_code == 400
    assert "看不见的特殊符号" in answer.content.decode()


@pytest.mark.parametrize("data", [{"words": "a\x00b"}, {"wor\x00ds": "a"}])
def test_control_characters_in_a_form_are_refused(client, data):
    assert client.post("/echoing/", data).status_code == 400


def test_line_ends_tabs_and_files_pass(client):
    report = SimpleUploadedFile("报告.pdf", b"%PDF\x00\x01")
    answer = client.post("/echoing/", {"words": "一\r\n\t二", "report": report})
    assert (answer.status_code, answer.content.decode()) == (
        200,
        "一\r\n\t二|报告.pdf:6",
    )


def test_public_pages_carry_the_policy_and_may_be_cached(client):
    answer = client.get("/echoing/")
    assert answer.headers["Permissions-Policy"] == PERMISSIONS_POLICY
    assert "Cache-Control" not in answer.headers


def test_pages_of_signed_in_people_stay_out_of_caches(client, django_user_model):
    user = django_user_model.objects.create(username="13800000000")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get("/echoing/")
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert "Cookie" in answer.headers["Vary"]
