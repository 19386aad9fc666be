"""Errands of the worker: a document's id in, a file out, nothing decided."""

from typing import Any

from celery import shared_task

from qcportal import clock
from qcportal.campaigns.models import FormVersion
from qcportal.documents import pdf, pictures, serving, word
from qcportal.documents.making import Made, paper_task
from qcportal.documents.models import Document
from qcportal.notices.models import NoticeAttachment
from qcportal.signatures import signing
from submissions import papers, year_actions
from submissions.models import DraftPreview, Revision, ScoreSheet, Stamp, Tier
from submissions.yearbook import YearPaper


@paper_task("submissions.render_application_form")
def render_application_form(document: Document) -> bytes:
    revision = Revision.objects.select_related("submission__campaign", "form").get(
        document=document
    )
    return papers.printed(papers.FORM_TEMPLATE, papers.application_form(revision))


@paper_task("submissions.render_draft")
def render_draft(document: Document) -> bytes:
    preview = DraftPreview.objects.select_related(
        "submission__campaign", "submission__form", "submission__recommender"
    ).get(document=document)
    return pdf.render(papers.FORM_TEMPLATE, papers.draft_paper(preview.submission))


@paper_task("submissions.render_receipt")
def render_receipt(document: Document) -> Made:
    """The 收件回执 of a filing, signed for the association that received it."""
    revision = Revision.objects.select_related("submission__campaign__host").get(
        receipt=document
    )
    return signing.issue(
        papers.RECEIPT_TEMPLATE, papers.receipt(revision),
        host=revision.submission.campaign.host, document=document, at=clock.now(),
    )  # fmt: skip


@paper_task("submissions.render_opinion_form")
def render_opinion_form(document: Document) -> Made:
    """To be stamped on paper, or signed in its fields with software of one's own."""
    sheet = ScoreSheet.objects.select_related(
        "revision__submission__campaign__host", "revision__form", "rubric",
        "organisation",
    ).get(paper=document)  # fmt: skip
    return _opinion_form(sheet, papers.opinion_form(sheet), document)


@paper_task("submissions.render_sealed_opinion_form")
def render_sealed_opinion_form(document: Document) -> Made:
    stamp = Stamp.objects.select_related("act__picture__picture", "sheet").get(
        paper=document
    )
    return _opinion_form(stamp.sheet, papers.sealed_opinion_form(stamp), document)


def _opinion_form(sheet: ScoreSheet, facts: dict[str, Any], document: Document) -> Made:
    own = signing.UNIT if sheet.tier == Tier.UNIT else signing.RECOMMENDER
    later = [signing.RECOMMENDER] if sheet.tier == Tier.UNIT else []
    return signing.issue(
        papers.OPINION_TEMPLATE, facts, host=sheet.revision.submission.campaign.host,
        document=document, at=clock.now(), places=[own, *later, signing.ASSOCIATION],
        draw=papers.printed,
    )  # fmt: skip


@paper_task("submissions.render_blank_form")
def render_blank_form(document: Document) -> bytes:
    attachment = NoticeAttachment.objects.made_as(document)
    return pdf.render(papers.FORM_TEMPLATE, papers.blank_form(_form_of(attachment)))


@paper_task("submissions.render_blank_form_docx")
def render_blank_form_docx(document: Document) -> bytes:
    """The same as a Word file, to be filled in where there is no network."""
    attachment = NoticeAttachment.objects.made_as(document)
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


@paper_task("submissions.render_year_paper")
def render_year_paper(document: Document) -> bytes:
    """注册登记表 or 课题登记表 as the unit confirmed it."""
    paper = YearPaper.objects.get(document=document)
    return pdf.render(papers.FORM_TEMPLATE, paper.facts)


@shared_task(name="submissions.warn_idle", ignore_result=True)
def warn_idle() -> None:
    """Daily, by the beat: who stood still for 60 days is told once a week."""
    year_actions.warn_idle(at=clock.now())
