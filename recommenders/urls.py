"""Routes of the recommending body."""

from django.urls import path

from recommenders.views import desk, detail, papers, statistics, visits

app_name = "recommenders"
one = "submissions/<str:code>"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("ranks/", desk.rank, name="rank"),
    path("recommend/", desk.recommend_many, name="recommend_many"),
    path(f"{one}/", detail.submission, name="submission"),
    path(f"{one}/print/", detail.print_sheet, name="print"),
    path(f"{one}/scan/", detail.upload_scan, name="scan"),
    path(
        f"{one}/scan/<int:number>.png",
        detail.opinion_scan_page,
        name="opinion_scan_page",
    ),
    path(f"{one}/signed/", detail.signed, name="signed"),
    path(f"{one}/stamp/", detail.seal, name="seal"),
    path(f"{one}/stamp/confirm/", detail.confirm, name="confirm"),
    path(f"{one}/recommend/", desk.recommend, name="recommend"),
    path(f"{one}/take-back/", desk.take_back, name="take_back"),
    path(f"{one}/reserve/", desk.reserve, name="reserve"),
    path(f"{one}/move-up/", desk.move_up, name="move_up"),
    path(f"{one}/unreserve/", desk.unreserve, name="unreserve"),
    path(f"{one}/return/", desk.send_back, name="recommender_return"),
    path(f"{one}/decline/", desk.decline, name="decline"),
    path(f"{one}/visit/", visits.site_visit, name="site_visit"),
    path("visits/<uuid:key>/<uuid:document>/", visits.visit_photo, name="visit_photo"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/figures/", statistics.save_figures, name="save_figures"),
    path("statistics/summary/", statistics.upload_summary, name="upload_summary"),
    path("files/<uuid:key>/", statistics.dossier_file, name="file"),
    path("files/<uuid:key>/status/", statistics.file_status, name="file_status"),
    path("papers/", papers.papers, name="papers"),
    path("papers/make/<str:kind>/", papers.make_paper, name="make_paper"),
    path("papers/stamp/", papers.upload_scan, name="table_scan"),
    path("papers/stamp/<int:number>.png", papers.scan_page, name="scan_page"),
    path("papers/stamp/confirm/", papers.confirm_table, name="confirm_table"),
    path("papers/submit/", papers.submit, name="submit"),
    path("papers/<str:check_code>/", papers.download, name="paper"),
    path("papers/<str:check_code>/status/", papers.paper_status, name="paper_status"),
    path("papers/<str:check_code>/again/", papers.retry, name="paper_retry"),
]
