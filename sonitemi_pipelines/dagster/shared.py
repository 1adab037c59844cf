"""What every asset says of its table, and how an error of ours becomes a failure an operator can read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from sonitemi_pipelines.errors import AccessError, ApiError, AuthenticationError, PaymentError, SonitemiError
from sonitemi_pipelines.lake.scan import duckdb_types
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake

OWNERS = ["team:data-platform"]
RETRY = dg.RetryPolicy(max_retries=2, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
NO_KEY = "{name}_API_KEY is not set: skipped"

_HOURLY = dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(hours=6), warn_window=dt.timedelta(hours=2))
_SIX_HOURLY = dg.FreshnessPolicy.time_window(fail_window=dt.timedelta(hours=26), warn_window=dt.timedelta(hours=13))
_FRESHNESS = {
    "sonix_media": _HOURLY,
    "temi_jobs": _HOURLY,
    "transcripts": _HOURLY,
    "temi_account_balance": _SIX_HOURLY,
}


def column_schema(table: Table) -> dg.TableSchema:
    """Columns with type, meaning and unit."""
    types = duckdb_types(table)
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=types[column.name],
                description=f"{column.doc} [{column.unit}]" if column.unit else column.doc,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ],
        constraints=dg.TableConstraints(other=[f"key: {', '.join(table.key)}"]),
    )


def spec_of(
    table: Table, *, group: str, kinds: set[str], deps: list[str] | None = None, **options: Any
) -> dg.AssetSpec:
    """The asset of one lake table: named like it, described by it."""
    return dg.AssetSpec(
        table.name,
        description=table.doc,
        group_name=group,
        kinds=kinds,
        owners=OWNERS,
        deps=deps or [],
        freshness_policy=_FRESHNESS.get(table.name),
        metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": f"main.{table.name}"},
        **options,
    )


def table_metadata(lake: Lake, table: Table) -> dict[str, Any]:
    """What a materialization says: rows now, column schema, version, and where the table lies."""
    version = lake.snapshot([table.name]).get(table.name)
    rows = sum(file.rows for file in lake.files(table.name, version)) if version is not None else 0
    return {
        "dagster/row_count": rows,
        "dagster/column_schema": column_schema(table),
        "delta_version": version if version is not None else -1,
        "dagster/uri": lake.location(table.name),
    }


@contextmanager
def failures_in_plain_words() -> Iterator[None]:
    """Turn our errors into `dagster.Failure` without a traceback; what no retry can mend is not retried."""
    try:
        yield
    except SonitemiError as error:
        hopeless = isinstance(error, AuthenticationError | PaymentError | AccessError)
        raise dg.Failure(description=str(error), allow_retries=isinstance(error, ApiError) and not hopeless) from None
