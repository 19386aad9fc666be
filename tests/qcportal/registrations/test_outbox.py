"""Mails of applications: the one outbox, and the rows that waited in the older one."""

import pytest
from django.core import mail
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from qcportal import clock
from qcportal.inbox.models import Mail
from qcportal.registrations import actions
from qcportal.registrations.rules import Application

BEFORE = [("registrations", "0003_encrypt_numbers"), ("inbox", "0002_mail")]


@pytest.fixture
def at_the_older_state(transactional_db):
    """The tables of ``BEFORE``; every table of today is back afterwards, for the next."""
    executor = MigrationExecutor(connection)
    latest = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    yield executor.loader.project_state(BEFORE).apps, latest
    executor = MigrationExecutor(connection)
    executor.migrate(latest)
    assert executor.migration_plan(latest) == []


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_a_row_of_the_outbox(cast, noon):
    given = Application(
        channel="recommender", person="钱思远", username="baoshan-qian",
        password="md5$x", email="qian@example.org", agreed=True,
        organisation_name="宝山区质量协会", recommender_class="district",
    )  # fmt: skip
    found = actions.apply(given, at=noon)
    row = Mail.objects.get()
    assert (row.to, row.subject, row.ordered_at, row.words) == (
        "qian@example.org", "【QC成果申报】提交申请：宝山区质量协会", noon, "邮件已发出",
    )  # fmt: skip
    assert found.code in mail.outbox[0].body


@pytest.mark.django_db
def test_who_gave_no_address_orders_no_mail(cast, noon):
    given = Application(
        channel="recommender", person="钱思远", username="baoshan-qian", agreed=True,
        password="md5$x", organisation_name="宝山区质量协会",
    )  # fmt: skip
    actions.apply(given, at=noon)
    assert not Mail.objects.exists()


def test_waiting_mails_move_to_the_outbox(at_the_older_state):
    apps, latest = at_the_older_state
    host = apps.get_model("accounts", "Organisation").objects.create(
        tier="association", name="某市质量协会"
    )
    at = clock.now()
    found = apps.get_model("registrations", "Registration").objects.create(
        code="K7QM-2PXD-94TF", channel="unit", association=host, person="钱思远",
        username="qian", organisation_name="某某厂", consent_version="2020-1",
        applied_at=at, state_since=at,
    )  # fmt: skip
    steps = apps.get_model("registrations", "RegistrationStep").objects
    kept = {"registration": found, "at": at, "mail_to": "qian@example.org"}
    steps.create(what="applied", mailed_at=at, **kept)
    steps.create(what="returned", reason="名称请写全", **kept)
    steps.create(what="withdrawn", **{**kept, "mail_to": ""})
    MigrationExecutor(connection).migrate(latest)
    rows = [(m.to, m.subject, m.words) for m in Mail.objects.all()]
    assert rows == [
        ("qian@example.org", "【QC成果申报】退回修改：某某厂", "邮件正在发")
    ]
    body = Mail.objects.get().body
    assert "原因：名称请写全" in body
    assert "/accounts/registrations/K7QM-2PXD-94TF/" in body
