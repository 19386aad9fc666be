"""Files over a line that breaks, in a real browser; filing while they travel."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator

import pikepdf
import pytest
from django.urls import reverse
from playwright.sync_api import expect

from qcportal import clock
from qcportal.documents import resumable
from qcportal.documents.models import Upload
from submissions import rules, upload_actions
from submissions.arrivals import PendingFiling
from submissions.lifecycle import State
from submissions.models import Submission
from tests.journeys.browsing import Person
from tests.submissions import sending

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BIG = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def scan() -> bytes:
    """A sound PDF that no line carries at once."""
    made = pikepdf.new()
    made.add_blank_page()
    made.Root.Extra = made.make_indirect(pikepdf.Stream(made, os.urandom(BIG)))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.fixture
def group(live_server, settings, chromium, cast) -> Iterator[Person]:
    """The group at its window, on a slow line. What fails because the line was cut on
    purpose is no trouble."""
    settings.SITE_URL = live_server.url
    one = Person(chromium, live_server.url, 1440)
    one.sign_in(cast.group, "group")
    one.page.on("dialog", lambda asked: asked.accept())
    yield one
    assert one.leave() == []


def slow(group: Person, bytes_a_second: int) -> None:
    line = group.context.new_cdp_session(group.page)
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 5, "downloadThroughput": -1,
         "uploadThroughput": bytes_a_second},
    )  # fmt: skip


def choose(group: Person, slot: str, name: str, content: bytes) -> None:
    chooser = group.page.locator(f'input[type=file][name="paper-{slot}"]')
    chooser.set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": content}
    )


def more_than(group: Person, percent: int) -> None:
    group.page.wait_for_function(
        "most => parseInt(document.querySelector('.slot-coming b')?.textContent) > most",
        arg=percent,
    )


def test_a_file_goes_on_after_the_line_broke_and_the_page_was_loaded_anew(
    group, walk, scan
):
    draft = walk.draft()
    here = reverse("submissions:edit", args=[draft.code])
    group.open(f"{here}?step=4")
    slow(group, 900_000)
    choose(group, "records", "扫描件.pdf", scan)
    more_than(group, 15)
    group.context.set_offline(True)
    group.reads("网断了")
    group.context.set_offline(False)
    more_than(group, 45)
    kept = Upload.objects.get().offset
    group.open(f"{here}?step=4")  # goes on by itself
    expect(group.page.get_by_role("link", name="扫描件.pdf")).to_be_visible(
        timeout=60_000
    )

    upload = Upload.objects.get()  # declared once
    assert 0 < kept < upload.size
    assert upload.status == Upload.Status.TAKEN
    document = rules.current_attachments(draft)["records"][-1].document
    assert document.sha256 == hashlib.sha256(scan).hexdigest()
    group.reads("1 页")


def test_paused_gone_on_with_and_dropped(group, walk, scan):
    draft = walk.draft()
    group.open(reverse("submissions:edit", args=[draft.code]) + "?step=4")
    slow(group, 600_000)
    choose(group, "records", "扫描件.pdf", scan)
    more_than(group, 10)
    group.press("暂停").reads("停在")
    group.press("接着传").reads("每秒")
    group.press("不要了")
    expect(group.page.locator(".slot-coming")).to_have_count(0)
    assert Upload.objects.get().status == Upload.Status.DROPPED
    choose(group, "records", "坏的.pdf", b"<html>" + b"x" * 300)
    group.reads("内容却是")
    group.press("知道了")
    expect(group.page.locator("[data-refused]")).to_have_count(0)


def test_filed_while_a_file_travels(group, walk, scan):
    draft = walk.draft()
    draft.attachments.filter(slot="report").delete()
    group.open(reverse("submissions:edit", args=[draft.code]) + "?step=4")
    slow(group, 700_000)
    choose(group, "report", "成果报告.pdf", scan)
    more_than(group, 5)
    with group.context.expect_page() as opening:
        group.press("核对并提交")
    beside = opening.value
    beside.get_by_label("我确认名称与公章一致").check()
    beside.get_by_role("button", name="现在提交，等文件传完").click()
    expect(beside.locator("body")).to_contain_text("正在等文件传完")
    assert PendingFiling.objects.get().is_waiting
    expect(beside.locator("body")).to_contain_text("文件收全", timeout=60_000)
    filed = Submission.objects.get(pk=draft.pk)
    assert filed.state_enum == State.FILED
    assert PendingFiling.objects.get().status == PendingFiling.Status.FILED


def test_gone_on_with_in_another_browser_while_a_filing_waits(group, walk, cast, scan):
    draft = walk.draft()
    at = clock.now()
    found = upload_actions.begin_upload(
        draft.pk, "records", sending.said("扫描件.pdf", scan), by=cast.group, at=at
    )
    resumable.append(found.upload, 0, sending.body(scan[: BIG // 2]))
    upload_actions.file_when_complete(draft.pk, confirmed=True, by=cast.group, at=at)
    group.open(reverse("submissions:track", args=[draft.code]))
    chooser = group.page.locator("input[data-resume]")
    other = {"name": "扫描件.pdf", "mimeType": "application/pdf"}
    chooser.set_input_files(other | {"buffer": scan[:-1]})
    group.reads("选的不是同一个文件")
    chooser.set_input_files(other | {"buffer": scan})
    group.reads("文件收全")
    filed = Submission.objects.get(pk=draft.pk)
    assert (filed.state_enum, filed.filed_revision.filed_at) == (State.FILED, at)
