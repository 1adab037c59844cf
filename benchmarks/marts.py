"""What one changed transcript costs in a small lake and in a large one, and what a rebuild of the large one needs.

    python benchmarks/marts.py [--small 1] [--large 20] [--rounds 7] [--folder FOLDER]

Sizes are millions of words. Lakes are made of conversations of 4000 words, ten a day, so the larger one goes back
further and has more partitions. Rounds alternate between the two, each of them after one transcript was edited: a
refresh covers every mart, a publication brings the warehouse to it, and one more finds nothing to do. CPU time is that
of this process. A lake that FOLDER holds already is used as it is.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.lake.schemas import SONIX_MEDIA
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.parse import parse

WORDS_A_CONVERSATION = 4000
CONVERSATIONS_A_DAY = 10
TEMPLATES = 50
FIRST_DAY = datetime.date(2020, 1, 1)
SEEN_AT = datetime.datetime(2026, 1, 2)
VOCABULARY = ["the", "and", "you", "um", "know", "price?", *(f"word{rank}" for rank in range(20_000))]
WEIGHTS = [1 / (rank + 1) for rank in range(len(VOCABULARY))]


def conversation(seed: int, recording_id: str, day: datetime.date) -> Transcript:
    """Three people, turns of 1 to 60 words, some of them overlapping; words as frequent as in speech."""
    dice = random.Random(seed)
    said = dice.choices(VOCABULARY, WEIGHTS, k=WORDS_A_CONVERSATION)
    turns, clock = [], 0.0
    while said:
        part, said = said[: (length := dice.choice([1, 5, 20, 60]))], said[length:]
        start = max(0.0, clock + dice.choice([-0.6, 0.05, 0.3, 2.5]))
        words = [{"text": f" {text}", "start_time": start + i * 0.4, "end_time": start + i * 0.4 + 0.3}
                 for i, text in enumerate(part)]  # fmt: skip
        clock = start + len(part) * 0.4
        turns.append({"speaker": dice.choice("ABC"), "start_time": start, "end_time": clock, "words": words})
    source = Source("sonix", recording_id, "latest", day, SEEN_AT, language="en", duration_ms=int(clock * 1000))
    return parse(json.dumps({"transcript": turns}).encode(), source)


def batches(words: int) -> Iterator[Transcript]:
    """About `words` words, 50 conversations at a time, as tables of many transcripts each."""
    per_batch = TEMPLATES // CONVERSATIONS_A_DAY
    made = [
        conversation(i, f"rec{i}", FIRST_DAY + datetime.timedelta(days=i // CONVERSATIONS_A_DAY))
        for i in range(TEMPLATES)
    ]
    # The payloads' bytes play no part in marts.
    body = pa.array([b"{}"] * TEMPLATES)
    payloads = pa.concat_tables([one.raw_payloads for one in made])
    template = (
        pa.concat_tables([one.transcripts for one in made]),
        pa.concat_tables([one.turns for one in made]),
        pa.concat_tables([one.words for one in made]),
        payloads.set_column(payloads.schema.get_field_index("body"), payloads.schema.field("body"), body),
    )
    for batch in range(words // (TEMPLATES * WORDS_A_CONVERSATION)):
        yield Transcript(
            made[0].source, made[0].revision, *(_moved(rows, batch, batch * per_batch) for rows in template)
        )


def _moved(rows: pa.Table, batch: int, days: int) -> pa.Table:
    """The same rows of other recordings, some days later."""
    ids = pc.binary_join_element_wise(rows["recording_id"].cast(pa.string()), pa.scalar(str(batch)), "-")
    day = pc.add(rows["day"].cast(pa.int32()), pa.scalar(days, pa.int32())).cast(pa.date32())
    for name, column in (("recording_id", ids), ("day", day)):
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, rows.schema.field(name), column.cast(rows.schema.field(name).type))
    return rows


def build(lake: Lake, words: int) -> None:
    """Commit the transcripts and the list of media they belong to."""
    waiting: list[Transcript] = []
    for batch in batches(words):
        waiting.append(batch)
        if len(waiting) == 5:
            commit_transcripts(lake, waiting)
            waiting = []
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
    commit_transcripts(lake, waiting)


def one_change(lake: Lake, settings: Settings, seed: int) -> dict[str, tuple[float, float]]:
    """CPU and wall seconds of each step after an edit of one transcript."""
    commit_transcripts(lake, [conversation(seed, "rec7-0", FIRST_DAY)])
    steps = {
        "refresh": lambda: refresh(lake),
        "publication": lambda: publish_warehouse(lake, settings),
        "publication of nothing": lambda: publish_warehouse(lake, settings),
    }
    costs = {}
    for name, step in steps.items():
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        costs[name] = (time.process_time() - cpu, time.perf_counter() - wall)
    return costs


def lake_in(folder: Path) -> Lake:
    (folder / "locks").mkdir(parents=True, exist_ok=True)
    return Lake(str(folder / "lake"), lock_folder=folder / "locks")


def prepare(folder: Path, millions: float) -> None:
    """Build a lake, then all its marts in a process of their own whose peak memory is printed."""
    if (folder / "built").exists():
        return
    for step in ("build", "rebuild"):
        subprocess.run([sys.executable, __file__, step, str(folder), "--large", str(millions)], check=True)
    (folder / "built").touch()


def run_step(step: str, folder: Path, millions: float) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    if step == "build":
        build(lake_in(folder), int(millions * 1e6))
    else:
        refresh(lake_in(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(
        f"{step} of {millions:g} M words: {time.perf_counter() - began:.1f} s, CPU {time.process_time() - cpu:.1f} s, "
        f"peak memory {peak / 1e9:.2f} GB",
        flush=True,
    )


def compare(folder: Path, small: float, large: float, rounds: int) -> None:
    homes = {millions: folder / f"{millions:g}M" for millions in (small, large)}
    for millions, home in homes.items():
        prepare(home, millions)
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for round_number in range(-1, rounds):
        for millions, home in homes.items():
            settings = Settings.from_env({"SONITEMI_HOME": str(home)})
            for name, costs in one_change(lake_in(home), settings, random.randrange(10**9)).items():
                if round_number >= 0:
                    found.setdefault((name, millions), []).append(costs)
    medians = {key: [statistics.median(each) for each in zip(*pairs, strict=True)] for key, pairs in found.items()}
    for (name, millions), (cpu, wall) in medians.items():
        print(f"{name} after a change in {millions:g} M words: CPU {cpu:.3f} s, wall {wall:.3f} s (median of {rounds})")
    for name in dict.fromkeys(name for name, _ in medians):
        cpu, wall = (after / before for before, after in zip(medians[name, small], medians[name, large], strict=True))
        print(f"{name}, ratio: CPU {cpu:.2f}, wall {wall:.2f}")
    for millions, home in homes.items():
        print(f"warehouse of {millions:g} M words: {(home / 'warehouse.duckdb').stat().st_size / 1e6:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", nargs="?", choices=["build", "rebuild"], help=argparse.SUPPRESS)
    parser.add_argument("lake", nargs="?", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--small", type=float, default=1.0)
    parser.add_argument("--large", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.step:
        run_step(given.step, given.lake, given.large)
    elif given.folder:
        compare(given.folder, given.small, given.large, given.rounds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), given.small, given.large, given.rounds)


if __name__ == "__main__":
    main()
