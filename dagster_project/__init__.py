"""A deployment of `sonitemi_pipelines.dagster`, as anyone would write it."""
