"""Members of the organisations of one's campaigns, under /accounts/organisations/."""

from django.urls import path

from qcportal.people.views import members
from reviews.views.people import found, overseen, stand_in

app_name = "overseen"
HERE = "<uuid:organisation>/members/"
urlpatterns = [
    path("new/", found, name="found"),
    path(HERE, overseen(members.members), name="members"),
    path(f"{HERE}approval/", overseen(members.approval), name="approval"),
    path(f"{HERE}invitations/", overseen(members.invite), name="invite"),
    path(
        f"{HERE}invitations/<uuid:key>/revoke/",
        overseen(members.revoke),
        name="revoke",
    ),
    path(f"{HERE}invitations/<uuid:key>/renew/", overseen(members.renew), name="renew"),
    path(f"{HERE}<uuid:key>/", overseen(members.member), name="member"),
    path(f"{HERE}<uuid:key>/duty/", overseen(members.duty), name="duty"),
    path(f"{HERE}<uuid:key>/hand-over/", overseen(members.hand_over), name="hand_over"),
    path(f"{HERE}<uuid:key>/end/", overseen(members.end), name="end"),
    path(
        f"{HERE}<uuid:key>/second-factor/",
        overseen(members.drop_second_factor),
        name="second_factor",
    ),
    path(f"{HERE}<uuid:key>/stand-in/", stand_in, name="stand_in"),
]
