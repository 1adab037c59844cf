"""Killed or stopped anywhere: readers stay consistent, the next run heals, nothing is paid or fetched twice."""

from __future__ import annotations

import collections
import json
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
import requests

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.lake.consistency import doubled_transcripts, miscounted_transcripts, transcripts_without_payload
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, VENDOR_REQUESTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.webhooks.inbox import Inbox

from .dying import Command, Commands, commands
from .observed import record
from .points import BESIDE, POINTS, Point, found

KILL, INT, TERM = signal.SIGKILL, signal.SIGINT, signal.SIGTERM
CODES = {KILL: {-9}, INT: {130}, TERM: {143}}
SECRET = "url-secret-of-the-tests-0001"
NEEDS_SMALL_FILES = ("merged files", "log of merged words", "versions named")


@dataclass
class World:
    """An account, its lake, and what starts commands on it."""

    sandbox: Sandbox
    home: Path
    commands: Commands
    settings: Settings
    random: random.Random
    forgotten: set[str] = field(default_factory=set)
    hits: collections.Counter[str] = field(default_factory=collections.Counter)
    asked: int = 0
    sync_seconds: float = 6.0

    @property
    def env(self) -> dict[str, str]:
        return {**self.sandbox.env, "SONITEMI_HOME": str(self.home), "SONITEMI_WEBHOOK_URL_SECRET": SECRET}

    @property
    def lake(self) -> Lake:
        return Lake.from_settings(self.settings)

    def revisions(self) -> dict[tuple[str, str], str]:
        rows = self.lake.read(TRANSCRIPTS, ["recording_id", "variant", "revision"]).to_pylist()
        return {(row["recording_id"], row["variant"]): row["revision"] for row in rows}

    def truth(self) -> dict[tuple[str, str], str]:
        return {
            (id_, variant): digest
            for recordings in self.sandbox.truth().values()
            for id_, found in recordings.items()
            for variant, digest in found["variants"].items()
            if id_ not in self.forgotten
        }

    def news(self) -> None:
        """Something for a sync to do in both vendors."""
        self.sandbox.add_sonix(1, minutes=0.1, language="en")
        [job] = self.sandbox.add_temi(1, minutes=0.1)
        if self.random.random() < 0.3:
            self.sandbox.edit(job)

    def consistent(self) -> None:
        """What whoever reads lake or warehouse at this moment sees is whole."""
        lake = self.lake
        assert doubled_transcripts(lake) == []
        assert miscounted_transcripts(lake) == {}
        assert transcripts_without_payload(lake) == []
        if self.settings.warehouse.exists():
            with duckdb.connect(str(self.settings.warehouse), read_only=True) as warehouse:
                for table, count in (("words", "token_count"), ("turns", "turn_count"), ("spoken_words", "word_count")):
                    [found] = warehouse.sql(
                        f"SELECT (SELECT count(*) FROM {table}), (SELECT sum({count}) FROM transcripts), "
                        "(SELECT count(*) FROM recordings)"
                    ).fetchall()
                    assert found[0] == (found[1] or 0), table

    def heal(self) -> None:
        """Let a sync run to its end: the lake is then equal to the account."""
        truth, before = self.truth(), self.revisions()
        part = {id_ for (id_, variant), digest in truth.items() if before.get((id_, variant)) != digest}
        whole = {id_ for id_, _ in before} - part
        self.sandbox.reset_counts()
        started = time.monotonic()
        self.commands.run(self.env, "sync")
        self.sync_seconds = time.monotonic() - started
        fetched = {id_ for one in ("sonix", "temi") for id_ in self.sandbox.counts_by_id(f"{one} transcript.get")}
        assert fetched.isdisjoint(whole), "fetched again although it had arrived"
        assert self.revisions() == self.truth()
        self.consistent()


def stop(world: World, number: signal.Signals, point: Point | None, argv: tuple[str, ...]) -> bool:
    """Start a command and let it meet the signal, at a point or at some moment; whether it was hit."""
    command = world.commands.start(world.env, *argv, at=str(point) if point else None, number=number)
    if point is None:
        time.sleep(world.random.uniform(0.02, world.sync_seconds))
        command.signal(number)
        told_at = time.monotonic()
    code = command.wait()
    # A process that has done its work and is going meets the signal as any other process does.
    if point is None and (code in (0, 1) or (number != KILL and code == -number and "\ncomplete: " in command.told)):
        return False
    assert code in CODES[number], f"{argv} at {point}: ended with {code}, last {command.last_point}: {command.told}"
    if point is None and number != KILL:
        assert time.monotonic() - told_at < 8, "5 s, and room for a busy machine"
    if number != KILL:
        assert "run the same command again to go on" in command.told
        assert "Traceback" not in command.told
    world.hits[f"{signal.Signals(number).name} {'at' if point else 'later than'} {point or command.last_point}"] += 1
    world.consistent()
    return True


# ---- one turn of each command


def turn_of_sync(world: World, number: signal.Signals, point: Point | None) -> bool:
    world.news()
    return stop(world, number, point, ("sync",))


def turn_of_maintain(world: World, number: signal.Signals, point: Point | None) -> bool:
    if point is not None and point.name in NEEDS_SMALL_FILES:
        for _ in range(6):
            world.news()
            world.commands.run(world.env, "sync")
    return stop(world, number, point, ("maintain",))


def turn_of_forget(world: World, number: signal.Signals, point: Point | None) -> bool:
    """The erasure is whole after the same command again, whatever the first did."""
    provider = world.random.choice(["sonix", "temi"])
    arrived = {id_ for id_, _ in world.revisions()}
    target = world.random.choice([id_ for id_ in world.sandbox.truth()[provider] if id_ in arrived - world.forgotten])
    told_of(world, target, provider)
    argv = ("forget", provider, target)
    hit = stop(world, number, point, argv)
    world.forgotten.add(target)
    world.commands.run(world.env, *argv)
    assert target not in {id_ for id_, _ in world.revisions()}
    world.consistent()
    with Inbox(inbox_of(world)) as inbox:
        assert target not in [event.recording_id for event in inbox.pending(100_000)]
    for path in world.home.rglob("*"):
        if path.suffix in (".sqlite", ".duckdb") or path.name.endswith("-wal"):
            said = world.sandbox.body("sonix" if provider == "sonix" else "temi", target).decode()
            first = re.search(r'"(?:name|speaker)": ?"(\w{12,})"', said)
            assert first is None or first.group(1).encode() not in path.read_bytes()
    return hit


def turn_of_paid(command: str) -> Callable[[World, signal.Signals, Point | None], bool]:
    def turn(world: World, number: signal.Signals, point: Point | None) -> bool:
        """Asked for again after the hit, it is there once."""
        world.asked += 1
        client = SonixClient(world.sandbox.keys["sonix"], world.sandbox.base_url)
        name = f"paid {world.asked}"
        if command == "submit":
            argv: tuple[str, ...] = ("submit", "sonix", f"https://a.example/paid-{world.asked}.mp3", "--language", "en")

            def made() -> int:
                return len([one for one in client.media.list() if one.name == f"paid-{world.asked}.mp3"])
        else:
            folder = client.folders.create(name=name).id
            [media] = world.sandbox.add_sonix(1, folder_id=folder, minutes=0.1, language="en")
            if command == "translate":
                argv = ("translate", media, "es")
            else:
                argv = ("summarize-folder", folder, "--prompt", name)

            def made() -> int:
                tasks = world.sandbox.vendors.sonix.tasks.values()
                return len([one for one in tasks if one.owner_id in (media, folder)])

        hit = stop(world, number, point, argv)
        done = world.commands.start(world.env, *argv)
        assert done.wait() in (0, 1), done.told
        assert made() == 1, f"{argv} at {point}: {done.told}"
        rows = world.lake.read(VENDOR_REQUESTS).to_pylist()
        assert len([row for row in rows if row["status"] == "accepted"]) >= world.asked
        for media_record in list(world.sandbox.vendors.sonix.media):
            if media_record.name == f"paid-{world.asked}.mp3":
                world.sandbox.complete(media_record.id)
        return hit

    return turn


def inbox_of(world: World) -> Path:
    return world.home / "inbox" / "webhooks.sqlite"


def told_of(world: World, recording_id: str, provider: str) -> None:
    """A callback about a recording, stored as the receiver does."""
    receiver, url = receiving(world, None, KILL)
    path = f"{provider}/callback/{SECRET}"
    body = {"id": recording_id} if provider == "sonix" else {"job": {"id": recording_id}}
    assert requests.post(f"{url}/{path}", json=body, timeout=15).status_code == 200
    receiver.signal(KILL)
    receiver.wait()


def receiving(world: World, point: Point | None, number: signal.Signals) -> tuple[Command, str]:
    receiver = world.commands.start(
        world.env, "webhooks", "--port", "0", at=str(point) if point else None, number=number, nth=3
    )
    until = time.monotonic() + 60
    while (found := re.search(r"receiving webhooks on (http://\S+)", receiver.told)) is None:
        assert time.monotonic() < until, receiver.told
        time.sleep(0.02)
    return receiver, found.group(1)


def turn_of_receiver(world: World, number: signal.Signals, point: Point | None) -> bool:
    """What was answered with 200 is there, and what was not is sent again: each is there once."""
    world.asked += 1
    ids = [f"event-{world.asked}-{each}" for each in range(8)]

    def send(url: str) -> list[str]:
        """Those that were answered with 200 before the receiver went."""
        answered: list[str] = []
        for id_ in ids:
            try:
                said = requests.post(f"{url}/sonix/callback/{SECRET}", json={"id": id_}, timeout=15)
            except requests.RequestException:
                return answered
            if said.status_code == 200:
                answered.append(id_)
        return answered

    def stored() -> list[str]:
        with Inbox(inbox_of(world)) as inbox:
            return sorted(str(event.recording_id) for event in inbox.pending(100_000) if event.recording_id in ids)

    receiver, url = receiving(world, point, number)
    answered = send(url)
    code = receiver.wait()
    assert code in (-9, 0, 130, 143), receiver.told
    world.hits[f"{signal.Signals(number).name} at {point}"] += 1
    assert set(answered) <= set(stored())
    again, url = receiving(world, None, KILL)
    send(url)
    again.signal(KILL)
    again.wait()
    assert stored() == ids
    return True


TURNS: dict[str, Callable[[World, signal.Signals, Point | None], bool]] = {
    "sync": turn_of_sync,
    "maintain": turn_of_maintain,
    "forget": turn_of_forget,
    "submit": turn_of_paid("submit"),
    "summarize-folder": turn_of_paid("summarize-folder"),
    "translate": turn_of_paid("translate"),
    "webhooks": turn_of_receiver,
}
HEALED_EVERY = 8
"""Runs that are stopped one after the other before one is let to its end: each goes on from what is there."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with (
        Sandbox(seed=4, sonix=30, temi=30, minutes=(0.1, 0.2), task_seconds=0.0).running() as sandbox,
        commands(tmp_path / "commands") as started,
    ):
        home = tmp_path / "home"
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": str(home)})
        made = World(sandbox, home, started, settings, random.Random(11))
        made.commands.run(made.env, "sync")
        yield made


def go_through(world: World, turns: list[tuple[signal.Signals, Point | None, str]]) -> None:
    started = time.monotonic()
    for turn, (number, point, command) in enumerate(turns):
        for _ in range(4):
            hit = TURNS[command](world, number, point)
            if hit or point is not None:
                break
        assert hit, f"{command} never came to {point}"
        at = f"{time.monotonic() - started:.0f} s"
        print(f"{turn + 1} of {len(turns)}, {at}: {signal.Signals(number).name} {point or command}", flush=True)
        if turn % HEALED_EVERY == HEALED_EVERY - 1:
            world.heal()
    world.heal()
    world.sandbox.reset_counts()
    world.commands.run(world.env, "sync")
    assert not [name for name in world.sandbox.counts() if "transcript.get" in name], "there was nothing left to fetch"


SHARE = [point for number, point in enumerate(POINTS) if number % 9 == 4]


@pytest.mark.slow
def test_a_share_of_the_points_and_moments_is_survived(world: World) -> None:
    """A run that dies half way must cost nothing but the time of the next."""
    turns: list[tuple[signal.Signals, Point | None, str]] = []
    for number, point in enumerate(SHARE):
        turns.append(((KILL, KILL, INT, TERM)[number % 4], point, point.command))
    turns += [(signal_, None, "sync") for signal_ in (KILL, INT, TERM)]
    go_through(world, turns)
    print(json.dumps(world.hits, indent=1))


PARTS = 30
"""Of the whole, each with an account of its own, so that one that fails can be run again by itself."""


def whole() -> list[tuple[signal.Signals, Point | None, str]]:
    """Every named point once by kill -9, then each signal at named points and at moments nobody chose."""
    order = sorted(POINTS, key=lambda point: point.name in NEEDS_SMALL_FILES)
    turns: list[tuple[signal.Signals, Point | None, str]] = [(KILL, point, point.command) for point in order]
    others = [point for point in POINTS if point.name not in NEEDS_SMALL_FILES]
    for number in (INT, TERM):
        turns += [(number, point, point.command) for point in others[number % 4 :: 4]][:25]
    for number, count in ((KILL, 200), (INT, 50), (TERM, 50)):
        there = sum(one == number for one, _, _ in turns)
        for left in range(count - there):
            turns.append((number, None, {3: "maintain", 11: "forget"}.get(left % 16, "sync")))
    return turns


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_200_kills_50_ctrl_c_and_50_terminations_are_survived(world: World, part: int) -> None:
    turns = whole()
    each = len(turns) // PARTS
    world.random.seed(part)
    go_through(world, turns[part * each : (part + 1) * each])
    record(f"stopped, part {part}", dict(sorted(world.hits.items())))


def test_the_whole_has_every_point_and_200_kills_50_ctrl_c_and_50_terminations() -> None:
    """The page says so."""
    turns = whole()
    assert len(turns) % PARTS == 0
    assert [sum(one == number for one, _, _ in turns) for number in (KILL, INT, TERM)] == [200, 50, 50]
    assert {point for _, point, _ in turns if point} == set(POINTS)


def test_every_named_point_is_in_the_code() -> None:
    """One that is moved or renamed would be found missing by the long runs alone."""
    for point in (*POINTS, *BESIDE):
        found(point.place)
