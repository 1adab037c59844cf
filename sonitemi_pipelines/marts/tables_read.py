"""Which tables a SELECT reads, by DuckDB's own parser. Every process that looks at the marts needs to know, and it
takes a third of a second for all of them: of those of this release it is written down beside this file (`make docs`
does it), each under the fingerprint of its text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import duckdb

# Within a JSON string each quotation mark is escaped: these stand for what was parsed, never for text in a query.
_TABLE = re.compile(r'"type":"BASE_TABLE".*?"table_name":("(?:[^"\\]|\\.)*")')
_OWN = re.compile(r'"key":("(?:[^"\\]|\\.)*"),"value":\{"aliases"')


WRITTEN_DOWN = Path(__file__).with_suffix(".json")


@lru_cache(maxsize=16)
def tables_read(queries: tuple[str, ...]) -> tuple[frozenset[str] | str, ...]:
    """For each query the tables that it reads, its own CTEs left out; or what is wrong with it, in words."""
    known = _written_down()
    found: dict[str, frozenset[str] | str] = {}
    for query in queries:
        if (tables := known.get(fingerprint(query))) is not None:
            found[query] = tables
    if others := [query for query in queries if query not in found]:
        found |= zip(others, parsed(others), strict=True)
    return tuple(found[query] for query in queries)


def parsed(queries: Sequence[str]) -> list[frozenset[str] | str]:
    """The same by the parser."""
    with duckdb.connect() as connection:
        return [_of(connection, query) for query in queries]


def fingerprint(query: str) -> str:
    """What stands for a query in the file."""
    return hashlib.sha256(query.encode()).hexdigest()[:32]


@cache
def _written_down() -> dict[str, frozenset[str]]:
    if not WRITTEN_DOWN.exists():
        return {}
    return {
        print_: frozenset(tables) for print_, tables in json.loads(WRITTEN_DOWN.read_text(encoding="utf-8")).items()
    }


def _of(connection: duckdb.DuckDBPyConnection, query: str) -> frozenset[str] | str:
    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        return "a mart is one SELECT"
    parsed = str(connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()[0][0])
    return frozenset(map(json.loads, _TABLE.findall(parsed))) - frozenset(map(json.loads, _OWN.findall(parsed)))
