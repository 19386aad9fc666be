"""What a ZIP may hold: nothing is unpacked before it is counted.

Word, Excel and PowerPoint files are ZIPs too; uploads.py and excel.py both ask here.
"""

import stat
import zlib
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from qcportal.refusals import refuse

MIB = 1024 * 1024
MAX_MEMBERS = 2_000
MAX_UNPACKED = 200 * MIB
MAX_RATIO = 100
# Small members of XML pack well; the ratio counts from here on.
RATIO_FROM = 10 * MIB
MAX_DEPTH = 2
PROGRAMS = frozenset(
    {"app", "apk", "bat", "cmd", "com", "cpl", "dll", "dmg", "exe", "hta", "htm"}
    | {"html", "iso", "jar", "js", "jse", "lnk", "mht", "msc", "msi", "msp", "pif"}
    | {"ps1", "reg", "scf", "scr", "sh", "svg", "sys", "vb", "vbe", "vbs", "wsf"}
    | {"wsh", "xll"}
)
PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!")
_LOCAL_HEADER = 30  # bytes before the name in front of each member


def check(file: IO[bytes], *, programs: bool = False, depth: int = 1) -> None:
    """Raise Refused unless the ZIP is small, honest and readable to its last byte.

    ``programs`` also looks for programs among the members (for plain archives). Reads
    every member in pieces; leaves the file at its start.
    """
    file.seek(0)
    try:
        with ZipFile(file) as archive:
            members = archive.infolist()
            _check_list(archive, members)
            total = 0
            for member in members:
                total += _count(archive, member, MAX_UNPACKED - total)
                if programs:
                    _check_program(archive, member, depth)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
        _broken()
    except (RuntimeError, UnicodeError, ValueError, OverflowError):
        _broken()
    finally:
        file.seek(0)


def _broken() -> None:
    refuse("file_broken", "文件不完整或已损坏，请重新保存后再上传。")


def _check_list(archive: ZipFile, members: list[ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        _bomb(f"压缩文件里超过 {MAX_MEMBERS} 个文件")
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED:
        _bomb("压缩文件解开后超过 200 MB")
    if unpacked > RATIO_FROM and unpacked > packed * MAX_RATIO:
        _bomb("压缩文件解开后大得不合常理")
    if len({member.filename for member in members}) < len(members):
        _broken()
    for member in members:
        _check_member(member)
    _check_overlap(archive, members)


def _bomb(what: str) -> None:
    refuse("zip_bomb", f"{what}，请减少内容后分开上传。")


def _check_member(member: ZipInfo) -> None:
    if member.flag_bits & 0x1:
        refuse("file_encrypted", "文件设了密码，请取消密码后再上传。")
    if stat.S_ISLNK(member.external_attr >> 16):
        refuse("zip_link", "压缩文件里有链接，请换成文件本身后再上传。")
    if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
        refuse("zip_method", "压缩方式不通用，请用系统自带的“压缩为 ZIP”重新压缩。")
    parts = member.orig_filename.replace("\\", "/").split("/")
    unsafe = any(ord(character) < 32 for character in member.orig_filename)
    if unsafe or ".." in parts or parts[0] == "" or ":" in parts[0]:
        refuse("zip_path", "压缩文件里的文件位置不正常，请重新压缩后再上传。")


def _check_overlap(archive: ZipFile, members: list[ZipInfo]) -> None:
    """Members that share bytes unpack to far more than they weigh."""
    ends_at = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < ends_at:
            _bomb("压缩文件里的内容互相重叠")
        named = len(member.orig_filename.encode("utf-8", "surrogateescape"))
        ends_at = member.header_offset + _LOCAL_HEADER + member.compress_size
        if member.orig_filename.isascii():
            ends_at += named
    if ends_at > archive.start_dir:
        _bomb("压缩文件里的内容互相重叠")


def _count(archive: ZipFile, member: ZipInfo, allowed: int) -> int:
    """Bytes the member really unpacks to; its checksum is proven on the way."""
    size = 0
    with archive.open(member) as stream:
        while piece := stream.read(MIB):
            size += len(piece)
            if size > allowed:
                _bomb("压缩文件解开后超过 200 MB")
    return size


def _check_program(archive: ZipFile, member: ZipInfo, depth: int) -> None:
    extension = member.filename.rsplit(".", 1)[-1].lower().strip()
    with archive.open(member) as stream:
        start = stream.read(8)
    if extension in PROGRAMS or start.startswith(PROGRAM_STARTS):
        refuse(
            "zip_program",
            f"压缩文件里有程序文件（{member.filename}），请去掉后再上传。",
        )
    if start.startswith(b"PK\x03\x04"):
        if depth >= MAX_DEPTH:
            _bomb("压缩文件套了太多层")
        with archive.open(member) as stream:
            check(stream, programs=True, depth=depth + 1)
