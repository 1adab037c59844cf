"""The same measures computed a second time, in another way: pandas, a bitmap of milliseconds, plain loops."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.vendors.sonix.parse import parse as parse_sonix
from sonitemi_pipelines.vendors.temi.parse import parse as parse_temi

from .generated import conversation
from .talk import Marts

UNKNOWN = "\0unknown"


def real(folder: Path) -> list[Transcript]:
    found = []
    for path in sorted(folder.glob("*/*.json")):
        provider = path.parent.name
        source = Source(provider, path.stem, "latest", dt.date(2026, 3, 1), dt.datetime(2026, 3, 2), language="en")
        found.append((parse_sonix if provider == "sonix" else parse_temi)(path.read_bytes(), source))
    return found


@pytest.fixture(scope="module", params=[50, pytest.param(300, marks=pytest.mark.slow), "real"])
def lake(request: pytest.FixtureRequest) -> tuple[list[Transcript], Marts]:
    if request.param != "real":
        transcripts = [conversation(seed) for seed in range(request.param)]
    else:
        folder = Path(__file__).resolve().parents[3] / "shared" / "real"
        if not folder.is_dir():
            pytest.skip("real conversations are not here: no ../shared/real beside this checkout")
        transcripts = real(folder)
    return transcripts, Marts(*transcripts)


def frames(transcript: Transcript) -> tuple[pd.DataFrame, pd.DataFrame]:
    turns = pd.DataFrame(transcript.turns.to_pylist(), columns=transcript.turns.schema.names)
    tokens = pd.DataFrame(transcript.words.to_pylist(), columns=transcript.words.schema.names)
    for frame in (turns, tokens):
        frame["speaker"] = [name if isinstance(name, str) else UNKNOWN for name in frame["speaker"]]
    return turns, tokens


def bitmaps(turns: pd.DataFrame) -> tuple[dict[str, Any], int, int]:
    """For each speaker which milliseconds they speak in, and the span."""
    timed = turns[turns["start_ms"] <= turns["end_ms"]]
    first, last = int(timed["start_ms"].min()), int(timed["end_ms"].max())
    speaks = {}
    for speaker, own in timed.groupby("speaker"):
        speaks[speaker] = np.zeros(last, dtype=bool)
        for start, end in zip(own["start_ms"].astype(int), own["end_ms"].astype(int), strict=True):
            speaks[speaker][start:end] = True
    return speaks, first, last


def by_recording(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["recording_id"], []).append(row)
    return found


def test_speaker_stats_and_timeline(lake: tuple[list[Transcript], Marts]) -> None:
    """Speaking time, words or rates differ from what the words and turns say."""
    transcripts, marts = lake
    stats, timeline = by_recording(marts.rows("speaker_stats")), by_recording(marts.rows("speech_rate_timeline"))
    for transcript in transcripts:
        turns, tokens = frames(transcript)
        speaks, _, last = bitmaps(turns)
        runs = [speaker for speaker, _ in itertools.groupby(turns["speaker"])]
        timed = tokens[(tokens["start_ms"] <= tokens["end_ms"]) & (tokens["kind"] == "word")]
        lengths = (timed["end_ms"] - timed["start_ms"]).groupby(timed["speaker"]).sum()
        counts = tokens.groupby("speaker")["word_count"].sum()
        for row in stats[transcript.source.recording_id]:
            speaker = row["speaker"] or UNKNOWN
            assert row["speaking_ms"] == int(speaks[speaker].sum())
            assert row["phonation_ms"] == (int(lengths[speaker]) if speaker in lengths else None)
            assert (row["words"], row["turns"]) == (int(counts[speaker]), runs.count(speaker))
            if row["speech_rate_wpm"] is not None:
                assert math.isclose(row["speech_rate_wpm"], counts[speaker] / (speaks[speaker].sum() / 60_000))
        assert math.isclose(sum(row["speaking_share"] for row in stats[transcript.source.recording_id]), 1)
        minutes = timed[timed["word_count"] > 0].assign(minute=lambda t: t["start_ms"] // 60_000)
        said = minutes.groupby(["minute", "speaker"])["word_count"].sum().to_dict()
        found = {
            (row["minute"], row["speaker"] or UNKNOWN): (row["words"], row["speaking_ms"])
            for row in timeline[transcript.source.recording_id]
        }
        assert found == {
            (minute, speaker): (int(said.get((minute, speaker), 0)), int(own[60_000 * minute :][:60_000].sum()))
            for minute in range(math.ceil(last / 60_000))
            for speaker, own in speaks.items()
        }


def test_conversation_stats(lake: tuple[list[Transcript], Marts]) -> None:
    """Silence and overlap differ from what a clock with all turns marked on it shows."""
    transcripts, marts = lake
    stats = by_recording(marts.rows("conversation_stats"))
    overlaps = by_recording(marts.rows("overlaps"))
    for transcript in transcripts:
        speaks, first, last = bitmaps(frames(transcript)[0])
        at_once = np.sum(list(speaks.values()), axis=0)[first:]
        (row,) = stats[transcript.source.recording_id]
        assert row["span_ms"] == last - first
        assert row["speaking_ms"] == int((at_once >= 1).sum())
        assert row["silence_ms"] == int((at_once == 0).sum())
        assert row["overlap_ms"] == int((at_once >= 2).sum())
        edges = np.flatnonzero(np.diff(np.concatenate([[0], at_once >= 2, [0]]).astype(int))) + first
        found = [(r["start_ms"], r["end_ms"]) for r in overlaps.get(transcript.source.recording_id, [])]
        assert found == list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
        shares = np.array([own.sum() for own in speaks.values() if own.any()]) / sum(o.sum() for o in speaks.values())
        if len(shares) >= 2:
            balance = float(-(shares * np.log(shares)).sum() / math.log(len(shares)))
            assert math.isclose(row["turn_balance"], balance, abs_tol=1e-8)
        else:
            assert row["turn_balance"] is None


def test_pauses(lake: tuple[list[Transcript], Marts]) -> None:
    """Pauses differ from those found by walking through the words of each joined turn."""
    transcripts, marts = lake
    pauses = by_recording(marts.rows("pauses"))
    for transcript in transcripts:
        turns, tokens = frames(transcript)
        joined = dict(zip(turns["turn_index"], (turns["speaker"] != turns["speaker"].shift()).cumsum(), strict=True))
        timed = tokens[tokens["start_ms"] <= tokens["end_ms"]]
        expected = []
        for _, own in timed.groupby(timed["turn_index"].map(joined)):
            heard = -1
            for start, end in sorted(zip(own["start_ms"].astype(int), own["end_ms"].astype(int), strict=True)):
                if heard >= 0 and start - heard >= 250:
                    expected.append((heard, start))
                heard = max(heard, end)
        found = [(row["start_ms"], row["end_ms"]) for row in pauses.get(transcript.source.recording_id, [])]
        assert sorted(found) == sorted(expected)


def test_turn_transitions(lake: tuple[list[Transcript], Marts]) -> None:
    """Kinds and offsets differ from the documented rule applied turn by turn."""
    transcripts, marts = lake
    found = by_recording(marts.rows("turn_transitions"))
    for transcript in transcripts:
        rows = found.get(transcript.source.recording_id, [])
        given = [(r["joined_index"], r["from_speaker"], r["to_speaker"], r["offset_ms"], r["kind"]) for r in rows]
        assert sorted(given) == sorted(_transitions(frames(transcript)[0]))


def _transitions(turns: pd.DataFrame) -> list[tuple[Any, ...]]:
    talk = []
    for index, (speaker, group) in enumerate(itertools.groupby(turns.to_dict("records"), key=lambda t: t["speaker"])):
        own = list(group)
        timed = [t for t in own if t["start_ms"] <= t["end_ms"]]
        if timed:
            talk.append(
                {
                    "index": index,
                    "speaker": speaker,
                    "start": int(min(t["start_ms"] for t in timed)),
                    "end": int(max(t["end_ms"] for t in timed)),
                    "words": sum(t["word_count"] for t in own),
                    "asks": own[-1]["text"].endswith("?"),
                }
            )
    talk.sort(key=lambda t: (t["start"], -t["end"], t["index"]))
    found, holders = [], []
    for i, bid in enumerate(talk):
        latest = max(talk[:i], key=lambda t: (t["end"], t["index"]), default=None)
        holder = max(holders, key=lambda t: (t["end"], t["index"]), default=None)
        short = bid["end"] - bid["start"] <= 1000 and bid["words"] <= 3
        back_channel = False
        if latest is not None and short and latest["speaker"] != bid["speaker"]:
            before, after = talk[i - 1], talk[i + 1] if i + 1 < len(talk) else None
            inside = bid["end"] <= latest["end"]
            between = (
                after is not None
                and before["speaker"] == after["speaker"] != bid["speaker"]
                and after["start"] - bid["end"] <= 1000
                and not before["asks"]
            )
            back_channel = inside or between
        if holder is not None and holder["speaker"] != bid["speaker"]:
            offset = bid["start"] - holder["end"]
            if back_channel:
                kind = "back_channel"
            elif bid["end"] <= holder["end"] or -200 < offset < 0:
                kind = "overlap"
            elif offset <= -200:
                kind = "interruption"
            else:
                kind = "latch" if offset <= 120 else "gap"
            names = [None if t["speaker"] == UNKNOWN else t["speaker"] for t in (holder, bid)]
            found.append((bid["index"], *names, offset, kind))
        if not back_channel:
            holders.append(bid)
    return found


def test_terms(lake: tuple[list[Transcript], Marts]) -> None:
    """Words of the final text are lost or doubled on their way into the terms."""
    transcripts, marts = lake
    terms = by_recording(marts.rows("terms"))
    stop = {row[0] for row in marts.connection.execute("SELECT word FROM stop_words WHERE language = 'en'").fetchall()}
    stop |= {
        f
        for (f,) in marts.connection.execute("SELECT filler FROM fillers_by_language WHERE language = 'en'").fetchall()
    }
    for transcript in transcripts:
        text = transcript.transcripts["text"][0].as_py().lower().replace("’", "'")
        marks = "".join(c for c in set(text) if not c.isalnum() and not c.isspace())
        spoken = [word.strip(marks) for word in text.split()]
        expected = (
            pd.Series([word for word in spoken if word and word not in stop], dtype=object).value_counts().to_dict()
        )
        found = {r["term"]: r["occurrences"] for r in terms.get(transcript.source.recording_id, []) if r["n"] == 1}
        assert found == expected
