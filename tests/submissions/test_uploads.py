"""Files in pieces: what the protocol says to everything a sender may do."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.http import UnreadablePostError
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qcportal import clock
from qcportal.campaigns.models import Window
from qcportal.campaigns.stages import Stage
from qcportal.documents import keeping, resumable, uploads
from qcportal.documents.models import Upload, UploadPart
from qcportal.documents.resumable import OffsetMoved
from submissions import actions, upload_actions
from submissions.arrivals import SlotUpload
from submissions.models import Attachment
from tests import factories
from tests.qcportal.documents.test_uploads import HOSTILE
from tests.submissions import sending
from tests.submissions.sending import BODY, declare, row_at, send

pytestmark = pytest.mark.django_db
PDF = factories.pdf_file().read()


@pytest.fixture
def draft(walk):
    return walk.draft()


@pytest.fixture
def group(cast, client_of) -> Client:
    return client_of(cast.group)


def begun(group, draft, content=PDF, slot="records", name="记录.pdf") -> str:
    answer = declare(group, draft, slot, name, content)
    assert answer.status_code == 201, answer.content.decode()
    return answer["Location"]


def standing(draft, slot="records") -> list[str]:
    rows = draft.attachments.filter(slot=slot, removed_at__isnull=True)
    return [row.document.title for row in rows.select_related("document")]


# --- the whole way --------------------------------------------------------------------


def test_a_file_in_pieces_stands_in_its_slot(
    group, draft, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        found = sending.whole(group, draft, "records", "点检 记录.pdf", PDF)

    found = SlotUpload.objects.get(pk=found.pk)
    document = found.attachment.document
    assert found.upload.status == Upload.Status.TAKEN
    assert (document.title, document.size, document.pages) == (
        "点检 记录.pdf",
        len(PDF),
        1,
    )
    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    assert standing(draft) == ["活动记录.pdf", "点检 记录.pdf"]
    assert UploadPart.objects.count() == 0


def test_options_say_what_is_offered(group, draft):
    answer = group.options(
        reverse("submissions:upload_begin", args=[draft.code, "report"])
    )
    assert (answer.status_code, answer["Tus-Version"]) == (204, "1.0.0")
    assert answer["Tus-Extension"] == "creation,termination,checksum,expiration"
    assert answer["Tus-Max-Size"] == str(50 * 1024 * 1024)


def test_head_says_how_far_it_is(group, draft):
    path = begun(group, draft)
    send(group, path, 0, PDF[:100])
    answer = group.head(path, **sending.TUS)
    assert (answer.status_code, answer["Upload-Offset"]) == (200, "100")
    assert answer["Upload-Length"] == str(len(PDF))
    assert answer["Cache-Control"].startswith("no-store")
    assert "GMT" in answer["Upload-Expires"]
    told = group.get(path).json()
    assert told == {"status": "OPEN", "offset": 100, "size": len(PDF), "reason": ""}


def test_the_same_file_declared_again_is_gone_on_with(group, draft):
    path = begun(group, draft)
    send(group, path, 0, PDF[:100])
    again = declare(group, draft, "records", "记录.pdf", PDF)
    assert (again.status_code, again["Location"]) == (201, path)
    assert again["Upload-Offset"] == "100"
    assert SlotUpload.objects.count() == 1


def test_delete_ends_it_and_drops_its_pieces(
    group, draft, django_capture_on_commit_callbacks
):
    path = begun(group, draft)
    send(group, path, 0, PDF[:100])
    stored = UploadPart.objects.get().stored
    with django_capture_on_commit_callbacks(execute=True):
        assert group.delete(path, **sending.TUS).status_code == 204
    assert group.head(path, **sending.TUS).status_code == 410
    assert send(group, path, 100, PDF[100:]).status_code == 409
    assert not default_storage.exists(stored)
    assert standing(draft) == ["活动记录.pdf"]


def test_the_button_without_a_script_drops_it_too(group, draft):
    path = begun(group, draft)
    answer = group.post(path)
    assert answer.status_code == 302
    assert answer.url.endswith("#field-paper-records")
    assert row_at(path).upload.status == Upload.Status.DROPPED


def test_a_method_may_stand_in_a_header(group, draft):
    path = begun(group, draft)
    answer = group.post(
        path, PDF[:50], content_type=BODY,
        headers={"X-HTTP-Method-Override": "PATCH", "Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
    )  # fmt: skip
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "50")


# --- what is not taken ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "piece", "more", "status"),
    [
        ("0", PDF[:10], {}, 409),  # there are 100 bytes already
        ("101", PDF[101:], {}, 409),
        ("99", PDF[99:], {}, 409),
        ("100", PDF[100:] + b"x", {}, 413),
        (str(10**14), b"x", {}, 413),
        ("-1", b"x", {}, 400),
        ("abc", b"x", {}, 400),
        ("", b"x", {}, 400),
        ("1e2", b"x", {}, 400),
        ("100", b"x", {"Tus-Resumable": "0.2.2"}, 412),
        ("100", b"x", {"Tus-Resumable": ""}, 412),
        ("100", b"x", {"Upload-Checksum": "crc32 AAAA"}, 400),
        ("100", b"x", {"Upload-Checksum": "sha1 !!!"}, 400),
        ("100", b"x", {"Upload-Checksum": "sha1 AAAA"}, 400),
    ],
)  # fmt: skip
def test_a_piece_that_does_not_fit_changes_nothing(
    group, draft, offset, piece, more, status
):
    path = begun(group, draft)
    send(group, path, 0, PDF[:100])
    answer = send(group, path, offset, piece, **more)
    assert (answer.status_code, answer["Tus-Resumable"]) == (status, "1.0.0")
    assert row_at(path).upload.offset == 100
    assert UploadPart.objects.count() == 1


def test_a_piece_of_another_type_is_not_taken(group, draft):
    path = begun(group, draft)
    for kind in (
        "application/octet-stream",
        "multipart/form-data; boundary=x",
        "text/plain",
    ):
        answer = group.patch(
            path, b"x", content_type=kind,
            headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
        )  # fmt: skip
        assert answer.status_code == 415
    assert row_at(path).upload.offset == 0


@pytest.mark.parametrize("name", ["sha1", "sha256", "md5"])
def test_a_piece_with_its_checksum(group, draft, name):
    path, piece = begun(group, draft), PDF[:100]
    good = base64.b64encode(hashlib.new(name, piece).digest()).decode()
    bad = base64.b64encode(hashlib.new(name, b"other").digest()).decode()
    assert send(group, path, 0, piece, checksum=f"{name} {bad}").status_code == 460
    assert row_at(path).upload.offset == 0
    assert UploadPart.objects.count() == 0
    assert send(group, path, 0, piece, checksum=f"{name} {good}").status_code == 204
    assert row_at(path).upload.offset == 100


@pytest.mark.parametrize(
    ("name", "more", "status", "says"),
    [
        ("记录.pdf", {"size": 101 * 1024 * 1024}, 413, "超过 100 MB"),
        ("记录.pdf", {"size": 0}, 403, "空文件"),
        ("记录.exe", {}, 403, "类型不能上传"),
        ("记录", {}, 403, "类型不能上传"),
        ("照片.heic", {}, 403, "HEIC"),
        ("11010519491231002X.pdf", {}, 403, "身份证号"),
        ("记录.pdf", {"size": "x"}, 400, "Upload-Length"),
        ("记录.pdf", {"size": -5}, 400, "Upload-Length"),
        ("记录.pdf", {"sha256": "abc"}, 400, "sha256"),
        ("记录.pdf", {"sha256": ""}, 400, "sha256"),
        ("", {}, 400, "filename"),
        ("记录.pdf", {"Upload-Metadata": "filename ***"}, 400, "Base64"),
        ("记录.pdf", {"Upload-Defer-Length": "1"}, 400, "Defer"),
        ("记录.pdf", {"Tus-Resumable": "2.0.0"}, 412, "1.0.0"),
    ],
)  # fmt: skip
def test_what_may_not_be_begun(group, draft, name, more, status, says):
    answer = declare(group, draft, "records", name, PDF, **more)
    assert answer.status_code == status
    assert says in answer.content.decode()
    assert SlotUpload.objects.count() == 0


def test_a_slot_the_form_has_not_is_not_there(group, draft):
    assert declare(group, draft, "nothing", "a.pdf", PDF).status_code == 404


def test_the_slot_takes_so_many(group, draft):
    for number in range(19):  # one stands there
        begun(group, draft, PDF + b"%d" % number)
    answer = declare(group, draft, "records", "一.pdf", PDF)
    assert (answer.status_code, "最多 20 份" in answer.content.decode()) == (403, True)


def test_in_a_slot_for_one_the_newer_choice_wins(
    group, draft, django_capture_on_commit_callbacks
):
    older = begun(group, draft, slot="report", name="旧.pdf")
    newer = begun(group, draft, PDF + b"\n", slot="report", name="新.pdf")
    assert row_at(older).upload.status == Upload.Status.DROPPED
    with django_capture_on_commit_callbacks(execute=True):
        send(group, newer, 0, PDF + b"\n")
    assert standing(draft, "report") == ["新.pdf"]


def test_one_person_leaves_only_so_much_unfinished(group, draft, monkeypatch):
    monkeypatch.setattr("submissions.upload_rules.MOST_OPEN", 2)
    begun(group, draft, PDF + b"1")
    begun(group, draft, PDF + b"2")
    answer = declare(group, draft, "records", "三.pdf", PDF + b"3")
    assert (answer.status_code, "太多" in answer.content.decode()) == (403, True)


def test_nobody_else_finds_it(draft, group, cast, client_of):
    path = begun(group, draft)
    for actor, status in (
        (cast.second_group, 404), (cast.other_group, 404), (cast.unit, 403),
        (cast.recommender, 403), (cast.association, 403), (cast.judge, 403),
    ):  # fmt: skip
        other = client_of(actor)
        answers = {
            other.head(path, **sending.TUS).status_code,
            other.get(path).status_code,
            send(other, path, 0, PDF).status_code,
            other.delete(path, **sending.TUS).status_code,
            other.post(path).status_code,
            declare(other, draft, "records", "记录.pdf", PDF).status_code,
        }
        assert answers == {status}
    assert send(Client(), path, 0, PDF).status_code == 302
    assert (row_at(path).upload.offset, SlotUpload.objects.count()) == (0, 1)


def test_another_submissions_address_does_not_lead_there(group, draft, walk):
    path, other = begun(group, draft), walk.draft()
    wrong = path.replace(draft.code, other.code)
    assert group.head(wrong, **sending.TUS).status_code == 404


def test_without_the_forms_token_nothing_is_written(draft, cast, client_of):
    desk = client_of(cast.group)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies
    assert declare(strict, draft, "records", "记录.pdf", PDF).status_code == 403
    assert SlotUpload.objects.count() == 0


# --- the line breaks, the server dies ----------------------------------------------------


class Breaking:
    """A body whose line breaks after so many bytes."""

    def __init__(self, content: bytes, after: int) -> None:
        self.content, self.after, self.at = content, after, 0

    def read(self, size: int, /) -> bytes:
        if self.at >= self.after:
            raise UnreadablePostError("the line broke")
        piece = self.content[self.at : min(self.at + size, self.after)]
        self.at += len(piece)
        return piece


def test_what_came_before_the_line_broke_is_kept(group, draft, cast, monkeypatch):
    monkeypatch.setattr(resumable, "PIECE", 64)
    monkeypatch.setattr(resumable, "PART", 128)
    found = row_at(begun(group, draft))
    upload = upload_actions.receive(
        found, 0, Breaking(PDF, 300), by=cast.group, at=clock.now()
    )
    assert upload.offset == 300
    assert [(p.start, p.size) for p in upload.parts.all()] == [
        (0, 128),
        (128, 128),
        (256, 44),
    ]


def test_with_a_checksum_a_broken_piece_is_not_kept(group, draft, cast):
    found = row_at(begun(group, draft))
    digest = hashlib.sha256(PDF).digest()
    with pytest.raises(resumable.ChecksumDiffers):
        resumable.append(
            found.upload, 0, Breaking(PDF, 300), checksum=("sha256", digest)
        )
    assert row_at(group_path(found)).upload.offset == 0


def group_path(found) -> str:
    return reverse("submissions:upload", args=[found.submission.code, found.upload.key])


def test_a_late_sender_of_the_same_bytes_is_told_to_go_on(group, draft):
    found = row_at(begun(group, draft))
    resumable.append(found.upload, 0, Breaking(PDF, 300))
    with pytest.raises(OffsetMoved):
        resumable._keep(found.upload, 0, 100, factories.png_file())
    assert UploadPart.objects.count() == 1


def test_the_last_piece_twice_is_one_file(
    group, draft, django_capture_on_commit_callbacks
):
    path = begun(group, draft)
    with django_capture_on_commit_callbacks(execute=True):
        assert send(group, path, 0, PDF).status_code == 204
        assert send(group, path, 0, PDF).status_code == 409
    found = row_at(path)
    for _ in range(3):  # a message delivered again
        upload_actions.take_in(found.pk, at=clock.now())
    assert standing(draft) == ["活动记录.pdf", "记录.pdf"]


def test_a_whole_file_whose_message_was_lost_is_taken_by_the_sweep(
    group, draft, django_capture_on_commit_callbacks
):
    path = begun(group, draft)
    send(group, path, 0, PDF)  # the message is never sent
    assert standing(draft) == ["活动记录.pdf"]
    with django_capture_on_commit_callbacks(execute=True):
        upload_actions.sweep(at=clock.now())
    assert standing(draft) == ["活动记录.pdf", "记录.pdf"]


def test_a_worker_killed_while_looking_is_followed_by_another(
    group, draft, django_capture_on_commit_callbacks
):
    path = begun(group, draft)
    send(group, path, 0, PDF)
    found, at = row_at(path), clock.now()
    assert resumable.claim(found.upload_id, at) is not None  # and was killed
    upload_actions.take_in(found.pk, at=at + timedelta(minutes=1))
    assert standing(draft) == ["活动记录.pdf"]
    upload_actions.take_in(found.pk, at=at + timedelta(minutes=7))
    assert standing(draft) == ["活动记录.pdf", "记录.pdf"]


def test_a_file_that_kills_its_lookers_is_given_up(group, draft):
    path = begun(group, draft)
    send(group, path, 0, PDF)
    found, at = row_at(path), clock.now()
    for number in range(3):
        assert resumable.claim(found.upload_id, at + timedelta(minutes=10 * number))
    upload_actions.take_in(found.pk, at=at + timedelta(minutes=60))
    upload = row_at(path).upload
    assert (upload.status, upload.reason) == ("REFUSED", upload_actions.GAVE_UP)


def test_what_was_left_lying_is_cleared(
    group, draft, django_capture_on_commit_callbacks
):
    path = begun(group, draft)
    send(group, path, 0, PDF[:100])
    stored = UploadPart.objects.get().stored
    with django_capture_on_commit_callbacks(execute=True):
        upload_actions.sweep(at=clock.now() + timedelta(days=2))
    assert row_at(path).upload.status == Upload.Status.OPEN
    with django_capture_on_commit_callbacks(execute=True):
        upload_actions.sweep(at=clock.now() + timedelta(days=3, minutes=1))
    assert row_at(path).upload.status == Upload.Status.DROPPED
    assert not default_storage.exists(stored)


def test_pieces_no_row_names_are_dropped_after_a_day(group, draft):
    path = begun(group, draft)
    send(group, path, 0, PDF[:100])
    kept = UploadPart.objects.get().stored
    lost = keeping.write_part(factories.png_file())
    assert lost not in list(keeping.unowned(clock.now()))
    keeping.drop_unowned(clock.now() + timedelta(days=2))
    assert (default_storage.exists(kept), default_storage.exists(lost)) == (True, False)


# --- what is in it ------------------------------------------------------------------------


def test_nothing_hostile_stands_in_a_slot(group, draft, cast):
    """Every specimen a plain upload refuses is refused after its pieces were joined."""
    taken, at = [], clock.now()
    for (name, content), code in HOSTILE.items():
        if not content:
            continue  # an empty file cannot be declared
        said = resumable.begin(
            uploads.clean_name(name), len(content), hashlib.sha256(content).hexdigest(),
            by=cast.group.user, at=at,
        )  # fmt: skip
        found = SlotUpload.objects.create(
            submission=draft, slot="records", upload=said, seat=cast.group.membership
        )
        resumable.append(said, 0, io.BytesIO(content))
        upload_actions.take_in(found.pk, at=at)
        said.refresh_from_db()
        if (said.status, bool(said.reason)) != ("REFUSED", True):
            taken.append((name, code, said.status))
    assert taken == []
    assert standing(draft) == ["活动记录.pdf"]


def test_other_bytes_than_declared_are_not_taken(
    group, draft, django_capture_on_commit_callbacks
):
    answer = declare(group, draft, "records", "记录.pdf", PDF, sha256="0" * 64)
    with django_capture_on_commit_callbacks(execute=True):
        send(group, answer["Location"], 0, PDF)
    upload = row_at(answer["Location"]).upload
    assert (upload.status, "不一样" in upload.reason) == ("REFUSED", True)
    assert standing(draft) == ["活动记录.pdf"]


def test_a_missing_piece_is_found_out(group, draft, django_capture_on_commit_callbacks):
    path = begun(group, draft)
    send(group, path, 0, PDF[:100])
    default_storage.delete(UploadPart.objects.get().stored)
    with django_capture_on_commit_callbacks(execute=True):
        send(group, path, 100, PDF[100:])
    upload = row_at(path).upload
    assert (upload.status, "没有收全" in upload.reason) == ("REFUSED", True)


@override_settings(CLAMAV_ADDRESS="127.0.0.1:1")
def test_without_its_scanner_a_file_waits(
    group, draft, django_capture_on_commit_callbacks
):
    path = begun(group, draft)
    with django_capture_on_commit_callbacks(execute=True):
        send(group, path, 0, PDF)
    assert row_at(path).upload.status == Upload.Status.RECEIVED
    assert standing(draft) == ["活动记录.pdf"]
    with override_settings(CLAMAV_ADDRESS=""):
        pk, at = row_at(path).pk, clock.now()
        upload_actions.take_in(pk, at=at)  # not at once again
        assert standing(draft) == ["活动记录.pdf"]
        upload_actions.take_in(pk, at=at + timedelta(minutes=1))
    assert standing(draft) == ["活动记录.pdf", "记录.pdf"]


@pytest.mark.parametrize("name", ["edit", "file", "track"])
def test_pages_ask_as_often_for_three_files_on_their_way_as_for_one(group, draft, name):
    path = reverse(f"submissions:{name}", args=[draft.code])
    group.get(path)
    counts = []
    for number in range(3):
        begun(group, draft, PDF + b"%d" % number)
        with CaptureQueriesContext(connection) as asked:
            assert group.get(path).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[2]


# --- the window ------------------------------------------------------------------------------


def close(campaign, at):
    Window.objects.filter(campaign=campaign, stage=Stage.FILING).update(closes_at=at)


def test_after_the_closing_nothing_is_begun(group, draft, campaign):
    close(campaign, clock.now())
    answer = declare(group, draft, "records", "记录.pdf", PDF)
    assert (answer.status_code, "已关闭" in answer.content.decode()) == (403, True)


@pytest.mark.parametrize(
    ("begun_ago", "closed_ago", "taken"),
    [
        (5, 4, True),  # begun a minute before the closing, four minutes ago
        (5, 5, False),  # begun at the closing
        (4, 5, False),  # begun after it
        (15, 9, True),
        (15, 10, False),  # the ten minutes are over
        (15, 11, False),
    ],
)
def test_what_had_begun_may_finish_within_the_minutes(
    group,
    draft,
    campaign,
    begun_ago,
    closed_ago,
    taken,
    django_capture_on_commit_callbacks,
):
    path, at = begun(group, draft), clock.now()
    Upload.objects.update(begun_at=at - timedelta(minutes=begun_ago))
    close(campaign, at - timedelta(minutes=closed_ago))
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(group, path, 0, PDF)
    assert (answer.status_code == 204) is taken
    assert ("记录.pdf" in standing(draft)) is taken


def test_received_in_time_and_looked_at_later_still_counts(group, draft, campaign):
    path, at = begun(group, draft), clock.now()
    send(group, path, 0, PDF)
    close(campaign, at + timedelta(seconds=30))
    upload_actions.take_in(row_at(path).pk, at=at + timedelta(hours=2))
    assert standing(draft) == ["活动记录.pdf", "记录.pdf"]


def test_filed_meanwhile_the_file_does_not_slip_in(group, draft, cast, walk):
    """Filing asks for unfinished files; what is filed is frozen without it."""
    path = begun(group, draft)
    send(group, path, 0, PDF[:50])
    with pytest.raises(Exception, match="还没有传完"):
        actions.file(draft.pk, confirmed=True, by=cast.group, at=walk.at)
    group.delete(path, **sending.TUS)
    actions.file(draft.pk, confirmed=True, by=cast.group, at=walk.at)
    assert send(group, path, 50, PDF[50:]).status_code == 403
    assert Attachment.objects.filter(submission=draft, slot="records").count() == 1


# --- two at once (PostgreSQL) --------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_windows_with_the_same_bytes_never_mix(walk, cast):
    draft = walk.draft()
    for number in range(5):
        content = PDF + b"%d" % number
        said = resumable.begin(
            "记录.pdf", len(content), "0" * 64, by=cast.group.user, at=walk.at
        )
        gate, moved = threading.Barrier(2), []

        def push(upload=said, content=content, gate=gate, moved=moved):
            gate.wait(10)
            try:
                resumable.append(upload, 0, Breaking(content, len(content)))
            except OffsetMoved:
                moved.append(1)
            finally:
                resumable.transaction.get_connection().close()

        threads = [threading.Thread(target=push) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join(30)
        said.refresh_from_db()
        assert (said.offset, said.parts.count(), len(moved)) == (len(content), 1, 1)
    assert draft.attachments.count() == 2
