"""One transcript of any vendor, from plain columns to the lake's Arrow tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sonitemi_pipelines.clock import milliseconds_of
from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, SPOKEN_WORDS, TRANSCRIPTS, TURNS, WORDS, Table
from sonitemi_pipelines.parsing.seeds import word_list_languages
from sonitemi_pipelines.parsing.speakers import labels
from sonitemi_pipelines.parsing.text import turn_texts
from sonitemi_pipelines.parsing.words import KINDS, WORD, Bools, Floats, Ints, SpokenWords, token_facts

Seconds = Sequence[float | None]
_LIMIT_SECONDS = np.iinfo(np.int32).max / 1000


@dataclass(frozen=True)
class Extra:
    """What a payload holds beyond its vendor's document, by field name; None where no turn or token holds more."""

    transcript: dict[str, Any] = field(default_factory=dict)
    turns: list[dict[str, Any]] | None = None
    tokens: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Turns:
    """The turns of a payload as columns; `sizes` counts the tokens of each."""

    speakers: Sequence[str | None]
    sizes: Sequence[int]
    starts: Seconds | None = None
    ends: Seconds | None = None


@dataclass(frozen=True)
class Tokens:
    """The tokens of a payload as columns; a column the vendor does not have is None."""

    texts: Sequence[str]
    starts: Seconds
    ends: Seconds
    types: Sequence[str] | None = None
    struck: Sequence[bool | None] | None = None
    highlighted: Sequence[bool | None] | None = None


@dataclass(frozen=True)
class Header:
    """The members of a payload that describe it as a whole."""

    title: str | None = None
    language: str | None = None
    quality_score: float | None = None


class TimeError(ValueError):
    """A time that is no position in media. Attributes: index in its column, value in seconds."""

    def __init__(self, index: int, value: float) -> None:
        super().__init__(f"time {value!r} s is outside the 24 days that milliseconds can count")
        self.index = index
        self.value = value


def unusable(source: Source, what: str) -> PayloadError:
    """One line: which transcript, what is wrong with it and where, what to do."""
    line = (
        f"{source.provider} transcript {source.recording_id!r} ({source.variant}) is not usable: {what}; "
        "look at it at the vendor, the next sync tries again"
    )
    return PayloadError(" ".join(line.split()))


def assemble(body: bytes, source: Source, header: Header, turns: Turns, tokens: Tokens, extra: Extra) -> Transcript:
    """The lake's rows of one transcript.

    Definitions:
        timed: a token with a start and an end. An end before its start is kept as sent and lasts 0 ms.
        turn start, end: the vendor's, widened to its timed tokens; NULL when neither is given.
        word counts: see `words.token_facts`; struck words count in all of them.
        spoken words: a word over several tokens lasts from the first start to the last end of these, and is struck when
            all of them are.

    Raises PayloadError for times that no media has, and for a turn whose words last over 24 days in all.
    """
    revision = hashlib.sha256(body).hexdigest()
    bounds = np.concatenate(([0], np.cumsum(np.asarray(turns.sizes, dtype=np.int64)))).astype(np.int64)
    turn_index = np.repeat(np.arange(len(turns.sizes)), turns.sizes)
    struck, highlighted = (_flags(column, len(tokens.texts)) for column in (tokens.struck, tokens.highlighted))
    language = header.language or source.language
    facts = token_facts(tokens.texts, tokens.types, np.repeat(bounds[:-1], turns.sizes), word_list_languages(language))
    starts, ends = _times(tokens.starts, source, "start of token"), _times(tokens.ends, source, "end of token")
    timed = ~(np.isnan(starts) | np.isnan(ends))
    lengths = np.where(timed & (facts.kind == WORD), np.maximum(ends - starts, 0), 0)

    def in_turn(amounts: npt.NDArray[Any]) -> Ints:
        running = np.concatenate(([0], np.cumsum(amounts))).astype(np.int64)
        return running[bounds[1:]] - running[bounds[:-1]]

    phonation = in_turn(lengths)
    if (phonation > _LIMIT_SECONDS * 1000).any():
        raise unusable(source, f"turn {int(phonation.argmax())}: its words last longer in all than 24 days")
    texts = turn_texts(facts.joined, bounds.tolist(), struck)
    names = labels(turns.speakers)
    speakers = pa.array(names, pa.string())
    word_counts = in_turn(facts.word_count)
    key = {
        "provider": source.provider,
        "recording_id": source.recording_id,
        "variant": source.variant,
        "day": source.day,
    }
    turn_table = _table(
        TURNS,
        len(turns.sizes),
        key,
        turn_index=np.arange(len(turns.sizes)),
        speaker=speakers,
        start_ms=_nullable(_widened(turns.starts, np.where(timed, starts, np.nan), bounds, source, "start", np.fmin)),
        end_ms=_nullable(
            _widened(turns.ends, np.where(timed, np.fmax(starts, ends), np.nan), bounds, source, "end", np.fmax)
        ),
        word_count=word_counts,
        timed_word_count=in_turn(facts.word_count * timed),
        struck_word_count=in_turn(facts.word_count * struck),
        highlighted_word_count=in_turn(facts.word_count * highlighted),
        phonation_ms=phonation,
        text=texts,
        extra=_extra_column(extra.turns, source),
    )
    word_table = _table(
        WORDS,
        len(tokens.texts),
        key,
        word_index=np.arange(len(tokens.texts)),
        turn_index=turn_index,
        speaker=speakers.take(pa.array(turn_index, pa.int64())),
        text=facts.text,
        kind=pa.DictionaryArray.from_arrays(pa.array(facts.kind, pa.int8()), pa.array(KINDS)),
        word_count=facts.word_count,
        start_ms=_nullable(starts),
        end_ms=_nullable(ends),
        struck=struck,
        highlighted=highlighted,
        extra=_extra_column(extra.tokens, source),
    )
    spoken_table = _spoken_table(key, facts.spoken, speakers, turn_index, starts, ends, struck)
    transcript_table = _table(
        TRANSCRIPTS,
        1,
        key,
        revision=[revision],
        title=[header.title or source.title],
        language=[language],
        duration_ms=[source.duration_ms],
        quality_score=[header.quality_score],
        speaker_count=[len({name for name, count in zip(names, word_counts.tolist(), strict=True) if name and count})],
        turn_count=[len(turns.sizes)],
        token_count=[len(tokens.texts)],
        word_count=[int(facts.word_count.sum())],
        text=["\n".join(text for text in texts if text)],
        source_modified_at=[source.source_modified_at],
        fetched_at=[source.fetched_at],
        extra=_extra_column([extra.transcript], source),
    )
    raw_table = _table(RAW_PAYLOADS, 1, key, revision=[revision], fetched_at=[source.fetched_at], body=[body])
    return Transcript(source, revision, transcript_table, turn_table, word_table, spoken_table, raw_table)


def _spoken_table(
    key: dict[str, Any],
    spoken: SpokenWords,
    speakers: pa.Array[Any],
    turn_index: Ints,
    starts: Floats,
    ends: Floats,
    struck: Bools,
) -> pa.Table:
    first, last = spoken.first, spoken.last
    start, end, is_struck = starts[first], ends[first], struck[first]
    for i in np.flatnonzero(last > first).tolist():
        reach = slice(first[i], last[i] + 1)
        start[i], end[i] = np.fmin.reduce(starts[reach]), np.fmax.reduce(ends[reach])
        is_struck[i] = struck[reach].all()
    return _table(
        SPOKEN_WORDS,
        len(first),
        key,
        position=np.arange(len(first)),
        term=spoken.term,
        shown=spoken.shown,
        word_index=first,
        turn_index=turn_index[first],
        speaker=speakers.take(pa.array(turn_index[first], pa.int64())),
        start_ms=_nullable(start),
        end_ms=_nullable(end),
        struck=is_struck,
    )


def milliseconds(seconds: Seconds) -> Floats:
    """Seconds as whole milliseconds, halves rounded up as the decimal number was sent; NaN where None.

    Raises TimeError for what a 32-bit count of milliseconds cannot hold.
    """
    column = pa.array(seconds, pa.float64())
    exact = column.to_numpy(zero_copy_only=False)
    in_range = np.abs(exact) <= _LIMIT_SECONDS
    if np.count_nonzero(in_range) + column.null_count < len(column):
        index = next(i for i in np.flatnonzero(~in_range).tolist() if seconds[i] is not None)
        raise TimeError(index, seconds[index] or 0.0)
    exact = exact * 1000.0
    rounded: Floats = np.floor(exact + 0.5)
    # A decimal half such as 1.0005 s has no exact double: only near a half can the product fall on the wrong side.
    for i in np.flatnonzero(np.abs(exact - np.floor(exact) - 0.5) < 1e-4).tolist():
        rounded[i] = milliseconds_of(seconds[i] or 0.0)
    return rounded


def _times(seconds: Seconds, source: Source, what: str) -> Floats:
    try:
        return milliseconds(seconds)
    except TimeError as error:
        raise unusable(source, f"{what} {error.index}: {error}") from None


def _widened(given: Seconds | None, timed: Floats, bounds: Ints, source: Source, edge: str, wider: np.ufunc) -> Floats:
    """Each turn's edge: the vendor's or that of its timed tokens, whichever is wider."""
    turns = len(bounds) - 1
    widest = np.full(turns, np.nan) if given is None else _times(given, source, f"{edge} of turn")
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    if filled.size:
        widest[filled] = wider(widest[filled], wider.reduceat(timed, bounds[:-1][filled]))
    return widest


def _flags(column: Sequence[bool | None] | None, length: int) -> Bools:
    return np.zeros(length, np.bool_) if column is None else np.array(column, dtype=np.bool_)


def _nullable(milliseconds_or_nan: Floats) -> pa.Array[Any]:
    missing = np.isnan(milliseconds_or_nan)
    return pa.array(np.where(missing, 0, milliseconds_or_nan).astype(np.int32), mask=missing)


def _extra_column(extra: Sequence[dict[str, Any]] | None, source: Source) -> pa.Array[Any] | None:
    if extra is None or not any(extra):
        return None
    try:
        return pa.array([msgspec.json.encode(more).decode() if more else None for more in extra], pa.string())
    except RecursionError:
        raise unusable(source, "JSON nested too deeply") from None


def _table(table: Table, length: int, key: dict[str, Any], **columns: Any) -> pa.Table:
    repeated = {name: pa.repeat(pa.scalar(value, table.schema.field(name).type), length) for name, value in key.items()}
    return table.build(repeated | columns)
