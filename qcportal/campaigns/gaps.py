"""Every gap between a campaign being set up and its opening.

``Refusal.field`` is the tab of the settings where it is mended: profile, times,
categories, forms, rubrics, quotas, honours, checks, notices, please_check.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from django.db.models import Q
from django.utils import timezone

from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.campaigns import definition, wording
from qcportal.campaigns.models import Campaign, Category, QuotaRule, Rubric, Window
from qcportal.campaigns.rubric_rules import faults_of
from qcportal.campaigns.rules import moment, why_not_before_higher
from qcportal.campaigns.stages import Stage
from qcportal.refusals import Refusal


def gaps(campaign: Campaign, at: datetime) -> list[Refusal]:
    """What is missing or contradicts itself, in the order of the settings. A line that
    would be said of several categories alike is said once."""
    categories = list(campaign.categories.all())
    found = [
        *_profile(campaign),
        *_times(campaign, categories, at),
        *_milestones(campaign),
        *_categories(campaign, categories),
        *_quotas(campaign, categories),
        *_honours(campaign, categories),
        *_checks(campaign),
        *_notices(campaign),
        *_please_check(campaign),
    ]
    return list({(gap.code, gap.message): gap for gap in found}.values())


# --- 活动资料 -----------------------------------------------------------------------


def _profile(campaign: Campaign) -> Iterator[Refusal]:
    """``facts_missing``, ``no_contact``, ``no_fee_words``; of a forwarded campaign
    ``no_document_number``: it has a number of its own."""
    needed = {"name": "活动名称", "headline": "首页标题", "letters": "编号字母"}
    empty = [words for name, words in needed.items() if not getattr(campaign, name)]
    if empty:
        yield Refusal("facts_missing", f"还没有填{'、'.join(empty)}。", "profile")
    if not (campaign.contact.get("phone") and campaign.contact.get("address")):
        yield Refusal("no_contact", "联系方式要有地址和电话。", "profile")
    if not campaign.no_fee_words.strip():
        yield Refusal("no_fee_words", "还没有写不收费承诺。", "profile")
    if campaign.higher_id and not campaign.document_number.strip():
        yield Refusal("no_document_number", "还没有填本单位转发的文号。", "profile")


# --- 时间和节点 ---------------------------------------------------------------------


def _stages(category: Category) -> list[Stage]:
    """The stages a category goes through before it reaches the association."""
    stages = [Stage.FILING]
    if category.needs_unit_stamp:
        stages.append(Stage.STAMPING)
    if category.needs_recommender:
        stages.append(Stage.RECOMMENDING)
    return stages


def _times(
    campaign: Campaign, categories: list[Category], at: datetime
) -> Iterator[Refusal]:
    """``no_window``, ``window_past``, ``windows_out_of_order``, ``window_too_late``,
    ``later_than_higher``."""
    last_day = max(
        (day for m in campaign.milestones.all() if (day := m.ends_on or m.starts_on)),
        default=None,
    )
    for category in categories:
        found: list[tuple[Stage, Window]] = []
        for stage in _stages(category):
            window = campaign.window(stage, category)
            if window is None:
                yield _time_gap(
                    "no_window",
                    f"“{category.name}”的“{stage.label}”还没有安排时间。",
                )
            else:
                found.append((stage, window))
        yield from _order(category, found)
        for stage, window in found:
            closing = moment(window.closes_at)
            if window.closes_at <= at:
                yield _time_gap(
                    "window_past", f"“{stage.label}”{closing} 就关闭了，已经过去。"
                )
            day = timezone.localtime(window.closes_at).date()
            if last_day and day > last_day:
                yield _time_gap(
                    "window_too_late",
                    f"“{stage.label}”{closing} 才关闭，比主要节点的最后一天还晚。",
                )
        yield from _before_higher(campaign, found)


def _time_gap(code: str, message: str) -> Refusal:
    return Refusal(code, message, "times")


def _order(category: Category, found: list[tuple[Stage, Window]]) -> Iterator[Refusal]:
    for (stage, earlier), (next_stage, later) in pairwise(found):
        if later.closes_at < earlier.closes_at:
            yield _time_gap(
                "windows_out_of_order",
                f"“{category.name}”的“{next_stage.label}”{moment(later.closes_at)} 关闭，"
                f"早于“{stage.label}”的 {moment(earlier.closes_at)}。",
            )


def _before_higher(
    campaign: Campaign, found: list[tuple[Stage, Window]]
) -> Iterator[Refusal]:
    """What is forwarded must be in hand before the higher body closes."""
    if campaign.higher_id is None or not found:
        return
    stage, last = max(found, key=lambda pair: pair[1].closes_at)
    for said in why_not_before_higher(campaign, stage, last.closes_at):
        yield _time_gap(said.code, said.message)


def _milestones(campaign: Campaign) -> Iterator[Refusal]:
    """``no_milestone``, ``milestone_without_day``."""
    lines = list(campaign.milestones.all())
    if not lines:
        yield _time_gap("no_milestone", "还没有写主要节点。")
    for line in lines:
        if not (line.starts_on or line.ends_on) and not _says_when(line.label):
            yield _time_gap(
                "milestone_without_day",
                f"“{line.title}”没有日期，公开文字请写“另行通知”或大致月份。",
            )


def _says_when(label: str) -> bool:
    return "另行通知" in label or "月" in label


# --- 类别、申报表、评审表 -----------------------------------------------------------


def _categories(campaign: Campaign, categories: list[Category]) -> Iterator[Refusal]:
    """``no_category``, ``no_recommender`` and what each lacks."""
    if not categories:
        yield Refusal("no_category", "还没有类别。", "categories")
    if any(c.needs_recommender for c in categories) and not _has_bodies(campaign):
        yield Refusal(
            "no_recommender",
            "要推荐单位推荐，却还没有登记任何推荐单位，也没有给别的协会授权。",
            "categories",
        )
    for category in categories:
        yield from _form(category)
        yield from _rubrics(category)


def _has_bodies(campaign: Campaign) -> bool:
    bodies = Organisation.objects.in_use().filter(tier=Role.RECOMMENDER)
    return bodies.exists() or campaign.recommending_rights.exists()


def _form(category: Category) -> Iterator[Refusal]:
    """``no_form``, ``form_gap``."""
    if category.newest_form is None:
        yield Refusal("no_form", f"“{category.name}”还没有发布的申报表。", "forms")
        return
    form = category.newest_form.form
    for gap in definition.gaps(form, needs_recommender=category.needs_recommender):
        yield Refusal("form_gap", f"“{category.name}”：{gap.message}", "forms")


def _rubrics(category: Category) -> Iterator[Refusal]:
    """``no_rubric``, ``rubric_total``, ``rubric_placeholder``."""
    published = category.rubrics.filter(published_at__isnull=False)
    newest: dict[str, Rubric] = {}
    for rubric in published.prefetch_related("criteria").order_by("version"):
        newest[rubric.topic_type] = rubric
    types = category.newest_form.form.topic_types if category.newest_form else ()
    for code, label in [(t.code, t.label) for t in types] or [("", "")]:
        if code not in newest and "" not in newest:
            yield Refusal(
                "no_rubric", f"“{category.name}”{label}还没有发布的评审表。", "rubrics"
            )
    for rubric in newest.values():
        if rubric.is_placeholder:
            yield Refusal(
                "rubric_placeholder",
                f"“{rubric.name}”还是占位，请换成正式的评审表。",
                "rubrics",
            )
        for fault in faults_of(rubric):
            yield Refusal(
                "rubric_total", f"“{rubric.name}”：{fault.message}", "rubrics"
            )


# --- 名额 ---------------------------------------------------------------------------


def _quotas(campaign: Campaign, categories: list[Category]) -> Iterator[Refusal]:
    """``quota_type``, ``quota_category``, ``quota_body``: rules that can never count.
    ``no_own_quota``: places are not forwarded, the lower body lays down its own."""
    types = {
        choice.code
        for category in categories
        if category.newest_form
        for choice in category.newest_form.form.topic_types
    }
    known = {category.pk: category for category in categories}
    rules = list(campaign.quota_rules.select_related("recommender"))
    recommended = any(category.needs_recommender for category in categories)
    if campaign.higher_id and recommended and not rules:
        yield Refusal(
            "no_own_quota",
            "上级的名额不会带下来，请定本活动的名额；不限的也要写一条。",
            "quotas",
        )
    for rule in rules:
        yield from _quota(rule, types, known)


def _quota(
    rule: QuotaRule, types: set[str], known: dict[int, Category]
) -> Iterator[Refusal]:
    row = f"quotas#rule-{rule.pk}"
    if rule.topic_type and rule.topic_type not in types:
        yield Refusal(
            "quota_type",
            f"名额里的课题类型 {rule.topic_type}，申报表里没有。",
            row,
        )
    category = known.get(rule.category_id or 0)
    if category and not category.needs_recommender:
        yield Refusal(
            "quota_category",
            f"“{category.name}”不经推荐单位，给它的名额不起作用，请删掉。",
            row,
        )
    if rule.recommender and not rule.recommender.is_active:
        yield Refusal(
            "quota_body",
            f"“{rule.recommender.name}”已经停用，给它的名额请删掉。",
            row,
        )


# --- 奖项、公示和证书 ---------------------------------------------------------------


def _honours(campaign: Campaign, categories: list[Category]) -> Iterator[Refusal]:
    """``no_award``, ``certificate_words``, ``certificate_pattern``,
    ``certificate_numbers``, ``notice_days``."""
    for category in categories:
        if not category.levels:
            yield Refusal("no_award", f"“{category.name}”还没有奖项。", "honours")
        words = category.certificate_words or campaign.certificate_words
        faults = (
            wording.certificate_faults(words) if words.strip() else ["证书正文还空着"]
        )
        for said in faults:
            yield Refusal(
                "certificate_words", f"“{category.name}”：{said}。", "honours"
            )
        for said in wording.pattern_faults(_pattern(campaign, category)):
            yield Refusal(
                "certificate_pattern", f"“{category.name}”：{said}。", "honours"
            )
    yield from _same_numbers(campaign, categories)
    if not campaign.notice_days:
        yield Refusal("notice_days", "公示期还是 0 个工作日。", "honours")
    if not campaign.certificate_issuer.strip():
        yield Refusal("certificate_words", "证书落款还空着。", "honours")


def _pattern(campaign: Campaign, category: Category) -> str:
    return category.certificate_pattern or campaign.certificate_pattern


def _same_numbers(campaign: Campaign, categories: list[Category]) -> Iterator[Refusal]:
    """Numbers are counted by rule and level: two rules, or two levels under one rule,
    that write the same number would give it twice."""
    counted: dict[str, tuple[tuple[str, str], str]] = {}
    for category in categories:
        pattern = _pattern(campaign, category)
        if list(wording.pattern_faults(pattern)):
            continue
        for level in category.levels:
            number = wording.certificate_number(
                pattern, letters=campaign.letters, year=campaign.year,
                category=category.code, level=level.code, serial=1,
            )  # fmt: skip
            here = (pattern, level.code)
            first, whose = counted.setdefault(number, (here, category.name))
            if first != here:
                yield Refusal(
                    "certificate_numbers",
                    f"“{whose}”和“{category.name}”的证书会有同一个编号 {number}，"
                    "请让编号规则不同，或在规则里写上 {level}。",
                    "honours",
                )


# --- 形式审查、通知、核对 -----------------------------------------------------------


def _checks(campaign: Campaign) -> Iterator[Refusal]:
    if not campaign.check_items.exists():
        yield Refusal("no_check_item", "还没有形式审查的核对项。", "checks")


def _notices(campaign: Campaign) -> Iterator[Refusal]:
    """``no_notice``, ``notice_draft``, ``attachment_missing``; caution ``notice_late``."""
    main = campaign.notices.filter(is_main=True, withdrawn_at__isnull=True).first()
    if main is None:
        yield Refusal("no_notice", "还没有布置整个活动的通知。", "notices")
    elif main.published_at is None:
        yield Refusal(
            "notice_draft", f"《{main.title}》还是草稿，请定好公开的时间。", "notices"
        )
    else:
        yield from _notice_late(campaign, main.published_at)
    # Attachments the portal makes always have their files ordered.
    missing = Q(attachments__kind="upload", attachments__document__isnull=True)
    missing |= Q(attachments__kind="notice", attachments__link__isnull=True)
    rows = campaign.notices.filter(missing, published_at__isnull=False)
    for notice, number, title in rows.values_list(
        "title", "attachments__number", "attachments__title"
    ):
        yield Refusal(
            "attachment_missing",
            f"《{notice}》的附件{number}《{title}》还没有文件。",
            "notices",
        )


def _notice_late(campaign: Campaign, published_at: datetime) -> Iterator[Refusal]:
    opens = min((w.opens_at for w in campaign.windows.all()), default=None)
    if opens and published_at > opens:
        yield Refusal(
            "notice_late",
            f"活动通知 {moment(published_at)} 才公开，申报 {moment(opens)} 就开放了。",
            "notices", "caution",
        )  # fmt: skip


def _please_check(campaign: Campaign) -> Iterator[Refusal]:
    """``unchecked``: one line for each setting nobody has compared with the notice."""
    for text in unchecked(campaign):
        yield Refusal("unchecked", f"还没有核对：{text}", "please_check")


def unchecked(campaign: Campaign) -> list[str]:
    """The lines of ``please_check`` that are not ticked off."""
    done = set(campaign.setting_checks.values_list("text", flat=True))
    return [text for text in campaign.please_check if text not in done]
