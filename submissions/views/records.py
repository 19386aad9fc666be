"""活动记录: writing one down, correcting one, its pictures, and those frozen as proof."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.audit.record import record as leave_trail
from qcportal.campaigns.deadlines import judged
from qcportal.clock import now
from qcportal.documents import serving, uploads
from qcportal.documents.models import Document
from qcportal.refusals import Refused
from submissions import actions, year_actions, year_rules, year_shows
from submissions.models import FrozenRecord, Submission
from submissions.notices import desk_path
from submissions.views.editing import own
from submissions.year_forms import RecordForm, TopicChoiceForm
from submissions.yearbook import ActivityRecord, RecordFile, Topic

READERS = (Role.GROUP, Role.UNIT, Role.RECOMMENDER, Role.ASSOCIATION)


def _topic(request: HttpRequest, key: UUID) -> Topic:
    mine = Topic.objects.visible_to(request.actor).with_records()
    return get_object_or_404(mine, key=key)


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def record_new(request: HttpRequest, key: UUID) -> HttpResponse:
    """Write down one activity: made for a phone, five things to fill in."""
    topic, at = _topic(request, key), now()
    members = topic.group_year.standing_members
    initial = {
        "step": year_shows.next_step(topic), "held_on": year_rules.local_day(at),
        "hours": 1, "attendees": [m.pk for m in members],
    }  # fmt: skip
    form = RecordForm(
        topic, request.POST or None, request.FILES or None, initial=initial
    )

    def keep(documents: list[Document]) -> ActivityRecord:
        return year_actions.add_record(
            topic.pk, form.facts, documents, by=request.actor, at=at
        )

    closed = list(year_rules.why_not_record(topic, request.actor))
    return _record_page(request, topic, form, keep, closed, "已记下这次活动。")


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def record_correct(request: HttpRequest, key: UUID) -> HttpResponse:
    """Put the right record in place of a wrong one; both stay readable."""
    mine = ActivityRecord.objects.visible_to(request.actor)
    old, at = get_object_or_404(mine, key=key), now()
    topic = _topic(request, old.topic.key)
    names = ("step", "held_on", "hours", "place", "content")
    initial = {name: getattr(old, name) for name in names}
    initial["attendees"] = [m.pk for m in old.attendees.all()]
    form = RecordForm(
        topic,
        request.POST or None,
        request.FILES or None,
        initial=initial,
        correcting=True,
    )

    def keep(documents: list[Document]) -> ActivityRecord:
        return year_actions.correct_record(
            old.pk, form.facts, documents,
            correction=form.cleaned_data["correction"], by=request.actor, at=at,
        )  # fmt: skip

    closed = list(year_rules.why_not_correct(old, request.actor))
    return _record_page(
        request, topic, form, keep, closed, "已更正，原记录也还在。", old
    )


def _record_page(
    request: HttpRequest, topic: Topic, form: RecordForm,
    keep: Callable[[list[Document]], ActivityRecord], closed: list[Any], said: str,
    old: ActivityRecord | None = None,
) -> HttpResponse:  # fmt: skip
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _store(request, form, keep)
                messages.success(request, said)
                return redirect("submissions:topic", topic.key)
            except Refused as refused:
                form.refuse(refused.refusals)
    context = {"topic": topic, "form": form, "closed": closed, "old": old}
    return render(request, "submissions/years/record.html", context, status=status)


@transaction.atomic
def _store(
    request: HttpRequest, form: RecordForm,
    keep: Callable[[list[Document]], ActivityRecord],
) -> None:  # fmt: skip
    by = request.actor.user
    keep(
        [
            uploads.store_upload(upload, inspected, "activity_file", by=by)
            for upload, inspected in form.cleaned_data["files"]
        ]
    )


def _record_document(request: HttpRequest, key: UUID, document: UUID) -> Document:
    mine = ActivityRecord.objects.visible_to(request.actor)
    kept = RecordFile.objects.filter(record__in=mine, record__key=key)
    return get_object_or_404(kept.select_related("document"), document__key=document).document  # fmt: skip


@acting_as(Role.GROUP, Role.UNIT)
@require_safe
def record_file(request: HttpRequest, key: UUID, document: UUID) -> HttpResponse:
    """A photo or file of a record; the group's own and its unit's."""
    found = _record_document(request, key, document)
    return serving.respond(found, as_attachment="view" not in request.GET)


@acting_as(Role.GROUP, Role.UNIT)
@require_safe
def record_picture(request: HttpRequest, key: UUID, document: UUID) -> HttpResponse:
    return serving.page_image(_record_document(request, key, document), 1)


# --- frozen with a submission ---------------------------------------------------------


def _filed(request: HttpRequest, code: str) -> Submission:
    seen = Submission.objects.visible_to(request.actor).with_people()
    found = get_object_or_404(seen, code=code)
    if found.revision is None or not found.revision.activity:
        raise Http404
    return found


@acting_as(*READERS)
@require_safe
def activity(request: HttpRequest, code: str) -> HttpResponse:
    """活动记录（平台）: what was frozen with the revision that counts, as a page to be
    read beside the form."""
    submission = _filed(request, code)
    records = [
        {**said, "late": year_shows.late_words(said["days_late"]),
         "present": len(said["attendees"]),
         "files": [{**f, "url": reverse("submissions:activity_file", args=[code, f["key"]])}
                   for f in said["files"]]}
        for said in submission.revision.activity["records"]
    ]  # fmt: skip
    context = {
        "submission": submission, "activity": submission.revision.activity,
        "records": records,
        "back_url": desk_path(submission, request.actor.role),
    }  # fmt: skip
    return render(request, "submissions/years/activity.html", context)


@acting_as(*READERS)
@require_safe
def activity_file(request: HttpRequest, code: str, key: UUID) -> HttpResponse:
    """A file of a frozen record; reading it leaves a line in the trail."""
    submission = _filed(request, code)
    frozen = FrozenRecord.objects.filter(revision__submission=submission)
    kept = RecordFile.objects.filter(record__in=frozen.values("record"))
    found = get_object_or_404(kept.select_related("document"), document__key=key).document  # fmt: skip
    response = serving.respond(found, as_attachment="view" not in request.GET)
    if request.actor.role != Role.GROUP:
        leave_trail(request.actor, "file_read", code, at=now(),
                    campaign=submission.campaign.code, kind=found.kind, document=str(key))  # fmt: skip
    return response


@acting_as(Role.GROUP)
@require_POST
def take_topic(request: HttpRequest, code: str) -> HttpResponse:
    """Tie a draft to a registered topic, or to none."""
    submission = own(request, code)
    mine = Topic.objects.visible_to(request.actor)
    topic = TopicChoiceForm(mine, request.POST).chosen()
    at = judged(request, submission.campaign)
    actions.take_topic(submission.pk, topic, by=request.actor, at=at)
    words = (
        f"已选课题“{topic.title}”，提交时活动记录会一起交上去。"
        if topic
        else "已去掉课题。"
    )
    messages.success(request, words)
    return redirect("submissions:track", code)
