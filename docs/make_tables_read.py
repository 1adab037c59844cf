"""Writes `sonitemi_pipelines/marts/tables_read.json`: which tables each SELECT of a mart reads; no run parses them."""

from __future__ import annotations

import json

from sonitemi_pipelines.marts.model import load_steps
from sonitemi_pipelines.marts.tables_read import WRITTEN_DOWN, fingerprint, parsed

PAGE = WRITTEN_DOWN


def render() -> str:
    """JSON: fingerprint of a SELECT -> names of tables, sorted."""
    queries = sorted(mart.sql for mart in load_steps().values())
    found = {}
    for query, tables in zip(queries, parsed(queries), strict=True):
        if isinstance(tables, str):
            raise SystemExit(tables)
        found[fingerprint(query)] = sorted(tables)
    return json.dumps(found, indent=0, sort_keys=True) + "\n"
