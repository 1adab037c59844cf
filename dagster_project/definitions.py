"""Everything Dagster knows of this code location."""

import dagster as dg

from sonitemi_pipelines.dagster import (
    checks,
    jobs,
    marts,
    notifications,
    requests,
    resources,
    schedules,
    sensors,
    sonix,
    temi,
    transcripts,
)

defs = dg.Definitions(
    assets=[*sonix.ASSETS, *temi.ASSETS, *transcripts.ASSETS, *marts.ASSETS, *requests.ASSETS],
    asset_checks=checks.CHECKS,
    jobs=[*jobs.JOBS, *requests.JOBS],
    sensors=sensors.SENSORS,
    schedules=schedules.SCHEDULES,
    resources={**resources.RESOURCES, **notifications.RESOURCES},
    executor=dg.in_process_executor,
)
