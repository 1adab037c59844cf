"""Marts that are views of the warehouse: there at once, following the user's speaker map, and replacing old tables."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import sqlglot

from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.marts import Mart, load_marts, load_views
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse.publish import publish

from .talk import sonix, turn


def test_view_replaces_the_table_of_an_older_release_and_follows_the_map(tmp_path: Path) -> None:
    """After an upgrade publishing fails, or a new speaker map is not seen until a transcript changes."""
    settings = Settings.from_env({"SONITEMI_HOME": str(tmp_path)})
    lake = Lake.from_settings(settings)
    commit_transcripts(lake, [sonix(turn("Ann", 0, 1000, "boat"), recording_id=name) for name in ("m1", "m2")])
    refresh(lake, settings=settings)
    as_before = [*(mart.table for mart in load_views().values()), *(mart.table for mart in load_marts().values())]
    publish(lake, settings.warehouse, [*TABLES.values(), *as_before])
    publish_warehouse(lake, settings)
    assert asked(settings, "SELECT term, recordings FROM corpus_terms") == [("boat", 2)]
    people = "SELECT recording_id, person FROM speaker_directory ORDER BY recording_id"
    assert asked(settings, people) == [("m1", None), ("m2", None)]
    settings.warehouse.with_name("speaker_map.csv").write_text(
        "provider,recording_id,speaker,person\nsonix,m2,Ann,O'Hara\n"
    )
    publish_warehouse(lake, settings)
    assert asked(settings, people) == [("m1", None), ("m2", "O'Hara")]


def asked(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("mart", load_views().values(), ids=lambda mart: mart.name)
def test_no_view_names_a_part_like_a_column(mart: Mart) -> None:
    """DuckDB 1.4.0 and 1.4.1 take the part of a query for a column of its name, and the view fails there."""
    tree = sqlglot.parse_one(mart.sql, read="duckdb")
    parts = {cte.alias for cte in tree.find_all(sqlglot.exp.CTE)}
    columns = {column.name for column in tree.find_all(sqlglot.exp.Column)}
    named = {alias.alias for alias in tree.find_all(sqlglot.exp.Alias)}
    assert not parts & (columns | named)
