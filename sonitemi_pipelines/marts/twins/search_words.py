"""`search_words` over arrays."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.marts.twins.arrays import Numbers, first, in_order, starts
from sonitemi_pipelines.marts.twins.part import FAR, Part, nullable

_TERMS = "terms_of_twin"


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection, "spoken_words")
    words = part.read(
        f"SELECT provider, recording_id, variant, speaker, position, term AS text, shown, "
        f"coalesce(start_ms, {FAR}) AS start_ms FROM spoken_words WHERE NOT coalesce(struck, false)"
    )
    words = in_order(words, "transcript", "position")
    tokens, begin, number = _tokens(connection, part.texts["text"], words["text"])
    said = number[words["text"]]
    of = np.repeat(np.arange(len(said)), said)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(said) - said, said)
    transcript = words["transcript"][of]
    at = np.arange(len(of))
    start, shown, texts = words["start_ms"][of], words["shown"][of], part.texts["shown"]
    return part.select(
        {
            "transcript": transcript,
            "speaker": words["speaker"][of],
            "position": (at - first(at, starts(transcript))).astype(np.int32),
            "token": pa.DictionaryArray.from_arrays(pa.array(begin[words["text"][of]] + nth, pa.int32()), tokens),
            "shown": pa.DictionaryArray.from_arrays(pa.array(shown, pa.int32(), mask=shown == len(texts)), texts),
            "part": nth.astype(np.int32),
            "start_ms": nullable(start, start < FAR).cast(pa.int32()),
        }
    )


def _tokens(
    connection: duckdb.DuckDBPyConnection, terms: pa.Array[pa.StringScalar], used: Numbers
) -> tuple[pa.Array[pa.StringScalar], Numbers, Numbers]:
    """What terms fold to, one behind the other; for each term where its tokens begin, and how many it has."""
    begin, number = np.arange(len(terms) + 1), np.ones(len(terms) + 1, np.int64)
    number[-1] = 0
    is_used = np.zeros(len(terms) + 1, np.bool_)
    is_used[used] = True
    # Most are letters and digits of ASCII, which fold to themselves.
    plain: Any = pc.match_substring_regex(terms, "^[a-z0-9]+$").fill_null(False)
    which = np.flatnonzero(is_used[:-1] & ~plain.to_numpy(zero_copy_only=False))
    at = pa.array(which, pa.int64())
    connection.register(_TERMS, pa.table({"place": at, "term": terms.take(at)}))
    found = connection.sql(f"SELECT place, search_tokens(term) AS tokens FROM {_TERMS}").to_arrow_table()
    connection.unregister(_TERMS)
    if not found.num_rows:
        return terms, begin, number
    places, lists = found["place"].to_numpy(), pa.concat_arrays(found["tokens"].chunks)
    sizes = lists.value_lengths().to_numpy()
    number[places] = sizes
    begin[places] = len(terms) + np.cumsum(sizes) - sizes
    return pa.concat_arrays([terms, lists.flatten()]), begin, number
