"""Words per second from payload bytes to the lake's Arrow tables, against plain json and pandas in the same run.

    python benchmarks/parse.py [FOLDER]

FOLDER holds `sonix/*.json` and `temi/*.json`; without one, conversations are made up. Machines differ, so the ratio is
what counts. A third line reads the same words with a field nobody knows on each of them: the slower second pass.
"""

from __future__ import annotations

import datetime
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.vendors.sonix.parse import parse as parse_sonix
from sonitemi_pipelines.vendors.temi.parse import parse as parse_temi

ROUNDS = 7
PARSERS = {"sonix": parse_sonix, "temi": parse_temi}
FIELDS = {
    "sonix": ("transcript", "words", "text", "start_time", "end_time"),
    "temi": ("monologues", "elements", "value", "ts", "end_ts"),
}
VOCABULARY = [
    f"{stem}{ending}" for stem in ("talk", "listen", "measure", "plan", "ask") for ending in ("", "s", "ing.")
]


def made_up(provider: str, words: int) -> bytes:
    """A conversation of `words` words in turns of 60."""
    turns_field, tokens_field, text, start, end = FIELDS[provider]
    rng = random.Random(words)
    tokens = [
        {text: (" " if provider == "sonix" else "") + rng.choice(VOCABULARY), start: i * 0.4, end: i * 0.4 + 0.31}
        | ({"type": "text"} if provider == "temi" else {"highlight": False, "strikethrough": rng.random() < 0.26})
        for i in range(words)
    ]
    turns = [{"speaker": i % 3, tokens_field: tokens[i * 60 : i * 60 + 60]} for i in range(words // 60)]
    return json.dumps({turns_field: turns}).encode()


def with_unknown_field(provider: str, body: bytes) -> bytes:
    """The same payload with a field nobody knows on every word."""
    turns_field, tokens_field, *_ = FIELDS[provider]
    payload = json.loads(body)
    for turn in payload[turns_field]:
        for token in turn[tokens_field]:
            token["confidence"] = 0.93
    return json.dumps(payload).encode()


def typed(provider: str, body: bytes) -> int:
    """This package's way."""
    source = Source(provider, "x", "latest", datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 2))
    return PARSERS[provider](body, source).words.num_rows


def plain(provider: str, body: bytes) -> int:
    """json to dicts to a data frame with the same columns for words and turns, as a notebook would do it."""
    turns_field, tokens_field, text, start, end = FIELDS[provider]
    rows: list[dict[str, Any]] = [
        {**token, "turn_index": i, "speaker": turn.get("speaker")}
        for i, turn in enumerate(json.loads(body)[turns_field])
        for token in turn[tokens_field]
    ]
    words = pd.DataFrame(rows)
    words["start_ms"] = (words[start] * 1000 + 0.5).astype("int32")
    words["end_ms"] = (words[end] * 1000 + 0.5).astype("int32")
    words["word_count"] = words[text].map(lambda each: sum(any(map(str.isalnum, part)) for part in each.split()))
    words["length"] = words["end_ms"] - words["start_ms"]
    words["trimmed"] = words[text].str.strip()
    turns = words.groupby("turn_index").agg(
        {text: "".join, "word_count": "sum", "length": "sum", "start_ms": "min", "end_ms": "max"}
    )
    pa.Table.from_pandas(turns)
    return int(pa.Table.from_pandas(words).num_rows)


def words_per_second(way: Callable[[str, bytes], int], bodies: list[tuple[str, bytes]]) -> float:
    """Median of `ROUNDS` rounds over all payloads, after one to warm up."""
    total = sum(way(*each) for each in bodies)
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for each in bodies:
            way(*each)
        seconds.append(time.perf_counter() - began)
    return total / statistics.median(seconds)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for provider in FIELDS:
        paths = sorted((folder / provider).glob("*.json")) if folder else []
        bodies = [(provider, path.read_bytes()) for path in paths] or [(provider, made_up(provider, 9000))] * 5
        unknown = [(provider, with_unknown_field(*each)) for each in bodies]
        ours, theirs, second_pass = (
            words_per_second(way, given) / 1e6 for way, given in ((typed, bodies), (plain, bodies), (typed, unknown))
        )
        print(
            f"{provider}: typed {ours:.2f} M words/s, json and pandas {theirs:.2f}, ratio {ours / theirs:.1f}; "
            f"an unknown field on every word {second_pass:.2f}"
        )


if __name__ == "__main__":
    main()
