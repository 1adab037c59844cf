"""The jobs an operator launches and schedules."""

from __future__ import annotations

import dagster as dg

EVERYTHING = dg.AssetSelection.all(include_sources=False)

sync = dg.define_asset_job(
    "sync",
    selection=EVERYTHING,
    description="Lists, transcripts, summaries, balance, marts, publish. Fetches only what is missing or changed.",
    executor_def=dg.in_process_executor,
)

JOBS = [sync]
