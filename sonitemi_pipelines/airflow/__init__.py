"""Airflow 3: operators for sync, reconcile, maintain and submit, and a sensor for completion.

Needs `pip install "sonitemi-pipelines[airflow]"`. An example DAG is `deploy/airflow/sonitemi_dag.py`.
"""

from sonitemi_pipelines.airflow.hook import SonitemiHook
from sonitemi_pipelines.airflow.operators import (
    SonitemiMaintainOperator,
    SonitemiReconcileOperator,
    SonitemiSubmitOperator,
    SonitemiSyncOperator,
)
from sonitemi_pipelines.airflow.sensors import SonitemiCompletionSensor
from sonitemi_pipelines.airflow.triggers import CompletionTrigger

__all__ = [
    "CompletionTrigger",
    "SonitemiCompletionSensor",
    "SonitemiHook",
    "SonitemiMaintainOperator",
    "SonitemiReconcileOperator",
    "SonitemiSubmitOperator",
    "SonitemiSyncOperator",
]
