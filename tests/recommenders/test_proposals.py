"""What the portal counts for the 活动统计表."""

from datetime import UTC, datetime

import pytest

from qcportal.campaigns import presets
from qcportal.campaigns.models import Window
from recommenders import proposals

pytestmark = pytest.mark.django_db


def test_every_source_of_the_presets_is_counted():
    assert set(proposals.COUNTS) == set(presets.COUNTED_FROM)


def test_unknown_source_is_said_when_the_preset_is_read(tmp_path):
    file = presets.FOLDER / "shanghai-2020.toml"
    text = file.read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text.replace("active_groups", "guesses"), encoding="utf-8")
    with pytest.raises(presets.PresetError, match=r"statistics\[5\].*guesses"):
        presets.read(wrong)


def test_year_is_the_one_in_which_filing_opens(campaign):
    opens_at = datetime(2020, 12, 31, 16, 0, tzinfo=UTC)  # new year in Shanghai
    Window.objects.filter(campaign=campaign, stage="filing").update(opens_at=opens_at)
    fresh = type(campaign).objects.get(pk=campaign.pk)
    assert proposals.year_of(fresh) == 2021
