"""Two windows on one draft, as a table of cases: what is stored, what the page shows,
what clashes. Pure; no database."""

from __future__ import annotations

import pytest

from qcportal.campaigns.definition import parse
from submissions.merging import (
    Choice,
    Clash,
    Held,
    Typed,
    aligned,
    changed_places,
    mark_of,
    marks_of,
    merge,
)

FORM = parse(
    {
        "title": "表",
        "sections": [
            {
                "code": "all",
                "title": "全部",
                "fields": [
                    {"code": "title", "label": "题目", "means": "title"},
                    {"code": "memo", "label": "备注", "kind": "textarea"},
                    {"code": "people", "label": "成员", "kind": "rows", "columns": [
                        {"code": "name", "label": "姓名"},
                        {"code": "post", "label": "岗位"}]},
                ],
            }
        ],
        "papers": [],
        "notes": [],
    }
)  # fmt: skip


def held(title="甲", memo="", **people):
    """A content; people are key → "姓名/岗位"."""
    rows = [
        dict(zip(("name", "post"), p.split("/"), strict=True)) for p in people.values()
    ]
    return Held(
        {"title": title, "memo": memo, "people": rows}, {"people": list(people)}
    )


def typed(of):
    return Typed(of.content, of.keys)


def told(of):
    """The same, short, to be compared."""
    rows = {key: "/".join(row.values()) for key, row in of.rows("people").items()}
    return of.content["title"], of.content["memo"], rows


def merged(base, stored, sent, **more):
    return merge(FORM, stored, typed(sent), marks_of(FORM, base), **more)


BASE = held(memo="m", a="张/工", b="李/员")

# (stored by the other, sent by this page, what is stored then)
BOTH_KEPT = {
    "nothing changed": (BASE, BASE, BASE),
    "only here": (BASE, held("新", "m", a="张/工", b="李/员"), held("新", "m", a="张/工", b="李/员")),
    "only there": (held("新", "m", a="张/工", b="李/员"), BASE, held("新", "m", a="张/工", b="李/员")),
    "different fields": (
        held("他的", "m", a="张/工", b="李/员"), held("甲", "我的", a="张/工", b="李/员"),
        held("他的", "我的", a="张/工", b="李/员")),
    "the same words": (
        held("同", "m", a="张/工", b="李/员"), held("同", "m", a="张/工", b="李/员"),
        held("同", "m", a="张/工", b="李/员")),
    "emptied here": (BASE, held("", "m", a="张/工", b="李/员"), held("", "m", a="张/工", b="李/员")),
    "two cells of one row": (
        held("甲", "m", a="张三/工", b="李/员"), held("甲", "m", a="张/工长", b="李/员"),
        held("甲", "m", a="张三/工长", b="李/员")),
    "a row added by each": (
        held("甲", "m", a="张/工", b="李/员", c="王/员"), held("甲", "m", a="张/工", b="李/员", d="赵/员"),
        held("甲", "m", a="张/工", b="李/员", d="赵/员", c="王/员")),
    "removed here": (BASE, held("甲", "m", b="李/员"), held("甲", "m", b="李/员")),
    "removed there": (held("甲", "m", b="李/员"), BASE, held("甲", "m", b="李/员")),
    "removed by both": (held("甲", "m", b="李/员"), held("甲", "m", b="李/员"), held("甲", "m", b="李/员")),
    "removed here, added there": (
        held("甲", "m", a="张/工", b="李/员", c="王/员"), held("甲", "m", a="张/工"),
        held("甲", "m", a="张/工", c="王/员")),
    "put in another order here": (
        held("甲", "m", a="张三/工", b="李/员"), held("甲", "m", b="李/员", a="张/工"),
        held("甲", "m", b="李/员", a="张三/工")),
    "put in another order there": (
        held("甲", "m", b="李/员", a="张/工"), held("甲", "m", a="张/工长", b="李/员"),
        held("甲", "m", b="李/员", a="张/工长")),
}  # fmt: skip


@pytest.mark.parametrize("case", BOTH_KEPT)
def test_both_keep_their_work(case):
    stored, sent, wanted = BOTH_KEPT[case]
    found = merged(BASE, stored, sent)
    assert found.clashes == []
    assert told(found.stored) == told(found.shown) == told(wanted)
    assert found.marks == marks_of(FORM, wanted)


def test_the_same_field_changed_twice_is_a_clash_and_nothing_of_it_is_stored():
    there, here = held("他的", "m"), held("我的", "备注")
    found = merged(held("甲", "m"), there, here)
    assert found.clashes == [Clash("title", "title", "我的", "他的")]
    assert told(found.stored) == ("他的", "备注", {})
    assert told(found.shown) == ("我的", "备注", {})
    # The page goes on carrying the old mark: a save without a choice clashes again.
    assert found.marks["title"] == mark_of("甲")
    again = merge(FORM, found.stored, typed(found.shown), found.marks)
    assert again.clashes == found.clashes


@pytest.mark.parametrize(
    ("mine", "seen", "stored", "clashes"),
    [
        (True, "他的", "我的", 0),
        (False, "他的", "他的", 0),
        (False, "更早的", "他的", 0),
        (True, "更早的", "他的", 1),  # changed again since it was shown: told again
    ],
)
def test_a_choice_settles_a_clash(mine, seen, stored, clashes):
    found = merged(
        held("甲"), held("他的"), held("我的"),
        choices={"title": Choice(mine, mark_of(seen))},
    )  # fmt: skip
    assert (found.stored.content["title"], len(found.clashes)) == (stored, clashes)


def test_what_this_window_wrote_last_is_no_clash():
    """The answer to its save was lost on the way; it typed on."""
    found = merged(held("甲"), held("甲乙"), held("甲乙丙"), own={"title"})
    assert (found.clashes, found.stored.content["title"]) == ([], "甲乙丙")


def test_one_cell_changed_twice():
    base, there = held(a="张/工"), held(a="张三/员")
    found = merged(base, there, held(a="张四/工"))
    assert found.clashes == [
        Clash("people.a.name", "people", "张四", "张三", "a", "name")
    ]
    assert told(found.stored)[2] == {"a": "张三/员"}
    assert told(found.shown)[2] == {"a": "张四/员"}
    taken = merge(
        FORM, found.stored, typed(found.shown), found.marks,
        choices={"people.a.name": Choice(True, mark_of("张三"))},
    )  # fmt: skip
    assert (taken.clashes, told(taken.stored)[2]) == ([], {"a": "张四/员"})


REMOVED = [
    (True, {"a": "张三/工"}),
    (False, {}),
]


@pytest.mark.parametrize(("mine", "rows"), REMOVED)
def test_a_row_written_here_and_removed_there(mine, rows):
    base, there, here = held(a="张/工"), held(), held(a="张三/工")
    found = merged(base, there, here)
    [clash] = found.clashes
    assert (clash.place, clash.theirs, told(found.stored)[2]) == ("people.a", None, {})
    assert told(found.shown)[2] == {"a": "张三/工"}
    choice = {"people.a": Choice(mine, clash.seen)}
    chosen = merge(FORM, found.stored, typed(found.shown), found.marks, choices=choice)
    assert (chosen.clashes, told(chosen.stored)[2]) == ([], rows)


@pytest.mark.parametrize(("mine", "rows"), [(True, {}), (False, {"a": "张三/工"})])
def test_a_row_removed_here_and_written_there(mine, rows):
    base, there, here = held(a="张/工"), held(a="张三/工"), held()
    found = merged(base, there, here)
    [clash] = found.clashes
    assert (clash.place, clash.mine) == ("people.a", None)
    assert told(found.stored)[2] == {"a": "张三/工"}
    assert told(found.shown)[2] == {}
    choice = {"people.a": Choice(mine, clash.seen)}
    chosen = merge(FORM, found.stored, typed(found.shown), found.marks, choices=choice)
    assert (chosen.clashes, told(chosen.stored)[2]) == ([], rows)


def test_a_new_row_whose_answer_was_lost_stands_once():
    sent = held(a="张/工", n="王/员")
    found = merged(held(a="张/工"), sent, sent)
    assert (found.clashes, told(found.stored)[2]) == ([], {"a": "张/工", "n": "王/员"})


def test_a_page_that_knows_nothing_overwrites_nothing():
    stored = held("有", "", a="张/工")
    found = merge(FORM, stored, Typed(held("别的", "补上").content, {}), {})
    assert [clash.place for clash in found.clashes] == ["title"]
    assert told(found.stored) == ("有", "补上", {"a": "张/工"})
    empty = merge(FORM, stored, Typed(held("", "").content, {}), {})
    assert (empty.clashes, told(empty.stored)) == ([], told(stored))


def test_fields_that_were_not_sent_stay():
    found = merge(FORM, BASE, Typed({"title": "新"}, {}), marks_of(FORM, BASE))
    assert told(found.stored) == ("新", "m", {"a": "张/工", "b": "李/员"})


@pytest.mark.parametrize(
    "marks",
    [
        {"title": 5, "people": "x"},
        {"title": {"a": []}, "people": [1, ["a"], ["a", 2], ["a", {"name": 3}]]},
        {"title": ["x"], "people": {"a": "b"}, "memo": None},
    ],
)
def test_marks_that_are_none_are_as_good_as_unknown(marks):
    found = merge(FORM, held("有", a="张/工"), typed(held("别的", a="张/工")), marks)
    assert [clash.place for clash in found.clashes] == ["title"]
    assert told(found.stored)[2] == {"a": "张/工"}


def test_rows_without_keys_are_numbered_and_keep_the_same_numbers():
    before = Held(BASE.content, {})
    assert list(before.rows("people")) == ["r1", "r2"]


def test_a_whole_content_keeps_the_keys_of_the_rows_that_stayed():
    content = held("甲", "m", x="新/人", a="张/工", c="李四/员").content
    found = aligned(FORM, BASE, content)
    [fresh, kept, changed] = found.keys["people"]
    assert (kept, len(fresh)) == ("a", 8)
    assert changed == "b"


def test_changed_places_name_fields_cells_and_rows():
    after = held("乙", "m", a="张/工长", c="王/员")
    assert changed_places(FORM, BASE, after) == [
        "title", "people.b", "people.c", "people.a.post",
    ]  # fmt: skip
