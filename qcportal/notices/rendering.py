"""Papers the worker makes: a notice, and the texts that hang on one."""

from qcportal.documents import pdf
from qcportal.documents.making import paper_task
from qcportal.documents.models import Document
from qcportal.notices import papers
from qcportal.notices.models import Notice, NoticeAttachment


@paper_task("notices.render_notice")
def render_notice(document: Document) -> bytes:
    found = Notice.objects.select_related("campaign", "corrects").get(paper=document)
    return pdf.render(papers.TEMPLATE, papers.notice(found))


@paper_task("notices.render_text")
def render_text(document: Document) -> bytes:
    attachment = NoticeAttachment.objects.made_as(document)
    return pdf.render("papers/notice_text.html", papers.attached_text(attachment))
