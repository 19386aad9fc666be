"""Routes of the own organisation's members, of invitations and of standing in."""

from django.urls import path

from qcportal.people.views import invitations, members, standing
from qcportal.people.views.members import own

app_name = "people"
urlpatterns = [
    path("organisation/", own(members.members), name="members"),
    path("organisation/approval/", own(members.approval), name="approval"),
    path("organisation/invitations/", own(members.invite), name="invite"),
    path(
        "organisation/invitations/<uuid:key>/revoke/",
        own(members.revoke),
        name="revoke",
    ),
    path(
        "organisation/invitations/<uuid:key>/renew/", own(members.renew), name="renew"
    ),
    path("organisation/members/<uuid:key>/", own(members.member), name="member"),
    path("organisation/members/<uuid:key>/duty/", own(members.duty), name="duty"),
    path(
        "organisation/members/<uuid:key>/hand-over/",
        own(members.hand_over),
        name="hand_over",
    ),
    path("organisation/members/<uuid:key>/end/", own(members.end), name="end"),
    path(
        "organisation/members/<uuid:key>/second-factor/",
        own(members.drop_second_factor),
        name="second_factor",
    ),
    path("invitations/<slug:token>/", invitations.invitation, name="invitation"),
    path("stand-in/end/", standing.end_stand_in, name="end_stand_in"),
]
