"""What moments, spans, sizes and scores look like on a page."""

import datetime as dt

import pytest

from qcportal.ui import words

NOW = dt.datetime(2020, 7, 10, 7, 26, tzinfo=dt.UTC)  # 15:26 in Shanghai


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (dt.datetime(2020, 7, 12, 14, 0, tzinfo=dt.UTC), "7月12日 22:00"),
        (dt.datetime(2019, 12, 31, 15, 59, tzinfo=dt.UTC), "2019年12月31日 23:59"),
        (dt.datetime(2019, 12, 31, 16, 0, tzinfo=dt.UTC), "1月1日 00:00"),
        (dt.date(2020, 7, 12), "7月12日"),
        (dt.date(2021, 3, 5), "2021年3月5日"),
        (None, ""),
        ("", ""),
    ],
)
def test_moments_are_said_on_the_clock_of_shanghai(value, said):
    assert words.moment_text(value, NOW) == said


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (dt.timedelta(days=2, hours=1, minutes=40), "2天1小时"),
        (dt.timedelta(days=2, minutes=40), "2天"),
        (dt.timedelta(hours=3, minutes=20), "3小时20分"),
        (dt.timedelta(hours=3), "3小时"),
        (dt.timedelta(minutes=5, seconds=59), "5分钟"),
        (59, "不到1分钟"),
        (-5, "不到1分钟"),
        (None, ""),
    ],
)
def test_spans_have_at_most_two_units(span, said):
    assert words.span_text(span) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (dt.timedelta(days=2, hours=6, minutes=33, seconds=42), "2天 06:33"),
        (dt.timedelta(hours=6, minutes=3), "06:03"),
        (dt.timedelta(hours=1), "01:00"),
        (dt.timedelta(minutes=17, seconds=38), "00:17:38"),
        (dt.timedelta(seconds=-3), "00:00:00"),
    ],
)
def test_the_last_hour_counts_seconds(left, said):
    assert words.countdown_text(left) == said


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800006207", "138****6207"),
        ("138 0000 6207", "138****6207"),
        ("02100000000", "021****0000"),
        ("0000", "**00"),
        ("", ""),
        (None, ""),
    ],
)
def test_mobiles_are_masked(number, shown):
    assert words.masked_mobile(number) == shown


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (0, "0 字节"),
        (1023, "1023 字节"),
        (47104, "46 KB"),
        (19503514, "18.6 MB"),
        (9019431321, "8.4 GB"),
        (None, ""),
    ],
)
def test_sizes(size, said):
    assert words.size_text(size) == said


@pytest.mark.parametrize(
    ("value", "step", "shown"),
    [
        (27, "0.5", "27.0"),
        ("13.5", "0.5", "13.5"),
        (8, "1", "8"),
        ("十三", "0.5", "十三"),
        (None, "0.5", ""),
        ("", "0.5", ""),
    ],
)
def test_scores_keep_the_decimals_of_their_step(value, step, shown):
    assert words.score_text(value, step) == shown
