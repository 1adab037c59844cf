"""Rows of a list that come as they came before are not read again: what is told and kept is what reading all of them
comes to, whatever became of the other rows, the pages, the folders and the file that remembers them.
"""

from __future__ import annotations

import json
import random
import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest

from sonitemi_pipelines.api.sent import Sent
from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.lake.schemas import FORGOTTEN, SYNC_FAILURES, TABLES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync import rows
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.lists import sync_media
from sonitemi_pipelines.vendors.sonix.tables import SONIX_FOLDERS
from sonitemi_pipelines.vendors.temi.lists import sync_jobs

from .raw import RawServer, raw_server, whole

TIMES = ("first_seen_at", "changed_at", "deleted_at")
SIZE = {"sonix": 100, "temi": 20}
TABLE = {"sonix": "sonix_media", "temi": "temi_jobs"}
KEPT = "kept-as-a-secret-elsewhere"


@dataclass
class Account:
    """Rows as the bytes they are sent as, newest first."""

    vendor: str
    rows: dict[str, bytes] = field(default_factory=dict)
    folders: dict[str, list[str]] = field(default_factory=lambda: {"f1": [], "f2": []})
    wrap: Callable[[bytes], bytes] = lambda page: page

    def answer(self, connection: socket.socket, head: bytes) -> None:
        url = urlsplit(head.split()[1].decode())
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        *_, name = url.path.split("/")
        if name in ("media", "jobs"):
            connection.sendall(whole(self.wrap(self.page(query))))
        elif name in self.rows:
            connection.sendall(whole(self.rows[name]))
        else:
            connection.sendall(whole(b'{"code":404,"message":"media not found"}', "404 Not Found"))

    def page(self, query: dict[str, str]) -> bytes:
        shown = list(self.rows.items())
        if self.vendor == "temi":
            ids = [id_ for id_, _ in shown]
            start = ids.index(query["starting_after"]) + 1 if query.get("starting_after") in ids else 0
            return b"[%b]" % b",".join(row for _, row in shown[start : start + SIZE["temi"]])
        if "folder_id" in query:
            if "failing" in self.folders[query["folder_id"]]:
                return b"<html>busy</html>"
            shown = [each for each in shown if each[0] in self.folders[query["folder_id"]]]
        number = int(query.get("page", 1))
        page = shown[(number - 1) * SIZE["sonix"] : number * SIZE["sonix"]]
        total = -(-len(shown) // SIZE["sonix"])
        return b'{"media":[%b],"page":%d,"total_pages":%d}' % (b",".join(row for _, row in page), number, total)


def row(vendor: str, id_: str, **more: Any) -> bytes:
    said: dict[str, dict[str, Any]] = {
        "sonix": {"name": f"Name {id_}", "status": "failed", "duration": 3.73, "created_at": 1795727197},
        "temi": {"name": f"Name {id_}", "status": "failed", "created_on": "2026-01-02T03:04:05Z"},
    }
    return json.dumps({"id": id_, **said[vendor], **more}).encode()


def changed_row(vendor: str, id_: str, old: bytes, dice: random.Random) -> bytes:
    """The row, sent another way or with something else in it."""
    return dice.choice(
        [
            row(vendor, id_, name=f"Other {dice.random()}"),
            old.replace(b": ", b":"),
            old.replace(b"Name", b"N\\u0061me"),
            old.replace(b"Name", b"N\\ud800me"),
            old.replace(b"Name", b"N\xffme"),
            old.replace(b"Name", b"N\x01me"),
            old.replace(b"}", b', "duration": NaN, "duration_seconds": 1e999}'),
            old.replace(b"}", b', "status": "completed"}'),
            old.replace(b"}", b', "some": %b}' % (b"9" * 5000)),
            old.replace(b"}", b', "deep": %b%b}' % (b"[" * 2000, b"]" * 2000)),
            old.replace(b'"id"', b'"ident"'),
            row(vendor, id_, custom_data={"note": KEPT}, metadata=KEPT, url=f"https://a:{KEPT}@b.c/?token={id_}"),
            row(vendor, id_, custom_label=None, metadata="x", folder={"id": "f9", "name": "Elsewhere"}),
            row(vendor, id_, duration=2**70, duration_seconds=-1, created_on="never", extra={"a": [1, None]}),
            row(vendor, id_, created_at=99999999999, last_modified_on="2026-01-02"),
            b"null",
            b'"text"',
            b"[]",
        ]
    )


def change(account: Account, dice: random.Random) -> None:
    """Something of what becomes of an account between two runs."""
    ids = list(account.rows)
    for _ in range(dice.choice([0, 1, 1, 3])):
        id_ = dice.choice(ids)
        what = dice.randrange(6)
        if what == 0:
            account.rows.pop(id_, None)
        elif what == 1:
            new = f"n{dice.randrange(10**9)}"
            account.rows = {new: row(account.vendor, new), **account.rows}
        elif what == 2 and id_ in account.rows:
            account.rows[f"{id_} "] = account.rows[id_]
        elif what == 3:
            account.folders[dice.choice(["f1", "f2"])] = [*dice.sample(ids, 30), *dice.choice([[], [], ["failing"]])]
        elif id_ in account.rows:
            account.rows[id_] = changed_row(account.vendor, id_, account.rows[id_], dice)
    account.wrap = dice.choice(
        [
            *[lambda page: page] * 6,
            lambda page: b"\xef\xbb\xbf" + page,
            lambda page: page + b" x",
            lambda page: page[:-1],
            lambda page: page.replace(b'"media":[', b'"media":[],"media" : ['),
            lambda page: page.replace(b'"media"', b'"med\\u0069a"').replace(b'"page":', b'"page":"x","page" :'),
            lambda page: page.replace(b'"page":', b'"more": {"a": NaN, "b": "\\ud800"}, "page":'),
            lambda page: page.replace(b'"page":', b'"more": "\xff", "page":'),
            lambda page: page.replace(b',{"id"', b' ,\n\t{"id"'),
            lambda page: page.replace(b',{"id"', b',,{"id"'),
        ]
    )


def synced(account: Account, lake: Lake, server: RawServer) -> Any:
    options: dict[str, Any] = {"backoff": 0.001, "attempts": 2}
    try:
        if account.vendor == "sonix":
            return sync_media(lake, SonixClient("key", server.url, **options), Scope(), in_flight=1)
        return sync_jobs(lake, TemiClient("key", server.url, **options), Scope(), in_flight=1)
    except SonitemiError as error:
        return str(error)


def held(account: Account, lake: Lake) -> tuple[pa.Table, list[Any]]:
    """What the lake has of the account, and what of it was touched by which run."""
    table = TABLES[TABLE[account.vendor]]
    found = lake.read(table).sort_by(table.key[0])
    runs = {when: number for number, when in enumerate(sorted(map(str, {*found["changed_at"].to_pylist()})))}
    touched = [(runs[str(one["changed_at"])], one["deleted_at"] is None) for one in found.to_pylist()]
    failures = lake.read(SYNC_FAILURES, ["recording_id", "reason", "attempts"]).sort_by("recording_id").to_pylist()
    return found.drop_columns(list(TIMES)), [*touched, *failures]


def lake_at(folder: Path) -> Lake:
    lake = Lake.from_settings(Settings.from_env({"SONITEMI_HOME": str(folder)}))
    names = [{"folder_id": id_, "name": f"Folder {id_}", "first_seen_at": utc_now(), "changed_at": utc_now()}
             for id_ in ("f1", "f2")]  # fmt: skip
    lake.put(SONIX_FOLDERS, SONIX_FOLDERS.from_rows(names))
    return lake


@pytest.mark.parametrize("vendor", ["sonix", "temi"])
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=[pytest.mark.slow]) for seed in range(2, 4)),
             *(pytest.param(seed, marks=[pytest.mark.slow, pytest.mark.long]) for seed in range(4, 60))]
)  # fmt: skip
def test_what_came_before_comes_to_what_reading_it_again_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendor: str, seed: int
) -> None:
    """A recording that changed, went or came back unseen would be wrong until somebody edits it again."""
    dice = random.Random(seed)
    monkeypatch.setattr(rows, "FEW", dice.choice([0, 3]))
    size = 230 if vendor == "sonix" else 70
    account = Account(vendor, {f"r{number:03}": row(vendor, f"r{number:03}") for number in range(size)})
    quick, plain = lake_at(tmp_path / "quick"), lake_at(tmp_path / "plain")
    spared = 0
    with raw_server(account.answer) as server:
        for step in range(10):
            if step:
                change(account, dice)
            if step == 5:
                monkeypatch.setenv("OTHER_API_KEY", KEPT)
            if step == 7:
                erased = FORGOTTEN.from_rows(
                    [{"provider": vendor, "recording_id": next(iter(account.rows)), "forgotten_at": utc_now()}]
                )
                for lake in (quick, plain):
                    lake.append(FORGOTTEN, erased)
            shutil.rmtree(tmp_path / "plain" / "lists", ignore_errors=True)
            one, other = (synced(account, lake, server) for lake in (plain, quick))
            spared += (tmp_path / "quick" / "lists").exists()
            assert one == other, step
            assert held(account, plain) == held(account, quick), step
    assert spared > 5


@pytest.mark.parametrize("harm", ["cut", "emptied", "other bytes", "not ours"])
def test_a_damaged_memo_is_as_good_as_none(tmp_path: Path, harm: str) -> None:
    """It lies in a folder of the user's, and nothing of it is more than work spared."""
    account = Account("sonix", {f"r{number:03}": row("sonix", f"r{number:03}") for number in range(230)})
    lake = lake_at(tmp_path)
    with raw_server(account.answer) as server:
        synced(account, lake, server)
        path = tmp_path / "lists" / "sonix_media.parquet"
        body = path.read_bytes()
        for place in range(4, len(body) - 8, max(1, len(body) // 12)) if harm == "other bytes" else (0,):
            other = bytes(each ^ 0x55 for each in body[place : place + 4])
            path.write_bytes(
                {
                    "cut": body[: len(body) // 2],
                    "emptied": b"",
                    "other bytes": body[:place] + other + body[place + 4 :],
                    "not ours": b"PAR1 is how such files begin",
                }[harm]
            )
            before = lake.read(TABLES["sonix_media"])
            told = synced(account, lake, server)
            assert (told.rows, told.added, told.changed, told.deleted, told.problems) == (230, 0, 0, 0, ())
            assert lake.read(TABLES["sonix_media"]).equals(before)


def test_a_list_that_comes_as_before_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This is what makes a run over a large account that did not change as cheap as fetching its pages."""
    account = Account("sonix", {f"r{number:03}": row("sonix", f"r{number:03}") for number in range(230)})
    lake = lake_at(tmp_path)
    read: list[int] = []
    stand_for = Sent.stand_for

    def noted(sent: Sent, rows: Sequence[Any]) -> bool:
        read.append(len(rows))
        return stand_for(sent, rows)

    monkeypatch.setattr(Sent, "stand_for", noted)
    with raw_server(account.answer) as server:
        synced(account, lake, server)
        read.clear()
        synced(account, lake, server)
        assert read == []
        account.rows["r150"] = row("sonix", "r150", name="Another")
        assert synced(account, lake, server).changed == 1
        assert read == [100]
