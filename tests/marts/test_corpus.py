"""Golden lists, worked out by hand: usage, cost, backlog, failures, balance, summaries, people."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.marts.seeds import run_inputs
from sonitemi_pipelines.settings import Settings

from .talk import DAY, Marts, sonix, temi, turn, words

NOON = dt.datetime(2026, 3, 1, 12)


def media(media_id: str, status: str | None, **more: Any) -> dict[str, Any]:
    return {"media_id": media_id, "status": status, "created_at": NOON, "first_seen_at": NOON, "day": DAY, **more}


def job(job_id: str, status: str, **more: Any) -> dict[str, Any]:
    return {"job_id": job_id, "status": status, "created_at": NOON, "first_seen_at": NOON, "day": DAY, **more}


def balances(*steps: tuple[int, str]) -> list[dict[str, Any]]:
    """(day of March, may be after or before it, balance) at noon."""
    start = dt.datetime(2026, 2, 28, 12)
    return [{"observed_at": start + dt.timedelta(days=day), "balance": Decimal(amount)} for day, amount in steps]


def test_recordings_of_both_vendors_under_one_set_of_statuses() -> None:
    """A status of one vendor is unknown to the questions asked of both, or an unknown one passes for completed."""
    sonix_statuses = [
        "preparing",
        "transcribing",
        "aligning",
        "completed",
        "failed",
        "blocked",
        "duplicate",
        "odd",
        None,
    ]
    temi_statuses = ["in_progress", "inprogress", "transcribed", "failed", "odd"]
    marts = Marts(
        sonix_media=[media(f"m{i}", status) for i, status in enumerate(sonix_statuses)],
        temi_jobs=[job(f"j{i}", status) for i, status in enumerate(temi_statuses)],
    )
    assert marts.rows("recordings", "recording_id", "status", "vendor_status") == [
        *zip(
            [f"m{i}" for i in range(9)],
            [*["in_progress"] * 3, "completed", "failed", "blocked", "duplicate", "unknown", "unknown"],
            sonix_statuses,
            strict=True,
        ),
        *zip(
            [f"j{i}" for i in range(5)],
            ["in_progress", "in_progress", "completed", "failed", "unknown"],
            temi_statuses,
            strict=True,
        ),
    ]


def test_usage_and_cost_by_day() -> None:
    """The monthly bill cannot be checked: started minutes or rates are wrong, or an unknown rate is guessed."""
    marts = Marts(
        sonix_media=[media("m1", "completed", duration_ms=90_000)],
        temi_jobs=[
            job("j1", "transcribed", duration_ms=60_001),
            job("j2", "transcribed", duration_ms=60_000, deleted_at=NOON),
            job("j3", "failed"),
            job("j4", "in_progress", duration_ms=30_000, day=dt.date(2026, 3, 2)),
        ],
        rates=[{"provider": "temi", "usd_per_minute": Decimal("0.255")}],
    )
    columns = ("provider", "day", "recordings", "completed", "failed", "deleted", "minutes", "started_minutes", "cost")
    assert marts.rows("usage_daily", *columns) == [
        ("sonix", DAY, 1, 1, 0, 0, 1.5, 2, None),
        ("temi", DAY, 3, 2, 1, 1, pytest.approx(120_001 / 60_000), 3, Decimal("0.77")),
        ("temi", dt.date(2026, 3, 2), 1, 0, 0, 0, 0.5, 0, Decimal("0.00")),
    ]


def test_turnaround_is_known_only_for_recordings_seen_young() -> None:
    """A backfill of last year's recordings makes the vendor look a year slow."""
    old = dt.datetime(2025, 1, 1)
    marts = Marts(
        sonix(turn("Ann", 0, 1000, "one"), recording_id="m1"),
        sonix(turn("Ann", 0, 1000, "one"), recording_id="m2"),
        sonix_media=[media("m1", "completed", duration_ms=6 * 3600_000), media("m2", "completed", created_at=old)],
    )
    assert marts.rows("turnaround", "recording_id", "turnaround_ms", "real_time_factor") == [
        ("m1", 12 * 3600_000, 2.0),
        ("m2", None, None),
    ]


def test_failures_of_vendor_and_ingestion() -> None:
    """An operator does not see what failed, or sees what was deleted since."""
    marts = Marts(
        sonix_media=[media("m1", "blocked"), media("m2", "failed", deleted_at=NOON), media("m3", "completed")],
        temi_jobs=[job("j1", "failed", failure="invalid_media", failure_detail="no sound")],
        sync_failures=[
            {"provider": "sonix", "recording_id": "m3", "variant": "latest", "reason": "odd", "attempts": 2}
        ],
    )
    assert sorted(marts.rows("failures", "recording_id", "stage", "reason", "detail", "attempts")) == [
        ("j1", "vendor", "invalid_media", "no sound", None),
        ("m1", "vendor", "blocked", None, None),
        ("m3", "ingestion", "odd", None, 2),
    ]


def test_backlog() -> None:
    """A recording that waits for ever is not listed, or one that is done is."""
    marts = Marts(
        sonix(turn("Ann", 0, 1000, "one"), recording_id="m3"),
        sonix_media=[media("m1", "transcribing"), media("m2", "completed"), media("m3", "completed")],
        temi_jobs=[job("j1", "in_progress", deleted_at=NOON), job("j2", "paused"), job("j3", "failed")],
    )
    assert marts.rows("backlog", "recording_id", "waits_for") == [
        ("m1", "vendor"),
        ("m2", "ingestion"),
        ("j2", "vendor"),
    ]


def test_spend_reconciles_balance_steps_with_jobs() -> None:
    """Money that left the account is not explained, or a repeated observation counts as a step."""
    marts = Marts(
        temi_account_balance=balances((1, "10.00"), (2, "10.00"), (3, "9.00"), (4, "9.00"), (5, "29.00")),
        temi_jobs=[
            job("j1", "transcribed", duration_ms=150_000, created_at=dt.datetime(2026, 3, 2)),
            job("j2", "failed", duration_ms=150_000, created_at=dt.datetime(2026, 3, 2)),
            job("j3", "transcribed", duration_ms=60_000, created_at=dt.datetime(2026, 3, 4)),
        ],
        rates=[{"provider": "temi", "usd_per_minute": Decimal("0.25")}],
    )
    columns = ("observed_at", "spent", "added", "jobs", "started_minutes", "expected", "unexplained")
    assert marts.rows("spend", *columns) == [
        (dt.datetime(2026, 3, 3, 12), Decimal("1.00"), Decimal("0.00"), 1, 3, Decimal("0.75"), Decimal("0.25")),
        (dt.datetime(2026, 3, 5, 12), Decimal("0.00"), Decimal("20.00"), 1, 1, Decimal("0.25"), Decimal("-20.25")),
    ]


def test_spend_without_a_rate_is_unknown() -> None:
    """A rate nobody configured is guessed."""
    (row,) = Marts(temi_account_balance=balances((1, "10.00"), (2, "9.00"))).rows(
        "spend", "spent", "expected", "unexplained"
    )
    assert row == (Decimal("1.00"), None, None)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(1, "10.00")], (None, None, None)),
        ([(1, "10.00"), (3, "10.00")], (0.0, None, None)),
        ([(1, "10.00"), (3, "8.00"), (5, "6.00")], (1.0, 6.0, dt.date(2026, 3, 11))),
        ([(1, "10.00"), (3, "8.00"), (4, "50.00"), (5, "48.00")], (1.0, 48.0, dt.date(2026, 4, 22))),
        ([(1, "10.00"), (5, "0.00")], (2.5, 0.0, dt.date(2026, 3, 5))),
        # Seen daily for 40 days: 120 fell on the last of them, within the 30 days before it.
        ([*((day, "500.00") for day in range(-39, 1)), (1, "380.00")], (4.0, 95.0, dt.date(2026, 6, 4))),
        # Seen twice, 60 days apart: nobody knows when it fell, so it fell over all of them.
        ([(-59, "500.00"), (1, "380.00")], (2.0, 190.0, dt.date(2026, 9, 7))),
        # What fell before the 30 days is not what is spent now.
        ([(-49, "500.00"), (-39, "300.00"), (-20, "300.00"), (1, "285.00")], (0.375, 760.0, dt.date(2028, 3, 30))),
    ],
    ids=[
        "one observation",
        "nothing spent",
        "steady",
        "topped up",
        "empty",
        "after a quiet month",
        "seen rarely",
        "spent long ago",
    ],
)
def test_balance_forecast(steps: list[tuple[int, str]], expected: tuple[Any, ...]) -> None:
    """The account runs dry before the forecast says so."""
    (row,) = Marts(temi_account_balance=balances(*steps)).rows(
        "balance_forecast", "burn_per_day", "days_left", "empty_on"
    )
    assert row == expected


def test_balance_never_observed_has_no_forecast() -> None:
    """An account without Temi gets a forecast of nothing."""
    assert Marts().rows("balance_forecast") == []


def test_corpus_terms_stand_in_several_recordings() -> None:
    """A word of one talkative recording passes for a theme of all."""
    marts = Marts(
        *(
            sonix(turn("Ann", 0, 1000, text), recording_id=f"m{i}")
            for i, text in enumerate(["boat boat", "Boat garden", "x"])
        ),
        sonix(turn("Ann", 0, 1000, "garden"), recording_id="m0", variant="translation-en"),
    )
    assert marts.rows("corpus_terms", "language", "n", "term", "recordings", "occurrences") == [("en", 1, "boat", 2, 3)]


def test_equal_labels_are_one_person_only_where_the_user_says_so() -> None:
    """Every "Speaker 1" of the account becomes one very talkative person."""
    marts = Marts(
        *(sonix(turn("Speaker 1", 0, 1000, "one two"), recording_id=f"m{i}") for i in range(3)),
        temi(("Ann", words("three", 0, 500))),
        speaker_map=[
            {"provider": "sonix", "recording_id": "m0", "speaker": "Speaker 1", "person": "Ann Berg"},
            {"provider": "temi", "recording_id": "job1", "speaker": "Ann", "person": "Ann Berg"},
        ],
    )
    columns = ("recording_id", "person", "recordings_with_label", "person_recordings", "person_words")
    assert marts.rows("speaker_directory", *columns) == [
        ("m0", "Ann Berg", 3, 2, 3),
        ("m1", None, 3, None, None),
        ("m2", None, 3, None, None),
        ("job1", "Ann Berg", 1, 2, 3),
    ]


def test_speaker_map_is_read_beside_the_warehouse_and_checked(tmp_path: Path) -> None:
    """A mistake in the user's own file maps speakers silently wrong."""
    settings = Settings(warehouse=tmp_path / "warehouse.duckdb", of_vendors={"TEMI_RATE_PER_MINUTE": "0.25"})
    assert run_inputs(settings)["speaker_map"].num_rows == 0
    path = tmp_path / "speaker_map.csv"
    path.write_text("provider,recording_id,speaker,person\nsonix,m0,Speaker 1,Ann\n")
    assert run_inputs(settings)["speaker_map"]["person"].to_pylist() == ["Ann"]
    assert run_inputs(settings)["rates"].to_pylist() == [{"provider": "temi", "usd_per_minute": Decimal("0.25")}]
    path.write_text("provider,recording_id,speaker,person\nsonix,m0,Speaker 1,Ann\nsonix,m0,Speaker 1,Bob\n")
    with pytest.raises(MartError, match=r"speaker_map.csv:3: .* mapped twice"):
        run_inputs(settings)
    path.write_text("who,what\n")
    with pytest.raises(MartError, match=r"speaker_map.csv:1: the columns are"):
        run_inputs(settings)


def test_summary_coverage_by_prompt() -> None:
    """A recording added to a folder after the batch is not seen to lack its summary, or a stale one passes for good."""
    batch = {"batch_id": "b1", "folder_id": "f1", "prompt": "Sum up", "status": "completed", "created_at": NOON}
    marts = Marts(
        sonix_media=[
            media("m1", "completed", folder_id="f1"),
            media("m2", "completed", folder_id="f1"),
            media("m3", "completed"),
            media("m4", "failed", folder_id="f1"),
        ],
        sonix_batch_summaries=[{**batch, "media_id": "m1", "summary": "Good.", "stale": True}],
        sonix_summaries=[
            {"summarization_id": "s1", "media_id": "m1", "prompt": "Who?", "summary": "Ann.", "stale": False}
        ],
    )
    assert marts.rows("summary_coverage", "media_id", "prompt", "summarized", "stale") == [
        ("m1", "Sum up", True, True),
        ("m1", "Who?", True, False),
        ("m2", "Sum up", False, None),
        ("m3", None, False, None),
    ]
