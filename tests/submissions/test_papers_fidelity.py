"""The four official forms as they come out of the printer: nothing missing, nothing cut,
long text under a repeated label, every character of a name drawn as itself."""

from __future__ import annotations

import pytest

from qcportal.documents import pdf
from submissions import actions, papers
from tests import printed
from tests.factories import full_marks
from tests.submissions import yearly

pytestmark = pytest.mark.django_db

# Extensions A to E and B's own corners, everyday rare ones beside them.
RARE = "㛃𠮟𡃁𠂉𣱵𪚥𬭎𫟹䶮堃玥喆"
NAMES = [
    "吴䶮",
    "㛃𬭎",
    "陈𠮟𡃁",
    "李𠂉𣱵",
    "王𪚥",
    "周𫟹堃",
    "玥喆",
    "买买提·阿不都热合曼",
]
SENTENCE = "小组按程序开展活动，逐项确认要因并制定对策，效果经财务部门核定。"
LONG = "\n".join([SENTENCE * 6] * 12)[:1500]
FORMS = ("申报表", "成果评分与推荐意见表", "注册登记表", "课题登记表")


def filed(walk, cast, noon) -> dict:
    rows = [
        {"name": name, "gender": "m", "post": "检修工", "part": "实施"}
        for name in NAMES
    ]
    found = walk.filed(members=rows, summary=LONG)
    return papers.application_form(found.revision)


def opinion(walk, cast, noon) -> dict:
    walk.campaign.opinion_limit = 4000
    walk.campaign.save(update_fields=["opinion_limit"])
    found = walk.filed(group_name="㛃𠮟𡃁𠂉𣱵𪚥𬭎𫟹䶮堃玥喆买买提·阿不都小组")
    marks = full_marks(actions.rubric_for(found))
    actions.save_sheet(
        found.pk, marks=marks, opinion=LONG, version=0, by=cast.unit, at=noon
    )
    return papers.opinion_form(actions.print_sheet(found.pk, by=cast.unit, at=noon))


def registration(walk, cast, noon) -> dict:
    members = [yearly.member(NAMES[0], "leader"), *map(yearly.member, NAMES[1:])]
    row = yearly.sent_year(cast.group, noon, members=members)
    from_unit = yearly.year_actions.confirm_year(row.pk, by=cast.unit, at=noon)
    return from_unit.papers.get().facts


def topic(walk, cast, noon) -> dict:
    members = [yearly.member(NAMES[0], "leader"), *map(yearly.member, NAMES[1:])]
    row = yearly.sent_year(cast.group, noon, members=members)
    year = yearly.year_actions.confirm_year(row.pk, by=cast.unit, at=noon)
    sent = yearly.sent_topic(year, cast.group, noon, reason=LONG[:500])
    found = yearly.year_actions.confirm_topic(sent.pk, by=cast.unit, at=noon)
    return found.papers.get().facts


MAKERS = dict(zip(FORMS, (filed, opinion, registration, topic), strict=True))


@pytest.fixture(params=FORMS)
def form(request, walk, cast, noon) -> tuple[str, bytes]:
    facts = MAKERS[request.param](walk, cast, noon)
    opinion = request.param == "成果评分与推荐意见表"
    template = papers.OPINION_TEMPLATE if opinion else papers.FORM_TEMPLATE
    return request.param, pdf.render(template, facts)


def test_every_character_is_on_the_paper_and_as_itself(form):
    _, content = form
    together = "".join(printed.text_of(content))
    assert [c for c in RARE + "·" if c not in together] == []
    drawn = printed.pictures_of(content, RARE)
    assert set(drawn) == set(RARE)
    # No two alike: a box for what a font lacks would stand for several.
    assert len(set(drawn.values())) == len(RARE)
    shares = {c: dots.count(0) / len(dots) for c, dots in drawn.items()}
    assert {c: s for c, s in shares.items() if not 0.08 < s < 0.85} == {}


def test_nothing_runs_off_the_paper(form):
    _, content = form
    assert printed.outside(content) == []
    assert set(printed.edge_ink(content)) == {0}


def test_the_file_says_what_it_is(form):
    name, content = form
    found = printed.archival(content)
    assert name in found.pop("title")
    assert found == {
        "pdfa": "3b",
        "language": "zh-Hans",
        "tagged": True,
        "intent": True,
    }


def test_long_text_is_whole_and_keeps_its_label_on_every_page(form):
    name, content = form
    labels = {
        "申报表": ("QC小组简介和主要活动过程及效果", LONG),
        "成果评分与推荐意见表": ("", LONG),
        "注册登记表": ("", ""),
        "课题登记表": ("选题理由", LONG[:500]),
    }
    label, text = labels[name]
    pages = printed.text_of(content)
    running = [page for page in pages if SENTENCE[:8] in page]
    assert all(label in page for page in running)
    # Page feet come between; the sentences themselves are all there.
    whole = "".join(pages)
    assert whole.count("逐项确认要因") >= text.count("逐项确认要因") - len(pages) + 1
    assert len(running) >= {"申报表": 2, "成果评分与推荐意见表": 2}.get(name, 0)
    assert "".join(pages).count("单位盖章") == 1
