"""Word, Excel and PowerPoint files, new (ZIP) and old (OLE): what is inside them.

Macros, embedded programs, links that run something and passwords are refused; nothing
is ever executed or rendered.
"""

import re
import struct
from typing import IO, Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from qcportal.documents import archives
from qcportal.refusals import refuse

OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTENT_TYPES = "[Content_Types].xml"
_MAIN_PARTS = {
    "wordprocessingml.document.main+xml": "docx",
    "spreadsheetml.sheet.main+xml": "xlsx",
    "presentationml.presentation.main+xml": "pptx",
    "presentationml.slideshow.main+xml": "pptx",
}
# Relations that fetch or run something by themselves when they lead outside.
_RUNNING_LINKS = {"attachedTemplate", "frame", "oleObject", "package", "subDocument"}
_DDE = re.compile(rb"\bDDE(AUTO)?\b|<(\w+:)?ddeLink\b", re.IGNORECASE)
# No pattern here may look across a "<": a hostile text must not cost more than its size.
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^<>]*>([^<]*)", re.IGNORECASE)
_FIELD = re.compile(rb"<w:(?:instrText|fldSimple)\b([^<>]*)>([^<]*)")
_DTD = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_PACKAGED_PROGRAM = "\x01Ole10Native".encode("utf-16-le")
_OLE_NAMES = {
    "WordDocument": "doc",
    "Workbook": "xls",
    "Book": "xls",
    "PowerPoint Document": "ppt",
}
_OLE_MACROS = ("_VBA_PROJECT", "VBA", "_VBA_PROJECT_CUR")
_MAX_XML = 64 * archives.MIB


def zip_kind(file: IO[bytes]) -> str:
    """docx, xlsx or pptx by the declared main part; "macro" for their macro twins;
    else zip. A ZIP that cannot be listed is "zip" (and found broken later)."""
    try:
        with ZipFile(file) as archive:
            if _CONTENT_TYPES not in archive.namelist():
                return "zip"
            with archive.open(_CONTENT_TYPES) as stream:
                declared = stream.read(archives.MIB).decode("utf-8", "replace")
    except (BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError):
        return "zip"
    finally:
        file.seek(0)
    if "macroEnabled" in declared:
        return "macro"
    kinds = {kind for part, kind in _MAIN_PARTS.items() if part in declared}
    return kinds.pop() if len(kinds) == 1 else "zip"


def check_ooxml(file: IO[bytes]) -> None:
    """Raise Refused unless the ZIP is sound and nothing in it runs by itself."""
    archives.check(file)
    with ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename.lower()
            if "vbaproject" in name or "/activex/" in name or "macrosheets/" in name:
                _macro()
            if name.endswith((".xml", ".rels", ".vml")):
                if member.file_size > _MAX_XML:
                    refuse("zip_bomb", "文件解开后过大，请减少内容后再上传。")
                _check_xml(name, archive.read(member))
            elif _is_program(archive, member):
                refuse(
                    "office_program",
                    "文件里嵌有程序或附件包，请删除后再上传。",
                )


def _is_program(archive: ZipFile, member: ZipInfo) -> bool:
    """A program by name, or an OLE package (formulas and charts are other things)."""
    name = member.filename.lower()
    if name.endswith(".bin"):
        return _PACKAGED_PROGRAM in archive.read(member)
    return name.rsplit(".", 1)[-1] in archives.PROGRAMS - {"svg"}


def _check_xml(name: str, content: bytes) -> None:
    flat = content.replace(b"\0", b"")  # UTF-16 says the same with noughts between
    if _DTD.search(flat):
        refuse("file_broken", "文件内容不合规范，请用 Word 或 Excel 另存后再上传。")
    if name.endswith(".rels"):
        _check_relations(content)
    if _runs_dde(name, flat):
        refuse(
            "office_link",
            "文件里有会自动运行的字段（DDE），请删除后再上传。",
        )


def _runs_dde(name: str, content: bytes) -> bool:
    """DDE in field codes, link parts and formulas ("cmd|…!A1"); not in plain text."""
    if "externallinks/" in name:
        return _DDE.search(content) is not None
    if any(_DDE.search(b" ".join(found)) for found in _FIELD.findall(content)):
        return True
    return any(b"|" in text and b"!" in text for text in _FORMULA.findall(content))


def _check_relations(content: bytes) -> None:
    try:
        relations: Any = ElementTree.fromstring(content)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, LookupError):
        refuse("file_broken", "文件内容不完整，请重新保存后再上传。")
    for relation in relations:
        kind = relation.get("Type", "").rsplit("/", 1)[-1]
        target = relation.get("Target", "").strip()
        outside = relation.get("TargetMode", "") == "External"
        if kind == "vbaProject":
            _macro()
        if outside and (_runs(kind, target) or _is_script(target)):
            refuse(
                "office_link",
                "文件里有会自动打开的外部链接，请断开链接后再上传。",
            )


def _runs(kind: str, target: str) -> bool:
    if kind == "attachedTemplate":  # a template on the author's own disk is harmless
        return _is_remote(target)
    return kind in _RUNNING_LINKS or (kind != "hyperlink" and _is_share(target))


def _is_remote(target: str) -> bool:
    lower = target.lower()
    return _is_share(target) or lower.startswith(("http:", "https:", "ftp:"))


def _is_share(target: str) -> bool:
    """A file on another machine: opening it hands over the reader's log-in."""
    bare = target.replace("\\", "/").lower()
    return bare.startswith("//") or re.match(r"file:/{2}(/{2,}|[^/])", bare) is not None


def _is_script(target: str) -> bool:
    schemes = ("javascript:", "vbscript:", "mhtml:", "ms-msdt:", "search-ms:")
    return target.lower().startswith(schemes)


def _macro() -> None:
    refuse("macro", "文件带有宏，请另存为不带宏的文件后再上传。")


def ole_kind(file: IO[bytes]) -> str:
    """doc, xls or ppt by the main stream; "locked" for a password-protected new file;
    "" for anything else (installers, mails)."""
    names = _ole_names(file)
    if "EncryptedPackage" in names:
        return "locked"
    kinds = {kind for name, kind in _OLE_NAMES.items() if name in names}
    return kinds.pop() if len(kinds) == 1 else ""


def check_ole(file: IO[bytes]) -> None:
    """Raise Refused for macros, packaged programs and passwords in an old file."""
    names = _ole_names(file)
    if any(name in names for name in _OLE_MACROS):
        _macro()
    if "\x01Ole10Native" in names:
        refuse("office_program", "文件里嵌有程序或附件包，请删除后再上传。")
    file.seek(0)
    content = file.read()
    if _is_locked_doc(content) or "EncryptionInfo" in names:
        refuse("file_encrypted", "文件设了密码，请取消密码后再上传。")


def _is_locked_doc(content: bytes) -> bool:
    """Word's header (magic ECA5 at a sector start) carries a bit for "encrypted"."""
    for offset in range(512, len(content) - 12, 512):
        if content[offset : offset + 2] == b"\xec\xa5":
            flags = struct.unpack_from("<H", content, offset + 10)[0]
            return bool(flags & 0x0100)
    return False


def _ole_names(file: IO[bytes]) -> set[str]:
    """Names of the streams: directory entries are 128 bytes at multiples of 128."""
    file.seek(0)
    content = file.read()
    file.seek(0)
    names = set()
    for offset in range(512, len(content) - 127, 128):
        length = struct.unpack_from("<H", content, offset + 64)[0]
        kind, colour = content[offset + 66], content[offset + 67]
        if 4 <= length <= 64 and length % 2 == 0 and kind in {1, 2, 5} and colour < 2:
            name = content[offset : offset + length - 2]
            names.add(name.decode("utf-16-le", "replace"))
    return names
