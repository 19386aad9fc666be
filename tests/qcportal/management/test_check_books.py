"""Sound books pass; every kind of damage planted behind the portal's back is named."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from qcportal.accounts.models import OrganisationUserObjectPermission
from qcportal.campaigns.models import Counter, QuotaRule
from qcportal.documents.models import Document
from qcportal.management import books
from reviews.models import Certificate, PublicationEntry
from submissions.models import Revision, ScoreSheet, Stamp, Step, Submission, Tier


def codes(*, digests: bool = False) -> list[str]:
    return [finding.code for finding in books.findings(digests=digests)]


@pytest.fixture
def sound(walk, cast):
    """A published result, one with the recommending body, and a draft."""
    found = walk.published()
    walk.recommended(cast.other_group, topic_type="innovation")
    walk.draft(cast.second_group)
    return found


def test_sound_books_pass(sound, capsys) -> None:
    call_command("check_books", "--digests")
    assert capsys.readouterr().out == "账目全部对得上。\n"


def test_findings_are_printed_and_end_with_exit_code_1(sound, capsys) -> None:
    Submission.objects.filter(pk=sound.pk).update(state="judging")
    with pytest.raises(CommandError) as stop:
        call_command("check_books")
    assert (stop.value.returncode, str(stop.value)) == (
        1, "有 1 处对不上：state_differs 1",
    )  # fmt: skip
    assert capsys.readouterr().out == (
        f"state_differs\t{sound.code}\t状态是 judging，按流转记录应是 published。\n"
    )


def test_a_state_written_past_the_steps(sound) -> None:
    Submission.objects.filter(pk=sound.pk).update(state="announced")
    assert codes() == ["state_differs"]


def test_a_reach_written_past_the_steps(sound) -> None:
    Submission.objects.filter(pk=sound.pk).update(reach=0)
    assert codes() == ["state_differs"]


def test_a_step_taken_away_from_the_middle(sound) -> None:
    Step.objects.filter(submission=sound, move="pass_check").delete()
    assert codes() == ["steps_broken"]


def test_a_step_the_table_does_not_know(sound) -> None:
    step = Step.objects.filter(submission=sound).first()
    Step.objects.filter(pk=step.pk).update(to_state="withdrawn")
    Submission.objects.filter(pk=sound.pk).update(state="withdrawn")
    assert codes() == ["steps_broken"]


def test_more_results_than_places(sound) -> None:
    QuotaRule.objects.filter(subject="recommender").update(soft=None, hard=0)
    assert set(codes()) == {"places_overrun"}


def test_frozen_content_rewritten(sound) -> None:
    revision = Revision.objects.get(submission=sound)
    revision.content["after"] = "0.11"
    revision.save(update_fields=["content"])
    assert codes() == ["revision_altered"]


def test_a_printed_sheet_rewritten(sound) -> None:
    sheets = ScoreSheet.objects.filter(revision__submission=sound, tier=Tier.UNIT)
    sheets.update(opinion="同意推荐一等奖。")
    assert codes() == ["sheet_altered"]


def test_a_stamp_made_void_behind_the_back(sound, noon) -> None:
    Stamp.objects.filter(
        sheet__revision__submission=sound, sheet__tier=Tier.UNIT
    ).update(voided_at=noon, void_reason="无")
    assert codes() == ["stamp_missing"]


def test_a_stamp_on_other_content(sound) -> None:
    stamp = Stamp.objects.get(
        sheet__revision__submission=sound, sheet__tier=Tier.RECOMMENDER
    )
    stamp.act.content_hash = "0" * 64
    stamp.act.save(update_fields=["content_hash"])
    assert codes() == ["stamp_differs"]


def test_a_certificate_number_changed(sound) -> None:
    Certificate.objects.update(number="SH2020-1-0077")
    assert codes() == ["number_gap", "number_gap"]


def test_a_number_given_to_nobody(sound) -> None:
    counter = Counter.objects.get(name="submission")
    counter.value += 1
    counter.save(update_fields=["value"])
    assert codes() == ["number_gap"]


def test_a_verify_code_that_fails_its_check_character(sound) -> None:
    found = Certificate.objects.get()
    wrong = "0" if found.verify_code[-1] != "0" else "1"
    Certificate.objects.update(verify_code=found.verify_code[:-1] + wrong)
    assert codes() == ["verify_code_wrong"]


def test_a_published_line_without_a_certificate(sound) -> None:
    Certificate.objects.all().delete()
    assert codes() == ["number_gap", "certificate_missing"]


def test_a_published_result_on_no_list(sound) -> None:
    Certificate.objects.all().delete()
    PublicationEntry.objects.all().delete()
    assert codes() == ["number_gap", "not_on_the_list"]


def test_a_grant_without_a_seat(sound, cast) -> None:
    unit = cast.unit
    grant = OrganisationUserObjectPermission.objects.get(
        user=unit.user, content_object=unit.organisation
    )
    OrganisationUserObjectPermission.objects.create(
        user=cast.judge.user,
        content_object=unit.organisation,
        permission=grant.permission,
    )
    assert codes() == ["grant_differs"]


def test_a_seat_ended_without_its_grants(sound, cast, noon) -> None:
    seat = cast.recommender.membership
    seat.ended_at = noon + timedelta(days=1)
    seat.save(update_fields=["ended_at"])
    assert codes() == ["grant_differs"]


def test_a_file_gone_from_the_storage(sound) -> None:
    default_storage.delete(Document.objects.filter(status="READY").first().file.name)
    assert codes() == ["file_missing"]


def test_a_file_with_other_bytes_is_found_when_files_are_read(sound) -> None:
    document = Document.objects.filter(status="READY").first()
    with default_storage.open(document.file.name, "r+b") as file:
        file.write(b"%PDX")
    assert (codes(), codes(digests=True)) == ([], ["file_altered"])
