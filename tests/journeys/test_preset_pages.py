"""The pages and papers of presets that are not like Shanghai 2020: several categories,
no recommending body, a person instead of a group, films instead of reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from qcportal.accounts.actors import Actor
from qcportal.campaigns.models import Campaign
from qcportal.documents.models import Document
from qcportal.management.commands import load_campaign
from qcportal.notices.models import NoticeAttachment
from reviews import actions as reviewing
from reviews.models import Certificate
from submissions.models import Submission
from tests import factories
from tests.journeys.preset_walk import PresetWalk, people
from tests.journeys.story import pdf_pages
from tests.journeys.test_presets import BODIES, FILES


def opened_now(code: str) -> Campaign:
    folder = load_campaign.campaign_presets.FOLDER
    return load_campaign.load(folder / f"{code}.toml", open_now=True)


def walked(code: str) -> PresetWalk:
    campaign = opened_now(code)
    at = timezone.now()
    return PresetWalk(campaign, people(campaign, at, body_class=BODIES.get(code, "")))


def seen(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return answer.content.decode()


def printed_text(document: Document) -> str:
    with document.file.open("rb") as file:
        return "".join(pdf_pages(file.read()))


@pytest.mark.parametrize("code", ["shanghai-2018", "tibet-2023", "metallurgy-2024"])
def test_every_desk_has_its_page_for_every_category(
    db, client_of: Callable[[Actor], Client], code: str
) -> None:
    walk = walked(code)
    cast = walk.cast
    group, unit, officer = (client_of(a) for a in (cast.group, cast.unit, cast.officer))
    judge = client_of(cast.judges[0])
    filed: list[Submission] = []
    for category in walk.campaign.categories.all():
        draft = walk.draft(category)
        for form_field in draft.form.form.by_code.values():
            if form_field.kind != "recommender":
                assert form_field.label in seen(
                    group, f"/submissions/{draft.code}/edit/"
                )
                break
        seen(group, f"/submissions/{draft.code}/")
        filed.append(draft)
    seen(group, "/submissions/")
    for found in filed:
        walk.file(found)
        assert found.title in seen(unit, f"/submissions/{found.code}/stamp/")
        walk.up(walk.fresh(found))
    seen(unit, "/submissions/stamping/")
    if cast.body:
        body = client_of(cast.body)
        for found in filed:
            if found.category.needs_recommender:
                assert found.title in seen(
                    body, f"/recommenders/submissions/{found.code}/"
                )
        for url in (
            "/recommenders/",
            "/recommenders/papers/",
            "/recommenders/statistics/",
        ):
            seen(body, url)
        walk.hand_over()
    for found in filed:
        assert found.title in seen(officer, f"/reviews/checks/{found.code}/")
        one = walk.judged(found, 0.95 - 0.05 * filed.index(found))
        blind = seen(judge, f"/reviews/judging/{one.key}/")
        assert found.unit.name not in blind
        reviewing.decide(
            found.pk, found.category.levels[0], by=cast.officer, at=walk.at
        )
    for url in ("", "entries/", "assignments/", "awards/", "publications/"):
        seen(officer, f"/reviews/{url}")
    walk.publish()
    for found in filed:
        certificate = Certificate.objects.get(entry__submission=found)
        seen(Client(), f"/verify/{certificate.verify_code}/")
        assert certificate.number in seen(group, f"/submissions/{found.code}/")
    assert walk.campaign.name[:4] in seen(Client(), f"/results/{walk.campaign.year}/")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_of_a_notice_is_made(db, path) -> None:
    """Blank forms, sheets and texts of each preset come out as what they promise."""
    campaign = opened_now(path.stem)
    rows = NoticeAttachment.objects.filter(notice__campaign=campaign)
    for attachment in rows.select_related("document", "category"):
        document = attachment.document
        factories.make(document)
        assert document.status == Document.Status.READY, attachment.title
        if attachment.kind == "form":
            category = attachment.category or campaign.categories.first()
            printed = printed_text(document)
            for item in category.newest_form.form.by_code.values():
                assert (
                    item.kind == "recommender"
                    or item.label.replace(" ", "")[:4] in printed
                )


def test_a_form_without_a_recommending_body_prints_no_line_for_it(db) -> None:
    campaign = opened_now("tibet-2023")
    attachment = NoticeAttachment.objects.get(notice__campaign=campaign, kind="form")
    factories.make(attachment.document)
    printed = printed_text(attachment.document)
    assert "推荐省区市、行业：西藏自治区" in printed
    assert "推荐单位：" not in printed
