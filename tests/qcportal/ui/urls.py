"""The portal's routes and a few small views the kit is tried on."""

from itertools import count

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template import RequestContext, Template
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


DRAFTING = """{% extends "base.html" %}{% block content %}<h1>草稿</h1>
<a href="?next=1" data-key="j">下一份</a>
<form method="post" data-autosave="/saving/" data-draft-key="draft-1">{% csrf_token %}
  <input type="hidden" name="version" value="1">{% save_state %}
  <label>课题 <input class="form-control" name="words"></label></form>
<form data-rows data-min="1" data-max="3"><input type="hidden" name="members-TOTAL_FORMS" value="1">
  <div data-row-list><div><input name="members-0-name" aria-label="姓名"><button type="button" data-row-remove>删</button></div></div>
  <template data-row><div><input name="members-__prefix__-name" aria-label="姓名"><button type="button" data-row-remove>删</button></div></template>
  <button type="button" data-row-add>添加成员</button><textarea data-row-paste aria-label="粘贴"></textarea>
  <button type="button" data-row-paste-go>放进表里</button><span data-row-says></span></form>
<form method="post" enctype="multipart/form-data" data-upload action="/receiving/">{% csrf_token %}
  <input type="file" name="report" aria-label="报告" data-types="docx pdf" data-most="1048576"><button>上传</button></form>
<form method="post" action="/filing/" data-busy data-confirm="提交给单位盖章？" data-confirm-yes="确认提交">{% csrf_token %}
  <button name="filed" value="yes">提交给单位</button></form>
<div id="paper" data-poll="/polled/">排队中</div>{% endblock %}"""
POLLS = count()


@login_not_required
def drafting(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Template(DRAFTING).render(RequestContext(request)))


@login_not_required
def saving(request: HttpRequest) -> HttpResponse:
    if request.POST["words"] == "冲突":
        return JsonResponse({}, status=409)
    version = int(request.POST["version"]) + 1
    return JsonResponse({"version": version, "saved_at": "2020-07-10T15:26:00+08:00"})


@login_not_required
def receiving(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(f"/drafting/?got={request.FILES['report'].size}")


@login_not_required
def filing(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(f"/drafting/?filed={request.POST['filed']}")


@login_not_required
def polled(request: HttpRequest) -> HttpResponse:
    """Not ready at the first look of a page, ready at the second."""
    if next(POLLS) % 2 == 0:
        return HttpResponse('<div id="paper" data-poll="/polled/">正在生成</div>')
    return HttpResponse('<div id="paper">已生成</div>')


urlpatterns = [
    path("drafting/", drafting),
    path("saving/", saving),
    path("receiving/", receiving),
    path("filing/", filing),
    path("polled/", polled),
    path("showing/", showing),
    path("refusing/", refusing),
    path("echoing/", echoing),
    path("echoing/<str:name>/", lambda request, name: HttpResponse(name)),
    *portal,
]
