"""What grows with the lake: a changed transcript, a look-up, a search, in a small lake and in a large one.

python -m benchmarks.growth build HOME MILLIONS     a lake of conversations of 4000 words, ten a day
python -m benchmarks.growth change HOME             edit one transcript, bring marts and warehouse to it
python -m benchmarks.growth search HOME             phrases of three words, each on a connection of its own
"""

from __future__ import annotations

import datetime
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.measure import measured, report
from sonitemi_pipelines.lake.record import Source, Transcript, TranscriptBatch
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.parsing.assemble import parse
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.parse import take_apart
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA
from sonitemi_pipelines.warehouse import open_warehouse

WORDS_A_CONVERSATION = 4000
CONVERSATIONS_A_DAY = 10
MOST_CONVERSATIONS = 250
"""So many are made up; a larger lake has each several times, under other ids."""
FIRST_DAY = datetime.date(2020, 1, 1)
SEEN_AT = datetime.datetime(2026, 1, 2)
VOCABULARY = ["the", "and", "you", "um", "know", "price?", *(f"word{rank}" for rank in range(20_000))]
WEIGHTS = [1 / (rank + 1) for rank in range(len(VOCABULARY))]


def payload(seed: int, length: int = WORDS_A_CONVERSATION) -> tuple[bytes, int]:
    """Three people, turns of 1 to 60 words, some of them overlapping; words as frequent as in speech. As Sonix sends
    it, with its length in milliseconds.
    """
    dice = random.Random(seed)
    said = dice.choices(VOCABULARY, WEIGHTS, k=length)
    turns, clock = [], 0.0
    while said:
        part, said = said[: (count := dice.choice([1, 5, 20, 60]))], said[count:]
        start = max(0.0, clock + dice.choice([-0.6, 0.05, 0.3, 2.5]))
        words = [{"text": f" {text}", "start_time": start + i * 0.4, "end_time": start + i * 0.4 + 0.3}
                 for i, text in enumerate(part)]  # fmt: skip
        clock = start + len(part) * 0.4
        turns.append({"speaker": dice.choice("ABC"), "start_time": start, "end_time": clock, "words": words})
    return json.dumps({"transcript": turns}).encode(), int(clock * 1000)


def conversation(seed: int, recording_id: str, day: datetime.date, length: int = WORDS_A_CONVERSATION) -> Transcript:
    """One such payload, parsed."""
    body, duration_ms = payload(seed, length)
    source = Source("sonix", recording_id, "latest", day, SEEN_AT, language="en", duration_ms=duration_ms)
    return parse(take_apart, body, source)


def batches(words: int, length: int = WORDS_A_CONVERSATION) -> Iterator[TranscriptBatch]:
    """About `words` words in conversations of `length`, up to 250 at a time, as tables of many transcripts each."""
    rounds = -(-words // (MOST_CONVERSATIONS * length))
    number = words // length // rounds
    per_batch = -(-number // CONVERSATIONS_A_DAY)
    made = [
        conversation(i, f"rec{i}", FIRST_DAY + datetime.timedelta(days=i // CONVERSATIONS_A_DAY), length)
        for i in range(number)
    ]
    tables = {
        name: pa.concat_tables([table for one in made if isinstance(table := getattr(one, name), pa.Table)])
        for name, value in vars(made[0]).items()
        if isinstance(value, pa.Table)
    }
    # The payloads' bytes play no part in what is measured.
    payloads = tables["raw_payloads"]
    body = pa.array([b"{}"] * number)
    tables["raw_payloads"] = payloads.set_column(
        payloads.schema.get_field_index("body"), payloads.schema.field("body"), body
    )
    for batch in range(rounds):
        moved = {name: _moved(rows, batch, batch * per_batch) for name, rows in tables.items()}
        yield TranscriptBatch(**moved)


def _moved(rows: pa.Table, batch: int, days: int) -> pa.Table:
    """The same rows of other recordings, some days later."""
    ids = pa.array([f"{one}-{batch}" for one in rows["recording_id"].to_pylist()])
    day = pc.add(rows["day"].cast(pa.int32()), pa.scalar(days, pa.int32())).cast(pa.date32())
    for name, column in (("recording_id", ids), ("day", day)):
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, rows.schema.field(name), column.cast(rows.schema.field(name).type))
    return rows


def build(lake: Lake, settings: Settings, words: int, length: int = WORDS_A_CONVERSATION) -> None:
    """Commit the transcripts and the list of media they belong to; compute every mart; publish."""
    for batch in batches(words, length):
        commit_transcripts(lake, [batch])
        headers = batch.transcripts
        media = {
            "media_id": headers["recording_id"],
            "status": ["completed"] * headers.num_rows,
            "duration_ms": headers["duration_ms"],
            "created_at": headers["day"].cast(pa.timestamp("us")),
            "first_seen_at": headers["fetched_at"],
            "changed_at": headers["fetched_at"],
            "day": headers["day"],
        }
        lake.append(SONIX_MEDIA, SONIX_MEDIA.build(media))
    refresh(lake)
    publish_warehouse(lake, settings)


def phrases(warehouse: Path) -> list[str]:
    """Three words that stand one after the other somewhere, from rare ones to the most frequent."""
    with open_warehouse(warehouse) as connection:
        texts = connection.execute(
            "SELECT text FROM turns WHERE word_count > 10 ORDER BY hash(recording_id, turn_index) LIMIT 400"
        ).fetchall()
    dice = random.Random(1)
    said = [text.split() for (text,) in texts]
    return [" ".join(words[(at := dice.randrange(len(words) - 2)) : at + 3]) for words in said][:25]


def main() -> None:
    step, home = sys.argv[1], sys.argv[2]
    settings = Settings.from_env({"SONITEMI_HOME": home})
    lake = Lake.from_settings(settings)
    found: dict[str, float] = {}
    if step == "build":
        with measured(found):
            build(lake, settings, int(float(sys.argv[3]) * 1e6))
    elif step == "change":
        commit_transcripts(lake, [conversation(random.randrange(10**9), "rec7-0", FIRST_DAY)])
        with measured(found):
            refresh(lake)
            publish_warehouse(lake, settings)
        found["warehouse_bytes"] = settings.warehouse.stat().st_size
    else:
        seconds, cpu = [], []
        for phrase in phrases(settings.warehouse):
            with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
                began, spent = time.perf_counter(), time.process_time()
                connection.execute("SELECT * FROM search(?)", [phrase]).fetchall()
                seconds.append(time.perf_counter() - began)
                cpu.append(time.process_time() - spent)
        found = {"median": statistics.median(seconds), "slowest": max(seconds), "cpu": statistics.median(cpu)}
    report(found)


if __name__ == "__main__":
    main()
