"""Sonix and Temi in Airflow 3: an hourly sync, a nightly reconcile, a weekly clean-up, and one recording on request.

Copy this file into the DAG folder. Keys and home come from the connection `sonitemi`: type "generic", with an extra
such as {"SONIX_API_KEY": "...", "TEMI_API_KEY": "...", "SONITEMI_HOME": "/srv/sonitemi"}. Leave `sonitemi_conn_id` out
to take them from the worker's environment. `SONITEMI_HOME` is a disk that every worker has, or an object store.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.sdk import DAG, Param

from sonitemi_pipelines.airflow import (
    SonitemiCompletionSensor,
    SonitemiMaintainOperator,
    SonitemiReconcileOperator,
    SonitemiSubmitOperator,
    SonitemiSyncOperator,
)

COMMON = {
    "start_date": datetime(2026, 1, 1),
    "catchup": False,
    # Two runs at once would do the work once: the second waits, and finds nothing left.
    "max_active_runs": 1,
    "default_args": {
        "sonitemi_conn_id": "sonitemi",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=2),
    },
}

with DAG("sonitemi_sync", schedule="7 * * * *", **COMMON):
    SonitemiSyncOperator(task_id="sync")

with DAG("sonitemi_reconcile", schedule="41 3 * * *", **COMMON):
    SonitemiReconcileOperator(task_id="reconcile")

with DAG("sonitemi_maintain", schedule="11 5 * * 0", **COMMON):
    SonitemiMaintainOperator(task_id="maintain")

with DAG(
    "sonitemi_transcribe",
    schedule=None,
    render_template_as_native_obj=True,
    params={"media": Param([], type="array", description="files the worker can read, and URLs")},
    **COMMON,
):
    submitted = SonitemiSubmitOperator(
        task_id="submit",
        provider="sonix",
        media="{{ params.media }}",
        options={"language": "en"},
        # It costs money: a retry sends nothing twice, but somebody should look first.
        retries=0,
    )
    completed = SonitemiCompletionSensor(
        task_id="completed",
        provider="sonix",
        recording_ids="{{ ti.xcom_pull(task_ids='submit') }}",
        poke_interval=60,
        timeout=6 * 3600,
    )
    submitted >> completed >> SonitemiSyncOperator(task_id="sync")
