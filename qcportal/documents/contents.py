"""What kind of file the bytes really are, and whether each kind is sound.

Told by content alone; names are compared in uploads.py. Every check raises Refused
with a sentence that names the cure. Nothing is unpacked or rendered here beyond what
counting needs.
"""

import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import pikepdf
from PIL import Image, ImageFile, UnidentifiedImageError

from qcportal.documents import archives, office
from qcportal.documents.archives import MIB
from qcportal.refusals import Refusal, Refused, refuse

MAX_PIXELS = 40_000_000
MAX_PDF_PAGES = 1_000
MAX_PDF_OBJECTS = 200_000
MAX_PDF_STREAM = 64 * MIB
MAX_PDF_UNPACKED = 200 * MIB
_PDF_ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm"}
# What pikepdf raises when a PDF says one thing and is another.
_PDF_FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_HEIC = {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"}


def kind_of(file: BinaryIO) -> str:
    """The extension the content deserves: "pdf", "docx", …; "" when unknown."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return office.zip_kind(file)
    if head.startswith(office.OLE_START):
        return office.ole_kind(file)
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "heic" if brand in _HEIC else "mov" if brand == b"qt  " else "mp4"
    return ""


def look(file: BinaryIO) -> tuple[str, int | None, list[Refusal]]:
    """(kind, pages of a sound PDF, what is wrong); kinds nobody knows are not opened."""
    kind = kind_of(file)
    if kind not in _CHECKS:
        return kind, None, []
    try:
        return kind, check(file, kind), []
    except Refused as refused:
        return kind, None, refused.refusals


def check(file: BinaryIO, kind: str) -> int | None:
    """Raise Refused unless a file of ``kind`` is sound; pages for a PDF, else None."""
    pages = _CHECKS[kind](file)
    file.seek(0)
    return pages


def _broken(advice: str = "请重新保存后再上传。") -> None:
    refuse("file_broken", f"文件不完整或已损坏，{advice}")


def _check_pdf(file: BinaryIO) -> int:
    try:
        opened = _open_pdf(file)
    except pikepdf.PasswordError:
        refuse("file_encrypted", "PDF 设了密码，请取消密码后再上传。")
    except (pikepdf.PdfError, *_PDF_FAULTS):
        _broken("请用“另存为 PDF”重新保存后再上传。")
    with opened:
        if opened.is_encrypted:
            refuse("file_encrypted", "PDF 设了权限密码，请取消后再上传。")
        try:
            pages = len(opened.pages)
            _check_pdf_objects(opened)
        except (pikepdf.PdfError, *_PDF_FAULTS):
            _broken("请用“另存为 PDF”重新保存后再上传。")
    if pages == 0:
        _broken("里面没有一页。")
    if pages > MAX_PDF_PAGES:
        refuse("too_many_pages", f"PDF 超过 {MAX_PDF_PAGES} 页，请分开上传。")
    return pages


def _open_pdf(file: BinaryIO) -> pikepdf.Pdf:
    """Strictly; a slightly untidy file is repaired only if its end is there."""
    file.seek(0)
    try:
        return pikepdf.open(file, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise
    except pikepdf.PdfError:
        file.seek(0)
        if b"%%EOF" not in file.read()[-2048:]:
            raise
        file.seek(0)
        return pikepdf.open(file, suppress_warnings=True)


def _check_pdf_objects(opened: pikepdf.Pdf) -> None:
    if len(opened.objects) > MAX_PDF_OBJECTS:
        refuse("pdf_bomb", "PDF 内容过于复杂，请用“打印为 PDF”另存一份再上传。")
    unpacked = 0
    for thing in opened.objects:
        if isinstance(thing, pikepdf.Stream):
            unpacked += _stream_size(thing)
            if unpacked > MAX_PDF_UNPACKED:
                refuse("pdf_bomb", "PDF 解开后过大，请压缩图片后再上传。")
        if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
            _check_pdf_action(thing)


def _check_pdf_action(thing: pikepdf.Object) -> None:
    """Actions stand anywhere: as objects of their own or inside /OpenAction, /A, /AA."""
    pending, depth = [thing], 0
    while pending and depth < 8:
        deeper: list[pikepdf.Object] = []
        for one in pending:
            kind = one.get("/S")
            named = isinstance(kind, pikepdf.Name) and str(kind) in _PDF_ACTIONS
            if named or "/JS" in one:
                refuse(
                    "pdf_active",
                    "PDF 里带有脚本或启动程序的动作，请用“打印为 PDF”另存一份再上传。",
                )
            children = (value for key, value in one.items() if key != "/Parent")
            deeper += [
                value
                for value in children
                if isinstance(value, pikepdf.Dictionary) and not value.is_indirect
            ]
        pending, depth = deeper, depth + 1


def _stream_size(stream: pikepdf.Stream) -> int:
    """Unpacked bytes of a deflated stream; pictures are judged by their pixels."""
    if stream.get("/Subtype") == "/Image":
        width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
        if width * height > 4 * MAX_PIXELS:
            refuse("too_many_pixels", "PDF 里有过大的图片，请压缩后再上传。")
        return 0
    filters: Any = stream.get("/Filter", [])
    names = [filters] if isinstance(filters, pikepdf.Name) else list(filters)
    deflated = [str(name) for name in names].count("/FlateDecode")
    if deflated > 1:
        refuse("pdf_bomb", "PDF 内容重复压缩，请用“打印为 PDF”另存一份再上传。")
    if deflated == 0 or str(names[0]) != "/FlateDecode":
        return 0
    unpacker = zlib.decompressobj()
    try:
        size = len(unpacker.decompress(stream.read_raw_bytes(), MAX_PDF_STREAM + 1))
    except zlib.error:
        return 0  # readers skip such a stream
    if size > MAX_PDF_STREAM:
        refuse("pdf_bomb", "PDF 解开后过大，请用“打印为 PDF”另存一份再上传。")
    return size


def _check_image(file: BinaryIO, form: str) -> None:
    file.seek(0)
    try:
        with Image.open(file, formats=[form]) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                refuse(
                    "too_many_pixels",
                    f"图片有 {width}×{height} 像素，超过 4000 万，请缩小后再上传。",
                )
            # A JPEG is decoded at an eighth: a cut one is found out all the same.
            image.draft("L", (width // 8, height // 8))
            # WeasyPrint's import tells Pillow to be content with cut pictures.
            ImageFile.LOAD_TRUNCATED_IMAGES = False
            image.load()
    except Image.DecompressionBombError:
        refuse("too_many_pixels", "图片像素过大，请缩小后再上传。")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error):
        _broken("请重新拍照或导出后再上传。")


def _check_jpg(file: BinaryIO) -> None:
    _check_image(file, "JPEG")


def _check_png(file: BinaryIO) -> None:
    _check_image(file, "PNG")
    file.seek(0)
    try:
        with Image.open(file, formats=["PNG"]) as image:
            image.verify()  # every part and its checksum, to the end mark
    except (OSError, SyntaxError, ValueError):
        _broken("请重新拍照或导出后再上传。")


def _check_film(file: BinaryIO) -> None:
    """The boxes must fill the file exactly and hold both the index and the data."""
    file.seek(0, 2)
    end = file.tell()
    position, found = 0, set()
    while position < end:
        file.seek(position)
        head = file.read(16)
        if len(head) < 8:
            _broken("请重新导出视频后再上传。")
        size, name = struct.unpack(">I4s", head[:8])
        if size == 1 and len(head) == 16:
            size = struct.unpack(">Q", head[8:])[0]
        elif size == 0:
            size = end - position
        if size < 8 or position + size > end:
            _broken("请重新导出视频后再上传。")
        found.add(name)
        position += size
    if not {b"ftyp", b"moov", b"mdat"} <= found:
        _broken("请重新导出视频后再上传。")


def _check_zip(file: BinaryIO) -> None:
    archives.check(file, programs=True)


_CHECKS: dict[str, Callable[[BinaryIO], int | None]] = {
    "pdf": _check_pdf,
    "docx": office.check_ooxml,
    "xlsx": office.check_ooxml,
    "pptx": office.check_ooxml,
    "doc": office.check_ole,
    "xls": office.check_ole,
    "ppt": office.check_ole,
    "jpg": _check_jpg,
    "png": _check_png,
    "mp4": _check_film,
    "mov": _check_film,
    "zip": _check_zip,
}
