"""The marts that compare: sides, persons, folders and months."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .known import Known, OneTranscript, Row, of_corpus, ratio
from .timing import turns_of_talk


def mapped(known: Known, one: OneTranscript, column: str) -> dict[str | None, Any]:
    """Speaker -> person or side."""
    own = {name: one.key[name] for name in ("provider", "recording_id")}
    rows = [row for row in known.rows["speaker_map"] if {name: row[name] for name in own} == own]
    return {row["speaker"]: row[column] for row in rows if row[column] is not None}


def latest(known: Known) -> list[OneTranscript]:
    return [one for one in known.transcripts if one.key["variant"] == "latest"]


@of_corpus("speaker_directory")
def speaker_directory(known: Known) -> Iterator[Row]:
    found = []
    for one in latest(known):
        people, sides = mapped(known, one, "person"), mapped(known, one, "side")
        for row in known.of("speaker_stats", one):
            if row["speaker"] is not None:
                found.append((one, row, people.get(row["speaker"]), sides.get(row["speaker"])))
    for one, row, person, side in found:
        own = [(other, of) for other, of, who, _ in found if who == person] if person is not None else []
        times = [of["speaking_ms"] for _, of in own if of["speaking_ms"] is not None]
        yield {
            "provider": one.key["provider"],
            "recording_id": one.key["recording_id"],
            "speaker": row["speaker"],
            "person": person,
            "side": side,
            "recordings_with_label": sum(of["speaker"] == row["speaker"] for _, of, _, _ in found),
            "speaking_ms": row["speaking_ms"],
            "words": row["words"],
            "person_recordings": len({id(other) for other, _ in own}) if own else None,
            "person_speaking_ms": sum(times) if times else None,
            "person_words": sum(of["words"] for _, of in own) if own else None,
        }


@of_corpus("side_stats")
def side_stats(known: Known) -> Iterator[Row]:
    for one in latest(known):
        sides, rows = mapped(known, one, "side"), known.of("speaker_stats", one)
        everybody = sum(row["speaking_ms"] or 0 for row in rows)
        taken = [
            row
            for row in known.of("turn_transitions", one)
            if row["takes_floor"] and sides.get(row["from_speaker"]) != sides.get(row["to_speaker"])
        ]
        for side in sorted(set(sides.values())):
            own = [row for row in rows if sides.get(row["speaker"]) == side]
            if not own:
                continue
            times = [row["speaking_ms"] for row in own if row["speaking_ms"] is not None]
            bids = [row for row in taken if sides.get(row["to_speaker"]) == side]
            waits = [row["offset_ms"] for row in bids if row["kind"] in ("latch", "gap")]
            yield {
                "provider": one.key["provider"],
                "recording_id": one.key["recording_id"],
                "side": side,
                "speakers": len(own),
                "words": sum(row["words"] for row in own),
                "speaking_ms": sum(times) if times else None,
                "talk_ratio": ratio(sum(times) if times else None, everybody),
                "talk_to_listen": ratio(sum(times) if times else None, everybody - sum(times)),
                "turns": sum(row["turns"] for row in own),
                "back_channels": sum(row["back_channels"] for row in own),
                "floor_changes": len(bids),
                "interruptions": (
                    sum(row["kind"] == "interruption" for row in bids) if one.time.shows_overlap else None
                ),
                "patience_ms": statistics.median(waits) if waits else None,
                "longest_monologue_ms": _longest(one, sides, side),
            }


def _longest(one: OneTranscript, sides: dict[str | None, Any], side: str) -> int | None:
    """The longest stretch of the side's turns with nobody else's and no lapse between."""
    lengths: list[int] = []
    begun: tuple[int, int] | None = None
    held_until = 0
    for talk in turns_of_talk(one.time):
        if not (talk.takes_floor and talk.runs):
            continue
        if sides.get(talk.speaker) != side:
            begun = None
            continue
        start, stretch = talk.runs[0].start, talk.runs[0].stretch
        if begun is None or begun[1] != stretch:
            begun, held_until = (start, stretch), 0
        held_until = max(held_until, talk.end or 0)
        lengths.append(held_until - begun[0])
    return max(lengths, default=None)


@of_corpus("comparisons")
def comparisons(known: Known) -> Iterator[Row]:
    groups: dict[tuple[str, str], list[tuple[OneTranscript, Row]]] = defaultdict(list)
    for one in latest(known):
        key = (one.key["provider"], one.key["recording_id"])
        recording = next((r for r in known.second("recordings") if (r["provider"], r["recording_id"]) == key), None)
        if recording is None or recording["deleted_at"] is not None:
            continue
        people, sides = mapped(known, one, "person"), mapped(known, one, "side")
        for row in known.of("speaker_stats", one):
            items = {
                "folder": recording["folder_name"] or "",
                "month": recording["day"].strftime("%Y-%m"),
                "person": people.get(row["speaker"]),
                "side": sides.get(row["speaker"]),
            }
            for dimension, item in items.items():
                if item is not None:
                    groups[dimension, item].append((one, row))
    for (dimension, item), found in groups.items():
        recordings = {id(one): one for one, _ in found}.values()
        everybody = [r["speaking_ms"] for one in recordings for r in known.of("speaker_stats", one)]
        rows = [row for _, row in found]
        spoken = _total(row["speaking_ms"] for row in rows)
        rated = [_rated(one, row) for one, row in found]
        turns = sum(row["turns"] for row in rows)
        counted = [row for row in rows if row["fillers"] is not None]
        yield {
            "dimension": dimension,
            "item": item,
            "recordings": len(recordings),
            "speakers": len(rows),
            "words": sum(row["words"] for row in rows),
            "speaking_ms": spoken,
            "talk_share": ratio(spoken, _total(everybody)),
            "speech_rate_wpm": ratio(
                sum(words for words, _, _, _ in rated), sum(talk for _, talk, _, _ in rated) / 60_000
            ),
            "articulation_rate_wpm": ratio(
                sum(words for _, _, words, _ in rated), sum(length for _, _, _, length in rated) / 60_000
            ),
            "turns": turns,
            "mean_turn_ms": ratio(_total(row["talk_ms"] for row in rows), turns),
            "questions_per_hour": ratio(3_600_000 * sum(row["questions"] for row in rows), spoken),
            "filler_rate": ratio(100 * sum(row["fillers"] for row in counted), sum(row["words"] for row in counted)),
        }


def _total(values: Any) -> int | None:
    there = [value for value in values if value is not None]
    return sum(there) if there else None


def _rated(one: OneTranscript, row: Row) -> tuple[int, int, int, int]:
    """Words and time of a speaker's turns of talk where a rate is known, and timed words and time of units."""
    talk = [t for t in one.time.talk if t.speaker == row["speaker"] and t.runs]
    units = [u for u in one.time.units if u.speaker == row["speaker"] and not u.estimated and u.timed_words]
    known = row["speech_rate_wpm"] is not None
    return (
        sum(t.words for t in talk) if known else 0,
        (row["talk_ms"] or 0) if known else 0,
        sum(u.timed_words for u in units),
        sum(u.end - u.start for u in units),
    )
