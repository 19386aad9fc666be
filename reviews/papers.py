"""What the association's papers contain: lists, certificates, exports. No layout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from qcportal.campaigns.models import Campaign, Category, FormVersion
from qcportal.documents import pdf
from qcportal.documents.excel import Column, Sheet
from recommenders.models import Candidate
from reviews.models import Certificate, Publication, PublicationEntry
from submissions.columns import cells_of, columns_of
from submissions.models import ScoreSheet, Submission, Tier

CERTIFICATE_TEMPLATE = "papers/certificate.html"
LIST_TEMPLATE = "papers/result_list.html"


def certificate_facts(
    entry: PublicationEntry, number: str, issued: str
) -> dict[str, Any]:
    """The frozen words of a certificate. ``issued`` like ``二〇二〇年十二月``."""
    campaign, category = entry.publication.campaign, entry.submission.category
    return {
        "number": number,
        "unit_name": entry.unit_name,
        "group_name": entry.group_name,
        "title": entry.title,
        "level": entry.level_name,
        "words": category.certificate_sentence(entry.title),
        "issuer": campaign.certificate_issuer,
        "issued": issued,
    }


def publication_title(campaign: Campaign, suffix: str) -> str:
    """``2020年…优秀成果``; where the categories are honoured under several names, the
    campaign's own name stands over the list."""
    words = {category.title_words for category in campaign.categories_in_order}
    if len(words) <= 1:
        return f"{campaign.year}年{next(iter(words), campaign.result_words)}{suffix}"
    year = f"{campaign.year}年"
    return f"{year}{campaign.name.removeprefix(year)}评审结果{suffix}"


def several_categories(entries: Iterable[PublicationEntry]) -> bool:
    """Whether a published list has more than one category in it."""
    return len({entry.category_code for entry in entries}) > 1


def chinese_month(year: int, month: int) -> str:
    """``二〇二〇年十二月``."""
    digits = "〇一二三四五六七八九"
    tens = {10: "十", 11: "十一", 12: "十二"}
    return f"{''.join(digits[int(d)] for d in str(year))}年{tens.get(month, digits[month % 10])}月"


def certificate(found: Certificate) -> dict[str, Any]:
    return {
        **found.facts,
        "verify_code": found.verify_code,
        "qr": pdf.qr_data_uri(f"{settings.SITE_URL}/verify/{found.verify_code}/"),
    }


def result_list(publication: Publication) -> dict[str, Any]:
    """The printed list, grouped by category (where there are several) and award, as
    published."""
    entries = list(publication.entries.all())
    named = several_categories(entries)
    groups: dict[tuple[str, str], list[PublicationEntry]] = {}
    for entry in entries:
        category = entry.category_name if named else ""
        groups.setdefault((category, entry.level_name), []).append(entry)
    at = timezone.localtime(publication.opens_at)
    return {
        "title": publication.title,
        "groups": [
            {"level": "　".join(filter(None, heading)), "entries": found}
            for heading, found in groups.items()
        ],
        "issuer": publication.campaign.certificate_issuer,
        "date": f"{at.year}年{at.month}月{at.day}日",
        "note": "同一奖项内排名不分先后。",
    }


def result_sheet(publication: Publication) -> Sheet:
    entries = list(publication.entries.select_related("submission__category"))
    named = several_categories(entries)
    return Sheet(
        title=publication.title,
        subtitle=["同一奖项内排名不分先后。"],
        columns=[
            Column("序号", 6, "number"), *([Column("类别", 18)] if named else []),
            Column("奖项", 10), Column("课题名称", 40),
            Column("小组名称", 22), Column("企业名称", 32), Column("推荐单位", 24), Column("课题类型", 12),
        ],
        rows=[
            [e.order, *([e.category_name] if named else []), e.level_name, e.title,
             e.group_name, e.unit_name, _through(e), e.topic_type_label]
            for e in entries
        ],
    )  # fmt: skip


def _through(entry: PublicationEntry) -> str:
    """The recommending body; empty for a direct filing."""
    past = not entry.submission.category.needs_recommender
    return "不经推荐单位" if past else entry.recommender_name


def export_sheet(title: str, submissions: QuerySet[Submission]) -> Sheet:
    """Everything the association holds of a campaign's results, one row each, with the
    contact's number: exports are bound to who asked and stand in the trail."""
    rows = submissions.select_related(
        "campaign",
        "category",
        "unit",
        "group",
        "recommender",
        "form",
        "revision__form",
        "decision__level",
    )
    ids = [s.pk for s in rows]
    named = len({s.category_id for s in rows}) > 1
    totals: dict[tuple[int | None, str], Any] = {
        (sheet.revision_id, sheet.tier): sheet.total
        for sheet in ScoreSheet.objects.filter(
            revision__submission__in=ids, complete=True
        )
    }
    ranks = dict(
        Candidate.objects.filter(submission__in=ids).values_list(
            "submission_id", "rank"
        )
    )
    columns = [
        Column("序号", 6, "number"), Column("受理编号", 16), Column("状态", 14),
        *([Column("类别", 18)] if named else []),
        Column("企业名称", 32, group="成果"), Column("小组名称", 22, group="成果"),
        Column("课题名称", 40, group="成果"), Column("课题类型", 12, group="成果"),
        Column("推荐单位", 24), Column("推荐顺序", 10, "number"),
        Column("单位自评", 10, "number", group="得分"), Column("推荐单位评审", 12, "number", group="得分"),
        Column("专家评审", 10, "number", group="得分"), Column("奖项", 10),
        Column("联系人", 10, group="联系方式"), Column("手机", 14, group="联系方式"),
        Column("开始填写", 18), Column("最近提交", 18),
    ]  # fmt: skip
    return Sheet(title=title, subtitle=[], columns=columns,
                 rows=[_export_row(i, s, totals, ranks, named) for i, s in enumerate(rows, 1)])  # fmt: skip


def content_sheets(submissions: QuerySet[Submission]) -> list[Sheet]:
    """What was filed, field by field: a tab for each form version, its columns by the
    form, one row a result. Drafts are not in it."""
    filed = submissions.filter(revision__isnull=False).select_related(
        "revision__form__category__campaign"
    )
    versions: dict[int, FormVersion] = {}
    rows: dict[int, list[list[Any]]] = {}
    for submission in filed:
        revision = submission.filed_revision
        version = versions.setdefault(revision.form_id, revision.form)
        cells = cells_of(
            version.form, revision.content, recommender=revision.recommender_name
        )
        rows.setdefault(version.pk, []).append([submission.code, *cells])
    return [
        Sheet(
            title=f"{version.category.name}申报表第{version.version}版", subtitle=[],
            columns=[Column("受理编号", 16), *columns_of(version.form)], rows=rows[key],
        )
        for key, version in sorted(versions.items())
    ]  # fmt: skip


def _export_row(
    index: int,
    s: Submission,
    totals: dict[tuple[int | None, str], Any],
    ranks: dict[int, int | None],
    named: bool,
) -> list[Any]:
    form, content = s.form.form, s.content
    decision = getattr(s, "decision", None)
    filed = s.revision
    own = None if s.category.needs_unit_stamp or not filed else "不自评"
    return [
        index, s.code, s.get_state_display(), *([s.category.name] if named else []),
        s.unit_name, s.group_name, s.title,
        s.topic_type_label, s.recommender.name if s.recommender else past_recommender(s.category, filed),
        ranks.get(s.pk), totals.get((s.revision_id, Tier.UNIT), own),
        totals.get((s.revision_id, Tier.RECOMMENDER)), decision.score if decision else None,
        decision.level.name if decision and decision.level else "",
        form.value(content, "contact", "association"), form.value(content, "mobile", "association"),
        _minute(s.created_at), _minute(filed.filed_at) if filed else "",
    ]  # fmt: skip


def past_recommender(category: Category, filed: object = True) -> str:
    """What stands where a recommending body would be named."""
    if not category.needs_recommender:
        return "不经推荐单位"
    return "直接申报" if filed else ""


def _minute(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
