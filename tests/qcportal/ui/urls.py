"""The portal's routes and a few small views that misbehave on purpose."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from qcportal.refusals import Refusal, Refused
from qcportal.urls import urlpatterns as portal


@login_not_required
@csrf_exempt
def refusing(request: HttpRequest) -> HttpResponse:
    raise Refused(
        [
            Refusal("no_place_left", "问题解决型只能推荐 1 项。"),
            Refusal("window_closed", "7月12日 22:00 已关闭。"),
        ]
    )


@login_not_required
@csrf_exempt
def echoing(request: HttpRequest) -> HttpResponse:
    files = ",".join(f"{one.name}:{one.size}" for one in request.FILES.values())
    return HttpResponse(f"{request.POST.get('words', '')}|{files}")


@login_not_required
def showing(request: HttpRequest) -> HttpResponse:
    return render(request, "errors/404.html")


urlpatterns = [
    path("showing/", showing),
    path("refusing/", refusing),
    path("echoing/", echoing),
    path("echoing/<str:name>/", lambda request, name: HttpResponse(name)),
    *portal,
]
