"""Tags: their props, what they print, what they refuse to print."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError

from qcportal.refusals import Refusal
from qcportal.ui.templatetags import ui

ROOT = Path(settings.BASE_DIR)


def drawn(source: str, **context: object) -> str:
    return " ".join(Template(source).render(Context(context)).split())


def offer(**changes: object) -> SimpleNamespace:
    facts = {
        "name": "file",
        "label": "提交",
        "url": "/submissions/2020-PD-0136/file/",
        "kind": "primary",
        "refusals": [],
        "needs_comment": False,
    }
    return SimpleNamespace(**{**facts, **changes})


@pytest.mark.parametrize(
    "source",
    [
        '{% badge "wait" "待单位盖章" tone="red" %}',
        '{% card title="课题" %}{% endcard %}',
        "{% pager page request %}{% pager %}",
        "{% sheet %}{% endsheet %}",
        '{% stepper "a" "选题" 15 color="red" %}',
    ],
)
def test_an_unknown_or_missing_prop_is_an_error_at_parse_time(source):
    with pytest.raises(TemplateSyntaxError):
        Template(source)


@pytest.mark.parametrize(
    "source",
    [
        '{% badge "red" "待单位盖章" %}',
        '{% notice "danger" %}……{% endnotice %}',
        '{% prize "iron" %}',
        '{% icon "x" "huge" %}',
        '{% card tone="pink" %}{% endcard %}',
    ],
)
def test_an_unknown_variant_is_an_error_not_a_blank(source):
    with pytest.raises(TemplateSyntaxError, match="not one of"):
        drawn(source)


def test_a_badge_has_icon_and_words():
    assert drawn('{% badge "wait" "待单位盖章" %}') == (
        '<span class="badge badge-wait"><svg class="icon icon-hourglass" '
        'aria-hidden="true"><use href="/static/icons/sprite.svg#i-hourglass"></use>'
        "</svg>待单位盖章</span>"
    )


def test_words_are_escaped_and_blocks_are_not():
    html = drawn("{% card heading=name %}<b>{{ name }}</b>{% endcard %}", name="<i>&")
    assert html.count("&lt;i&gt;&amp;") == 2
    assert "<b>&lt;i&gt;&amp;</b>" in html


def test_a_live_move_is_a_plain_form_with_the_token():
    html = drawn(
        '{% move_button offer version=7 confirm="提交给单位盖章？" %}',
        offer=offer(),
        csrf_token="token-of-the-test",
    )
    assert '<form method="post" action="/submissions/2020-PD-0136/file/"' in html
    assert 'name="csrfmiddlewaretoken" value="token-of-the-test"' in html
    assert '<input type="hidden" name="version" value="7">' in html
    assert 'data-confirm="提交给单位盖章？"' in html
    assert '<button class="btn btn-primary">提交</button>' in html


def test_a_refused_move_is_disabled_with_every_sentence_under_it():
    refusals = [Refusal("quota", "只能推荐 1 项。"), Refusal("closed", "已经关闭。")]
    html = drawn("{% move_button offer %}", offer=offer(refusals=refusals))
    assert "<form" not in html
    found = re.search(r'disabled aria-describedby="(move-[0-9a-f]{8})"', html)
    assert found
    assert f'id="{found[1]}">只能推荐 1 项。<br>已经关闭。</span>' in html


def test_a_caution_does_not_stop_a_move():
    caution = Refusal("late", "离关闭不到 1 小时。", kind="caution")
    html = drawn("{% move_button offer %}", offer=offer(refusals=[caution]))
    assert "disabled" not in html
    assert '<span class="why why-soft">离关闭不到 1 小时。</span>' in html


def test_a_move_that_needs_words_asks_for_them_without_scripts():
    html = drawn(
        "{% move_button offer %}", offer=offer(kind="back", needs_comment=True)
    )
    assert '<details><summary class="btn btn-back">' in html
    assert re.search(
        r'<textarea class="form-control" [^>]*name="comment"[^>]*required', html
    )


def test_a_move_with_a_page_of_its_own_is_a_link():
    html = drawn("{% move_button offer %}", offer=offer(method="get", kind="seal"))
    assert '<a class="btn btn-seal" href="/submissions/2020-PD-0136/file/">' in html
    assert "<form" not in html


def test_the_pager_keeps_the_filters():
    page = Paginator(range(300), 25).page(3)
    html = drawn("{% pager page query %}", page=page, query={"q": "车门", "page": "3"})
    assert "<p>第 3 页，共 12 页</p>" in html
    assert 'href="?q=%E8%BD%A6%E9%97%A8&amp;page=4" rel="next">下一页' in html
    assert '<span aria-current="page">3</span>' in html


def test_a_single_page_has_no_pager():
    page = Paginator(range(3), 25).page(1)
    assert "<nav" not in drawn("{% pager page %}", page=page)


def test_a_sorted_head_says_its_direction():
    html = drawn('{% sort_head "得分" "score" "-score" query %}', query={"page": "2"})
    assert html.endswith(
        '<th scope="col" aria-sort="descending"><a href="?sort=score">得分 ↓</a></th>'
    )


@pytest.mark.parametrize(
    ("source", "figure"),
    [
        ("{% meter 1 1 %}", "1/1"),
        ("{% meter 0 1 pending=1 over=1 %}", "0/1"),
        ("{% meter 12 None %}", "12/不限"),
    ],
)
def test_quota_cells_are_always_followed_by_the_figure(source, figure):
    assert f"<b>{figure}</b>" in drawn(source)


@pytest.mark.parametrize(
    ("status", "polls", "says"),
    [
        ("WAITING", True, "排队中"),
        ("making", True, "正在生成"),
        ("READY", False, "已生成"),
        ("FAILED", False, "没有成功"),
        ("expired", False, "已过期"),
    ],
)
def test_a_paper_polls_until_it_is_settled(status, polls, says):
    doc = SimpleNamespace(
        key="k", title="申报表", status=status, size_text="86 KB", pages=2, progress=0
    )
    html = drawn(
        '{% document doc url="/d/k/" status_url="/d/k/status/" retry_url="/d/k/retry/" %}',
        doc=doc,
    )
    assert ('data-poll="/d/k/status/"' in html) is polls
    assert says in html
    assert ('href="/d/k/"' in html) is (status == "READY")
    assert ('action="/d/k/retry/"' in html) is (status in ("FAILED", "expired"))


def test_the_stepper_is_a_native_number_field_first():
    html = drawn('{% stepper "c1" "选题" 15 value=13.5 hint="来源清楚" %}')
    assert re.search(
        r'<input type="number" id="score-c1" name="c1" value="13.5" min="0" max="15"'
        r' step="0.5"',
        html,
    )
    assert '<rect class="done" y="8" width="90.00%" height="4"/>' in html


def icon_names_in_templates() -> set[str]:
    sources = [path.read_text() for path in (ROOT / "templates").rglob("*.html")]
    pattern = re.compile(
        r"""{% icon ["']([a-z0-9-]+)["']|icon_name=["']([a-z0-9-]+)["']"""
    )
    return {a or b for source in sources for a, b in pattern.findall(source)}


def test_every_icon_named_in_a_template_is_in_the_sprite_list():
    listed = set((ROOT / "static/icons/icons.txt").read_text().split())
    wanted = icon_names_in_templates() | set(ui.BADGE_ICONS.values())
    wanted |= set(ui.NOTICE_ICONS.values()) | set(filter(None, ui.STEP_ICONS.values()))
    assert wanted - listed == set()


def test_every_component_says_what_it_is_for():
    missing = [
        path.name
        for path in (ROOT / "templates/components").glob("*.html")
        if not path.read_text().startswith("{# ")
    ]
    assert missing == []


def test_every_tag_is_documented():
    guide = (ROOT / "docs/components.md").read_text()
    missing = [name for name in ui.register.tags if f"`{name}`" not in guide]
    assert missing == []
