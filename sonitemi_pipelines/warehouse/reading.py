"""Opening `warehouse.duckdb` to read: imports nothing of the lake, so that a query starts as quickly as DuckDB does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from sonitemi_pipelines.errors import WarehouseError
from sonitemi_pipelines.settings import Settings

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """The warehouse, to read.

    Raises:
        WarehouseError: it is not there or cannot be opened.
    """
    if not path.exists():
        raise WarehouseError(f"there is no warehouse at {path} yet; run `sonitemi sync`")
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        if "lock" in said:
            advice = "another program has it open to write; close it, or ask again when it is done"
        else:
            advice = "if it is damaged, move it away and sync again: the lake has all that was in it"
        raise WarehouseError(f"cannot open the warehouse {path}: {said}; {advice}") from error


def unreadable(error: duckdb.Error) -> str | None:
    """What to say of an error that comes from files of the lake; None for one that comes from the question."""
    said = str(error).strip()
    if not isinstance(error, duckdb.IOException) and ".parquet" not in said:
        return None
    return (
        f"the warehouse cannot read the lake's files: {said.splitlines()[0]}; where the lake is, run `sonitemi sync`, "
        "which shows it anew or says what is lost; elsewhere, have the file made with "
        "SONITEMI_WAREHOUSE_SELF_CONTAINED=true"
    )


@contextmanager
def answers() -> Iterator[None]:
    """Turn what keeps the warehouse from answering a question of ours into one line.

    Raises:
        WarehouseError: it lacks a table, or cannot read the lake's files.
    """
    try:
        yield
    except duckdb.CatalogException as error:
        said = str(error).splitlines()[0]
        raise WarehouseError(f"the warehouse lacks a table: {said}; run `sonitemi sync`") from error
    except duckdb.Error as error:
        if (said_of_files := unreadable(error)) is None:
            raise
        raise WarehouseError(said_of_files) from error


class Warehouse:
    """`warehouse.duckdb`, open to read; what `sonitemi_pipelines.open_warehouse` gives.

    It shows what was published when it was opened; open it again to see what came since. Close it by `close()`, or use
    it in a `with`.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        """
        Args:
            path: the file; the one the environment names when left out (SONITEMI_WAREHOUSE, SONITEMI_HOME).

        Raises:
            SettingsError: the environment names none.
            WarehouseError: it is not there or cannot be opened.
        """
        self.path = Settings.from_env().warehouse if path is None else Path(path).expanduser().resolve()
        self.connection = open_warehouse(self.path)
        """DuckDB's own, for what is not here."""

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> duckdb.DuckDBPyRelation:
        """The answer to a query, as a DuckDB relation: print it, `.fetchall()`, `.df()`, `.pl()`, `.arrow()`, ...

        Raises:
            WarehouseError: DuckDB refuses the query, or it gives no rows to show.
        """
        try:
            found = self.connection.sql(query, params=list(parameters) or None)
        except duckdb.Error as error:
            raise WarehouseError(unreadable(error) or f"the warehouse cannot answer: {str(error).strip()}") from error
        if found is None:
            raise WarehouseError(
                "this statement returns no rows; use `.connection.execute()` for statements that are not queries"
            )
        return found

    def df(self, query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The answer to a query as a pandas DataFrame.

        Raises:
            WarehouseError: DuckDB refuses the query.
        """
        relation = self.sql(query, parameters)
        try:
            found: pd.DataFrame = relation.df()
        except duckdb.Error as error:
            raise WarehouseError(unreadable(error) or f"the warehouse cannot answer: {str(error).strip()}") from error
        return found

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        """A table or view by its name, reserved words such as `overlaps` included.

        Raises:
            WarehouseError: there is none of that name.
        """
        quoted = '"' + name.replace('"', '""') + '"'
        try:
            return self.connection.sql(f"FROM main.{quoted}")
        except duckdb.CatalogException as error:
            raise WarehouseError(f"{self.path} has no table {name}; `.tables()` lists them") from error

    def tables(self) -> list[str]:
        """The names of all tables and views."""
        rows = self.connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY ALL"
        ).fetchall()
        return [name for (name,) in rows]

    def search(
        self,
        phrase: str,
        *,
        provider: str | None = None,
        recording_id: str | None = None,
        variant: str | None = "latest",
        speaker: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        around: int = 8,
    ) -> duckdb.DuckDBPyRelation:
        """Every place where a phrase is said, in the final text, whatever its case and accents.

        Args:
            phrase: words in their order; the last may end in `*` for "begins with".
            variant: 'latest', 'machine', 'translation-es'; None for all.
            since, until: created at the vendor from / before then (naive UTC).
            around: words to show before and after, 0 to 60.

        Raises:
            WarehouseError: the warehouse was published by a release without search.
        """
        return self.sql(
            "FROM search(?, in_provider := ?, in_recording := ?, in_variant := ?, by_speaker := ?, since := ?, "
            "until := ?, around := ?)",
            [phrase, provider, recording_id, variant, speaker, since, until, around],
        )

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Warehouse({str(self.path)!r})"
