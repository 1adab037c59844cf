"""`term_counts` over arrays."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.marts.twins.arrays import Columns, Flags, Numbers, in_order, order, starts, totals
from sonitemi_pipelines.marts.twins.part import FAR, Part, nullable

_MASKS = ["**", "##", "__", "██", "■■", "●●"]


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection)
    [least] = part.thresholds("term_occurrences")
    words = part.read(
        "SELECT provider, recording_id, variant, speaker, position, term AS text, "
        f"coalesce(start_ms, {FAR}) AS start_ms FROM spoken_words "
        "WHERE NOT coalesce(struck, false) AND term IS NOT NULL"
    )
    words, texts = in_order(words, "transcript", "position"), part.texts["text"]
    masked = _masked(texts)[words["text"]]
    dropped = masked | _filled(part, words) | _stopped(part, connection, words, texts)
    # As far as one speaker goes on.
    second = _same(words, 1)
    third = second & _same(words, 2)
    begins = (
        ~dropped,
        ~dropped & second & ~_after(dropped, 1),
        ~dropped & third & ~_after(masked, 1) & ~_after(dropped, 2),
    )
    grams = [_counted(words, np.flatnonzero(begin), n, least) for n, begin in enumerate(begins, 1)]
    first = np.concatenate([gram["first_ms"] for gram in grams])
    return part.select(
        {name: np.concatenate([gram[name] for gram in grams]) for name in ("transcript", "n", "occurrences")}
        | {
            "term": pa.concat_arrays([_joined(words, texts, gram["at"], n) for n, gram in enumerate(grams, 1)]),
            "first_ms": nullable(first, first < FAR),
        }
    )


def _masked(texts: pa.Array[Any]) -> Flags:
    begin: Any = pc.utf8_slice_codeunits(texts, 0, 2)
    return _flags(pc.is_in(begin, value_set=pa.array(["", *_MASKS], begin.type)))


def _filled(part: Part, words: Columns) -> Flags:
    """Words that are a filler, or in one of two words."""
    fillers = part.read("SELECT provider, recording_id, variant, position, words FROM filler_words")
    width = int(max(words["position"].max(initial=0), fillers["position"].max(initial=0))) + 2
    of_two = fillers["words"] == 2
    places = fillers["transcript"] * width + fillers["position"]
    return np.isin(words["transcript"] * width + words["position"], np.concatenate([places, places[of_two] + 1]))


def _stopped(part: Part, connection: duckdb.DuckDBPyConnection, words: Columns, texts: pa.Array[Any]) -> Flags:
    """Words that are a stop word of their transcript's language."""
    stops: dict[str, list[str]] = {}
    for language, word in connection.execute("SELECT language, word FROM stop_words").fetchall():
        stops.setdefault(language, []).append(word)
    spoken = part.read("SELECT provider, recording_id, variant, list_language AS text FROM transcript_languages")
    languages: list[Any] = part.texts["text"].to_pylist()
    number = np.full(part.transcripts, len(languages))
    number[spoken["transcript"]] = spoken["text"]
    are = np.zeros((len(languages) + 1, len(texts)), np.bool_)
    for i, language in enumerate(languages):
        are[i] = _flags(pc.is_in(texts, value_set=pa.array(stops.get(language, []), texts.type)))
    found: Flags = are[number[words["transcript"]], words["text"]]
    return found


def _same(words: Columns, ahead: int) -> Flags:
    """Whether the word so many places on is of the same transcript and speaker."""
    same = np.zeros(len(words["transcript"]), np.bool_)
    same[:-ahead] = True
    for name in ("transcript", "speaker"):
        same[:-ahead] &= words[name][ahead:] == words[name][:-ahead]
    return same


def _after(flags: Flags, ahead: int) -> Flags:
    """The flag of the word so many places on."""
    found = np.zeros(len(flags), np.bool_)
    found[:-ahead] = flags[ahead:]
    return found


def _counted(words: Columns, at: Numbers, n: int, least: int) -> Columns:
    """The terms of n words that begin at these words, each once; where one of them begins."""
    said = [words["transcript"][at], *(words["text"][at + i] for i in range(n))]
    rows = order(*said)
    begins = starts(*(column[rows] for column in said))
    occurrences = totals(np.ones(len(rows), np.int64), begins)
    first = words["start_ms"][at][rows]
    if len(first):
        first = np.minimum.reduceat(first, np.flatnonzero(begins))
    kept = occurrences >= (least if n > 1 else 1)
    at = at[rows[begins]][kept]
    return {
        "at": at,
        "transcript": words["transcript"][at],
        "n": np.full(len(at), n),
        "occurrences": occurrences[kept],
        "first_ms": first[kept],
    }


def _joined(words: Columns, texts: pa.Array[Any], at: Numbers, n: int) -> pa.Array[Any]:
    parts: list[Any] = [texts.take(pa.array(words["text"][at + i], pa.int64())) for i in range(n)]
    joined: pa.Array[Any] = parts[0] if n == 1 else pc.binary_join_element_wise(*parts, " ")
    return joined


def _flags(values: Any) -> Flags:
    found: Flags = values.to_numpy(zero_copy_only=False)
    return found
