"""Which words a transcript's tokens say: the only place that decides it. What is worked out here is stored.

Transcripts come in batches; everything is worked out once per distinct token of a batch and looked up for the rest,
since speech repeats itself.

Definitions:
    word: a stretch of text that stands for something said (`terms.has_speech`), between white space, dashes, ellipses,
        commas and sentence ends, in one token or in pieces over several. In a script without spaces, a token.
    spaced: tokens carry their own spaces, by the majority of the joints between two words of a turn. If they do, a
        token without a space goes on with the word before it; if not, only what stands between an apostrophe, a hyphen,
        or the point of a number in tokens of their own does.
    tag: what the vendor says is one, and remarks in brackets that the seed `remarks` knows.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.parsing.chunks import Chunks, Fact, chunks_of, cut, is_remark, joins, split_at_bracket
from sonitemi_pipelines.parsing.columns import PUNCT, TAG, WORD, Bools, Ints
from sonitemi_pipelines.parsing.seeds import remarks
from sonitemi_pipelines.parsing.terms import has_speech, term_of

_LEFT_AS_SENT = "-–—―…"
"""Where these part words, text needs no space to be read."""
_LONGEST_REMARK = 8


@dataclass(frozen=True)
class SpokenWords:
    """One row per word, in order.

    Attributes:
        shown: as sent; of a word in pieces, what stands between them too (a dictionary).
        term: see `terms.term_of` (a dictionary).
        first, last: the tokens in which it begins and ends.
    """

    shown: pa.DictionaryArray[Any, Any]
    term: pa.DictionaryArray[Any, Any]
    first: Ints
    last: Ints


@dataclass(frozen=True)
class TokenFacts:
    """One row per token, in the order sent.

    Attributes:
        text: the token, white space around it removed (a dictionary).
        kind: index into `KINDS`.
        word_count: words that begin in the token.
        joined: the token as sent, with a space before it where text is made with one beside those it carries.
        spoken: the words.
    """

    text: pa.DictionaryArray[Any, Any]
    kind: Ints
    word_count: Ints
    joined: pa.Array[Any]
    spoken: SpokenWords


def token_facts(
    texts: pa.ChunkedArray[Any],
    kinds: npt.NDArray[np.int8] | None,
    turn: Ints,
    transcript: Ints,
    languages: Sequence[tuple[str, ...]],
) -> TokenFacts:
    """Facts of each token of some transcripts, and the words they say.

    Args:
        texts: the tokens as sent.
        kinds: PUNCT and TAG hold no words; None: all are text.
        turn: for each token, the number of its turn, which no other turn of any transcript has; no word goes on across
            turns.
        transcript: for each token, the number of its transcript.
        languages: for each transcript, those whose remarks in brackets are tags, beside English.
    """
    encoded: Any = texts.dictionary_encode().combine_chunks() if len(texts) else _nothing_encoded()
    of_token: Ints = encoded.indices.to_numpy().astype(np.int64)
    distinct: list[str] = encoded.dictionary.to_pylist()
    chunks, of_chunks = _chunks_by_language(distinct, of_token, transcript, languages)
    facts = np.array([each.facts for each in chunks], np.int64)[of_chunks]
    tag = _are(facts, Fact.REMARK)
    punct = np.zeros(len(of_token), np.bool_)
    if kinds is not None:
        punct = kinds == PUNCT
        tag |= kinds == TAG
    opening = np.flatnonzero(facts & Fact.OPENS)
    if len(opening):
        tag |= _remarks_over_tokens(opening, distinct, of_token, turn, transcript, languages)
    facts[tag] &= ~int(Fact.OPEN_BEFORE | Fact.OPEN_AFTER | Fact.SPEAKS)
    facts[punct] &= ~int(Fact.SPEAKS)
    # A token without any text stands between no two others.
    live = np.flatnonzero(facts & Fact.TEXT)
    known, live_turn = facts[live], turn[live]
    follows = np.concatenate(([False], live_turn[1:] == live_turn[:-1]))[: len(live)]
    spaced = _carry_spaces(known, live_turn, transcript[live], len(languages))[transcript[live]]
    open_before, open_after = _are(known, Fact.OPEN_BEFORE), _are(known, Fact.OPEN_AFTER)
    glued = spaced & follows & open_before & _before(open_after)
    space = np.zeros(len(live), np.bool_)
    if not spaced.all():
        glued |= _joined(distinct, of_token[live], known, follows, ~spaced)
        tight = _are(known, Fact.ATTACHED | Fact.STARTS_BLANK) | punct[live] | _before(_are(known, Fact.ENDS_BLANK))
        space = ~spaced & follows & ~glued & ~tight
    spoken, parted = _spoken(chunks, of_chunks[live], live, _are(known, Fact.SPEAKS), glued)
    # A word that begins within glued tokens has a space before it only where tokens carry them.
    space[parted] |= spaced[parted]
    space_before = np.zeros(len(of_token), np.bool_)
    space_before[live] = space
    trimmed = pa.array([each.trimmed for each in chunks], pa.string()).dictionary_encode()
    return TokenFacts(
        trimmed.take(pa.array(of_chunks, pa.int64())),
        np.where(tag, TAG, np.where(facts & Fact.SPEAKS, WORD, PUNCT)),
        np.bincount(spoken.first, minlength=len(of_token)).astype(np.int64),
        _with_spaces(encoded.dictionary, of_token, space_before),
        spoken,
    )


def are_tokens(facts: TokenFacts) -> Bools:
    """Which words are one whole token, as sent, and the only one to begin in it."""
    spoken = facts.spoken
    # Both have dictionaries: of the same text when the places of their texts are the same.
    place: Ints = pc.index_in(spoken.shown.dictionary, facts.text.dictionary).fill_null(-1).to_numpy()
    if not len(place):
        return np.zeros(0, np.bool_)
    same: Bools = place[spoken.shown.indices.to_numpy()] == facts.text.indices.to_numpy()[spoken.first]
    alone: Bools = (spoken.first == spoken.last) & (facts.word_count[spoken.first] == 1)
    return same & alone


def _nothing_encoded() -> pa.DictionaryArray[Any, Any]:
    return pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))


def _chunks_by_language(
    distinct: list[str], of_token: Ints, transcript: Ints, languages: Sequence[tuple[str, ...]]
) -> tuple[list[Chunks], Ints]:
    """What each distinct token holds, once for each set of languages, and which of these each token is."""
    sets = list(dict.fromkeys(languages))
    chunks = [found for each in sets for found in chunks_of(distinct, each)]
    if len(sets) <= 1:
        return chunks, of_token
    place = {each: number * len(distinct) for number, each in enumerate(sets)}
    offsets = np.array([place[each] for each in languages], np.int64)
    return chunks, of_token + offsets[transcript]


def _are(facts: Ints, wanted: Fact) -> Bools:
    """Tokens of which any of these is true."""
    are: Bools = (facts & int(wanted)) != 0
    return are


def _before(flags: Bools) -> Bools:
    """For each token the flag of the one before, False for the first."""
    return np.concatenate(([False], flags[:-1]))[: len(flags)]


def _with_spaces(dictionary: pa.Array[Any], of_token: Ints, space_before: Bools) -> pa.Array[Any]:
    if not space_before.any():
        return dictionary.take(pa.array(of_token, pa.int64()))
    both = pa.concat_arrays([dictionary, pa.array([f" {text}" for text in dictionary.to_pylist()], pa.string())])
    return both.take(pa.array(of_token + len(dictionary) * space_before, pa.int64()))


def _remarks_over_tokens(
    opening: Ints,
    distinct: list[str],
    of_token: Ints,
    turn: Ints,
    transcript: Ints,
    languages: Sequence[tuple[str, ...]],
) -> Bools:
    """Tokens of a remark that is cut into several, such as `[inaudible` and `00:03:12]`."""
    tag = np.zeros(len(of_token), np.bool_)
    for start in opening.tolist():
        known = remarks(languages[transcript[start]])
        inside, closing = split_at_bracket(distinct[of_token[start]])
        end = min(len(of_token), start + _LONGEST_REMARK)
        for stop in range(start + 1, end):
            if turn[stop] != turn[start]:
                break
            inside += " " + distinct[of_token[stop]]
            head, found, _ = inside.partition(closing)
            if found:
                tag[start : stop + 1] = is_remark(head, known)
                break
    return tag


def _carry_spaces(facts: Ints, turn: Ints, transcript: Ints, transcripts: int) -> Bools:
    """Of each transcript, whether most joints between two words of a turn have a space; where there are none, whether
    any token has.

    Where a script without spaces is on either side, only a space says something. A space before the first token of a
    turn or behind its last one counts like one at a joint.

    Args:
        turn, transcript: for each token, which ones it is in.
    """

    def count(where: Ints, holds: Bools) -> Ints:
        return np.bincount(where[holds], minlength=transcripts)

    first, last = _are(facts, Fact.STARTS_BLANK), _are(facts, Fact.ENDS_BLANK)
    words = np.flatnonzero(facts & Fact.SPEAKS)
    blanks = np.concatenate(([0], np.cumsum(first.astype(np.int64) + last)))
    left, right = words[:-1], words[1:]
    same = turn[left] == turn[right]
    # All white space from the end of the left one to the start of the right one.
    between = (blanks[right] - blanks[left + 1] + last[left] + first[right]) > 0
    changes = turn[1:] != turn[:-1]
    edges = count(transcript, first & np.concatenate(([True], changes))[: len(turn)])
    edges += count(transcript, last & np.concatenate((changes, [True]))[: len(turn)])
    with_space = count(transcript[left], same & between) + edges
    may_join = _are(facts[left], Fact.OPEN_AFTER) & _are(facts[right], Fact.OPEN_BEFORE) & (right == left + 1)
    without = count(transcript[left], same & ~between & may_join)
    carries: Bools = (count(transcript, first | last) > 0) & (with_space >= without)
    return carries


def _joined(distinct: list[str], of_live: Ints, facts: Ints, follows: Bools, wanted: Bools) -> Bools:
    """Tokens, of those `wanted`, that go on with the one before, where tokens carry no spaces."""
    glued = np.zeros(len(of_live), np.bool_)
    joint = (facts[1:-1] & Fact.JOINS != 0) & follows[1:-1] & follows[2:] & wanted[1:-1]
    between = np.flatnonzero(joint) + 1
    left, right = Fact.SPEAKS | Fact.OPEN_AFTER, Fact.SPEAKS | Fact.OPEN_BEFORE
    for i in between[(facts[between - 1] & left == left) & (facts[between + 1] & right == right)].tolist():
        if joins(distinct[of_live[i]], distinct[of_live[i - 1]], distinct[of_live[i + 1]]):
            glued[i] = glued[i + 1] = True
    return glued


def _spoken(
    chunks: list[Chunks], of_live: Ints, live: Ints, speaks: Bools, glued: Bools
) -> tuple[SpokenWords, list[int]]:
    """The words, and the live tokens before which a space is missing."""
    said = _Said(chunks)
    # Most tokens are one chunk that says something, and a word by themselves; the others are looked at closely.
    plain = said.is_one_word[of_live] & speaks & ~glued
    plain[:-1] &= ~glued[1:]
    whole, rest = np.flatnonzero(plain), np.flatnonzero(~plain)
    text, first, last, parted = said.offsets[of_live[whole]], whole, whole, list[int]()
    if len(rest):
        others, begins, ends, parts = said.look_closely(of_live[rest], speaks[rest], glued[rest])
        # Within a token the order stands already; stable sorting keeps it.
        first = np.concatenate((whole, rest[begins]))
        order = np.argsort(first, kind="stable")
        text, first = np.concatenate((text, others))[order], first[order]
        last = np.concatenate((whole, rest[ends]))[order]
        parted = rest[parts].tolist()
    used = np.zeros(len(said.texts), np.bool_)
    used[text] = True
    which = np.flatnonzero(used).tolist()
    indices = pa.array((np.cumsum(used, dtype=np.int32) - 1)[text])
    spoken = SpokenWords(
        pa.array([said.texts[i] for i in which], pa.string()).dictionary_encode().take(indices),
        pa.array([said.terms[i] for i in which], pa.string()).dictionary_encode().take(indices),
        live[first],
        live[last],
    )
    return spoken, parted


class _Said:
    """The chunks of all distinct tokens, one behind the other, and the words put together from several.

    Attributes:
        texts, terms: of each chunk, then of each such word.
        offsets: where the chunks of each distinct token begin.
        is_one_word: which distinct tokens are one chunk that says something.
    """

    def __init__(self, chunks: list[Chunks]) -> None:
        self.texts = list(itertools.chain.from_iterable([each.texts for each in chunks]))
        self.terms = list(itertools.chain.from_iterable([each.terms for each in chunks]))
        self._is_spoken = np.array([term is not None for term in self.terms], np.bool_)
        self._sizes = np.array([len(each.texts) for each in chunks], np.int64)
        self.offsets = np.cumsum(self._sizes) - self._sizes
        self.is_one_word = self._sizes == 1
        self.is_one_word[self.is_one_word] = self._is_spoken[self.offsets[self.is_one_word]]

    def look_closely(self, of_live: Ints, speaks: Bools, glued: Bools) -> tuple[Ints, Ints, Ints, list[int]]:
        """The words of some tokens, in order: their place in `texts`, their first and last token, and the tokens before
        which a space is missing.
        """
        texts, is_spoken = self.texts, self._is_spoken
        # One row per chunk of each token: the token, which of its chunks, which of all.
        own_sizes = self._sizes[of_live]
        token = np.repeat(np.arange(len(of_live)), own_sizes)
        nth = np.arange(len(token)) - np.repeat(np.cumsum(own_sizes) - own_sizes, own_sizes)
        chunk = self.offsets[of_live[token]] + nth
        unit = np.cumsum(~((nth == 0) & glued[token]))
        said = np.flatnonzero(is_spoken[chunk] & speaks[token])
        # A word is a chunk by itself, or put together from the text between its first and last.
        goes_on = unit[said][1:] == unit[said][:-1]
        in_pieces = np.concatenate(([False], goes_on))[: len(said)] | np.concatenate((goes_on, [False]))[: len(said)]
        single, pieces = said[~in_pieces], said[in_pieces]
        text, first, last = chunk[single], token[single], token[single]
        parted: list[int] = []
        found: list[tuple[int, str, int, int]] = []
        edges = np.flatnonzero(np.diff(unit[pieces], prepend=-1, append=-1)).tolist() if len(pieces) else []
        for start, end in itertools.pairwise(edges):
            reach = range(int(pieces[start]), int(pieces[end - 1]) + 1)
            # What the vendor calls punctuation says nothing, whatever it holds.
            together = [texts[chunk[i]] if speaks[token[i]] or not is_spoken[chunk[i]] else "" for i in reach]
            for shown, head, tail, lacks_space in _words_of_pieces(together):
                found.append((reach[head], shown, token[reach[head]], token[reach[tail]]))
                if lacks_space:
                    parted.append(int(token[reach[head]]))
        if found:
            order = np.argsort(np.concatenate((single, [place for place, *_ in found])), kind="stable")
            text = np.concatenate((text, np.arange(len(texts), len(texts) + len(found))))[order]
            first = np.concatenate((first, [each for _, _, each, _ in found]))[order]
            last = np.concatenate((last, [each for _, _, _, each in found]))[order]
            self.texts += [shown for _, shown, _, _ in found]
            self.terms += [term_of(shown) for _, shown, _, _ in found]
        return text, first, last, parted


def _words_of_pieces(pieces: list[str]) -> list[tuple[str, int, int, bool]]:
    """Words that pieces of text without white space between them make: text, first and last piece, and whether a space
    is missing before it, where one piece ends a sentence and the next begins one."""
    edges = list(itertools.accumulate(map(len, pieces), initial=0))
    whole = "".join(pieces)
    words = []
    start = 0
    for text in cut(whole, frozenset(edges)):
        head = next(i for i in range(len(pieces)) if edges[i + 1] > start)
        tail = next(i for i in range(len(pieces)) if edges[i + 1] >= start + len(text))
        lacks_space = start > 0 and start == edges[head] and whole[start - 1] not in _LEFT_AS_SENT
        if has_speech(text):
            words.append((text, head, tail, lacks_space))
        start += len(text)
    return words
