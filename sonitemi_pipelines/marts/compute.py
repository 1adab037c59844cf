"""Running one mart's SELECT on a DuckDB connection that holds its inputs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.scan import identifier
from sonitemi_pipelines.marts import edits, twins
from sonitemi_pipelines.marts.header import SQL_NAMES
from sonitemi_pipelines.marts.inputs import AS_ENUM, SAID
from sonitemi_pipelines.marts.model import LOW_QUALITY, QUALITY, TRANSCRIPT_KEY, Mart
from sonitemi_pipelines.marts.seeds import load_seeds
from sonitemi_pipelines.marts.trackers import FOLD
from sonitemi_pipelines.parsing.seeds import sql_folder

log = logging.getLogger(__name__)

MEMORY_LIMIT = "2GB"


@dataclass(frozen=True)
class MartResult:
    """What a refresh did to one mart.

    Attributes:
        transcripts_recomputed: transcripts computed anew or removed; for grain corpus 0.
        rows: rows written; 0 when what is there was right already.
        rebuilt: the mart was new or its definition changed, and all of it was computed.
    """

    name: str
    transcripts_recomputed: int
    rows: int
    seconds: float
    rebuilt: bool


def connect(folder: Path | None = None, *, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with the seeds, the functions and the macro that marts use.

    Args:
        folder: the `sql` folder; default: the package's own.
        memory_limit: as DuckDB takes it, such as '2GB'.
    """
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")
    if memory_limit is not None:
        connection.execute(f"SET memory_limit = '{memory_limit}'")
    edits.register(connection)
    fold = (folder or sql_folder()) / "macros" / FOLD
    if fold.exists():
        connection.execute(fold.read_text(encoding="utf-8"))
    for seed in load_seeds((folder or sql_folder()) / "seeds").values():
        put(connection, seed.name, seed.rows)
    return connection


def put(connection: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Make `rows` a temporary table of the connection."""
    connection.register("incoming", rows)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT * FROM incoming")
    connection.unregister("incoming")


def drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Let a temporary table go, and its memory with it."""
    connection.execute(f"DROP TABLE IF EXISTS temp.{identifier(name)}")


def step(mart: Mart, connection: duckdb.DuckDBPyConnection, parsed: dict[str, duckdb.Statement] | None = None) -> None:
    """Compute a mart into a temporary table of its name, for the marts that read it.

    Args:
        parsed: the statements of marts that were computed on this connection before; this one's is put there. To parse
            them takes a sixth of the time of a small part.

    Raises:
        MartError: the SELECT fails, or its columns are not those declared.
    """
    try:
        if mart.has_twin and step_over_arrays(mart, connection):
            return
        statement = (parsed or {}).get(mart.name)
        if statement is None:
            (statement,) = connection.extract_statements(_into(mart, _select(mart, connection)))
        connection.execute(statement)
        if parsed is not None:
            parsed[mart.name] = statement
    except duckdb.Error as error:
        raise MartError(f"sql/marts/{mart.name}.sql fails to run: {' '.join(str(error).split())[:300]}") from error


def step_over_arrays(mart: Mart, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the twin of a step computed it. What no array can hold is left to the SELECT."""
    names = [column.name for column in mart.columns if column.name != "day"]
    try:
        with twins.select(mart.name, connection) as rows:
            connection.execute(_into(mart, _typed(mart, names, rows)))
    except (ArithmeticError, LookupError, TypeError, ValueError, pa.ArrowException) as error:
        log.warning("%s is computed by its SELECT, for its twin failed: %r", mart.name, error)
        return False
    return True


def _into(mart: Mart, select: str) -> str:
    return f"CREATE OR REPLACE TEMP TABLE {identifier(mart.name)} AS {select}"


def compute(mart: Mart, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The mart's rows, sorted by its key, in exactly the schema of `mart.table`.

    Args:
        connection: from `connect`, with every table the mart depends on (`transcripts` too, for grain transcript).

    Raises:
        MartError: the SELECT fails, or its columns are not those declared.
    """
    step(mart, connection)
    return result(mart, connection)


def result(mart: Mart, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """What `step` computed, in the schema of `mart.table`."""
    order = ", ".join(f"{identifier(name)} NULLS LAST" for name in mart.table.sort_by)
    found = connection.sql(f"SELECT * FROM {identifier(mart.name)} ORDER BY {order}").to_arrow_table()
    # One that is not stored may lack the day.
    schema = pa.schema([field for field in mart.table.schema if mart.stored or field.name in found.column_names])
    try:
        cast: pa.Table = found.cast(schema)
    except (pa.ArrowInvalid, ValueError) as error:
        raise MartError(f"sql/marts/{mart.name}.sql: {' '.join(str(error).split())[:300]}") from error
    return cast


def _select(mart: Mart, connection: duckdb.DuckDBPyConnection) -> str:
    """The mart's SELECT, its columns checked, named and typed as declared, with what the runner adds."""
    own = [row[0] for row in connection.execute(f"DESCRIBE {mart.sql}").fetchall()]
    # A step that only others read needs no day; one may bring its own.
    lacks_day = mart.is_transcript_grain and "day" not in own
    added = ["day"] if lacks_day else []
    if mart.has_flag:
        added = [LOW_QUALITY, *added]
    declared = [column.name for column in mart.columns if column.name not in added]
    if sorted(own) != sorted(declared):
        missing = ", ".join(name for name in declared if name not in own) or "none"
        surplus = ", ".join(name for name in own if name not in declared) or "none"
        raise MartError(
            f"sql/marts/{mart.name}.sql: the header declares columns the SELECT lacks ({missing}), "
            f"or the SELECT has columns the header lacks ({surplus}); make them the same"
        )
    if not lacks_day or not mart.stored:
        return _typed(mart, declared, mart.sql)
    columns = _columns(mart, declared)
    same = " AND ".join("{0}." + f"{name} = own.{name}" for name in TRANSCRIPT_KEY)
    joins = f"JOIN transcripts AS header ON {same.format('header')}"
    if mart.has_flag:
        columns.append(f"quality.{LOW_QUALITY}")
        joins += f" LEFT JOIN {QUALITY} AS quality ON {same.format('quality')}"
    return f"SELECT {', '.join(columns)}, header.day FROM ({mart.sql}) AS own {joins}"


def _typed(mart: Mart, names: list[str], select: str) -> str:
    return f"SELECT {', '.join(_columns(mart, names))} FROM ({select}) AS own"


def _columns(mart: Mart, names: list[str]) -> list[str]:
    types = {column.name: SQL_NAMES[column.type] for column in mart.columns}
    return [
        f"own.{identifier(name)}"
        if mart.is_transcript_grain and (name in AS_ENUM or (name in SAID and not mart.stored))
        else f"CAST(own.{identifier(name)} AS {types[name]}) AS {identifier(name)}"
        for name in names
    ]
