"""`token_counts` over arrays."""

from __future__ import annotations

from contextlib import AbstractContextManager

import duckdb
import numpy as np

from sonitemi_pipelines.marts.twins.arrays import before, in_order, running_max, starts, totals
from sonitemi_pipelines.marts.twins.part import FAR, Part, nullable

_TIMED = "coalesce(kind = 'word' AND start_ms <= end_ms, false)"


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection)
    [long_ms] = part.thresholds("long_token_ms")
    words = part.read(
        f"SELECT provider, recording_id, variant, turn_index, word_index, word_count, {_TIMED} AS timed, "
        f"CASE WHEN {_TIMED} THEN start_ms ELSE {FAR} END AS start_ms, "
        f"CASE WHEN {_TIMED} THEN end_ms ELSE -{FAR} END AS end_ms, "
        "coalesce(struck, false) AS struck, speaker IS NULL AS unknown FROM words"
    )
    words = in_order(words, "transcript", "turn_index", "word_index")
    transcript, timed, start, end = (words[name] for name in ("transcript", "timed", "start_ms", "end_ms"))
    turns = starts(transcript, words["turn_index"])
    counted = {
        "words": words["word_count"],
        "untimed_words": words["word_count"] * ~timed,
        "timed_tokens": timed,
        "zero_length_tokens": timed & (start == end),
        "overlapping_tokens": start < before(running_max(end, turns), turns, -FAR),
        "long_tokens": timed & (end - start >= long_ms),
        "struck_words": words["word_count"] * words["struck"],
        "unknown_speaker_words": words["word_count"] * words["unknown"],
    }
    begins = starts(transcript)
    claimed = np.maximum.reduceat(end, np.flatnonzero(begins)) if len(end) else end
    return part.select(
        {"transcript": transcript[begins], "claimed_ms": nullable(claimed, claimed > -FAR)}
        | {name: totals(values, begins) for name, values in counted.items()}
    )
