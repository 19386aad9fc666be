"""Files as people send them, and as nobody should: all made here, none from outside."""

import io
import struct
import zipfile
import zlib

import pikepdf
from PIL import Image

OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAIN = "application/vnd.openxmlformats-officedocument."
TYPES = {
    "docx": ("word/document.xml", MAIN + "wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", MAIN + "spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", MAIN + "presentationml.presentation.main+xml"),
}
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def pdf(pages: int = 1, **entries: object) -> bytes:
    """A PDF of empty pages; ``entries`` go into its root (OpenAction=…)."""
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page(page_size=(595, 842))
    for name, value in entries.items():
        made.Root[f"/{name}"] = value
    return saved(made)


def saved(made: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    made.save(out, **options)
    return out.getvalue()


def locked_pdf(user: str, owner: str) -> bytes:
    made = pikepdf.new()
    made.add_blank_page()
    return saved(made, encryption=pikepdf.Encryption(user=user, owner=owner))


def bomb_pdf() -> bytes:
    """A page whose content unpacks to 65 MiB of blanks."""
    made = pikepdf.new()
    made.add_blank_page()
    packed = zlib.compress(b" " * (65 * 1024 * 1024), 9)
    stream = pikepdf.Stream(made, b"")
    stream.write(packed, filter=pikepdf.Name.FlateDecode)
    made.pages[0].Contents = stream
    return saved(made, compress_streams=False)


def doubly_packed_pdf() -> bytes:
    made = pikepdf.new()
    made.add_blank_page()
    packed = zlib.compress(zlib.compress(b" " * 1024))
    stream = pikepdf.Stream(made, b"")
    stream.write(
        packed, filter=pikepdf.Array([pikepdf.Name.FlateDecode] * 2), decode_parms=None
    )
    made.pages[0].Contents = stream
    return saved(
        made,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
    )


def nested_action_pdf() -> bytes:
    """A launch action two dictionaries deep in a page's annotation."""
    made = pikepdf.new()
    made.add_blank_page()
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
    annotation = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, A=action
    )
    made.pages[0].Annots = pikepdf.Array([made.make_indirect(annotation)])
    return saved(made)


def action(kind: str, **entries: object) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=pikepdf.Name(f"/{kind}"), **entries)


def packed(members: dict[str, bytes], **marks: dict[str, int]) -> bytes:
    """A ZIP of ``members``; ``marks`` maps a member's name to attributes to set."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for attribute, value in marks.get(name, {}).items():
                setattr(info, attribute, value)
            archive.writestr(info, content)
    return out.getvalue()


def office(kind: str, extra: dict[str, bytes] | None = None, **changes: str) -> bytes:
    """A minimal docx, xlsx or pptx with ``extra`` members; ``main`` overrides the
    declared type of its main part, ``body`` its content."""
    part, declared = TYPES[kind]
    declared = changes.get("main", declared)
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{part}" ContentType="{declared}"/></Types>'
    )
    members = {
        "[Content_Types].xml": types.encode(),
        part: changes.get("body", "<body>质量管理小组</body>").encode(),
    }
    return packed(members | (extra or {}))


def relation(kind: str, target: str, mode: str = "External") -> bytes:
    """A .rels part with one relation."""
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="r1" Type="{RELATIONS}{kind}" '
        f'Target="{target}" TargetMode="{mode}"/></Relationships>'
    ).encode()


def ole(*names: str, tail: bytes = b"") -> bytes:
    """A file that begins as an OLE container and lists ``names`` as its streams."""
    directory = b""
    for name in ("Root Entry", *names):
        text = name.encode("utf-16-le") + b"\0\0"
        kind = 5 if name == "Root Entry" else 2
        entry = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
        directory += entry.ljust(128, b"\0")
    head = OLE_START.ljust(512, b"\0")
    return head + directory.ljust(1024, b"\0") + tail


def locked_doc() -> bytes:
    header = b"\xec\xa5" + b"\0" * 8 + struct.pack("<H", 0x0100)
    return ole("WordDocument", tail=header.ljust(512, b"\0"))


def picture(form: str, size: tuple[int, int] = (60, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, form)
    return out.getvalue()


def huge_png() -> bytes:
    """A real PNG head that claims 20,000 × 20,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def box(name: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I4s", size or len(content) + 8, name) + content


def video(brand: bytes = b"isom") -> bytes:
    return box(b"ftyp", brand + b"\0\0\2\0") + box(b"moov", b"\0" * 8) + box(b"mdat")


def encrypted_zip() -> bytes:
    """A ZIP whose member carries the "encrypted" flag, in both of its headers."""
    whole = bytearray(packed({"a.txt": b"secret"}))
    whole[6] |= 1
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def overlapping_zip() -> bytes:
    """Two directory entries that point at the same bytes."""
    whole = bytearray(packed({"a.txt": b"x" * 5000, "b.txt": b"y" * 5000}))
    first = whole.index(b"PK\x01\x02")
    second = whole.index(b"PK\x01\x02", first + 4)
    whole[second + 42 : second + 46] = whole[first + 42 : first + 46]
    return bytes(whole)


def lying_zip() -> bytes:
    """A member that declares 10 bytes and unpacks to 1 MiB."""
    whole = bytearray(packed({"a.bin": b"\0" * 1024 * 1024}))
    central = whole.index(b"PK\x01\x02")
    whole[22:26] = struct.pack("<I", 10)
    whole[central + 24 : central + 28] = struct.pack("<I", 10)
    return bytes(whole)


def zip_in_zip(depth: int) -> bytes:
    content = packed({"a.txt": b"inside"})
    for _ in range(depth - 1):
        content = packed({"inner.zip": content})
    return content
