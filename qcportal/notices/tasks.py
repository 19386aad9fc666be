"""Errands of the worker: texts that hang on a notice; notices whose hour has come."""

from celery import shared_task

from qcportal import clock
from qcportal.documents import pdf
from qcportal.documents.making import paper_task
from qcportal.documents.models import Document
from qcportal.notices import forwarding
from qcportal.notices.models import NoticeAttachment


@paper_task("notices.render_text")
def render_text(document: Document) -> bytes:
    attachment = NoticeAttachment.objects.made_as(document)
    campaign = attachment.notice.campaign
    paragraphs = attachment.paragraphs
    if attachment.kind == "summary":
        paragraphs = [
            "推荐单位（盖章）：",
            "总结里要写到：",
            *[f"{i}. {point}" for i, point in enumerate(campaign.summary_points, 1)],
        ]
    facts = {
        "number": attachment.number,
        "title": attachment.title,
        "paragraphs": paragraphs,
    }
    return pdf.render("papers/notice_text.html", facts)


@shared_task(name="notices.tell_lower_associations", ignore_result=True)
def tell_lower_associations() -> None:
    """Notices whose hour has come, to those who forwarded the campaign. May run twice."""
    forwarding.tell_due(clock.now())
