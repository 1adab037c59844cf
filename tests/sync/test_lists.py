"""Bringing a vendor's list into its table: right for a row, and for hundreds of thousands."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.errors import AccountError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.answers import Answers
from sonitemi_pipelines.sync.lists import ListChange, known_rows, merge_list
from sonitemi_pipelines.sync.merge import ListedRows
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.vendors.sonix.tables import SONIX_FOLDERS, SONIX_MEDIA

NOW = dt.datetime(2026, 3, 1, 12)
LATER = dt.datetime(2026, 3, 2, 12)
MANY = 200_000


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def media(number: int, **more: Any) -> dict[str, Any]:
    created = dt.datetime(2020, 1, 1) + dt.timedelta(minutes=number)
    return {
        "media_id": f"m{number * 7919 % 1_000_003:07d}",
        "name": f"Call {number}",
        "status": "completed",
        "duration_ms": number,
        "created_at": created,
        "day": created.date(),
        **more,
    }


def test_an_account_of_two_hundred_thousand_arrives_and_changes(lake: Lake) -> None:
    """A predicate of over 20,000 ids once ended the process without a word."""

    def listed(numbers: range, changed: int = 0) -> Iterator[dict[str, Any]]:
        return (media(n, **({"name": "Another"} if n < changed else {})) for n in numbers)

    first = merge_list(lake, SONIX_MEDIA, listed(range(MANY)), NOW, complete=True)
    assert (first.rows, first.added) == (MANY, MANY)
    again = merge_list(lake, SONIX_MEDIA, listed(range(MANY)), LATER, complete=True)
    assert (again.added, again.changed, again.deleted) == (0, 0, 0)
    gone = {media(n)["media_id"] for n in range(50_000, MANY)}
    answers = Answers[str, dict[str, Any]]({}, tuple(sorted(gone)), ())
    then = merge_list(
        lake, SONIX_MEDIA, listed(range(50_000), 1_000), LATER, complete=True, look_up=lambda ids: answers
    )
    assert (then.rows, then.added, then.changed, then.deleted) == (50_000, 0, 1_000, MANY - 50_000)
    rows = lake.read(SONIX_MEDIA, ["media_id", "name", "first_seen_at", "changed_at", "deleted_at"])
    assert rows.num_rows == len(set(rows["media_id"].to_pylist())) == MANY
    assert set(rows.filter(rows["deleted_at"].is_valid())["media_id"].to_pylist()) == gone
    assert rows["name"].to_pylist().count("Another") == 1_000
    assert set(rows["first_seen_at"].to_pylist()) == {NOW}


@pytest.mark.parametrize("vendor", ["honest", "moves", "lies", "ends too early"])
def test_thousands_that_seem_gone_cost_a_second_walk_and_none_of_them_is_lost(lake: Lake, vendor: str) -> None:
    """150,000 deletions once cost 150,000 calls; a list that moves or lies must not delete what is there."""
    merge_list(lake, SONIX_MEDIA, map(media, range(2_000)), NOW, complete=True)
    there = range(500 if vendor in ("honest", "moves") else 2_000)
    first = range(490 if vendor == "moves" else 500)
    calls: list[str] = []

    def look_up(ids: list[str]) -> Answers[str, dict[str, Any]]:
        calls.extend(ids)
        known = {row["media_id"]: row for row in map(media, there)}
        found = {id_: known[id_] for id_ in ids if id_ in known}
        return Answers(found, tuple(id_ for id_ in ids if id_ not in known), ())

    def read_again() -> ListedRows | None:
        shown = range(500) if vendor != "moves" else there
        return None if vendor == "ends too early" else ListedRows.of(SONIX_MEDIA, map(media, shown))

    merge_list(lake, SONIX_MEDIA, map(media, first), LATER, complete=True, look_up=look_up, read_again=read_again)
    alive = {id_ for id_, row in known_rows(lake, SONIX_MEDIA).items() if row["deleted_at"] is None}
    assert alive == {media(number)["media_id"] for number in there}
    assert (len(calls) < 200) == (vendor in ("honest", "moves"))


def test_what_a_list_leaves_out_stays_known_and_what_it_says_is_nothing_counts(lake: Lake) -> None:
    merge_list(lake, SONIX_MEDIA, [media(1, custom_label="a", folder_id="f"), media(2)], NOW, complete=True)
    change = merge_list(lake, SONIX_MEDIA, [media(1, folder_id=None), media(2)], LATER, complete=True)
    assert change.changed == 1
    row = known_rows(lake, SONIX_MEDIA)[media(1)["media_id"]]
    assert (row["custom_label"], row["folder_id"], row["changed_at"]) == ("a", None, LATER)
    assert merge_list(lake, SONIX_MEDIA, [media(2), media(1)], LATER, complete=True).changed == 0


def test_an_id_listed_twice_counts_once_with_what_came_last(lake: Lake) -> None:
    """A list that moves while it is read shows a row on two pages."""
    change = merge_list(lake, SONIX_MEDIA, [media(1), media(2), media(1, name="Newer")], NOW, complete=True)
    assert (change.rows, change.added) == (2, 2)
    assert known_rows(lake, SONIX_MEDIA)[media(1)["media_id"]]["name"] == "Newer"


def test_what_went_and_came_back_is_marked_and_unmarked(lake: Lake) -> None:
    merge_list(lake, SONIX_MEDIA, [media(1), media(2)], NOW, complete=True)
    assert merge_list(lake, SONIX_MEDIA, [media(2)], LATER, complete=True).deleted == 1
    assert known_rows(lake, SONIX_MEDIA)[media(1)["media_id"]]["deleted_at"] == LATER
    assert merge_list(lake, SONIX_MEDIA, [media(2)], LATER, complete=True).deleted == 0
    back = merge_list(lake, SONIX_MEDIA, [media(1), media(2)], LATER, complete=True)
    assert (back.rows, back.changed) == (2, 1)


def test_a_list_within_a_row_is_compared_too(lake: Lake) -> None:
    folder = {"folder_id": "f", "name": "Team", "restricted_users": ["a@x.y", "b@x.y"]}
    merge_list(lake, SONIX_FOLDERS, [folder], NOW, complete=True)
    assert merge_list(lake, SONIX_FOLDERS, [folder], LATER, complete=True).changed == 0
    assert merge_list(lake, SONIX_FOLDERS, [{**folder, "restricted_users": []}], LATER, complete=True).changed == 1


def test_another_accounts_list_is_refused_and_marks_nothing_as_gone(lake: Lake) -> None:
    """A key or a base URL mixed up would mark a whole lake as deleted and fill it with somebody else's recordings."""
    merge_list(lake, SONIX_MEDIA, map(media, range(30)), NOW, complete=True, provider="sonix")
    before = lake.read(SONIX_MEDIA)
    lists: tuple[Iterable[dict[str, Any]], ...] = (map(media, range(100, 150)), [])
    for theirs in lists:
        with pytest.raises(AccountError, match=r"shares no recording with the 30 .*SONITEMI_OTHER_ACCOUNT"):
            merge_list(lake, SONIX_MEDIA, theirs, LATER, complete=True, provider="sonix")
    assert lake.read(SONIX_MEDIA) == before
    said = merge_list(lake, SONIX_MEDIA, [media(29)], LATER, complete=True, provider="sonix")
    assert said.deleted == 29, "one that is still there makes it the same account"
    other = map(media, range(100, 150))
    change = merge_list(lake, SONIX_MEDIA, other, LATER, complete=True, provider="sonix", other_account=True)
    assert (change.added, change.deleted) == (50, 1)


def test_a_small_lake_is_kept_from_another_accounts_key(lake: Lake) -> None:
    """Of fewer recordings than count as many, a list that shares none may be right: unless the key changed with it."""

    def list_of(numbers: range, account: str, **more: Any) -> ListChange:
        return merge_list(
            lake,
            SONIX_MEDIA,
            map(media, numbers),
            LATER,
            complete=True,
            provider="sonix",
            fingerprint=lambda salt: hash((salt, account)) % 2**40,
            **more,
        )

    list_of(range(3), "ours")
    version = lake.snapshot(["sonix_media"])
    assert list_of(range(3), "ours").changed == 0
    assert lake.snapshot(["sonix_media"]) == version, "twice is once"
    with pytest.raises(AccountError, match="shares no recording with the 3 of sonix_media, and the key"):
        list_of(range(10, 12), "theirs")
    assert list_of(range(4), "our new key").added == 1
    assert list_of(range(20, 22), "our new key").deleted == 4, "the account emptied itself"
    assert list_of(range(30, 31), "theirs", other_account=True).added == 1


def test_a_key_mixed_up_brings_in_nothing_of_the_other_account_whatever_table(tmp_path: Path) -> None:
    """Its folders were taken in before its media were refused."""

    def tables(lake: Lake) -> dict[str, list[dict[str, Any]]]:
        return {table.name: lake.read(table).to_pylist() for table in VENDORS["sonix"].tables}

    with (
        Sandbox(seed=1, sonix=3, temi=0, minutes=(0.1, 0.2)).running() as ours,
        Sandbox(seed=2, sonix=3, temi=0, sonix_key="theirs", minutes=(0.1, 0.2)).running() as theirs,
    ):
        SonixClient("theirs", theirs.base_url).folders.create(name="Their folder")
        mine = Settings.from_env({**ours.env, "SONITEMI_HOME": str(tmp_path / "home")})
        mixed = Settings.from_env({**theirs.env, "SONITEMI_HOME": str(tmp_path / "home")})
        assert run_sync(mine, vendors=["sonix"]).complete
        lake = Lake.from_settings(mine)
        before = tables(lake)
        report = run_sync(mixed, vendors=["sonix"])
        assert not report.complete
        assert "shares no recording" in report.errors["sonix"]
        assert tables(lake) == before
        assert run_sync(mine, vendors=["sonix"]).complete


_MERGE_TWICE = """
import sys
import pyarrow as pa
from benchmarks.growth import SEEN_AT
from benchmarks.lake import _listed
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.lists import merge_list
from sonitemi_pipelines.sync.merge import ListedRows
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA

for changed in (0, 100):
    listed = ListedRows.of(SONIX_MEDIA, _listed(400_000, changed))
    merge_list(Lake(sys.argv[1]), SONIX_MEDIA, listed, SEEN_AT, complete=True)
    size = listed.rows.nbytes
    del listed
print(pa.default_memory_pool().max_memory() / size)
"""


@pytest.mark.slow
def test_a_large_account_is_merged_part_by_part(tmp_path: Path) -> None:
    """Table, list, what both come to and copies of these took 3.4 times what the list takes; Arrow's own count, so
    that it is the same on every machine."""
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run([sys.executable, "-c", _MERGE_TWICE, str(tmp_path)], cwd=root, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert float(ran.stdout) < 2.9
