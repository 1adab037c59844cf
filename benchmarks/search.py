"""How long `search` takes for phrases of three words, rare to common, in a published warehouse.

    python benchmarks/search.py [--words 50] [--rounds 7] [--folder FOLDER]

`--words` is in millions: conversations of 4000 words, ten a day, drawn from 50,000 words as frequent as in speech. The
index goes into the lake's tables and is published as a sync does it. Each call is made on a connection of its own, as
the first of an analyst's day is; the median of all calls is what the target speaks of.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import load_macros, load_marts
from sonitemi_pipelines.warehouse import publish

WORDS_A_CONVERSATION = 4000
CONVERSATIONS_A_DAY = 10
CONVERSATIONS_A_BATCH = 500
VOCABULARY = 50_000
FIRST_DAY = datetime.date(2020, 1, 1)
MARTS = load_marts()

# A shuffled number, so that the alphabet says nothing of how frequent a word is.
_TOKEN = "printf('w%05d', (rank * 7919) % 50021)"
_KEY = "'sonix' AS provider, printf('rec%06d', recording) AS recording_id, 'latest' AS variant"
_DAY = f"DATE '{FIRST_DAY}' + CAST(recording // {CONVERSATIONS_A_DAY} AS INTEGER) AS day"
SELECTS = {
    "token_index": f"""
        SELECT {_KEY}, {_TOKEN} AS token, count(*)::INTEGER AS occurrences,
            list(position ORDER BY position) AS positions, false AS low_quality, {_DAY}
        FROM spoken GROUP BY recording, rank""",
    "search_passages": f"""
        SELECT {_KEY}, (position // 64)::INTEGER AS passage, list({_TOKEN} ORDER BY position) AS shown,
            list((position * 400)::INTEGER ORDER BY position) AS starts,
            list('Speaker ' || (position // 20 % 3) ORDER BY position) AS speakers, false AS low_quality, {_DAY}
        FROM spoken GROUP BY recording, position // 64""",
    "recordings": f"""
        SELECT DISTINCT 'sonix' AS provider, printf('rec%06d', recording) AS recording_id,
            printf('Call %d', recording) AS name, 'completed' AS status, {_DAY}, day::TIMESTAMP AS created_at
        FROM spoken""",
}


def build(lake: Lake, words: int) -> None:
    """Index, passages and recordings of `words` words, in the marts' own tables."""
    dice = np.random.default_rng(1)
    weights = 1 / (np.arange(VOCABULARY) + 2.7)
    edges = np.cumsum(weights / weights.sum())
    size = CONVERSATIONS_A_BATCH * WORDS_A_CONVERSATION
    for batch in range(max(1, words // size)):
        recording, position = np.divmod(np.arange(size), WORDS_A_CONVERSATION)
        rank = np.minimum(np.searchsorted(edges, dice.random(size)), VOCABULARY - 1)
        spoken = pa.table(
            {
                "recording": recording + batch * CONVERSATIONS_A_BATCH,
                "position": position.astype(np.int32),
                "rank": rank,
            }
        )
        with duckdb.connect() as connection:
            connection.register("spoken", spoken)
            for name, select in SELECTS.items():
                table = MARTS[name].table
                rows = connection.sql(select).to_arrow_table()
                lake.append(table, table.build({column: rows[column] for column in rows.schema.names}))


def phrases(warehouse: Path) -> dict[str, list[str]]:
    """Three words that stand one after the other somewhere, by how frequent the words are."""
    tokens = """
        WITH few AS (SELECT DISTINCT recording_id FROM search_passages ORDER BY hash(recording_id) LIMIT 400)
        SELECT DISTINCT array_to_string(p.shown[place.i:place.i + 2], ' ') AS said
        FROM few JOIN search_passages AS p USING (recording_id), unnest(range(1, 62)) AS place (i)
        WHERE len(p.shown) = 64 ORDER BY hash(said) LIMIT 50000"""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = dict(connection.execute("SELECT token, sum(occurrences) FROM token_index GROUP BY token").fetchall())
        said = [row[0] for row in connection.execute(tokens).fetchall()]

    def each_within(low: float, high: float) -> list[str]:
        total = sum(counts.values())
        fit = [text for text in said if all(low <= counts[word] / total < high for word in text.split())]
        return fit[:5]

    return {
        "rare (each word under 10 in a million)": each_within(0, 1e-5),
        "medium (10 to 1000 in a million)": each_within(1e-5, 1e-3),
        "common (each word over 1 in 1000)": each_within(1e-3, 1),
    }


def measure(warehouse: Path, rounds: int) -> None:
    every: list[float] = []
    for kind, given in phrases(warehouse).items():
        seconds, found = [], []
        for _ in range(rounds):
            for phrase in given:
                with duckdb.connect(str(warehouse), read_only=True) as connection:
                    began = time.perf_counter()
                    found.append(len(connection.execute("SELECT * FROM search(?)", [phrase]).fetchall()))
                    seconds.append(time.perf_counter() - began)
        every += seconds
        if seconds:
            print(
                f"{kind}: median {1000 * statistics.median(seconds):.0f} ms, slowest {1000 * max(seconds):.0f} ms, "
                f"{len(given)} phrases of {statistics.median(found):.0f} hits in the median"
            )
    print(f"all {len(every)} calls: median {1000 * statistics.median(every):.0f} ms")


def run(folder: Path, words: int, rounds: int) -> None:
    warehouse = folder / "warehouse.duckdb"
    if not warehouse.exists():
        began = time.perf_counter()
        lake = Lake(str(folder / "lake"))
        build(lake, words)
        built = time.perf_counter()
        publish(lake, warehouse, [MARTS[name].table for name in SELECTS], load_macros()[-1:])
        print(
            f"{words / 1e6:g} M words: index built in {built - began:.0f} s, published in "
            f"{time.perf_counter() - built:.0f} s, warehouse {warehouse.stat().st_size / 1e9:.2f} GB",
            flush=True,
        )
    measure(warehouse, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=float, default=50.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.folder:
        given.folder.mkdir(parents=True, exist_ok=True)
        run(given.folder, int(given.words * 1e6), given.rounds)
    else:
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder), int(given.words * 1e6), given.rounds)


if __name__ == "__main__":
    main()
