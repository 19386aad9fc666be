"""Routes of applications and of the register; under accounts/, in its name space."""

from django.urls import path

from qcportal.registrations.views import affiliations, apply, organisations, queue

applying = [
    path("register/<slug:channel>/", apply.register_page, name="register"),
    path("registrations/", queue.queue, name="registrations"),
    path("registrations/find/", apply.find, name="registration_find"),
    path("registrations/<slug:code>/", apply.status, name="registration"),
    path("registrations/<slug:code>/correct/", apply.correct, name="registration_correct"),
    path("registrations/<slug:code>/withdraw/", apply.withdraw, name="registration_withdraw"),
]  # fmt: skip

deciding = [
    path("registrations/<slug:code>/review/", queue.review, name="registration_review"),
    path("registrations/<slug:code>/unit/", queue.approve_unit, name="registration_approve_unit"),
    path("registrations/<slug:code>/approve/", queue.approve, name="registration_approve"),
    path("registrations/<slug:code>/return/", queue.give_back, name="registration_return"),
    path("registrations/<slug:code>/refuse/", queue.say_no, name="registration_refuse"),
]  # fmt: skip

hanging = [
    path("affiliations/", affiliations.affiliations, name="affiliations"),
    path("affiliations/asked/<int:number>/agree/", affiliations.agree, name="affiliation_agree"),
    path("affiliations/asked/<int:number>/decline/", affiliations.decline, name="affiliation_decline"),
    path("affiliations/asked/<int:number>/withdraw/", affiliations.withdraw, name="affiliation_withdraw"),
    path("affiliations/<int:number>/end/", affiliations.end, name="affiliation_end"),
]  # fmt: skip

register = [
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/merges/<int:number>/undo/", organisations.merge_undo, name="merge_undo"),
    path("organisations/<uuid:key>/", organisations.organisation_page, name="organisation_page"),
    path("organisations/<uuid:key>/facts/", organisations.facts, name="organisation_facts"),
    path("organisations/<uuid:key>/name/", organisations.rename, name="organisation_rename"),
    path("organisations/<uuid:key>/end/", organisations.end_use, name="organisation_end"),
    path("organisations/<uuid:key>/resume/", organisations.resume, name="organisation_resume"),
    path("organisations/<uuid:key>/class/", organisations.member_class, name="organisation_class"),
    path("organisations/<uuid:key>/affiliate/", organisations.affiliate, name="organisation_affiliate"),
    path("organisations/<uuid:key>/right/", organisations.right, name="organisation_right"),
    path("organisations/<uuid:key>/merge/", organisations.merge, name="organisation_merge"),
]  # fmt: skip

urlpatterns = [*applying, *deciding, *hanging, *register]
