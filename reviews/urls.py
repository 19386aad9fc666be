"""The association's and its judges' pages, under /reviews/."""

from django.urls import URLPattern, path

from reviews.views import desk, entries, exports

app_name = "reviews"

# --- the desk: overview, entries, exports
desk_patterns: list[URLPattern] = [
    path("", desk.overview, name="overview"),
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
work_patterns: list[URLPattern] = []

urlpatterns = [*desk_patterns, *work_patterns]
