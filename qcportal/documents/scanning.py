"""Asks ClamAV (settings.CLAMAV_ADDRESS, "host:port"; empty: no scanner) about a file.

Fails closed: while the scanner is away nothing is taken in.
"""

import logging
import socket
import struct
from typing import IO

from django.conf import settings

from qcportal.refusals import refuse

logger = logging.getLogger(__name__)
TIMEOUT = 30  # seconds, for connecting and for every answer
_PIECE = 64 * 1024


def scan(file: IO[bytes]) -> None:
    """Raise Refused file_infected or scanner_away; leaves the file at its start."""
    address = getattr(settings, "CLAMAV_ADDRESS", "")
    if not address:
        return
    try:
        answer = _ask(address, file)
    except (OSError, ValueError) as error:
        logger.error("ClamAV at %s does not answer: %s", address, error)
        answer = ""
    finally:
        file.seek(0)
    if answer.endswith("FOUND"):
        logger.warning("upload refused by ClamAV: %s", answer)
        refuse("file_infected", "文件没有通过病毒检查，请换一台电脑查杀后再上传。")
    if not answer.endswith("OK"):
        refuse("scanner_away", "病毒检查暂时不能进行，文件没有保存，请稍后再试。")


def _ask(address: str, file: IO[bytes]) -> str:
    """clamd's INSTREAM: pieces with their length in front, a nought at the end."""
    host, _, port = address.rpartition(":")
    file.seek(0)
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as line:
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(_PIECE):
            line.sendall(struct.pack(">I", len(piece)) + piece)
        line.sendall(struct.pack(">I", 0))
        answer = b""
        while not answer.endswith(b"\0"):
            received = line.recv(1024)
            if not received:
                break
            answer += received
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
