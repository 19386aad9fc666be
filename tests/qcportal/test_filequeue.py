"""The folder queue loses nothing and never shows half a message."""

import subprocess
import sys
import textwrap
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection
from kombu.exceptions import ChannelError

from qcportal import filequeue

MESSAGES = 1500
# Puts messages from a process of its own, as the web server does.
WRITER = textwrap.dedent("""
    import sys
    from kombu import Connection
    from qcportal import filequeue
    filequeue.register()
    folder, count = sys.argv[1], int(sys.argv[2])
    options = {"data_folder_in": folder, "data_folder_out": folder}
    channel = Connection("files://", transport_options=options).channel()
    for number in range(count):
        channel._put("celery", {"number": number, "filling": "x" * 20000})
""")


@pytest.fixture
def channel(tmp_path):
    folder = tmp_path / "messages"
    folder.mkdir()
    filequeue.register()
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection("files://", transport_options=options) as connection:
        yield connection.channel()


def numbers(channel, until):
    """Numbers of the messages, in the order they come, until so many came."""
    while until:
        try:
            yield channel._get("celery")["number"]
        except Empty:
            continue
        until -= 1


def test_the_address_leads_to_our_channel(channel):
    assert type(channel) is filequeue.Channel


def test_a_reader_beside_a_writer_gets_every_message_whole_and_in_order(channel):
    command = [sys.executable, "-c", WRITER, channel.data_folder_in, str(MESSAGES)]
    writer = subprocess.Popen(command)

    assert list(numbers(channel, MESSAGES)) == list(range(MESSAGES))
    assert writer.wait() == 0
    assert list(Path(channel.data_folder_in).iterdir()) == []


def test_queues_of_one_exchange_are_remembered(channel):
    for queue in ("papers", "mails", "papers"):
        channel._queue_bind("work", "key", "", queue)

    assert [entry.queue for entry in channel.get_table("work")] == ["mails", "papers"]
    assert [path.name for path in channel.control_folder.iterdir()] == ["work.exchange"]


def test_a_folder_that_is_gone_is_a_broker_error(channel):
    Path(channel.data_folder_out).rmdir()

    with pytest.raises(ChannelError, match="to the queue"):
        channel._put("celery", {"number": 1})
