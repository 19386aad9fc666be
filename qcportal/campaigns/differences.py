"""差异对照: a forwarded campaign beside the higher association's, line by line.

A presenter: reads both and says what is equal, what differs, what the higher one has
changed since anybody looked. Categories, rubrics and attachments are matched by what
they are (code, topic type, kind and title), windows by stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from qcportal.campaigns import quotas
from qcportal.campaigns.form_changes import changes
from qcportal.campaigns.forwarding import unseen
from qcportal.campaigns.guide import url_of
from qcportal.campaigns.models import (
    Campaign,
    Category,
    FormVersion,
    HigherChange,
    QuotaRule,
    Rubric,
    Window,
)
from qcportal.campaigns.rules import moment, why_not_before_higher
from qcportal.campaigns.shows import QuotaLine, quota_lines, type_labels
from qcportal.campaigns.stages import Stage

NOTHING = "没有"
MOST_SAID = 6  # changes of one form or rubric told on the page; the rest are counted
CONTACT = {
    "department": "部门", "person": "联系人", "address": "地址", "postcode": "邮编",
    "phone": "电话", "email": "邮箱", "hours": "接待时间", "website": "网址",
}  # fmt: skip
WAY = {
    "needs_unit_stamp": "单位盖章", "needs_recommender": "推荐单位推荐",
    "allows_direct": "可直接申报", "requires_topic": "须登记课题",
    "requires_site_visit": "须现场核查", "has_contest": "有发表赛",
}  # fmt: skip
What = HigherChange.What


@dataclass(frozen=True)
class Line:
    """One thing on both sides. ``changed``: the higher association changed it since;
    ``take``: where its newer form may be taken over."""

    label: str
    own: str
    higher: str
    same: bool
    changed: bool = False
    notes: tuple[str, ...] = ()
    warns: bool = False
    take: str = ""

    @property
    def chip(self) -> tuple[str, str]:
        if self.changed:
            return "back", "上级已改"
        return ("ok", "一致") if self.same else ("todo", "不同")


@dataclass(frozen=True)
class Part:
    """``url``: the tab where the own side is changed."""

    key: str
    heading: str
    url: str
    lines: list[Line] = field(default_factory=list)

    @property
    def differing(self) -> list[Line]:
        return [line for line in self.lines if not line.same or line.changed]


def parts(campaign: Campaign, at: datetime) -> list[Part]:
    """Every part in the order of the settings; none of a campaign not forwarded."""
    higher = campaign.higher
    if higher is None:
        return []
    marked: dict[str, set[str]] = {}
    for what, subject in unseen(campaign).values_list("what", "subject"):
        marked.setdefault(what, set()).add(subject)
    found: list[tuple[str, str, str, Iterable[Line]]] = [
        ("times", "时间", "times", _times(campaign, higher, marked)),
        ("milestones", "主要节点", "times", _milestones(campaign, higher, marked)),
        ("contact", "联系方式", "profile", _contact(campaign, higher)),
        ("attachments", "通知和附件号", "notices", _notices(campaign, higher, marked, at)),
        ("quotas", "名额", "quotas", _quotas(campaign, higher)),
        ("categories", "类别和渠道", "categories", _categories(campaign, higher)),
        ("forms", "申报表", "forms", _forms(campaign, higher, marked)),
        ("rubrics", "评审表", "rubrics", _rubrics(campaign, higher)),
        ("honours", "奖项和公示", "honours", _honours(campaign, higher)),
        ("checks", "形式审查", "checks", _checks(campaign, higher)),
    ]  # fmt: skip
    return [
        Part(key, heading, url_of(tab, campaign.code), list(lines))
        for key, heading, tab, lines in found
    ]


def _line(label: str, own: str, higher: str, **given: Any) -> Line:
    same = own == higher
    return Line(label, own or NOTHING, higher or NOTHING, same, **given)


def _keys(own: Mapping[Any, Any], higher: Mapping[Any, Any]) -> list[Any]:
    """The higher one's order, then what only the own side has."""
    return [*higher, *(key for key in own if key not in higher)]


# --- times --------------------------------------------------------------------------


def _times(
    campaign: Campaign, higher: Campaign, marked: Mapping[str, set[str]]
) -> Iterator[Line]:
    own, above = _windows(campaign), _windows(higher)
    order = {stage.value: n for n, stage in enumerate(Stage)}
    names = {c.code: c.name for c in [*higher.categories_in_order, *campaign.categories_in_order]}  # fmt: skip
    for stage, code in sorted(_keys(own, above), key=lambda k: (order[k[0]], k[1])):
        mine, theirs = own.get((stage, code)), above.get((stage, code))
        label = Stage(stage).label + (f"（{names[code]}）" if code else "")
        late = list(why_not_before_higher(campaign, Stage(stage), mine.closes_at)) if mine else []  # fmt: skip
        notes = [said.message for said in late]
        days = (theirs.closes_at - mine.closes_at).days if mine and theirs else 0
        if days > 0 and not late:
            notes.append(f"比上级早 {days} 天。")
        yield _line(
            label, _window(mine), _window(theirs), notes=tuple(notes),
            warns=bool(late), changed=stage in marked.get(What.WINDOW, ()),
        )  # fmt: skip


def _windows(campaign: Campaign) -> dict[tuple[str, str], Window]:
    codes = {category.pk: category.code for category in campaign.categories_in_order}
    return {(w.stage, codes.get(w.category_id or 0, "")): w for w in campaign.windows.all()}  # fmt: skip


def _window(window: Window | None) -> str:
    if window is None:
        return ""
    said = f"{moment(window.opens_at)} 到 {moment(window.closes_at)}"
    advised = f"，建议 {moment(window.advised_at)} 前" if window.advised_at else ""
    return said + advised


def _milestones(
    campaign: Campaign, higher: Campaign, marked: Mapping[str, set[str]]
) -> Iterator[Line]:
    own = {line.title: line.label for line in campaign.milestones.all()}
    above = {line.title: line.label for line in higher.milestones.all()}
    touched = marked.get(What.MILESTONE, set())
    for title in [*_keys(own, above), *sorted(touched - {*own, *above})]:
        yield _line(
            title, own.get(title, ""), above.get(title, ""), changed=title in touched
        )


def _contact(campaign: Campaign, higher: Campaign) -> Iterator[Line]:
    for name, label in CONTACT.items():
        own, above = campaign.contact.get(name, ""), higher.contact.get(name, "")
        if own or above:
            yield _line(label, own, above)


# --- notices ------------------------------------------------------------------------


def _notices(
    campaign: Campaign, higher: Campaign, marked: Mapping[str, set[str]], at: datetime
) -> Iterator[Line]:
    """Numbers of documents and attachments, and what the higher one published since."""
    yield _line("文号", campaign.document_number, higher.document_number)
    own, above = _attachments(campaign, None), _attachments(higher, at)
    linked = {item.link_id for item in own.values() if item.link_id}
    first = [key for key, item in own.items() if item.link_id]
    for key in [*first, *(key for key in _keys(own, above) if key not in first)]:
        mine, theirs = own.get(key), above.get(key)
        notes: tuple[str, ...] = ()
        if mine is not None and mine.link_id:
            notes = ("就是上级的通知，没有另存一份。",)
        elif mine is None and theirs.kind == "upload" and theirs.notice_id in linked:
            notes = ("在上级的通知里下载。",)
        title = (theirs or mine).title
        linked_here = mine is not None and mine.link_id
        above_says = "上级通知原件" if linked_here else _number(theirs)
        yield _line(title, _number(mine), above_says, notes=notes)
    for title in sorted(marked.get(What.NOTICE, ())):
        yield Line(f"上级新发：{title}", NOTHING, "已发布", False, changed=True)


def _attachments(campaign: Campaign, at: datetime | None) -> dict[tuple[str, ...], Any]:
    """Those of the main notice, by what they are; of another's only what is public."""
    notices = campaign.notices.filter(is_main=True, withdrawn_at__isnull=True)
    if at is not None:
        notices = notices.filter(published_at__lte=at)
    notice = notices.prefetch_related("attachments__category").first()
    rows = notice.attachments.all() if notice else []
    return {
        (row.kind, row.category.code if row.category else "", row.title): row
        for row in rows
    }


def _number(attachment: Any) -> str:
    return f"附件{attachment.number}" if attachment else ""


# --- places -------------------------------------------------------------------------


def _quotas(campaign: Campaign, higher: Campaign) -> Iterator[Line]:
    """The higher one's number for this body is the ceiling; beside it what the own
    rules could bring together at most."""
    labels, own = type_labels(higher), quota_lines(campaign)
    names = {c.pk: c.name for c in higher.categories_in_order}
    counted = [
        rule for rule in quotas.rules_for(higher, campaign.host)
        if rule.subject == QuotaRule.Subject.RECOMMENDER
    ]  # fmt: skip
    for rule in counted:
        ceiling = quotas.places_of(higher, campaign.host, rule)
        category = names.get(rule.category_id or 0, "")
        kind = labels.get(rule.topic_type, rule.topic_type)
        said, most = _most(own, category, kind)
        more = most is not None and most > ceiling
        notes = ("比上级给本单位的多，收上来以后要再选。",) if more else ()
        yield Line(
            f"{category if len(names) > 1 else ''}{kind}名额" if kind or category else "推荐名额",
            said, f"给本单位 {ceiling} 项", most == ceiling, notes=notes,
        )  # fmt: skip
    if not counted:
        said, _ = _most(own, "", "")
        yield Line("推荐名额", said, "没有给本单位定上限", False)


def _most(own: list[QuotaLine], category: str, kind: str) -> tuple[str, int | None]:
    """What the own rules of the category and type give together, in words and figure."""
    if not own:
        return "还没有定", None
    found = [
        line.most for line in own
        if line.bodies is not None
        and (not kind or line.topic_type in (kind, "全部类型"))
        and (not category or line.category in (category, "全部类别"))
    ]  # fmt: skip
    counted = [most for most in found if most is not None]
    if not found or len(counted) < len(found):
        return "总数不限", None
    return f"合计最多 {sum(counted)} 项", sum(counted)


# --- categories, forms, rubrics -----------------------------------------------------


def _categories(campaign: Campaign, higher: Campaign) -> Iterator[Line]:
    own = {c.code: c for c in campaign.categories_in_order}
    above = {c.code: c for c in higher.categories_in_order}
    for code in _keys(own, above):
        mine, theirs = own.get(code), above.get(code)
        yield _line((theirs or mine).name, _way(mine), _way(theirs))


def _way(category: Category | None) -> str:
    if category is None:
        return ""
    steps = [label for name, label in WAY.items() if getattr(category, name)]
    return f"{category.name}：{'、'.join(steps) or '直接交秘书处'}"


def _forms(
    campaign: Campaign, higher: Campaign, marked: Mapping[str, set[str]]
) -> Iterator[Line]:
    own, above = _newest_forms(campaign), _newest_forms(higher)
    names = {c.code: c.name for c in [*higher.categories_in_order, *campaign.categories_in_order]}  # fmt: skip
    writing = set(
        FormVersion.objects.filter(
            category__campaign=campaign, published_at__isnull=True
        ).values_list("category__code", flat=True)
    )
    for code in _keys(own, above):
        mine, theirs = own.get(code), above.get(code)
        same = bool(mine and theirs and mine.definition == theirs.definition)
        found = [] if same or not (mine and theirs) else changes(mine.form, theirs.form)
        notes = [f"上级的表：{change.text}。" for change in found[:MOST_SAID]]
        if len(found) > MOST_SAID:
            notes.append(f"另外还有 {len(found) - MOST_SAID} 处不同。")
        if code in writing:
            notes.append("本单位正在编写新的一版，发布或删掉后才能采用上级的。")
        takes = mine and theirs and not same and code not in writing
        yield Line(
            names.get(code, code), _version(mine), _version(theirs), same,
            changed=code in marked.get(What.FORM, ()), notes=tuple(notes),
            take=reverse("campaigns:take_form", args=[campaign.code, code]) if takes else "",
        )  # fmt: skip


def _newest_forms(campaign: Campaign) -> dict[str, FormVersion]:
    rows = FormVersion.objects.filter(
        category__campaign=campaign, published_at__isnull=False
    ).select_related("category")
    ordered = rows.order_by("category__order", "category_id", "version")
    return {row.category.code: row for row in ordered}


def _version(version: FormVersion | None) -> str:
    if version is None or version.published_at is None:
        return NOTHING
    day = timezone.localtime(version.published_at)
    return f"第 {version.version} 版，{day.year}年{day.month}月{day.day}日 发布"


def _rubrics(campaign: Campaign, higher: Campaign) -> Iterator[Line]:
    own, above = _newest_rubrics(campaign), _newest_rubrics(higher)
    for key in _keys(own, above):
        mine, theirs = own.get(key), above.get(key)
        table, other = _points(mine), _points(theirs)
        notes = _criteria(table, other) if mine and theirs else []
        if len(notes) > MOST_SAID:
            notes = [*notes[:MOST_SAID], f"另外还有 {len(notes) - MOST_SAID} 处不同。"]
        yield Line(
            (theirs or mine).name, _total(mine), _total(theirs),
            bool(mine and theirs) and table == other, notes=tuple(notes),
        )  # fmt: skip


def _newest_rubrics(campaign: Campaign) -> dict[tuple[str, str], Rubric]:
    rows = Rubric.objects.filter(
        category__campaign=campaign, published_at__isnull=False
    ).select_related("category")
    ordered = rows.prefetch_related("criteria").order_by(
        "category__order", "category_id", "version"
    )
    return {(row.category.code, row.topic_type): row for row in ordered}


def _points(rubric: Rubric | None) -> dict[str, str]:
    rows = rubric.criteria_list if rubric else []
    return {row.name: f"{row.points.normalize():f}" for row in rows}


def _total(rubric: Rubric | None) -> str:
    if rubric is None:
        return NOTHING
    return f"{len(rubric.criteria_list)} 项，共 {rubric.points.normalize():f} 分"


def _criteria(own: Mapping[str, str], above: Mapping[str, str]) -> list[str]:
    return [
        f"“{name}”{own.get(name, '没有')}{' 分' if name in own else ''}，"
        f"上级{above.get(name, '没有')}{' 分' if name in above else ''}。"
        for name in _keys(own, above)
        if own.get(name) != above.get(name)
    ]


# --- honours and checks -------------------------------------------------------------


def _honours(campaign: Campaign, higher: Campaign) -> Iterator[Line]:
    yield _line("奖项", _levels(campaign), _levels(higher))
    yield _line(
        "公示", f"{campaign.notice_days} 个工作日", f"{higher.notice_days} 个工作日"
    )


def _levels(campaign: Campaign) -> str:
    names = campaign.award_levels.order_by("category__order", "order", "pk")
    return "、".join(dict.fromkeys(names.values_list("name", flat=True)))


def _checks(campaign: Campaign, higher: Campaign) -> Iterator[Line]:
    own = {item.text: "有" for item in campaign.check_items.all()}
    above = {item.text: "有" for item in higher.check_items.all()}
    for text in _keys(own, above):
        yield _line(text, own.get(text, ""), above.get(text, ""))
