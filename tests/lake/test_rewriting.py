"""What is put in place of other rows, row group by row group, equals taking the old rows out and adding the new."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from sonitemi_pipelines.lake.keys import without
from sonitemi_pipelines.lake.parquet import is_sorted
from sonitemi_pipelines.lake.schemas import Column, Table
from sonitemi_pipelines.lake.store import Lake

DAY = dt.date(2026, 3, 1)
COLUMNS = (
    Column("provider", pa.string(), "", nullable=False),
    Column("recording_id", pa.string(), "", nullable=False),
    Column("variant", pa.string(), "", nullable=False),
    Column("position", pa.int32(), "", nullable=False),
    Column("token", pa.string(), ""),
    Column("spots", pa.list_(pa.int32()), ""),
    Column("body", pa.binary(), ""),
    Column("day", pa.date32(), "", nullable=False),
)
KEY = ("provider", "recording_id", "variant")
BY_TRANSCRIPT = Table("by_transcript", "", KEY, COLUMNS, grows=True, sort_by=(*KEY, "position"), row_group=20)
BY_TOKEN = Table("by_token", "", KEY, COLUMNS, grows=True, sort_by=("position", *KEY), row_group=20)


def rows_of(dice: random.Random, table: Table, ids: list[str], word: str) -> pa.Table:
    """A few rows of each, sorted or as they come."""
    made = [
        {
            "provider": provider,
            "recording_id": id_,
            "variant": "latest",
            "position": position,
            "token": dice.choice([f"{word}-{id_}", f"{word}{position % 5}", None]),
            "spots": dice.choice([[], None, [1, 2]]),
            "body": word.encode(),
            "day": DAY + dt.timedelta(days=int(id_[1:]) % 3),
        }
        for id_ in ids
        for provider in ("sonix", "temi")[: 1 + int(id_[1:]) % 2]
        for position in range(dice.randrange(30))
    ]
    rows = table.from_rows(made)
    return rows.sort_by([(name, "ascending") for name in table.sort_by]) if dice.random() < 0.7 else rows


@pytest.mark.parametrize("table", [BY_TRANSCRIPT, BY_TOKEN], ids=lambda table: table.name)
@pytest.mark.parametrize("seed", range(4))
def test_rows_put_are_the_old_without_their_keys_and_the_new(tmp_path: Path, table: Table, seed: int) -> None:
    dice, lake = random.Random(seed), Lake(str(tmp_path))
    every = [f"r{n}" for n in range(24)]
    held = table.schema.empty_table()
    for first in range(0, 18, 6):
        held = pa.concat_tables([held, given := rows_of(dice, table, every[first : first + 6], "old")])
        lake.append(table, given)
    for _ in range(3):
        changed = dice.sample(every, dice.choice([1, 1, 3, 10]))
        new = rows_of(dice, table, [id_ for id_ in changed if dice.random() < 0.8], "new")
        keys = [{"provider": p, "recording_id": id_, "variant": "latest"} for id_ in changed for p in ("sonix", "temi")]
        touched = pa.Table.from_pylist(keys)
        lake.put(table, new, touched)
        held = pa.concat_tables([without(held, touched), new])
        assert in_order(lake.read(table)) == in_order(held)
        assert_no_text_of_rows_that_went(lake, table)


def in_order(rows: pa.Table) -> pa.Table:
    return rows.sort_by([(name, "ascending") for name in BY_TRANSCRIPT.sort_by])


def assert_no_text_of_rows_that_went(lake: Lake, table: Table) -> None:
    """What an erasure would have to find must not stay in a dictionary of a file that has no such row any more."""
    for file in lake.files(table.name, lake.snapshot([table.name])[table.name]):
        there = pq.ParquetFile(file.uri, read_dictionary=["token"])
        for number in range(there.num_row_groups):
            column = there.read_row_group(number, columns=["token"])["token"]
            for chunk in column.chunks:
                assert isinstance(chunk, pa.DictionaryArray)
                used = set(pc.unique(chunk.cast(pa.string())).drop_null().to_pylist())
                assert set(chunk.dictionary.to_pylist()) == used


def test_a_sorted_file_stays_sorted_and_its_row_groups_of_their_size(tmp_path: Path) -> None:
    dice, lake = random.Random(1), Lake(str(tmp_path))
    lake.append(BY_TRANSCRIPT, rows_of(dice, BY_TRANSCRIPT, [f"r{n}" for n in range(10, 40)], "old"))
    for n in (10, 25, 39):
        new = rows_of(dice, BY_TRANSCRIPT, [f"r{n}"], "new")
        keys = [{"provider": p, "recording_id": f"r{n}", "variant": "latest"} for p in ("sonix", "temi")]
        lake.put(BY_TRANSCRIPT, new, pa.Table.from_pylist(keys))
    (file,) = lake.files("by_transcript", lake.snapshot(["by_transcript"])["by_transcript"])
    assert is_sorted(lake.read_file(BY_TRANSCRIPT, file), KEY)
    metadata = pq.ParquetFile(file.uri).metadata
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert max(sizes) <= 2 * BY_TRANSCRIPT.row_group
    assert sum(sizes) == file.rows
