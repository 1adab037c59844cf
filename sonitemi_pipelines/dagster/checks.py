"""Checks of the data, and how fresh it has to be. Checks that block protect readers: marts and warehouse wait."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.dagster.resources import LakeResource
from sonitemi_pipelines.dagster.shared import failures_in_plain_words
from sonitemi_pipelines.lake.consistency import doubled_transcripts, miscounted_transcripts
from sonitemi_pipelines.watch.backlog import ended_without_transcript, waiting
from sonitemi_pipelines.watch.config import WatchConfig

_SHOWN = 20

ONE_HEADER = dg.AssetCheckSpec(
    "one_header_each",
    asset="transcripts",
    description="No transcript has two headers: every join on its key would count it twice.",
    blocking=True,
)
COUNTS_AGREE = dg.AssetCheckSpec(
    "words_and_turns_agree_with_headers",
    asset="transcripts",
    description="`words` and `turns` hold as many rows of each transcript as its header says.",
    blocking=True,
)
NOTHING_STUCK = dg.AssetCheckSpec(
    "nothing_stuck",
    asset="backlog",
    description="No recording has waited for its vendor or for ingestion longer than SONITEMI_BACKLOG_HOURS.",
)
NONE_ENDED_BADLY = dg.AssetCheckSpec(
    "none_failed_or_blocked",
    asset="recordings",
    description="Recordings that failed or were blocked at the vendor, by id. They are not polled any more.",
)


@dg.multi_asset_check(name="transcripts_are_sound", specs=[ONE_HEADER, COUNTS_AGREE])
def transcripts_are_sound(lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
    with failures_in_plain_words():
        store = lake.lake()
        doubled, wrong = doubled_transcripts(store), miscounted_transcripts(store)
    yield dg.AssetCheckResult(
        check_name=ONE_HEADER.name,
        asset_key="transcripts",
        passed=not doubled,
        metadata={"doubled": len(doubled), "which": ", ".join(doubled[:_SHOWN])},
    )
    yield dg.AssetCheckResult(
        check_name=COUNTS_AGREE.name,
        asset_key="transcripts",
        passed=not wrong,
        metadata={table: ", ".join(names[:_SHOWN]) for table, names in wrong.items()},
    )


@dg.multi_asset_check(name="recordings_need_attention", specs=[NOTHING_STUCK, NONE_ENDED_BADLY])
def recordings_need_attention(lake: LakeResource) -> Iterator[dg.AssetCheckResult]:
    with failures_in_plain_words():
        store, hours = lake.lake(), float(WatchConfig.from_env().backlog_hours)
        backlog, ended = waiting(store, utc_now()), ended_without_transcript(store)
    stuck = [row for row in backlog if row.hours > hours]
    yield dg.AssetCheckResult(
        check_name=NOTHING_STUCK.name,
        asset_key="backlog",
        passed=not stuck,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "waiting": len(backlog),
            "stuck": len(stuck),
            **{
                f"{row.provider} {row.recording_id}": f"{row.vendor_status}, {row.hours:.0f} h for {row.waits_for}"
                for row in stuck[:_SHOWN]
            },
        },
    )
    yield dg.AssetCheckResult(
        check_name=NONE_ENDED_BADLY.name,
        asset_key="recordings",
        passed=not ended,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            what: f"{len(ids)}: {', '.join(ids[:_SHOWN])}{', ...' if len(ids) > _SHOWN else ''}"
            for what, ids in ended.items()
        },
    )


CHECKS = [transcripts_are_sound, recordings_need_attention]
