"""Sides, windows and comparisons, worked out by hand."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest

from tests.marts.talk import Marts, sonix, turn

LONG = "so we went there and it was closed again"


def mapped(speaker: str, person: str, side: str | None, recording_id: str = "rec1") -> dict[str, Any]:
    return {
        "provider": "sonix",
        "recording_id": recording_id,
        "speaker": speaker,
        "person": person,
        "side": side,
    }


MAP = [mapped("Ann", "Ann Berg", "host"), mapped("Hal", "Hal Moe", "host"), mapped("Gil", "Gil Roe", "guest")]


@pytest.fixture(scope="module")
def marts() -> Marts:
    call = sonix(
        turn("Ann", 0, 10_000, LONG),
        turn("Gil", 10_100, 10_500, "mhm"),
        turn("Ann", 10_600, 15_000, LONG),
        turn("Hal", 15_100, 20_600, LONG),
        turn("Gil", 21_600, 31_600, LONG),
        turn("Zoe", 32_000, 34_000, LONG),
        turn("Ann", 36_500, 40_500, LONG),
        turn("Gil", 39_500, 45_500, LONG),
    )
    other = sonix(turn("Ann", 0, 30_000, LONG), recording_id="rec2")
    media = [
        {
            "media_id": name,
            "name": name,
            "status": "completed",
            "folder_name": folder,
            "created_at": dt.datetime(2026, 3, 1),
            "day": dt.date(2026, 3, 1),
        }
        for name, folder in (("rec1", "sales"), ("rec2", None))
    ]
    return Marts(call, other, sonix_media=media, speaker_map=[*MAP, mapped("Ann", "Ann Berg", None, "rec2")])


def test_sides(marts: Marts) -> None:
    """Host and guest get each other's ratio, patience or monologue, or an acknowledgement ends a monologue."""
    columns = (
        "side",
        "speakers",
        "speaking_ms",
        "floor_changes",
        "interruptions",
        "patience_ms",
        "longest_monologue_ms",
    )
    assert marts.rows("side_stats", *columns) == [
        ("guest", 1, 16_400, 2, 1, 1000.0, 10_000),
        ("host", 2, 23_900, 1, 0, 2500.0, 20_600),
    ]
    host = marts.one("side_stats", side="host")
    assert host["talk_ratio"] == pytest.approx(23_900 / 42_300)
    assert host["talk_to_listen"] == pytest.approx(23_900 / 18_400)
    assert (host["turns"], host["back_channels"], marts.one("side_stats", side="guest")["back_channels"]) == (3, 0, 1)


def test_comparisons_pool_rates(marts: Marts) -> None:
    """The mean of two rates passes for the rate of both calls together."""
    ann = marts.one("comparisons", dimension="person", item="Ann Berg")
    assert (ann["recordings"], ann["words"], ann["speaking_ms"]) == (2, 36, 48_400)
    assert ann["speech_rate_wpm"] == pytest.approx(36 / (49_000 / 60_000))
    assert ann["talk_share"] == pytest.approx(48_400 / 72_300)
    assert {(r["dimension"], r["item"], r["recordings"]) for r in marts.rows("comparisons")} >= {
        ("folder", "", 1),
        ("folder", "sales", 1),
        ("month", "2026-03", 2),
        ("side", "guest", 1),
    }


def test_windows() -> None:
    """A lively half hour and a lecture look alike, or the window in which nobody spoke is missing."""
    marts = Marts(
        sonix(
            turn("Ann", 0, 30_000, LONG),
            turn("Bob", 31_000, 41_000, LONG),
            turn("Ann", 290_000, 310_000, LONG),
            turn("Bob", 900_000, 930_000, LONG),
        )
    )
    columns = ("window_index", "speakers", "speaking_ms", "silence_ms", "floor_changes", "turn_balance")
    share = 40 / 50
    balance = round(-(share * math.log(share) + (1 - share) * math.log(1 - share)) / math.log(2), 9)
    assert marts.rows("interaction_windows", *columns) == [
        (0, 2, 50_000, 250_000, 2, balance),
        (1, 1, 10_000, 290_000, 0, None),
        (2, 0, 0, 300_000, 0, None),
        (3, 1, 30_000, 0, 1, None),
    ]
    rates = [row["floor_changes_per_minute"] for row in marts.rows("interaction_windows")]
    assert rates == [pytest.approx(0.4), 0, 0, pytest.approx(2)]
