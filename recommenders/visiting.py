"""Writing down a visit on site. Lock order: submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from qcportal.accounts.actors import Actor
from qcportal.audit.record import record
from qcportal.documents.models import Document
from qcportal.refusals import refuse_if
from recommenders import rules
from recommenders.models import SiteVisit, VisitPhoto
from submissions import actions as submission_actions


@transaction.atomic
def keep_visit(
    submission_id: int, *, visited_on: date, persons: str,
    answers: Mapping[str, tuple[str, str]], conclusion: str, remark: str,
    photos: Sequence[Document], by: Actor, at: datetime,
) -> SiteVisit:  # fmt: skip
    """The recommending body's 现场核查 of one result; a later one counts instead of an
    earlier. ``answers``: item code → (answer, note). Raises Refused."""
    submission = submission_actions.locked(submission_id)
    refuse_if(rules.why_not_visit(submission, by, at))
    refuse_if(
        rules.visit_faults(
            submission.campaign, visited_on=visited_on, persons=persons, answers=answers,
            conclusion=conclusion, remark=remark, photos=len(photos), at=at,
        )
    )  # fmt: skip
    visit = SiteVisit.objects.create(
        submission=submission, recommender=by.organisation, visited_on=visited_on,
        persons=persons.strip(), conclusion=conclusion, remark=remark.strip(),
        findings=[
            {"code": item["code"], "label": item["label"],
             "answer": answers[item["code"]][0], "note": answers[item["code"]][1].strip()}
            for item in submission.campaign.site_visit_items
        ],
        at=at, by=by.user, by_name=by.user_name,
    )  # fmt: skip
    VisitPhoto.objects.bulk_create(
        VisitPhoto(visit=visit, document=photo) for photo in photos
    )
    record(by, "site_visited", submission.code, at=at,
           campaign=submission.campaign.code, conclusion=conclusion)  # fmt: skip
    return visit
