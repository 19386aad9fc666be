"""Errands of the worker: a document's id in, a file out, nothing decided."""

from qcportal.documents import excel
from qcportal.documents.making import paper_task
from qcportal.documents.models import Document
from qcportal.notices.models import NoticeAttachment
from recommenders import papers
from recommenders.models import Paper, TableStamp
from submissions.papers import printed


def _paper(document: Document) -> Paper:
    return Paper.objects.select_related(
        "dossier__campaign", "dossier__recommender"
    ).get(document=document)


@paper_task("recommenders.render_recommendation_table")
def render_recommendation_table(document: Document) -> bytes:
    return printed(papers.TABLE_TEMPLATE, papers.recommendation_table(_paper(document)))


@paper_task("recommenders.render_sealed_table")
def render_sealed_table(document: Document) -> bytes:
    stamp = TableStamp.objects.select_related(
        "act__picture__picture",
        "paper__dossier__campaign",
        "paper__dossier__recommender",
    ).get(sealed=document)
    return printed(papers.TABLE_TEMPLATE, papers.sealed_recommendation_table(stamp))


@paper_task("recommenders.render_summary_table")
def render_summary_table(document: Document) -> bytes:
    return printed(papers.SUMMARY_TEMPLATE, papers.summary_table(_paper(document)))


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
