"""Errands of the worker: a document's id in, a file out, nothing decided."""

from qcportal import clock
from qcportal.documents import excel
from qcportal.documents.making import Made, paper_task
from qcportal.documents.models import Document
from qcportal.signatures import signing
from reviews import papers
from reviews.models import Certificate, Export, Publication
from submissions.models import Submission


@paper_task("reviews.render_certificate")
def render_certificate(document: Document) -> Made:
    found = Certificate.objects.select_related(
        "entry__publication__campaign__host"
    ).get(document=document)
    return signing.issue(
        papers.CERTIFICATE_TEMPLATE, papers.certificate(found),
        host=found.entry.publication.campaign.host, document=document, at=clock.now(),
    )  # fmt: skip


@paper_task("reviews.render_result_list")
def render_result_list(document: Document) -> Made:
    publication = Publication.objects.select_related("campaign__host").get(pdf=document)
    return signing.issue(
        papers.LIST_TEMPLATE, papers.result_list(publication),
        host=publication.campaign.host, document=document, at=clock.now(),
    )  # fmt: skip


@paper_task("reviews.render_result_sheet")
def render_result_sheet(document: Document) -> bytes:
    publication = Publication.objects.select_related("campaign").get(excel=document)
    return excel.workbook(papers.result_sheet(publication))


@paper_task("reviews.render_export")
def render_export(document: Document) -> bytes:
    export = Export.objects.select_related("campaign").get(document=document)
    rows = Submission.objects.filter(campaign=export.campaign).filtered(export.filters)
    rows = rows.order_by("code")
    return excel.workbook(
        papers.export_sheet(export.title, rows), *papers.content_sheets(rows)
    )
