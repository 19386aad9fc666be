"""Everything one person can read: pages, fragments and files, by following the links."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Iterable
from html import unescape
from urllib.parse import unquote, urljoin

import pikepdf
import pypdfium2
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from qcportal.accounts.actors import Actor
from tests.test_house import routes

LINK = re.compile(r'(?:href|src|data-poll|data-url|data-src)="([/?][^"#]*)')
MOST = 600  # pages of one person; more means that links never end
VARIANTS = 20  # filters and orders of one page that are followed


def read_all(client: Client, begin: Iterable[str]) -> dict[str, str]:
    """Path → all its words (headers, page text, the texts inside PDF and Excel files),
    for ``begin`` and whatever can be reached from there by links."""
    queue, found, variants = deque(begin), {}, Counter[str]()
    while queue:
        path = queue.popleft()
        if path in found or path.startswith(("/static/", "/admin/")):
            continue
        page = path.partition("?")[0]
        variants[page] += 1
        if variants[page] > VARIANTS:
            continue
        assert len(found) < MOST, sorted(found)[-40:]
        cache.clear()  # limits per minute are not the question here
        answer = client.get(path)
        found[path] = words_of(answer)
        if answer.status_code in (301, 302):
            queue.append(answer.url)
        elif "html" in answer.get("Content-Type", ""):
            links = map(unescape, LINK.findall(found[path]))
            queue.extend(urljoin(path, link) for link in links)
    return found


def crawled(
    actor: Actor | None, client_of: Callable[[Actor], Client]
) -> dict[str, str]:
    """All an actor (None: anybody) can read, from every page that needs no name."""
    begin = [reverse(n) for n, r in routes().items() if not r.pattern.regex.groupindex]
    return read_all(client_of(actor) if actor else Client(), begin)


def words_of(answer: HttpResponse) -> str:
    body = b"".join(answer) if answer.streaming else answer.content
    headers = "\n".join(f"{name}: {unquote(value)}" for name, value in answer.items())
    return f"{headers}\n{text_of(body)}"


def text_of(body: bytes) -> str:
    """A file's words, and what stands about it in its properties."""
    if body.startswith(b"%PDF"):
        with pikepdf.open(io.BytesIO(body)) as pdf:
            about = " ".join(str(value) for value in pdf.docinfo.values())
        document = pypdfium2.PdfDocument(body)
        pages = [page.get_textpage().get_text_range() for page in document]
        return "\n".join([about, *pages])
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = [archive.read(name) for name in archive.namelist()]
            names = "\n".join(archive.namelist())
        return names + "\n" + "\n".join(p.decode("utf-8", "replace") for p in parts)
    return unescape(body.decode("utf-8", "replace"))


def telling(pages: dict[str, str], secrets: Iterable[str]) -> dict[str, list[str]]:
    """Path → the secrets its words give away; numbers count only as whole numbers."""
    patterns = {secret: _pattern(secret) for secret in secrets}
    told = {
        path: [secret for secret, pattern in patterns.items() if pattern.search(text)]
        for path, text in pages.items()
    }
    return {path: secrets for path, secrets in told.items() if secrets}


def _pattern(secret: str) -> re.Pattern[str]:
    if re.fullmatch(r"[\d.]+", secret):
        return re.compile(rf"(?<![\d.]){re.escape(secret)}(?![\d]|\.\d)")
    return re.compile(re.escape(secret))
