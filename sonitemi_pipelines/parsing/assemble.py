"""A batch of transcripts of any vendor, from columns to the lake's Arrow tables."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.record import Source, Transcript, TranscriptBatch
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, SPLIT_WORDS, TRANSCRIPTS, TURNS, WORDS, Table
from sonitemi_pipelines.parsing.columns import KINDS, WORD, Bools, Columns, Ints, TakeApart
from sonitemi_pipelines.parsing.seeds import word_list_languages
from sonitemi_pipelines.parsing.speakers import labels
from sonitemi_pipelines.parsing.text import turn_texts
from sonitemi_pipelines.parsing.times import Floats
from sonitemi_pipelines.parsing.words import TokenFacts, are_tokens, token_facts

_LONGEST_MEDIA_MS, _SLACK_MS = 86_400_000, 1000
"""As `longest_media_ms` and `end_slack_ms` of the marts: a token that reaches beyond widens no turn."""


def parse(take_apart: TakeApart, body: bytes, source: Source) -> Transcript:
    """One transcript by itself.

    Raises PayloadError as `take_apart` does.
    """
    columns = take_apart(body, source)
    rows = assemble([columns])
    return Transcript(
        rows.transcripts,
        TURNS.plain(rows.turns),
        WORDS.plain(rows.words),
        SPLIT_WORDS.plain(rows.split_words),
        rows.raw_payloads,
        source,
        columns.revision,
    )


def assemble(batch: Sequence[Columns]) -> TranscriptBatch:
    """The lake's rows of these transcripts, in their order.

    Definitions:
        timed: a token with a start and an end. An end before its start is kept as sent and lasts 0 ms.
        turn start, end: the vendor's, widened to its timed tokens that have a length within the media; where there is
            neither, those of its timed tokens; NULL when none is timed.
        word counts: see `words.token_facts`; struck words count in all of them.
        split words: a word over several tokens lasts from the first start to the last end of these, and is struck when
            all of them are.
    """
    turns = np.array([len(each.sizes) for each in batch], np.int64)
    tokens = np.array([len(each.texts) for each in batch], np.int64)
    sizes = _joined([each.sizes for each in batch], np.int64)
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    turn = np.repeat(np.arange(len(sizes)), sizes)
    of_turn, of_token = np.repeat(np.arange(len(batch)), turns), np.repeat(np.arange(len(batch)), tokens)
    turn_index, word_index = _within(turns), _within(tokens)
    struck = _joined([_or_false(each.struck, len(each.texts)) for each in batch], np.bool_)
    highlighted = _joined([_or_false(each.highlighted, len(each.texts)) for each in batch], np.bool_)
    starts = _joined([each.starts for each in batch], np.float64)
    ends = _joined([each.ends for each in batch], np.float64)
    languages = [each.header.language or each.source.language for each in batch]
    facts = token_facts(
        pa.chunked_array([each.texts for each in batch], pa.string()),
        _kinds(batch),
        turn,
        of_token,
        [word_list_languages(language) for language in languages],
    )
    timed = ~(np.isnan(starts) | np.isnan(ends))
    lengths = np.where(timed & (facts.kind == WORD), np.maximum(ends - starts, 0), 0)
    last_ms = np.array([(each.source.duration_ms or _LONGEST_MEDIA_MS) + _SLACK_MS for each in batch], np.int64)
    lasting = timed & (starts < ends) & (starts >= 0) & (ends <= last_ms[of_token])

    def in_turn(amounts: npt.NDArray[Any]) -> Ints:
        running = np.concatenate(([0], np.cumsum(amounts))).astype(np.int64)
        return running[bounds[1:]] - running[bounds[:-1]]

    texts = turn_texts(facts.joined, bounds, struck)
    names = labels([name for each in batch for name in each.speakers])
    speakers = _encoded(names)
    word_counts = in_turn(facts.word_count)
    keys = _Keys(batch)
    turn_table = keys.table(
        TURNS,
        of_turn,
        encoded=True,
        turn_index=turn_index,
        speaker=speakers,
        start_ms=_nullable(
            _widened([each.turn_starts for each in batch], turns, starts, timed, lasting, bounds, np.fmin)
        ),
        end_ms=_nullable(
            _widened([each.turn_ends for each in batch], turns, np.fmax(starts, ends), timed, lasting, bounds, np.fmax)
        ),
        word_count=word_counts,
        timed_word_count=in_turn(facts.word_count * timed),
        struck_word_count=in_turn(facts.word_count * struck),
        highlighted_word_count=in_turn(facts.word_count * highlighted),
        phonation_ms=in_turn(lengths),
        text=texts,
        extra=_extra([each.extra[1] for each in batch], turns),
    )
    spoken = facts.spoken
    position = _within(np.bincount(of_token[spoken.first], minlength=len(batch)))
    is_token = are_tokens(facts)
    split: Ints = np.flatnonzero(~is_token)
    word_table = keys.table(
        WORDS,
        of_token,
        encoded=True,
        word_index=word_index,
        turn_index=turn_index[turn],
        speaker=speakers.take(pa.array(turn, pa.int64())),
        text=facts.text,
        kind=pa.DictionaryArray.from_arrays(pa.array(facts.kind, pa.int8()), pa.array(KINDS)),
        word_count=facts.word_count,
        position=_first_of(position, spoken.first, facts.word_count),
        **_whole_words(facts, is_token),
        start_ms=_nullable(starts),
        end_ms=_nullable(ends),
        struck=struck,
        highlighted=highlighted,
        extra=_extra([each.extra[2] for each in batch], tokens),
    )
    first, last, which = spoken.first[split], spoken.last[split], pa.array(split, pa.int64())
    split_table = keys.table(
        SPLIT_WORDS,
        of_token[first],
        encoded=True,
        position=position[split],
        term=spoken.term.take(which),
        shown=spoken.shown.take(which),
        word_index=word_index[first],
        turn_index=turn_index[turn[first]],
        speaker=speakers.take(pa.array(turn[first], pa.int64())),
        **_lasting(first, last, starts, ends, struck),
    )
    speaking = [name if count else None for name, count in zip(names, word_counts.tolist(), strict=True)]
    parts = [slice(start, end) for start, end in itertools.pairwise(np.concatenate(([0], np.cumsum(turns))).tolist())]
    transcript_table = keys.table(
        TRANSCRIPTS,
        np.arange(len(batch)),
        revision=[each.revision for each in batch],
        title=[each.header.title or each.source.title for each in batch],
        language=languages,
        duration_ms=[each.source.duration_ms for each in batch],
        quality_score=[each.header.quality_score for each in batch],
        speaker_count=[len({*speaking[part]} - {None}) for part in parts],
        turn_count=turns,
        token_count=tokens,
        word_count=np.bincount(of_turn, weights=word_counts, minlength=len(batch)).astype(np.int64),
        split_word_count=np.bincount(of_token[first], minlength=len(batch)),
        text=["\n".join(text for text in texts[part] if text) for part in parts],
        source_modified_at=[each.source.source_modified_at for each in batch],
        fetched_at=[each.source.fetched_at for each in batch],
        extra=pa.array([each.extra[0] for each in batch], pa.string()),
    )
    raw_table = keys.table(
        RAW_PAYLOADS,
        np.arange(len(batch)),
        revision=[each.revision for each in batch],
        fetched_at=[each.source.fetched_at for each in batch],
        body=pa.chunked_array([_bytes(each.body) for each in batch], pa.binary()),
    )
    return TranscriptBatch(transcript_table, turn_table, word_table, split_table, raw_table)


class _Keys:
    """The columns that name a transcript, for rows of any table."""

    def __init__(self, batch: Sequence[Columns]) -> None:
        sources = [each.source for each in batch]
        self._columns: dict[str, pa.Array[Any]] = {
            "provider": _encoded([each.provider for each in sources]),
            "recording_id": _encoded([each.recording_id for each in sources]),
            "variant": _encoded([each.variant for each in sources]),
            "day": pa.array([each.day for each in sources], pa.date32()),
        }

    def table(self, table: Table, of_row: Ints, *, encoded: bool = False, **columns: Any) -> pa.Table:
        """An Arrow table of this schema, text that comes as a dictionary left as one if `encoded`; `of_row`: the number
        of each row's transcript.
        """
        which = pa.array(of_row, pa.int64())
        keys = {name: column.take(which) for name, column in self._columns.items()}
        return table.build(keys | columns, encoded=encoded)


def _bytes(body: bytes) -> pa.Array[Any]:
    """One value, around these bytes and not a copy of them."""
    ends = pa.py_buffer(np.array([0, len(body)], np.int32).tobytes())
    return pa.Array.from_buffers(pa.binary(), 1, [None, ends, pa.py_buffer(body)])


def _encoded(values: Sequence[str | None]) -> pa.DictionaryArray[Any, Any]:
    return pa.array(values, pa.string()).dictionary_encode()


def _joined(parts: Sequence[npt.NDArray[Any]], kind: type) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def _within(counts: Ints) -> Ints:
    """0, 1, 2, ... within each transcript."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _or_false(flags: Bools | None, length: int) -> Bools:
    return np.zeros(length, np.bool_) if flags is None else flags


def _kinds(batch: Sequence[Columns]) -> npt.NDArray[np.int8] | None:
    if all(each.kinds is None for each in batch):
        return None
    plain = [np.zeros(len(each.texts), np.int8) if each.kinds is None else each.kinds for each in batch]
    return np.concatenate(plain)


def _first_of(position: Ints, first: Ints, word_count: Ints) -> pa.Array[Any]:
    """For each token the position of the first word that begins in it."""
    found = np.zeros(len(word_count), np.int32)
    # The last to be put down is the first to begin.
    found[first[::-1]] = position[::-1]
    return pa.array(found, pa.int32(), mask=word_count == 0)


def _whole_words(facts: TokenFacts, is_token: Bools) -> dict[str, Any]:
    """For each token whether it is a word by itself, and the term of that where it is not what the token says: most
    are, and stand in the file once.
    """
    term, place = facts.spoken.term, facts.spoken.first[is_token]
    whole = np.zeros(len(facts.text), np.bool_)
    whole[place] = True
    which = np.zeros(len(whole), np.int32)
    which[place] = term.indices.to_numpy()[is_token]
    # Both have dictionaries: of the same text when the places of their texts are the same.
    as_text: Ints = pc.index_in(term.dictionary, facts.text.dictionary).fill_null(-1).to_numpy()
    other = whole.copy()
    other[place] = as_text[which[place]] != facts.text.indices.to_numpy()[place]
    return {
        "whole": whole,
        "term": pa.DictionaryArray.from_arrays(pa.array(which, pa.int32(), mask=~other), term.dictionary),
    }


def _lasting(first: Ints, last: Ints, starts: Floats, ends: Floats, struck: Bools) -> dict[str, Any]:
    start, end, is_struck = starts[first], ends[first], struck[first]
    for i in np.flatnonzero(last > first).tolist():
        reach = slice(first[i], last[i] + 1)
        start[i], end[i] = np.fmin.reduce(starts[reach]), np.fmax.reduce(ends[reach])
        is_struck[i] = struck[reach].all()
    return {"start_ms": _nullable(start), "end_ms": _nullable(end), "struck": is_struck}


def _widened(
    given: Sequence[Floats | None],
    turns: Ints,
    edges: Floats,
    timed: Bools,
    lasting: Bools,
    bounds: Ints,
    wider: np.ufunc,
) -> Floats:
    """Each turn's edge: the vendor's or that of its lasting tokens, whichever is wider; else that of its timed ones."""
    widest = _joined(
        [np.full(count, np.nan) if each is None else each for each, count in zip(given, turns.tolist(), strict=True)],
        np.float64,
    )
    filled = np.flatnonzero(bounds[1:] > bounds[:-1])
    if filled.size:
        first = bounds[:-1][filled]
        widest = widest.copy()
        widest[filled] = wider(widest[filled], wider.reduceat(np.where(lasting, edges, np.nan), first))
        left = np.isnan(widest[filled])
        widest[filled[left]] = wider.reduceat(np.where(timed, edges, np.nan), first)[left]
    return widest


def _nullable(milliseconds_or_nan: Floats) -> pa.Array[Any]:
    missing = np.isnan(milliseconds_or_nan)
    if not missing.any():
        return pa.array(milliseconds_or_nan.astype(np.int32))
    return pa.array(np.where(missing, 0, milliseconds_or_nan).astype(np.int32), mask=missing)


def _extra(given: Sequence[list[str | None] | None], counts: Ints) -> pa.ChunkedArray[Any] | None:
    if all(each is None for each in given):
        return None
    chunks = [
        pa.nulls(count, pa.string()) if each is None else pa.array(each, pa.string())
        for each, count in zip(given, counts.tolist(), strict=True)
    ]
    return pa.chunked_array(chunks, pa.string())
