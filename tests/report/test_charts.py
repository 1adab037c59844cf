"""How time becomes a drawing."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from sonitemi_pipelines.report.axis import TimeAxis, clock
from sonitemi_pipelines.report.compact import MOST_SPANS, as_markdown, rate_over_time, speaker_timeline
from sonitemi_pipelines.report.timeline import strip_spans

SVG = "{http://www.w3.org/2000/svg}"
MINUTE = 60_000


@pytest.mark.parametrize(
    ("ms", "shown"), [(0, "0:00"), (999, "0:00"), (61_000, "1:01"), (3_599_999, "59:59"), (43_200_000, "12:00:00")]
)
def test_times_read_as_people_write_them(ms: int, shown: str) -> None:
    """A time that a reader cannot find in the vendor's player is of no use."""
    assert clock(ms) == shown


@pytest.mark.parametrize(
    ("minutes", "strips", "each"), [(1, 1, None), (5, 1, None), (6, 2, 5), (29, 6, 5), (89, 6, 15), (720, 25, 30)]
)
def test_long_conversations_are_cut_into_strips(minutes: int, strips: int, each: int | None) -> None:
    """On one line, a turn of a two-hour talk is thinner than a hair."""
    spans = strip_spans(minutes * MINUTE)
    assert len(spans) == strips
    assert spans[0][0] == 0
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert spans[-1][0] <= minutes * MINUTE < spans[-1][1]
    if each is not None:
        assert {end - start for start, end in spans} == {each * MINUTE}


def test_ticks_are_round_and_few() -> None:
    """Labels that overlap, or fall on 0:37, cannot be read."""
    axis = TimeAxis(30 * MINUTE, 60 * MINUTE, 100, 900)
    ticks = axis.ticks()
    assert 4 <= len(ticks) <= 11
    assert all(tick % (5 * MINUTE) == 0 for tick in ticks)
    assert [axis.x(ms) for ms in (0, 30 * MINUTE, 45 * MINUTE, 99 * MINUTE)] == [100, 100, 500, 900]


def test_compact_charts_stay_small() -> None:
    """Dagster keeps every run's metadata for good: a chart must not grow with the recording."""
    timeline = speaker_timeline([(i % 30, i * 5_000, i * 5_000 + 4_000) for i in range(9_000)])
    assert timeline is not None
    assert len(as_markdown(timeline, "who")) < 16_000
    assert timeline.count("M ") <= MOST_SPANS
    rates = rate_over_time([(rank, minute, 75 + rank, 30_000) for rank in range(9) for minute in range(720)])
    assert rates is not None
    assert len(as_markdown(rates, "rate")) < 16_000
    for document in (timeline, rates):
        assert ElementTree.fromstring(document).find(f"{SVG}path") is not None


def test_columns_of_several_minutes_weigh_by_speaking_time() -> None:
    """A minute with three words must not count as much as one full of talk."""
    document = rate_over_time(
        [(0, minute, 200 if minute % 2 else 10, 60_000 if minute % 2 else 6_000) for minute in range(80)]
    )
    assert document is not None
    assert f"highest column: {210 / 66_000 * 60_000:.0f} words per minute" in document


def test_no_chart_of_nothing() -> None:
    """An empty frame would look like a conversation in which nobody spoke."""
    assert speaker_timeline([]) is None
    assert rate_over_time([]) is None
