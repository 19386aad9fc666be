"""The association's and its judges' pages, under /reviews/."""

from django.urls import URLPattern, path

from reviews.views import (
    assignments,
    awards,
    checks,
    desk,
    entries,
    exports,
    judging,
    papers,
    publications,
)

app_name = "reviews"

# --- the desk: overview, entries, exports
desk_patterns: list[URLPattern] = [
    path("", desk.overview, name="overview"),
    path("unprepared/<slug:code>/", desk.unprepared, name="unprepared"),
    path("unfinished/<slug:code>/", desk.unfinished, name="unfinished"),
    path("entries/", entries.entries, name="entries"),
    path("entries/export/", entries.entries_export, name="entries_export"),
    path("entries/<slug:code>/", entries.entry, name="entry"),
    path(
        "entries/<slug:code>/files/<uuid:key>/", entries.entry_file, name="entry_file"
    ),
    path(
        "entries/<slug:code>/allow-direct/", entries.allow_direct, name="allow_direct"
    ),
    path(
        "entries/<slug:code>/refuse-direct/",
        entries.refuse_direct,
        name="refuse_direct",
    ),
    path("exports/", exports.exports, name="exports"),
    path("exports/<slug:key>/", exports.export_status, name="export_status"),
    path("exports/<slug:key>/file/", exports.export_download, name="export_download"),
    path("exports/<slug:key>/again/", exports.export_again, name="export_again"),
]

# --- checks, judging, awards, publication
work_patterns: list[URLPattern] = [
    path("checks/", checks.checks, name="checks"),
    path("checks/<slug:code>/", checks.check, name="check"),
    path("checks/<slug:code>/files/<uuid:key>/", papers.check_file, name="check_file"),
    path(
        "checks/<slug:code>/files/<uuid:key>/pages/<int:number>.png",
        papers.check_page,
        name="check_page",
    ),
    path("assignments/", assignments.assignments, name="assignments"),
    path("assignments/evenly/", assignments.assign_evenly, name="assign_evenly"),
    path("assignments/<slug:code>/", assignments.assign, name="assign"),
    path("judging/", judging.judging, name="judging"),
    path("judging/<slug:key>/", judging.judge, name="judge"),
    path("judging/<slug:key>/recuse/", judging.recuse, name="recuse"),
    path(
        "judging/<slug:key>/files/<uuid:document>/",
        judging.judge_file,
        name="judge_file",
    ),
    path(
        "judging/<slug:key>/files/<uuid:document>/pages/<int:number>.png",
        judging.judge_page,
        name="judge_page",
    ),
    path("awards/", awards.awards, name="awards"),
    path("awards/save/", awards.awards_save, name="awards_save"),
    path("awards/cut/", awards.awards_cut, name="awards_cut"),
    path("publications/", publications.publications, name="publications"),
    path("publications/announce/", publications.announce, name="announce"),
    path("publications/publish/", publications.publish, name="publish"),
    path("issued/<uuid:key>/", papers.issued_file, name="issued_file"),
    path("issued/<uuid:key>/status/", papers.issued_status, name="issued_status"),
    path("issued/<uuid:key>/again/", papers.issued_again, name="issued_again"),
    path("certificates/", publications.certificates, name="certificates"),
    path(
        "certificates/<str:number>/",
        papers.certificate_download,
        name="certificate_download",
    ),
    path("certificates/<str:number>/revoke/", publications.revoke, name="revoke"),
]

urlpatterns = [*desk_patterns, *work_patterns]
