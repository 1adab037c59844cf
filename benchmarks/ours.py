"""This package's side of each row, a process each: `python -m benchmarks.ours STEP ...`. Only public paths are called.

ingest CORPUS HOME     payload bytes to the lake's tables
whole CORPUS HOME      the same, then every mart and the published warehouse
sync HOME              `run_sync` against the vendors that the environment names
bare PAGES             fetch these pages of lists with requests, one after the other, and decode them
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path

import requests

from benchmarks.measure import measured, report
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.runner import refresh
from sonitemi_pipelines.pipeline.run import publish_warehouse, run_sync
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.transcripts import Wanted, ingest
from sonitemi_pipelines.vendors import VENDORS

IN_FLIGHT = 8
FIRST_DAY = dt.date(2024, 1, 1)
FETCHED_AT = dt.datetime(2026, 1, 2)


def ingest_files(lake: Lake, corpus: Path) -> int:
    """Everything of `corpus` into the lake as a sync does it, with files in place of calls. Returns words."""
    words = 0
    for vendor in VENDORS.values():
        paths = {path.stem: path for path in sorted((corpus / vendor.name).glob("*.json"))}
        wanted = [
            # Two a day, as an account fills up.
            Wanted(Source(vendor.name, name, "latest", FIRST_DAY + dt.timedelta(days=place // 2), FETCHED_AT), None)
            for place, name in enumerate(paths)
        ]

        def read(source: Source, paths: dict[str, Path] = paths) -> bytes:
            return paths[source.recording_id].read_bytes()

        done = ingest(lake, vendor.name, wanted, read, vendor.take_apart, in_flight=IN_FLIGHT)
        if done.failed:
            raise SystemExit(f"not everything arrived: {done.failed[:3]}")
        words += done.tokens
    return words


def bytes_on_disk(lake: Path) -> dict[str, float]:
    """Bytes of Parquet files: of `raw_payloads`, and of all other tables."""
    raw = rest = 0
    for path in lake.rglob("*.parquet"):
        if path.relative_to(lake).parts[0] == "raw_payloads":
            raw += path.stat().st_size
        else:
            rest += path.stat().st_size
    return {"raw_bytes": raw, "bytes": rest}


def bare() -> None:
    """The calls that a sync cannot do without when nothing changed: every page of both lists, in turn."""
    found: dict[str, float] = {"calls": 0}
    pages = json.loads(sys.argv[2])
    with measured(found), requests.Session() as session:
        for path in pages:
            vendor = path.split("?")[0].rsplit("/")[-1]
            key = os.environ["SONIX_API_KEY" if vendor == "media" else "TEMI_API_KEY"]
            answer = session.get(
                os.environ["SONIX_BASE_URL"].removesuffix("/v1") + path,
                headers={"Authorization": f"Bearer {key}"},
                timeout=60,
            )
            answer.raise_for_status()
            answer.json()
            found["calls"] += 1
    report(found)


def main() -> None:
    step = sys.argv[1]
    if step == "bare":
        bare()
        return
    found: dict[str, float] = {}
    if step == "sync":
        settings = Settings.from_env({**os.environ, "SONITEMI_HOME": sys.argv[2]})
        with measured(found, needs_pandas=False):
            done = run_sync(settings)
        if not done.complete:
            raise SystemExit(f"the sync is not complete: {done.errors} {done.failed[:3]} {done.problems[:3]}")
        found["words"] = sum(ingestion.tokens for ingestion in done.ingestions)
        report(found)
        return
    corpus, home = Path(sys.argv[2]), Path(sys.argv[3])
    settings = Settings.from_env({"SONITEMI_HOME": str(home)})
    lake = Lake.from_settings(settings)
    with measured(found, needs_pandas=False):
        found["words"] = ingest_files(lake, corpus)
        if step == "whole":
            refresh(lake)
            publish_warehouse(lake, settings)
    report({**found, **bytes_on_disk(home / "lake")})


if __name__ == "__main__":
    main()
