"""Papers and files of a submission: who reads them, and the line that leaves."""

from __future__ import annotations

import pytest
from django.utils import timezone

from qcportal.audit.models import TrailEntry
from qcportal.documents.models import Document
from submissions import actions
from tests.factories import png_file

pytestmark = pytest.mark.django_db


def edit_url(submission):
    return f"/submissions/{submission.code}/edit/"


# --- papers -------------------------------------------------------------------------


def files_of(submission):
    code = submission.code
    key = submission.attachments.get(slot="records").document.key
    return f"/submissions/{code}/files/{key}/"


def test_every_desk_reached_reads_what_was_filed_and_leaves_a_line(
    walk, cast, client_of
):
    stamped = walk.stamped()
    url = files_of(stamped)
    answers = {
        name: client_of(getattr(cast, name)).get(url).status_code
        for name in ("group", "second_group", "unit", "other_unit", "recommender",
                     "other_recommender", "association", "other_association", "judge")
    }  # fmt: skip
    assert answers == {
        "group": 200, "second_group": 404, "unit": 200, "other_unit": 404,
        "recommender": 200, "other_recommender": 404, "association": 200,
        "other_association": 404, "judge": 403,
    }  # fmt: skip
    lines = TrailEntry.objects.filter(what="file_downloaded", about=stamped.code)
    assert [line.user_name for line in lines.order_by("pk")] == [
        "王敏",
        "李婉清",
        "周岚",
    ]


def test_looking_is_inline_and_pages_are_pictures(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.unit)
    url = files_of(filed)
    shown = client.get(url, {"view": "1"})
    assert shown.headers["Content-Disposition"].startswith("inline")
    picture = client.get(f"{url}pages/1.png")
    assert picture.headers["Content-Type"] == "image/png"
    assert client.get(f"{url}pages/2.png").status_code == 404
    assert not TrailEntry.objects.filter(what="file_downloaded").exists()


def test_a_draft_behind_the_filed_one_stays_the_groups(walk, cast, client_of):
    filed, group = walk.filed(), client_of(cast.group)
    group.post(f"/submissions/{filed.code}/recall/")
    group.post(edit_url(filed), {"paper-photos": png_file("新照片.png")})
    key = filed.attachments.get(slot="photos").document.key
    url = f"/submissions/{filed.code}/files/{key}/"
    assert group.get(url).status_code == 200
    assert client_of(cast.unit).get(url).status_code == 404
    assert client_of(cast.unit).get(files_of(filed)).status_code == 200


def test_a_file_of_another_submission_is_not_found(walk, cast, client_of):
    mine, other = walk.filed(), walk.filed(group=cast.second_group)
    key = other.attachments.get(slot="records").document.key
    url = f"/submissions/{mine.code}/files/{key}/"
    assert client_of(cast.group).get(url).status_code == 404
    assert client_of(cast.unit).get(url).status_code == 404


def test_the_paper_says_how_far_it_is(
    walk, cast, client_of, django_capture_on_commit_callbacks
):
    draft, client = walk.draft(), client_of(cast.group)
    with django_capture_on_commit_callbacks() as callbacks:
        actions.file(draft.pk, confirmed=True, by=cast.group, at=timezone.now())
    key = walk.fresh(draft).revision.document.key
    status = f"/submissions/{draft.code}/files/{key}/status/"
    paper = f"/submissions/{draft.code}/papers/form/"
    waiting = client.get(status).content.decode()
    assert "排队中" in waiting
    assert f'data-poll="{status}"' in waiting
    assert client.get(paper).status_code == 404
    for callback in callbacks:
        callback()
    ready = client.get(status).content.decode()
    assert "已生成" in ready
    assert "data-poll" not in ready
    assert client.get(paper).headers["Content-Type"] == "application/pdf"


def test_a_paper_that_did_not_come_out_can_be_asked_for_again(walk, cast, client_of):
    filed, client = walk.filed(), client_of(cast.group)
    document = filed.revision.document
    Document.objects.filter(pk=document.pk).update(status=Document.Status.FAILED)
    url = f"/submissions/{filed.code}/files/{document.key}/"
    assert "再试一次" in client.get(f"{url}status/").content.decode()
    client.post(f"{url}retry/")
    document.refresh_from_db()
    assert (document.status, document.attempts) == (Document.Status.WAITING, 0)


def test_a_draft_has_no_filed_form(walk, cast, client_of):
    draft = walk.draft()
    url = f"/submissions/{draft.code}/papers/form/"
    assert client_of(cast.group).get(url).status_code == 404
