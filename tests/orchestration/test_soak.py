"""Everything at once in a real `dagster dev`: sensors and schedules on, vendors that live and fail, processes that die.

SONITEMI_SOAK_SECONDS sets how long each soak lasts (default 600).
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sonitemi_pipelines.sandbox import Sandbox
from tests.orchestration.conftest import DagsterDev, running_dagster
from tests.orchestration.parts import kill_one_part
from tests.orchestration.truth import assert_equal_word_for_word, expected, held, rows, wait_until

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


def warehouse_of(home: Path) -> Path:
    return home / "data" / "warehouse.duckdb"


pytestmark = [pytest.mark.slow, pytest.mark.timeout(SECONDS + 1200)]


@contextmanager
def living_account(seed: int, every_s: float) -> Iterator[Sandbox]:
    with Sandbox(seed=seed, sonix=15, temi=12, minutes=(0.3, 0.8)).running() as sandbox:
        sandbox.set_balance(1_000_000)
        sandbox.faults.random(0.05, seed)
        sandbox.start_life(every_s, seed)
        yield sandbox


def test_a_soak_with_faults_ends_with_the_vendors_truth_and_each_revision_fetched_once(tmp_path: Path) -> None:
    warehouse = warehouse_of(tmp_path)
    with (
        living_account(11, 2.5) as sandbox,
        running_dagster(tmp_path, **sandbox.env, **SCHEDULES, **NO_RECONCILE) as dev,
    ):
        wait_until(warehouse.exists, 180, "the sensors filled the warehouse")
        time.sleep(SECONDS)
        sandbox.stop_life()
        sandbox.faults.clear()
        arrived = {key for key in expected(sandbox) if key[2] != "machine"}
        wait_until(lambda: arrived <= held(warehouse).keys(), TO_SETTLE, "sensors alone brought every transcript")
        served = sandbox.traffic.served_revisions()
        twice = {key: number for key, number in served.items() if number > 1}
        assert not twice, f"{len(twice)} of {len(served)} revisions were fetched more than once"
        assert dev.wait(dev.launch("reconcile"), 300) == "SUCCESS"
        assert_equal_word_for_word(warehouse, sandbox)


@pytest.mark.long
def test_killing_daemon_code_server_and_run_workers_leads_to_the_same_end(tmp_path: Path) -> None:
    """After a power cut nothing is lost, doubled or stuck, and nobody has to clean up."""
    rng, warehouse = random.Random(12), warehouse_of(tmp_path)
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
            return arrived <= held(warehouse).keys()

        wait_until(is_settled, TO_SETTLE, "every transcript arrived by itself")

        def reconcile() -> bool:
            """False when `dagster dev` went down under the run, as it does a few seconds after a part was killed."""
            try:
                current = supervise()
                return current.wait(current.launch("reconcile"), 120) == "SUCCESS"
            except OSError:
                return False

        wait_until(reconcile, TO_SETTLE, "a run over everything succeeded")
        assert_equal_word_for_word(warehouse, sandbox)
        doubled = rows(
            warehouse,
            "SELECT recording_id FROM transcripts GROUP BY provider, recording_id, variant HAVING count(*) > 1",
        )
        assert doubled == []
        print("killed:", dict(killed))
