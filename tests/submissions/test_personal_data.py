"""Numbers in what a group files: encrypted, indexed, in the hash, and never an identity
card's."""

import pytest
from django.core.management import call_command
from django.db import connection

from qcportal.accounts.contacts import shown
from qcportal.documents import uploads
from qcportal.management.books import frozen_altered
from qcportal.refusals import Refused
from qcportal.ui import identity
from submissions import actions as filing
from submissions.forms import read_content
from submissions.models import Submission
from submissions.rules import may_see_mobile
from tests import factories
from tests.qcportal.ui.test_identity import NUMBERS, whole

pytestmark = pytest.mark.django_db
CARD = whole(NUMBERS[0])
NEW_KEY = "bmV3LW9uZS1mb3ItdGVzdHMtbmV3LW9uZS10ZXN0LTE="


def stored(column: str, table: str = "submissions_submission") -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"select {column} from {table}")  # noqa: S608
        return " ".join(str(row[0]) for row in cursor.fetchall())


def test_a_new_key_rewrites_all_and_hashes_hold(walk, settings):
    found = walk.stamped()
    mobile = found.content["mobile"]
    before = stored("content"), stored("content", "submissions_revision")
    assert mobile not in "".join(before)
    old = list(settings.FIELD_KEYS)
    settings.FIELD_KEYS = [NEW_KEY, *old]
    settings.FIELD_INDEX_KEY = old[0]
    assert not Submission.objects.filtered({"q": mobile}).exists()
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = [NEW_KEY]
    assert Submission.objects.get().content["mobile"] == mobile
    assert Submission.objects.filtered({"q": mobile}).get() == found
    assert before[0] != stored("content")
    assert list(frozen_altered()) == []


def test_a_draft_keeps_half_a_number_unread_too(walk, noon):
    found = walk.draft(mobile="1380000")
    assert "1380000" not in stored("content")
    assert Submission.objects.get(pk=found.pk).content["mobile"] == "1380000"


def test_a_number_typed_in_groups_is_kept_as_eleven_digits(walk):
    found = walk.draft()
    form = found.form.form
    typed = read_content(form, {"mobile": "+86 138-0000 6207"}, found.content)
    assert typed["mobile"] == "13800006207"
    landline = read_content(form, {"mobile": "021-0000 0000"}, found.content)
    assert landline["mobile"] == "021-0000 0000"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"summary": f"组长 {CARD}。"}, "summary"),
     ({"members": [{"name": CARD, "gender": "f", "post": "长", "part": "做"}]}, "members.1.name")],
)  # fmt: skip
def test_not_even_a_draft_keeps_the_number_of_an_identity_card(
    walk, client_of, cast, noon, changes, field
):
    found = walk.draft()
    with pytest.raises(Refused) as no:
        filing.save_draft(
            found.pk, found.content | changes, version=found.version, by=cast.group, at=noon
        )  # fmt: skip
    assert [(r.code, r.field) for r in no.value.refusals] == [
        ("identity_number", field)
    ]
    assert CARD not in stored("content")


def test_it_is_said_beside_the_field_with_everything_typed(walk, client_of, cast):
    found = walk.draft()
    answer = client_of(cast.group).post(
        f"/submissions/{found.code}/edit/",
        {"version": found.version, "summary": f"我们组 {CARD}", "measure": "别的字"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert identity.SENTENCE in page
    assert f"我们组 {CARD}" in page
    assert "别的字" in page


def test_nor_the_name_of_a_file_nor_a_reason(walk, cast, noon):
    with pytest.raises(Refused) as no:
        uploads.inspect(factories.pdf_file(f"{CARD}报告.pdf"), ["pdf"], 1024 * 1024)
    assert no.value.codes == ["identity_number"]
    found = walk.filed()
    with pytest.raises(Refused) as no:
        filing.unit_return(found.pk, comment=f"{CARD}不对", by=cast.unit, at=noon)
    assert no.value.codes == ["identity_number"]


def test_who_reads_the_contact_in_full(walk, cast):
    found = walk.filed()
    reading = {
        name: may_see_mobile(found, getattr(cast, name))
        for name in ("group", "second_group", "other_group", "unit", "other_unit", "recommender",
                     "other_recommender", "association", "other_association", "judge")
    }  # fmt: skip
    assert {name for name, may in reading.items() if may} == {
        "group", "unit", "association",
    }  # fmt: skip
    stamped = walk.stamped(group=cast.second_group)
    assert may_see_mobile(stamped, cast.recommender)
    assert not may_see_mobile(stamped, cast.other_recommender)
    assert not may_see_mobile(stamped, None)


def test_whoever_may_not_reads_it_masked_wherever_it_stands():
    content = {
        "mobile": "138 0000 6207",
        "rows": [{"note": "请打 13800006207。", "n": 3}],
    }
    assert shown(content, may=True) == content
    assert shown(content, may=False) == {
        "mobile": "138****6207", "rows": [{"note": "请打 138****6207。", "n": 3}],
    }  # fmt: skip
