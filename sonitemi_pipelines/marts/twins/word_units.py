"""`word_units` over arrays."""

from __future__ import annotations

from contextlib import AbstractContextManager

import duckdb
import numpy as np

from sonitemi_pipelines.marts.twins.arrays import (
    Columns,
    Flags,
    Numbers,
    before,
    count,
    first,
    in_order,
    order,
    running_max,
    starts,
    totals,
)
from sonitemi_pipelines.marts.twins.part import FAR, Part, nullable


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection, "words", "turns")
    pause_ms, slack_ms, longest_word_ms, longest_media_ms = part.thresholds(
        "pause_ms", "end_slack_ms", "longest_word_ms", "longest_media_ms"
    )
    words = part.read(
        "SELECT provider, recording_id, variant, speaker, word_index, turn_index, word_count, "
        f"coalesce(start_ms, {FAR}) AS start_ms, coalesce(end_ms, -{FAR}) AS end_ms FROM words WHERE kind = 'word'"
    )
    words = in_order(words, "transcript", "word_index")
    limit = _limits(part, words, slack_ms, longest_media_ms)[words["transcript"]]
    start, end, lasts = words["start_ms"], words["end_ms"], words["end_ms"] - words["start_ms"]
    can_be = (
        (start >= 0)
        & (lasts > 0)
        & (start < limit)
        & (end <= limit + slack_ms)
        & (lasts <= longest_word_ms * np.maximum(words["word_count"], 1))
    )
    given = words | {
        "end_ms": np.minimum(end, limit),
        "timed": can_be,
        "hides": ~can_be & ~((lasts == 0) & (start > 0) & (start <= limit)),
        "impossible": ~can_be & (lasts > 0),
        "estimated": np.zeros(len(start), np.bool_),
    }
    if not can_be.all():
        spans = _spans(part, words, can_be, limit, longest_word_ms)
        given = {name: np.concatenate([values, spans[name]]) for name, values in given.items()}
    given |= dict(zip(("place_ms", "nth"), _placed(given, pause_ms), strict=True))
    timed = given.pop("timed")
    known = timed | (given["nth"] > 0)
    names = ("transcript", "speaker", "word_index", "turn_index", "word_count", "hides", "impossible", "estimated")
    return part.select(
        {name: given[name] for name in names}
        | {name: nullable(given[name], timed) for name in ("start_ms", "end_ms")}
        | {name: nullable(given[name], known) for name in ("place_ms", "nth")}
    )


def _limits(part: Part, words: Columns, slack_ms: int, longest_media_ms: int) -> Numbers:
    """For each transcript where no time can be any more."""
    duration = part.of_transcripts("coalesce(duration_ms, 0)")
    has_length = words["start_ms"] < words["end_ms"]
    past_the_end = has_length & (words["end_ms"] > (duration + slack_ms)[words["transcript"]])
    begins = starts(words["transcript"])
    mostly_past = np.zeros(part.transcripts, np.bool_)
    mostly_past[words["transcript"][begins]] = 2 * totals(past_the_end, begins) > totals(has_length, begins)
    return np.where((duration > 0) & ~mostly_past, duration, longest_media_ms)


def _spans(part: Part, words: Columns, can_be: Flags, limit: Numbers, longest_word_ms: int) -> Columns:
    """The vendor's spans of turns in which no word has a time."""
    by_turn = order(words["transcript"], words["turn_index"])
    begins = starts(words["transcript"][by_turn], words["turn_index"][by_turn])
    timed, said = (totals(values[by_turn], begins) for values in (can_be, words["word_count"]))
    is_spanless = (timed == 0) & (said > 0)
    spanless, said = by_turn[begins][is_spanless], said[is_spanless]
    turns = part.read(
        "SELECT provider, recording_id, variant, speaker, turn_index, start_ms, end_ms FROM turns "
        "WHERE start_ms >= 0 AND start_ms < end_ms"
    )
    # Both by transcript and turn as one number.
    width = int(max(words["turn_index"].max(), turns["turn_index"].max(initial=0))) + 1
    wanted = words["transcript"][spanless] * width + words["turn_index"][spanless]
    _, of, at = np.intersect1d(wanted, turns["transcript"] * width + turns["turn_index"], return_indices=True)
    spanless, said, turns = spanless[of], said[of], {name: values[at] for name, values in turns.items()}
    within = (turns["start_ms"] < limit[spanless]) & (turns["end_ms"] - turns["start_ms"] <= longest_word_ms * said)
    spanless, turns = spanless[within], {name: values[within] for name, values in turns.items()}
    return turns | {
        "word_index": words["word_index"][spanless],
        "word_count": np.zeros(len(spanless), np.int64),
        "end_ms": np.minimum(turns["end_ms"], limit[spanless]),
        "timed": np.ones(len(spanless), np.bool_),
        "hides": np.zeros(len(spanless), np.bool_),
        "impossible": np.zeros(len(spanless), np.bool_),
        "estimated": np.ones(len(spanless), np.bool_),
    }


def _placed(given: Columns, pause_ms: int) -> tuple[Numbers, Numbers]:
    """Where each row is placed in time, and the number of its unit; 0 for both in a turn without any time."""
    rows = order(*(given[name] for name in ("transcript", "speaker")), *_in_time(given))
    timed = rows if given["timed"].all() else rows[given["timed"][rows]]
    transcript, speaker, start, end = (given[name][timed] for name in ("transcript", "speaker", "start_ms", "end_ms"))
    voices = starts(transcript, speaker)
    unit = count(start - before(running_max(end, voices), voices, -FAR) >= pause_ms)
    place, nth = np.zeros(len(given["timed"]), np.int64), np.zeros(len(given["timed"]), np.int64)
    place[timed] = start
    nth[timed] = unit - first(unit, voices) + 1
    if len(timed) < len(place):
        _follow(given, place, nth)
    return place, nth


def _in_time(given: Columns) -> tuple[Numbers, Numbers, Numbers]:
    """What rows of one speaker are in order of; for those without a time it does not matter."""
    start, lasts = given["start_ms"], given["end_ms"] - given["start_ms"]
    if not given["timed"].all():
        start, lasts = (np.where(given["timed"], values, 0) for values in (start, lasts))
    return start, lasts, given["word_index"]


def _follow(given: Columns, place: Numbers, nth: Numbers) -> None:
    """Have what has no time go with the timed row before it in its turn, else with the first one there."""
    rows = order(given["transcript"], given["turn_index"], given["word_index"], ~given["estimated"] + 0)
    turns = starts(given["transcript"][rows], given["turn_index"][rows])
    timed = given["timed"][rows]
    at = np.arange(len(rows))
    last = running_max(np.where(timed, at, -1), turns)
    turn, first_timed = count(turns) - 1, np.full(turns.sum(), len(rows))
    np.minimum.at(first_timed, turn[timed], at[timed])
    goes_with = np.where(last >= 0, last, first_timed[turn])
    follows = ~timed & (goes_with < len(rows))
    place[rows[follows]] = place[rows[goes_with[follows]]]
    nth[rows[follows]] = nth[rows[goes_with[follows]]]
