"""Fetching, parsing and committing transcripts: N calls in flight, bounded memory, one bad one stops no other."""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import (
    AccessError,
    ApiError,
    AuthenticationError,
    LakeError,
    PayloadError,
    PaymentError,
    RateLimitedError,
    ServerError,
    TransportError,
)
from sonitemi_pipelines.lake.memory import give_back_memory, lean
from sonitemi_pipelines.lake.record import Source, TranscriptBatch
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts, replace_headers
from sonitemi_pipelines.parsing.assemble import assemble
from sonitemi_pipelines.parsing.columns import Columns, TakeApart, revision_of
from sonitemi_pipelines.progress import Progress, no_progress
from sonitemi_pipelines.sync.net import in_words
from sonitemi_pipelines.sync.threads import threads

log = logging.getLogger(__name__)

BATCH_TRANSCRIPTS = 100
BATCH_TOKENS = 250_000
"""A batch commits at whichever is reached first: a hundred transcripts, or what fits in about 100 MB. One is committed
while the next arrives."""

_DEAD_AFTER = 20
"""Failures in a row, of kinds that a vendor out of order shows, after which the rest waits for the next run."""
_TIRING = (TransportError, ServerError, RateLimitedError, PaymentError, AccessError)
_LIMITED_COUNTS = 5
"""A call that ends as rate-limited has waited for as long as it may: a few of them are enough."""


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
        gave_up: why the rest was left to the next run, when it was.
    """

    provider: str
    wanted: int = 0
    committed: tuple[tuple[str, str], ...] = ()
    unchanged: int = 0
    tokens: int = 0
    failed: tuple[FailedTranscript, ...] = ()
    gave_up: ApiError | None = None


@dataclass(frozen=True)
class _Same:
    """The lake's revision, fetched again; `header` is the row to write when its time of modification moved."""

    source: Source
    header: pa.Table | None


@dataclass(frozen=True)
class _Failure:
    source: Source
    error: ApiError | PayloadError
    is_final: bool = False


Fetch = Callable[[Source], bytes]


@lean()
def ingest(
    lake: Lake,
    provider: str,
    wanted: Sequence[Wanted],
    fetch: Fetch,
    take_apart: TakeApart,
    *,
    in_flight: int,
    progress: Progress = no_progress,
) -> Ingestion:
    """Fetch, parse and commit these transcripts. What cannot be taken is named in the result, and so is the error after
    which the vendor counts as out of order. An interruption drops what was not being committed yet.
    """
    committed: list[tuple[str, str]] = []
    failed: list[FailedTranscript] = []
    moved_headers: list[pa.Table] = []
    unchanged = tokens = tired = 0
    gave_up: ApiError | None = None
    batch: list[Columns] = []
    batch_tokens = 0

    def fail(source: Source, error: Exception) -> None:
        log.warning("%s %s %s: %s", provider, source.recording_id, source.variant, error)
        failed.append(FailedTranscript(provider, source.recording_id, source.variant, str(error)))

    with threads(1, "commit") as committer:
        commit: Future[list[tuple[Source, PayloadError]]] | None = None

        def settle() -> None:
            for source, error in commit.result() if commit is not None else ():
                committed.remove((source.recording_id, source.variant))
                fail(source, error)

        def flush() -> None:
            nonlocal batch, batch_tokens, commit
            # In the order of the files, so that no table needs to be sorted.
            batch.sort(key=lambda each: (each.source.recording_id, each.source.variant))
            rows = _assembled(batch)
            settle()
            commit = committer.submit(_commit, lake, batch, rows)
            committed.extend((t.source.recording_id, t.source.variant) for t in batch)
            batch, batch_tokens = [], 0

        for done, outcome in enumerate(_arrivals(wanted, fetch, take_apart, in_flight), start=1):
            if isinstance(outcome, Columns):
                batch.append(outcome)
                batch_tokens += len(outcome.texts)
                tokens += len(outcome.texts)
                if len(batch) >= BATCH_TRANSCRIPTS or batch_tokens >= BATCH_TOKENS:
                    flush()
            elif isinstance(outcome, _Failure):
                fail(outcome.source, outcome.error)
                if isinstance(outcome.error, _TIRING):
                    tired += _LIMITED_COUNTS if isinstance(outcome.error, RateLimitedError) else 1
                else:
                    tired = 0
                if isinstance(outcome.error, ApiError) and (outcome.is_final or tired >= _DEAD_AFTER):
                    gave_up = outcome.error
                    break
            else:
                unchanged += 1
                if outcome.header is not None:
                    moved_headers.append(outcome.header)
            if not isinstance(outcome, _Failure):
                tired = 0
            progress(f"{provider} transcripts", done, len(wanted))
        if batch:
            flush()
        settle()
        if moved_headers:
            replace_headers(lake, pa.concat_tables(moved_headers))
    give_back_memory()
    return Ingestion(provider, len(wanted), tuple(committed), unchanged, tokens, tuple(failed), gave_up)


def _assembled(batch: Sequence[Columns]) -> TranscriptBatch | None:
    """The rows of a batch; None where one of its transcripts spoils it. Not in the thread that commits: of two threads
    that run Python each waits for the other, while what a commit does, Arrow does beside Python.
    """
    try:
        return assemble(batch)
    except Exception as error:
        log.warning("a batch of %d cannot be put together: %s", len(batch), in_words(error, "reading the transcripts"))
        return None


def _commit(lake: Lake, batch: Sequence[Columns], rows: TranscriptBatch | None) -> list[tuple[Source, PayloadError]]:
    """Commit a batch; where one of its transcripts spoils it, each by itself. Gives those that cannot be.

    Raises:
        LakeError: the lake cannot be written to, whatever the transcript.
    """
    if rows is not None:
        try:
            commit_transcripts(lake, [rows])
        except LakeError:
            raise
        except Exception as error:
            log.warning("a batch of %d cannot be committed as one: %s", len(batch), in_words(error, "the commit"))
        else:
            return []
    spoilt = []
    for columns in batch:
        try:
            commit_transcripts(lake, [assemble([columns])])
        except LakeError:
            raise
        except Exception as error:
            spoilt.append((columns.source, PayloadError(in_words(error, "the commit"))))
    return spoilt


@dataclass(frozen=True)
class _Fetched:
    source: Source
    body: bytes


def _arrivals(
    wanted: Iterable[Wanted], fetch: Fetch, take_apart: TakeApart, in_flight: int
) -> Iterator[Columns | _Same | _Failure]:
    """Outcomes in the order asked for, with a bounded number of them waiting. They are taken apart here: several
    threads that do so keep each other from it, and each keeps memory of its own.
    """
    waiting: deque[tuple[Wanted, Future[_Fetched | _Failure]]] = deque()

    def first() -> Columns | _Same | _Failure:
        item, coming = waiting.popleft()
        return _read(item, coming.result(), take_apart)

    with threads(in_flight, "fetch") as pool:
        for item in wanted:
            waiting.append((item, pool.submit(_fetched, item.source, fetch)))
            if len(waiting) >= 4 * in_flight:
                yield first()
        while waiting:
            yield first()


def _fetched(source: Source, fetch: Fetch) -> _Fetched | _Failure:
    source = dataclasses.replace(source, fetched_at=utc_now())
    try:
        return _Fetched(source, fetch(source))
    except AuthenticationError as error:
        return _Failure(source, error, is_final=True)
    except (ApiError, PayloadError) as error:
        return _Failure(source, error)
    except Exception as error:
        return _Failure(source, PayloadError(in_words(error, "reading the transcript")))


def _read(item: Wanted, came: _Fetched | _Failure, take_apart: TakeApart) -> Columns | _Same | _Failure:
    if isinstance(came, _Failure):
        return came
    source, known = came.source, item.known
    try:
        if known is None or revision_of(came.body) != known.revision:
            return take_apart(came.body, source)
        if known.source_modified_at == source.source_modified_at and not item.renew:
            return _Same(source, None)
        return _Same(source, assemble([take_apart(came.body, source)]).transcripts)
    except PayloadError as error:
        return _Failure(source, error)
    except Exception as error:
        return _Failure(source, PayloadError(in_words(error, "reading the transcript")))
