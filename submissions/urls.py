"""Routes of the group, the unit and of the papers of one submission."""

from django.urls import path

from submissions.unit_urls import unit_pages, unit_words
from submissions.views import bringing, editing, files, group, previews, uploads
from submissions.year_urls import activity_pages, year_words

app_name = "submissions"

# Words come before codes: <slug:code> would match them too.
group_words = [
    path("", group.desk, name="desk"),
    path("new/", group.new, name="new"),
    path("new/bring/", bringing.bring_new, name="bring_new"),
    path("new/bring/blank.xlsx", bringing.blank_excel_new, name="blank_excel_new"),
]

group_pages = [
    path("<slug:code>/", group.track, name="track"),
    path("<slug:code>/edit/", editing.edit, name="edit"),
    path("<slug:code>/edit/known/", previews.take_known, name="take_known"),
    path("<slug:code>/edit/bring/", bringing.bring, name="bring"),
    path("<slug:code>/edit/blank.docx", bringing.blank_word, name="blank_word"),
    path("<slug:code>/edit/blank.xlsx", bringing.blank_excel, name="blank_excel"),
    path("<slug:code>/edit/preview/", previews.preview, name="preview"),
    path(
        "<slug:code>/edit/preview/<int:number>.png",
        previews.preview_page,
        name="preview_page",
    ),
    path("<slug:code>/edit/signed-in/", editing.signed_in, name="signed_in"),
    path("<slug:code>/edit/detach/<uuid:key>/", editing.detach, name="detach"),
    path("<slug:code>/edit/materials/", uploads.materials, name="materials"),
    path(
        "<slug:code>/edit/files/<uuid:key>/<slug:how>/", uploads.arrange, name="arrange"
    ),
    path("<slug:code>/edit/merge/<slug:slot>/", uploads.merge, name="merge"),
    path("<slug:code>/uploads/<uuid:key>/", uploads.upload, name="upload"),
    path("<slug:code>/uploads/to/<slug:slot>/", uploads.begin, name="upload_begin"),
    path("<slug:code>/edit/newest-form/", editing.take_form, name="take_form"),
    path("<slug:code>/file/", editing.file, name="file"),
    path("<slug:code>/file/cancel/", uploads.cancel_filing, name="cancel_filing"),
    path("<slug:code>/remind/", group.remind, name="remind"),
    path("<slug:code>/recall/", group.recall, name="recall"),
    path("<slug:code>/withdraw/", group.withdraw, name="withdraw"),
]

# For every desk that may see the submission.
paper_pages = [
    path("<slug:code>/papers/form/", files.form_paper, name="form_paper"),
    path("<slug:code>/papers/form.docx", bringing.form_word, name="form_word"),
    path("<slug:code>/papers/receipt/", files.receipt, name="receipt"),
    path("<slug:code>/files/<uuid:key>/", files.file_download, name="file_download"),
    path(
        "<slug:code>/files/<uuid:key>/pages/<int:number>.png",
        files.page_image,
        name="page_image",
    ),
    path(
        "<slug:code>/files/<uuid:key>/status/",
        files.document_status,
        name="document_status",
    ),
    path(
        "<slug:code>/files/<uuid:key>/retry/",
        files.document_retry,
        name="document_retry",
    ),
]

urlpatterns = [
    *group_words,
    *year_words,
    *unit_words,
    *group_pages,
    *unit_pages,
    *activity_pages,
    *paper_pages,
]
