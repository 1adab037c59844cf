"""A large lake out of a small one, quickly: python -m benchmarks.copies FROM_HOME TO_HOME COPIES

Each copy has other recordings, later days and words of its own, as larger corpora have more of them; the marts of
transcripts are copied with it, so that only what is of the whole corpus is computed.
"""

from __future__ import annotations

import sys

import duckdb
import pyarrow as pa

from benchmarks.growth import CONVERSATIONS_A_DAY, WORDS_A_CONVERSATION
from benchmarks.measure import measured, report
from sonitemi_pipelines.lake import writing
from sonitemi_pipelines.lake.parquet import DataFile, write_file
from sonitemi_pipelines.lake.scan import duckdb_types, identifier, select_files
from sonitemi_pipelines.lake.schemas import TABLES, TRANSCRIPTS, Table
from sonitemi_pipelines.lake.store import PINNED, Lake
from sonitemi_pipelines.marts.model import load_steps
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA

DAYS = 1_000_000 // WORDS_A_CONVERSATION // CONVERSATIONS_A_DAY
VOCABULARIES = 10
"""So many copies have words of their own; the eleventh has those of the first again."""
_KEYS = ("provider", "variant", "language", "kind", "speaker", "revision")


def main() -> None:
    source = Lake.from_settings(Settings.from_env({"SONITEMI_HOME": sys.argv[1]}))
    settings = Settings.from_env({"SONITEMI_HOME": sys.argv[2]})
    lake, copies = Lake.from_settings(settings), int(sys.argv[3])
    found: dict[str, float] = {}
    with measured(found):
        # Before what they name: without them it would be a lake that lost its headers.
        writing.make(lake, TRANSCRIPTS)
        versions = {name: _copied(source, lake, TABLES[name], copies) for name in PINNED}
        headers = _copied(source, lake, TRANSCRIPTS, copies, versions)
        _copied(source, lake, SONIX_MEDIA, copies)
        for mart in load_steps().values():
            if mart.is_transcript_grain and mart.stored:
                _copied(source, lake, mart.table, copies, {f"{TRANSCRIPTS.name}:{mart.sql_hash}": headers})
        refresh(lake, settings=settings)
        publish_warehouse(lake, settings)
    report(found)


def _copied(source: Lake, lake: Lake, table: Table, copies: int, transactions: dict[str, int] | None = None) -> int:
    writing.make(lake, table)
    files = [
        _copy(lake, table, file, number)
        for number in range(copies)
        for file in source.files(table.name, source.snapshot([table.name])[table.name])
    ]
    return writing.commit(lake, table, lambda _: writing.Edit(files), transactions=transactions)


def _copy(lake: Lake, table: Table, file: DataFile, number: int) -> DataFile:
    """A file's rows in the same order."""
    columns = []
    for name, kind in duckdb_types(table).items():
        quoted = identifier(name)
        if name in ("recording_id", "media_id"):
            columns.append(f"{quoted} || '-{number}' AS {quoted}" if number else quoted)
        elif name == "day":
            columns.append(f"({quoted} + {number * DAYS})::DATE AS {quoted}")
        elif kind == "VARCHAR" and name not in _KEYS and number % VOCABULARIES:
            columns.append(f"replace({quoted}, 'word', 'wor{number % VOCABULARIES}') AS {quoted}")
        else:
            columns.append(quoted)
    filesystem, root = lake.filesystem(table.name)
    with duckdb.connect() as connection:
        rows = connection.sql(f"SELECT {', '.join(columns)} FROM ({select_files(table, [file])})")
        read = getattr(rows, "to_arrow_table", None) or rows.fetch_arrow_table
        copied: pa.Table = read().cast(table.schema).combine_chunks()
        return write_file(table, [copied], filesystem, root)


if __name__ == "__main__":
    main()
