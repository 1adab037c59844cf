"""The lake keeps its word: rows replaced by key, nothing doubled, ids of any kind, clear errors."""

from __future__ import annotations

import multiprocessing
import os
import re
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import CommitProperties, Transaction, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.sonix.tables import SONIX_USERS


def users(*ids: str, role: str = "editor") -> pa.Table:
    return SONIX_USERS.from_rows([{"user_id": id_, "role": role} for id_ in ids])


def replace_users(lake: Lake, *ids: str, role: str = "editor") -> None:
    lake.put(SONIX_USERS, users(*ids, role=role))


def held(lake: Lake) -> list[tuple[str, str]]:
    return sorted((row["user_id"], row["role"]) for row in lake.read(SONIX_USERS).to_pylist())


def test_replacing_leaves_other_rows_alone_and_doubles_none(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    replace_users(lake, "a", "b")
    replace_users(lake, "b", "c", role="admin")
    assert held(lake) == [("a", "editor"), ("b", "admin"), ("c", "admin")]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), min_size=1, unique=True
    )
)
def test_an_id_from_outside_is_data_whatever_it_holds(tmp_path_factory: pytest.TempPathFactory, ids: list[str]) -> None:
    """Quotes, semicolons, slashes and dots in an id neither break a predicate nor reach another row or folder."""
    folder = tmp_path_factory.mktemp("lake")
    lake = Lake(str(folder / "lake"))
    replace_users(lake, "bystander", "x' OR '1'='1")
    for id_ in ids:
        replace_users(lake, id_)
        replace_users(lake, id_, role="admin")
    rest = {"bystander", "x' OR '1'='1"} - set(ids)
    assert held(lake) == sorted([(id_, "admin") for id_ in ids] + [(id_, "editor") for id_ in rest])
    assert [path.name for path in folder.iterdir()] == ["lake"]


def _write_many(url: str, writer: int) -> None:
    lake = Lake(url)
    for turn in range(8):
        replace_users(lake, "shared", f"own-{writer}", role=f"{writer}-{turn}")


@pytest.mark.slow
def test_writers_that_race_lose_and_double_nothing(tmp_path: Path) -> None:
    """Four processes replace one shared row and their own, with nothing but Delta's conflict detection between them."""
    url = str(tmp_path / "lake")
    replace_users(Lake(url), "shared")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(url, n)) for n in range(4)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    assert [process.exitcode for process in writers] == [0, 0, 0, 0]
    rows = held(Lake(url))
    assert [id_ for id_, _ in rows] == ["own-0", "own-1", "own-2", "own-3", "shared"]
    assert all(role.endswith("-7") for _, role in rows)


def test_a_lake_of_a_newer_release_is_refused_in_one_line(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    replace_users(lake, "a")
    newer = CommitProperties(app_transactions=[Transaction("sonitemi.lake_schema", 99)])
    write_deltalake(lake.location("sonix_users"), users("b"), mode="append", commit_properties=newer)
    with pytest.raises(LakeError, match=r"schema version 99.*install a newer") as caught:
        lake.read(SONIX_USERS)
    assert "\n" not in str(caught.value)


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    replace_users(lake, "a")
    for log in (tmp_path / "sonix_users" / "_delta_log").iterdir():
        log.write_text("{ not json")
    with pytest.raises(LakeError, match="sonix_users"):
        lake.read(SONIX_USERS)


def test_a_home_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(LakeError, match="SONITEMI_HOME"):
        Lake.from_settings(Settings.from_env({"SONITEMI_HOME": str(blocked / "home")}))


def test_a_second_process_waits_for_the_lock_and_says_so_when_it_gives_up(tmp_path: Path) -> None:
    one, two = Lake(str(tmp_path / "lake"), lock_folder=tmp_path), Lake(str(tmp_path / "lake"), lock_folder=tmp_path)
    with one.lock("write"), pytest.raises(LakeError, match=r"write\.lock"), two.lock("write", patience=0.1):
        pass
    with two.lock("write", patience=0.1):
        pass


def test_who_waits_is_told_for_whom(tmp_path: Path) -> None:
    """'Another process' is nothing that an operator can look for."""
    one, two = Lake(str(tmp_path / "lake"), lock_folder=tmp_path), Lake(str(tmp_path / "lake"), lock_folder=tmp_path)
    told: list[str] = []
    waiting = two.lock("fetch", patience=0.1, on_wait=told.append)
    with one.lock("fetch"), pytest.raises(LakeError, match=rf"process {os.getpid()} .*holds"), waiting:
        pass
    [holder] = told
    assert re.fullmatch(rf"process {os.getpid()} \(.+, since \d\d:\d\d UTC\)", holder)
    assert [path.name for path in tmp_path.glob("*.holder")] == []
