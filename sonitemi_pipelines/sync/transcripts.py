"""Fetching, parsing and committing transcripts: N calls in flight, bounded memory, one bad one stops no other."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import (
    ApiError,
    AuthenticationError,
    PayloadError,
    PaymentError,
    TransportError,
)
from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts, replace_headers
from sonitemi_pipelines.progress import Progress, no_progress

log = logging.getLogger(__name__)

BATCH_TRANSCRIPTS = 300
BATCH_TOKENS = 1_500_000
"""A batch commits at whichever is reached first: some hundred transcripts, or what fits in about 300 MB."""

_DEAD_AFTER = 20
"""Failures to connect in a row after which the vendor counts as unreachable and the rest waits for the next run."""


@dataclass(frozen=True)
class Known:
    """What the lake has of a transcript."""

    revision: str
    source_modified_at: dt.datetime | None
    fetched_at: dt.datetime


@dataclass(frozen=True)
class Wanted:
    """A transcript to fetch, and what the lake has of it already.

    `renew` writes the header's `fetched_at` even when the payload is the one the lake has. With `known` None it is
    committed whatever the lake has.
    """

    source: Source
    known: Known | None
    renew: bool = False


def known_transcripts(lake: Lake, provider: str) -> dict[tuple[str, str], Known]:
    """(recording_id, variant) -> what the lake has of it."""
    columns = ["recording_id", "variant", "revision", "source_modified_at", "fetched_at"]
    rows = lake.read(TRANSCRIPTS, columns, filters=pc.field("provider") == provider)
    values = zip(*(rows[name].to_pylist() for name in columns), strict=True)
    return {(id_, variant): Known(*rest) for id_, variant, *rest in values}


@dataclass(frozen=True)
class FailedTranscript:
    """A transcript that did not arrive, and why."""

    provider: str
    recording_id: str
    variant: str
    reason: str


@dataclass(frozen=True)
class Ingestion:
    """What fetching transcripts of one vendor came to.

    Attributes:
        wanted: transcripts asked for.
        committed: (recording_id, variant) of those whose revision is new to the lake.
        unchanged: fetched, with the revision the lake had.
    """

    provider: str
    wanted: int = 0
    committed: tuple[tuple[str, str], ...] = ()
    unchanged: int = 0
    tokens: int = 0
    failed: tuple[FailedTranscript, ...] = ()


@dataclass(frozen=True)
class _Same:
    """The lake's revision, fetched again; `header` is the row to write when its time of modification moved."""

    source: Source
    header: pa.Table | None


@dataclass(frozen=True)
class _Failure:
    source: Source
    error: ApiError | PayloadError


Fetch = Callable[[Source], bytes]
Parse = Callable[[bytes, Source], Transcript]


def ingest(
    lake: Lake,
    provider: str,
    wanted: Sequence[Wanted],
    fetch: Fetch,
    parse: Parse,
    *,
    in_flight: int,
    progress: Progress = no_progress,
) -> Ingestion:
    """Fetch, parse and commit these transcripts.

    Raises:
        AuthenticationError, PaymentError, TransportError: no transcript of this vendor can arrive; what arrived before
            is committed.
    """
    committed: list[tuple[str, str]] = []
    failed: list[FailedTranscript] = []
    moved_headers: list[pa.Table] = []
    unchanged = tokens = unreachable = 0
    batch: list[Transcript] = []
    batch_tokens = 0
    with ThreadPoolExecutor(1, thread_name_prefix="commit") as committer:
        commit: Future[None] | None = None

        def flush() -> None:
            nonlocal batch, batch_tokens, commit
            if commit is not None:
                commit.result()
            commit = committer.submit(commit_transcripts, lake, batch)
            committed.extend((t.source.recording_id, t.source.variant) for t in batch)
            batch, batch_tokens = [], 0

        try:
            for done, outcome in enumerate(_arrivals(wanted, fetch, parse, in_flight), start=1):
                if not isinstance(outcome, _Failure):
                    unreachable = 0
                if isinstance(outcome, Transcript):
                    batch.append(outcome)
                    batch_tokens += outcome.words.num_rows
                    tokens += outcome.words.num_rows
                    if len(batch) >= BATCH_TRANSCRIPTS or batch_tokens >= BATCH_TOKENS:
                        flush()
                elif isinstance(outcome, _Failure):
                    source, error = outcome.source, outcome.error
                    log.warning("%s %s %s: %s", provider, source.recording_id, source.variant, error)
                    failed.append(FailedTranscript(provider, source.recording_id, source.variant, str(error)))
                    unreachable = unreachable + 1 if isinstance(error, TransportError) else 0
                    if unreachable >= _DEAD_AFTER:
                        raise error
                else:
                    unchanged += 1
                    if outcome.header is not None:
                        moved_headers.append(outcome.header)
                progress(f"{provider} transcripts", done, len(wanted))
        finally:
            if batch:
                flush()
            if commit is not None:
                commit.result()
            if moved_headers:
                replace_headers(lake, pa.concat_tables(moved_headers))
    return Ingestion(provider, len(wanted), tuple(committed), unchanged, tokens, tuple(failed))


def _arrivals(
    wanted: Iterable[Wanted], fetch: Fetch, parse: Parse, in_flight: int
) -> Iterator[Transcript | _Same | _Failure]:
    """Outcomes in the order asked for, with a bounded number of them waiting."""
    waiting: deque[Future[Transcript | _Same | _Failure]] = deque()
    pool = ThreadPoolExecutor(in_flight, thread_name_prefix="fetch")
    try:
        for item in wanted:
            waiting.append(pool.submit(_one, item, fetch, parse))
            if len(waiting) >= 4 * in_flight:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _one(item: Wanted, fetch: Fetch, parse: Parse) -> Transcript | _Same | _Failure:
    source = dataclasses.replace(item.source, fetched_at=utc_now())
    try:
        body = fetch(source)
        known = item.known
        if known is not None and hashlib.sha256(body).hexdigest() == known.revision:
            if known.source_modified_at == source.source_modified_at and not item.renew:
                return _Same(source, None)
            return _Same(source, parse(body, source).transcripts)
        return parse(body, source)
    except (AuthenticationError, PaymentError):
        raise
    except (ApiError, PayloadError) as error:
        return _Failure(source, error)
