"""Erasure: after `forget`, not a byte of a recording's words is left, and no sync brings it back."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.forget import forget
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors.sonix.poll import SonixLooker
from sonitemi_pipelines.watch.cursor import load
from sonitemi_pipelines.watch.look import look
from sonitemi_pipelines.webhooks import Delivery, Inbox

SECRET = "Quetzalcoatl"


def payload(marker: str) -> bytes:
    tokens = [{"text": f" {marker}", "start_time": n, "end_time": n + 0.5} for n in range(5)]
    return json.dumps({"name": marker, "transcript": [{"speaker": marker, "words": tokens}]}).encode()


def places_that_hold(home: Path, marker: str) -> list[str]:
    """Every file under the home that holds the marker: raw, in Parquet, or in a DuckDB table."""
    found = []
    for file in home.rglob("*"):
        if not file.is_file():
            continue
        held = marker.encode() in file.read_bytes()
        if file.suffix == ".parquet":
            held = held or marker in str(pq.read_table(file, partitioning=None).to_pylist())
        if held:
            found.append(str(file.relative_to(home)))
    return found


@pytest.mark.slow
def test_nothing_is_left_in_any_file_and_it_does_not_come_back(
    sandbox: Sandbox, settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONITEMI_HOME", str(home))
    [media] = sandbox.add_sonix(minutes=1)
    sandbox.rename(media, SECRET)
    sandbox.set_transcript("sonix", media, payload(SECRET))
    run_sync(settings)
    sandbox.set_transcript("sonix", media, payload(SECRET + "2"))
    run_sync(settings, {"sonix": Scope(reread_days=7)})
    assert places_that_hold(home, SECRET)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        [(others,)] = connection.execute(f"SELECT count(*) FROM words WHERE recording_id <> '{media}'").fetchall()

    deleted = forget(settings, "sonix", media)
    assert deleted["raw_payloads"] == 2
    assert deleted["words"] == 5
    assert places_that_hold(home, SECRET) == []
    for _ in range(2):
        with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
            assert connection.execute("SELECT count(*) FROM words").fetchall() == [(others,)]
            known = f"SELECT count(*) FROM recordings WHERE recording_id = '{media}'"
            assert connection.execute(known).fetchall() == [(0,)]
        assert run_sync(settings).complete
    assert places_that_hold(home, SECRET) == []
    client = SonixClient.from_settings(settings)
    assert media not in look(Lake.from_settings(settings), SonixLooker(client), load(None, 0.0), utc_now()).news, (
        "no sensor asks for it"
    )
    assert forget(settings, "sonix", media) == {}, "asking again is no error"
    with pytest.raises(LakeError, match="knows no temi recording nobody"):
        forget(settings, "temi", "nobody")


def test_the_webhook_inbox_forgets_too(
    sandbox: Sandbox, settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONITEMI_HOME", str(home))
    [job] = sandbox.add_temi(minutes=1)
    run_sync(settings)
    with Inbox(settings.webhooks.inbox_path()) as inbox:
        inbox.put(
            Delivery(
                provider="temi",
                recording_id=job,
                kind="status_change",
                received_at=utc_now(),
                body=SECRET.encode(),
            )
        )
        forget(settings, "temi", job)
        assert inbox.pending() == []
    assert places_that_hold(home, SECRET) == []
