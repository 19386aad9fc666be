"""The gallery and the pages that say what went wrong."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import RequestFactory

from qcportal.ui import views
from qcportal.ui.templatetags import ui

pytestmark = pytest.mark.django_db
TEMPLATES = Path(settings.BASE_DIR) / "templates"


@pytest.fixture
def gallery(client, settings):
    settings.DEMO = True
    answer = client.get("/ui/?title=")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_gallery_shows_every_tag():
    source = (TEMPLATES / "ui/gallery.html").read_text()
    indirectly = {"icon", "run_chart", "brand_mark"}  # in the skeletons
    missing = [
        name
        for name in ui.register.tags
        if not re.search(rf"{{% {name}\b", source) and name not in indirectly
    ]
    assert missing == []


def test_the_gallery_has_no_inline_style_or_script(gallery):
    assert not re.search(r"<[^>]*\s(style|on[a-z]+)=", gallery)
    assert not re.search(r"<script(?![^>]*\ssrc=)", gallery)
    assert "<style" not in gallery


def test_no_template_of_a_page_has_inline_style_or_script():
    wrong = [
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if path.relative_to(TEMPLATES).parts[0] not in ("papers", "emails", "mail")
        and re.search(
            r"<[a-z][^>]*\s(?:style|on(?:click|change|submit|load|input))=|<script>|<style",
            path.read_text(),
        )
    ]
    assert wrong == []


def test_the_gallery_is_not_for_the_public(client, settings):
    settings.DEMO = settings.DEBUG = False
    assert client.get("/ui/").status_code == 404


@pytest.mark.parametrize(
    ("view", "status", "says"),
    [
        (views.bad_request, 400, "这次提交的内容没法读"),
        (views.not_allowed, 403, "不归您现在的身份看"),
        (views.not_found, 404, "没有找到这一页"),
        (views.too_large, 413, "文件太大了"),
        (views.too_many, 429, "请歇一下再来"),
    ],
)
def test_each_page_of_trouble_says_what_to_do(view, status, says):
    answer = view(RequestFactory().get("/"))
    assert answer.status_code == status
    assert says in answer.content.decode()


def test_the_last_page_needs_nothing_that_may_be_broken(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = views.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "页面出了问题" in answer.content.decode()
    assert "{%" not in get_template("errors/500.html").template.source
