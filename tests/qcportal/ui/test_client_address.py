"""Whose address the limits count, with and without a proxy in front."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from qcportal.ui.middleware import client_address


def address_seen(forwarded: str) -> str:
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded)
    seen = client_address(lambda r: HttpResponse(r.META["REMOTE_ADDR"]))
    return seen(request).content.decode()


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("", "127.0.0.1"),
    ],
)
def test_behind_the_proxy_its_own_entry_counts(settings, forwarded, expected):
    settings.BEHIND_PROXY = True
    assert address_seen(forwarded) == expected


def test_without_a_proxy_the_header_is_not_believed(settings):
    settings.BEHIND_PROXY = False
    assert address_seen("203.0.113.9") == "127.0.0.1"
