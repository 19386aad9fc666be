"""Papers carry their fonts, fetch nothing, and never print a box for a name."""

import io
import logging
import os
import socket
import subprocess
import sys
import threading

import pikepdf
import pypdfium2
import pytest
from django.template import engines
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from qcportal.documents import fonts, paging, pdf
from tests.qcportal.documents import specimens

RARE = "喆堃昇玥祎翀旻䶮骉犇羴鱻淼焱垚㛃㑇㭎龑昉晳暐栱珺瑨璟𬭎"
FACTS = {
    "code": "QC-2026-0001",
    "revision": "第 3 版",
    "check_code": "7K4M-92QX",
    "qr": paging.PLACE,
}
FORM = """{% extends "papers/base.html" %}{% block title %}申报表{% endblock %}
{% block body %}<h1 class="title">质量管理小组成果申报表</h1>
<table class="form"><tbody>
<tr><th>小组名称</th><td>{{ name }}</td></tr>
<tr><th>课题类型</th><td><span class="choice chosen">攻关型</span></td></tr>
<tr class="flow"><th>课题简介</th><td class="long">{{ text }}</td></tr>
<tr><th>推荐意见</th><td class="opinion"><p>同意</p><div class="stamp-place">
<p>单位盖章</p><p class="date">　　年　　月　　日</p></div></td></tr>
</tbody></table>{% endblock %}"""
LIST = """{% extends "papers/base.html" %}
{% block body_class %}landscape{% endblock %}
{% block body %}<table class="list"><thead><tr><th>企业名称表头</th></tr></thead>
<tbody>{% for row in rows %}<tr><td>第 {{ row }} 行</td></tr>{% endfor %}</tbody>
</table>{% endblock %}"""


def paper(source, **facts):
    html = engines["django"].from_string(source).render(FACTS | facts)
    return pdf.render_html(html, identifier="QC-2026-0001/3")


def texts(content):
    document = pypdfium2.PdfDocument(content)
    try:
        return [
            page.get_textpage().get_text_bounded().replace("\r\n", "\n")
            for page in document
        ]
    finally:
        document.close()


def embedded_fonts(content):
    """Base names of the fonts of a PDF, with whether each carries its outlines."""
    with pikepdf.open(io.BytesIO(content)) as opened:
        return {
            str(thing.FontName).split("+")[-1]: bool(
                {"/FontFile", "/FontFile2", "/FontFile3"} & set(thing.keys())
            )
            for thing in opened.objects
            if isinstance(thing, pikepdf.Dictionary)
            and thing.get("/Type") == "/FontDescriptor"
        }


def test_the_foot_stands_on_every_page():
    pages = texts(paper(FORM, name="匠心磨削", text="精密主轴磨削工序不良率。" * 400))
    assert len(pages) >= 3
    for number, text in enumerate(pages, start=1):
        for part in (
            "编号 QC-2026-0001",
            "第 3 版",
            "核对码 7K4M-92QX",
            "打印后如再修改，本页作废",
            f"第 {number} 页，共 {len(pages)} 页",
        ):
            assert part in text
    assert pdf.page_count(paper(FORM, name="一", text="二")) == 1


def test_long_text_is_whole_over_its_pages():
    words = [f"w{number:04d}x" for number in range(900)]
    pages = texts(paper(FORM, name="一", text=" ".join(words)))
    whole = "".join(pages)
    assert [word for word in words if word not in whole] == []


def test_lists_repeat_their_head_across():
    content = paper(LIST, rows=range(90))
    pages = texts(content)
    assert len(pages) >= 3
    assert [text.count("企业名称表头") for text in pages] == [1] * len(pages)
    with pikepdf.open(io.BytesIO(content)) as opened:
        boxes = {tuple(round(float(n)) for n in page.mediabox) for page in opened.pages}
    assert boxes == {(0, 0, 842, 595)}


def test_fonts_are_embedded():
    found = embedded_fonts(paper(FORM, name="匠心磨削", text="Aa 09"))
    assert found
    assert all(found.values())


def test_the_same_facts_give_the_same_bytes():
    assert paper(FORM, name="一", text="二") == paper(FORM, name="一", text="二")


def test_papers_are_archival():
    with pikepdf.open(io.BytesIO(paper(FORM, name="一", text="二"))) as opened:
        with opened.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["dc:title"]) == ("3", "申报表")
        assert "/OutputIntents" in opened.Root


def test_what_users_type_is_never_markup():
    name = '<img src="http://127.0.0.1:1/x"><script>1</script>{{ code }}'
    assert name in texts(paper(FORM, name=name, text="二"))[0].replace("\n", "")


def inks(characters, dpi=60):
    """Each character as a picture of its ink."""
    rows = "".join(f"<p class='new-page'>{one}</p>" for one in characters)
    html = f"<html lang='zh'><title>字</title><body>{rows}</body></html>"
    pictures = []
    for page in pdf.to_images(pdf.render_html(html, variant=None), dpi=dpi):
        with Image.open(io.BytesIO(page)) as image:
            pictures.append(ImageChops.invert(image.convert("L")))
    return pictures


def test_rare_characters_of_names_have_ink_of_their_own():
    pictures = inks(RARE)
    assert len(pictures) == len(RARE)
    assert [
        one for one, ink in zip(RARE, pictures, strict=True) if not ink.getbbox()
    ] == []
    assert len({picture.tobytes() for picture in pictures}) == len(RARE)
    assert texts(pdf.render_html(f"<title>字</title>{RARE}", variant=None))[0] == RARE


def truth(character):
    """The character as Pillow draws it from the font file the papers are set in."""
    built = [path for _, _, path in fonts.built_faces()]
    path = (built or fonts.stock_fonts())[0]
    face = ImageFont.truetype(str(path), 60, index=2 if path.suffix == ".ttc" else 0)
    picture = Image.new("L", (120, 120), 0)
    ImageDraw.Draw(picture).text((20, 10), character, font=face, fill=255)
    return picture


def distance(one, other):
    """How far two inks are apart once both are cut to their edges: 0 to 255."""
    small = [
        ink.crop(ink.getbbox()).resize((32, 32), Image.Resampling.BOX)
        for ink in (one, other)
    ]
    return ImageStat.Stat(ImageChops.difference(*small)).mean[0]


def test_characters_are_drawn_as_themselves():
    """A text layer can be right over wrong glyphs; the ink tells."""
    characters = "质量管理小组成果申报" + RARE
    truths = [truth(one) for one in characters]
    nearest = [
        characters[min(range(len(truths)), key=lambda n: distance(ink, truths[n]))]
        for ink in inks(characters, dpi=150)
    ]
    assert "".join(nearest) == characters


@pytest.mark.parametrize("character", ["\U000f0000", "\ue000", "\U0003134a"])
def test_a_character_without_glyph_stops_the_paper(character):
    with pytest.raises(pdf.MissingGlyph, match=f"U\\+{ord(character):04X}"):
        paper(FORM, name=f"吴{character}", text="二")
    assert pdf.unprintable(f"吴{character}{character}") == [character]
    assert paper(FORM, name="吴", text="二").startswith(b"%PDF-")


def test_everyday_text_is_printable():
    text = f"质量 Aa09，。“”（）《》·—…①㎡℃±≤≥\n\t　{RARE}"
    assert pdf.unprintable(text) == []


@pytest.fixture
def listener():
    """A loopback server that counts who knocks."""
    server = socket.create_server(("127.0.0.1", 0))
    knocks = []

    def count():
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            knocks.append(1)
            line.close()

    threading.Thread(target=count, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/x", knocks
    server.close()


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "canary.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>CANARY</text></svg>")
    return path.as_uri()


FETCHES = [
    '<img src="{}">',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<link rel="stylesheet" href="{}">',
    '<link rel="attachment" href="{}">',
    '<a rel="attachment" href="{}">a</a>',
    '<style>@import url("{}");</style>a',
    '<style>p{{background:url("{}")}}</style><p>a</p>',
    '<style>p::before{{content:url("{}")}}</style><p>a</p>',
    '<style>li{{list-style-image:url("{}")}}</style><ul><li>a</li></ul>',
    '<style>@font-face{{font-family:x;src:url("{}")}}p{{font-family:x}}</style><p>a</p>',
    '<style>@page{{background:url("{}")}}</style>a',
    '<svg width="9" height="9"><image href="{}" width="9" height="9"/></svg>',
    '<style>p{{border-image-source:url("{}")}}</style><p>a</p>',
]


@pytest.mark.parametrize("markup", FETCHES)
def test_nothing_is_fetched_or_read(markup, listener, canary):
    address, knocks = listener
    for url in (address, canary, "papers-font:QCSerif-Bold.ttf", "ftp://127.0.0.1/x"):
        html = f"<title>字</title>{markup.format(url)}"
        try:
            content = pdf.render_html(html)
        except (pdf.FetchRefused, pdf.PictureBroken):
            continue
        assert b"/EmbeddedFile" not in content
        assert "CANARY" not in "".join(texts(content))
    assert knocks == []


def test_a_fetch_stops_the_paper(listener):
    address, _ = listener
    with pytest.raises(pdf.FetchRefused):
        pdf.render_html(f"<title>字</title><img src='{address}'>")


def test_a_picture_that_cannot_be_drawn_stops_the_paper():
    broken = pdf.data_uri(b"no picture at all", "image/png")
    with pytest.raises(pdf.PictureBroken):
        pdf.render_html(f"<title>字</title><img src='{broken}'>")


def test_the_font_reader_reads_fonts_only(canary):
    fetcher = fonts.FontFetcher()
    for url in (
        canary,
        "papers-font:../settings.py",
        "papers-font:",
        "QCSerif-Bold.ttf",
    ):
        with pytest.raises(ValueError, match="not a paper font"):
            fetcher.fetch(url)


def test_faces_are_used_only_when_all_four_are_there(settings, tmp_path):
    settings.FONTS_DIR = tmp_path
    for _, _, name in fonts.FACES[:3]:
        (tmp_path / name).write_bytes(b"")
    assert (fonts.built_faces(), fonts.face_rules()) == ([], "")
    (tmp_path / fonts.FACES[3][2]).write_bytes(b"")
    rules = fonts.face_rules().splitlines()
    assert rules[0] == (
        '@font-face { font-family: "QC Serif"; font-weight: 400;'
        ' src: url("papers-font:QCSerif-Regular.ttf"); }'
    )
    assert len(rules) == len(set(rules)) == 4


def test_the_systems_fonts_stand_in(settings, tmp_path):
    """Before the faces are built the stock Noto draws the same papers."""
    if len(fonts.stock_fonts()) < 2:
        pytest.skip("no stock Noto CJK on this machine")
    settings.FONTS_DIR = tmp_path
    found = []

    def draw():  # a new thread reads its fonts anew
        content = paper(FORM, name=RARE, text="二")
        found.extend([embedded_fonts(content), texts(content)[0]])

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()
    assert {name.split("-")[0] for name in found[0]} == {"Noto"}
    assert all(found[0].values())
    assert RARE in found[1].replace("\n", "")


def test_the_stock_fonts_know_what_they_draw(settings, tmp_path):
    if len(fonts.stock_fonts()) < 2:
        pytest.skip("no stock Noto CJK on this machine")
    settings.FONTS_DIR = tmp_path
    fonts._drawable.cache_clear()
    try:
        assert pdf.unprintable(f"质量{RARE}\U000f0000") == ["\U000f0000"]
    finally:
        fonts._drawable.cache_clear()


def test_font_copies_of_dead_processes_are_cleared(tmp_path):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name, owner in [("a", None), ("b", dead), ("c", str(os.getppid())), ("d", "?")]:
        folder = tmp_path / f"weasyprint-{name}"
        folder.mkdir()
        (folder / "face").write_bytes(b"outlines")
        if owner:
            (folder / "owner.pid").write_text(owner)
    fonts.tidy_copies(tmp_path / "weasyprint-a")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "weasyprint-a",
        "weasyprint-c",
        "weasyprint-d",
    ]
    assert (tmp_path / "weasyprint-a/owner.pid").read_text() == str(os.getpid())


def test_the_check_speaks_up_without_fonts(settings, tmp_path, monkeypatch):
    settings.FONTS_DIR = tmp_path
    monkeypatch.setattr(fonts, "STOCK_FOLDERS", [tmp_path])
    assert [message.id for message in fonts.check_fonts(None)] == ["documents.W001"]
    for _, _, name in fonts.FACES:
        (tmp_path / name).write_bytes(b"")
    assert fonts.check_fonts(None) == []


def test_threads_do_not_share_what_crashes():
    contents = []

    def draw():
        contents.extend(paper(FORM, name="一", text=str(n)) for n in range(3))

    threads = [threading.Thread(target=draw) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [pdf.page_count(content) for content in contents] == [1] * 9


def test_weasyprint_does_not_fill_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    pdf.render_html(
        '<html lang="zh-Hans"><title>字</title><style>p{no-such: thing}</style><p>一</p>'
    )
    assert [one for one in caplog.records if one.name == "weasyprint"] == []


def test_many_pages_part_into_single_ones():
    parts = pdf.split(specimens.pdf(3))
    assert [pdf.page_count(part) for part in parts] == [1, 1, 1]


def test_pages_are_counted_from_one():
    for number in (0, 3):
        with pytest.raises(IndexError):
            pdf.page_image(specimens.pdf(2), number)


def test_the_qr_code_holds_its_text():
    svg = pdf.qr_svg("https://portal.example/verify/7K4M92QX")
    assert svg.startswith("<svg ")
    assert svg != pdf.qr_svg("https://portal.example/verify/7K4M92QY")
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
