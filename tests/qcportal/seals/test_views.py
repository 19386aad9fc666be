"""印章和经办人: only the keeper deposits, only members look."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from qcportal.audit.models import TrailEntry
from qcportal.documents.models import Document
from qcportal.seals.models import SealPicture
from tests.factories import pdf_file, png_file

pytestmark = pytest.mark.django_db
PAGE, PICTURE, END = "/seals/", "/seals/picture/", "/seals/picture/end/"


def deposit(client, upload=None, **changes):
    sent = {"picture": upload or png_file("印章.png"), "undertaken": "on", **changes}
    return client.post(PAGE, {k: v for k, v in sent.items() if v})


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
        ({"undertaken": ""}, {"undertaken": ["请先看过承诺并勾选。"]}),
        ({"upload": SimpleUploadedFile("章.png", b"")}, {"picture": ["选的文件是空的，请换一份。"]}),
    ],
)  # fmt: skip
def test_deposit_wants_file_and_undertaking(cast, client_of, changes, errors):
    answer = deposit(client_of(cast.keeper), **changes)
    assert answer.status_code == 422
    assert answer.context["form"].errors == errors
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
