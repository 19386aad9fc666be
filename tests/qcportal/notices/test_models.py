"""A notice is public from its instant on, and its files with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from qcportal.notices.models import Notice

pytestmark = pytest.mark.django_db


def test_a_notice_is_public_from_its_instant_on(campaign, noon) -> None:
    before = set(Notice.objects.public_at(noon))
    found = Notice.objects.create(
        campaign=campaign, slug="extended", title="延期通知", body="", published_at=noon
    )
    earlier = Notice.objects.public_at(noon - timedelta(seconds=1))
    assert found not in earlier
    assert set(Notice.objects.public_at(noon)) == {*before, found}


def test_a_notice_of_tomorrow_and_its_file_are_not_there(
    campaign, client, noon
) -> None:
    notice = campaign.notices.first()
    attachment = notice.attachments.first()
    paths = (f"/notices/{notice.slug}/", f"/downloads/{attachment.document.key}/")
    notice.published_at = noon + timedelta(days=1)
    notice.save(update_fields=["published_at"])
    assert [client.get(path).status_code for path in paths] == [404, 404]
    assert notice.title not in client.get("/notices/").content.decode()
