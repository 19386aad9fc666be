"""Builds the demo through the portal's own actions, at instants of the past days."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from qcportal.accounts.actions import grant_seat
from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Affiliation, Organisation, User
from qcportal.accounts.roles import Duty, Role
from qcportal.campaigns.actions import let_judge, let_run
from qcportal.campaigns.models import AwardLevel, Campaign, CheckItem, Rubric
from qcportal.documents import fonts, page_marks, pdf, scan_reading, uploads
from qcportal.documents.models import Document
from qcportal.documents.page_marks import PageMark
from qcportal.management.demo import cast, topics
from qcportal.seals.matching import Print
from qcportal.seals.reading import ask_for_look, keep_scan
from recommenders import actions as recommending
from recommenders import table_scans
from recommenders.models import Paper
from reviews import actions as reviewing
from reviews.models import Assignment
from submissions import actions as filing
from submissions import scans as stamp_scans
from submissions.models import Submission
from submissions.rules import pages_to_compare, stamp_before
from submissions.yearbook import Topic

PASSWORD = "qc-demo-2020"  # noqa: S105 - printed for every demo visitor


class People:
    """Everybody of the demo, seated; ``actor`` finds who acts for an organisation."""

    def __init__(self, host: Organisation, at: datetime) -> None:
        self.at, self.host = at, host
        self.password = make_password(PASSWORD)
        self.actors: dict[int, Actor] = {}
        self.bodies = [self._body(i, b) for i, b in enumerate(cast.BODIES, 1)]
        self.units = [self._unit(i, u) for i, u in enumerate(cast.UNITS, 1)]
        self.groups = [self._group(i, g) for i, g in enumerate(cast.GROUPS, 1)]
        self.officers = [
            self.seat(f"office{i}", name, host, Duty.MANAGER)
            for i, name in enumerate(cast.OFFICERS, 1)
        ]
        self.judges = [
            self.seat(f"judge{i}", name, host, Duty.JUDGE)
            for i, name in enumerate(cast.JUDGES, 1)
        ]

    def seat(
        self, username: str, name: str, organisation: Organisation, duty: Duty
    ) -> Actor:
        user, created = User.objects.get_or_create(
            username=username, defaults={"name": name}
        )
        if created:  # one slow hash for all: they share the printed password anyway
            user.password = self.password
            user.save(update_fields=["password"])
        actor = Actor(grant_seat(user, organisation, duty, by=None, at=self.at))
        self.actors.setdefault(organisation.pk, actor)
        return actor

    def _body(self, number: int, body: cast.Body) -> Organisation:
        made = Organisation.objects.create(
            tier=Role.RECOMMENDER, recommender_class=body.kind, name=body.name,
            short_name=body.short, letters=body.letters,
        )  # fmt: skip
        self.seat(f"recommender{number:02d}", body.person, made, Duty.MANAGER)
        return made

    def _unit(self, number: int, unit: cast.Unit) -> Organisation:
        made = Organisation.objects.create(
            tier=Role.UNIT, name=unit.name, short_name=unit.short, industry=cast.INDUSTRIES[unit.industry],
            address=unit.address, postcode="200000", department="质量安全部",
        )  # fmt: skip
        Affiliation.objects.create(unit=made, recommender=self.bodies[unit.body])
        if unit.body == 0 and number % 3 == 1:  # known to its district and its industry
            Affiliation.objects.create(unit=made, recommender=self.bodies[2])
        duty = Duty.CLERK if unit.keeper else Duty.MANAGER
        self.seat(f"unit{number:02d}", unit.person, made, duty)
        if unit.keeper:
            self.seat(f"keeper{number:02d}", unit.keeper, made, Duty.SEAL_KEEPER)
        return made

    def _group(self, number: int, group: cast.Group) -> Organisation:
        made = Organisation.objects.create(
            tier=Role.GROUP, name=group.name, parent=self.units[group.unit],
            department=group.department,
        )  # fmt: skip
        clerk = self.seat(f"group{number:02d}", group.person, made, Duty.MANAGER).user
        # Invented, so that the way in by a code can be tried.
        clerk.mobile = f"138000000{number:02d}"
        clerk.save(update_fields=["mobile", "mobile_index"])
        return made

    def actor(self, organisation: Organisation) -> Actor:
        return self.actors[organisation.pk]

    def run(self, campaign: Campaign) -> None:
        for officer in self.officers:
            let_run(campaign, officer.user, by=None, at=self.at)
        for judge in self.judges:
            let_judge(campaign, judge.user, by=None, at=self.at)


class Papers:
    """Files that look like what people upload; all reports come from one rendering."""

    STEPS = ("一、小组简介", "二、选择课题", "三、现状调查", "四、设定目标", "五、原因分析",
             "六、确定主要原因", "七、制定对策", "八、对策实施", "九、效果检查", "十、巩固措施和下一步打算")  # fmt: skip

    def __init__(self) -> None:
        finished = [
            t
            for _, t in [*topics.THIS_YEAR, *topics.LAST_YEAR, *topics.SECOND_BATCH]
            if t.after
        ]
        pages = [self._report(topic) for topic in finished]
        record = (
            "活动记录（演示）",
            ["本页为演示用的活动记录：日期、人员、原始数据、现场照片。"],
        )
        facts = {
            "pages": [
                {"title": title, "paragraphs": text} for title, text in [record, *pages]
            ]
        }
        self.records, *reports = pdf.split(
            pdf.render("papers/demo_reports.html", facts)
        )
        self.reports = dict(zip((t.title for t in finished), reports, strict=True))
        self.page = sample_page()

    def _report(self, topic: topics.Topic) -> tuple[str, list[str]]:
        """One page a report: judges must not read group or unit in it."""
        story = topics.STORY.format(
            group="本小组", count="若干", measure=topic.measure, before=topic.before,
            after=topic.after, target=topic.target,
        ).splitlines()  # fmt: skip
        text = ["活动程序：" + "；".join(self.STEPS) + "。", *story]
        return f"{topic.title} 成果报告（演示）", text

    def scan(
        self, expected: Print, kind: str, by: Actor, at: datetime, *, covered: str = ""
    ) -> Document:
        """The photo of a print with a 样章 on it, taken in and read like any other.
        ``covered``: why its code cannot be read, so that the next desk compares it."""
        content = photographed(self.page, "" if covered else _said(expected))
        upload = SimpleUploadedFile("盖章页.png", content)
        facts = uploads.weighed(upload, "盖章页.png", "png")
        found = scan_reading.here([content], expected.check_code)
        # The paper is made later: how many pages it has is not known yet.
        expected = replace(expected, pages=None)
        document, _ = keep_scan([(upload, facts)], found, expected, kind, by=by, at=at)
        if covered:
            ask_for_look(document, covered, by=by)
        return document

    @staticmethod
    def store(content: bytes, name: str, kind: str, by: Actor) -> Document:
        upload = SimpleUploadedFile(name, content)
        inspected = replace(_inspected(content, name[-4:]), name=name)
        return uploads.store_upload(upload, inspected, kind=kind, by=by.user)


@cache
def _inspected(content: bytes, ending: str) -> uploads.Inspected:
    """The same few papers stand for many: each is opened once."""
    upload = SimpleUploadedFile(f"材料{ending}", content)
    return uploads.inspect(upload, ["pdf", "png"], 100 * 1024 * 1024)


def sample_page() -> Image.Image:
    """A page with a hexagonal 样章 and a day: no real body's seal looks like it."""
    image = Image.new("RGB", (744, 1052), (252, 250, 245))
    draw = ImageDraw.Draw(image)
    ink = (60, 60, 60)
    font = demo_font(30)
    draw.text(
        (372, 90), "成果评分与推荐意见表（演示）", fill=ink, font=font, anchor="mm"
    )
    for row in range(11):
        draw.line(
            [(80, 160 + row * 46), (664 - row * 37 % 190, 160 + row * 46)],
            (150, 150, 150),
            3,
        )
    draw_sample_seal(draw, 530, 780, 105)
    draw.text((530, 800), "2020年7月6日", fill=ink, font=demo_font(22), anchor="mm")
    return image


def photographed(page: Image.Image, said: str) -> bytes:
    """The page with the code ``said`` at its foot (none for ""), as PNG bytes."""
    image = page.copy()
    if said:
        code = io.BytesIO()
        segno.make(said, error="m").save(code, kind="png", scale=3, border=4)
        image.paste(Image.open(code).convert("RGB"), (70, 930))
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _said(expected: Print) -> str:
    mark = PageMark(expected.check_code, 1, 1, expected.content_hash[:8])
    return page_marks.text(mark, settings.SITE_URL)


def sample_seal() -> bytes:
    """The same mark alone, on transparent ground, as a keeper would deposit it."""
    image = Image.new("RGBA", (360, 360), (0, 0, 0, 0))
    draw_sample_seal(ImageDraw.Draw(image), 180, 180, 168)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def draw_sample_seal(draw: ImageDraw.ImageDraw, x: int, y: int, radius: int) -> None:
    red = (180, 50, 31)
    for r, width in ((radius, 7), (radius - 16, 3)):
        half = r * 0.866
        points = [(x, y - r), (x + half, y - r / 2), (x + half, y + r / 2),
                  (x, y + r), (x - half, y + r / 2), (x - half, y - r / 2)]  # fmt: skip
        draw.polygon(points, outline=red, width=width)
    font = demo_font(radius // 2)
    draw.text((x, y - radius * 0.12), "样章", fill=red, font=font, anchor="mm")
    draw.text(
        (x, y + radius * 0.42),
        "仅供演示",
        fill=red,
        font=demo_font(radius // 6),
        anchor="mm",
    )


def demo_font(size: int) -> Any:
    built = fonts.built_faces()
    path: Path = built[0][2] if built else fonts.stock_fonts()[0]
    return ImageFont.truetype(str(path), size)


def content_of(
    submission: Submission, topic: topics.Topic, people: People, seed: int
) -> dict[str, Any]:
    """A filled form; topics without figures stay half-filled, as drafts are."""
    leader = people.actor(submission.group).user_name
    names = [leader] + [
        topics.PEOPLE[(seed + i) % len(topics.PEOPLE)] for i in range(3 + seed % 4)
    ]
    members = [
        {"name": name, "gender": "fm"[(seed + i) % 2], "post": topics.POSTS[(seed + i) % 6],
         "part": topics.PARTS[i % 6]}
        for i, name in enumerate(dict.fromkeys(names))
    ]  # fmt: skip
    story = topics.STORY.format(
        group=submission.group.name, count=len(members), measure=topic.measure,
        before=topic.before, after=topic.after, target=topic.target,
    )  # fmt: skip
    done = bool(topic.after)
    recommender = submission.unit.affiliations_above.order_by("pk")[0].recommender
    return {
        **submission.content,
        "title": topic.title, "topic_type": topic.kind, "recommender": str(recommender.key),
        "industry": cast.industry_code(submission.unit.industry), "period": f"{submission.campaign.year - 1}年3月至{submission.campaign.year}年5月",
        "mobile": f"1380000{6000 + seed:04d}", "members": members,
        "summary": story if done else "", "measure": topic.measure, "before": topic.before,
        "target": topic.target, "after": topic.after, "benefit": topic.benefit,
    }  # fmt: skip


class Story:
    """Walks results of one campaign to where the demo wants them."""

    def __init__(
        self, campaign: Campaign, people: People, papers: Papers, start: datetime
    ) -> None:
        self.campaign, self.people, self.papers, self.start = (
            campaign,
            people,
            papers,
            start,
        )
        self.rubrics = {
            r.topic_type: r for r in Rubric.objects.filter(category__campaign=campaign)
        }
        self.seed = 0

    def marks(self, kind: str, share: float) -> dict[str, str]:
        """Marks near ``share`` of the points, varied by topic and criterion."""
        rubric = self.rubrics[kind]
        given = {}
        for i, criterion in enumerate(rubric.criteria_list):
            wobble = ((self.seed * 7 + i * 3) % 5 - 2) * 0.012
            raw = Decimal(str(min(1.0, share + wobble))) * criterion.points
            given[criterion.code] = str(
                (raw / rubric.step).quantize(Decimal(1)) * rubric.step
            )
        return given

    def draft(self, topic: topics.Topic, at: datetime) -> Submission:
        self.seed += 1
        by = self.people.actor(self.people.groups[topic.group])
        begun = filing.begin(self.campaign.categories.get(), by=by, at=at)
        filled = content_of(begun, topic, self.people, self.seed)
        found = filing.save_draft(begun.pk, filled, version=0, by=by, at=at)
        registered = Topic.objects.filter(
            group_year__group=found.group, title=topic.title, created_at__lt=at
        ).first()
        if registered:
            filing.take_topic(begun.pk, registered, by=by, at=at)
            found.refresh_from_db()
        if topic.after:
            report = self.papers.reports[topic.title]
            for slot, data, name in (
                ("report", report, "成果报告.pdf"),
                ("records", self.papers.records, "活动记录.pdf"),
            ):
                document = self.papers.store(
                    data, f"{topic.title}-{name}", "attachment", by
                )
                filing.attach(found.pk, slot, document, by=by, at=at)
        return found

    def direct_draft(self, topic: topics.Topic, at: datetime) -> Submission:
        """A draft that asks for direct filing instead of a recommending body."""
        found = self.draft(topic, at)
        by = self.people.actor(found.group)
        content = {**found.content, "recommender": "direct"}
        return filing.save_draft(found.pk, content, version=found.version, by=by, at=at)

    def file(self, found: Submission, at: datetime) -> None:
        filing.file(found.pk, confirmed=True, by=self.people.actor(found.group), at=at)

    def stamp(self, found: Submission, at: datetime) -> None:
        by = self.people.actor(found.unit)
        marks = self.marks(found.topic_type, 0.92)
        opinion = topics.OPINIONS[self.seed % 3]
        filing.save_sheet(
            found.pk, marks=marks, opinion=opinion, version=0, by=by, at=at
        )
        sheet = filing.print_sheet(found.pk, by=by, at=at)
        covered = COVERED if found.title in UNREAD_TITLES else ""
        scan = self.papers.scan(
            stamp_scans.expected(sheet), stamp_scans.KIND, by, at, covered=covered
        )
        filing.stamp(found.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=at)

    def score(self, found: Submission, at: datetime) -> None:
        by = self.people.actor(found.recommender)
        marks = self.marks(found.topic_type, 0.89 - self.seed % 7 * 0.012)
        opinion = topics.OPINIONS[(self.seed + 1) % 3]
        recommending.save_sheet(
            found.pk, marks=marks, opinion=opinion, version=0, by=by, at=at
        )

    def recommend(self, found: Submission, at: datetime) -> None:
        by = self.people.actor(found.recommender)
        self.score(found, at)
        sheet = recommending.print_sheet(found.pk, by=by, at=at)
        scan = self.papers.scan(stamp_scans.expected(sheet), stamp_scans.KIND, by, at)
        recommending.stamp(
            found.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=at
        )
        self.look(found, by, at)
        recommending.recommend(found.pk, by=by, at=at)

    def look(self, found: Submission, by: Actor, at: datetime) -> None:
        """The next desk holds the stamp before it against the data: all in order."""
        stamp = stamp_before(found, by)
        if stamp is not None:
            points = {"name_matches": True, "legible": True, "dated": True}
            pages = list(pages_to_compare(stamp))
            filing.look_at_stamp(
                found.pk, stamp.sheet.tier, points=points, pages=pages, remark="",
                by=by, at=at,
            )  # fmt: skip

    def dossier(self, body: Organisation, at: datetime) -> Any:
        """Summary and agreeing statistics of a recommending body."""
        by = self.people.actor(body)
        dossier = recommending.dossier_of(self.campaign, body)
        summary = self.papers.store(
            self.papers.records, f"{body.short_name}活动总结.pdf", "summary", by
        )
        recommending.keep_summary(dossier.pk, summary, by=by, at=at)
        figures = {"companies": 214, "employees": 86400, "registered_ever": 18562, "registered": 1286,
                   "active": 1204, "members": 10932, "results": 968, "benefit": 18640,
                   "trained": 3180, "suggestions": 6412, "promoters": 64}  # fmt: skip
        scaled = {
            code: str(value // (1 + body.pk % 3)) for code, value in figures.items()
        }
        recommending.save_statistics(
            dossier.pk, scaled, done=True, version=0, by=by, at=at
        )
        return dossier

    def hand_over(self, body: Organisation, at: datetime) -> None:
        by = self.people.actor(body)
        dossier = self.dossier(body, at)
        for kind in (Paper.Kind.REVIEW, Paper.Kind.SUMMARY, Paper.Kind.TABLE):
            table = recommending.make_paper(dossier.pk, kind, by=by, at=at)
        expected = table_scans.expected(table)
        scan = self.papers.scan(expected, table_scans.KIND, by, at)
        recommending.stamp_table(
            dossier.pk, evidence="scan", scan=scan, confirmed=True, by=by, at=at
        )
        recommending.submit(dossier.pk, by=by, at=at)

    def answers(self) -> dict[int, tuple[bool, str]]:
        return {
            i.pk: (True, "") for i in CheckItem.objects.filter(campaign=self.campaign)
        }

    def pass_check(self, found: Submission, at: datetime) -> None:
        officer = self.people.officers[0]
        self.look(Submission.objects.with_people().get(pk=found.pk), officer, at)
        reviewing.pass_check(found.pk, self.answers(), by=officer, at=at)

    def assign(self, found: Submission, at: datetime) -> list[Assignment]:
        picked = [
            self.people.judges[(found.pk + i) % len(self.people.judges)]
            for i in range(3)
        ]
        by = self.people.officers[0]
        return [
            reviewing.assign(found.pk, judge.user, by=by, at=at) for judge in picked
        ]

    def judge(
        self,
        found: Submission,
        assignments: Iterable[Assignment],
        at: datetime,
        share: float,
    ) -> None:
        judges = {judge.user.pk: judge for judge in self.people.judges}
        for i, assignment in enumerate(assignments):
            reviewing.save_marks(
                assignment.pk, marks=self.marks(found.topic_type, share - i * 0.015),
                remark=topics.REMARKS[i % 3], panel_remark="", version=assignment.version,
                hand_in=True, by=judges[assignment.judge_id], at=at,
            )  # fmt: skip

    def decide(self, found: Submission, level: str, at: datetime) -> None:
        chosen = (
            AwardLevel.objects.get(campaign=self.campaign, code=level)
            if level
            else None
        )
        reviewing.decide(found.pk, chosen, by=self.people.officers[0], at=at)


LATER = (
    "submitted",
    "amendment",
    "amended",
    "set_aside",
    "checked",
    "judging",
    "decided",
)


def this_year(story: Story, now: datetime) -> None:
    """The running campaign: results in every state before release."""
    walked: list[tuple[str, Submission, datetime]] = []
    for i, (goal, topic) in enumerate(topics.THIS_YEAR):
        at = _began(goal, i, story.start, now)
        found = (
            story.direct_draft(topic, at)
            if goal == "direct"
            else story.draft(topic, at)
        )
        if goal != "draft":
            _file_on(story, goal, found, at)
        walked.append((goal, found, at))
    late = now - timedelta(hours=20)
    for body in story.people.bodies[1:]:
        story.hand_over(body, late)
    story.dossier(story.people.bodies[0], late)
    for goal, found, _ in walked:
        if goal in LATER:
            _review(story, goal, found, late)


# Those still on the way were begun in the last days; the others early in the window.
# A stamp over the code: the next desk compares every page by eye.
COVERED = "公章压住了页脚的二维码。"
UNREAD_TITLES = frozenset({"降低行李分拣差错率"})
RECENT_HOURS = {"draft": 3, "filed": 8, "returned": 16, "stamped": 26, "direct": 30}


def _began(goal: str, index: int, start: datetime, now: datetime) -> datetime:
    if goal in RECENT_HOURS:
        return now - timedelta(
            hours=RECENT_HOURS[goal] + index * 7 % 40, minutes=index * 11 % 60
        )
    return start + timedelta(hours=9 + 4 * index, minutes=index * 17 % 60)


def _file_on(story: Story, goal: str, found: Submission, at: datetime) -> None:
    group, unit = story.people.actor(found.group), story.people.actor(found.unit)
    hour = timedelta(hours=1)
    story.file(found, at + hour)
    if goal == "filed":
        return
    if goal == "withdrawn":
        filing.withdraw(
            found.pk,
            comment="课题并入集团另一项成果，不再申报。",
            by=group,
            at=at + 2 * hour,
        )
    elif goal == "returned":
        reason = "效果部分请写明统计期间和数据来源，和成果报告保持一致；成果报告要因确认缺少现场测量数据。"
        filing.unit_return(found.pk, comment=reason, by=unit, at=at + 6 * hour)
    else:
        story.stamp(found, at + 8 * hour)
        fresh = Submission.objects.with_people().get(pk=found.pk)
        if goal not in ("stamped", "direct"):
            _at_body(story, goal, fresh, at + 10 * hour)


def _at_body(story: Story, goal: str, found: Submission, at: datetime) -> None:
    body = story.people.actor(found.recommender)
    if goal == "body_returned":
        recommending.send_back(
            found.pk,
            comment="请补充派单小程序上线前后的原始记录，并说明统计口径。",
            by=body,
            at=at,
        )
    elif goal == "declined":
        recommending.decline(
            found.pk,
            comment="效果没有达到目标值，建议巩固后下一届再报。",
            by=body,
            at=at,
        )
    else:
        story.recommend(found, at)


def _review(story: Story, goal: str, found: Submission, at: datetime) -> None:
    officer, hour = story.people.officers[0], timedelta(hours=1)
    found = Submission.objects.with_people().get(pk=found.pk)
    if goal in ("amendment", "amended"):
        reason = "活动记录第9–14页字迹不清，请重新扫描后上传。"
        reviewing.ask_amendment(
            found.pk, story.answers(), comment=reason, by=officer, at=at + hour
        )
        if goal == "amended":
            story.file(found, at + 3 * hour)
    elif goal == "set_aside":
        reason = "成果报告取得时间超过两年，不符合本年度申报要求。"
        reviewing.set_aside(found.pk, comment=reason, by=officer, at=at + hour)
    elif goal != "submitted":
        story.pass_check(found, at + hour)
        if goal in ("judging", "decided"):
            made = story.assign(found, at + 2 * hour)
            handed = made if goal == "decided" else made[: found.pk % 3]
            story.judge(found, handed, at + 5 * hour, 0.9)
        if goal == "decided":
            story.decide(found, "1", at + 6 * hour)


def past_year(
    story: Story, results: list[tuple[str, topics.Topic]], released: datetime
) -> None:
    """An earlier campaign up to decisions; the caller announces and publishes."""
    day = timedelta(days=1)
    walked = []
    for i, (award, topic) in enumerate(results):
        at = story.start + timedelta(hours=9 + 3 * i)
        found = story.draft(topic, at)
        story.file(found, at + timedelta(hours=1))
        story.stamp(found, at + day)
        fresh = Submission.objects.with_people().get(pk=found.pk)
        story.recommend(fresh, at + 2 * day)
        walked.append((award, fresh))
    for body in {found.recommender for _, found in walked}:
        story.hand_over(body, story.start + 12 * day)
    shares = {"1": 0.94, "2": 0.88, "3": 0.82, "": 0.7}
    for award, found in walked:
        if award == "aside":
            reviewing.set_aside(
                found.pk,
                comment="成果取得时间超过两年。",
                by=story.people.officers[0],
                at=released - 9 * day,
            )
            continue
        story.pass_check(found, released - 9 * day)
        made = story.assign(found, released - 8 * day)
        story.judge(found, made, released - 5 * day, shares[award])
        story.decide(found, award, released - 2 * day)
