"""Mails of applications go through the one outbox; what was still waiting moves there.
People who have an account apply for a further seat with it."""

from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

SAID = {
    "applied": ("提交申请", "申请收到了。请记下查询码，随时可以查看办到哪一步。"),
    "returned": ("退回修改", "申请需要修改，请打开下面的网址改好后再送。"),
    "approved": ("已开通", "账号已开通，请用申请时填的用户名和密码登录。"),
    "refused": ("未通过", "申请没有通过，原因如下。有疑问请打秘书处电话。"),
}
# The old sweep gave up after as long.
WAITED_FOR = timedelta(days=3)


def move_waiting(apps, schema_editor):
    """One row of the outbox for every mail that was ordered and not sent; the sweep of
    the outbox delivers it."""
    steps = apps.get_model("registrations", "RegistrationStep").objects
    mails = apps.get_model("inbox", "Mail").objects
    since = timezone.now() - WAITED_FOR
    rows = steps.filter(mailed_at__isnull=True, what__in=SAID, at__gt=since)
    for step in rows.exclude(mail_to="").select_related("registration__joins"):
        found = step.registration
        wanted = found.joins.name if found.joins else found.organisation_name
        title, words = SAID[step.what]
        lines = [f"{found.person}：", "", words]
        if step.reason:
            lines.append(f"原因：{step.reason}")
        status = reverse("accounts:registration", args=[found.code])
        lines += ["", f"查询码：{found.code}", settings.SITE_URL + status]
        if step.what == "approved":
            door = reverse("accounts:sign_in_channel", args=[found.channel])
            lines.append(f"登录：{settings.SITE_URL}{door}")
        mails.create(
            to=step.mail_to, subject=f"【QC成果申报】{title}：{wanted}"[:140],
            body="\n".join(lines), ordered_at=step.at,
        )  # fmt: skip


OPEN = {"status__in": ["waiting", "returned"]}


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0002_mail"),
        ("registrations", "0003_encrypt_numbers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(move_waiting, migrations.RunPython.noop),
        migrations.RemoveField("registrationstep", "mail_to"),
        migrations.RemoveField("registrationstep", "mailed_at"),
        migrations.AddField(
            "registration",
            "has_account",
            models.BooleanField(default=False, verbose_name="已有账号"),
        ),
        migrations.RemoveConstraint(
            "registration", "one_open_registration_per_username"
        ),
        migrations.AddConstraint(
            "registration",
            models.UniqueConstraint(
                Lower("username"),
                condition=models.Q(**OPEN, has_account=False),
                name="one_open_registration_per_username",
            ),
        ),
        migrations.AddConstraint(
            "registration",
            models.UniqueConstraint(
                fields=["user", "joins"],
                condition=models.Q(**OPEN, has_account=True),
                name="one_open_registration_per_account",
            ),
        ),
        migrations.AddConstraint(
            "registration",
            models.CheckConstraint(
                condition=models.Q(has_account=False) | models.Q(user__isnull=False),
                name="registration_account_named",
            ),
        ),
    ]
