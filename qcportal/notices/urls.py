"""Routes of notices, downloads and help, and of 通知 in a campaign's settings."""

from django.urls import path

from qcportal.notices import attachment_desk, desk, guides, views
from qcportal.ui.caching import public_page

app_name = "notices"
DESK = "campaigns/<slug:code>/notices/"
HERE = f"{DESK}<slug:slug>/"
PLACE = f"{HERE}attachments/<int:place>/"
urlpatterns = [
    path("notices/", public_page(views.notice_list), name="list"),
    path("notices/<slug:slug>/", public_page(views.notice), name="notice"),
    path("notices/<slug:slug>/pdf/", views.paper, name="paper"),
    path("downloads/", public_page(views.downloads), name="downloads"),
    path("downloads/<uuid:key>/", views.download, name="download"),
    path("help/", guides.guide, name="help"),
    path("help/<slug:topic>/", guides.guide, name="help_topic"),
    # the secretariat's
    path(DESK, desk.notices, name="desk"),
    path("campaigns/<slug:code>/new-notice/", desk.begin, name="begin"),
    path(HERE, desk.edit, name="edit"),
    path(f"{HERE}preview/", desk.preview, name="preview"),
    path(f"{HERE}publish/", desk.publish, name="publish"),
    path(f"{HERE}take-back/", desk.take_back, name="take_back"),
    path(f"{HERE}withdraw/", desk.withdraw, name="withdraw"),
    path(f"{HERE}correct/", desk.correct, name="correct"),
    path(f"{HERE}drop/", desk.drop, name="drop"),
    path(f"{HERE}files/<uuid:key>/", desk.file, name="file"),
    path(f"{HERE}attachments/", attachment_desk.add, name="add_attachment"),
    path(PLACE, attachment_desk.change, name="attachment"),
    path(f"{PLACE}move/", attachment_desk.move, name="move_attachment"),
    path(f"{PLACE}remove/", attachment_desk.remove, name="remove_attachment"),
]
