"""The association's ledger of cases, under /conduct/."""

from django.urls import URLPattern, path

from conduct.views import cases, ledger

app_name = "conduct"
urlpatterns: list[URLPattern] = [
    path("", ledger.ledger, name="ledger"),
    path("export/", ledger.ledger_excel, name="export"),
    path("new/", ledger.new, name="new"),
    path("<slug:code>/", cases.case, name="case"),
    path("<slug:code>/complainant/", cases.complainant, name="complainant"),
    path("<slug:code>/files/<uuid:key>/", cases.case_file, name="file"),
    path("<slug:code>/right/", cases.right, name="right"),
]
