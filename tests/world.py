"""One published result with everything that hangs on it, for tests that walk all URLs."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.utils import timezone
from openpyxl import Workbook

from conduct import actions as conduct_actions
from qcportal.accounts.actors import Actor
from qcportal.accounts.roles import Duty
from qcportal.campaigns.actions import grant_places, let_judge, let_run
from qcportal.campaigns.form_actions import begin_form_version
from qcportal.campaigns.models import Campaign, HigherChange
from qcportal.campaigns.rubric_actions import begin_rubric
from qcportal.campaigns.stages import Stage
from qcportal.campaigns.time_actions import extend_for
from qcportal.documents import page_marks, resumable
from qcportal.documents.making import fulfil
from qcportal.documents.models import Document
from qcportal.documents.page_marks import PageMark
from qcportal.imports import actions as importing
from qcportal.inbox.models import Message
from qcportal.management.commands import load_campaign
from qcportal.notices import actions as notices
from qcportal.notices import shows
from qcportal.notices.models import NoticeAttachment
from qcportal.people import actions as inviting
from qcportal.people.models import Invitation
from qcportal.privacy import actions as privacy
from qcportal.registrations import actions as registering
from qcportal.registrations.merging import merge
from qcportal.registrations.rules import Application
from qcportal.seals.actions import keep_picture
from recommenders.models import Dossier, Paper
from reviews import actions as reviewing
from reviews.models import Certificate, Export
from submissions import year_actions
from submissions.arrivals import SlotUpload
from submissions.models import Attachment, ScoreSheet, Submission
from submissions.yearbook import RecordFile, Topic
from tests import factories
from tests.conduct import cases
from tests.qcportal.imports.books import book
from tests.submissions import yearly


@dataclass
class World:
    """``people``: column of the access matrix → actor (None: nobody). ``things``: word
    of the matrix → the part of a path it stands for."""

    people: dict[str, Actor | None]
    things: dict[str, Any]
    result: Submission
    walk: factories.Walk
    absent: dict[str, Any] = field(default_factory=dict)


def build(walk: factories.Walk) -> World:
    cast, at = walk.cast, walk.at
    idle = factories.seat("邵启文", walk.campaign.host, Duty.JUDGE, at)
    let_judge(walk.campaign, idle.user, by=None, at=at)
    walk.topic = registered_topic(cast, at)
    walk.visits = True
    result = walk.published()
    walk.topic, walk.visits = None, False
    extend_for(
        walk.campaign, Stage.FILING, organisation=cast.unit.organisation,
        closes_at=at + timedelta(days=30), reason="停电", by=cast.association, at=at,
    )  # fmt: skip
    grant_places(
        walk.campaign, cast.recommender.organisation, category=None, topic_type="",
        extra=1, reason="承办发表赛", by=cast.association, at=at,
    )  # fmt: skip
    for keeper in (cast.keeper, cast.recommender):
        picture = factories.stored(factories.png_file(), "seal_picture", keeper)
        keep_picture(picture, undertaken=True, by=keeper, at=at)
    registered = _register(walk)
    privacy.load_first(at=at)
    export = reviewing.export(walk.campaign, {}, by=cast.association, at=at)
    asked = inviting.invite(
        cast.group.organisation.pk, name="新同事", duty=Duty.CLERK, by=cast.group, at=at
    )
    category = walk.campaign.categories.get(code="result")
    begin_form_version(category.pk, by=cast.association, at=at)
    first = category.rubrics.get(topic_type="problem")
    begin_rubric(category.pk, "problem", like=first, by=cast.association, at=at)
    draft = written_notice(walk)
    notices.bring_out(at=at)
    make_everything()
    things = _things(result, export) | _people_things(cast.group, asked) | registered
    things |= _conduct(walk) | draft | {"forwarded": _forwarded(walk).code}
    things |= {"upload": _unfinished(result, cast.group, at)}
    return World(_people(cast, idle), things, result, walk, ABSENT)


def written_notice(walk: factories.Walk) -> dict[str, Any]:
    """A draft of the secretariat's with one attachment."""
    by, at = walk.cast.association, walk.at
    draft = notices.begin(
        walk.campaign.pk, shows.begun_with(walk.campaign), by=by, at=at
    )
    text = {
        "kind": "text", "number": "1", "title": "须知", "audience": "filers",
        "category": None, "link": None, "paragraphs": ["不收取任何费用。"],
    }  # fmt: skip
    made = notices.add_attachment(draft.pk, text, version=1, by=by, at=at)
    return {"draft_notice": draft.slug, "notice_file": made.document.key}


def _unfinished(result: Submission, group: Actor, at: datetime) -> Any:
    """The key of a file the group began to send and left."""
    upload = resumable.begin("补充.pdf", 1000, "0" * 64, by=group.user, at=at)
    SlotUpload.objects.create(
        submission=result, slot="records", upload=upload, seat=group.membership
    )
    return upload.key


def registered_topic(cast: factories.Cast, at: datetime) -> Topic:
    """The group's confirmed topic with one record and a photo."""
    year = yearly.confirmed_year(cast.group, cast.unit, at)
    topic = yearly.confirmed_topic(year, cast.group, cast.unit, at)
    photo = factories.stored(
        factories.png_file("现场.png"), "activity_file", cast.group
    )
    year_actions.add_record(
        topic.pk, yearly.said(topic, at), [photo], by=cast.group, at=at
    )
    return topic


def make_everything() -> None:
    """Every ordered paper gets a small file of its kind, as a worker would bring one."""
    for document in Document.objects.filter(status=Document.Status.WAITING):
        fulfil(document.pk, lambda d: small_file(d.extension))


def make_for_real() -> None:
    """Every ordered paper, by the portal's own tasks."""
    current_app.loader.import_default_modules()
    for document in Document.objects.filter(status=Document.Status.WAITING):
        factories.make(document)
    assert not Document.objects.exclude(status=Document.Status.READY).exists()


def small_file(extension: str) -> bytes:
    if extension == "pdf":
        return factories.pdf_file().read()
    if extension == "docx":
        return factories.docx_file().read()
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def _register(walk: factories.Walk) -> dict[str, Any]:
    """A unit's application at the body, a question of the other unit, a merge."""
    cast, at = walk.cast, walk.at
    body, unit = cast.recommender.organisation, cast.unit.organisation
    given = Application(
        "unit", "钱思远", "shenpu-qian", "!", organisation_name="上海临港铸造有限公司",
        recommender=body, agreed=True,
    )  # fmt: skip
    asked = registering.ask_affiliation(body, "", by=cast.other_unit, at=at)
    spare = [factories.unit_of(f"上海备用{n}号厂", body) for n in (1, 2)]
    upload = book(units=[{"name": "上海新厂", "postcode": "1"}])
    imported = importing.begin(upload, by=cast.recommender, at=at)
    importing.check(imported.pk, at=at)
    merged = merge(spare[0].pk, spare[1].pk, "重复", by=cast.association, at=at)
    return {
        "registration": registering.apply(given, at=at).code, "asked": asked.pk,
        "import": imported.key, "merged": merged.pk, "registered_unit": unit.key,
        "affiliation": unit.affiliations_above.get(recommender=body).pk,
    }  # fmt: skip


def _conduct(walk: factories.Walk) -> dict[str, Any]:
    """A complaint about the recommending body, heard and concluded."""
    body = walk.cast.recommender.organisation
    said = conduct_actions.Said(
        "fee", "联络员要求交评审费。", walk.campaign, body, body.name,
        files=[cases.upload("截图.png")],
    )  # fmt: skip
    found, receipt = conduct_actions.complain(said, at=walk.at)
    cases.upheld(found, walk.cast, walk.at)
    keys = dict(found.files.values_list("side", "document__key"))
    return {
        "case": found.code, "receipt": receipt, "case_file": keys["complainant"],
        "answer_file": keys["body"],
    }  # fmt: skip


def _forwarded(walk: factories.Walk) -> Campaign:
    """An earlier year, being set up, that forwards the other association's campaign."""
    higher = Campaign.objects.filter(host=walk.cast.other_association.organisation)[0]
    made = Campaign.objects.create(
        code="forwarded-2019", year=2019, name="转发的活动", headline="转发的活动",
        host=walk.campaign.host, higher=higher, letters="SQC",
    )  # fmt: skip
    made.categories.create(code="result", name="成果")
    let_run(made, walk.cast.association.user, by=None, at=walk.at)
    HigherChange.objects.create(
        campaign=made, key="window-1", what="window", words="改了时间。", at=walk.at
    )
    return made


def _people(cast: factories.Cast, idle: Actor) -> dict[str, Actor | None]:
    return {
        "nobody": None,
        "group": cast.group, "second_group": cast.second_group,
        "other_group": cast.other_group,
        "unit": cast.unit, "other_unit": cast.other_unit,
        "recommender": cast.recommender, "other_recommender": cast.other_recommender,
        "association": cast.association, "other_association": cast.other_association,
        "judge": cast.judge, "fellow_judge": cast.judge2, "idle_judge": idle,
    }  # fmt: skip


def _things(result: Submission, export: Export) -> dict[str, Any]:
    dossier = Dossier.objects.get(recommender=result.recommender)
    certificate = Certificate.objects.get(entry__submission=result)
    records = Attachment.objects.get(submission=result, slot="records").document
    photo = RecordFile.objects.get(record__topic=result.topic)
    visit = result.site_visits.get()
    unit_sheet = ScoreSheet.objects.get(revision=result.revision, tier="unit")
    return {
        "result": result.code, "records": records.key,
        "group_year": result.topic.group_year.key, "registered": result.topic.key,
        "year_paper": result.topic.papers.get().key,
        "record": photo.record.key, "photo": photo.document.key, "visit": visit.key,
        "visit_photo": visit.photos.get().document.key,
        "form": result.filed_revision.document.key,
        "page_mark": _printed(unit_sheet), "unit_tier": unit_sheet.tier, "body_tier": "recommender", "page": 1,
        "sheet": result.assignments.order_by("pk")[0].key, "export": export.key,
        "list": certificate.entry.publication.pdf.key,
        "certificate": certificate.number, "verify_code": certificate.verify_code,
        "summary": dossier.summary.key,
        "table": dossier.papers.filter(kind=Paper.Kind.TABLE)[0].check_code,
        "table_kind": "table", "body": result.recommender.letters,
        "campaign": result.campaign.code, "year": result.campaign.year,
        "block": "naming", "line_kind": "awards", "place": 1, "category": "result",
        "extension": result.campaign.extensions.get().pk,
        "stage": "filing", "notice": result.campaign.notices.get(is_main=True).slug,
        "form_number": 1, "rubric_type": "problem",
        "grant": result.campaign.quota_grants.get().pk,
        "quota": result.campaign.quota_rules.order_by("pk")[0].pk,
        "download": NoticeAttachment.objects.all()[0].document.key, "pdf": "pdf",
        "channel": "group", "topic": "group",
        "consent_version": 1,
        "message": Message.objects.filter(organisation=result.group)[0].pk,
        "slot": "records", "how": "up",
        "absent_captcha": "0" * 40, "absent_session": 999999,
    }  # fmt: skip


def _printed(sheet: ScoreSheet) -> str:
    """What the code of the sheet's first page says after the site's address."""
    mark = PageMark(sheet.check_code, 1, 1, sheet.content_hash[:8])
    return page_marks.text(mark, "https://portal.example").rpartition("/")[2]


def _people_things(group: Actor, asked: Invitation) -> dict[str, Any]:
    return {
        "organisation": group.organisation.key, "seat": group.membership.key,
        "invitation": asked.key, "invitation_token": asked.token,
    }  # fmt: skip


NO_KEY = "00000000-0000-4000-8000-000000000000"
# What never existed, of the same shape: word → path part.
ABSENT = {
    "draft_notice": "nothing", "notice_file": NO_KEY,
    "extension": 999999, "quota": 999999, "grant": 999999, "result": "2020-SQC-9999", "records": NO_KEY, "form": NO_KEY, "sheet": "0" * 16,
    "export": "0" * 16, "list": NO_KEY, "certificate": "SQC2020-1-9999",
    "summary": NO_KEY, "table": "0000-0000", "campaign": "shanghai-1999",
    "forwarded": "forwarded-1999",
    "body": "ZZ", "message": 999999, "organisation": NO_KEY, "seat": NO_KEY,
    "invitation": NO_KEY, "registration": "2222-2222-2222", "asked": 999999,
    "import": NO_KEY,
    "consent_version": 9999, "merged": 999999, "affiliation": 999999, "registered_unit": NO_KEY,
    "group_year": NO_KEY, "registered": NO_KEY, "year_paper": NO_KEY,
    "case": "AJ-22222222", "receipt": "2222-2222-2222-2222", "case_file": NO_KEY,
    "answer_file": NO_KEY, "upload": NO_KEY, "record": NO_KEY, "photo": NO_KEY, "visit": NO_KEY, "visit_photo": NO_KEY,
}  # fmt: skip


def walk_now() -> factories.Walk:
    """Campaign, cast and walk as the fixtures make them, for longer-lived worlds."""
    at = timezone.now()
    path = load_campaign.campaign_presets.FOLDER / "shanghai-2020.toml"
    campaign = load_campaign.load(path, open_now=True)
    people = factories.cast(campaign, at - timedelta(days=20))
    return factories.Walk(campaign, people, at)


def soon(at: datetime) -> datetime:
    return at + timedelta(seconds=1)


# What differs from one request to the next, or with the passing minute: tokens,
# numbers, spans of time. Words stay.
PASSING = re.compile(
    r'"[0-9A-Za-z]{64}"|不到|刚刚|\d[\d.:T+-]*%?(?: ?(?:天|小时|时|分钟|分|秒))?'
)
