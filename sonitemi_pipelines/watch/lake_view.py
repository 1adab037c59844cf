"""What the lake knows, as a look at a vendor needs it: rows of some ids, the unfinished ones, missing transcripts."""

from __future__ import annotations

import datetime as dt

from sonitemi_pipelines.lake.schemas import SYNC_FAILURES, TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.failures import open_failures
from sonitemi_pipelines.watch.decide import pause_after
from sonitemi_pipelines.watch.looker import Looker
from sonitemi_pipelines.watch.news import News


def versions(lake: Lake, looker: Looker) -> str:
    """The versions of the tables that decide which transcripts of a vendor are missing, as one text."""
    tables = [table.name for table in (looker.table, TRANSCRIPTS, SYNC_FAILURES, *looker.decisive)]
    found = lake.snapshot(tables)
    return " ".join(f"{name}={found.get(name, -1)}" for name in tables)


def missing_transcripts(lake: Lake, looker: Looker, now: dt.datetime) -> tuple[list[News], int]:
    """Transcripts that the sync would fetch now: those never tried or due again, and how many wait for their next try.

    They are missing because a run was killed between its list and its transcripts, or because fetching them failed.
    """
    wanted = looker.wanted(lake)
    failures = open_failures(lake, looker.provider)
    news, waiting = [], 0
    for item in wanted:
        source = item.source
        failure = failures.get((source.recording_id, source.variant))
        if failure is None:
            state = f"missing {source.variant} {source.source_modified_at}"
            news.append(News(source.recording_id, "missing", state))
        elif now >= failure["last_failed_at"] + dt.timedelta(seconds=pause_after(failure["attempts"])):
            news.append(News(source.recording_id, "retried", f"retried {source.variant} {failure['attempts']}"))
        else:
            waiting += 1
    return news, waiting
