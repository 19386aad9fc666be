"""Text messages: a row first, sent once, wiped; what a gateway's fault does to them."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import connection

from qcportal.inbox import texting
from qcportal.inbox.gateways import JsonPost, NotSent, gateway
from qcportal.inbox.models import Text
from qcportal.inbox.tasks import sweep_texts

TO, BODY = "13800006207", "验证码 123456"


@pytest.fixture
def gate():
    """A gateway of the plainest kind: ``answers`` are the statuses it gives."""

    class Handler(BaseHTTPRequestHandler):
        answers, got = [], []

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = json.loads(self.rfile.read(length))
            self.got.append((self.headers["Authorization"], body))
            self.send_response(self.answers.pop(0) if self.answers else 200)
            self.end_headers()

        def log_message(self, *args):
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Handler, f"http://127.0.0.1:{server.server_port}/send"
    server.shutdown()
    server.server_close()


@pytest.fixture
def by_http(settings, gate):
    settings.SMS_BACKEND, settings.SMS_URL = "http", gate[1]
    settings.SMS_TOKEN = "of-the-gateway"
    return gate[0]


def ordered(at):
    return texting.order(TO, BODY, at=at, expires_at=at + timedelta(minutes=5))


def raw():
    with connection.cursor() as cursor:
        cursor.execute('SELECT "to", body, shown FROM inbox_text')
        return cursor.fetchone()


def test_the_row_holds_nothing_in_the_clear(db, noon):
    ordered(noon)
    to, body, shown = raw()
    assert to.startswith("enc1:")
    assert body.startswith("enc1:")
    assert shown == "138****6207"


def test_sent_once_and_wiped(db, noon, by_http):
    text = ordered(noon)
    assert texting.deliver(text.pk, at=noon)
    assert not texting.deliver(text.pk, at=noon)
    assert by_http.got[-1:] == [
        ("Bearer of-the-gateway", {"id": str(text.key), "to": TO, "text": BODY,
                                   "signature": "QC成果申报"})
    ]  # fmt: skip
    assert raw() == ("", "", "138****6207")
    assert Text.objects.get().sent_at == noon


def test_a_fault_is_tried_again_later_and_given_up_at_last(db, noon, by_http, caplog):
    by_http.answers[:] = [500] * 9
    text, at = ordered(noon), noon
    for _ in range(4):
        assert not texting.deliver(text.pk, at=at)
        assert not texting.deliver(text.pk, at=at + timedelta(seconds=29))
        at += timedelta(seconds=30)
    by_http.answers.clear()
    row = Text.objects.get()
    assert (row.attempts, row.error) == (4, "HTTPError 500")
    assert row.given_up_at is not None
    assert raw()[:2] == ("", "")
    assert TO not in caplog.text
    assert "123456" not in caplog.text


def test_too_late_is_not_sent(db, noon, by_http):
    before = len(by_http.got)
    text = ordered(noon)
    assert not texting.deliver(text.pk, at=noon + timedelta(minutes=5))
    assert (Text.objects.get().error, len(by_http.got)) == ("too late", before)


def test_the_sweep_sends_what_waits(db, noon, capsys):
    ordered(noon)
    sweep_texts()
    assert BODY in capsys.readouterr().out
    assert Text.objects.get().sent_at is not None


def test_so_many_a_day_and_none_without_a_gateway(db, noon, settings):
    settings.SMS_A_DAY = 1
    assert texting.available(at=noon)
    ordered(noon)
    assert not texting.available(at=noon)
    assert texting.available(at=noon + timedelta(days=1, seconds=1))
    settings.SMS_BACKEND = ""
    assert not texting.available(at=noon + timedelta(days=2))
    assert gateway() is None


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://example.org/"])
def test_only_web_addresses_are_posted_to(settings, url):
    settings.SMS_URL = url
    with pytest.raises(NotSent, match="not an address"):
        JsonPost().send(TO, BODY, "k")


def test_a_gateway_that_is_away_is_not_an_error_of_ours(settings):
    settings.SMS_URL = "http://127.0.0.1:9/send"
    with pytest.raises(NotSent, match="URLError"):
        JsonPost().send(TO, BODY, "k")
