"""What anybody may read, at the root: /results/, /verify/, /cases/."""

from django.urls import path, re_path

from qcportal.ui.caching import public_page
from reviews.views import public

app_name = "public"

urlpatterns = [
    path("results/", public_page(public.results), name="results"),
    path("results/<int:year>/", public_page(public.results_of), name="results_of"),
    re_path(
        r"^results/(?P<year>[0-9]{4})/list\.(?P<kind>pdf|xlsx)$",
        public.results_file,
        name="results_file",
    ),
    path("verify/", public.verify, name="verify"),
    path("verify/<str:text>/", public.verify_code, name="verify_code"),
    path(
        "verify/<str:text>/certificate.png",
        public.verify_picture,
        name="verify_picture",
    ),
    # What the QR code of a printed page says (qcportal.documents.page_marks).
    re_path(
        r"^[Vv]/(?P<mark>[0-9A-Za-z-]{20,40})/?$", public.page_mark, name="page_mark"
    ),
    path("cases/", public_page(public.cases), name="cases"),
]
