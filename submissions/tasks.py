"""Errands of the worker: a document's id in, a file out, nothing decided."""

from celery import shared_task

from qcportal import clock
from qcportal.campaigns.models import FormVersion
from qcportal.documents import pdf, pictures, serving, word
from qcportal.documents.making import paper_task
from qcportal.documents.models import Document
from qcportal.notices.models import NoticeAttachment
from submissions import papers, year_actions
from submissions.models import Revision, ScoreSheet, Stamp


@paper_task("submissions.render_application_form")
def render_application_form(document: Document) -> bytes:
    revision = Revision.objects.select_related("submission__campaign", "form").get(
        document=document
    )
    return pdf.render(papers.FORM_TEMPLATE, papers.application_form(revision))


@paper_task("submissions.render_opinion_form")
def render_opinion_form(document: Document) -> bytes:
    sheet = ScoreSheet.objects.select_related(
        "revision__submission__campaign", "revision__form", "rubric", "organisation"
    ).get(paper=document)
    return pdf.render(papers.OPINION_TEMPLATE, papers.opinion_form(sheet))


@paper_task("submissions.render_sealed_opinion_form")
def render_sealed_opinion_form(document: Document) -> bytes:
    stamp = Stamp.objects.select_related("act__picture__picture", "sheet").get(
        paper=document
    )
    return pdf.render(papers.OPINION_TEMPLATE, papers.sealed_opinion_form(stamp))


@paper_task("submissions.render_blank_form")
def render_blank_form(document: Document) -> bytes:
    attachment = NoticeAttachment.objects.select_related("notice__campaign").get(
        document=document
    )
    return pdf.render(papers.FORM_TEMPLATE, papers.blank_form(_form_of(attachment)))


@paper_task("submissions.render_blank_form_docx")
def render_blank_form_docx(document: Document) -> bytes:
    """The same as a Word file, to be filled in where there is no network."""
    attachment = NoticeAttachment.objects.select_related("notice__campaign").get(
        document=document
    )
    return word.form(papers.blank_form(_form_of(attachment)))


@paper_task("submissions.render_pictures")
def render_pictures(document: Document) -> bytes:
    """A picture turned, or several as one PDF: whatever the title promises."""
    sources = list(document.picture_sources.select_related("source"))
    if document.is_pdf:
        return pictures.as_pdf((serving.read(one.source), one.turn) for one in sources)
    return pictures.turned(serving.read(sources[0].source), sources[0].turn)


def _form_of(attachment: NoticeAttachment) -> FormVersion:
    """The form the attachment hangs out: its category's, else the campaign's first."""
    forms = FormVersion.objects.filter(
        category__campaign=attachment.notice.campaign, published_at__isnull=False
    ).select_related("category__campaign")
    if attachment.category_id:
        forms = forms.filter(category=attachment.category_id)
    found = forms.order_by("category__order", "-version").first()
    if found is None:
        raise ValueError(f"{attachment.title}: no published form")
    return found


@shared_task(name="submissions.warn_idle", ignore_result=True)
def warn_idle() -> None:
    """Daily, by the beat: who stood still for 60 days is told once a week."""
    year_actions.warn_idle(at=clock.now())
