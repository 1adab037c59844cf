"""Conversations in many scripts, and the ways in which a vendor may write one and the same down."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sonitemi_pipelines.lake.record import Transcript
from tests.parsed import parse_sonix, parse_temi

from .conftest import source

SAID: dict[str, tuple[str, ...]] = {
    "en": (
        *("So the café opens at half past three.", "Um, don't you think it's well-known?", "Yeah.", "Mhm."),
        *("We paid 3.5 million, you know, for twenty-two boats.", "What did you say about the price?", "I see."),
        *("It isn't the same garden, right?", "The price of the garden is what we didn't agree on.", "And the boats?"),
        *("What is 3.5 in feet?", "Really?", "You don't know?"),
    ),
    "de": (
        *("Ähm, das Café öffnet um halb vier.", "Was meinst du mit der Maßnahme?", "Genau.", "Mhm."),
        *("Die E-Mail kostet 3.5 Euro, ähm, für zwei-drei Bäume.", "Das geht schon, oder?", "Ach so."),
        *("Die Größe der Bäume hat Jörg geprüft.", "Und die Bäume?"),
    ),
    "hi": (
        *("हम कल बाज़ार गए थे।", "क्या आप आज़ाद हैं?", "हाँ।", "यह पेड़ बहुत बड़ा है।"),
        *("लड़की ने 3.5 किताबें पढ़ीं।", "कला और काला अलग हैं।", "फ़िल्म अच्छी थी?"),
    ),
    "ja": (
        *("かぎ が あり ます。", "がくせい です か？", "はい。", "ざっし を よみ ます。", "パン は 3.5 ポンド です。"),
        *("かき を たべ ました。", "だれ が いき ます か？"),
    ),
    "ar": (
        *("ذهبنا إلى السوق أمس.", "كيف حالك؟", "نعم.", "أحمد اشترى 3.5 كيلو.", "هؤلاء آباء الطلاب."),
        *("السماء زرقاء اليوم.", "هل أنت مؤمن بذلك؟"),
    ),
    "he": ("שָׁלוֹם לכולם.", "מה שלומך?", "כן.", "קנינו 3.5 קילו.", "אני לא יודע מה זה.", "בֹּקֶר טוב?"),
}
"""What people say in each language, in sentences that end where they do."""
MARKS = "-'’.,?!؟？。।"
"""What words are cut at."""
SPEAKERS = {
    "en": ("Zoë", "Bob"),
    "de": ("Jörg", "Änne"),
    "hi": ("आज़ाद", "राम"),
    "ja": ("がく", "はな"),
    "ar": ("أحمد", "سارة"),
    "he": ("רות", "דן"),
}


@dataclass(frozen=True)
class Said:
    """A word as people hear it, with the punctuation around; times in ms, None when nobody knows."""

    text: str
    start: int | None
    end: int | None
    struck: bool = False


@dataclass(frozen=True)
class Token:
    """A piece of text as a vendor sends it."""

    text: str
    start: int | None
    end: int | None
    struck: bool = False
    kind: str = "text"


Turns = list[tuple[str, list[Said]]]
Writing = Callable[[list[Said]], list[Token]]


@dataclass(frozen=True)
class Conversation:
    recording_id: str
    language: str
    turns: Turns


def conversation(recording_id: str, language: str, seed: int, turns: int = 24) -> Conversation:
    """Speakers who pause, overlap, answer and acknowledge; some words struck, some without a time. Steps of 10 ms."""
    dice = random.Random(f"{language} {seed}")
    speakers, clock, found = [*SPEAKERS[language], "Cem"], 1000, []
    for _ in range(turns):
        speaker = dice.choice(speakers)
        clock = max(0, clock + dice.choice([-600, -150, 0, 60, 110, 200, 400, 900, 2600]))
        said, struck = [], dice.random() < 0.1
        for text in " ".join(dice.choices(SAID[language], k=dice.choice([1, 1, 2, 4]))).split():
            length = dice.randrange(80, 600, 10)
            known = dice.random() > 0.02
            said.append(Said(text, clock if known else None, clock + length if known else None, struck))
            clock += length + dice.choice([0, 0, 0, 0, 40, 240, 250, 900])
        found.append((speaker, said))
    return Conversation(recording_id, language, found)


def misheard(one: Conversation, dice: random.Random) -> Conversation:
    """What a machine makes of it: one word in ten another."""
    turns = [
        (who, [replace(w, text=dice.choice(["so", "price", w.text[:2]])) if dice.random() < 0.1 else w for w in said])
        for who, said in one.turns
    ]
    return replace(one, turns=turns)


# ---- what may differ without anything said or timed differently


def shuffled(one: Conversation, dice: random.Random) -> Conversation:
    """Turns listed in another order, as of vendors that list by channel. When one was said that has no time, only those
    listed beside it tell: they stay together.
    """
    blocks: list[Turns] = []
    was_timed = True
    for turn in one.turns:
        is_timed = any(word.start is not None for word in turn[1])
        if not blocks or (is_timed and was_timed):
            blocks.append([])
        blocks[-1].append(turn)
        was_timed = is_timed
    return replace(one, turns=[turn for block in dice.sample(blocks, len(blocks)) for turn in block])


def cut(one: Conversation, dice: random.Random) -> Conversation:
    """Each turn of the vendor in several, cut between any two words with times."""
    turns: Turns = []
    for speaker, said in one.turns:
        part: list[Said] = []
        for word in said:
            if part and None not in (part[-1].end, word.start) and dice.random() < 0.3:
                turns.append((speaker, part))
                part = []
            part.append(word)
        turns.append((speaker, part))
    return replace(one, turns=turns)


def later(one: Conversation, ms: int) -> Conversation:
    """The same, `ms` later."""

    def moved(at: int | None) -> int | None:
        return None if at is None else at + ms

    turns = [(who, [replace(w, start=moved(w.start), end=moved(w.end)) for w in said]) for who, said in one.turns]
    return replace(one, turns=turns)


def in_form(one: Conversation, form: Any) -> Conversation:
    """Words and names in another Unicode form."""
    turns = [
        (unicodedata.normalize(form, who), [replace(w, text=unicodedata.normalize(form, w.text)) for w in said])
        for who, said in one.turns
    ]
    return replace(one, turns=turns)


# ---- how words become tokens


def before(said: list[Said]) -> list[Token]:
    """Space in front, as Sonix mostly sends it."""
    return [Token(f" {w.text}", w.start, w.end, w.struck) for w in said]


def behind(said: list[Said]) -> list[Token]:
    """Space behind."""
    return [Token(f"{w.text} ", w.start, w.end, w.struck) for w in said]


def bare(said: list[Said]) -> list[Token]:
    """No space at all: the joints decide."""
    return [Token(w.text, w.start, w.end, w.struck) for w in said]


def between(said: list[Said]) -> list[Token]:
    """Spaces in tokens of their own, without times."""
    found: list[Token] = []
    for token in bare(said):
        found += [Token(" ", None, None), token] if found else [token]
    return found


def _parts(text: str) -> list[str]:
    return re.findall(f"[{MARKS}]|[^{MARKS}]+", text)


def pieces(said: list[Said], space: str = "") -> list[Token]:
    """Words cut at what stands in them and behind them: `don` `'` `t`, `3` `.` `5`, `twenty` `-` `two`, `ended` `.`.

    The letters share the word's time; punctuation has none.
    """
    found: list[Token] = []
    for word in said:
        parts = _parts(word.text)
        letters = [part for part in parts if part not in MARKS]
        edges = _edges(word, len(letters))
        for number, part in enumerate(parts):
            text = part if number else space + part
            if part in MARKS:
                found.append(Token(text, None, None, word.struck, "punct"))
            else:
                found.append(Token(text, *next(edges), word.struck))
    return found


def spaced_pieces(said: list[Said]) -> list[Token]:
    """The same, with a space in front of each word."""
    return pieces(said, " ")


def timed_pieces(said: list[Said]) -> list[Token]:
    """The same, the marks within a word with a part of its time, those behind it with none."""
    found: list[Token] = []
    for word in said:
        body = word.text.rstrip(MARKS)
        parts = _parts(body)
        edges = _edges(word, len(parts))
        found += [
            Token(part if number else f" {part}", *next(edges), word.struck, "punct" if part in MARKS else "text")
            for number, part in enumerate(parts)
        ]
        found += [Token(mark, None, None, word.struck, "punct") for mark in word.text[len(body) :]]
    return found


def _edges(word: Said, parts: int) -> Iterator[tuple[int | None, int | None]]:
    """A word's time in equal parts."""
    for i in range(parts):
        if word.start is None or word.end is None:
            yield None, None
        else:
            length = word.end - word.start
            yield word.start + length * i // parts, word.start + length * (i + 1) // parts


# ---- the vendors' payloads


def sonix(one: Conversation, writing: Writing) -> Transcript:
    """As Sonix sends it."""
    segments = []
    for speaker, said in one.turns:
        tokens = writing(said)
        starts = [token.start for token in tokens if token.start is not None]
        ends = [token.end for token in tokens if token.end is not None]
        words = [
            {"text": t.text, "start_time": _seconds(t.start), "end_time": _seconds(t.end), "strikethrough": t.struck}
            for t in tokens
        ]
        edges = {"start_time": _seconds(min(starts, default=None)), "end_time": _seconds(max(ends, default=None))}
        segments.append({"speaker": speaker, **edges, "words": words})
    given = replace(source("sonix", one.language), recording_id=one.recording_id)
    return parse_sonix(json.dumps({"transcript": segments}).encode(), given)


def temi(one: Conversation, writing: Writing, variant: str = "latest") -> Transcript:
    """As Temi sends it."""
    monologues = []
    names = sorted({speaker for speaker, _ in one.turns})
    for number, (speaker, said) in enumerate(one.turns):
        elements = [
            {"type": t.kind, "value": t.text}
            | ({} if t.start is None else {"ts": t.start / 1000})
            | ({} if t.end is None else {"end_ts": t.end / 1000})
            for t in writing(said)
        ]
        monologues.append({"id": number, "speaker": names.index(speaker), "elements": elements})
    body = {"speakers": [{"id": i, "name": name} for i, name in enumerate(names)], "monologues": monologues}
    given = replace(source("temi", None), recording_id=one.recording_id, variant=variant)
    return parse_temi(json.dumps(body).encode(), given)


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000
