"""The scene that is measured: one real result, walked by real actions, and its copies."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from qcportal.accounts.middleware import SEAT_SESSION_KEY
from qcportal.accounts.models import Organisation
from qcportal.accounts.roles import Role
from qcportal.documents import excel, pdf
from qcportal.management.commands import load_campaign
from recommenders import actions
from recommenders import papers as recommending_papers
from recommenders.models import Candidate, Dossier, Paper
from submissions import papers as submission_papers
from submissions.lifecycle import State
from submissions.models import Revision, ScoreSheet, Submission, Tier
from tests import factories


@dataclass(frozen=True)
class Scene:
    cast: factories.Cast
    dossier: Dossier
    client: Client
    first: Submission


def build(results: int, units: int, recommended: int) -> Scene:
    """``results`` scored results of ``units`` units, ``recommended`` of them ranked."""
    path = load_campaign.campaign_presets.FOLDER / "shanghai-2020.toml"
    campaign, at = load_campaign.load(path, open_now=True), timezone.now()
    campaign.quota_rules.filter(subject="recommender").update(hard=30_000)
    cast = factories.cast(campaign, at - timedelta(days=20))
    walk = factories.Walk(campaign, cast, at)
    first = walk.scored()
    body = cast.recommender.organisation
    dossier = actions.dossier_of(campaign, body)
    _copies(first, results - 1, _organisations(units))
    _rank(dossier, recommended, cast)
    return Scene(cast, dossier, _client(cast), first)


def _organisations(units: int) -> list[Organisation]:
    made = Organisation.objects.bulk_create(
        Organisation(tier=Role.UNIT, name=f"上海样例企业第{n}有限公司")
        for n in range(1, units + 1)
    )
    return Organisation.objects.filter(pk__in=[m.pk for m in made]).in_bulk().values()


def _copies(first: Submission, count: int, units: Any) -> None:
    """Copies of a scored result: submission, frozen revision and both sheets."""
    units = list(units)
    sheets = {s.tier: s for s in first.revision.sheets.all()}
    submissions = Submission.objects.bulk_create(
        (
            _submission(first, number, units[number % len(units)])
            for number in range(count)
        ),
        batch_size=500,
    )
    revisions = Revision.objects.bulk_create(
        (_revision(first, number, s) for number, s in enumerate(submissions)),
        batch_size=500,
    )
    ScoreSheet.objects.bulk_create(
        (_sheet(sheets[tier], r, n) for n, r in enumerate(revisions) for tier in Tier),
        batch_size=500,
    )
    for submission, revision in zip(submissions, revisions, strict=True):
        submission.revision, submission.state = revision, State.STAMPED
    Submission.objects.bulk_update(submissions, ["revision", "state"], batch_size=500)


def _submission(first: Submission, number: int, unit: Organisation) -> Submission:
    kind = "innovation" if number % 2 else "problem"
    return Submission(
        campaign=first.campaign, form=first.form, code=f"2020-BM-{number:06d}",
        group=first.group, unit=unit, recommender=first.recommender,
        title=f"降低第{number}号设备故障次数", group_name=f"样例{number}QC小组",
        unit_name=unit.name, topic_type=kind, content=first.content, reach=first.reach,
        state_since=first.state_since, created_by=first.created_by,
        created_at=first.created_at, saved_at=first.saved_at,
    )  # fmt: skip


def _revision(first: Submission, number: int, submission: Submission) -> Revision:
    model = first.revision
    return Revision(
        submission=submission, number=1, form=model.form, content=model.content,
        papers=model.papers, recommender_name=model.recommender_name,
        content_hash=model.content_hash, check_code=f"BM-{number:06d}",
        filed_at=model.filed_at, filed_by=model.filed_by,
        filed_by_name=model.filed_by_name, document=model.document,
    )  # fmt: skip


def _sheet(model: ScoreSheet, revision: Revision, number: int) -> ScoreSheet:
    return ScoreSheet(
        revision=revision, tier=model.tier, organisation=model.organisation,
        rubric=model.rubric, marks=model.marks, total=70 + number % 60 / 2,
        complete=True, opinion=model.opinion, version=1, saved_at=model.saved_at,
        saved_by=model.saved_by,
    )  # fmt: skip


def _rank(dossier: Dossier, count: int, cast: factories.Cast) -> None:
    chosen = list(Submission.objects.filter(code__startswith="2020-BM")[:count])
    Candidate.objects.bulk_create(
        Candidate(
            dossier=dossier, submission=s, rank=n, recommended_at=s.state_since,
            recommended_by=cast.recommender.user,
        )
        for n, s in enumerate(chosen, 1)
    )  # fmt: skip
    Submission.objects.filter(pk__in=[s.pk for s in chosen]).update(
        state=State.RECOMMENDED
    )


def _client(cast: factories.Cast) -> Client:
    client = Client()
    client.force_login(
        cast.recommender.user, backend="django.contrib.auth.backends.ModelBackend"
    )
    session = client.session
    session[SEAT_SESSION_KEY] = str(cast.recommender.membership.key)
    session.save()
    return client


# --- what is measured -----------------------------------------------------------------


def pages(scene: Scene) -> Iterator[tuple[str, Callable[[], str]]]:
    """The desk as people ask for it."""
    desk = reverse("recommenders:desk")
    for what, query in (
        ("推荐工作台, first page", ""),
        ("the same, page 400", "?page=400"),
        ("the same, by unit", "?sort=unit"),
        ("the same, by own score", "?sort=-score"),
        ("the same, search 样例77", "?q=样例77"),
        ("the same, only 待处理", "?state=stamped"),
    ):
        yield what, _page(scene.client, desk + query)
    yield (
        "汇总表和盖章 (200 recommended)",
        _page(scene.client, reverse("recommenders:papers")),
    )


def _page(client: Client, address: str) -> Callable[[], str]:
    def ask() -> str:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        return f"{len(answer.content) / 1024:,.0f} KB of HTML"

    return ask


def papers(scene: Scene) -> Iterator[tuple[str, Callable[[], str]]]:
    """A workbook of everything, one form, one table."""
    rows = recommending_papers.current_rows(scene.dossier)
    many = [{**rows[n % len(rows)], "rank": n + 1} for n in range(10_000)]

    def workbook() -> str:
        sheet = recommending_papers.summary_sheet(_paper(scene, many))
        content = excel.workbook(sheet)
        return f"{len(content) / 1024:,.0f} KB"

    def reopened() -> str:
        sheet = recommending_papers.summary_sheet(_paper(scene, many))
        tab = load_workbook(io.BytesIO(excel.workbook(sheet)), read_only=True).active
        return f"{sum(1 for _ in tab.rows):,} rows found"

    def form() -> str:
        facts = submission_papers.application_form(scene.first.revision)
        return _pdf(submission_papers.FORM_TEMPLATE, facts)

    def table() -> str:
        facts = recommending_papers.recommendation_table(_paper(scene, many[:60]))
        return _pdf(recommending_papers.TABLE_TEMPLATE, facts)

    yield "推荐汇总表, Excel of 10,000 rows", workbook
    yield "the same, written and read again", reopened
    yield "申报表, one PDF, warm", form
    yield "推荐表, PDF of 60 rows, warm", table


def _paper(scene: Scene, facts: list[dict[str, Any]]) -> Paper:
    return Paper(
        dossier=scene.dossier, facts=facts, check_code="BM00-0000",
        made_at=timezone.now(),
    )  # fmt: skip


def _pdf(template: str, facts: dict[str, Any]) -> str:
    content = pdf.render(template, facts)
    return f"{pdf.page_count(content)} pages, {len(content) / 1024:,.0f} KB"
