"""印章和经办人: only the keeper deposits, only members look."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from qcportal.audit.models import TrailEntry
from qcportal.documents.models import Document
from qcportal.seals.imprinting import FAULTS
from qcportal.seals.models import SealPicture
from tests.factories import pdf_file, png_file

pytestmark = pytest.mark.django_db
PAGE, PICTURE, END = "/seals/", "/seals/picture/", "/seals/picture/end/"
DRAFT, CUT = "/seals/draft/", "/seals/draft/picture/"


def imprint(name="印章.png", size=480):
    """The demo's hexagon on transparent ground: 400 px wide, 448 px high."""
    return png_file(name, size)


def cut(client, upload=None, **changes):
    """The first step: the photo, and how large the seal is."""
    sent = {"picture": upload or imprint(), "width_mm": "40", "height_mm": "45"}
    return client.post(PAGE, {k: v for k, v in (sent | changes).items() if v})


def deposit(client, upload=None, **changes):
    """Both steps: cut, then kept under the undertaking."""
    first = cut(client, upload, **changes)
    return (
        client.post(DRAFT, {"undertaken": "on"}) if first.status_code == 302 else first
    )


def test_page_lists_staff_with_their_duties(cast, client_of):
    text = client_of(cast.unit).get(PAGE).content.decode()
    for words in ("王敏", "经办人", "方正言", "印章管理员"):
        assert words in text
    assert "沈佳怡" not in text


def test_keeper_deposits_replaces_and_ends(cast, client_of):
    client = client_of(cast.keeper)
    assert deposit(client).url == PAGE
    first = SealPicture.objects.get()
    assert (first.organisation, first.keeper) == (
        cast.unit.organisation,
        cast.keeper.user,
    )
    deposit(client)
    first.refresh_from_db()
    assert first.ended_at is not None
    assert client.post(END).url == PAGE
    assert not SealPicture.objects.filter(ended_at__isnull=True).exists()
    assert client.get(PICTURE).status_code == 404
    assert set(TrailEntry.objects.values_list("what", flat=True)) >= {
        "seal_picture_kept",
        "seal_picture_ended",
    }


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"upload": SimpleUploadedFile("章.png", b"")}, {"picture": ["选的文件是空的，请换一份。"]}),
        ({"width_mm": ""}, {"width_mm": ["请量一量章的直径，填毫米数。"]}),
        ({"width_mm": "400"}, {"width_mm": ["请核对：章的直径在 20 到 60 毫米之间。"]}),
        ({"height_mm": "4"}, {"height_mm": ["请核对：高度在 10 到 60 毫米之间。"]}),
        ({"height_mm": ""}, {"height_mm": ["这个印迹不是圆的（也不是正方的），请把高度也填上，单位毫米。"]}),
        ({"height_mm": "30"}, {"height_mm": ["填的宽和高与印迹的形状不符，请量一量再填。"]}),
        ({"upload": png_file("小.png", 200)}, {"picture": [FAULTS["small"]]}),
    ],
)  # fmt: skip
def test_the_photo_is_refused_with_its_cure(cast, client_of, changes, errors):
    answer = cut(client_of(cast.keeper), **changes)
    assert answer.status_code == 422
    assert answer.context["form"].errors == errors
    assert not Document.objects.filter(kind__startswith="seal").exists()


def test_the_cut_is_shown_in_true_size_before_the_undertaking(cast, client_of):
    client = client_of(cast.keeper)
    assert cut(client).url == DRAFT
    page = client.get(DRAFT).content.decode()
    assert 'width="151" height="170"' in page  # 40 × 45 mm at 96 px an inch
    assert "印模图像不是可靠电子签名" in page.replace("印模图像（", "印模图像")
    shown = client.get(CUT)
    assert (shown["Content-Type"], shown["Cache-Control"]) == (
        "image/png",
        "no-store, private",
    )
    silent = client.post(DRAFT)
    assert silent.status_code == 422
    assert silent.context["form"].errors == {"undertaken": ["请先看过承诺并勾选。"]}
    assert not SealPicture.objects.exists()
    client.post(DRAFT, {"undertaken": "on"})
    kept = SealPicture.objects.get()
    assert (kept.size_mm, kept.source.title) == ((40, 45), "印章.png")
    assert client.get(DRAFT).url == PAGE
    assert client.get(CUT).status_code == 404


def test_the_background_is_gone_in_what_is_kept(cast, client_of):
    deposit(client_of(cast.keeper))
    with SealPicture.objects.get().picture.file.open("rb") as file:
        kept = Image.open(file).convert("RGBA")
    assert [kept.getpixel(p)[3] for p in ((0, 0), (kept.width // 2, 60))] == [0, 0]


def test_the_cut_of_a_neighbour_is_not_there(cast, client_of):
    cut(client_of(cast.keeper))
    for actor in (cast.unit, cast.other_unit, cast.recommender):
        client = client_of(actor)
        assert client.get(DRAFT).url == PAGE
        assert client.get(CUT).status_code == 404
        assert client.post(DRAFT, {"undertaken": "on"}).url == PAGE
    assert not SealPicture.objects.exists()


def test_a_paper_is_no_seal(cast, client_of):
    answer = deposit(client_of(cast.keeper), pdf_file("章.pdf"))
    assert answer.status_code == 422
    assert "类型不能上传" in answer.content.decode()
    assert not Document.objects.filter(kind="seal_picture").exists()


def test_clerk_cannot_deposit_nor_end(cast, client_of):
    deposit(client_of(cast.keeper))
    client = client_of(cast.unit)
    assert deposit(client).status_code == 409
    assert client.post(END).status_code == 409
    assert SealPicture.objects.filter(ended_at__isnull=True).count() == 1
    assert Document.objects.filter(kind="seal_picture").count() == 1


def test_picture_is_shown_to_members_only_and_kept_nowhere(cast, client_of):
    deposit(client_of(cast.keeper))
    shown = client_of(cast.unit).get(PICTURE)
    assert (shown["Content-Type"], shown["Cache-Control"]) == (
        "image/png",
        "no-store, private",
    )
    assert client_of(cast.other_unit).get(PICTURE).status_code == 404
    assert client_of(cast.recommender).get(PICTURE).status_code == 404
    assert client_of(cast.group).get(PICTURE).status_code == 403
    assert client_of(cast.recommender).get(PAGE).status_code == 200
