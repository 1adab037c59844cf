"""Every measure of time against a second computation that shares nothing with the SQL but the definitions."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.vendors.sonix.parse import parse as parse_sonix
from sonitemi_pipelines.vendors.temi.parse import parse as parse_temi
from tests.marts.talk import Marts, sonix, turn

from .hard import duration_ms, segments
from .second import Second

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"


def real_calls() -> list[Transcript]:
    found = []
    for path in sorted(REAL.glob("*/*.json")):
        provider = path.parent.name
        source = Source(provider, path.stem, "latest", dt.date(2026, 3, 1), dt.datetime(2026, 3, 2), language="en")
        found.append((parse_sonix if provider == "sonix" else parse_temi)(path.read_bytes(), source))
    return found


def meetings() -> list[Transcript]:
    """Real meetings with true overlaps: each run of one speaker's words as one word."""
    found = []
    for path in sorted((REAL / "ami").glob("*.rttm")):
        lines = [line.split() for line in path.read_text().splitlines()]
        runs = [(round(float(a[3]) * 1000), round((float(a[3]) + float(a[4])) * 1000), a[7]) for a in lines]
        said = [turn(speaker, start, end, [("x", start, end)]) for start, end, speaker in runs]
        found.append(sonix(*said, recording_id=path.stem, language=None))
    return found


def made(count: int) -> list[Transcript]:
    return [
        sonix(
            *segments(seed),
            recording_id=f"rec{seed:03}",
            duration_ms=duration_ms(seed),
            language=["en", "en", "ja", "de"][seed % 4],
        )
        for seed in range(count)
    ]


class Compared:
    """Transcripts, their marts by recording, and each measured anew."""

    def __init__(self, transcripts: list[Transcript]) -> None:
        self.marts = Marts(*transcripts)
        listed: dict[str, set[str]] = {}
        rows = self.marts.connection.execute("SELECT language, acknowledgement FROM acknowledgements_by_language")
        for language, acknowledgement in rows.fetchall():
            listed.setdefault(language, set()).add(acknowledgement)
        self.anew = {}
        for transcript in transcripts:
            language = transcript.transcripts["language"][0].as_py()
            if language is None and transcript.source.provider == "temi":
                language = "en"
            self.anew[transcript.source.recording_id] = Second(transcript, listed.get(language))

    def rows(self, name: str) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {recording_id: [] for recording_id in self.anew}
        for row in self.marts.rows(name):
            found[row["recording_id"]].append(row)
        return found


@pytest.fixture(scope="module", params=["made", pytest.param("all made", marks=pytest.mark.slow), "calls", "meetings"])
def compared(request: pytest.FixtureRequest) -> Compared:
    if request.param in ("calls", "meetings") and not REAL.is_dir():
        pytest.skip("real conversations are not here: no ../shared/real beside this checkout")
    match request.param:
        case "made":
            return Compared(made(40))
        case "all made":
            return Compared(made(300))
        case "calls":
            return Compared(real_calls())
        case _:
            return Compared(meetings())


def test_time_of_the_conversation(compared: Compared) -> None:
    """Speaking, silence and overlap are not what a clock with all words marked on it shows."""
    for recording_id, (row,) in compared.rows("conversation_stats").items():
        anew = compared.anew[recording_id]
        clock = anew.clock()
        names = ("span_ms", "speaking_ms", "silence_ms", "untimed_ms")
        assert {name: row[name] for name in names} == {name: clock.get(name) for name in names}, recording_id
        overlap = sum(end - start for start, end in anew.overlaps()) if anew.units and anew.shows_overlap else None
        assert row["overlap_ms"] == overlap, recording_id
        transitions = anew.transitions()
        counted = sum(t[4] == "interruption" for t in transitions) if anew.shows_overlap else None
        assert row["interruptions"] == counted, recording_id
        assert row["back_channels"] == sum(t[4] == "back_channel" for t in transitions)
        assert row["floor_changes"] == sum(t[5] for t in transitions)
        waits = sorted(t[3] for t in transitions if t[4] in ("latch", "gap"))
        p90 = waits[math.ceil(0.9 * len(waits)) - 1] if waits else None
        assert row["response_latency_p90_ms"] == p90


def test_silences_and_overlaps(compared: Compared) -> None:
    """A stretch is missing, too long, or lies where words without times may have been said."""
    silences, overlaps = compared.rows("silences"), compared.rows("overlaps")
    for recording_id, anew in compared.anew.items():
        assert [(r["start_ms"], r["end_ms"]) for r in silences[recording_id]] == anew.silences(), recording_id
        expected = anew.overlaps() if anew.shows_overlap else []
        assert [(r["start_ms"], r["end_ms"]) for r in overlaps[recording_id]] == expected, recording_id


def test_units_and_turns_of_talk(compared: Compared) -> None:
    """Inter-pausal units, turns of talk or their words differ."""
    units, talk = compared.rows("inter_pausal_units"), compared.rows("joined_turns")
    for recording_id, anew in compared.anew.items():
        found = [(r["speaker"], r["start_ms"], r["end_ms"], r["words"], r["estimated"]) for r in units[recording_id]]
        assert found == [(u.speaker, u.start, u.end, u.words, u.estimated) for u in anew.units], recording_id
        turns = [
            (r["speaker"], r["start_ms"], r["end_ms"], r["word_count"], r["back_channel"], r["takes_floor"])
            for r in talk[recording_id]
        ]
        timed = [
            (t.speaker, t.runs[0].start, t.runs[-1].end, t.words, t.runs[0].back_channel, t.runs[0].takes_floor)
            for t in anew.talk
            if t.runs
        ]
        assert [t for t in turns if t[1] is not None] == timed, recording_id
        untimed = sorted((str(t.speaker), t.words) for t in anew.talk if not t.runs)
        assert sorted((str(t[0]), t[3]) for t in turns if t[1] is None) == untimed, recording_id


def test_speakers(compared: Compared) -> None:
    """Speaking time, words or turns of a speaker differ."""
    for recording_id, rows in compared.rows("speaker_stats").items():
        expected = compared.anew[recording_id].speakers()
        assert {row["speaker"] for row in rows} == set(expected), recording_id
        for row in rows:
            for name, value in expected[row["speaker"]].items():
                given = row[name]
                if isinstance(value, float) and math.isnan(value):
                    value = None
                assert given == value, f"{name} of {row['speaker']} in {recording_id}"
            own = expected[row["speaker"]]
            if row["speech_rate_wpm"] is not None and own["timed_words"] == own["words"]:
                assert math.isclose(row["speech_rate_wpm"], 60_000 * own["words"] / own["talk_ms"])
        if any(row["speaking_ms"] for row in rows):
            assert math.isclose(sum(row["speaking_share"] or 0 for row in rows), 1)


def test_transitions_and_pauses(compared: Compared) -> None:
    """Offsets, kinds or pauses differ from the documented rules applied one by one."""
    transitions, pauses = compared.rows("turn_transitions"), compared.rows("pauses")
    for recording_id, anew in compared.anew.items():
        found = [
            (r["at_ms"], r["from_speaker"], r["to_speaker"], r["offset_ms"], r["kind"], r["takes_floor"])
            for r in transitions[recording_id]
        ]
        key = lambda t: tuple(map(str, t))  # noqa: E731
        assert sorted(found, key=key) == sorted(anew.transitions(), key=key), recording_id
        silent = [(r["speaker"], r["start_ms"], r["end_ms"]) for r in pauses[recording_id]]
        assert sorted(silent, key=key) == sorted(anew.pauses(), key=key), recording_id


def test_timeline(compared: Compared) -> None:
    """A minute is missing, or holds another's time."""
    for recording_id, rows in compared.rows("speech_rate_timeline").items():
        found = {(r["minute"], r["speaker"]): (r["words"], r["speaking_ms"], r["talk_ms"]) for r in rows}
        assert found == compared.anew[recording_id].minutes(), recording_id


def test_evidence(compared: Compared) -> None:
    """Times that an aligner cut are taken for the speakers', or the other way round."""
    for recording_id, (row,) in compared.rows("transcript_quality").items():
        anew = compared.anew[recording_id]
        found = (row["shows_overlap"], row["transfers"], row["abutting_transfers"])
        assert found == (anew.shows_overlap, anew.transfers, anew.abutting), recording_id
        assert ("abutting" in row["reasons"]) != anew.shows_overlap
