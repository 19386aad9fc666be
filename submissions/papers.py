"""What the group's and the opinion papers contain: facts for a template, no layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import timezone

from qcportal.accounts.roles import Role
from qcportal.campaigns import definition
from qcportal.campaigns.definition import FieldDefinition, FormDefinition
from qcportal.campaigns.models import FormVersion, Rubric
from qcportal.documents import paging, pdf
from submissions.lifecycle import EDITABLE
from submissions.models import Revision, ScoreSheet, Stamp, Submission, Tier

FORM_TEMPLATE = "papers/application_form.html"
OPINION_TEMPLATE = "papers/opinion_form.html"
RECEIPT_TEMPLATE = "papers/receipt.html"
BLANK_ROWS = 8  # of a table on a blank form, unless the form asks for more


def _cell(
    item: FieldDefinition, content: Mapping[str, Any], recommender: str, *, blank: bool
) -> dict[str, Any]:
    """One filled field as the printed table shows it; a blank one says what it asks."""
    value = content.get(item.code, "")
    cell: dict[str, Any] = {
        "code": item.code,
        "label": item.label,
        "kind": item.kind,
        "hint": item.hint if item.on_certificate else "",
        "text": recommender if item.kind == "recommender" else item.said(value),
        "asks": asks(item) if blank else "",
    }
    if item.kind in {"choice", "checks"} or (item.kind == "select" and blank):
        ticked = item.ticked(value)
        cell["choices"] = [
            {"label": c.label, "chosen": c.code in ticked} for c in item.choices
        ]
    elif item.kind == "rows":
        cell["columns"] = [column.label for column in item.columns]
        cell["rows"] = [
            [column.said(str(row.get(column.code, ""))) for column in item.columns]
            for row in (value if isinstance(value, list) else [])
            if any(row.values())
        ]
        cell["column_asks"] = [asks(c) for c in item.columns] if blank else []
    else:
        cell["paragraphs"] = [p for p in cell["text"].splitlines() if p.strip()]
    return cell


def asks(item: FieldDefinition) -> str:
    """What a blank form says under a field: limit, bounds, rows, ticks, condition."""
    count = {"rows": "行", "checks": "项"}.get(item.kind, "")
    parts = [] if item.required else ["选填"]
    parts += [f"{item.limit} 字以内"] if item.limit else []
    parts += [f"{_BOUND[item.kind]}{item.range_words}"] if item.range_words else []
    parts += [f"至少 {item.at_least} {count}"] if item.at_least and count else []
    parts += [f"最多 {item.at_most} {count}"] if item.at_most and count else []
    if item.kind == "select" and item.choices:
        parts.append("、".join(c.label for c in item.choices) + "选一")
    parts += [item.when.words] if item.when else []
    return "；".join(parts)


_BOUND = {"number": "整数，", "decimal": "", "year": ""}


def form_facts(
    form: FormDefinition,
    content: Mapping[str, Any],
    *,
    recommender: str,
    year: int,
    tier: str = "",
    blank: bool = False,
) -> dict[str, Any]:
    """The 申报表 as rows of cells in the order the definition prints them, without what
    no condition asks for. Also draws the live preview, the blank form and, with the
    revision's facts, the PDF. With ``tier``, what that tier may read besides the paper
    follows; a ``blank`` one keeps every field and says what it asks."""
    counted = content if blank else form.in_force(content)
    rows = [[form.by_code[code] for code in row] for row in form.layout]
    if tier:
        rows += [
            [item] for item in form.by_code.values() if not item.on_paper and item.seen(tier)
        ]  # fmt: skip
    cells = [
        [
            _cell(item, counted, recommender, blank=blank)
            for item in row
            if blank or form.asks(item, content)
        ]
        for row in rows
    ]
    return {
        "title": form.title.replace("{year}", str(year)),
        "heading": form.heading,
        "recommender": recommender,
        "asks_recommender": form.meaning("recommender") is not None,
        "rows": [row for row in cells if row],
        "notes": form.notes,
    }


def foot(
    code: str, revision: str, check_code: str, content_hash: str
) -> dict[str, Any]:
    """What stands at the foot of every page. Where there is a check code, ``printed``
    puts each page's own QR code into its place."""
    return {
        "code": code,
        "revision": revision,
        "check_code": check_code,
        "content_hash": content_hash,
        "qr": paging.PLACE if check_code else "",
    }


def printed(
    template: str, facts: Mapping[str, Any], *, identifier: str | None = None
) -> bytes:
    """A paper with a foot as PDF bytes: every page says which page of which print it
    is, so that a stamped scan can be matched (qcportal.documents.page_marks).
    ``identifier``: as ``pdf.render``."""
    return paging.mark(
        pdf.render(template, dict(facts), identifier=identifier),
        check_code=facts["check_code"], content_hash=facts["content_hash"],
    )  # fmt: skip


def application_form(revision: Revision) -> dict[str, Any]:
    """Facts of the 申报表 of one frozen revision."""
    submission = revision.submission
    return {
        **form_facts(
            revision.form.form, revision.content,
            recommender=revision.recommender_name, year=submission.campaign.year,
        ),
        **foot(
            submission.code, f"第 {revision.number} 版",
            revision.check_code, revision.content_hash,
        ),
    }  # fmt: skip


def receipt(revision: Revision) -> dict[str, Any]:
    """Facts of the 收件回执: what the portal received, when by its own clock, and the
    digest (SHA-256) of everything, so that each file can be compared later."""
    submission = revision.submission
    at = timezone.localtime(revision.filed_at)
    slots = {slot.code: slot.label for slot in revision.form.form.papers}
    return {
        "title": "收件回执",
        "campaign": submission.campaign.name,
        "host": submission.campaign.host.name,
        "unit_name": revision.form.form.value(revision.content, "unit_name"),
        "group_name": revision.form.form.honoured(revision.content),
        "topic": revision.form.form.value(revision.content, "title"),
        "filed_at": f"{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}（北京时间，以平台时钟为准）",
        "files": [
            {
                "slot": slots.get(one["slot"], one["slot"]),
                "title": one["title"],
                "size": one["size"],
                "sha256": one["sha256"],
            }
            for one in revision.papers
        ],
        "records": len(revision.activity.get("records", [])),
        **foot(
            submission.code, f"第 {revision.number} 版", revision.check_code,
            revision.content_hash,
        ),
        # Not a print to be stamped: one code for the whole of it.
        "qr": pdf.qr_data_uri(
            f"{settings.SITE_URL}/verify/{revision.check_code}/"
        ),
    }  # fmt: skip


def draft_form(submission: Submission) -> dict[str, Any]:
    """Facts of the form as it would print now; carries no code, so it proves nothing."""
    recommender = submission.recommender
    return form_facts(
        submission.form.form, submission.content,
        recommender=recommender.name if recommender else "", year=submission.campaign.year,
    )  # fmt: skip


def draft_paper(submission: Submission) -> dict[str, Any]:
    """The same for the maker: 草稿 across every page, no code to check."""
    return {
        **draft_form(submission),
        **foot(submission.code, "", "", ""),
        "draft": True,
    }


def word_form(submission: Submission, role: Role) -> dict[str, Any]:
    """Facts of the Word file without stamp: what the group is writing, and for all
    others what was filed."""
    revision = submission.revision
    if revision is None or (role == Role.GROUP and submission.state_enum in EDITABLE):
        return draft_form(submission)
    return application_form(revision)


def blank_form(version: FormVersion) -> dict[str, Any]:
    """The form with nothing filled, for download: a few empty rows in its tables."""
    form = version.form
    content = definition.empty(form)
    for item in form.by_code.values():
        if item.kind == "rows":
            blank = {column.code: "\u3000" for column in item.columns}
            most = item.at_most or BLANK_ROWS
            content[item.code] = [blank] * max(item.at_least, min(BLANK_ROWS, most))
    year = version.category.campaign.year
    return form_facts(form, content, recommender="", year=year, blank=True)


def _named(rubric: Rubric) -> str:
    """A placeholder says so on the paper too."""
    return f"{rubric.name}，占位，待替换" if rubric.is_placeholder else rubric.name


def _marks(rubric: Rubric, marks: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": c.name,
            "points": c.points,
            "hint": c.hint,
            "mark": marks.get(c.code, ""),
        }
        for c in rubric.criteria_list
    ]


def opinion_form(sheet: ScoreSheet) -> dict[str, Any]:
    """Facts of the 成果评分与推荐意见表 of one tier (Shanghai 2020 二.2.1)."""
    revision = sheet.revision
    submission = revision.submission
    form = revision.form.form
    own = sheet.tier == Tier.UNIT
    return {
        "title": f"{submission.campaign.year}年成果评分与推荐意见表",
        "tier": "单位自我评价" if own else "推荐单位评审",
        "unit_name": form.value(revision.content, "unit_name"),
        "group_name": form.honoured(revision.content),
        "topic": form.value(revision.content, "title"),
        "topic_type": submission.topic_type_label,
        "recommender": revision.recommender_name
        or (
            "直接申报"
            if submission.category.needs_recommender
            else "本类别不经推荐单位"
        ),
        "rubric": _named(sheet.rubric),
        "points": sheet.rubric.points,
        "marks": _marks(sheet.rubric, sheet.marks),
        "total": sheet.total,
        "opinion_label": "单位推荐意见" if own else "推荐单位意见",
        "paragraphs": [p for p in sheet.opinion.splitlines() if p.strip()],
        "organisation": sheet.organisation_name or sheet.organisation.name,
        "stamp_label": "单位盖章" if own else "推荐单位盖章",
        "form_check_code": revision.check_code,
        "seal": None,
        **foot(
            submission.code, f"第 {revision.number} 版",
            sheet.check_code, sheet.content_hash,
        ),
    }  # fmt: skip


def sealed_opinion_form(stamp: Stamp) -> dict[str, Any]:
    """The same with the organisation's own seal picture and its honest label."""
    picture = stamp.act.picture
    if picture is None:
        raise ValueError("only a stamp by seal picture has a sealed paper")
    at = timezone.localtime(stamp.at)
    with picture.picture.file.open("rb") as file:
        data = pdf.data_uri(file.read(), picture.picture.content_type)
    return {
        **opinion_form(stamp.sheet),
        "seal": {
            "picture": data,
            "width_mm": picture.size_mm[0],
            "height_mm": picture.size_mm[1],
            "date": f"{at.year}年{at.month}月{at.day}日",
            "label": (
                f"印模图像（非可靠电子签名），由{stamp.act.by_name}于"
                f"{at.year}年{at.month}月{at.day}日{at:%H:%M}加盖"
            ),
        },
    }
