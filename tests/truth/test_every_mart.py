"""Every row and column of every mart, against a second computation that shares nothing with the SQL but the headers."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.lake.record import Source
from tests.marts.talk import STEPS, Marts, sonix, turn
from tests.parsed import parse_sonix, parse_temi

from .account import Account, account
from .second import edits
from .second.known import OF_CORPUS, OF_TRANSCRIPT, Known, Row

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
SHOWN = [mart.name for mart in STEPS.values() if mart.stored or mart.is_view]
FEW, MANY = 12, 300


def calls() -> Account:
    """Ten real earnings calls, the times of which an aligner cut."""
    found = []
    for path in sorted(REAL.glob("*/*.json")):
        provider = path.parent.name
        source = Source(provider, path.stem, "latest", dt.date(2026, 3, 1), dt.datetime(2026, 3, 2), language="en")
        found.append((parse_sonix if provider == "sonix" else parse_temi)(path.read_bytes(), source))
    return Account(found, {})


def meetings() -> Account:
    """Real meetings with true overlaps: each run of one speaker's words as one word."""
    found = []
    for path in sorted((REAL / "ami").glob("*.rttm")):
        lines = [line.split() for line in path.read_text().splitlines()]
        runs = [(round(float(a[3]) * 1000), round((float(a[3]) + float(a[4])) * 1000), a[7]) for a in lines]
        said = [turn(speaker, start, end, [("x", start, end)]) for start, end, speaker in runs]
        found.append(sonix(*said, recording_id=path.stem, language=None))
    return Account(found, {})


class Compared:
    """An account's marts, and the same computed a second time."""

    def __init__(self, given: Account) -> None:
        self.marts = Marts(*given.transcripts, **given.rows)
        operations = sorted(self.marts.rows("edit_operations"), key=lambda row: row["operation_index"])
        self.known = Known(given.transcripts, given.rows, operations)
        quality = self.known.second("transcript_quality")
        self._of_transcript = {
            _key(row): {"low_quality": row["low_quality"], "day": one.head["day"]}
            for row, one in zip(quality, self.known.transcripts, strict=True)
        }

    def expected(self, mart: str) -> list[Row]:
        rows = self.known.second(mart)
        if mart in OF_TRANSCRIPT:
            added = {"low_quality", "day"} & {column.name for column in STEPS[mart].columns}
            rows = [{**row, **{name: self._of_transcript[_key(row)][name] for name in added}} for row in rows]
        return rows


def _key(row: Row) -> tuple[str, ...]:
    return (row["provider"], row["recording_id"], row["variant"])


@pytest.fixture(
    scope="session",
    params=[
        "few",
        pytest.param("many", marks=pytest.mark.slow),
        pytest.param("calls", marks=pytest.mark.slow),
        "meetings",
    ],
)
def compared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    if request.param in ("calls", "meetings") and not REAL.is_dir():
        pytest.skip("real conversations are not here: no ../shared/real beside this checkout")
    match request.param:
        case "calls":
            yield Compared(calls())
        case "meetings":
            yield Compared(meetings())
        case size:
            yield Compared(account(FEW if size == "few" else MANY, tmp_path_factory.mktemp("account")))


def test_every_mart_has_a_second_computation() -> None:
    """A mart comes in that nobody checks."""
    assert sorted({*OF_TRANSCRIPT, *OF_CORPUS}) == sorted(SHOWN)


@pytest.mark.parametrize("mart", SHOWN)
def test_the_second_computation_agrees(compared: Compared, mart: str) -> None:
    """A number is not what its header says it is."""
    names = [column.name for column in STEPS[mart].columns]
    found = [{name: row[name] for name in names} for row in compared.marts.rows(mart)]
    expected = compared.expected(mart)
    assert all(set(row) == set(names) for row in expected)
    order = list(STEPS[mart].key)
    found, expected = (sorted(rows, key=lambda row: [str(row[name]) for name in order]) for rows in (found, expected))
    differing = [(row, other) for row, other in zip(found, expected, strict=False) if not alike(row, other)]
    told = "\n".join(_difference(row, other, order) for row, other in differing[:5])
    assert not differing, f"{len(differing)} rows of {len(found)} differ (mart, second):\n{told}"
    assert len(found) == len(expected)


@pytest.mark.parametrize("mart", SHOWN)
def test_a_column_that_is_null_says_when(compared: Compared, mart: str) -> None:
    """NULL is read as nothing, where it means that nobody knows."""
    rows = compared.marts.rows(mart)
    silent = [c.name for c in STEPS[mart].columns if "NULL" not in c.doc and any(row[c.name] is None for row in rows)]
    assert silent == []


def test_edits_are_aligned_by_the_least_number_of_errors(compared: Compared) -> None:
    """The alignment that all counts of errors stand on loses words, or finds more errors than another library."""
    variants: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in compared.known.transcripts:
        terms = [row["term"] for row in one.final]
        variants.setdefault((one.key["provider"], one.key["recording_id"]), {})[one.key["variant"]] = terms
    for (provider, recording_id), texts in variants.items():
        rows = [
            row
            for row in compared.known.operations
            if (row["provider"], row["recording_id"]) == (provider, recording_id)
        ]
        if "machine" in texts and "latest" in texts:
            assert edits.is_least(texts["machine"], texts["latest"], rows), recording_id
        else:
            assert rows == []


def alike(row: Row, other: Row) -> bool:
    return all(_same(value, other[name]) for name, value in row.items())


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, int | float):
        return math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(value, Decimal) and other is not None:
        return bool(value == other)
    return bool(value == other)


def _difference(row: Row, other: Row, key: list[str]) -> str:
    named = ", ".join(f"{name} {row[name]!r}" for name in key)
    return f"{named}: " + ", ".join(
        f"{name} {value!r} / {other[name]!r}" for name, value in row.items() if not _same(value, other[name])
    )
