"""The person's own sheets with the faults marked: a paper made in the background."""

from qcportal.documents.making import paper_task
from qcportal.documents.models import Document
from qcportal.imports.models import Import, Line
from qcportal.imports.plan import faults_by_row
from qcportal.imports.reading import read
from qcportal.imports.template import marked


@paper_task("imports.mark")
def mark(document: Document) -> bytes:
    """xlsx bytes; the file is read again, its rows are kept nowhere else."""
    found = Import.objects.select_related("upload").get(marked=document)
    with found.upload.file.open() as file:
        typed = read(file).typed
    faults = found.lines.filter(kind=Line.Kind.FAULT, row__gt=0).iterator()
    return marked(typed, faults_by_row(faults))
