"""Routes of the group's own year, for group and unit; taken in by urls.py."""

from django.urls import path

from submissions.views import records, unit_years, year_papers, years

one = "topics/<uuid:key>"
year_words = [
    path("year/", years.year, name="year"),
    path("year/begin/", years.year_begin, name="year_begin"),
    path("year/edit/", years.year_edit, name="year_edit"),
    path("year/reopen/", years.year_reopen, name="year_reopen"),
    path("topics/new/", years.topic_new, name="topic_new"),
    path(f"{one}/", years.topic, name="topic"),
    path(f"{one}/edit/", years.topic_edit, name="topic_edit"),
    path(f"{one}/send/", years.topic_send, name="topic_send"),
    path(f"{one}/reopen/", years.topic_reopen, name="topic_reopen"),
    path(f"{one}/finish/", years.topic_finish, name="topic_finish"),
    path(f"{one}/stop/", years.topic_stop, name="topic_stop"),
    path(f"{one}/confirm/", unit_years.topic_confirm, name="topic_confirm"),
    path(f"{one}/return/", unit_years.topic_return, name="topic_return"),
    path(f"{one}/records/new/", records.record_new, name="record_new"),
    path("records/<uuid:key>/correct/", records.record_correct, name="record_correct"),
    path(
        "records/<uuid:key>/files/<uuid:document>/",
        records.record_file,
        name="record_file",
    ),
    path(
        "records/<uuid:key>/files/<uuid:document>.png",
        records.record_picture,
        name="record_picture",
    ),
    path("year-papers/<uuid:key>/", year_papers.year_paper, name="year_paper"),
    path(
        "year-papers/<uuid:key>/status/",
        year_papers.year_paper_status,
        name="year_paper_status",
    ),
    path(
        "year-papers/<uuid:key>/retry/",
        year_papers.year_paper_retry,
        name="year_paper_retry",
    ),
    path("years/", unit_years.years, name="unit_years"),
    path("years/<uuid:key>/", unit_years.unit_year, name="unit_year"),
    path("years/<uuid:key>/confirm/", unit_years.year_confirm, name="year_confirm"),
    path("years/<uuid:key>/return/", unit_years.year_return, name="year_return"),
]

activity_pages = [
    path("<slug:code>/topic/", records.take_topic, name="take_topic"),
    path("<slug:code>/activity/", records.activity, name="activity"),
    path(
        "<slug:code>/activity/<uuid:key>/", records.activity_file, name="activity_file"
    ),
]
