"""What pages say of files on their way and of a filing that waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from qcportal.campaigns.rules import moment
from submissions import upload_rules
from submissions.arrivals import PendingFiling, SlotUpload
from submissions.models import Submission


def status(found: SlotUpload) -> Mapping[str, Any]:
    """For the script: how far it is (bytes), and what became of it."""
    upload = found.upload
    return {
        "status": upload.status, "offset": upload.offset, "size": upload.size,
        "reason": upload.reason,
    }  # fmt: skip


class Coming:
    """The files of one submission that are on their way or were refused, and the filing
    that waits. Asks the database twice, whatever their number."""

    def __init__(self, submission: Submission, at: datetime) -> None:
        self.submission, self.at = submission, at

    @cached_property
    def files(self) -> list[SlotUpload]:
        rows = self.submission.slot_uploads.shown()
        return list(rows.select_related("upload"))

    @property
    def unfinished(self) -> list[SlotUpload]:
        return [one for one in self.files if not one.upload.is_refused]

    @property
    def on_the_line(self) -> list[SlotUpload]:
        """Not whole yet: the browser has to go on."""
        return [one for one in self.files if one.upload.is_open]

    @cached_property
    def last(self) -> PendingFiling | None:
        """The newest filing that waited for files."""
        return self.submission.pending_filings.first()

    @property
    def waiting(self) -> PendingFiling | None:
        return self.last if self.last and self.last.is_waiting else None

    @property
    def lapsed(self) -> PendingFiling | None:
        """The last try that came to nothing, until the group files again."""
        return self.last if self.last and self.last.is_lapsed else None

    @property
    def minutes(self) -> int:
        return self.submission.campaign.upload_grace_minutes

    @property
    def until(self) -> str:
        """``7月12日 22:10``: the last moment for files of a filing made now."""
        return moment(upload_rules.last_moment(self.submission, self.at))
