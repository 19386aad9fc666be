"""A campaign of any shape walked from draft to certificate, led by its own data: the
form says what is filled, the category which desks it passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, MemberClass, Organisation
from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns.actions import let_judge, let_recommend, let_run
from qcportal.campaigns.definition import FieldDefinition
from qcportal.campaigns.models import Campaign, Category
from qcportal.documents import uploads
from qcportal.documents.models import Document
from recommenders import actions as recommending
from recommenders import visiting
from recommenders.models import Paper
from reviews import actions as reviewing
from reviews.models import Assignment
from submissions import actions as filing
from submissions.lifecycle import State
from submissions.models import Submission
from tests import factories

_SIMPLE = {
    "mobile": "13800006207", "phone": "021-00000000", "email": "name@example.cn",
    "postcode": "200000", "decimal": "6", "number": "6", "year": "2019",
    "date": "2018-03-01",
}  # fmt: skip
_FILES = {
    "docx": factories.docx_file,
    "png": factories.png_file,
    "pdf": factories.pdf_file,
}


@dataclass
class People:
    """Who a campaign needs: always a group, its unit, the association and judges; a
    recommending body where one recommends."""

    group: Actor
    unit: Actor
    officer: Actor
    judges: list[Actor]
    body: Actor | None = None
    at: datetime = field(default_factory=timezone.now)


def people(campaign: Campaign, at: datetime, *, body_class: str = "") -> People:
    """A cast of its own. ``body_class``: of the recommending body, ``association`` for
    a lower association with the right to recommend here; empty for none."""
    name = campaign.host.name
    unit = factories.unit_of(f"{name}示例制造有限公司")
    group = factories.organisation(
        Role.GROUP, "启明星QC小组", parent=unit, department="质量部"
    )
    found = People(
        group=factories.seat("顾晓岚", group, Duty.MANAGER, at),
        unit=factories.seat("王敏", unit, Duty.MANAGER, at),
        officer=factories.seat("周岚", campaign.host, Duty.MANAGER, at),
        judges=[
            factories.seat(f"专家{n}", campaign.host, Duty.JUDGE, at)
            for n in "甲乙丙丁戊"[: campaign.judges_per_submission]
        ],
        at=at,
    )
    let_run(campaign, found.officer.user, by=None, at=at)
    for judge in found.judges:
        let_judge(campaign, judge.user, by=None, at=at)
    if body_class:
        found.body = _body(campaign, unit, body_class, found.officer, at)
    return found


def _body(
    campaign: Campaign,
    unit: Organisation,
    body_class: str,
    officer: Actor,
    at: datetime,
) -> Actor:
    if body_class == "association":
        body = factories.organisation(Role.ASSOCIATION, f"{campaign.code}下级协会")
        let_recommend(campaign, body, "", by=officer, at=at)
        duty = Duty.RECOMMENDING
    else:
        body = factories.organisation(
            Role.RECOMMENDER, f"{campaign.code}推荐单位", recommender_class=body_class
        )
        MemberClass.objects.create(
            organisation=body,
            association=campaign.host,
            year=campaign.year,
            kind=body_class,
        )
        duty = Duty.MANAGER
    Affiliation.objects.create(unit=unit, recommender=body)
    return factories.seat("李婉清", body, duty, at)


class PresetWalk:
    """``to_association``, ``judged``, ``decided`` for one category; every step real."""

    def __init__(self, campaign: Campaign, cast: People) -> None:
        self.campaign, self.cast, self.at = campaign, cast, cast.at

    # --- what is filled in --------------------------------------------------------

    def content(self, submission: Submission) -> dict[str, Any]:
        """Every field answered as its definition asks."""
        form = submission.form.form
        return {
            code: self._answer(item, submission) for code, item in form.by_code.items()
        }

    def _answer(self, item: FieldDefinition, submission: Submission) -> Any:
        if item.kind == "rows":
            row = {c.code: self._answer(c, submission) for c in item.columns}
            return [row] * max(1, item.at_least)
        if item.means == "unit_name":
            return submission.unit.name
        if item.kind == "recommender":
            assert self.cast.body
            return str(self.cast.body.organisation.key)
        if item.choices:
            return item.choices[0].code
        text = _SIMPLE.get(item.kind, f"{submission.category.name}{item.label}示例")
        return text[: item.limit] if item.limit else text

    def paper(self, extensions: tuple[str, ...]) -> SimpleUploadedFile:
        known = next((e for e in extensions if e in _FILES), "")
        return _FILES[known]() if known else _film()

    def draft(self, category: Category) -> Submission:
        by = self.cast.group
        begun = filing.begin(category, by=by, at=self.at)
        found = filing.save_draft(
            begun.pk, self.content(begun), version=0, by=by, at=self.at
        )
        for slot in found.form.form.papers:
            if slot.required:
                document = _kept(self.paper(slot.extensions), slot.extensions, by)
                filing.attach(found.pk, slot.code, document, by=by, at=self.at)
        return self.fresh(found)

    # --- the way up ---------------------------------------------------------------

    def to_association(self, category: Category) -> Submission:
        found = self.draft(category)
        self.file(found)
        return self.up(self.fresh(found))

    def file(self, found: Submission) -> None:
        filing.file(found.pk, confirmed=True, by=self.cast.group, at=self.at)

    def up(self, found: Submission) -> Submission:
        """Past the desks the category has."""
        if found.category.needs_unit_stamp:
            self._stamp(found, filing, self.cast.unit)
        if found.category.needs_recommender:
            self._recommend(self.fresh(found))
        return self.fresh(found)

    def _stamp(self, found: Submission, desk: Any, by: Actor) -> None:
        """Score, print, stamp: the same three acts at the unit and at the body."""
        marks = factories.full_marks(filing.rubric_for(self.fresh(found)))
        desk.save_sheet(
            found.pk, marks=marks, opinion="同意推荐。", version=0, by=by, at=self.at
        )
        sheet = desk.print_sheet(found.pk, by=by, at=self.at)
        scan = factories.kept_scan(sheet, by, self.at)
        desk.stamp(
            found.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=self.at
        )

    def _recommend(self, found: Submission) -> None:
        body = self.cast.body
        assert body
        self._stamp(found, recommending, body)
        if found.category.requires_site_visit:
            self._visit(found, body)
        factories.look_at_stamp(found, body, self.at)
        recommending.recommend(found.pk, by=body, at=self.at)

    def _visit(self, found: Submission, body: Actor) -> None:
        answers = {i["code"]: ("yes", "") for i in self.campaign.site_visit_items}
        photo = factories.stored(factories.png_file("现场.png"), "site_photo", body)
        visiting.keep_visit(
            found.pk, visited_on=timezone.localtime(self.at).date(), persons="李婉清",
            answers=answers, conclusion="true", remark="", photos=[photo],
            by=body, at=self.at,
        )  # fmt: skip

    def hand_over(self) -> None:
        """The body's papers, stamped, and everything recommended with them."""
        by = self.cast.body
        assert by
        dossier = recommending.dossier_of(self.campaign, by.organisation)
        if self.campaign.needs_dossier:
            summary = factories.stored(
                factories.docx_file("活动总结.docx"), "summary", by
            )
            recommending.keep_summary(dossier.pk, summary, by=by, at=self.at)
            figures = {
                i["code"]: "100" for i in self.campaign.statistics if not i.get("part")
            }
            recommending.save_statistics(
                dossier.pk, figures, done=True, version=0, by=by, at=self.at
            )
        paper = recommending.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=self.at)
        scan = factories.kept_table_scan(paper, by, self.at)
        recommending.stamp_table(
            dossier.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=self.at
        )
        recommending.submit(dossier.pk, by=by, at=self.at)

    # --- the association ----------------------------------------------------------

    def decided(self, found: Submission, share: float) -> Submission:
        """Judged, then the category's highest award."""
        self.judged(found, share)
        level = found.category.levels[0]
        reviewing.decide(found.pk, level, by=self.cast.officer, at=self.at)
        return self.fresh(found)

    def judged(self, found: Submission, share: float) -> Assignment:
        """Formal check and all judges' marks at ``share`` of the points; the first
        judge's sheet."""
        officer, fresh = self.cast.officer, self.fresh(found)
        assert fresh.state == State.SUBMITTED
        answers = {item.pk: (True, "") for item in self.campaign.check_items.all()}
        factories.look_at_stamp(fresh, officer, self.at)
        reviewing.pass_check(found.pk, answers, by=officer, at=self.at)
        sheets = []
        for judge in self.cast.judges:
            one = reviewing.assign(found.pk, judge.user, by=officer, at=self.at)
            marks = factories.full_marks(one.rubric, share)
            reviewing.save_marks(
                one.pk, marks=marks, remark="现状调查清楚，建议补充测量数据。",
                panel_remark="", version=0, hand_in=True, by=judge, at=self.at,
            )  # fmt: skip
            sheets.append(one)
        return sheets[0]

    def publish(self) -> None:
        ends = self.at + timedelta(days=7)
        officer = self.cast.officer
        reviewing.announce(self.campaign.pk, closes_at=ends, by=officer, at=self.at)
        reviewing.publish(self.campaign.pk, by=officer, at=ends + timedelta(minutes=1))

    @staticmethod
    def fresh(found: Submission) -> Submission:
        return Submission.objects.with_people().get(pk=found.pk)


def _film() -> SimpleUploadedFile:
    head = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
    boxes = [b"\x00\x00\x00\x10" + name + b"\x00" * 8 for name in (b"moov", b"mdat")]
    return SimpleUploadedFile("微电影.mp4", head + b"".join(boxes), "video/mp4")


def _kept(upload: Any, extensions: tuple[str, ...], by: Actor) -> Document:
    inspected = uploads.inspect(upload, extensions, 500 * 1024 * 1024)
    return uploads.store_upload(upload, inspected, kind="attachment", by=by.user)
