"""Builders for tests: files, people, and submissions walked through real actions."""

from __future__ import annotations

import io
import itertools
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pikepdf
import segno
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, ImageDraw

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation, User
from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns.actions import let_judge, let_run
from qcportal.campaigns.models import (
    AwardLevel,
    Campaign,
    Category,
    FormVersion,
    Rubric,
)
from qcportal.campaigns.presets import FOLDER, read
from qcportal.documents import page_marks, uploads
from qcportal.documents.models import Document
from qcportal.documents.page_marks import PageMark
from qcportal.seals.reading import take_scan
from recommenders import actions as recommending
from recommenders import table_scans as table_scan
from recommenders import visiting
from recommenders.models import Paper, SiteVisit
from reviews import actions as reviewing
from reviews.rules import items_of
from submissions import actions as filing
from submissions import scans as stamp_scan
from submissions.models import Submission, Tier
from submissions.rules import sheet_of, stamp_before
from submissions.yearbook import Topic

PASSWORD = "xiaozu-2020-demo"
_serial = itertools.count(1)


# --- files --------------------------------------------------------------------------


def pdf_file(name: str = "成果报告.pdf", pages: int = 1) -> SimpleUploadedFile:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        pdf.save(out)
    return SimpleUploadedFile(name, out.getvalue(), "application/pdf")


def docx_file(name: str = "成果报告.docx") -> SimpleUploadedFile:
    """The smallest Word file that Word opens."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    rels = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    text = (
        '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>成果报告</w:t></w:r></w:p></w:body></w:document>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", rels)
        archive.writestr("word/document.xml", text)
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return SimpleUploadedFile(name, out.getvalue(), kind)


def png_file(name: str = "盖章页.png", size: int = 240) -> SimpleUploadedFile:
    """A hexagon, as the demo marks are: no real body's seal looks like it."""
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    corners = [(120, 8), (220, 64), (220, 176), (120, 232), (20, 176), (20, 64)]
    scale = size / 240
    points = [(x * scale, y * scale) for x, y in corners]
    ImageDraw.Draw(image).polygon(points, outline=(180, 50, 31, 255), width=6)
    out = io.BytesIO()
    image.save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def stored(upload: SimpleUploadedFile, kind: str, by: Actor) -> Document:
    """An upload taken in as a page would take it."""
    inspected = uploads.inspect(upload, ["pdf", "docx", "png"], 50 * 1024 * 1024)
    return uploads.store_upload(upload, inspected, kind=kind, by=by.user)


def page_scans(
    check_code: str, content_hash: str, *, pages: int = 1, only: tuple[int, ...] = ()
) -> list[SimpleUploadedFile]:
    """Photos of stamped pages: nothing but the code of each page, in order."""
    found = []
    for number in only or range(1, pages + 1):
        mark = PageMark(check_code, number, pages, content_hash[:8])
        out = io.BytesIO()
        said = page_marks.text(mark, "https://portal.example")
        segno.make(said, error="m").save(out, kind="png", scale=6, border=8)
        name = f"盖章页{number}.png"
        found.append(SimpleUploadedFile(name, out.getvalue(), "image/png"))
    return found


def stamp_scans(sheet: Any, **given: Any) -> list[SimpleUploadedFile]:
    """The same of a printed score sheet, in as many pages as it has."""
    paper = sheet.paper
    given.setdefault("pages", (paper.pages if paper else None) or 1)
    return page_scans(sheet.check_code, sheet.content_hash, **given)


def kept_scan(sheet: Any, by: Actor, at: datetime) -> Document:
    """A matched scan of a printed sheet, taken in as the page takes it in."""
    return _taken(stamp_scans(sheet), stamp_scan.expected(sheet), "stamp_scan", by, at)


def kept_table_scan(paper: Any, by: Actor, at: datetime) -> Document:
    """The same of a printed 推荐表."""
    pages = paper.document.pages or 1
    files = page_scans(paper.check_code, paper.list_hash, pages=pages)
    return _taken(files, table_scan.expected(paper), "table_scan", by, at)


def _taken(
    files: list[SimpleUploadedFile], expected: Any, kind: str, by: Actor, at: datetime
) -> Document:
    inspected = [(f, uploads.inspect(f, ["png"], 20 * 1024 * 1024)) for f in files]
    return take_scan(inspected, expected, kind, by=by, at=at)[0]


def look_at_stamp(found: Submission, by: Actor, at: datetime) -> None:
    """The next desk holds the stamp before it, if any, against the data: in order."""
    stamp = stamp_before(found, by)
    if stamp is not None:
        filing.look_at_stamp(
            found.pk, stamp.sheet.tier, points=SOUND, pages=[], remark="", by=by, at=at
        )


SOUND = {"name_matches": True, "legible": True, "dated": True}

# --- people -------------------------------------------------------------------------


@dataclass
class Cast:
    group: Actor
    second_group: Actor
    unit: Actor
    keeper: Actor
    recommender: Actor
    association: Actor
    judge: Actor
    judge2: Actor
    judge3: Actor
    other_group: Actor
    other_unit: Actor
    other_recommender: Actor
    other_association: Actor


def person(name: str, username: str = "") -> User:
    user = User(username=username or f"u{next(_serial)}", name=name)
    user.set_password(PASSWORD)
    user.save()
    return user


def seat(name: str, organisation: Organisation, duty: Duty, at: datetime) -> Actor:
    return Actor(grant_seat(person(name), organisation, duty, by=None, at=at))


def organisation(tier: Role, name: str, **given: Any) -> Organisation:
    return Organisation.objects.create(tier=tier, name=name, **given)


def unit_of(name: str, *recommenders: Organisation, **given: Any) -> Organisation:
    unit = organisation(
        Role.UNIT,
        name,
        address="上海市浦东新区川沙路1180号",
        postcode="201200",
        **given,
    )
    for recommender in recommenders:
        Affiliation.objects.create(unit=unit, recommender=recommender)
    return unit


def cast(campaign: Campaign, at: datetime) -> Cast:
    """Everybody the tests speak of, on one line of descent and beside it."""
    body = organisation(
        Role.RECOMMENDER, "浦东新区质量协会", recommender_class="district", letters="PD"
    )
    other_body = organisation(
        Role.RECOMMENDER,
        "轨道交通行业质量协会",
        recommender_class="industry",
        letters="GJ",
    )
    unit = unit_of(
        "上海申浦轨道车辆维修有限公司", body, other_body, industry="交通运输"
    )
    other_unit = unit_of("上海张江晶微电子材料有限公司", other_body)
    group = organisation(
        Role.GROUP, "启明星QC小组", parent=unit, department="质量安全部"
    )
    second = organisation(Role.GROUP, "磐石QC小组", parent=unit, department="检修一部")
    other = organisation(
        Role.GROUP, "微尘QC小组", parent=other_unit, department="工艺部"
    )
    elsewhere = organisation(Role.ASSOCIATION, "江南省质量协会", letters="JN")
    people = Cast(
        group=seat("顾晓岚", group, Duty.MANAGER, at),
        second_group=seat("陈立群", second, Duty.CLERK, at),
        unit=seat("王敏", unit, Duty.CLERK, at),
        keeper=seat("方正言", unit, Duty.SEAL_KEEPER, at),
        recommender=seat("李婉清", body, Duty.MANAGER, at),
        association=seat("周岚", campaign.host, Duty.MANAGER, at),
        judge=seat("曹文斌", campaign.host, Duty.JUDGE, at),
        judge2=seat("严素芬", campaign.host, Duty.JUDGE, at),
        judge3=seat("许明远", campaign.host, Duty.JUDGE, at),
        other_group=seat("何俊", other, Duty.CLERK, at),
        other_unit=seat("沈佳怡", other_unit, Duty.MANAGER, at),
        other_recommender=seat("陆志强", other_body, Duty.MANAGER, at),
        other_association=seat("韩雨", elsewhere, Duty.MANAGER, at),
    )
    let_run(campaign, people.association.user, by=None, at=at)
    for judge in (people.judge, people.judge2, people.judge3):
        let_judge(campaign, judge.user, by=None, at=at)
    other_campaign(elsewhere, people.other_association, at)
    return people


def other_campaign(host: Organisation, officer: Actor, at: datetime) -> Campaign:
    """A neighbour's year: same shape, another host; not the newest one."""
    raw = read(FOLDER / "shanghai-2020.toml").raw
    found = Campaign.objects.create(
        code="jiangnan-2019", year=2019, name="2019年江南省质量管理小组活动",
        headline="2019年江南省质量管理小组活动", host=host, letters="JN",
        result_words="江南省质量管理小组活动优秀成果", certificate_words="《{title}》被评为",
        certificate_issuer=host.name, statistics=raw["statistics"], published_at=at,
    )  # fmt: skip
    let_run(found, officer.user, by=None, at=at)
    return found


def category_beside(campaign: Campaign, code: str, name: str, **given: Any) -> Category:
    """One more category of the campaign, with the first's form and a rubric for all."""
    first = campaign.categories.get(code="result")
    made = Category.objects.create(
        campaign=campaign, order=campaign.categories.count() + 1, code=code, name=name,
        **given,
    )  # fmt: skip
    FormVersion.objects.create(
        category=made, version=1, definition=first.forms.get().definition,
        published_at=campaign.published_at,
    )  # fmt: skip
    known = first.rubrics.get(topic_type="problem")
    rubric = Rubric.objects.create(
        category=made, name=f"{name}评审表", step=known.step,
        published_at=campaign.published_at,
    )  # fmt: skip
    for criterion in known.criteria.all():
        criterion.pk, criterion.rubric = None, rubric
        criterion._state.adding = True
        criterion.save()
    return made


def three_categories(campaign: Campaign) -> None:
    """Beside the ordinary one: 班组 past the unit's stamp, 明星 past any recommending
    body with an award and a certificate of its own. The places stay the first's."""
    campaign.quota_rules.update(category=campaign.categories.get(code="result"))
    category_beside(campaign, "team", "质量信得过班组", needs_unit_stamp=False)
    star = category_beside(
        campaign, "star", "用户满意服务明星", needs_recommender=False,
        result_words="上海市用户满意服务明星",
        certificate_words="《{title}》被评为{year}年{result}",
        certificate_pattern="STAR{year}-{serial:03d}",
    )  # fmt: skip
    AwardLevel.objects.create(
        campaign=campaign, category=star, order=1, code="star", name="服务明星"
    )
    campaign.__dict__.pop("categories_in_order", None)


# --- submissions ----------------------------------------------------------------------


def content(submission: Submission, **changes: Any) -> dict[str, Any]:
    """A complete content of the Shanghai form for the submission's group."""
    form = submission.form.form
    field = form.meaning("recommender")
    first = submission.unit.affiliations_above.order_by("pk")[0].recommender
    full = {
        **submission.content,
        "title": "降低列车客室车门故障率",
        "topic_type": "problem",
        field.code: str(first.key),
        "industry": "transport",
        "period": "2019年3月至2020年5月",
        "mobile": "13800006207",
        "department": "质量安全部",
        "members": [
            {
                "name": "顾晓岚",
                "gender": "f",
                "post": "车门工班长",
                "part": "组长，全面负责",
            },
            {"name": "陈立群", "gender": "m", "post": "检修工程师", "part": "技术指导"},
            {"name": "吴䶮", "gender": "m", "post": "质量员", "part": "数据统计"},
        ],
        "summary": "小组成立于2016年3月，现有成员3人。\n按PDCA程序开展活动，锁定两项要因，制定并实施对策。\n2020年1月至5月故障率降至0.31次/万车公里。",
        "measure": "故障率（次/万车公里）",
        "before": "0.82",
        "target": "0.40",
        "after": "0.31",
    }
    return {**full, **changes}


def full_marks(rubric: Any, share: float = 0.9) -> dict[str, str]:
    """Marks on the rubric's step at about ``share`` of the points."""
    return {
        c.code: str(
            int(float(c.points) * share / float(rubric.step)) * float(rubric.step)
        )
        for c in rubric.criteria_list
    }


class Walk:
    """Each method returns a submission walked so far; every step is a real action."""

    def __init__(self, campaign: Campaign, people: Cast, at: datetime) -> None:
        self.campaign, self.cast, self.at = campaign, people, at
        self.topic: Topic | None = None  # drafts begin from it
        self.visits = False  # the body goes on site before it recommends
        self.category = "result"  # drafts are begun in it

    def draft(self, group: Actor | None = None, **changes: Any) -> Submission:
        by = group or self.cast.group
        begun = filing.begin(
            self.campaign.categories.get(code=self.category),
            by=by,
            at=self.at,
            topic=self.topic,
        )
        filled = content(begun, **changes)
        found = filing.save_draft(begun.pk, filled, version=0, by=by, at=self.at)
        for slot, upload in (
            ("report", docx_file()),
            ("records", pdf_file("活动记录.pdf")),
        ):
            document = stored(upload, "attachment", by)
            filing.attach(found.pk, slot, document, by=by, at=self.at)
        return self.fresh(found)

    def filed(self, group: Actor | None = None, **changes: Any) -> Submission:
        found = self.draft(group, **changes)
        filing.file(found.pk, confirmed=True, by=group or self.cast.group, at=self.at)
        return self.fresh(found)

    def stamped(self, group: Actor | None = None, **changes: Any) -> Submission:
        found = self.filed(group, **changes)
        if not found.category.needs_unit_stamp:
            return found
        by = self.unit_actor(found)
        marks = full_marks(filing.rubric_for(found))
        filing.save_sheet(
            found.pk, marks=marks, opinion="同意推荐。", version=0, by=by, at=self.at
        )
        sheet = filing.print_sheet(found.pk, by=by, at=self.at)
        scan = kept_scan(sheet, by, self.at)
        filing.stamp(
            found.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=self.at
        )
        return self.fresh(found)

    def scored(self, group: Actor | None = None, **changes: Any) -> Submission:
        """Stamped by the unit; the recommending body has held that stamp against the
        data, scored and stamped."""
        found = self.stamped(group, **changes)
        if not found.category.needs_recommender:
            return found
        by = self.body_actor(found)
        marks = full_marks(filing.rubric_for(found), 0.88)
        recommending.save_sheet(
            found.pk, marks=marks, opinion="同意推荐。", version=0, by=by, at=self.at
        )
        sheet = recommending.print_sheet(found.pk, by=by, at=self.at)
        scan = kept_scan(sheet, by, self.at)
        recommending.stamp(
            found.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=self.at
        )
        self.look(found, by)
        return self.fresh(found)

    def recommended(self, group: Actor | None = None, **changes: Any) -> Submission:
        found = self.scored(group, **changes)
        if not found.category.needs_recommender:
            return found
        if self.visits:
            self.visit(found)
        recommending.recommend(found.pk, by=self.body_actor(found), at=self.at)
        return self.fresh(found)

    def reserved(self, group: Actor | None = None, **changes: Any) -> Submission:
        """On the reserve list of a body that has no place."""
        found = self.scored(group, **changes)
        self.campaign.quota_rules.all().delete()
        self.campaign.quota_rules.create(subject="recommender", hard=0, reserve=5)
        recommending.reserve(found.pk, by=self.body_actor(found), at=self.at)
        return self.fresh(found)

    def look(self, found: Submission, by: Actor) -> None:
        look_at_stamp(found, by, self.at)

    def visit(self, found: Submission) -> SiteVisit:
        """The body's 现场核查 with a photo: everything in order."""
        by = self.body_actor(found)
        items = self.campaign.site_visit_items
        return visiting.keep_visit(
            found.pk, visited_on=timezone.localtime(self.at).date(), persons="李婉清",
            answers={item["code"]: ("yes", "") for item in items}, conclusion="true",
            remark="", photos=[stored(png_file("现场.png"), "site_photo", by)],
            by=by, at=self.at,
        )  # fmt: skip

    def submitted(self, group: Actor | None = None, **changes: Any) -> Submission:
        """Handed over; the association has held the last stamp against the data."""
        found = self.recommended(group, **changes)
        if found.category.needs_recommender:
            self.hand_over(self.body_actor(found))
        found = self.fresh(found)
        self.look(found, self.cast.association)
        return found

    def checked(self, group: Actor | None = None, **changes: Any) -> Submission:
        found = self.submitted(group, **changes)
        answers = {item.pk: (True, "") for item in items_of(found)}
        reviewing.pass_check(found.pk, answers, by=self.cast.association, at=self.at)
        return self.fresh(found)

    def judging(self, group: Actor | None = None, **changes: Any) -> Submission:
        found = self.checked(group, **changes)
        for judge in (self.cast.judge, self.cast.judge2, self.cast.judge3):
            reviewing.assign(found.pk, judge.user, by=self.cast.association, at=self.at)
        return self.fresh(found)

    def decided(
        self, group: Actor | None = None, level: str | None = "1", **changes: Any
    ) -> Submission:
        found = self.judging(group, **changes)
        for judge in (self.cast.judge, self.cast.judge2, self.cast.judge3):
            assignment = found.assignments.get(judge=judge.user)
            reviewing.save_marks(
                assignment.pk, marks=full_marks(assignment.rubric), panel_remark="",
                remark="现状调查分层清楚，建议补充要因确认的测量数据。",
                version=0, hand_in=True, by=judge, at=self.at,
            )  # fmt: skip
        chosen = next((lv for lv in found.category.levels if lv.code == level), None)
        reviewing.decide(found.pk, chosen, by=self.cast.association, at=self.at)
        return self.fresh(found)

    def announced(self, group: Actor | None = None, **changes: Any) -> Submission:
        found = self.decided(group, **changes)
        self.announce()
        return self.fresh(found)

    def published(self, group: Actor | None = None, **changes: Any) -> Submission:
        found = self.announced(group, **changes)
        reviewing.publish(
            self.campaign.pk,
            by=self.cast.association,
            at=self.at + timedelta(seconds=1),
        )
        return self.fresh(found)

    def announce(self) -> None:
        reviewing.announce(
            self.campaign.pk, closes_at=self.at, by=self.cast.association, at=self.at
        )

    def dossier(self, by: Actor) -> Any:
        """The body's dossier with summary and agreeing statistics."""
        dossier = recommending.dossier_of(self.campaign, by.organisation)
        if dossier.statistics_done_at is None:
            summary = stored(docx_file("活动总结.docx"), "summary", by)
            recommending.keep_summary(dossier.pk, summary, by=by, at=self.at)
            figures = {
                i["code"]: "100" for i in self.campaign.statistics if not i.get("part")
            }
            recommending.save_statistics(
                dossier.pk, figures, done=True, version=dossier.statistics_version,
                by=by, at=self.at,
            )  # fmt: skip
        return dossier

    def hand_over(self, by: Actor) -> None:
        """Stamped table, then everything recommended goes to the association."""
        dossier = self.dossier(by)
        paper = recommending.make_paper(dossier.pk, Paper.Kind.TABLE, by=by, at=self.at)
        scan = kept_table_scan(paper, by, self.at)
        recommending.stamp_table(
            dossier.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=self.at
        )
        recommending.submit(dossier.pk, by=by, at=self.at)

    def unit_actor(self, submission: Submission) -> Actor:
        own = submission.unit_id == self.cast.unit.organisation.pk
        return self.cast.unit if own else self.cast.other_unit

    def body_actor(self, submission: Submission) -> Actor:
        own = submission.recommender_id == self.cast.recommender.organisation.pk
        return self.cast.recommender if own else self.cast.other_recommender

    @staticmethod
    def fresh(submission: Submission) -> Submission:
        return Submission.objects.with_people().get(pk=submission.pk)

    @staticmethod
    def sheet(submission: Submission, tier: Tier) -> Any:
        return sheet_of(submission, tier)


def make(document: Document) -> None:
    """Have a paper made now, as the worker would."""
    current_app.tasks[document.maker](document.pk)
    document.refresh_from_db()
