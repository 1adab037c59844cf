"""Lakes as earlier releases left them open, sync and read; a lake of a later release is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.migrations import MIGRATIONS, schema_version
from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, TABLES, TRANSCRIPTS, VENDOR_REQUESTS, WORDS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.upgrade import SCHEMA_APP
from sonitemi_pipelines.paid import Ledger
from sonitemi_pipelines.pipeline.doctor import examine
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.vendors.temi.tables import TEMI_JOBS
from tests.lakes.make_lake import SANDBOX

ROOT = Path(__file__).resolve().parents[2]
RELEASES = sorted(path.name.removesuffix(".tar.gz") for path in Path(__file__).parent.glob("*.tar.gz"))


@pytest.fixture(params=RELEASES)
def old_home(request: pytest.FixtureRequest, home: Path) -> Path:
    """A home with the lake of a release."""
    home.mkdir()
    with tarfile.open(Path(__file__).with_name(f"{request.param}.tar.gz")) as archive:
        archive.extractall(home, filter="data")
    return home


def lake_of(home: Path) -> Lake:
    return Lake(str(home / "lake"))


def test_every_column_that_a_kept_lake_lacks_says_since_when_it_is_there(old_home: Path) -> None:
    """A column without `since` would be looked for in files that do not have it."""
    lake = lake_of(old_home)
    for name, table in TABLES.items():
        handle = lake.open(name)
        if handle is not None:
            there = {field.name for field in handle.schema().fields}
            new = [column for column in table.columns if column.name not in there]
            assert all(column.nullable and 1 < column.since <= LAKE_SCHEMA_VERSION for column in new), name


def test_migrations_are_numbered_up_to_the_schema_version() -> None:
    numbers = [migration.number for migration in MIGRATIONS]
    assert numbers == sorted(set(numbers))
    assert all(1 < number <= LAKE_SCHEMA_VERSION for number in numbers)


def _old_ledger(home: Path) -> None:
    """The ledger as an early 0.1.0 made it, before it told when a request was sent last."""
    rows = lake_of(home).read(VENDOR_REQUESTS).drop_columns(["sent_at"])
    shutil.rmtree(home / "lake" / "vendor_requests")
    as_made_then = {"delta.dataSkippingNumIndexedCols": "0"}
    write_deltalake(str(home / "lake" / "vendor_requests"), rows, configuration=as_made_then)


def test_a_ledger_without_a_later_column_is_read_and_written(old_home: Path) -> None:
    """Who asked for it must not be asked to pay again because a release added a column."""
    _old_ledger(old_home)
    lake = lake_of(old_home)
    assert lake.read(VENDOR_REQUESTS)["sent_at"].to_pylist() == [None]
    assert lake.read(VENDOR_REQUESTS, ["sent_at"], filters=[("status", "=", "accepted")]).num_rows == 1
    ledger = Ledger(lake)
    assert ledger.earlier("0" * 64) is not None
    entry = ledger.ask("temi", "jobs.submit", "1" * 64, "new.mp3", forced=False)
    assert lake.read(VENDOR_REQUESTS).num_rows == 2
    assert ledger.earlier("1" * 64) == entry
    assert lake.read(VENDOR_REQUESTS, version=0)["sent_at"].to_pylist() == [None], "old versions are read too"


def test_the_doctor_finds_nothing_wrong_with_a_lake_that_the_next_sync_brings_over(old_home: Path) -> None:
    """It called words that the next sync reads anew from the payloads damage, and sent people to a rebuild."""
    settings = Settings.from_env({"SONITEMI_HOME": str(old_home)})
    found = [finding for finding in examine(settings) if finding.subject not in ("keys", *VENDORS)]
    assert [finding.text for finding in found if not finding.ok] == []
    assert any(f"which the next sync brings to {LAKE_SCHEMA_VERSION}" in finding.text for finding in found)


def test_a_lake_of_a_later_release_is_refused_in_one_line(old_home: Path) -> None:
    lake = lake_of(old_home)
    later = CommitProperties(app_transactions=[Transaction(SCHEMA_APP, LAKE_SCHEMA_VERSION + 1)])
    DeltaTable(lake.location(TRANSCRIPTS.name)).alter.set_table_properties(
        {"delta.logRetentionDuration": "interval 31 days"}, commit_properties=later
    )
    with pytest.raises(LakeError, match=f"schema version {LAKE_SCHEMA_VERSION + 1}.* newer") as caught:
        lake.read(WORDS)
    assert "\n" not in str(caught.value)


_NEW_COLUMNS = {
    "lake/schemas.py": (
        '        Column("struck", pa.bool_(), "struck through by an editor: spoken, but not in the final text"),\n',
        '        Column("sureness", pa.float64(), "how sure the vendor is", since=3),\n',
    ),
    "vendors/temi/tables.py": (
        '        text("web_url", "the editor\'s page of the transcript"),\n',
        '        Column("priority", MS, "how urgent", since=3),\n',
    ),
}


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """The package with a column more in a list table and in `words`, in the middle of each, as a release may add it."""
    folder = tmp_path / "next"
    for name in ("sonitemi_pipelines", "sql"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, added) in _NEW_COLUMNS.items():
        path = folder / "sonitemi_pipelines" / name
        text = path.read_text()
        assert before in text, f"{name} has another column to put the new one before"
        path.write_text(text.replace(before, added + before))
    path = folder / "sonitemi_pipelines" / "lake" / "schemas.py"
    path.write_text(
        path.read_text().replace(
            f"LAKE_SCHEMA_VERSION = {LAKE_SCHEMA_VERSION}\n", f"LAKE_SCHEMA_VERSION = {LAKE_SCHEMA_VERSION + 1}\n"
        )
    )
    return folder


def test_a_release_with_new_columns_opens_syncs_and_reads_an_older_lake(old_home: Path, next_release: Path) -> None:
    """The same account, seen by the next release: nothing is fetched again that has not changed, and SQL knows the new
    columns, NULL in what was there.
    """
    lake = lake_of(old_home)
    before = lake.read(TRANSCRIPTS).select(["provider", "recording_id", "variant", "revision", "text"])
    words = lake.read(WORDS).num_rows
    assert schema_version(lake) == 1
    with Sandbox(**SANDBOX).running() as sandbox:
        sandbox.add_temi(1)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(old_home),
            "SONITEMI_HOME": str(old_home),
            "PYTHONPATH": str(next_release),
            **sandbox.env,
        }

        def sonitemi(*arguments: str) -> str:
            command = [sys.executable, "-m", "sonitemi_pipelines.cli", *arguments]
            done = subprocess.run(command, cwd=next_release, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        assert "temi: " in sonitemi("sync", "--vendor", "temi"), "what is there of Sonix is brought over without a call"
        assert not [name for name in sandbox.counts() if name.startswith("sonix")]
        counts = "SELECT count(*) AS n, count(sureness) AS sure FROM words WHERE provider = 'sonix'"
        of_sonix = sonitemi("query", "--csv", counts).split()[-1]
        jobs = sonitemi("query", "--csv", "SELECT count(*), count(priority) FROM temi_jobs").split()[-1]
        assert f"schema version {LAKE_SCHEMA_VERSION + 1}" in sonitemi("doctor")
    assert of_sonix.endswith(",0")
    assert int(of_sonix.split(",")[0]) > 0
    assert jobs == "4,0"
    with pytest.raises(LakeError, match="newer"):
        lake_of(old_home).read(TEMI_JOBS)
    handle = DeltaTable(str(old_home / "lake" / "words"))
    assert handle.metadata().partition_columns == []
    now = handle.to_pyarrow_table()
    assert now.num_rows > words
    kept = pa.array(before.filter(pa.compute.field("provider") == "sonix")["recording_id"].to_pylist())
    assert pa.compute.all(pa.compute.is_in(kept, now["recording_id"].combine_chunks())).as_py()
