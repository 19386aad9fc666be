"""Filed in time with files on their way: done when they are here, or lapsed with why."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from qcportal import clock
from qcportal.campaigns.models import Window
from qcportal.campaigns.stages import Stage
from qcportal.documents.models import Document, Upload
from qcportal.inbox.models import Message
from qcportal.refusals import Refused
from reviews import actions as reviewing
from submissions import actions, upload_actions
from submissions.arrivals import PendingFiling
from submissions.lifecycle import State
from submissions.models import Attachment, Revision, Submission
from tests import factories
from tests.submissions import sending
from tests.submissions.sending import declare, row_at, send

pytestmark = pytest.mark.django_db
PDF = factories.pdf_file().read()
Status = PendingFiling.Status


@pytest.fixture
def group(cast, client_of) -> Client:
    return client_of(cast.group)


@pytest.fixture
def draft(walk):
    """Complete but for the report, which is on its way."""
    found = walk.draft()
    found.attachments.filter(slot="report").delete()
    return found


@pytest.fixture
def path(group, draft) -> str:
    answer = declare(group, draft, "report", "成果报告.pdf", PDF)
    send(group, answer["Location"], 0, PDF[:100])
    return answer["Location"]


def file(draft, by, at):
    return upload_actions.file_when_complete(draft.pk, confirmed=True, by=by, at=at)


def close(campaign, at):
    Window.objects.filter(campaign=campaign, stage=Stage.FILING).update(closes_at=at)


def fresh(draft) -> Submission:
    return Submission.objects.with_people().get(pk=draft.pk)


def codes(act) -> list[str]:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.codes


# --- in time -----------------------------------------------------------------------


def test_filed_when_the_last_file_is_here_as_of_the_act(
    group, draft, path, cast, campaign, django_capture_on_commit_callbacks
):
    at = clock.now()
    pending = file(draft, cast.group, at)
    assert (pending.status, fresh(draft).state_enum) == (Status.WAITING, State.DRAFT)
    close(campaign, at + timedelta(milliseconds=1))  # the bell

    with django_capture_on_commit_callbacks(execute=True):
        assert send(group, path, 100, PDF[100:]).status_code == 204

    found, revision = fresh(draft), Revision.objects.get()
    pending.refresh_from_db()
    upload = row_at(path).upload
    assert (pending.status, found.state_enum) == (Status.FILED, State.FILED)
    assert (revision.filed_at, revision.completed_at) == (at, upload.received_at)
    assert found.steps.get().at == at
    assert revision.papers[-1]["title"] == "成果报告.pdf"
    assert upload.received_at > at


def test_pages_of_the_whole_way(
    group, draft, path, cast, django_capture_on_commit_callbacks
):
    page = group.get(reverse("submissions:file", args=[draft.code])).content.decode()
    assert "成果报告.pdf" in page
    assert 'name="wait"' in page
    posted = group.post(
        reverse("submissions:file", args=[draft.code]),
        {"confirmed": "on", "wait": "on"}, follow=True,
    )  # fmt: skip
    assert "等文件传完" in posted.content.decode()
    edit = group.get(reverse("submissions:edit", args=[draft.code])).content.decode()
    assert "正在等文件传完" in edit
    with django_capture_on_commit_callbacks(execute=True):
        send(group, path, 100, PDF[100:])
    track = group.get(reverse("submissions:track", args=[draft.code])).content.decode()
    assert "文件收全" in track


def test_a_second_click_finds_the_first(draft, path, cast):
    at = clock.now()
    first = file(draft, cast.group, at)
    assert file(draft, cast.group, at + timedelta(seconds=2)) == first
    assert codes(
        lambda: actions.file(draft.pk, confirmed=True, by=cast.group, at=at)
    ) == ["filing_waits", "paper_missing", "uploads_unfinished"]


def test_while_it_waits_nothing_is_changed(draft, path, cast, group):
    at = clock.now()
    file(draft, cast.group, at)
    content = fresh(draft).content
    records = draft.attachments.get(slot="records")
    document = factories.stored(factories.pdf_file(), "attachment", cast.group)
    for act in (
        lambda: actions.save_draft(draft.pk, content, version=draft.version, by=cast.group, at=at),
        lambda: actions.detach(records.pk, by=cast.group, at=at),
        lambda: actions.attach(draft.pk, "records", document, by=cast.group, at=at),
    ):  # fmt: skip
        assert codes(act) == ["filing_waits"]
    assert declare(group, draft, "records", "二.pdf", PDF).status_code == 403
    assert group.delete(path, **sending.TUS).status_code == 403


def test_taken_back_it_may_be_changed_again(draft, path, cast, group):
    file(draft, cast.group, clock.now())
    group.post(reverse("submissions:cancel_filing", args=[draft.code]))
    pending = PendingFiling.objects.get()
    assert pending.status == Status.CANCELLED
    assert send(group, path, 100, PDF[100:]).status_code == 204
    upload_actions.take_in(row_at(path).pk, at=clock.now())
    assert fresh(draft).state_enum == State.DRAFT
    assert group.post(
        reverse("submissions:cancel_filing", args=[draft.code])
    ).status_code in {302, 409}


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("title", "missing"),
        ("report", "nothing_awaited"),
        ("confirmed", "not_confirmed"),
    ],
)
def test_all_else_must_be_there(draft, path, cast, group, what, code):
    at = clock.now()
    if what == "title":
        content = {**draft.content, "title": ""}
        actions.save_draft(
            draft.pk, content, version=draft.version, by=cast.group, at=at
        )
    if what == "report":
        group.delete(path, **sending.TUS)
    said = codes(lambda: upload_actions.file_when_complete(
        draft.pk, confirmed=what != "confirmed", by=cast.group, at=at))  # fmt: skip
    assert said[0] == code
    assert PendingFiling.objects.count() == 0


def test_after_the_closing_nobody_files_so(draft, path, cast, campaign):
    at = clock.now()
    close(campaign, at)
    assert codes(lambda: file(draft, cast.group, at)) == ["window_closed"]


# --- lapsed --------------------------------------------------------------------------


def test_it_lapses_when_the_minutes_are_over(draft, path, cast, campaign, group):
    at = clock.now()
    close(campaign, at + timedelta(seconds=1))
    pending = file(draft, cast.group, at)
    assert pending.deadline == at + timedelta(minutes=10, seconds=1)
    upload_actions.sweep(at=pending.deadline - timedelta(seconds=1))
    assert PendingFiling.objects.get().status == Status.WAITING

    upload_actions.sweep(at=pending.deadline + timedelta(minutes=1))
    upload_actions.sweep(at=pending.deadline + timedelta(minutes=2))

    pending.refresh_from_db()
    assert (pending.status, fresh(draft).state_enum) == (Status.LAPSED, State.DRAFT)
    assert "成果报告.pdf" in pending.reason
    told = Message.objects.filter(
        organisation=draft.group, title__startswith="没有提交成"
    )
    assert told.count() == 1
    page = group.get(reverse("submissions:track", args=[draft.code])).content.decode()
    assert "没有提交成" in page
    assert pending.reason in page
    assert fresh(draft).content == draft.content
    assert Revision.objects.count() == 0


def test_received_in_time_and_looked_at_late_is_filed(
    draft, path, cast, campaign, group
):
    at = clock.now()
    pending = file(draft, cast.group, at)
    close(campaign, at + timedelta(seconds=1))
    PendingFiling.objects.update(deadline=at + timedelta(minutes=10))
    send(group, path, 100, PDF[100:])  # the queue is down
    upload_actions.settle(draft.pk, at=at + timedelta(hours=1))
    assert PendingFiling.objects.get().status == Status.WAITING
    upload_actions.take_in(row_at(path).pk, at=at + timedelta(hours=2))
    pending.refresh_from_db()
    assert (pending.status, fresh(draft).state_enum) == (Status.FILED, State.FILED)


def test_a_file_that_is_not_taken_makes_it_lapse_at_once(
    group, draft, cast, django_capture_on_commit_callbacks
):
    content = b"<html>" + b"x" * 300
    path = declare(group, draft, "report", "成果报告.pdf", content)["Location"]
    file(draft, cast.group, clock.now())
    with django_capture_on_commit_callbacks(execute=True):
        send(group, path, 0, content)
    pending = PendingFiling.objects.get()
    assert (pending.status, "没有收下" in pending.reason) == (Status.LAPSED, True)
    assert fresh(draft).state_enum == State.DRAFT


def test_lapsed_it_may_be_filed_again_while_open(
    group, draft, path, cast, django_capture_on_commit_callbacks
):
    pending = file(draft, cast.group, clock.now())
    PendingFiling.objects.update(deadline=clock.now() - timedelta(minutes=1))
    upload_actions.settle(draft.pk, at=clock.now())
    assert PendingFiling.objects.get().status == Status.LAPSED
    again = file(draft, cast.group, clock.now())
    assert again.pk != pending.pk
    with django_capture_on_commit_callbacks(execute=True):
        send(group, path, 100, PDF[100:])
    assert fresh(draft).state_enum == State.FILED


def test_killed_between_the_file_and_the_filing_the_sweep_files(
    draft, path, cast, group, monkeypatch
):
    file(draft, cast.group, clock.now())
    send(group, path, 100, PDF[100:])

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(upload_actions, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            upload_actions.take_in(row_at(path).pk, at=clock.now())
    assert fresh(draft).state_enum == State.DRAFT
    upload_actions.sweep(at=clock.now())
    assert fresh(draft).state_enum == State.FILED
    assert Revision.objects.count() == 1


def test_killed_inside_the_filing_nothing_is_half(
    draft, path, cast, group, monkeypatch
):
    file(draft, cast.group, clock.now())
    send(group, path, 100, PDF[100:])

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(actions, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            upload_actions.take_in(row_at(path).pk, at=clock.now())
    assert (Revision.objects.count(), PendingFiling.objects.get().status) == (
        0,
        Status.WAITING,
    )
    assert Attachment.objects.filter(submission=draft, slot="report").count() == 1
    upload_actions.sweep(at=clock.now())
    assert (Revision.objects.count(), fresh(draft).state_enum) == (1, State.FILED)


def test_an_amendment_waits_until_its_own_deadline(walk, cast, group):
    found = walk.submitted()
    from_now = clock.now()
    answers = {item.pk: (True, "") for item in factories.items_of(found)}
    reviewing.ask_amendment(
        found.pk, answers, comment="请补成果报告", by=cast.association, at=walk.at
    )
    answer = declare(group, found, "report", "新报告.pdf", PDF)
    assert answer.status_code == 201, answer.content.decode()
    due = fresh(found).due_at
    pending = file(found, cast.group, from_now)
    assert pending.deadline == due + timedelta(minutes=10)
    send(group, answer["Location"], 0, PDF)
    upload_actions.take_in(row_at(answer["Location"]).pk, at=clock.now())
    assert fresh(found).state_enum == State.AMENDED


# --- at once (PostgreSQL) ------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_lapse_and_completion_at_once_is_never_both(walk, cast):
    for number in range(8):
        found = walk.draft(cast.group if number % 2 else cast.second_group)
        by = cast.group if number % 2 else cast.second_group
        found.attachments.filter(slot="report").delete()
        row = whole_row(found, by, PDF + b"%d" % number)
        pending = file(found, by, clock.now())
        gate = threading.Barrier(3)

        def run(act, gate=gate):
            gate.wait(10)
            try:
                act()
            finally:
                connection.close()

        acts = (
            lambda pk=row.pk: upload_actions.take_in(pk, at=clock.now()),
            lambda pk=found.pk, p=pending: lapse_now(pk, p),
            lambda pk=found.pk: upload_actions.settle(pk, at=clock.now()),
        )
        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for one in threads:
            one.start()
        for one in threads:
            one.join(60)
        upload_actions.settle(found.pk, at=clock.now())
        pending.refresh_from_db()
        filed = fresh(found).state_enum == State.FILED
        assert filed == (pending.status == Status.FILED)
        assert Revision.objects.filter(submission=found).count() == int(filed)
        standing = Attachment.objects.filter(submission=found, slot="report").count()
        assert standing in ({1} if filed else {0, 1})
        if filed:
            actions.withdraw(found.pk, comment="试", by=by, at=clock.now())


def whole_row(found, by, content):
    """Every byte is here, nobody has looked yet."""
    said = upload_actions.begin_upload(
        found.pk, "report", sending.said("成果报告.pdf", content), by=by, at=clock.now()
    )
    upload_actions.resumable.append(said.upload, 0, sending.body(content))
    return said


def lapse_now(pk, pending):
    """The beat of a clock that is past the deadline, for a file that came too late."""
    Upload.objects.filter(status="RECEIVED").update(received_at=pending.deadline)
    upload_actions.settle(pk, at=pending.deadline + timedelta(minutes=1))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_message_in_five_workers_is_one_file(walk, cast):
    found = walk.draft()
    found.attachments.filter(slot="report").delete()
    row = whole_row(found, cast.group, PDF)
    before = Document.objects.count()
    gate = threading.Barrier(5)

    def run():
        gate.wait(10)
        try:
            upload_actions.take_in(row.pk, at=clock.now())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert Attachment.objects.filter(submission=found, slot="report").count() == 1
    assert Document.objects.count() == before + 1
