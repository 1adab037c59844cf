"""`sonitemi query` as a tool among others: in pipes, in scripts, from files."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from sonitemi_pipelines.settings import Settings

from .conftest import Run

SONITEMI = [sys.executable, "-m", "sonitemi_pipelines.cli"]
ROWS = "SELECT range AS n, 'row ' || range AS name FROM range(5000)"


def test_all_rows_come_where_nobody_looks_at_a_terminal(run: Run) -> None:
    """A pipe that got the first 200 rows of a table would count wrongly and not know."""
    done = run("query", ROWS)
    assert "row 0" in done.stdout
    assert "row 2500" in done.stdout
    assert "row 4999" in done.stdout
    assert "…" not in run("query", "SELECT repeat('x', 3000) AS long").stdout


@pytest.mark.parametrize("rows", [9_999, 10_000, 10_001, 50_000])
def test_no_row_of_a_long_table_is_left_out(run: Run, rows: int) -> None:
    """DuckDB draws 10,000: whoever counted the lines of a file would be wrong and not know."""
    midnight = "TIMESTAMPTZ '2026-01-02 00:00:00+00'"
    sql = f"SELECT range AS n, range::HUGEINT AS h, true AS n, {midnight} AS at FROM range({rows})"
    done = run("query", f"SET TimeZone = 'Asia/Tokyo'; {sql}")
    drawn = [line.split("│")[1:5] for line in done.stdout.splitlines() if "│  " in line]
    found = [cells for cells in drawn if cells[0].strip().isdecimal()]
    assert [int(cells[0]) for cells in found] == list(range(rows))
    assert {tuple(cell.strip() for cell in cells[2:]) for cells in found} == {("true", "2026-01-02 09:00:00+09")}
    assert "int128" in done.stdout


@pytest.mark.parametrize("flags", [["--format", "csv"], ["--csv"]])
def test_csv_is_whole_and_exact(run: Run, flags: list[str]) -> None:
    done = run("query", *flags, "SELECT 0.10::DECIMAL(18,2) AS usd, 'a,\"b\"\nc' AS text, NULL AS none, 'b'::BLOB AS b")
    assert list(csv.reader(io.StringIO(done.stdout))) == [["usd", "text", "none", "b"], ["0.10", 'a,"b"\nc', "", "b"]]


def test_json_says_types_as_json_has_them(run: Run) -> None:
    sql = """SELECT 1.50::DECIMAL(18,2) AS usd, TIMESTAMP '2026-01-02 03:04:05' AS at, 'nan'::DOUBLE AS nan,
    NULL AS none, [1, 2] AS list,
    {'a': DATE '2026-01-02'} AS struct, true AS yes, '\\xff'::BLOB AS bytes, 'é' AS text"""
    assert json.loads(run("query", "--format", "json", sql).stdout) == [
        {
            "usd": 1.5,
            "at": "2026-01-02T03:04:05",
            "nan": None,
            "none": None,
            "list": [1, 2],
            "struct": {"a": "2026-01-02"},
            "yes": True,
            "bytes": "/w==",
            "text": "é",
        }
    ]
    assert json.loads(run("query", "--format", "json", "SELECT 1 AS n WHERE false").stdout) == []


def test_parquet_goes_to_a_file_or_a_pipe(run: Run, synced: Settings, tmp_path: Path) -> None:
    assert run("query", "--format", "parquet", "--output", "a.parquet", ROWS).exit_code == 0
    assert duckdb.execute(f"SELECT count(*) FROM '{tmp_path}/a.parquet'").fetchall() == [(5000,)]
    env = {**os.environ, "SONITEMI_HOME": synced.home}
    piped = subprocess.run([*SONITEMI, "query", "--format", "parquet", ROWS], env=env, capture_output=True, check=True)
    (tmp_path / "b.parquet").write_bytes(piped.stdout)
    assert duckdb.execute(f"SELECT max(n) FROM '{tmp_path}/b.parquet'").fetchall() == [(4999,)]


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_reader_that_has_seen_enough_gets_no_error(synced: Settings, form: str) -> None:
    """`sonitemi query ... | head -1` is how people look at a table."""
    sql = "SELECT repeat('x', 100) AS x FROM range(200000)"
    done = subprocess.run(
        f'{sys.executable} -m sonitemi_pipelines.cli query --format {form} "{sql}" | head -1',
        shell=True,
        env={**os.environ, "SONITEMI_HOME": synced.home},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("args", [[], ["-"], ["--file", "-"]])
def test_sql_comes_from_standard_input(run: Run, args: list[str]) -> None:
    assert run("query", "--csv", *args, stdin="SELECT 41 + 1 AS n").stdout == "n\n42\n"


def test_several_statements_answer_one_after_the_other(run: Run) -> None:
    sql = "SET threads = 1; CREATE TEMP TABLE t AS SELECT 1 AS a; SELECT a FROM t; -- and\nSELECT 2 AS b;"
    assert run("query", "--csv", sql).stdout == "a\n1\nb\n2\n"
    shown = run("query", "SELECT 'é;' AS a; -- one;\nSELECT 22 AS b; -- two")
    assert (shown.exit_code, "é;" in shown.stdout, "22" in shown.stdout) == (0, True, True), shown.stderr
    assert "give one statement" in run("query", "--format", "parquet", "SELECT 1; SELECT 2").stderr


@pytest.mark.parametrize(
    "sql",
    [
        "PIVOT recordings ON provider USING count(*)",
        "FROM (PIVOT recordings ON provider USING count(*))",
        "WITH p AS (PIVOT recordings ON provider USING count(*)) FROM p",
        "DESCRIBE recordings",
        "SUMMARIZE recordings",
        "SHOW TABLES",
        "VALUES ('sonix')",
    ],
)
@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_every_way_to_ask_is_answered(run: Run, tmp_path: Path, sql: str, form: str) -> None:
    """PIVOT ended with 0 and printed nothing."""
    done = run("query", "--format", form, "--output", "a", sql)
    assert done.exit_code == 0, done.stderr
    if form == "parquet":
        told = str(pq.read_table(tmp_path / "a").to_pylist())
    else:
        told = (tmp_path / "a").read_text(encoding="utf-8")
    assert ("vendor_status" if sql.endswith(" recordings") else "sonix") in told


@pytest.mark.parametrize(
    "sql",
    [
        "-- what is there\nSELECT 7 AS n",
        "--x=1 y\nSELECT 7 AS n",
        "/* a */ SELECT 7 AS n -- b",
        "--csv \nSELECT 7 AS n",
    ],
)
def test_sql_may_begin_with_a_comment(run: Run, sql: str) -> None:
    assert run("query", sql, "--csv").stdout == "n\n7\n"
    assert run("query", "--csv", sql).stdout == "n\n7\n"


@pytest.mark.parametrize("flag", ["--cvs", "--fromat=csv", "-x", "--no-such-thing"])
def test_an_option_that_is_none_is_refused(run: Run, flag: str) -> None:
    """Taken for SQL it would end in an error about SQL."""
    done = run("query", flag, "SELECT 1")
    assert done.exit_code == 2
    assert "No such option" in done.stderr


def test_examples_are_listed_and_asked_by_name(run: Run) -> None:
    listed = run("query", "--example").stdout
    assert "who_interrupts_whom" in listed
    assert "Who interrupts whom" in listed
    for name in ("talk_share", "who_interrupts_whom", "overlaps" if "overlaps" in listed else "longest_silences"):
        assert run("query", "--example", name, "--csv").exit_code == 0
    done = run("query", "--example", "talk_shares")
    assert (done.exit_code, "did you mean talk_share?" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("sql", "hinted"),
    [
        ("SELECT * FROM overlaps", True),
        ("SELECT count(*) FROM Overlaps AS o", True),
        ('SELECT count(*) FROM "overlaps"', False),
        ("SELECT no_such_column FROM recordings", False),
    ],
)
def test_a_word_of_sql_as_a_name_is_hinted_at(run: Run, sql: str, hinted: bool) -> None:
    """`overlaps` is a table here and an operator in SQL; the parser's own words help nobody."""
    done = run("query", sql)
    assert ('stands in double quotes: "overlaps"' in done.stderr) == hinted


def test_cells_that_a_spreadsheet_would_run_are_made_safe_when_asked(run: Run) -> None:
    """Names of recordings come from outside: `=HYPERLINK(...)` in one is code in the spreadsheet of a colleague."""
    sql = "SELECT unnest(['=1+1', '+1', '-1', '@x', 'fine']) AS name, -5 AS n"
    safe = run("query", "--csv", "--safe-cells", sql).stdout.splitlines()[1:]
    assert safe == ["'=1+1,-5", "'+1,-5", "'-1,-5", "'@x,-5", "fine,-5"]
    assert run("query", "--csv", sql).stdout.splitlines()[1] == "=1+1,-5"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["SELECT 1", "--example", "talk_share"], "give the SQL once"),
        ([], "no SQL came on standard input"),
        ([" ; "], "there is no statement"),
        (["SELECT 1", "--output", "no/such/folder/x.csv", "--csv"], "cannot write no/such/folder/x.csv"),
    ],
)
def test_wrong_use_is_one_line(run: Run, args: list[str], told: str) -> None:
    done = run("query", *args)
    assert done.exit_code in (1, 2)
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_locked_warehouse_is_never_said_to_be_worth_deleting(run: Run, synced: Settings) -> None:
    """Somebody has it open to write: following an advice to delete it would lose their work."""
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(synced.warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = run("query", "SELECT 1")
        assert done.exit_code == 1
        assert "another program has it open to write" in done.stderr
        assert "delete" not in done.stderr
    finally:
        holder.communicate(b"\n")


def test_a_query_loads_nothing_that_it_does_not_use(synced: Settings) -> None:
    """In a loop of a shell script, a second of imports is all one waits for."""
    heavy = {"dagster", "deltalake", "msgspec", "numpy", "pandas", "pyarrow", "pydantic", "requests"}
    script = (
        "import runpy, sys\n"
        "sys.argv = ['sonitemi', 'query', 'SELECT 1']\n"
        "try: runpy.run_module('sonitemi_pipelines.cli', run_name='__main__')\n"
        f"finally: print(sorted({heavy!r}.intersection(sys.modules)), 'duckdb' in sys.modules, file=sys.stderr)\n"
    )
    env = {**os.environ, "SONITEMI_HOME": synced.home}
    done = subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True)
    assert done.stderr.splitlines() == ["[] True"]


def test_columns_of_one_name_are_all_in_the_json(run: Run) -> None:
    """As a join of two tables has them: one would take the place of the other, and nobody would see it."""
    done = run("query", "--format", "json", "SELECT 1 AS day, 2 AS day, 3 AS day_1, 4 AS day")
    assert json.loads(done.stdout) == [{"day": 1, "day_1": 2, "day_1_1": 3, "day_2": 4}]


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_a_query_that_fails_leaves_the_last_answer_where_it_is(run: Run, tmp_path: Path, form: str) -> None:
    """What a dashboard reads every morning must not be an empty file because the lake was read at the wrong moment."""
    answer = tmp_path / "answer"
    assert run("query", "--format", form, "--output", "answer", "SELECT 7 AS n").exit_code == 0
    before = answer.read_bytes()
    failing = "SELECT CASE WHEN range > 200000 THEN error('no') ELSE range END AS n FROM range(300000)"
    assert run("query", "--format", form, "--output", "answer", failing).exit_code == 1
    assert answer.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["answer"]


def test_sql_that_is_no_utf_8_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "latin.sql").write_bytes("SELECT 'Müller' AS name".encode("latin-1"))
    (tmp_path / "windows.sql").write_bytes(b"\xef\xbb\xbfSELECT 7 AS n")
    for args in (["--file", "latin.sql"], ["SELECT 'M\udcfcller'"]):
        done = run("query", *args)
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
        assert "is not text in UTF-8" in done.stderr
    assert run("query", "--csv", "--file", "windows.sql").stdout == "n\n7\n"


def test_two_formats_at_once_are_refused(run: Run) -> None:
    assert run("query", "--csv", "--format", "json", "SELECT 1").exit_code == 2
