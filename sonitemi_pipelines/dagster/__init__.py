"""The pipeline as Dagster definitions."""
