"""The Dagster code location `sonitemi`: thin assets, jobs, sensors and schedules over `sonitemi_pipelines`."""
