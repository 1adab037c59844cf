"""Headers and dependencies: what an author of a mart gets wrong is said with file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlglot

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts import load_marts
from sonitemi_pipelines.marts.compute import compute, connect, put
from sonitemi_pipelines.marts.header import parse_header
from sonitemi_pipelines.marts.lineage import lineage
from sonitemi_pipelines.marts.model import load_steps
from sonitemi_pipelines.parsing.seeds import sql_folder

MARTS = load_marts()

GOOD = """-- mart: calls
-- grain: corpus
-- key: name
-- description:
--   One row per name.
-- columns:
--   name VARCHAR: the name,
--     in full
--   length_ms BIGINT [ms]: how long
SELECT name, duration_ms AS length_ms FROM sonix_media
"""


def project(folder: Path, **marts: str) -> Path:
    (folder / "marts").mkdir(parents=True)
    (folder / "seeds").mkdir()
    for name, text in marts.items():
        (folder / "marts" / f"{name}.sql").write_text(text)
    return folder


def test_header_says_all(tmp_path: Path) -> None:
    """Dagster and the dictionary show no unit, or half of a definition."""
    mart = load_marts(project(tmp_path, calls=GOOD))["calls"]
    assert (mart.description, mart.key, mart.depends_on) == ("One row per name.", ("name",), ("sonix_media",))
    assert [(c.name, str(c.type), c.unit, c.doc) for c in mart.columns] == [
        ("name", "string", "", "the name, in full"),
        ("length_ms", "int64", "ms", "how long"),
    ]


@pytest.mark.parametrize(
    ("wrong", "right", "line", "message"),
    [
        ("-- grain: corpus", "-- grain: day", 2, "'grain:' is transcript or corpus"),
        ("-- key: name\n", "", 1, "lacks 'key:'"),
        ("-- key: name", "-- keys: name", 3, "expected one of"),
        ("-- mart: calls", "-- mart: call", 1, "not the file's name"),
        ("[ms]: how long", "[ms] how long", 9, "name TYPE"),
        ("BIGINT", "BIGGEST", 9, "BIGGEST is not one of"),
        ("-- key: name", "-- key: name\n-- key: name", 4, "given twice"),
        ("--   length_ms BIGINT [ms]: how long", "--   name VARCHAR: again", 9, "given twice"),
    ],
)
def test_malformed_header_names_file_and_line(tmp_path: Path, wrong: str, right: str, line: int, message: str) -> None:
    """An author searches for the line at fault."""
    with pytest.raises(MartError, match=message) as raised:
        load_marts(project(tmp_path, calls=GOOD.replace(wrong, right)))
    assert f"calls.sql:{line}:" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT name, duration_ms AS length_ms FROM sonix_medias", "reads sonix_medias, which is no table"),
        ("SELECT name, length_ms FROM calls", "circular dependency"),
        ("SELECT name, FROM WHERE", "calls.sql"),
        ("DROP TABLE words", "a mart is one SELECT"),
        ("SELECT 1; SELECT 2", "a mart is one SELECT"),
    ],
)
def test_bad_select_is_refused_at_loading(tmp_path: Path, sql: str, message: str) -> None:
    """A mart that cannot run is found out in the middle of a night's run."""
    with pytest.raises(MartError, match=message):
        load_marts(project(tmp_path, calls=GOOD[: GOOD.index("SELECT")] + sql))


def test_transcript_grain_may_not_read_lists(tmp_path: Path) -> None:
    """A transcript's rows go stale because a list they came from changed."""
    text = GOOD.replace("grain: corpus", "grain: transcript").replace("key: name", "key: provider, name")
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    (folder / "marts" / "calls.sql").write_text(text)
    with pytest.raises(MartError, match="may not read sonix_media"):
        load_marts(folder)


def test_select_must_give_the_columns_declared(tmp_path: Path) -> None:
    """A column is documented and not there."""
    mart = load_marts(project(tmp_path, calls=GOOD.replace("AS length_ms", "AS long_ms")))["calls"]
    connection = connect(tmp_path)
    put(connection, "sonix_media", TABLES["sonix_media"].schema.empty_table())
    with pytest.raises(MartError, match=r"lacks \(length_ms\).*lacks \(long_ms\)"):
        compute(mart, connection)


def test_every_column_is_documented_and_every_mart_loads_after_what_it_reads() -> None:
    """The data dictionary has holes, or a mart is computed before its input."""
    seen: set[str] = set()
    steps = load_steps()
    for mart in steps.values():
        assert mart.description.endswith("."), mart.name
        assert all(column.doc for column in mart.columns)
        assert {name for name in mart.reads if name in steps} <= seen
        assert all(column.unit == "ms" for column in mart.columns if column.name.endswith("_ms")), mart.name
        seen.add(mart.name)


@pytest.mark.parametrize("mart", MARTS.values(), ids=lambda mart: mart.name)
def test_lineage_names_real_columns(mart) -> None:
    """Dagster draws lineage to columns that do not exist, or none at all."""
    found = lineage(mart)
    known = {table.name: set(table.schema.names) for table in [*TABLES.values(), *(m.table for m in MARTS.values())]}
    assert list(found) == mart.table.schema.names
    for sources in found.values():
        for table, column in sources:
            assert column in known[table], f"{mart.name} from {table}.{column}"
    assert any(found.values())


def test_lineage_of_speaking_time_goes_through_steps_to_the_words() -> None:
    """Lineage ends at a step that nobody can open."""
    found = set(lineage(MARTS["speaker_stats"])["speaking_ms"])
    assert {("words", "end_ms"), ("words", "start_ms"), ("turns", "end_ms"), ("transcripts", "duration_ms")} <= found
    assert {table for table, _ in found} == {"words", "turns", "transcripts"}


@pytest.mark.parametrize("mart", [m for m in load_steps().values() if m.portable], ids=lambda mart: mart.name)
def test_portable_marts_keep_to_the_portable_subset(mart) -> None:
    """A mart marked portable does not run on Spark."""
    tree = sqlglot.parse_one(mart.sql, read="duckdb")
    refused = (sqlglot.exp.Unnest, sqlglot.exp.IntDiv, sqlglot.exp.Pivot, sqlglot.exp.JSONExtractScalar)
    assert not list(tree.find_all(*refused))
    names = {str(f.this).lower() for f in tree.find_all(sqlglot.exp.Anonymous)}
    assert names <= {"split_part"}, names
    decimals = [n for n in tree.find_all(sqlglot.exp.Literal) if not n.is_string and "." in n.name]
    assert not decimals


def test_header_without_select_is_refused() -> None:
    """An empty file makes an empty mart."""
    with pytest.raises(MartError, match="no SELECT"):
        parse_header(GOOD[: GOOD.index("SELECT")], Path("sql/marts/calls.sql"))
