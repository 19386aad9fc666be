"""Downloads carry the user's title, never the storage name, and nothing that runs."""

import hashlib
import io
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.handlers.base import BaseHandler
from django.http import Http404
from django.test import RequestFactory
from PIL import Image

from qcportal.documents import keeping, serving
from qcportal.documents.models import CONTENT_TYPES, Document
from tests.qcportal.documents import specimens

pytestmark = pytest.mark.django_db

SEALED = "sandbox; default-src 'none'; frame-ancestors 'self'"
VIEWER = "default-src 'none'; frame-ancestors 'self'"


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    }
    cache.clear()


def ready(title, content, **fields):
    document = Document(
        kind="file",
        title=title,
        origin="UPLOADED",
        status="READY",
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
    )
    document.content_type = CONTENT_TYPES[document.extension]
    document.file.name = keeping.write(document, ContentFile(content))
    for name, value in fields.items():
        setattr(document, name, value)
    document.save()
    return document


def head(response):
    disposition, _, name = response["Content-Disposition"].partition("; ")
    return {
        "shown": disposition,
        "name": unquote(name),
        "type": response["Content-Type"],
        "policy": response["Content-Security-Policy"],
        "sniff": response["X-Content-Type-Options"],
    }


SAMPLES = {
    "申报表（第3版）.pdf": specimens.pdf(2),
    "照片.jpg": specimens.picture("JPEG"),
    "截图.png": specimens.picture("PNG"),
    "报告.docx": specimens.office("docx"),
    "旧表.doc": specimens.ole("WordDocument"),
    "录像.mp4": specimens.video(),
    "材料.zip": specimens.packed({"a.txt": b"x"}),
}


@pytest.mark.parametrize("title", SAMPLES)
def test_a_download_is_whole_named_and_sealed(title):
    document = ready(title, SAMPLES[title])
    response = serving.respond(document)
    assert b"".join(response.streaming_content) == SAMPLES[title]
    assert head(response) == {
        "shown": "attachment",
        "name": f"filename*=utf-8''{title}",
        "type": document.content_type,
        "policy": SEALED,
        "sniff": "nosniff",
    }
    stem = document.file.name.rsplit("/", 1)[-1]
    assert stem not in str(response.headers)


@pytest.mark.parametrize(
    ("title", "shown", "policy"),
    [
        ("申报表（第3版）.pdf", "inline", VIEWER),
        ("照片.jpg", "inline", SEALED),
        ("截图.png", "inline", SEALED),
        ("报告.docx", "attachment", SEALED),
        ("录像.mp4", "attachment", SEALED),
        ("材料.zip", "attachment", SEALED),
    ],
)
def test_only_pages_and_pictures_are_shown(title, shown, policy):
    response = serving.respond(ready(title, SAMPLES[title]), as_attachment=False)
    facts = head(response)
    assert (facts["shown"], facts["policy"]) == (shown, policy)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("汇总表\r\nSet-Cookie: a=b.pdf", "汇总表Set-Cookie_ a=b.pdf"),
        ("../../../etc/passwd.pdf", "passwd.pdf"),
        ('a";filename="b.exe.pdf', "a_;filename=_b.exe.pdf"),
        ("表\u202efdp.pdf", "表fdp.pdf"),
    ],
)
def test_names_cannot_break_the_header(given, named):
    response = serving.respond(ready("a.pdf", specimens.pdf()), filename=given)
    assert head(response)["name"].split("=", 1)[1].removeprefix("utf-8''").strip(
        '"'
    ) == (named)
    assert "\n" not in response["Content-Disposition"]


def test_behind_nginx_only_the_path_goes_out(settings):
    settings.ACCEL_REDIRECT_PREFIX = "/protected/"
    document = ready("申报表.pdf", specimens.pdf())
    response = serving.respond(document)
    assert (response.content, response["X-Accel-Redirect"]) == (
        b"",
        f"/protected/{document.file.name}",
    )
    assert head(response) == {
        "shown": "attachment",
        "name": "filename*=utf-8''申报表.pdf",
        "type": "application/pdf",
        "policy": SEALED,
        "sniff": "nosniff",
    }


@pytest.mark.parametrize(
    "stored",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "documents/aa/../../../x.pdf",
        "documents/aa/%2e%2e.pdf",
        "documents/aa/" + "a" * 32 + ".pdf\r\nX: y",
        "documents/aa/" + "a" * 32 + ".pdf\n",
        "other/aa/" + "a" * 32 + ".pdf",
    ],
)
@pytest.mark.parametrize("prefix", ["", "/protected/"])
def test_odd_storage_names_lead_nowhere(settings, stored, prefix):
    settings.ACCEL_REDIRECT_PREFIX = prefix
    document = ready("a.pdf", specimens.pdf())
    document.file.name = stored
    with pytest.raises(Http404):
        serving.respond(document)


@pytest.mark.parametrize("prefix", ["", "/protected/"])
def test_a_missing_file_is_404_and_logged(settings, caplog, prefix):
    settings.ACCEL_REDIRECT_PREFIX = prefix
    document = ready("a.pdf", specimens.pdf())
    default_storage.delete(document.file.name)
    with pytest.raises(Http404):
        serving.respond(document)
    assert [record.getMessage() for record in caplog.records] == [
        f"document {document.pk}: its file is missing"
    ]


@pytest.mark.parametrize("status", ["WAITING", "MAKING", "FAILED", "EXPIRED"])
def test_what_is_not_ready_is_404(status):
    document = ready("a.pdf", specimens.pdf(), status=status)
    for ask in (serving.respond, serving.read):
        with pytest.raises(Http404):
            ask(document)


def picture_of(response):
    with Image.open(io.BytesIO(response.content)) as image:
        return response["Content-Type"], image.format, image.size


def test_pages_come_as_pictures():
    document = ready("申报表.pdf", specimens.pdf(2))
    response = serving.page_image(document, 2, dpi=72)
    assert picture_of(response) == ("image/png", "PNG", (595, 842))
    assert response["Content-Security-Policy"] == SEALED


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_pages_beyond_the_document_are_404(number):
    document = ready("申报表.pdf", specimens.pdf(2))
    with pytest.raises(Http404):
        serving.page_image(document, number)


def test_resolution_is_kept_in_bounds():
    document = ready("申报表.pdf", specimens.pdf())
    sizes = [
        picture_of(serving.page_image(document, 1, dpi=dpi))[2] for dpi in (1, 9_999)
    ]
    assert sizes == [(331, 468), (1653, 2339)]


def test_pictures_come_small_and_upright():
    out = io.BytesIO()
    tall = Image.new("RGB", (3000, 1000), "white")
    exif = tall.getexif()
    exif[0x0112] = 6  # taken with the phone on its side
    tall.save(out, "JPEG", exif=exif)
    document = ready("盖章页.jpg", out.getvalue())
    width, height = picture_of(serving.page_image(document, 1))[2]
    assert (height <= 2000, round(height / width)) == (True, 3)


def test_other_kinds_have_no_pages():
    document = ready("报告.docx", specimens.office("docx"))
    with pytest.raises(Http404):
        serving.page_image(document, 1)


def test_a_page_is_drawn_once_then_remembered():
    document = ready("申报表.pdf", specimens.pdf())
    first = serving.page_image(document, 1).content
    with default_storage.open(document.file.name, "wb") as file:
        file.write(b"changed below the portal")
    assert serving.page_image(document, 1).content == first


def test_without_the_cache_pages_are_drawn_all_the_same(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9/0",
        }
    }
    document = ready("申报表.pdf", specimens.pdf())
    size = picture_of(serving.page_image(document, 1, dpi=72))[2]
    assert size == (595, 842)


def test_the_portal_does_not_loosen_the_seal(settings):
    """The site's own policy must not replace the file's on the way out."""
    document = ready("照片.jpg", specimens.picture("JPEG"))
    settings.MIDDLEWARE = [
        one
        for one in settings.MIDDLEWARE
        if one.startswith(("csp.", "django.middleware")) and "CSPMiddleware" in one
    ]
    handler = BaseHandler()
    handler.resolve_request = lambda request: (
        lambda asked: serving.respond(document),
        (),
        {},
    )
    handler.load_middleware()
    response = handler.get_response(RequestFactory().get("/"))
    assert response["Content-Security-Policy"] == SEALED
