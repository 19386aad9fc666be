"""The private servers start, answer, and are gone afterwards."""

import psycopg2
import pytest
import redis

from scripts import services


def test_services_answer_and_leave():
    with services.running() as addresses:
        database = psycopg2.connect(
            addresses["DATABASE_URL"].replace("postgres:", "postgresql:")
        )
        cursor = database.cursor()
        cursor.execute("SELECT 6 * 7")
        assert cursor.fetchone() == (42,)
        queue = redis.from_url(addresses["REDIS_URL"])
        assert queue.ping() is True
    # The connection was left open on purpose: stopping must not wait for it.
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(addresses["DATABASE_URL"].replace("postgres:", "postgresql:"))
    with pytest.raises(redis.ConnectionError):
        redis.from_url(addresses["REDIS_URL"]).ping()


def test_a_server_that_dies_says_why(tmp_path):
    command = ["sh", "-c", "echo no room >&2; exit 3"]

    with (
        pytest.raises(SystemExit, match="sh did not start:\nno room"),
        services.server(command, services.free_port(), tmp_path),
    ):
        pytest.fail("never reached")
