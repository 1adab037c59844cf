"""Runs one of the example DAGs by `dag.test()`, in Airflow's own environment, and prints what became of it."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta


def main(dag_id: str) -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    assert not bag.import_errors, bag.import_errors
    dag = bag.dags[dag_id]
    for task in dag.tasks:
        task.retry_delay = timedelta(seconds=0)
        if "SYNC_TIMEOUT" in os.environ:
            task.execution_timeout = timedelta(seconds=float(os.environ["SYNC_TIMEOUT"]))
        if hasattr(task, "poke_interval"):
            task.poke_interval = 1.0
    media = os.environ.get("MEDIA")
    started = time.monotonic()
    run = dag.test(run_conf={"media": [media]} if media else None)
    tasks = run.get_task_instances()
    results = {one.task_id: one.xcom_pull(task_ids=one.task_id) if hasattr(one, "xcom_pull") else None for one in tasks}
    print(
        "FOUND "
        + json.dumps(
            {
                "states": {one.task_id: str(one.state) for one in tasks},
                "tries": {one.task_id: one.try_number for one in tasks},
                "results": results,
                "seconds": time.monotonic() - started,
            },
            default=str,
        )
    )


main(sys.argv[1])
