"""Deterministic conversations: several speakers, believable text, timing with gaps, overlaps and back-channels."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any

SPEAKER_NAMES = ("Nora", "Daniel", "Ines", "Samir", "Ruth", "Oskar", "Mina", "Peter", "Lucia", "Kofi", "Anna", "Jonas")
GENRES = ("support", "interview", "podcast", "panel")
_SENTENCE_END = (".", "?", "!", "。", "？", "！", "؟")
_PAUSE_MARK = (",", "،", "、", "，", ";", ":")


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word with its punctuation; times in ms from the start of the media."""

    text: str
    start: int
    end: int
    filler: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    speaker: int
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said, before any vendor's format.

    Attributes:
        speakers: names; `Turn.speaker` is an index into them.
        spaceless: the script writes no spaces between words.
    """

    title: str
    language: str
    folder: str
    speakers: tuple[str, ...]
    turns: tuple[Turn, ...]
    spaceless: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """Who talks about what; cheap to make, so that a listing needs no transcript."""

    title: str
    folder: str
    genre: int
    speakers: tuple[str, ...]


def script_language(language: str) -> str:
    """The phrase book used for a language code: 'en-GB' -> 'en', 'cmn-Hans-CN' -> 'zh'; English for the rest."""
    base = language.split("-")[0]
    base = {"cmn": "zh", "yue": "zh"}.get(base, base)
    return base if base in ("en", "es", "fr", "de", "ar", "ja", "zh") else "en"


def setting(seed: str, language: str) -> Setting:
    """Title, folder and speakers of the conversation of `seed`."""
    book = _book(script_language(language))
    random = Random(f"{seed}/setting")
    genre = random.randrange(len(book["genre"]))
    chosen = book["genre"][genre]
    speakers = tuple(random.sample(SPEAKER_NAMES, chosen["speakers"]))
    title = _fill(random.choice(chosen["titles"]), book, speakers, random)
    if book.get("spaceless"):
        title = title.replace(" ", "")
    return Setting(title, chosen["folder"], genre, speakers)


def converse(seed: str, language: str, duration_ms: int) -> Conversation:
    """The conversation of `seed`: the same arguments give the same conversation, on every machine.

    No word ends after `duration_ms`; the talk fills it as far as whole exchanges go.
    """
    book = _book(script_language(language))
    scene = setting(seed, language)
    talk = _Talk(Random(f"{seed}/talk"), book, scene, duration_ms)
    return Conversation(
        scene.title, language, scene.folder, scene.speakers, talk.turns(), bool(book.get("spaceless", False))
    )


class _Talk:
    def __init__(self, random: Random, book: dict[str, Any], scene: Setting, duration_ms: int) -> None:
        self._random = random
        self._book = book
        self._genre = book["genre"][scene.genre]
        self._scene = scene
        self._duration = duration_ms
        self._now = random.randrange(300, 1800, 10)
        self._turns: list[Turn] = []
        self._pace = [random.uniform(0.85, 1.2) for _ in scene.speakers]

    def turns(self) -> tuple[Turn, ...]:
        random = self._random
        for line in self._genre["opening"]:
            self._line(line)
        closing = self._genre["closing"]
        room_for_closing = 4000 * len(closing)
        guests = range(1, len(self._scene.speakers))
        exchanges: list[list[str]] = []
        while self._now < self._duration - room_for_closing - 6000:
            if not exchanges:
                exchanges = random.sample(self._genre["exchanges"], len(self._genre["exchanges"]))
            question, answer = exchanges.pop()
            guest = random.choice(guests)
            self._say(0, question)
            self._say(guest, self._answer(answer))
            if random.random() < 0.45:
                question, answer = random.choice(self._book["followups"])
                asker = random.choice([speaker for speaker in range(len(self._scene.speakers)) if speaker != guest])
                self._say(asker, question)
                self._say(guest, self._answer(answer))
        for line in closing:
            self._line(line)
        kept = (Turn(turn.speaker, tuple(w for w in turn.words if w.end <= self._duration)) for turn in self._turns)
        return tuple(sorted((turn for turn in kept if turn.words), key=lambda turn: turn.words[0].start))

    def _answer(self, text: str) -> str:
        more = self._random.sample(self._book["elaborations"], self._random.randrange(0, 3))
        return " ".join([text, *more])

    def _line(self, line: str) -> None:
        speaker, _, text = line.partition(": ")
        self._say(int(speaker), text)

    def _say(self, speaker: int, text: str) -> None:
        random = self._random
        if self._turns:
            # Floor transfer offset: mostly a short gap, at times an overlap (Stivers et al. 2009 find a mode near 0).
            self._now = max(0, self._now + 10 * round(random.gauss(22, 35)))
        words = self._words(speaker, _fill(text, self._book, self._scene.speakers, random))
        self._turns.append(Turn(speaker, words))
        span = words[-1].end - words[0].start
        if span > 6000 and random.random() < 0.5:
            self._backchannel(speaker, words)
        self._now = words[-1].end

    def _backchannel(self, speaker: int, words: tuple[Word, ...]) -> None:
        random = self._random
        listener = random.choice([other for other in range(len(self._scene.speakers)) if other != speaker])
        start = words[random.randrange(len(words) // 3, len(words))].start + 40
        text = random.choice(self._book["backchannels"])
        self._turns.append(Turn(listener, (Word(text, start, start + random.randrange(180, 420, 10)),)))

    def _words(self, speaker: int, text: str) -> tuple[Word, ...]:
        random = self._random
        words: list[Word] = []
        at = self._now
        for token in text.split():
            if random.random() < 0.03:
                filler = random.choice(self._book["fillers"])
                for part in filler.split():
                    end = at + random.randrange(160, 420, 10)
                    words.append(Word(part, at, end, filler=True))
                    at = end
                at += random.randrange(0, 350, 10)
            end = at + self._length(speaker, token)
            words.append(Word(token, at, end))
            at = end
            if token.endswith(_SENTENCE_END):
                at += random.randrange(200, 900, 10)
            elif token.endswith(_PAUSE_MARK):
                at += random.randrange(60, 360, 10)
            elif random.random() < 0.25:
                at += random.choice((10, 10, 20, 40))
        return tuple(words)

    def _length(self, speaker: int, token: str) -> int:
        length = (90 + 48 * _weight(token)) * self._pace[speaker] * self._random.uniform(0.8, 1.25)
        return 10 * max(4, round(length / 10))


@cache
def _weight(token: str) -> int:
    """How long a word takes, in letters; an Asian character counts as a syllable of three."""
    return max(1, sum(3 if ord(letter) > 0x2E80 else 1 for letter in token if letter.isalnum()))


def _fill(text: str, book: dict[str, Any], speakers: tuple[str, ...], random: Random) -> str:
    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name == "host":
            return speakers[0]
        if name == "guest":
            return speakers[1]
        return str(random.choice(book["slots"][name]))

    return re.sub(r"\{(\w+)\}", value, text)


@cache
def _book(language: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath("phrases", f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)
