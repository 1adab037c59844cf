"""The marts of an account: recordings, what waits and what failed, use and money."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from .known import Known, Row, of_corpus, ratio, threshold

STATUSES = {
    "sonix": {
        **dict.fromkeys(("preparing", "transcribing", "aligning"), "in_progress"),
        **{status: status for status in ("completed", "failed", "blocked", "duplicate")},
    },
    "temi": {"in_progress": "in_progress", "inprogress": "in_progress", "transcribed": "completed", "failed": "failed"},
}
NAMES = {
    "sonix": ("sonix_media", {"recording_id": "media_id", "modified_at": "updated_at", "url": "public_url"}),
    "temi": ("temi_jobs", {"recording_id": "job_id", "modified_at": "last_modified_at", "url": "web_url"}),
}
COLUMNS = (
    *("recording_id", "name", "language", "duration_ms", "created_at", "modified_at", "url", "folder_id"),
    *("folder_name", "failure", "failure_detail", "first_seen_at", "changed_at", "deleted_at", "day"),
)
CENT = Decimal("0.01")


@of_corpus("recordings")
def recordings(known: Known) -> Iterator[Row]:
    for provider, (table, names) in NAMES.items():
        for row in known.rows[table]:
            status = row.get("status")
            yield {
                "provider": provider,
                **{column: row.get(names.get(column, column)) for column in COLUMNS},
                "status": STATUSES[provider].get(status or "", "unknown"),
                "vendor_status": status,
            }


def _by_id(known: Known) -> dict[tuple[str, str], Row]:
    return {(row["provider"], row["recording_id"]): row for row in known.second("recordings")}


@of_corpus("backlog")
def backlog(known: Known) -> Iterator[Row]:
    here = {
        (one.key["provider"], one.key["recording_id"]) for one in known.transcripts if one.key["variant"] == "latest"
    }
    for key, row in _by_id(known).items():
        waits = "ingestion" if row["status"] == "completed" and key not in here else None
        if row["status"] in ("in_progress", "unknown"):
            waits = "vendor"
        if waits is not None and row["deleted_at"] is None:
            names = ("name", "vendor_status", "duration_ms", "created_at", "first_seen_at")
            yield {
                "provider": key[0],
                "recording_id": key[1],
                "waits_for": waits,
                **{name: row[name] for name in names},
            }


@of_corpus("failures")
def failures(known: Known) -> Iterator[Row]:
    there = _by_id(known)

    def named(key: tuple[str, str], **more: object) -> Row:
        nothing = dict.fromkeys(("variant", "detail", "attempts"))
        name = there[key]["name"] if key in there else None
        return {"provider": key[0], "recording_id": key[1], "name": name, **nothing, **more}

    for key, row in there.items():
        if row["status"] in ("failed", "blocked") and row["deleted_at"] is None:
            yield named(
                key,
                stage="vendor",
                reason=row["failure"] or row["vendor_status"],
                detail=row["failure_detail"],
                since_at=row["created_at"],
            )
    for row in known.rows["sync_failures"]:
        yield named(
            (row["provider"], row["recording_id"]),
            variant=row["variant"],
            stage="ingestion",
            reason=row["reason"],
            since_at=row["first_failed_at"],
            attempts=row["attempts"],
        )
    aside = defaultdict(list)
    for row in known.rows["mart_failures"]:
        aside[row["provider"], row["recording_id"]].append(row)
    for key, rows in aside.items():
        reason, since = min(row["reason"] for row in rows), min(row["failed_at"] for row in rows)
        yield named(key, stage="marts", reason=reason, since_at=since)


@of_corpus("turnaround")
def turnaround(known: Known) -> Iterator[Row]:
    fetched = defaultdict(list)
    for one in known.transcripts:
        if one.key["variant"] == "latest":
            fetched[one.key["provider"], one.key["recording_id"]].append(one.head["fetched_at"])
    there = _by_id(known)
    for key in fetched.keys() & there.keys():
        row, first = there[key], min(fetched[key])
        young = row["first_seen_at"] - row["created_at"] <= dt.timedelta(days=threshold("backfill_days"))
        took = (first - row["created_at"]) // dt.timedelta(milliseconds=1)
        took_ms = took if young and first >= row["created_at"] else None
        yield {
            "provider": key[0],
            "recording_id": key[1],
            "created_at": row["created_at"],
            "first_fetched_at": first,
            "turnaround_ms": took_ms,
            "duration_ms": row["duration_ms"],
            "real_time_factor": ratio(took_ms, row["duration_ms"]),
        }


def _rate(known: Known, provider: str) -> Decimal | None:
    return next((row["usd_per_minute"] for row in known.rows["rates"] if row["provider"] == provider), None)


def _cost(minutes: int, rate: Decimal | None) -> Decimal | None:
    return None if rate is None else (minutes * rate).quantize(CENT, ROUND_HALF_UP)


def _started(rows: list[Row]) -> int:
    return sum(math.ceil(row["duration_ms"] / 60_000) for row in rows if row["duration_ms"] is not None)


@of_corpus("usage_daily")
def usage_daily(known: Known) -> Iterator[Row]:
    days = defaultdict(list)
    for row in known.second("recordings"):
        days[row["provider"], row["day"]].append(row)
    for (provider, day), rows in days.items():
        statuses = Counter(row["status"] for row in rows)
        completed = [row for row in rows if row["status"] == "completed"]
        yield {
            "provider": provider,
            "day": day,
            "recordings": len(rows),
            **{
                name: statuses[name]
                for name in ("in_progress", "completed", "failed", "blocked", "duplicate", "unknown")
            },
            "deleted": sum(row["deleted_at"] is not None for row in rows),
            "minutes": sum(row["duration_ms"] or 0 for row in rows) / 60_000,
            "completed_minutes": sum(row["duration_ms"] or 0 for row in completed) / 60_000,
            "started_minutes": _started(completed),
            "cost": _cost(_started(completed), _rate(known, provider)),
        }


# ---- money


def _changes(known: Known) -> list[tuple[dt.datetime, dt.datetime, Decimal, Decimal]]:
    """(last change before, when it shows, balance before, balance) of each change of Temi's balance."""
    seen = sorted((row["observed_at"], row["balance"]) for row in known.rows["temi_account_balance"])
    kept = seen[:1]
    for at, balance in seen:
        if balance != kept[-1][1]:
            kept.append((at, balance))
    return [(before, at, was, now) for (before, was), (at, now) in itertools.pairwise(kept)]


@of_corpus("spend")
def spend(known: Known) -> Iterator[Row]:
    jobs = [row for row in known.second("recordings") if row["provider"] == "temi" and row["status"] != "failed"]
    for since, at, was, now in _changes(known):
        meanwhile = [row for row in jobs if since < row["created_at"] <= at]
        expected = _cost(_started(meanwhile), _rate(known, "temi"))
        yield {
            "provider": "temi",
            "since_at": since,
            "observed_at": at,
            "balance_before": was,
            "balance": now,
            "spent": max(was - now, Decimal(0)),
            "added": max(now - was, Decimal(0)),
            "jobs": len(meanwhile),
            "started_minutes": _started(meanwhile),
            "expected": expected,
            "unexplained": None if expected is None else was - now - expected,
        }


@of_corpus("balance_forecast")
def balance_forecast(known: Known) -> Iterator[Row]:
    seen = sorted((row["observed_at"], row["balance"]) for row in known.rows["temi_account_balance"])
    if not seen:
        return
    last, balance = seen[-1]
    long_ago = [at for at, _ in seen if (last.date() - at.date()).days >= threshold("forecast_days")]
    since = max(long_ago) if long_ago else seen[0][0]
    days = max((last.date() - since.date()).days, 1) if len(seen) > 1 else None
    spent = sum(max(was - now, Decimal(0)) for _, at, was, now in _changes(known) if at > since)
    left = float(balance) * days / float(spent) if days and spent else None
    yield {
        "provider": "temi",
        "as_of": last.date(),
        "balance": balance,
        "days_observed": days,
        "burn_per_day": float(spent) / days if days else None,
        "days_left": left,
        "empty_on": last.date() + dt.timedelta(days=math.floor(left)) if left is not None and left <= 3650 else None,
    }


@of_corpus("summary_coverage")
def summary_coverage(known: Known) -> Iterator[Row]:
    asked = [
        row for table in ("sonix_batch_summaries", "sonix_summaries") for row in known.rows[table] if row["media_id"]
    ]
    for media in known.second("recordings"):
        if media["provider"] != "sonix" or media["status"] != "completed" or media["deleted_at"] is not None:
            continue
        own = [row for row in asked if row["media_id"] == media["recording_id"]]
        prompts = {row["prompt"] for row in own}
        if media["folder_id"] is not None:
            batches = known.rows["sonix_batch_summaries"]
            prompts |= {row["prompt"] for row in batches if row["folder_id"] == media["folder_id"]}
        for prompt in prompts or {None}:
            rows = [row for row in own if row["prompt"] == prompt]
            answers = [row for row in rows if row.get("summary") is not None]
            yield {
                "provider": media["provider"],
                "media_id": media["recording_id"],
                "name": media["name"],
                "folder_id": media["folder_id"],
                "prompt": prompt,
                "summarized": bool(answers),
                "stale": all(row["stale"] for row in answers) if answers else None,
                "answers": len(answers),
                "last_asked_at": max((row["created_at"] for row in rows), default=None),
            }
