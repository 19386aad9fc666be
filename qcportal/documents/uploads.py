"""Files people give us: told by content, held against their name, kept as given.

A form asks ``why_not_take``; an action calls ``inspect`` and ``store_upload``. Nothing
of a refused file is stored.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from django.core.files import File
from django.utils import timezone

from qcportal.documents import inspecting, keeping, scanning
from qcportal.documents.models import CONTENT_TYPES, Document
from qcportal.refusals import Refusal, Refused, refuse, refuse_if
from qcportal.ui import identity

MIB = 1024 * 1024
MAX_NAME = 120  # characters, extension included
_PIECE = 256 * 1024
# Control characters, and the invisible ones that turn or split a name's direction.
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_HEIC = "这是苹果手机的 HEIC 照片，请在手机里选“发送压缩图”后再传。"
_NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
_CALLED = {
    "pdf": "PDF",
    "docx": "Word（.docx）",
    "xlsx": "Excel（.xlsx）",
    "pptx": "PowerPoint（.pptx）",
    "doc": "Word（.doc）",
    "xls": "Excel（.xls）",
    "ppt": "PowerPoint（.ppt）",
    "jpg": "JPG 图片",
    "png": "PNG 图片",
    "mp4": "MP4 视频",
    "mov": "MOV 视频",
    "zip": "ZIP 压缩包",
}


@dataclass(frozen=True)
class Inspected:
    """What a sound upload is: ``name`` cleaned for showing, ``extension`` lower case
    ("jpeg" told as "jpg"), ``size`` in bytes, ``pages`` for PDFs."""

    name: str
    extension: str
    content_type: str
    size: int
    sha256: str
    pages: int | None = None


def inspect(
    upload: "File[Any]", allowed: Iterable[str], max_bytes: int, *, field: str = ""
) -> Inspected:
    """Look at an uploaded file; raise Refused unless it may be taken.

    ``allowed`` are extensions of models.CONTENT_TYPES; ``field`` is the form field the
    refusals belong to. Leaves the file at its start.
    """
    try:
        return _inspect(upload, list(allowed), max_bytes)
    except Refused as refused:
        if not field:
            raise
        raise Refused(
            Refusal(refusal.code, refusal.message, field)
            for refusal in refused.refusals
        ) from refused


def why_not_take(
    upload: "File[Any]", allowed: Iterable[str], max_bytes: int, *, field: str = ""
) -> Iterator[Refusal]:
    """The same as refusals, for forms: empty when the file may be taken."""
    try:
        inspect(upload, allowed, max_bytes, field=field)
    except Refused as refused:
        yield from refused.refusals


def store_upload(
    upload: "File[Any]",
    inspected: Inspected,
    kind: str,
    *,
    by: Any,
    title: str = "",
) -> Document:
    """Keep an inspected file as a READY document under ``title`` or its own name.

    Call it inside the action's transaction; a file whose row is rolled back is dropped
    by keeping.drop_unowned.
    """
    now = timezone.now()
    document = Document(
        kind=kind,
        title=clean_name(title) if title else inspected.name,
        origin=Document.Origin.UPLOADED,
        status=Document.Status.READY,
        content_type=inspected.content_type,
        sha256=inspected.sha256,
        size=inspected.size,
        pages=inspected.pages,
        progress=100,
        ordered_by=by,
        ordered_at=now,
        ready_at=now,
    )
    if document.extension != inspected.extension:
        document.title = f"{document.title}.{inspected.extension}"
    upload.seek(0)
    document.file.name = keeping.write(document, upload)
    try:
        document.save()
    except Exception:
        keeping.drop(document.file.name)
        raise
    return document


def weighed(
    content: "File[Any]", name: str, extension: str, *, pages: int | None = None
) -> Inspected:
    """The facts of a file the portal put together itself from inspected uploads."""
    size, sha256 = 0, hashlib.sha256()
    content.seek(0)
    while piece := content.read(_PIECE):
        size += len(piece)
        sha256.update(piece)
    content.seek(0)
    return Inspected(
        name, extension, CONTENT_TYPES[extension], size, sha256.hexdigest(), pages
    )


def clean_name(name: str) -> str:
    """The user's file name without path, control, direction and forbidden characters.

    At most MAX_NAME characters with its extension kept; "未命名" when nothing is left.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    name = "".join(one for one in name if unicodedata.category(one) not in _HIDDEN)
    name = _NOT_IN_NAMES.sub("_", " ".join(name.split())).strip(". ")
    path = PurePosixPath(name or "未命名")
    extension = path.suffix if len(path.suffix) <= 10 else ""
    stem = path.name.removesuffix(extension).rstrip(". ") or "未命名"
    return stem[: MAX_NAME - len(extension)] + extension


def why_not_named(name: str, allowed: Iterable[str]) -> Iterator[Refusal]:
    """What a name alone tells, before a byte is sent: ``identity_number``,
    ``file_type``."""
    name, allowed = clean_name(name), list(allowed)
    if identity.holds_number(name):
        yield Refusal(
            "identity_number", "文件名里有身份证号，请改名后再上传。平台不收身份证号。"
        )
    extension = _extension(name)
    if extension == "heic":
        yield Refusal("file_type", _HEIC)
    elif extension not in allowed:
        yield Refusal("file_type", _not_this_kind(name, allowed))


def _extension(name: str) -> str:
    extension = PurePosixPath(name).suffix.lstrip(".").lower()
    return "jpg" if extension == "jpeg" else extension


def _not_this_kind(name: str, allowed: list[str]) -> str:
    listed = "、".join(_CALLED[one] for one in allowed)
    return f"“{name}”的类型不能上传，这里可以上传：{listed}。"


def _inspect(upload: "File[Any]", allowed: list[str], max_bytes: int) -> Inspected:
    name = clean_name(upload.name or "")
    if identity.holds_number(name):
        refuse(
            "identity_number", "文件名里有身份证号，请改名后再上传。平台不收身份证号。"
        )
    size, sha256 = _weigh(upload, max_bytes, name)
    extension = _extension(name)
    seen = inspecting.look(upload, name)
    _check_kind(name, extension, seen.kind, allowed)
    refuse_if(seen.refusals)
    content: BinaryIO = upload  # type: ignore[assignment]  # a File is one in all but name
    scanning.scan(content)
    return Inspected(
        name, seen.kind, CONTENT_TYPES[seen.kind], size, sha256, seen.pages
    )


def _weigh(upload: "File[Any]", max_bytes: int, name: str) -> tuple[int, str]:
    """Bytes and digest, counted; what the browser declared is not believed."""
    size, digest = 0, hashlib.sha256()
    upload.seek(0)
    while piece := upload.read(_PIECE):
        size += len(piece)
        if size > max_bytes:
            limit = f"{max_bytes / MIB:.0f} MB"
            refuse(
                "file_too_large",
                f"“{name}”超过 {limit}，请压缩图片或分开保存后再上传。",
            )
        digest.update(piece)
    upload.seek(0)
    if size == 0:
        refuse("file_empty", f"“{name}”是空文件，请检查后重新选择。")
    return size, digest.hexdigest()


def _check_kind(name: str, extension: str, kind: str, allowed: list[str]) -> None:
    if kind == "heic":
        refuse("file_type", _HEIC)
    if kind == "locked":
        refuse("file_encrypted", f"“{name}”设了密码，请取消密码后再上传。")
    if kind == "macro":
        refuse("macro", f"“{name}”带有宏，请另存为不带宏的文件后再上传。")
    if extension not in allowed:
        refuse("file_type", _not_this_kind(name, allowed))
    if kind != extension:
        real = _CALLED.get(kind, "别的类型")
        refuse(
            "file_name_mismatch",
            f"“{name}”的扩展名是 .{extension}，内容却是{real}，请用原来的软件另存后再上传。",
        )
