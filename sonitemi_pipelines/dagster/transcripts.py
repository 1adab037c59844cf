"""The asset step that fetches transcripts of both vendors; all four tables of a transcript appear together."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from sonitemi_pipelines.dagster.resources import LakeResource, ScopeResource, SonixResource, TemiResource
from sonitemi_pipelines.dagster.shared import RETRY, failures_in_plain_words, spec_of, table_metadata
from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, SPOKEN_WORDS, SYNC_FAILURES, TRANSCRIPTS, TURNS, WORDS
from sonitemi_pipelines.pipeline.run import ingest_transcripts
from sonitemi_pipelines.sync.transcripts import Ingestion
from sonitemi_pipelines.vendors import VENDORS

TABLES = (RAW_PAYLOADS, TURNS, WORDS, SPOKEN_WORDS, TRANSCRIPTS, SYNC_FAILURES)
LISTS = ["sonix_media", "sonix_translations", "temi_jobs"]
ARRIVED = dg.AssetCheckSpec(
    "all_transcripts_arrived",
    asset="transcripts",
    description="Every transcript that is completed at the vendor is in the lake; those that are not are named.",
)


@dg.multi_asset(
    name="transcripts",
    specs=[spec_of(table, group="transcripts", kinds={"sonix", "temi", "deltalake"}, deps=LISTS) for table in TABLES],
    check_specs=[ARRIVED],
    retry_policy=RETRY,
    pool="transcripts",
)
def transcripts(
    context: dg.AssetExecutionContext,
    sonix: SonixResource,
    temi: TemiResource,
    lake: LakeResource,
    scope: ScopeResource,
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    missing: dict[str, str] = {}

    def say(what: str, done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            context.log.info(f"{what}: {done} of {total}")

    with failures_in_plain_words():
        store, settings = lake.lake(), lake.settings()
        ingestions: list[Ingestion] = []
        clients: dict[str, Any] = {"sonix": sonix.client(), "temi": temi.client()}
        for provider, client in clients.items():
            if client is None:
                continue
            try:
                ingestion = ingest_transcripts(VENDORS[provider], store, client, scope.scope(provider), settings, say)
            except SonitemiError as error:
                missing[provider] = str(error)
                continue
            ingestions.append(ingestion)
            missing |= {
                f"{provider} {failure.recording_id} {failure.variant}": failure.reason for failure in ingestion.failed
            }
        arrived = {
            f"{ingestion.provider}_{name}": value
            for ingestion in ingestions
            for name, value in (
                ("wanted", ingestion.wanted),
                ("new", len(ingestion.committed)),
                ("words", ingestion.tokens),
            )
        }
        for table in TABLES:
            extra = arrived if table is TRANSCRIPTS else {}
            yield dg.MaterializeResult(asset_key=table.name, metadata={**table_metadata(store, table), **extra})
    yield dg.AssetCheckResult(
        check_name=ARRIVED.name,
        asset_key="transcripts",
        passed=not missing,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"missing": len(missing), **{what: missing[what] for what in sorted(missing)[:50]}},
    )


ASSETS = [transcripts]
