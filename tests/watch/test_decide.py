"""From findings to runs: once for each news, again with growing pauses, and never silently not at all."""

from __future__ import annotations

import itertools

import pytest

from sonitemi_pipelines.watch.cursor import Asked, Cursor, dump, load
from sonitemi_pipelines.watch.decide import MOST_IDS, Request, decide, pause_after
from sonitemi_pipelines.watch.news import Findings, News, rotated

START = 1_000_000.0


def quiet_cursor() -> Cursor:
    return Cursor(born_at=START)


def findings(*ids: str, state: str = "completed", **more: object) -> Findings:
    found = Findings(**more)  # type: ignore[arg-type]
    for id_ in ids:
        found.add(News(id_, "completed", state))
    return found


def ask(found: Findings, cursor: Cursor, now: float, last_full_run: float | None = None) -> Request | str:
    return decide("sonix", "sonix_completion", found, cursor, now=now, last_full_run=last_full_run)


def test_several_completions_make_one_run() -> None:
    answer = ask(findings("a", "b", "c"), quiet_cursor(), START)
    assert isinstance(answer, Request)
    assert (answer.ids, answer.full) == (["a", "b", "c"], False)
    assert answer.tags["sonitemi/news"] == "3 completed"


def test_news_a_run_did_not_settle_is_asked_for_again_with_doubling_pauses_and_new_run_keys() -> None:
    """Dagster never repeats a used run_key, so a failed run would otherwise never be tried again."""
    cursor, asked, keys = quiet_cursor(), [], []
    for second in range(0, 6 * 3600, 30):
        cursor = load(dump(cursor), START)
        answer = ask(findings("a"), cursor, START + second)
        if isinstance(answer, Request):
            asked.append(second)
            keys.append(answer.run_key)
        else:
            assert answer.startswith("0 open, 1 asked for before and not settled")
    assert [b - a for a, b in itertools.pairwise(asked)] == [
        60,
        120,
        240,
        480,
        960,
        1920,
        3600,
        3600,
        3600,
        3600,
    ]
    assert len(set(keys)) == len(keys)


def test_news_that_is_stuck_does_not_hold_up_other_news_and_is_not_tried_along_with_it() -> None:
    cursor = quiet_cursor()
    ask(findings("stuck"), cursor, START)
    answer = ask(findings("stuck", "new"), cursor, START + 30)
    assert isinstance(answer, Request)
    assert answer.ids == ["new"]


def test_a_second_change_of_the_same_recording_is_asked_for_at_once() -> None:
    cursor = quiet_cursor()
    ask(findings("a", state="completed"), cursor, START)
    answer = ask(findings("a", state="renamed"), cursor, START + 30)
    assert isinstance(answer, Request)


def test_the_same_change_after_it_was_settled_is_new_news_with_a_new_run_key() -> None:
    """A label set, taken off and set again: the third run must not be dropped as a repetition of the first."""
    cursor = quiet_cursor()
    first = ask(findings("a"), cursor, START)
    assert ask(findings(), cursor, START + 3600) == "0 open, nothing new; 0 calls"
    second = ask(findings("a"), cursor, START + 3630)
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert first.run_key != second.run_key


def test_more_news_than_is_cheap_by_id_makes_one_full_run_and_no_flood_when_that_fails() -> None:
    many = findings(*(f"m{place}" for place in range(MOST_IDS + 1)))
    cursor = quiet_cursor()
    answer = ask(many, cursor, START)
    assert isinstance(answer, Request)
    assert answer.full
    assert "next try is not due" in str(ask(many, cursor, START + 30))
    again = ask(many, cursor, START + 60)
    assert isinstance(again, Request)
    assert again.full
    assert again.run_key != answer.run_key
    assert len(dump(cursor)) < 50_000


def test_a_full_run_is_owed_until_one_that_began_later_succeeded() -> None:
    """A run that was already under way had listed the account before the look that was cut short."""
    cursor = quiet_cursor()
    assert isinstance(ask(findings(cut_short="out of time"), cursor, START), Request)
    assert isinstance(ask(findings(), cursor, START + 90, last_full_run=START - 10), Request)
    assert ask(findings(), cursor, START + 300, last_full_run=START + 95) == "0 open, nothing new; 0 calls"


def test_looks_that_are_always_cut_short_do_not_make_full_runs_without_end() -> None:
    cursor, runs = quiet_cursor(), 0
    for second in range(0, 24 * 3600, 30):
        last = START + second - 10
        runs += isinstance(ask(findings(cut_short="slow"), cursor, START + second, last_full_run=last), Request)
    assert 20 < runs < 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "{}",
        "[]",
        "null",
        '{"version": 1}',
        '{"born_at": "x", "version": 1}',
        '{"born_at": 1.0, "version": 99}',
        "\ud800",
    ],
)
def test_a_cursor_that_is_lost_broken_or_of_another_version_costs_one_full_run(text: str) -> None:
    cursor = load(text, START)
    answer = ask(findings(), cursor, START)
    assert isinstance(answer, Request)
    assert answer.full
    assert load(dump(cursor), START + 1).born_at == START


def test_a_cursor_that_was_reset_does_not_repeat_the_run_keys_of_the_one_before() -> None:
    """Dagster would drop the run without a word."""
    keys = set()
    for born_at in (START, START + 5):
        answer = ask(findings("a"), Cursor(born_at=born_at), START + 10)
        assert isinstance(answer, Request)
        keys.add(answer.run_key)
    assert len(keys) == 2


def test_the_cursor_stays_small_whatever_is_open() -> None:
    cursor = quiet_cursor()
    cursor.asked = {f"id{place}": Asked("x", 1, START - 90_000) for place in range(5000)}
    unseen = {f"id{place}" for place in range(5000)}
    ask(findings(unseen=unseen, working=unseen), cursor, START)
    assert len(dump(cursor)) < 50_000
    assert not cursor.asked, "what was asked for a day ago is forgotten"


def test_tags_name_failed_and_blocked_recordings_in_bounded_length() -> None:
    found = Findings()
    for place in range(100):
        found.add(News(f"media{place:03}", "failed", "failed"))
    answer = ask(found, quiet_cursor(), START)
    assert isinstance(answer, Request)
    assert answer.tags["sonitemi/failed"].startswith("media000, media001")
    assert answer.tags["sonitemi/failed"].endswith("(100 in all)")
    assert max(map(len, answer.tags.values())) < 260


def test_pauses_end_at_an_hour() -> None:
    assert [pause_after(attempt) for attempt in (1, 2, 6, 7, 1000)] == [60, 120, 1920, 3600, 3600]


def test_single_look_ups_go_round() -> None:
    ids, after, seen = "abcdefg", "", []
    for _ in range(7):
        turn = rotated(ids, after, 3)
        seen += turn
        after = turn[-1]
    assert seen == list("abcdefg" * 3)
