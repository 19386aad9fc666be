"""The trail, and what the nightly look at the books found.

The trail beyond a submission's own steps: who did what, for whom, to what.

Append-only. Points at people and things by string key, so it imports nothing of
ours and outlives what it speaks of.
"""

from django.db import models


class BooksCheck(models.Model):
    """One run of the nightly questions whether the books add up.

    ``findings`` is ``[{"code", "about", "words"}]``, the first ``KEPT`` of ``count``.
    """

    KEPT = 200

    at = models.DateTimeField("核对时间")
    digests = models.BooleanField("也读了文件", default=False)
    count = models.PositiveIntegerField("对不上", default=0)
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "账目核对"
        verbose_name_plural = "账目核对"


class AppendOnly(models.QuerySet["TrailEntry"]):
    def update(self, **kwargs: object) -> int:
        raise TypeError("The trail is append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("The trail is append-only")


class TrailEntry(models.Model):
    at = models.DateTimeField("时间")
    user_key = models.CharField(max_length=64, blank=True, db_index=True)
    user_name = models.CharField("姓名", max_length=60, blank=True)
    organisation_key = models.CharField(max_length=64, blank=True, db_index=True)
    organisation_name = models.CharField("代表单位", max_length=120, blank=True)
    what = models.CharField("动作", max_length=60, db_index=True)
    about = models.CharField("对象", max_length=120, blank=True, db_index=True)
    campaign = models.CharField(max_length=60, blank=True, db_index=True)
    data = models.JSONField("内容", default=dict, blank=True)

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "操作记录"
        verbose_name_plural = "操作记录"

    def delete(self, *args: object, **kwargs: object) -> tuple[int, dict[str, int]]:
        raise TypeError("The trail is append-only")
