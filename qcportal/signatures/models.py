"""PDFs of ours that came back with somebody else's signatures, and what these say."""

from __future__ import annotations

from django.db import models

from qcportal.documents.models import Document
from qcportal.signatures import reading


class SignedCopy(models.Model):
    """A paper the portal issued, as it came back signed. Written once, never changed:
    what was read of the signatures stands as it was on that day.

    ``signatures``: the added ones as ``reading.Signature``, in order; ``state``: that
    of the last, whose signature is meant to stand for the stamp.
    """

    document = models.OneToOneField(
        Document, models.PROTECT, related_name="signed_copy"
    )
    issued = models.ForeignKey(Document, models.PROTECT, related_name="signed_copies")
    issued_sha256 = models.CharField("原件的 SHA-256", max_length=64)
    state = models.CharField("签名", max_length=8, choices=list(reading.STATES.items()))
    signatures = models.JSONField("签名内容", default=list)
    checked_at = models.DateTimeField("核对时间")

    class Meta:
        verbose_name = "数字签名的文件"
        verbose_name_plural = "数字签名的文件"
        ordering = ["-checked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["valid", "unknown"]),
                name="signed_copy_not_invalid",
            )
        ]

    @property
    def read(self) -> list[reading.Signature]:
        """The signatures as they were read."""
        return [reading.Signature(**one) for one in self.signatures]

    @property
    def words(self) -> str:
        """``某公司 · 公章，有效``; of an unproved one also why."""
        return "；".join(
            f"{one.signer}，{one.state_words}"
            + (f"（{one.reason}）" if one.reason else "")
            for one in self.read
        )
