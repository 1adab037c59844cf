"""The marts of who speaks when, from the intervals of `intervals.Second`."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator

from pyannote.core import Segment, Timeline

from .intervals import Second, Talk, place
from .known import Known, OneTranscript, Row, listed, of_transcript, ratio, threshold


def turns_of_talk(time: Second) -> list[Talk]:
    """In the order of `joined_index`."""
    return sorted(time.talk, key=lambda talk: talk.place)


def index_of_runs(time: Second) -> dict[int, int]:
    """id of a run -> joined_index."""
    return {id(run): number for number, talk in enumerate(turns_of_talk(time)) for run in talk.runs}


def entropy(times: list[int]) -> float | None:
    """Of shares of time, over its greatest value."""
    shares = [time / sum(times) for time in times if time]
    if len(shares) < 2:
        return None
    return round(-sum(share * math.log(share) for share in shares) / math.log(len(shares)), 9)


@of_transcript("inter_pausal_units")
def units(one: OneTranscript, _: Known) -> Iterator[Row]:
    for number, unit in enumerate(one.time.units):
        turns = [token.turn for token in unit.tokens]
        yield {
            "unit_index": number,
            "speaker": unit.speaker,
            "start_ms": unit.start,
            "end_ms": unit.end,
            "words": unit.words,
            "timed_words": unit.timed_words,
            "phonation_ms": unit.phonation_ms,
            "first_word_index": unit.in_time[0].index,
            "last_word_index": unit.in_time[-1].index,
            "first_turn_index": min(turns),
            "last_turn_index": max(turns),
            "estimated": unit.estimated,
        }


@of_transcript("joined_turns")
def joined_turns(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    for number, talk in enumerate(turns_of_talk(time)):
        turns = [token.turn for unit in talk.units for token in unit.tokens] + talk.lost
        last = talk.runs[-1].tokens if talk.runs else [token for token in time.tokens if token.turn == max(turns)]
        yield {
            "joined_index": number,
            "speaker": talk.speaker,
            "start_ms": talk.start,
            "end_ms": talk.end,
            "speaking_ms": sum(unit.end - unit.start for unit in talk.units) if talk.runs else None,
            "first_turn_index": min(turns),
            "last_turn_index": max(turns),
            "word_count": talk.words,
            "timed_word_count": sum(unit.timed_words for unit in talk.units),
            "phonation_ms": sum(unit.phonation_ms for unit in talk.units),
            "asks": time.asks(last[-1].index),
            "back_channel": talk.back_channel,
            "takes_floor": talk.takes_floor,
            "sliver": talk.is_sliver,
            "estimated": any(unit.estimated for unit in talk.units),
        }


@of_transcript("talk_parts")
def talk_parts(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    indices: dict[tuple[int, int], list[int]] = defaultdict(list)
    starts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, talk in enumerate(turns_of_talk(time)):
        for token in (token for unit in talk.units for token in unit.tokens):
            indices[token.turn, number].append(token.index)
            start = token.start if token.start is not None else token.span_start
            starts[token.turn, number] += [] if start is None else [start]
        for turn in talk.lost:
            indices[turn, number] += [token.index for token in time.by_turn[turn]]
    for (turn, number), found in indices.items():
        yield {
            "turn_index": turn,
            "joined_index": number,
            "first_word_index": min(found),
            "start_ms": min(starts[turn, number], default=None),
        }


@of_transcript("turn_transitions")
def transitions(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    numbers = index_of_runs(time)
    for run in time.runs:
        if run.holder is None or time.runs[run.holder].speaker == run.speaker:
            continue
        holder = time.runs[run.holder]
        offset = run.start - holder.end
        shown = time.shows_overlap and not (run.hidden and offset > 0)
        kind: str | None
        if run.back_channel:
            kind = "back_channel"
        elif not shown:
            kind = None
        elif run.end <= holder.end or -threshold("interruption_ms") < offset < 0:
            kind = "overlap"
        elif offset <= -threshold("interruption_ms"):
            kind = "interruption"
        else:
            kind = "latch" if offset <= threshold("latch_ms") else "gap"
        both = Segment(run.start, run.end) & Segment(holder.start, holder.end)
        yield {
            "joined_index": numbers[id(run)],
            "from_speaker": holder.speaker,
            "to_speaker": run.speaker,
            "at_ms": run.start,
            "offset_ms": offset if shown else None,
            "overlap_ms": int(both.duration) if shown else None,
            "kind": kind,
            "takes_floor": run.takes_floor,
        }


@of_transcript("interruptions")
def interruptions(one: OneTranscript, known: Known) -> Iterator[Row]:
    found = defaultdict(list)
    for row in known.of("turn_transitions", one):
        if row["kind"] == "interruption":
            found[row["to_speaker"], row["from_speaker"]].append(row["overlap_ms"])
    for (interrupter, interrupted), overlaps in found.items():
        yield {
            "interrupter": interrupter,
            "interrupted": interrupted,
            "interruptions": len(overlaps),
            "overlap_ms": sum(overlaps),
            "per_hour": ratio(3_600_000 * len(overlaps), one.time.anybody.extent().duration),
        }


@of_transcript("pauses")
def pauses(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    for number, talk in enumerate(turns_of_talk(time)):
        for before, after in itertools.pairwise(talk.units):
            if not time.is_hidden(before.end, after.start):
                yield {
                    "word_index": after.in_time[0].index,
                    "joined_index": number,
                    "speaker": talk.speaker,
                    "start_ms": before.end,
                    "end_ms": after.start,
                    "duration_ms": after.start - before.end,
                }


@of_transcript("silences")
def silences(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    for gap in time.anybody.gaps():
        start, end = int(gap.start), int(gap.end)
        if end - start >= threshold("silence_ms") and not time.is_hidden(start, end):
            before = [unit.speaker for unit in time.units if unit.end == start and unit.speaker is not None]
            after = [unit.speaker for unit in time.units if unit.start == end and unit.speaker is not None]
            yield {
                "start_ms": start,
                "end_ms": end,
                "duration_ms": end - start,
                "speaker_before": min(before, default=None),
                "speaker_after": min(after, default=None),
            }


@of_transcript("overlaps")
def overlaps(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    for stretch in time.speech.get_overlap().support() if time.shows_overlap else ():
        start, end = int(stretch.start), int(stretch.end)
        there = [unit for unit in time.units if unit.start < end and unit.end > start]
        already = sorted((unit for unit in there if unit.start < start), key=lambda u: (u.end, time.units.index(u)))
        order = already[-1:] + [unit for unit in there if unit.start == start]
        yield {
            "start_ms": start,
            "end_ms": end,
            "duration_ms": end - start,
            "speakers": max(sum(u.start <= moment.start < u.end for u in there) for moment in there),
            "first_speaker": order[0].speaker,
            "second_speaker": order[1].speaker,
        }


@of_transcript("speech_rate_timeline")
def timeline(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    last = max((unit.end for unit in time.units), default=0)
    speakers = {unit.speaker for unit in time.units}
    said: Counter[tuple[int, str | None]] = Counter()
    timed: Counter[tuple[int, str | None]] = Counter()
    for token in time.tokens:
        if token.unit is not None:
            spot = place(token) // 60_000, token.speaker
            said[spot] += token.words
            timed[spot] += token.words if token.start is not None else 0
    held = {
        speaker: Timeline([Segment(t.start, t.end) for t in time.talk if t.runs and t.speaker == speaker])
        for speaker in speakers
    }
    for minute in range((last - 1) // 60_000 + 1):
        whole = Segment(60_000 * minute, 60_000 * (minute + 1))
        for speaker in speakers:
            talk_ms = int(held[speaker].crop(whole).duration())
            spot = minute, speaker
            rated = (
                talk_ms >= threshold("rate_speaking_ms")
                and 100 * timed[spot] >= threshold("rate_timed_percent") * said[spot]
            )
            yield {
                "minute": minute,
                "speaker": speaker,
                "words": said[spot],
                "timed_words": timed[spot],
                "speaking_ms": int(time.speech.label_timeline(speaker or "").crop(whole).duration()),
                "talk_ms": talk_ms,
                "speech_rate_wpm": 60_000 * said[spot] / talk_ms if rated else None,
            }


@of_transcript("interaction_windows")
def windows(one: OneTranscript, known: Known) -> Iterator[Row]:
    time, length = one.time, threshold("window_ms")
    if not time.units:
        return
    extent = time.anybody.extent()
    silent = Timeline([gap for gap in time.anybody.gaps() if not time.is_hidden(int(gap.start), int(gap.end))])
    changes = Counter(row["at_ms"] // length for row in known.of("turn_transitions", one) if row["takes_floor"])
    for number in range(math.ceil(extent.end / length)):
        window = Segment(number * length, (number + 1) * length)
        parts = [int(time.speech.label_timeline(label).crop(window).duration()) for label in time.speech.labels()]
        spoken = [part for part in parts if part]
        yield {
            "window_index": number,
            "start_ms": int(window.start),
            "end_ms": int(window.end),
            "speakers": len(spoken),
            "speaking_ms": sum(spoken),
            "silence_ms": int(silent.crop(window).duration()),
            "floor_changes": changes[number],
            "floor_changes_per_minute": ratio(60_000 * changes[number], (window & extent).duration),
            "turn_balance": entropy(spoken),
        }


@of_transcript("speaker_stats")
def speaker_stats(one: OneTranscript, known: Known) -> Iterator[Row]:
    time = one.time
    said: Counter[str | None] = Counter()
    for token in time.tokens:
        said[token.speaker] += token.words
    speakers = [speaker for speaker, words in said.items() if words]
    spoken = {s: sum(u.end - u.start for u in time.units if u.speaker == s) for s in speakers}
    uttered = {s: sum(u.phonation_ms for u in time.units if u.speaker == s) for s in speakers}
    has_list = listed("fillers_by_language", "filler", one.list_language) is not None
    duration = one.head["duration_ms"]
    for speaker in speakers:
        units = [unit for unit in time.units if unit.speaker == speaker]
        talk = [t for t in time.talk if t.speaker == speaker]
        timed_talk = [t for t in talk if t.runs]
        lengths = {id(t): (t.end or 0) - (t.start or 0) for t in timed_talk}
        counted = [t for t in talk if not t.back_channel]
        timed = [t for t in time.tokens if t.speaker == speaker and t.start is not None]
        phonates = any(token.words for token in timed)
        talk_ms = sum(lengths.values()) if lengths else None
        talk_words = sum(t.words for t in timed_talk)
        talk_timed_words = sum(unit.timed_words for t in timed_talk for unit in t.units)
        rated = bool(timed_talk) and 100 * talk_timed_words >= threshold("rate_timed_percent") * talk_words
        articulated = [unit for unit in units if not unit.estimated and unit.timed_words]
        articulation_ms = sum(unit.end - unit.start for unit in articulated) if articulated else None
        vendor = [turn for turn in time.turns if turn["speaker"] == speaker and turn["word_count"]]
        cut = [(turn["start_ms"], min(turn["end_ms"], duration or 10**12)) for turn in vendor if _spans(turn)]
        spans = [Segment(start, end) for start, end in cut if start <= end]
        fillers = sum(r["occurrences"] for r in known.of("fillers", one) if r["speaker"] == speaker)
        yield {
            "speaker": speaker,
            "speaking_ms": spoken[speaker] if units else None,
            "speaking_share": ratio(spoken[speaker] if units else None, sum(spoken.values())),
            "phonation_ms": uttered[speaker] if phonates else None,
            "phonation_share": ratio(uttered[speaker] if phonates else None, sum(uttered.values())),
            "phonation_ratio": ratio(uttered[speaker] if phonates else None, talk_ms) if rated else None,
            "talk_ms": talk_ms,
            "vendor_span_ms": int(Timeline(spans).support().duration()) if spans else None,
            "turns": len(counted),
            "back_channels": len(talk) - len(counted),
            "vendor_turns": len(vendor),
            "words": said[speaker],
            "timed_words": sum(token.words for token in timed),
            "speech_rate_wpm": ratio(60_000 * talk_words, talk_ms) if rated and talk_timed_words else None,
            "articulation_rate_wpm": ratio(60_000 * sum(u.timed_words for u in articulated), articulation_ms),
            "articulation_ms": articulation_ms,
            "longest_turn_ms": max(lengths.values(), default=None),
            "median_turn_ms": _median([lengths[id(t)] for t in counted if t.runs]),
            "questions": sum(row["speaker"] == speaker for row in known.of("questions", one)),
            "fillers": fillers if has_list else None,
            "filler_rate": 100 * fillers / said[speaker] if has_list else None,
            "first_spoken_ms": min((unit.start for unit in units), default=None),
            "last_spoken_ms": max((unit.end for unit in units), default=None),
        }


def _spans(turn: Row) -> bool:
    return turn["start_ms"] is not None and turn["end_ms"] is not None


def _median(values: list[int]) -> float | None:
    return float(statistics.median(values)) if values else None


@of_transcript("conversation_stats")
def conversation_stats(one: OneTranscript, known: Known) -> Iterator[Row]:
    time = one.time
    speakers = known.of("speaker_stats", one)
    (quality,) = known.of("transcript_quality", one)
    lengths = [(talk.end or 0) - (talk.start or 0) for talk in time.talk if talk.runs]
    bids = known.of("turn_transitions", one)
    waits = sorted(row["offset_ms"] for row in bids if row["kind"] in ("latch", "gap"))
    changes = sum(row["takes_floor"] for row in bids)
    gaps = [(gap.duration, time.is_hidden(int(gap.start), int(gap.end))) for gap in time.anybody.gaps()]
    silent = int(sum(length for length, hidden in gaps if not hidden))
    span = int(time.anybody.extent().duration) if time.units else None
    both = int(time.speech.get_overlap().support().duration()) if time.units else None
    shown = time.shows_overlap
    main = threshold("main_speaker_percent")
    yield {
        "speakers": sum(row["speaker"] is not None for row in speakers),
        "main_speakers": sum(
            row["speaker"] is not None and 100 * (row["speaking_share"] or 0) >= main for row in speakers
        ),
        "words": sum(row["words"] for row in speakers),
        "turns": sum(not talk.back_channel for talk in time.talk),
        "span_ms": span,
        "speaking_ms": int(time.anybody.duration()) if time.units else None,
        "silence_ms": silent if time.units else None,
        "untimed_ms": int(sum(length for length, hidden in gaps if hidden)) if time.units else None,
        "overlap_ms": both if shown else None,
        "silence_share": ratio(silent, span),
        "overlap_share": ratio(both, span) if shown else None,
        "turn_balance": entropy([row["speaking_ms"] or 0 for row in speakers]),
        "floor_changes": changes,
        "floor_changes_per_minute": ratio(60_000 * changes, span),
        "response_latency_median_ms": _median(waits),
        "response_latency_p90_ms": waits[math.ceil(0.9 * len(waits)) - 1] if waits else None,
        "interruptions": sum(row["kind"] == "interruption" for row in bids) if shown else None,
        "back_channels": sum(run.back_channel for run in time.runs),
        "longest_turn_ms": max(lengths, default=None),
        "monologue_share": ratio(sum(n for n in lengths if n >= threshold("monologue_ms")), sum(lengths)),
        "media_ms": one.head["duration_ms"],
        "coverage": quality["coverage"],
    }


@of_transcript("transcript_quality")
def quality(one: OneTranscript, _: Known) -> Iterator[Row]:
    time = one.time
    tokens = [row for row in one.words if row["kind"] == "word"]
    timed = [r for r in tokens if None not in (r["start_ms"], r["end_ms"]) and r["start_ms"] <= r["end_ms"]]
    overlapping = 0
    ends: dict[int, int] = {}
    for row in timed:
        overlapping += row["start_ms"] < ends.get(row["turn_index"], row["start_ms"])
        ends[row["turn_index"]] = max(row["end_ms"], ends.get(row["turn_index"], 0))
    words = sum(row["word_count"] for row in one.words)
    placed = [(t.start, t.end) for t in time.tokens if t.start is not None and t.end is not None]
    placed += [(span.start, span.end) for span in time.spans]
    first = min((start for start, _ in placed), default=None)
    last = max((end for _, end in placed), default=None)
    media = one.head["duration_ms"]
    floor = [talk for talk in time.talk if talk.takes_floor]
    found = {
        "words": words,
        "untimed_words": words - sum(row["word_count"] for row in timed),
        "timed_tokens": len(timed),
        "zero_length_tokens": sum(row["start_ms"] == row["end_ms"] for row in timed),
        "overlapping_tokens": overlapping,
        "long_tokens": sum(row["end_ms"] - row["start_ms"] >= threshold("long_token_ms") for row in timed),
        "struck_words": sum(row["word_count"] for row in one.words if row["struck"]),
        "unknown_speaker_words": sum(row["word_count"] for row in one.words if row["speaker"] is None),
        "impossible_tokens": sum(row["start_ms"] < row["end_ms"] for row in timed)
        - sum(token.start is not None for token in time.tokens),
        "estimated_turns": len(time.spans),
        "turns_of_talk": len(floor),
        "slivers": sum(talk.is_sliver for talk in floor),
        "transfers": time.transfers,
        "abutting_transfers": time.abutting,
        "overlapping_transfers": time.overlapping,
        "shows_overlap": time.shows_overlap,
        "first_ms": first,
        "last_ms": last,
        "media_ms": media,
        "coverage": None if first is None or last is None or not (media or 0) > 0 else (last - first) / media,
        "past_end": (media or 0) > 0 and any(row["end_ms"] > media + threshold("end_slack_ms") for row in timed),
    }

    def over(part: str, percent: str, whole: str) -> bool:
        return bool(100 * found[part] > threshold(percent) * found[whole])

    reasons = {
        "no words": not words,
        "untimed": over("untimed_words", "untimed_percent", "words"),
        "zero length": over("zero_length_tokens", "zero_length_percent", "timed_tokens"),
        "overlapping": over("overlapping_tokens", "overlapping_percent", "timed_tokens"),
        "long tokens": over("long_tokens", "long_token_percent", "timed_tokens"),
        "struck": over("struck_words", "struck_percent", "words"),
        "unknown speaker": over("unknown_speaker_words", "unknown_speaker_percent", "words"),
        "coverage": found["coverage"] is not None and 100 * found["coverage"] < threshold("coverage_percent"),
        "past the end": found["past_end"],
        "impossible times": not found["past_end"] and over("impossible_tokens", "impossible_percent", "timed_tokens"),
        "slivers": over("slivers", "sliver_percent", "turns_of_talk"),
        "abutting": not time.shows_overlap,
    }
    named = [name for name, applies in reasons.items() if applies]
    yield {**found, "reasons": ", ".join(named), "low_quality": bool(set(named) - {"abutting"})}
