"""Files of campaigns: faults by line, round trip, hostile files, the next year."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from qcportal.accounts.roles import Role
from qcportal.campaigns import presets
from qcportal.campaigns.actions import let_recommend
from qcportal.campaigns.models import (
    AwardLevel,
    Campaign,
    Category,
    CheckItem,
    Criterion,
    FormVersion,
    Milestone,
    QuotaRule,
    Rubric,
    Window,
)
from qcportal.campaigns.presets import PresetError, places
from qcportal.campaigns.presets.cloning import moved, weeks_between
from qcportal.campaigns.presets.writing import toml
from qcportal.notices.models import Notice, NoticeAttachment
from qcportal.refusals import Refused
from tests import factories

FILES = sorted(presets.FOLDER.glob("*.toml"))
HUBEI = presets.FOLDER / "hubei-2023.toml"
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def refused(text: str, name: str = "hubei-2023.toml") -> list[str]:
    with pytest.raises(PresetError) as error:
        presets.read_text(name, text)
    return error.value.lines


def broken(old: str, new: str, count: int = 1) -> tuple[list[str], int]:
    """(what is said of Hubei's file with that change, the line of the change)."""
    text = HUBEI.read_text()
    assert old in text
    return refused(text.replace(old, new, count)), text[: text.index(old)].count(
        "\n"
    ) + 1


# --- places ---------------------------------------------------------------------------


def walk(value: Any, path: places.Path = ()) -> Iterator[places.Path]:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from walk(item, (*path, i))


@each_file
def test_the_lines_of_a_file_are_those_of_its_parsed_contents(path) -> None:
    text = path.read_text()
    assert set(places.lines(text)) == set(walk(tomllib.loads(text)))


def test_the_lines_are_right_in_every_manner_of_writing() -> None:
    text = (
        '# first\n"a b".c = 1 # x = 2\n\n[t]\nlong = """\nx = 1\n[u]\n"""\nd = \'\'\'\n]\'\'\'\n'
        "e = [ 1, # [\n  { f = 2, 'g' = [\n 3] },\n]\n[[t.rows]]\nh = 1979-05-27 07:32:00\n"
        '[t.rows.in]\nk = "\\u00e9\\"#"\n[[t.rows]]\nh = -1.5e3\n[[t.rows]]\n'
        '"\\u0041" = """a\\""""\r\nlast = true'
    )  # fmt: skip
    found = places.lines(text)
    assert set(found) == set(walk(tomllib.loads(text)))
    assert found["a b", "c"] == 2
    assert found["t", "long"] == 5
    assert found["t", "d"] == 9
    assert found["t", "e", 1, "g"] == 12
    assert found["t", "e", 1, "g", 0] == 13
    assert found["t", "rows", 0, "in", "k"] == 18
    assert found["t", "rows", 1] == 19
    assert found["t", "rows", 2, "last"] == 23


# --- refused, with line and place -------------------------------------------------------


def test_what_is_not_toml_names_its_line() -> None:
    lines, at = broken('letters = "HBQ"', "letters = HBQ")
    assert lines == [
        f"hubei-2023.toml 第 {at} 行第 11 个字：不是有效的 TOML（Invalid value）"
    ]
    assert refused('a = "')[0].startswith("hubei-2023.toml 第 1 行")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('letters = "HBQ"', "letters = 5", "letters：要写文字，加引号，现在是数字"),
        ("notice_days = 5", 'notice_days = "5"', "notice_days：要写整数，现在是文字"),
        ("needs_dossier = true", "needs_dossier = 1", "needs_dossier：要写 true 或 false，现在是数字"),
        ("opens = 2023-05-09T09:00:00", "opens = 2023-05-09",
         "windows[1].opens：要写日期和时间，例如 2020-07-12T22:00:00，现在是日期"),
        ("opens = 2023-05-09T09:00:00", "opens = 2023-05-09T09:00:00Z",
         "windows[1].opens：写当地时间就可以，不要带时区"),
        ("closes = 2023-06-05T17:00:00\nadvised = 2023-05-26T17:00:00", "closes = 2023-05-05T17:00:00",
         "windows[1].closes：关闭时间要晚于开放时间"),
        ('stage = "filing"', 'stage = "fling"',
         "windows[1].stage：不认识“fling”，可以写 filing、stamping、recommending、checking、judging"),
        ('stage = "stamping"', 'stage = "filing"', "windows[2]：和第 1 项重复（filing）"),
        ('subject = "recommender"\nrecommender_class = "council"', 'recommender_class = "council"',
         "quota_rules[2]：缺 subject"),
        ("soft = 4", "soft = 7", "quota_rules[3].soft：提醒线不能高于上限"),
        ("unlimited = true", "reserve = 1", "quota_rules[6]：缺上限（hard）；不限的写 unlimited = true"),
        ('recommender_class = "industry"', 'recommender_class = "district"',
         "quota_rules[5]：和第 4 项重复（recommender、district）"),
        ('letters = "HBQ"', 'letters = "HBQ"\nleters = "H"', "leters：不认识的名称 leters，是不是 letters"),
        ("needs_recommender = true\nallows_direct = true", "needs_recommender = false\nallows_direct = true",
         "categories[1].allows_direct：不经推荐单位的类别不能写这一项"),
        ('certificate_pattern = "{letters}{year}-{level}-{serial:04d}"', 'certificate_pattern = "{letters}{year}"',
         "certificate_pattern：证书编号规则里要有流水号 {serial}，不然编号会重复"),
        ("你小组的成果《{title}》", "你小组的成果《{titel}》",
         "certificate_words：证书正文里不认识 {titel}，可以用 {title}、{year}、{result}"),
        ('label = "另行通知"', 'label = "{start}"', "milestones[2].label：{start} 没有日期可填，或不认识"),
        ('category = "story"', 'category = "tale"', "notices[1].attachments[3].category：没有类别 tale"),
    ],
)  # fmt: skip
def test_a_fault_is_said_with_line_and_place(old, new, said) -> None:
    lines, at = broken(old, new)
    assert len(lines) == 1 or said.endswith("不能写这一项")
    number = int(lines[0].split(" ")[2])
    assert lines[0].split(" 行", 1)[1].strip() == said
    assert at - 3 <= number <= at + 1


def test_a_form_without_the_fields_of_a_certificate_is_refused() -> None:
    lines, _ = broken(
        'means = "group_name", on_certificate = true', 'means = "group_name"'
    )
    assert [line.split(" 行 ", 1)[1] for line in lines] == [
        "categories[1].form：“小组名称”要印在证书上，请标明“证书照此打印”，填表的人会先核对。"
    ]


def test_a_fault_deep_in_a_form_names_its_field() -> None:
    lines, at = broken('code = "postcode", label = "邮编", kind = "postcode"',
                       'code = "postcode", label = "邮编", kind = "zip"')  # fmt: skip
    assert len(lines) == 1
    assert lines[0].startswith(
        f"hubei-2023.toml 第 {at} 行 categories[1].form.sections[1].fields[7]"
    )


def test_all_faults_are_said_in_the_order_of_the_file() -> None:
    text = HUBEI.read_text()
    for old, new in (
        ("year = 2023", 'year = "2023"'), ("hard = 2\n", "hard = -2\n"),
        ('style = "gold"', 'style = "pink"'),
    ):  # fmt: skip
        text = text.replace(old, new, 1)
    lines = refused(text)
    numbers = [int(line.split(" ")[2]) for line in lines]
    assert len(lines) == 3
    assert all(a < b for a, b in pairwise(numbers))


def test_nothing_of_a_refused_file_is_saved(db) -> None:
    before = Campaign.objects.count()
    raw = tomllib.loads(HUBEI.read_text())
    raw["quota_rules"].append(
        {"subject": "recommender", "recommender": "没有登记的协会", "hard": 1}
    )
    preset = presets.read_text("hubei.toml", toml(raw))
    with pytest.raises(PresetError) as error:
        presets.load(preset)
    assert error.value.lines == [
        "hubei.toml quota_rules[9].recommender：系统里没有推荐单位“没有登记的协会”，请先登记"
    ]
    assert Campaign.objects.count() == before
    presets.load(presets.read(HUBEI))
    with pytest.raises(PresetError, match="已经有了，不会重复导入"):
        presets.load(presets.read(HUBEI))


# --- hostile files ----------------------------------------------------------------------

STRANGE: list[Any] = [
    None, True, -1, 10**12, 1.5, float("nan"), "", "x" * 30_000, "\x00", [], [[]], {}, {"x": 1},
    date(2020, 1, 1), datetime(2020, 1, 1), datetime(9999, 1, 1),  # noqa: DTZ001
]  # fmt: skip


def leaves(value: Any, path: places.Path = ()) -> Iterator[places.Path]:
    """Every place of a file, containers too."""
    return (p for p in walk(value, path) if p)


def put(raw: dict[str, Any], path: places.Path, value: Any) -> dict[str, Any]:
    out = deepcopy(raw)
    at: Any = out
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    return out


def test_any_wrong_value_anywhere_is_a_fault_or_fits_and_never_breaks() -> None:
    raw = tomllib.loads((presets.FOLDER / "tibet-2023.toml").read_text())
    refusals = 0
    for number, path in enumerate(leaves(raw)):
        wrong = STRANGE[number % len(STRANGE)]
        found = list(presets.faults(put(raw, path, wrong)))
        refusals += bool(found)
        assert all(isinstance(fault.path, tuple) and fault.message for fault in found)
    assert refusals > 300


@pytest.mark.parametrize("wrong", [5, "五", [1], {"x": 1}, True], ids=str)
def test_a_wrong_type_for_every_value_is_always_refused(wrong) -> None:
    """Each value once, by one of another type: refused at that place or above it."""
    raw = tomllib.loads((presets.FOLDER / "tibet-2023.toml").read_text())
    for path in leaves(raw):
        at: Any = raw
        for part in path:
            at = at[part]
        if type(at) is not type(wrong):
            found = list(presets.faults(put(raw, path, wrong)))
            assert found, f"{places.words(path)} = {wrong!r} was taken"
            assert any(f.path[: len(path)] == path[: len(f.path)] for f in found)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 20_000 + "]" * 20_000, "a." * 20_000 + "b = 1", "x = " + "9" * 10_000,
        "[a" + ".a" * 5_000 + "]", 'x = "' + "y" * 900_000 + '"', "[[windows]]\n" * 20_000,
        "\x00", "x = 2020-99-99", 'x = "\\uD800"', "﻿code = 1", "",
    ],
    ids=["arrays", "dotted", "number", "table", "long", "rows", "nul", "date", "surrogate", "bom", "empty"],
)  # fmt: skip
def test_hostile_texts_are_refused_in_a_sentence(text) -> None:
    lines = refused(text, "x.toml")
    assert 1 <= len(lines) <= 51
    assert all(line.startswith("x.toml") for line in lines)


def test_a_file_too_large_is_not_even_parsed(tmp_path) -> None:
    large = tmp_path / "large.toml"
    large.write_bytes(b"# " + b"x" * 20_000_000)
    with pytest.raises(PresetError, match=r"large\.toml：文件太大，最多 1 MB"):
        presets.read(large)
    assert refused("#" * 1_000_001) == ["hubei-2023.toml：文件太大，最多 1 MB"]
    odd = tmp_path / "odd.toml"
    odd.write_bytes("code = '湖北'".encode("gbk"))
    with pytest.raises(PresetError, match="不是 UTF-8 文本"):
        presets.read(odd)


# --- round trip -------------------------------------------------------------------------


@each_file
def test_an_exported_campaign_comes_back_the_same(db, path) -> None:
    first = presets.load(presets.read(path))
    text = presets.export(first)
    raw = tomllib.loads(text)
    assert tomllib.loads(toml(raw)) == raw
    second = presets.load(presets.read_text("again.toml", text), code="again")
    assert facts(second) == facts(first)


@each_file
def test_the_words_of_a_timetable_name_its_days(db, path) -> None:
    campaign = presets.load(presets.read(path))
    said = [m.label + m.note for m in campaign.milestones.all()]
    said += [notice.body for notice in campaign.notices.all()]
    assert [text for text in said if "{" in text] == []
    if path.stem == "shanghai-2018":
        assert [m.label for m in campaign.milestones.all()] == [
            "2018年8月—9月", "2018年9月—12月", "另行通知", "2018年12月—2019年2月", "另行通知",
        ]  # fmt: skip


# What an export leaves out, and why it may.
LEFT_OUT = {
    "campaign": {"id", "code", "host", "higher", "document_number_key", "published_at", "ended_at"},
    "category": {"id", "campaign"},
    "rows": {"id", "campaign", "category", "rubric", "published_at", "version", "notice", "document", "slug",
             "word", "link", "paper", "corrects"},
}  # fmt: skip


def facts(campaign: Campaign) -> Any:
    """Every stored column of a campaign's settings but those of LEFT_OUT."""
    here = {"campaign": campaign}
    of_category = {"category__campaign": campaign}
    rows = {
        model.__name__: [
            (*_category(row), columns(row, LEFT_OUT["rows"]))
            for row in model.objects.filter(**found).order_by("pk")
        ]
        for model, found in (
            (Window, here), (Milestone, here), (QuotaRule, here), (CheckItem, here),
            (AwardLevel, here), (FormVersion, of_category), (Rubric, of_category),
            (Criterion, {"rubric__category__campaign": campaign}), (Notice, here),
            (NoticeAttachment, {"notice__campaign": campaign}),
        )
    }  # fmt: skip
    rows["Window"].sort(key=str)
    categories = Category.objects.filter(campaign=campaign)
    return [
        columns(campaign, LEFT_OUT["campaign"]),
        [columns(c, LEFT_OUT["category"]) for c in categories], rows,
    ]  # fmt: skip


def _category(row: models.Model) -> tuple[str, ...]:
    category = getattr(row, "category", None)
    return (category.code,) if category else ()


def columns(row: models.Model, left_out: set[str]) -> dict[str, Any]:
    return {
        f.name: getattr(row, f.attname)
        for f in row._meta.concrete_fields
        if f.name not in left_out
    }


def test_an_export_says_named_bodies_and_drops_what_happened(
    cast, campaign, noon
) -> None:
    body = cast.recommender.organisation
    QuotaRule.objects.create(
        campaign=campaign, subject="recommender", recommender=body, hard=12
    )
    province = cast.other_association.organisation
    let_recommend(campaign, province, "", by=cast.association, at=noon)
    raw = tomllib.loads(presets.export(campaign))
    assert raw["quota_rules"][-1] == {
        "subject": "recommender", "hard": 12, "recommender": body.name,
    }  # fmt: skip
    assert province.name not in presets.export(campaign)
    again = presets.load(
        presets.read_text("a.toml", presets.export(campaign)), code="a"
    )
    assert again.quota_rules.get(recommender=body).hard == 12
    assert not again.recommending_rights.exists()


def test_the_newest_published_form_is_the_one_exported(campaign, noon) -> None:
    category = campaign.categories.get()
    old = category.newest_form.definition
    for version, title, published in ((2, "第二版", noon), (3, "没写完", None)):
        FormVersion.objects.create(
            category=category, version=version, definition={**old, "title": title},
            published_at=published,
        )  # fmt: skip
    fresh = Campaign.objects.get(pk=campaign.pk)
    assert presets.contents_of(fresh)["categories"][0]["form"]["title"] == "第二版"


def test_strange_texts_are_written_so_that_they_read_back() -> None:
    raw = {
        "a": 'tab\t"quoted" \\ back # no comment', "b": 'two\nlines """ \\n', "c": "", "空 格": 1,
        "d": ["x" * 50, "y" * 50], "e": [], "f": {"g": {"h": True}}, "i": "\x7f \u2028 𬭎",
        "fields": [{"choices": [{"code": "x"}], "s": "two\nlines"}],
    }  # fmt: skip
    assert tomllib.loads(toml(raw)) == raw


# --- the next year ----------------------------------------------------------------------


@pytest.mark.parametrize("years", [1, 2, 3, 5, -1])
def test_dates_keep_their_weekday_and_their_spans(years) -> None:
    for first in (date(2020, 6, 28), date(2020, 2, 29), date(2023, 12, 31)):
        shift = weeks_between(first, years)
        assert shift.days % 7 == 0
        assert (
            abs((first + shift) - date(first.year + years, first.month, 28)).days < 35
        )


def test_a_clone_is_next_years_campaign_being_set_up(cast, campaign, noon) -> None:
    original = presets.load(presets.read(presets.FOLDER / "shanghai-2020.toml"), code="sh-2020",
                            host=campaign.host, published_at=noon)  # fmt: skip
    let_recommend(
        original, cast.other_association.organisation, "", by=cast.association, at=noon
    )
    clone = presets.clone(original, year=2021, by=cast.association, at=noon)
    assert (clone.code, clone.year, clone.host) == ("sh-2021", 2021, campaign.host)
    assert clone.published_at is None
    assert clone.name == "2021年上海市质量管理小组活动"
    assert clone.document_number == ""
    old, new = (
        [timezone.make_naive(getattr(w, n)) for w in c.windows.order_by("pk") for n in ("opens_at", "closes_at")]
        for c in (original, clone)
    )  # fmt: skip
    assert {b - a for a, b in zip(old, new, strict=True)} == {timedelta(weeks=52)}
    assert [m.label for m in clone.milestones.all()] == [
        "6月", "6月27日–7月11日", "7月19日前", "7月19日–8月9日", "8月", "9月14日前", "12月",
    ]  # fmt: skip
    december = clone.milestones.last()
    assert (december.starts_on, december.ends_on) == (
        date(2021, 12, 1),
        date(2021, 12, 31),
    )
    assert "7月11日 22:00" in clone.notices.get(pinned=True).body
    assert "2020年" not in clone.notices.get(pinned=True).title
    assert {
        f.version for f in FormVersion.objects.filter(category__campaign=clone)
    } == {1}
    assert all(
        f.published_at == noon
        for f in FormVersion.objects.filter(category__campaign=clone)
    )
    assert not clone.recommending_rights.exists()
    assert not Notice.objects.public_at(noon).filter(campaign=clone).exists()


def test_a_clone_is_refused_for_the_same_year_and_twice(cast, campaign, noon) -> None:
    with pytest.raises(Refused) as refused:
        presets.clone(campaign, year=2020, by=cast.association, at=noon)
    assert refused.value.codes == ["same_year"]
    presets.clone(campaign, year=2021, by=cast.association, at=noon)
    with pytest.raises(Refused) as refused:
        presets.clone(campaign, year=2021, by=cast.association, at=noon)
    assert refused.value.codes == ["code_taken"]
    assert Campaign.objects.filter(code="shanghai-2021").count() == 1


@each_file
@pytest.mark.parametrize("year", [2017, 2025, 2028, 2101])
def test_every_preset_can_be_moved_to_any_year(path, year) -> None:
    """Also to years whose months end on other days: the outcome is a sound file."""
    raw = moved(presets.read(path).raw, year)
    assert list(presets.faults(raw)) == []


def test_a_host_given_takes_the_place_of_the_files(db, noon) -> None:
    other = factories.organisation(Role.ASSOCIATION, "江南省质量协会", letters="JN")
    campaign = presets.load(presets.read(HUBEI), host=other, code="jn-2023", at=noon)
    assert (campaign.host, campaign.code, campaign.published_at) == (
        other,
        "jn-2023",
        None,
    )
    assert campaign.categories.first().newest_form.published_at == noon
    assert campaign.notices.get().slug == "jn-2023-notice"
