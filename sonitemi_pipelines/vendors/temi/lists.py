"""Temi into the lake: jobs, the account balance, and which transcripts to fetch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal

import pyarrow.compute as pc

from sonitemi_pipelines.api.statuses import said_of
from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.api.temi.models import Account, Job
from sonitemi_pipelines.api.temi.statuses import JOBS
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import MalformedAnswerError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.answers import Answers, ask_each
from sonitemi_pipelines.sync.lists import (
    ListChange,
    Row,
    day_of,
    each_row,
    forgotten_ids,
    json_or_none,
    masked,
    merge_list,
    milliseconds,
)
from sonitemi_pipelines.sync.memo import Memo
from sonitemi_pipelines.sync.rows import Taken, again, take_known, told
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Wanted, known_transcripts
from sonitemi_pipelines.vendors.temi.tables import TEMI_ACCOUNT_BALANCE, TEMI_JOBS

PROVIDER = "temi"
_MOST_USD = Decimal(10) ** 12
TRANSCRIBED = sorted(said_of(JOBS, "completed"))
UNCHANGED_BALANCE_HOLDS = dt.timedelta(hours=5)
"""So that a run that finds nothing new writes nothing, and the schedule of every 6 hours still leaves its mark."""


@dataclass(frozen=True)
class BalanceChange:
    """The balance as observed, in USD; None when Temi sent none."""

    balance: Decimal | None
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.balance} USD"


def sync_jobs(
    lake: Lake, client: TemiClient, scope: Scope, *, in_flight: int, other_account: bool = False
) -> ListChange:
    """Bring `temi_jobs` to what the vendor has."""
    now = utc_now()

    def look_up(ids: list[str]) -> Answers[str, Row]:
        answers = ask_each(ids, client.jobs.get, in_flight=in_flight)
        rows = {id_: _job_row(job) for id_, job in answers.found.items()}
        return Answers(rows, answers.gone, answers.problems)

    if scope.ids is not None:
        return merge_list(
            lake, TEMI_JOBS, [], now, complete=False, provider=PROVIDER, look_up=look_up, asked=sorted(scope.ids)
        )
    memo = Memo(lake, TEMI_JOBS, client.session.fingerprint)

    def jobs(erased: Callable[[], Collection[str]] | None = None) -> Taken:
        return take_known(TEMI_JOBS, client.jobs.list, _job_row, memo, lambda _: "", erased)

    taken = jobs(lambda: forgotten_ids(lake, PROVIDER))
    change = merge_list(
        lake,
        TEMI_JOBS,
        taken.rows,
        now,
        complete=taken.proven,
        provider=PROVIDER,
        look_up=look_up,
        read_again=again(jobs),
        fingerprint=client.session.fingerprint,
        other_account=other_account,
    )
    return told(lake, change, PROVIDER, TEMI_JOBS, taken)


def observe_balance(lake: Lake, client: TemiClient) -> Account:
    """Add one row to `temi_account_balance`, unless it would repeat one that is not yet UNCHANGED_BALANCE_HOLDS old."""
    account = client.account.get()
    now = utc_now()
    balance = account.balance
    if abs(balance) >= _MOST_USD:
        raise MalformedAnswerError(PROVIDER, "account.get", vendor_message=f"no account holds {balance:.3g} USD")
    balance = balance.quantize(Decimal("0.01"))
    row = {"observed_at": now, "balance": balance, "extra": json_or_none(account.extra)}
    known = lake.read(TEMI_ACCOUNT_BALANCE).to_pylist()
    newest = max(known, key=lambda each: each["observed_at"], default=None)
    repeats = newest is not None and (newest["balance"], newest["extra"]) == (row["balance"], row["extra"])
    if newest is None or not repeats or now - newest["observed_at"] >= UNCHANGED_BALANCE_HOLDS:
        lake.append(TEMI_ACCOUNT_BALANCE, TEMI_ACCOUNT_BALANCE.from_rows([row]))
    return account


def wanted_transcripts(lake: Lake, scope: Scope) -> list[Wanted]:
    """Transcribed jobs whose transcript the lake lacks or has from before the last edit.

    The machine's transcript is wanted once a person has edited: until then it is the latest.
    """
    known = known_transcripts(lake, PROVIDER)
    columns = ["job_id", "name", "duration_ms", "created_at", "last_modified_at", "day"]
    transcribed = lake.read(
        TEMI_JOBS, columns, filters=pc.field("status").isin(TRANSCRIBED) & pc.field("deleted_at").is_null()
    )
    erased = forgotten_ids(lake, PROVIDER)
    wanted = []
    for job in each_row(transcribed):
        job_id, modified_at = job["job_id"], job["last_modified_at"]
        if job_id in erased or not scope.covers(job_id, job["created_at"]):
            continue
        for variant in ("latest", "machine") if modified_at is not None else ("latest",):
            have = known.get((job_id, variant))
            current = have is not None and (variant == "machine" or have.source_modified_at == modified_at)
            if current and not scope.refetch:
                continue
            source = Source(
                provider=PROVIDER,
                recording_id=job_id,
                variant=variant,
                day=job["day"],
                fetched_at=utc_now(),
                title=job["name"],
                duration_ms=job["duration_ms"],
                source_modified_at=modified_at if variant == "latest" else None,
            )
            wanted.append(Wanted(source, None if scope.refetch else have))
    return wanted


def fetch_transcript(client: TemiClient, source: Source) -> bytes:
    """The payload of one transcript variant (operation transcripts.get_json)."""
    return client.transcripts.get_json_bytes(
        source.recording_id, version="machine" if source.variant == "machine" else "latest"
    )


def _job_row(job: Job) -> Row:
    # `metadata` and `callback_url` are left out of a list's answers by some accounts; what was known stays known.
    sparse = {"callback_url": masked(job.callback_url), "metadata": job.metadata}
    return {
        "job_id": job.id,
        "name": job.name,
        "status": job.status,
        "created_at": job.created_on,
        "last_modified_at": job.last_modified_on,
        "duration_ms": milliseconds(job.duration_seconds),
        "web_url": masked(job.web_url),
        "failure": job.failure,
        "failure_detail": job.failure_detail,
        "extra": json_or_none(job.extra),
        "day": day_of(job.created_on),
    } | {name: value for name, value in sparse.items() if value is not None}
