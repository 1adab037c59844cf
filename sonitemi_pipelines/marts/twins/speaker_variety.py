"""`speaker_variety` over arrays."""

from __future__ import annotations

from contextlib import AbstractContextManager

import duckdb
import numpy as np

from sonitemi_pipelines.marts.twins.arrays import before, count, first, in_order, order, starts, totals
from sonitemi_pipelines.marts.twins.part import Part


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection, "spoken_words")
    [window] = part.thresholds("diversity_words")
    words = part.read(
        "SELECT provider, recording_id, variant, speaker, position, term AS text "
        "FROM spoken_words WHERE NOT coalesce(struck, false)"
    )
    words = in_order(words, "transcript", "speaker", "position")
    voices = starts(words["transcript"], words["speaker"])
    voice, at = count(voices), np.arange(len(voices))
    nth = at - first(at, voices)
    # Within a voice and term the words stay in order.
    rows = order(voice, words["text"])
    again = ~starts(voice[rows], words["text"][rows])
    before_it = np.empty_like(nth)
    before_it[rows] = before(nth[rows], ~again, -1)
    size = totals(np.ones_like(nth), voices)
    last = np.minimum(nth, np.repeat(size, size) - window)
    firsts = np.maximum(0, last - np.maximum(before_it + 1, nth - window + 1) + 1)
    return part.select(
        {
            "transcript": words["transcript"][voices],
            "speaker": words["speaker"][voices],
            "words": size,
            "types": totals(before_it < 0, voices),
            "window_words": np.full(len(size), window),
            "firsts": totals(firsts, voices),
        }
    )
