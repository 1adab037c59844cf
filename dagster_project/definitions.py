"""Everything Dagster knows of this code location."""

import dagster as dg

from dagster_project.defs import jobs, marts, resources, sonix, temi, transcripts

defs = dg.Definitions(
    assets=[*sonix.ASSETS, *temi.ASSETS, *transcripts.ASSETS, *marts.ASSETS],
    jobs=jobs.JOBS,
    resources=resources.RESOURCES,
    executor=dg.in_process_executor,
)
