"""The jobs an operator launches and schedules."""

# Annotations stay objects here: @dg.op compares the context's type itself.
import datetime as dt

import dagster as dg

from sonitemi_pipelines.dagster.resources import LakeResource
from sonitemi_pipelines.dagster.run_state import PROVIDERS, reads_tag
from sonitemi_pipelines.dagster.shared import failures_in_plain_words
from sonitemi_pipelines.pipeline.maintain import maintain as maintain_lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.webhooks import Inbox, existing_inbox

EVERYTHING = dg.AssetSelection.all()
KEEP_EVENTS = dt.timedelta(days=30)

# With run monitoring on, Dagster ends a run that hangs; without, it would keep its vendor waiting for ever.
_LIMITS = {"dagster/max_runtime": str(6 * 3600)}
_READS = {**_LIMITS, **{reads_tag(provider): "yes" for provider in PROVIDERS}}

sync = dg.define_asset_job(
    "sync",
    selection=EVERYTHING,
    description="Lists, transcripts, summaries, balance, marts, publish. Fetches only what is missing or changed.",
    executor_def=dg.in_process_executor,
    tags=_READS,
)

reconcile = dg.define_asset_job(
    "reconcile",
    selection=EVERYTHING,
    description="Like sync, and reads recent Sonix transcripts again, because no list of Sonix shows an edit. "
    "Marks what is gone or back, and summaries older than their transcript.",
    executor_def=dg.in_process_executor,
    config={"resources": {"scope": {"config": {"reread_days": Settings.from_env().reread_days}}}},
    tags=_READS,
)

balance = dg.define_asset_job(
    "balance",
    selection=dg.AssetSelection.assets("temi_account_balance").downstream(),
    description="Observes the Temi balance and refreshes what is computed from it.",
    executor_def=dg.in_process_executor,
    tags=_LIMITS,
)


@dg.op(description="Compaction, publication, vacuum and clean-up of every lake table.")
def maintain_tables(context: dg.OpExecutionContext, lake: LakeResource) -> None:
    with failures_in_plain_words():
        done = maintain_lake(lake.settings())
        columns = [dg.TableColumn(name) for name in ("table", "files_before", "files_after", "vacuumed")]
        rows = [
            dg.TableRecord(
                {
                    "table": table.table,
                    "files_before": table.files_before,
                    "files_after": table.files_after,
                    "vacuumed": table.vacuumed,
                }
            )
            for table in done
        ]
        context.add_output_metadata({"tables": dg.MetadataValue.table(rows, dg.TableSchema(columns))})
        context.log.info(f"{sum(table.files_before - table.files_after for table in done)} files fewer in use")


@dg.op(description="Forgets webhook events that were looked into long ago.", ins={"after": dg.In(dg.Nothing)})
def prune_inbox(context: dg.OpExecutionContext) -> None:
    with failures_in_plain_words():
        path = existing_inbox()
        if path is not None:
            with Inbox(path) as inbox:
                context.log.info(f"{inbox.prune(KEEP_EVENTS)} events forgotten")


@dg.job(
    description="Compacts the lake, publishes it, then deletes files that nothing has named for days.",
    executor_def=dg.in_process_executor,
    tags=_LIMITS,
)
def maintain() -> None:
    prune_inbox(maintain_tables())


JOBS = (sync, reconcile, balance, maintain)
