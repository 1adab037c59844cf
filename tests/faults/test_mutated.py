"""Mutated payloads, lists and errors of both vendors: a valid table or one typed error; no crash, no long wait."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sonitemi_pipelines.api.bodies import json_of
from sonitemi_pipelines.api.listing import Rows
from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.sonix.models import Media
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.api.temi.models import Job
from sonitemi_pipelines.errors import ApiError, PayloadError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.parsing.assemble import assemble
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.sync.rows import take
from sonitemi_pipelines.vendors import VENDORS
from sonitemi_pipelines.vendors.sonix.lists import _media_row
from sonitemi_pipelines.vendors.temi.lists import _job_row

CLIENTS: dict[str, Any] = {
    "sonix": SonixClient("key-of-no-account", "http://127.0.0.1:9/v1"),
    "temi": TemiClient("key-of-no-account", "http://127.0.0.1:9/v1"),
}
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1e30, 1e308, -0.0, 10**25, "", " ", "\x00", "\u202e", "\ud800", "x" * 5000, "NaN", "1e999",
    "2026-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", [], {}, [[]], [None], {"id": {}}, "1" * 400,
)  # fmt: skip
LONGEST_SECONDS = 2.0
_tried = {"payloads": 0, "rows": 0, "errors": 0}


def bodies() -> dict[str, list[bytes]]:
    """Small payloads and list rows of both vendors, as they really come."""
    sandbox = Sandbox(seed=9, sonix=3, temi=3, minutes=(0.1, 0.2))
    found: dict[str, list[bytes]] = {}
    for provider in ("sonix", "temi"):
        truth = sandbox.truth()[provider]
        found[provider] = [sandbox.body(provider, id_) for id_, known in truth.items() if known["variants"]]  # type: ignore[arg-type]
    return found


BODIES = bodies()
ROWS: dict[str, dict[str, Any]] = {
    "sonix": {
        "id": "a", "name": "n", "status": "completed", "language": "en", "duration": 1.5, "video": False,
        "created_at": 1, "updated_at": 2, "public_url": "https://a.example", "custom_data": {"a": 1},
        "folder": {"id": "f"},
    },
    "temi": {
        "id": "a", "status": "transcribed", "created_on": "2026-01-01T00:00:00Z", "duration_seconds": 1.5, "name": "n",
        "last_modified_on": "2026-01-02T00:00:00Z", "web_url": "https://a.example", "metadata": "m", "failure": "f",
    },
}  # fmt: skip


def mutated(body: bytes, random: Random) -> bytes:
    """A few changes of the kinds that happen: values of other types, members gone or doubled, bytes flipped or cut."""
    if random.random() < 0.7:
        tree = json.loads(body)
        for _ in range(random.randint(1, 4)):
            _change(tree, random)
        text = json.dumps(tree, ensure_ascii=random.random() < 0.5)
        return text.encode("utf-8", "surrogatepass")
    changed = bytearray(body)
    for _ in range(random.randint(1, 6)):
        place = random.randrange(len(changed) + 1)
        kind = random.randrange(4)
        if kind == 0:
            changed[place:place] = random.choice((b"\xff", b"[" * 50, b"{", b'"', b"\\ud800", b"9" * 5000, b"\x00"))
        elif kind == 1:
            del changed[place : place + random.randint(1, 40)]
        elif kind == 2 and place < len(changed):
            changed[place] = random.randrange(256)
        else:
            changed = changed[: max(1, place)]
    return bytes(changed)


def _change(tree: Any, random: Random) -> None:
    holder = tree
    while True:
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        if not keys:
            return
        key = random.choice(keys)
        if isinstance(holder[key], dict | list) and random.random() < 0.8:
            holder = holder[key]
            continue
        kind = random.randrange(4)
        if kind < 2:
            holder[key] = random.choice(ODD)
        elif kind == 2:
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(key, random.choice(ODD))
        else:
            holder[f"{key}2"] = holder[key]
        return


def is_one_line(error: Exception) -> None:
    assert str(error)
    assert "\n" not in str(error)


def payload(provider: str, seed: int) -> None:
    random = Random(seed)
    body = mutated(random.choice(BODIES[provider]), random)
    source = Source(provider, "r1", "latest", dt.date(2026, 1, 1), dt.datetime(2026, 1, 1))
    started = time.monotonic()
    try:
        found = assemble([VENDORS[provider].take_apart(body, source)])
    except PayloadError as error:
        is_one_line(error)
    else:
        found.words.validate(full=True)
        assert found.transcripts.num_rows == 1
        assert found.transcripts["token_count"].to_pylist() == [found.words.num_rows]
    assert time.monotonic() - started < LONGEST_SECONDS, seed
    _tried["payloads"] += 1


def row(provider: str, seed: int) -> None:
    random = Random(seed)
    body = mutated(json.dumps([ROWS[provider], ROWS[provider] | {"id": "b"}]).encode(), random)
    client, cls = CLIENTS[provider], Media if provider == "sonix" else Job
    resource = client.media if provider == "sonix" else client.jobs
    make: Callable[[Any], Any] = (lambda media: _media_row(media, None, {})) if provider == "sonix" else _job_row
    try:
        rows: Rows[Any] = resource._records(cls, "list", json_of(body))
    except (ApiError, ValueError) as error:
        is_one_line(error)
    else:
        taken = take(VENDORS[provider].list_table, rows, make)
        assert all(name.name.isprintable() for name in taken.unreadable)
    _tried["rows"] += 1


def error_of(provider: str, seed: int) -> None:
    random = Random(seed)
    told = {
        "code": 400,
        "message": "no",
        "title": "t",
        "detail": "d",
        "type": "https://a.example/x",
        "parameters": {"a": ["b"]},
    }
    response = requests.Response()
    response.status_code = random.choice((301, 400, 401, 403, 404, 409, 418, 429, 500, 599))
    response.url = "http://127.0.0.1:9/v1/media"
    response._content = mutated(json.dumps(told).encode(), random)
    response.headers["Content-Type"] = random.choice(("application/json", "text/html", "", "\xff" * 200))
    error = CLIENTS[provider]._read_error("media.list", response)
    assert isinstance(error, ApiError)
    assert str(error).isprintable(), seed
    assert len(str(error)) < 1200
    str(error).encode()
    _tried["errors"] += 1


@pytest.mark.parametrize("try_one", [payload, row, error_of])
@pytest.mark.parametrize("provider", ["sonix", "temi"])
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**63))
def test_any_mutation_is_a_table_or_one_typed_error(
    provider: str, try_one: Callable[[str, int], None], seed: int
) -> None:
    """What nobody thought of would otherwise end a run with a traceback."""
    try_one(provider, seed)


@pytest.mark.slow
def test_many_mutations_are_tables_or_typed_errors() -> None:
    until = time.monotonic() + 60
    seed = 0
    while time.monotonic() < until:
        seed += 1
        for provider in ("sonix", "temi"):
            payload(provider, seed)
            row(provider, seed)
            error_of(provider, seed)
    print("mutations tried:", _tried)
    assert min(_tried.values()) > 1000
