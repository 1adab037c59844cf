"""The command `sonitemi query`: SQL on the warehouse."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TextIO

import click
import duckdb

from sonitemi_pipelines.cli import answers
from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.errors import SettingsError, WarehouseError
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse, unreadable

_LIST = "list"


class _SqlCommand(click.Command):
    """SQL may begin with a comment, whose dashes are no option: an option is one word, its value behind a `=` aside."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        comments = [
            arg for arg in args if arg.startswith("--") and re.search(r"\s", arg) and arg.partition("=")[0] not in known
        ]
        if comments and "--" not in args:
            args = [arg for arg in args if arg not in comments] + ["--", *comments]
        return super().parse_args(ctx, args)


@click.command(cls=_SqlCommand)
@click.argument("sql", required=False)
@click.option("--file", type=click.File(encoding="utf-8-sig"), help="Read the SQL from a file; - for standard input.")
@click.option(
    "--example",
    is_flag=False,
    flag_value=_LIST,
    metavar="[NAME]",
    help="Run one of the queries in sql/examples. Without a name, list them.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(answers.FORMATS),
    default="table",
    show_default=True,
    help="Output format. Parquet is for a single statement.",
)
@click.option("--csv", is_flag=True, help="Same as --format csv.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write the result to a file."
)
@click.option("--safe-cells", is_flag=True, help="CSV: prefix ' to cells that a spreadsheet would run as a formula.")
@plain_errors
def query(
    sql: str | None,
    file: TextIO | None,
    example: str | None,
    form: str,
    csv: bool,
    output: Path | None,
    safe_cells: bool,
) -> None:
    """Run SQL on the warehouse and print the result.

    The SQL may have several statements, and comes from standard input when none is given. In a terminal, tables show
    their first 200 rows; anywhere else, all.
    """
    if example == _LIST:
        _list_examples()
        return
    if csv and form not in ("table", "csv"):
        raise SettingsError(f"--csv and --format {form} are two formats; give one of them")
    try:
        text = _sql(sql, file, example)
        text.encode()
    except UnicodeError as error:
        raise SettingsError(f"the SQL is not text in UTF-8 ({error}); save it as UTF-8") from error
    with open_warehouse(Settings.from_env().warehouse) as connection:
        try:
            statements = [each for each in connection.extract_statements(text) if each.query.strip(" \t\r\n;")]
            if not statements:
                raise SettingsError("there is no statement in the SQL given")
            if form == "parquet" and len(statements) > 1:
                raise SettingsError("a Parquet file holds one answer; give one statement")
            _print_all(connection, statements, "csv" if csv else form, output, safe_cells)
        except duckdb.Error as error:
            said = unreadable(error)
            raise WarehouseError(
                said or f"the warehouse cannot answer: {str(error).strip()}{_hint(connection, text)}"
            ) from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                answers.closed_early()
                return
            raise WarehouseError(f"cannot write {output}: {error.strerror or error}; choose --output") from error


def _sql(sql: str | None, file: TextIO | None, example: str | None) -> str:
    if sum(each is not None for each in (sql, file, example)) > 1:
        raise SettingsError("give the SQL once: as an argument, or by --file, or by --example")
    if example is not None:
        return _example(example)
    if sql is not None and sql != "-":
        return sql
    if file is not None:
        return file.read()
    if sql is None and sys.stdin.isatty():
        raise SettingsError("give SQL, --file PATH or --example NAME, such as --example talk_share")
    text = sys.stdin.read()
    if not text.strip():
        raise SettingsError("no SQL came on standard input; give SQL, --file PATH or --example NAME")
    return text


def _print_all(
    connection: duckdb.DuckDBPyConnection,
    statements: list[duckdb.Statement],
    form: str,
    output: Path | None,
    safe: bool,
) -> None:
    if form == "parquet":
        [statement] = statements
        answers.write_parquet(connection, _bare(statement), output)
        return
    with answers.written_to(output) as out:
        for statement in statements:
            if not _asks(statement):
                connection.execute(statement)
            elif form == "csv":
                answers.write_csv(connection.execute(statement), out, safe=safe)
            elif form == "json":
                answers.write_json(connection.execute(statement), out)
            else:
                answers.show(connection, _bare(statement), out)


def _asks(statement: duckdb.Statement) -> bool:
    """Whether rows are asked for. PIVOT is several statements in one, of which the last asks."""
    asks = [duckdb.ExpectedResultType.QUERY_RESULT]
    return statement.type == duckdb.StatementType.MULTI or statement.expected_result_type == asks


def _bare(statement: duckdb.Statement) -> str:
    """The SQL up to its semicolon: a comment behind that would make it none that can stand within another."""
    text = statement.query.encode()
    ends = [place for place, _ in duckdb.tokenize(statement.query) if text[place : place + 1] == b";"]
    return text[: ends[-1]].decode() if ends else statement.query


def _hint(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    """What to say of words of SQL that name tables or columns here, such as `overlaps`."""
    rows = connection.execute(
        "SELECT DISTINCT keyword_name FROM duckdb_keywords() AS k JOIN duckdb_columns() AS c "
        "ON k.keyword_name IN (c.table_name, c.column_name) "
        "WHERE k.keyword_category NOT IN ('unreserved', 'column_name') AND c.schema_name = 'main' ORDER BY ALL"
    ).fetchall()
    bare = [word for (word,) in rows if re.search(rf'(?<!["\w]){word}(?!["\w])', text, re.IGNORECASE)]
    if not bare:
        return ""
    told = " and ".join(f'"{word}"' for word in bare)
    return f"\nhint: {', '.join(bare)}: a word of SQL; as a name it stands in double quotes: {told}"


def _examples() -> dict[str, Path]:
    from sonitemi_pipelines.parsing.seeds import sql_folder

    return {path.stem: path for path in sorted((sql_folder() / "examples").glob("*.sql"))}


def _example(name: str) -> str:
    import difflib

    known = _examples()
    path = known.get(name.removesuffix(".sql"))
    if path is None:
        near = difflib.get_close_matches(name, known, 1, 0.5)
        meant = f"; did you mean {near[0]}?" if near else "; --example alone lists them"
        raise SettingsError(f"there is no example {name}{meant}")
    return path.read_text(encoding="utf-8")


def _list_examples() -> None:
    known = _examples()
    width = max(map(len, known), default=0)
    for name, path in known.items():
        question = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("-- ")
        click.echo(f"{name:<{width}}  {question}")
