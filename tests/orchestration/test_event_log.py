"""What runs leave behind in Dagster's storage: little where nothing changed."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from tests.orchestration.deployed import Deployed

EMPTY_RUNS = 10
BAR_KB = 100
"""Above a run of one asset that does nothing."""


def kilobytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*.db")) / 1024


@pytest.mark.slow
@pytest.mark.parametrize("runs", [10, pytest.param(100, marks=pytest.mark.long)])
def test_a_run_that_changed_nothing_leaves_little_behind(
    small: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str], runs: int
) -> None:
    """A run every few minutes for years: what each leaves decides how long Dagster stays quick."""

    @dg.asset
    def nothing() -> None: ...

    empty = dg.Definitions(
        assets=[nothing],
        jobs=[dg.define_asset_job("empty", selection="*", executor_def=dg.in_process_executor)],
    ).resolve_job_def("empty")
    sync = small.defs.resolve_job_def("sync")
    storage = tmp_path / "dagster"
    storage.mkdir()
    with dg.DagsterInstance.local_temp(str(storage)) as instance:
        for job in (empty, sync, sync):
            assert job.execute_in_process(instance=instance).success
        before = kilobytes(storage)
        for _ in range(EMPTY_RUNS):
            assert empty.execute_in_process(instance=instance).success
        of_empty = (kilobytes(storage) - before) / EMPTY_RUNS
        before = kilobytes(storage)
        for _ in range(runs):
            result = sync.execute_in_process(instance=instance)
            assert result.success
            assert result.get_asset_materialization_events() == []
        ours = (kilobytes(storage) - before) / runs
    with capsys.disabled():
        print(f"\nKB a run: empty {of_empty:.0f}, sync without news {ours:.0f} over {runs} runs")
    assert ours - of_empty < BAR_KB
