"""`asking_sentences` over arrays."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from sonitemi_pipelines.marts.twins.arrays import Flags, before, count, first, in_order, starts
from sonitemi_pipelines.marts.twins.part import FAR, Part, nullable

_ASKS, _ASKS_IN_GREEK, _ASKS_WITHIN, _STATES, _FRONT_ASKS, _FRONT_ENDS = (1 << bit for bit in range(6))


class _Marks(NamedTuple):
    """The seed `sentence_marks`."""

    asks: str
    asks_in_greek: str
    asks_within: str
    states: str
    closes: str


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection, "words")
    [marks] = connection.execute(f"SELECT {', '.join(_Marks._fields)} FROM sentence_marks").fetchall()
    words = part.read(
        "SELECT provider, recording_id, variant, speaker, word_index, turn_index, text, "
        f"coalesce(start_ms, {FAR}) AS start_ms, "
        "coalesce(kind = 'word' AND word_count = 0 AND text <> '', false) AS continues "
        "FROM words WHERE NOT coalesce(struck, false) AND kind <> 'tag' AND text IS NOT NULL"
    )
    texts, used = part.texts["text"], np.unique(words["text"])
    of_text = np.zeros(len(texts), np.int64)
    of_text[used] = [_said_by(text, _Marks(*marks)) for text in texts.take(pa.array(used, pa.int64())).to_pylist()]
    words = in_order(words, "transcript", "word_index")
    languages = part.read(
        "SELECT provider, recording_id, variant, base_language IS NOT DISTINCT FROM 'el' AS greek "
        "FROM transcript_languages"
    )
    is_greek = np.zeros(part.transcripts, np.bool_)
    is_greek[languages["transcript"]] = languages["greek"]

    said, transcript, speaker = of_text[words["text"]], words["transcript"], words["speaker"]

    def having(mark: int) -> Flags:
        has: Flags = said & mark != 0
        return has

    transcripts = starts(transcript)
    asks = having(_ASKS) | (having(_ASKS_IN_GREEK) & is_greek[transcript])
    ends = having(_STATES) | (asks & ~having(_ASKS_WITHIN))
    begins = (
        (speaker != before(speaker, transcripts, part.speakers[None]))
        | having(_FRONT_ENDS)
        | (~words["continues"] & before(ends, transcripts, False))
    )
    sentence = count(begins)
    sentence += first(begins, transcripts) - first(sentence, transcripts)
    asked_behind = np.zeros(len(said), np.bool_)
    asked_behind[:-1] = (having(_FRONT_ASKS) & ~transcripts)[1:]
    asks |= asked_behind
    group = count(starts(transcript, sentence))
    asking = np.zeros(len(group) + 1, np.bool_)
    asking[group[asks]] = True
    kept = asking[group]
    names = ("transcript", "word_index", "turn_index", "speaker")
    start = words["start_ms"][kept]
    return part.select(
        {name: words[name][kept] for name in names}
        | {"start_ms": nullable(start, start < FAR), "sentence": sentence[kept], "asks": asks[kept]}
    )


@lru_cache(maxsize=2**15)
def _said_by(text: str, marks: _Marks) -> int:
    """What the marks of a text say, as bits."""
    if not any(mark in text for kind in marks[:-1] for mark in kind):
        return 0
    every = marks.asks + marks.states + marks.closes
    front, own = "", text
    if text.lstrip(every) and not text.split(" ")[0].lstrip(every):
        front, own = text.split(" ")[0], text.lstrip(every)
    ending = own.rstrip(marks.closes)
    found = {
        _ASKS: any(mark in own for mark in marks.asks + marks.asks_within),
        _ASKS_IN_GREEK: ending != ending.rstrip(marks.asks_in_greek),
        _ASKS_WITHIN: any(mark in own for mark in marks.asks_within),
        _STATES: ending != ending.rstrip(marks.states),
        _FRONT_ASKS: any(mark in front for mark in marks.asks),
        _FRONT_ENDS: any(mark in front for mark in marks.asks + marks.states),
    }
    return sum(bit for bit, is_so in found.items() if is_so)
