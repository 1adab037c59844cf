"""What a lake has to hold: what its vendors serve, word for word."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import duckdb

from sonitemi_pipelines.sandbox import Sandbox

BOTH = ("sonix", "temi")


def rows(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def held(warehouse: Path) -> dict[tuple[str, str, str], str]:
    """Revision of every transcript of a recording still at its vendor."""
    found = rows(
        warehouse,
        "SELECT provider, recording_id, variant, t.revision FROM transcripts t JOIN recordings r "
        "USING (provider, recording_id) WHERE r.deleted_at IS NULL",
    )
    return {(provider, id_, variant): revision for provider, id_, variant, revision in found}


def expected(sandbox: Sandbox, providers: Collection[str] = BOTH) -> dict[tuple[str, str, str], str]:
    return {
        (provider, id_, variant): digest
        for provider, records in sandbox.truth().items()
        if provider in providers
        for id_, record in records.items()
        for variant, digest in record["variants"].items()
    }


def tokens(body: bytes, provider: str) -> list[str]:
    payload = json.loads(body)
    if provider == "sonix":
        return [word["text"].strip() for segment in payload["transcript"] for word in segment["words"]]
    return [part["value"].strip() for monologue in payload["monologues"] for part in monologue["elements"]]


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Seconds it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"after {seconds:.0f} s still not: {what}"
        time.sleep(0.5)
    return time.monotonic() - start


def assert_equal_word_for_word(warehouse: Path, sandbox: Sandbox, providers: Collection[str] = BOTH) -> None:
    truth = expected(sandbox, providers)
    assert held(warehouse) == truth
    words = rows(
        warehouse, "SELECT provider, recording_id, variant, list(text ORDER BY word_index) FROM words GROUP BY ALL"
    )
    found = {(provider, id_, variant): texts for provider, id_, variant, texts in words}
    for key, revision in truth.items():
        body = sandbox.body(*key)  # type: ignore[arg-type]
        assert hashlib.sha256(body).hexdigest() == revision
        assert found.get(key, []) == tokens(body, key[0]), key
    statuses = {(p, i): s for p, i, s in rows(warehouse, "SELECT provider, recording_id, vendor_status FROM recordings "
                                               "WHERE deleted_at IS NULL")}  # fmt: skip
    assert statuses == {(p, i): record["status"] for p in providers for i, record in sandbox.truth()[p].items()}
