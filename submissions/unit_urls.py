"""Routes of the unit's desk and of the opinion papers; taken in by urls.py."""

from django.urls import path

from submissions.views import opinions, unit

unit_words = [
    path("stamping/", unit.desk, name="stamping"),
    path("compare/", unit.compare, name="compare"),
]

unit_pages = [
    path("<slug:code>/stamp/", unit.stamp, name="stamp"),
    path("<slug:code>/stamp/print/", unit.stamp_print, name="stamp_print"),
    path("<slug:code>/stamp/scan/", unit.stamp_scan, name="stamp_scan"),
    path(
        "<slug:code>/stamp/scan/<int:number>.png",
        unit.stamp_scan_page,
        name="stamp_scan_page",
    ),
    path("<slug:code>/stamp/signed/", unit.stamp_signed, name="stamp_signed"),
    path("<slug:code>/stamp/seal/", unit.seal, name="stamp_seal"),
    path("<slug:code>/stamp/confirm/", unit.stamp_confirm, name="stamp_confirm"),
    path("<slug:code>/stamp/return/", unit.unit_return, name="unit_return"),
    path("<slug:code>/stamp/withdraw/", unit.unstamp, name="unstamp"),
    path(
        "<slug:code>/opinions/<slug:tier>/",
        opinions.opinion_paper,
        name="opinion_paper",
    ),
    path(
        "<slug:code>/opinions/<slug:tier>/status/",
        opinions.opinion_status,
        name="opinion_status",
    ),
    path(
        "<slug:code>/opinions/<slug:tier>/again/",
        opinions.opinion_retry,
        name="opinion_retry",
    ),
    path(
        "<slug:code>/opinions/<slug:tier>/stamped/",
        opinions.stamped_paper,
        name="stamped_paper",
    ),
    path(
        "<slug:code>/opinions/<slug:tier>/stamped/status/",
        opinions.stamped_status,
        name="stamped_status",
    ),
    path(
        "<slug:code>/opinions/<slug:tier>/stamped/<int:number>.png",
        opinions.stamped_page,
        name="stamped_page",
    ),
    path("<slug:code>/opinions/<slug:tier>/look/", opinions.look, name="look"),
]
