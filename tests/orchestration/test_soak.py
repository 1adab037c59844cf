"""Everything at once in a real `dagster dev`: sensors and schedules on, vendors that live and fail, processes that die.

SONITEMI_SOAK_SECONDS sets how long each soak lasts (default 600).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest

from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.conftest import DagsterDev, running_dagster

SECONDS = float(os.environ.get("SONITEMI_SOAK_SECONDS", "600"))
TO_SETTLE = 400.0
SCHEDULES = {
    "SONITEMI_SYNC_CRON": "*/3 * * * *",
    "SONITEMI_BALANCE_CRON": "*/2 * * * *",
    "SONITEMI_MAINTAIN_CRON": "*/4 * * * *",
    # The living account edits recordings of any age, and no list of Sonix shows an edit: read all of them again.
    "SONITEMI_REREAD_DAYS": "60",
}
"""Every schedule comes up within minutes, so that their runs meet those of the sensors."""
NO_RECONCILE = {"SONITEMI_RECONCILE_CRON": "0 0 29 2 *"}
"""It reads again what has not changed, so it stays away where each revision is to be fetched once."""
RECONCILE = {"SONITEMI_RECONCILE_CRON": "*/5 * * * *"}
VICTIMS = ["run worker", "code server", "daemon", "run worker"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS + 1200)]


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "data" / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def held(home: Path) -> dict[tuple[str, str, str], str]:
    """Revision of every transcript of a recording still at its vendor."""
    found = rows(
        home,
        "SELECT provider, recording_id, variant, t.revision FROM transcripts t JOIN recordings r "
        "USING (provider, recording_id) WHERE r.deleted_at IS NULL",
    )
    return {(provider, id_, variant): revision for provider, id_, variant, revision in found}


def expected(sandbox: Sandbox) -> dict[tuple[str, str, str], str]:
    return {
        (provider, id_, variant): digest
        for provider, records in sandbox.truth().items()
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


@contextmanager
def living_account(seed: int, every_s: float) -> Iterator[Sandbox]:
    with Sandbox(seed=seed, sonix=15, temi=12, minutes=(0.3, 0.8)).running() as sandbox:
        sandbox.set_balance(1_000_000)
        sandbox.faults.random(0.05, seed)
        sandbox.start_life(every_s, seed)
        yield sandbox


def assert_equal_word_for_word(home: Path, sandbox: Sandbox) -> None:
    truth = expected(sandbox)
    assert held(home) == truth
    words = rows(home, "SELECT provider, recording_id, variant, list(text ORDER BY word_index) FROM words GROUP BY ALL")
    found = {(provider, id_, variant): texts for provider, id_, variant, texts in words}
    for key, revision in truth.items():
        body = sandbox.body(*key)  # type: ignore[arg-type]
        assert hashlib.sha256(body).hexdigest() == revision
        assert found.get(key, []) == tokens(body, key[0]), key
    statuses = {(p, i): s for p, i, s in rows(home, "SELECT provider, recording_id, vendor_status FROM recordings "
                                               "WHERE deleted_at IS NULL")}  # fmt: skip
    assert statuses == {
        (p, i): record["status"] for p, records in sandbox.truth().items() for i, record in records.items()
    }


def test_a_soak_with_faults_ends_with_the_vendors_truth_and_each_revision_fetched_once(tmp_path: Path) -> None:
    with (
        living_account(11, 2.5) as sandbox,
        running_dagster(tmp_path, **sandbox.env, **SCHEDULES, **NO_RECONCILE) as dev,
    ):
        wait_until((tmp_path / "data" / "warehouse.duckdb").exists, 180, "the sensors filled the warehouse")
        time.sleep(SECONDS)
        sandbox.stop_life()
        sandbox.faults.clear()
        arrived = {key for key in expected(sandbox) if key[2] != "machine"}
        wait_until(lambda: arrived <= held(tmp_path).keys(), TO_SETTLE, "sensors alone brought every transcript")
        served = sandbox.traffic.served_revisions()
        twice = {key: number for key, number in served.items() if number > 1}
        assert not twice, f"{len(twice)} of {len(served)} revisions were fetched more than once"
        assert dev.wait(dev.launch("reconcile"), 300) == "SUCCESS"
        assert_equal_word_for_word(tmp_path, sandbox)


def processes(dev: DagsterDev) -> dict[str, list[psutil.Process]]:
    """The processes of `dagster dev` by part."""
    found: dict[str, list[psutil.Process]] = {"daemon": [], "code server": [], "run worker": []}
    try:
        children = psutil.Process(dev.process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return found
    for child in children:
        try:
            line = " ".join(child.cmdline())
        except psutil.Error:
            continue
        if "dagster._daemon" in line:
            found["daemon"].append(child)
        elif "api grpc" in line or "code-server" in line:
            found["code server"].append(child)
        elif "multiprocessing.spawn" in line:
            found["run worker"].append(child)
    return found


def kill_one_part(dev: DagsterDev, part: str, rng: random.Random) -> bool:
    """Kill -9 every process of a part, somewhere in the middle of its work; False when there is none of it now."""
    if not processes(dev)[part]:
        return False
    time.sleep(rng.uniform(0, 6) if part == "run worker" else 0)
    found = processes(dev)[part]
    for process in found:
        process.kill()
    return bool(found)


@pytest.mark.long
def test_killing_daemon_code_server_and_run_workers_leads_to_the_same_end(tmp_path: Path) -> None:
    """After a power cut nothing is lost, doubled or stuck, and nobody has to clean up."""
    rng = random.Random(12)
    killed: Counter[str] = Counter()
    with living_account(12, 2.5) as sandbox, ExitStack() as stack:
        env = {**sandbox.env, **SCHEDULES, **RECONCILE}
        dev = stack.enter_context(running_dagster(tmp_path, **env))

        def supervise() -> DagsterDev:
            """`dagster dev` ends when one of its parts does; whoever supervises it starts it again."""
            nonlocal dev
            if dev.process.poll() is not None:
                stack.close()
                dev = stack.enter_context(running_dagster(tmp_path, **env))
            return dev

        until = time.monotonic() + SECONDS
        due = time.monotonic() + 20
        victims = list(VICTIMS)
        while time.monotonic() < until or killed.keys() != set(VICTIMS):
            time.sleep(0.1)
            if time.monotonic() > due and kill_one_part(supervise(), victims[0], rng):
                killed[victims.pop(0)] += 1
                victims = victims or rng.sample(VICTIMS, len(VICTIMS))
                due = time.monotonic() + rng.uniform(10, 30)
            supervise()
        sandbox.stop_life()
        sandbox.faults.clear()
        arrived = {key for key in expected(sandbox) if key[2] != "machine"}

        def is_settled() -> bool:
            supervise()
            return arrived <= held(tmp_path).keys()

        wait_until(is_settled, TO_SETTLE, "every transcript arrived by itself")

        def reconcile() -> bool:
            """False when `dagster dev` went down under the run, as it does a few seconds after a part was killed."""
            try:
                current = supervise()
                return current.wait(current.launch("reconcile"), 120) == "SUCCESS"
            except OSError:
                return False

        wait_until(reconcile, TO_SETTLE, "a run over everything succeeded")
        assert_equal_word_for_word(tmp_path, sandbox)
        doubled = rows(
            tmp_path,
            "SELECT recording_id FROM transcripts GROUP BY provider, recording_id, variant HAVING count(*) > 1",
        )
        assert doubled == []
        print("killed:", dict(killed))
