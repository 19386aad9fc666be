"""Errands of the worker: a document's id in, a file out, nothing decided."""

from collections.abc import Mapping, Sequence
from typing import Any

from qcportal import clock
from qcportal.documents import excel
from qcportal.documents.making import Made, paper_task
from qcportal.documents.models import Document
from qcportal.notices.models import NoticeAttachment
from qcportal.signatures import signing
from recommenders import papers
from recommenders.models import Paper, TableStamp
from submissions.papers import printed


def _paper(document: Document) -> Paper:
    return Paper.objects.select_related(
        "dossier__campaign__host", "dossier__recommender"
    ).get(document=document)


TABLE_PLACES = (signing.RECOMMENDER, signing.ASSOCIATION)


def _issued(
    template: str,
    facts: Mapping[str, Any],
    paper: Paper,
    document: Document,
    places: Sequence[signing.Place] = (),
) -> Made:
    """Signed for the campaign's host, with places for later signatures."""
    return signing.issue(
        template, facts, host=paper.dossier.campaign.host, document=document,
        at=clock.now(), places=places, draw=printed,
    )  # fmt: skip


@paper_task("recommenders.render_recommendation_table")
def render_recommendation_table(document: Document) -> Made:
    paper = _paper(document)
    facts = papers.recommendation_table(paper)
    return _issued(papers.TABLE_TEMPLATE, facts, paper, document, TABLE_PLACES)


@paper_task("recommenders.render_sealed_table")
def render_sealed_table(document: Document) -> Made:
    stamp = TableStamp.objects.select_related(
        "act__picture__picture",
        "paper__dossier__campaign__host",
        "paper__dossier__recommender",
    ).get(sealed=document)
    facts = papers.sealed_recommendation_table(stamp)
    return _issued(papers.TABLE_TEMPLATE, facts, stamp.paper, document, TABLE_PLACES)


@paper_task("recommenders.render_summary_table")
def render_summary_table(document: Document) -> Made:
    paper = _paper(document)
    facts = papers.summary_table(paper)
    return _issued(papers.SUMMARY_TEMPLATE, facts, paper, document)


@paper_task("recommenders.render_summary_sheet")
def render_summary_sheet(document: Document) -> bytes:
    return excel.workbook(papers.summary_sheet(_paper(document)))


@paper_task("recommenders.render_review_sheet")
def render_review_sheet(document: Document) -> bytes:
    return excel.workbook(papers.review_sheet(_paper(document)))


@paper_task("recommenders.render_blank_sheet")
def render_blank_sheet(document: Document) -> bytes:
    attachment = NoticeAttachment.objects.made_as(document)
    sheet = papers.blank_sheet(attachment.kind, attachment.notice.campaign)
    return excel.workbook(sheet)
