"""Row groups that are copied from one file into another are read as they were, by every reader, whatever they hold."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import pytest

from sonitemi_pipelines.lake.footer import TAIL, length_of, take_apart
from sonitemi_pipelines.lake.parquet import DataFile, write_file
from sonitemi_pipelines.lake.schemas import Column, Table
from sonitemi_pipelines.lake.splicing import ImmovableError, splice
from sonitemi_pipelines.lake.store import Lake

DAY = dt.date(2026, 3, 1)
TABLE = Table(
    "spliced",
    "",
    ("recording_id",),
    (
        Column("recording_id", pa.string(), "", nullable=False),
        Column("day", pa.date32(), "", nullable=False),
        Column("position", pa.int32(), ""),
        Column("words", pa.list_(pa.string()), ""),
        Column("spots", pa.list_(pa.int32()), ""),
        Column("body", pa.binary(), ""),
        Column("share", pa.float64(), ""),
        Column("struck", pa.bool_(), ""),
        Column("at", pa.timestamp("us"), ""),
        Column("price", pa.decimal128(18, 2), ""),
    ),
    grows=True,
    sort_by=("recording_id", "position"),
)
LOCAL = pafs.LocalFileSystem()


def rows_of(dice: random.Random, first: int, count: int) -> pa.Table:
    """Rows in order, with NULLs, empty lists and texts of many bytes among them."""

    def maybe(value: object) -> object:
        return value if dice.random() < 0.8 else None

    return TABLE.from_rows(
        {
            "recording_id": f"r{(first + n) // 3:05}",
            "day": DAY + dt.timedelta(days=(first + n) // 3 % 7),
            "position": first + n,
            "words": maybe([f"wörd{dice.randrange(9)}" * dice.choice([1, 40])] * dice.randrange(3)),
            "spots": maybe([dice.randrange(10**6) for _ in range(dice.randrange(4))]),
            "body": maybe(dice.randbytes(dice.randrange(50))),
            "share": maybe(dice.random()),
            "struck": maybe(dice.random() < 0.5),
            "at": maybe(dt.datetime(2026, 1, 1) + dt.timedelta(seconds=first + n)),
            "price": None,
        }
        for n in range(count)
    )


def groups_of(dice: random.Random, number: int) -> list[pa.Table]:
    groups, first = [], 0
    for _ in range(number):
        count = dice.choice([1, 2, 30, 200])
        groups.append(rows_of(dice, first, count))
        first += count
    return groups


def written(groups: list[pa.Table], folder: Path) -> DataFile:
    return write_file(TABLE, groups, LOCAL, str(folder), are_groups=True)


def asked(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def spliced(file: DataFile, parts: list[int | pa.Table], folder: Path) -> DataFile:
    groups = ds.ParquetFileFormat().make_fragment(file.uri, filesystem=LOCAL).row_groups  # type: ignore[attr-defined]
    with LOCAL.open_input_file(file.uri) as old:
        return splice(TABLE, old, groups, parts, LOCAL, str(folder))


@pytest.mark.parametrize("number", [1, 3, 14, 15, 16, 40])
def test_a_footer_put_together_again_is_the_one_taken_apart(tmp_path: Path, number: int) -> None:
    file = written(groups_of(random.Random(number), number), tmp_path)
    data = Path(file.uri).read_bytes()
    length = length_of(data[-TAIL:])
    footer = take_apart(data[-TAIL - length : -TAIL])
    said = [group.moved(group.start, n) for n, group in enumerate(footer.groups)]
    assert footer.of(file.rows, said) == data[-TAIL - length :]
    ends = [group.start + group.size for group in footer.groups]
    assert [group.start for group in footer.groups] == [4, *ends[:-1]]
    assert ends[-1] == len(data) - TAIL - length


@pytest.mark.parametrize("seed", range(6))
def test_rows_that_stay_and_rows_that_come_stand_in_the_order_given(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    old, new = groups_of(dice, dice.choice([2, 5, 20])), groups_of(dice, 4)
    file = written(old, tmp_path)
    stay: list[int | pa.Table] = [n for n in range(len(old)) if dice.random() < 0.7] or [0]
    for rows in new[: dice.randrange(5)]:
        stay.insert(dice.randrange(len(stay) + 1), rows)
    made = spliced(file, stay, tmp_path)
    expected = [old[part] if isinstance(part, int) else part for part in stay]
    whole = pa.concat_tables(expected)
    metadata = pq.read_metadata(made.uri)
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [r.num_rows for r in expected]
    read = pq.read_table(made.uri)
    read.validate(full=True)
    assert read.cast(TABLE.schema).equals(whole)
    assert asked(f"FROM read_parquet('{made.uri}')") == [tuple(r.values()) for r in whole.to_pylist()]
    assert (made.rows, made.size) == (whole.num_rows, Path(made.uri).stat().st_size)
    assert dict(made.stats) == written(expected, tmp_path).stats
    # And once more out of the one just made.
    again = spliced(made, [*range(1, len(expected)), rows_of(dice, 0, 3)], tmp_path)
    assert again.rows == whole.num_rows - expected[0].num_rows + 3
    assert (
        pq.read_table(again.uri).slice(0, again.rows - 3).cast(TABLE.schema).equals(whole.slice(expected[0].num_rows))
    )


def test_a_day_and_a_recording_are_found_by_statistics_of_what_was_moved(tmp_path: Path) -> None:
    old = [rows_of(random.Random(1), first, 30) for first in range(0, 300, 30)]
    made = spliced(written(old, tmp_path), [9, 4, 0], tmp_path)
    file = f"'{made.uri}'"
    sought = old[4]["recording_id"][0]
    assert asked(f"SELECT count(*) FROM read_parquet({file}) WHERE recording_id = '{sought}'") == [(3,)]
    least = asked(
        f"SELECT stats_min_value FROM parquet_metadata({file}) WHERE path_in_schema = 'recording_id' "
        "ORDER BY row_group_id"
    )
    assert least == [(old[n]["recording_id"][0].as_py(),) for n in (9, 4, 0)]


def page_index(rows: pa.Table, path: str) -> None:
    pq.write_table(rows, path, write_page_index=True, store_schema=False)


def other_types(rows: pa.Table, path: str) -> None:
    place = rows.schema.get_field_index("position")
    pq.write_table(rows.set_column(place, "position", rows["position"].cast(pa.int64())), path, store_schema=False)


def no_statistics(rows: pa.Table, path: str) -> None:
    pq.write_table(rows, path, write_statistics=False, store_schema=False)


@pytest.mark.parametrize("write", [page_index, other_types, no_statistics], ids=lambda write: write.__name__)
def test_row_groups_that_cannot_be_moved_are_said_to_be_so_before_anything_is_written(
    tmp_path: Path, write: Callable[[pa.Table, str], None]
) -> None:
    path = tmp_path / "theirs" / "file.parquet"
    path.parent.mkdir()
    write(rows_of(random.Random(2), 0, 50), str(path))
    file = DataFile(path.name, str(path), 50, path.stat().st_size)
    with pytest.raises(ImmovableError):
        spliced(file, [0, rows_of(random.Random(3), 50, 5)], tmp_path)
    assert not list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize("write", [page_index, other_types, no_statistics], ids=lambda write: write.__name__)
def test_what_another_tool_wrote_is_replaced_all_the_same(
    tmp_path: Path, write: Callable[[pa.Table, str], None]
) -> None:
    """Another tool's optimize may have written files whose row groups cannot be copied."""
    lake = Lake(str(tmp_path))
    held = rows_of(random.Random(4), 0, 600)
    lake.append(TABLE, held)
    (file,) = lake.files(TABLE.name, lake.snapshot([TABLE.name])[TABLE.name])
    groups: list[pa.Table] = [held.slice(0, 300), held.slice(300)]
    write(pa.concat_tables(groups), file.uri)
    pq.read_metadata(file.uri)
    new = TABLE.from_rows([{**held.slice(3, 1).to_pylist()[0], "position": 7}])
    lake.put(TABLE, new)
    found = lake.read(TABLE, ["recording_id", "position"]).to_pylist()
    assert {"recording_id": "r00001", "position": 7} in found
    assert len(found) == 600 - 3 + 1


def test_a_footer_that_is_none_is_told() -> None:
    for data in (b"", b"\x15", b"\x3c\x3c\x3c", b"\x1b\x05"):
        with pytest.raises(ImmovableError):
            take_apart(data)
