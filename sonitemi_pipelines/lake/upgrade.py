"""A table of an earlier release: columns that came since are added in place, and are NULL in all that was there.

Whatever else differs (a type, a key, a column that went, a layout) is a numbered migration: see `migrations`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection
from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError

from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, TRANSCRIPTS, Column, Table

log = logging.getLogger(__name__)

SCHEMA_APP = "sonitemi.lake_schema"
"""Name of the app transaction that says which schema version a table has."""


_ATTEMPTS = 3


def columns_since(table: Table, there: Collection[str]) -> tuple[Column, ...]:
    """The columns that a table does not have yet; one that may not be NULL takes a migration."""
    return tuple(column for column in table.columns if column.nullable and column.name not in there)


def add_columns(table: Table, handle: DeltaTable) -> DeltaTable:
    """Add the columns that came since the table was made; the handle is of the new version then."""
    # In that of the headers it is the number of the last migration, which a column does not stand for.
    apps = [] if table is TRANSCRIPTS else [Transaction(SCHEMA_APP, LAKE_SCHEMA_VERSION)]
    for _ in range(_ATTEMPTS):
        missing = columns_since(table, {field.name for field in handle.schema().fields})
        if not missing:
            break
        fields = Schema.from_arrow(pa.schema([pa.field(column.name, column.type) for column in missing])).fields
        log.info("lake table %s gets %s", table.name, ", ".join(column.name for column in missing))
        recorded = CommitProperties(app_transactions=apps)
        # Another writer that was quicker has added them too.
        with contextlib.suppress(CommitFailedError):
            handle.alter.add_columns(fields, commit_properties=recorded)
        handle.update_incremental()
    return handle


def grown(table: Table) -> tuple[Column, ...]:
    """The columns that files of an earlier release may lack."""
    return tuple(column for column in table.columns if column.since > 1)


def lacking(table: Table, path: str) -> tuple[str, ...]:
    """The columns of a table that one Parquet file on this machine does not have yet."""
    return tuple(column.name for column in grown(table) if column.name not in _names_in(path))


@lru_cache(maxsize=16_384)
def _names_in(path: str) -> frozenset[str]:
    # A data file never changes.
    return frozenset(pq.read_schema(path).names)
