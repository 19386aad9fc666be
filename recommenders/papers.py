"""What the recommending body's sheets contain: rows and columns, no layout."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from qcportal.accounts.models import Organisation
from qcportal.campaigns.models import Campaign
from qcportal.documents import pdf
from qcportal.documents.excel import Column, Sheet
from recommenders import rules
from recommenders.models import Candidate, Dossier, Paper, TableStamp
from submissions.models import ScoreSheet, Tier
from submissions.papers import foot

TABLE_TEMPLATE = "papers/recommendation_table.html"
SUMMARY_TEMPLATE = "papers/summary_table.html"
FEE_WORDS = "上述成果经我单位组织专家评审，按“好中选优”的原则择优推荐，未向企业和小组收取任何费用。"


def rows(candidates: list[Candidate]) -> list[dict[str, Any]]:
    """The list every paper of the recommending body is made from; JSON, frozen with it."""
    revisions = [c.submission.revision_id for c in candidates]
    totals: dict[tuple[int, str], str] = {
        (sheet.revision_id, sheet.tier): f"{sheet.total:.2f}"
        for sheet in ScoreSheet.objects.filter(revision__in=revisions, complete=True)
    }
    several = {
        campaign.pk: len(campaign.categories_in_order) > 1
        for campaign in (c.submission.campaign for c in candidates[:1])
    }
    return [
        _row(c, totals, named=several.get(c.submission.campaign_id, False))
        for c in candidates
    ]


def _row(
    candidate: Candidate, totals: dict[tuple[int, str], str], *, named: bool
) -> dict[str, Any]:
    """``named``: the campaign has several categories, so the row says its own."""
    submission = candidate.submission
    revision = submission.filed_revision
    form = revision.form.form
    category = {"category": submission.category.name} if named else {}
    unstamped = {} if submission.category.needs_unit_stamp else {"own_score": "不自评"}
    return {
        **category,
        "rank": candidate.rank,
        "code": submission.code,
        "unit_name": submission.unit_name,
        "group_name": submission.group_name,
        "title": submission.title,
        "topic_type": submission.topic_type_label,
        "own_score": totals.get((revision.pk, Tier.UNIT), ""),
        "score": totals.get((revision.pk, Tier.RECOMMENDER), ""),
        "contact": form.value(revision.content, "contact", "recommender"),
        "mobile": form.value(revision.content, "mobile", "recommender"),
        **unstamped,
    }


def by_category(rows: list[dict[str, Any]]) -> bool:
    """Whether the frozen rows say their category: sheets then have a column for it."""
    return any("category" in row for row in rows)


def recommendation_table(paper: Paper) -> dict[str, Any]:
    """Facts of the 推荐表 to be stamped (Shanghai 2020 附件2-3)."""
    dossier = paper.dossier
    at = timezone.localtime(paper.made_at)
    return {
        "title": f"{dossier.campaign.year}年{_activity(dossier.campaign)}成果推荐表",
        "recommender": dossier.recommender.name,
        "date": f"{at.year}年{at.month}月{at.day}日",
        "rows": paper.facts,
        "by_category": by_category(paper.facts),
        "opinion": FEE_WORDS,
        "stamp_label": "推荐单位盖章",
        **foot(
            f"{dossier.campaign.code}-{dossier.recommender.letters}",
            "推荐表",
            paper.check_code,
            paper.list_hash,
        ),
    }


def sealed_recommendation_table(stamp: TableStamp) -> dict[str, Any]:
    """The same with the body's own seal picture and its honest label."""
    picture = stamp.act.picture
    if picture is None:
        raise ValueError("only a stamp by seal picture has a sealed table")
    at = timezone.localtime(stamp.at)
    day = f"{at.year}年{at.month}月{at.day}日"
    with picture.picture.file.open("rb") as file:
        data = pdf.data_uri(file.read(), picture.picture.content_type)
    return {
        **recommendation_table(stamp.paper),
        "seal": {
            "picture": data,
            "width_mm": picture.size_mm[0],
            "height_mm": picture.size_mm[1],
            "date": day,
            "label": f"印模图像（非可靠电子签名），由{stamp.act.by_name}于{day}{at:%H:%M}加盖",
        },
    }


def summary_table(paper: Paper) -> dict[str, Any]:
    """Facts of the 推荐汇总表 as PDF: the columns of the Excel, to be printed."""
    dossier = paper.dossier
    at = timezone.localtime(paper.made_at)
    return {
        "title": f"{dossier.campaign.year}年{_activity(dossier.campaign)}成果推荐汇总表",
        "recommender": dossier.recommender.name,
        "date": f"{at.year}年{at.month}月{at.day}日",
        "rows": paper.facts,
        "by_category": by_category(paper.facts),
        **foot(
            f"{dossier.campaign.code}-{dossier.recommender.letters}",
            "推荐汇总表",
            paper.check_code,
            paper.list_hash,
        ),
    }


def _activity(campaign: Campaign) -> str:
    return campaign.result_words.replace("活动优秀成果", "")


def summary_sheet(paper: Paper) -> Sheet:
    """The 推荐汇总表: what is forwarded, by rank, with the contacts the association needs."""
    dossier = paper.dossier
    named = by_category(paper.facts)
    return Sheet(
        title=f"{dossier.campaign.year}年{_activity(dossier.campaign)}成果推荐汇总表",
        subtitle=[f"推荐单位（盖章）：{dossier.recommender.name}", _made(paper)],
        columns=[
            Column("序号", 6, "number"),
            Column("受理编号", 16),
            *([Column("类别", 16)] if named else []),
            Column("企业名称", 30, group="成果"),
            Column("小组名称", 20, group="成果"),
            Column("课题名称", 36, group="成果"),
            Column("课题类型", 12, group="成果"),
            Column("单位自评", 10, "number", group="得分"),
            Column("本级评审", 10, "number", group="得分"),
            Column("推荐顺序", 10, "number"),
            Column("联系人", 10, group="联系方式"),
            Column("手机", 14, group="联系方式"),
            Column("备注", 12),
        ],
        rows=[
            [i, r["code"], *([r["category"]] if named else []), r["unit_name"], r["group_name"], r["title"], r["topic_type"],
             _number(r["own_score"]), _number(r["score"]), r["rank"], r["contact"], r["mobile"], ""]
            for i, r in enumerate(paper.facts, 1)
        ],
        landscape=True,
        footer=["填表人：                    联系电话：                    填报日期：      年    月    日"],
    )  # fmt: skip


def review_sheet(paper: Paper) -> Sheet:
    """The 评审汇总表 (附件2-4): self-evaluation and panel scores side by side."""
    dossier = paper.dossier
    named = by_category(paper.facts)
    return Sheet(
        title=f"{dossier.campaign.year}年{_activity(dossier.campaign)}成果评审汇总表",
        subtitle=[f"推荐单位（盖章）：{dossier.recommender.name}", _made(paper)],
        columns=[
            Column("序号", 6, "number"),
            *([Column("类别", 16)] if named else []),
            Column("企业名称", 30),
            Column("小组名称", 20),
            Column("课题名称", 36),
            Column("课题类型", 12),
            Column("单位自评得分", 14, "number"),
            Column("评审得分", 12, "number"),
            Column("名次", 8, "number"),
            Column("评委签名", 16),
        ],
        rows=[
            [i, *([r["category"]] if named else []), r["unit_name"], r["group_name"], r["title"], r["topic_type"],
             _number(r["own_score"]), _number(r["score"]), r["rank"], ""]
            for i, r in enumerate(paper.facts, 1)
        ],
        landscape=True,
        footer=["评审组长签名：                    日期：      年    月    日"],
    )  # fmt: skip


def _number(text: str) -> Decimal | str | None:
    """A score as a number; words (不自评) stay words."""
    if not text:
        return None
    return Decimal(text) if text[0].isdigit() else text


def _made(paper: Paper) -> str:
    at = timezone.localtime(paper.made_at)
    return f"{at.year}年{at.month}月{at.day}日　核对码 {paper.check_code}"


def current_rows(dossier: Dossier) -> list[dict[str, Any]]:
    """What a paper made now would list."""
    return rows(rules.recommended(dossier))


def blank_sheet(kind: str, campaign: Campaign) -> Sheet:
    """An empty sheet to download: ``table``, ``review`` or ``statistics``."""
    if kind == "statistics":
        return statistics_sheet(campaign, None, {})
    headers = ["序号", "企业名称", "小组名称", "课题名称", "课题类型", "得分", "名次"]
    if kind == "review":
        headers[5:] = ["现场评审得分", "成果评审得分", "综合得分", "名次", "评委签名"]
    word = "推荐表" if kind == "table" else "评审汇总表"
    widths = {"企业名称": 30, "课题名称": 36, "小组名称": 20}
    return Sheet(
        title=f"{campaign.year}年{_activity(campaign)}成果{word}",
        subtitle=["推荐单位（盖章）：", "日期：      年    月    日"],
        columns=[Column(header, widths.get(header, 12)) for header in headers],
        rows=[[str(i), *[""] * (len(headers) - 1)] for i in range(1, 11)],
        landscape=True,
    )


def statistics_sheet(
    campaign: Campaign, recommender: Organisation | None, figures: Mapping[str, Any]
) -> Sheet:
    """The 活动统计表 (附件2-2), filled or blank; rates are computed, never typed."""
    rates = rules.computed(campaign, figures)
    name = recommender.name if recommender else ""
    return Sheet(
        title=f"{campaign.year}年{_activity(campaign)}活动统计表",
        subtitle=[f"推荐单位（盖章）：{name}"],
        columns=[
            Column("序号", 6, "number"), Column("项目", 36),
            Column("单位", 10), Column("数值", 16, "number"),
        ],
        rows=[
            [i, item["label"], item["unit"],
             rates.get(item["code"]) if item.get("part") else rules.number(figures.get(item["code"], ""))]
            for i, item in enumerate(campaign.statistics, 1)
        ],
        footer=["填表人：                    联系电话：                    填报日期：      年    月    日"],
    )  # fmt: skip
