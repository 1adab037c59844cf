"""Definitions by subject; `dagster_project.definitions` puts them together."""
