"""Where each column of a mart comes from, read from the SQL."""

from __future__ import annotations

from functools import cache

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node
from sqlglot.lineage import lineage as trace
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope
from sqlglot.schema import Schema, ensure_schema

from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts.model import LOW_QUALITY, QUALITY, Mart, load_steps
from sonitemi_pipelines.marts.seeds import RUN_INPUTS, load_seeds
from sonitemi_pipelines.parsing.seeds import sql_folder


def lineage(mart: Mart) -> dict[str, list[tuple[str, str]]]:
    """Column -> the (table, column) pairs of lake tables and stored marts that its value is made of.

    A column counted or numbered from rows as such (`count(*)`) comes from no column and has an empty list.
    """
    columns = _traced(mart.name)
    found = {column.name: list(columns.get(column.name, [])) for column in mart.columns}
    if mart.is_transcript_grain:
        found["day"] = [("transcripts", "day")]
    if mart.has_flag:
        found[LOW_QUALITY] = [(QUALITY, LOW_QUALITY)]
    return found


@cache
def _traced(name: str) -> dict[str, list[tuple[str, str]]]:
    steps = _steps()
    mart = steps[name]
    known = _schema()
    parsed = parse_one(mart.sql, read="duckdb")
    query = qualify(parsed, schema=known, dialect="duckdb", validate_qualify_columns=False)
    assert isinstance(query, exp.Query)
    scope = build_scope(query)
    traced: dict[str, list[tuple[str, str]]] = {}
    for column in query.named_selects:
        try:
            # Nothing here changes the query, so it is not copied for each column: a tenth of the time.
            root = trace(column, query, schema=known, dialect="duckdb", scope=scope, trim_selects=False, copy=False)
            assert isinstance(root, Node)
        except (SqlglotError, ValueError):
            continue
        sources: set[tuple[str, str]] = set()
        for table, source in _leaves(root):
            if table in steps and not steps[table].stored:
                sources.update(_traced(table).get(source, ()))
            elif table in steps or table in TABLES:
                sources.add((table, source))
        traced[column] = sorted(sources)
    return traced


def _leaves(root: Node) -> list[tuple[str, str]]:
    return [
        (node.expression.name, node.name.rpartition(".")[2].strip('"'))
        for node in root.walk()
        if not node.downstream and isinstance(node.expression, exp.Table)
    ]


@cache
def _steps() -> dict[str, Mart]:
    return load_steps()


@cache
def _schema() -> Schema:
    """Table -> column -> type, as sqlglot takes it; types do not matter for lineage."""
    columns = {table.name: table.schema.names for table in TABLES.values()}
    columns |= {mart.name: [column.name for column in mart.columns] for mart in _steps().values()}
    columns |= {seed.name: list(seed.header) for seed in load_seeds(sql_folder() / "seeds").values()}
    columns |= {name: schema.names for name, schema in RUN_INPUTS.items()}
    return ensure_schema({table: dict.fromkeys(names, "VARCHAR") for table, names in columns.items()}, dialect="duckdb")
