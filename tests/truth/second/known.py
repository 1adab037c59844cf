"""What a second computation starts from: rows of the lake, seeds, and the times of each transcript measured anew."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from typing import Any

from sonitemi_pipelines.lake.record import Transcript
from sonitemi_pipelines.parsing.seeds import sql_folder
from sonitemi_pipelines.parsing.terms import term_of
from tests.parsed import spoken_words

from .intervals import Second

Row = dict[str, Any]
LANGUAGE_OF = {"temi": "en"}
"""What is spoken where the vendor does not say."""


@cache
def seed(name: str) -> list[dict[str, str]]:
    with (sql_folder() / "seeds" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def threshold(name: str) -> int:
    return next(int(row["value"]) for row in seed("thresholds") if row["name"] == name)


@cache
def listed(name: str, column: str, language: str | None, **where: str) -> frozenset[str] | None:
    """Words of a seed for a language, as terms; 'es-en' has both lists. None when there is no list of the language."""
    if language is None or not any(row["language"] == language.removesuffix("-en") for row in seed(name)):
        return None
    both = {language, *(language.split("-") if language.endswith("-en") else ())}
    rows = [row for row in seed(name) if row["language"] in both and all(row[key] == v for key, v in where.items())]
    return frozenset(" ".join(filter(None, map(term_of, row[column].split()))) for row in rows)


class Known:
    """An account: its transcripts, and rows of other tables and of the user's files.

    Attributes:
        operations: rows of edit_operations, as the marts have them: several alignments may be least. That they are one
            has a test of its own.
    """

    def __init__(
        self, transcripts: Iterable[Transcript], rows: dict[str, list[Row]], operations: list[Row] | None = None
    ) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list, rows)
        self.operations = operations or []
        self.transcripts = [OneTranscript(transcript) for transcript in transcripts]
        self._done: dict[str, list[Row]] = {}

    def second(self, mart: str) -> list[Row]:
        """All rows of a mart, with every column its header declares and the key."""
        if mart not in self._done:
            if mart in OF_TRANSCRIPT:
                self._done[mart] = [
                    {**one.key, **row} for one in self.transcripts for row in OF_TRANSCRIPT[mart](one, self)
                ]
            else:
                self._done[mart] = list(OF_CORPUS[mart](self))
        return self._done[mart]

    def of(self, mart: str, one: OneTranscript) -> list[Row]:
        """Rows of a mart of one transcript."""
        return [row for row in self.second(mart) if {name: row[name] for name in one.key} == one.key]


class OneTranscript:
    """One transcript with what is known of it."""

    def __init__(self, transcript: Transcript) -> None:
        (self.head,) = transcript.transcripts.to_pylist()
        self.key = {name: self.head[name] for name in ("provider", "recording_id", "variant")}
        self.words = transcript.words.to_pylist()
        self.spoken = spoken_words(transcript).to_pylist()
        self.turns = transcript.turns.to_pylist()
        self._transcript = transcript

    @cached_property
    def final(self) -> list[Row]:
        """Words of the final text: those nobody struck."""
        return [row for row in self.spoken if not row["struck"]]

    @cached_property
    def language(self) -> str | None:
        return self._languages[0]

    @cached_property
    def list_language(self) -> str | None:
        return self._languages[1]

    @cached_property
    def _languages(self) -> tuple[str | None, str | None]:
        said = (self.head["language"] or "").strip() or LANGUAGE_OF.get(self.head["provider"], "")
        parts = said.lower().replace("_", "-").split("-")
        names = {row["name"]: row["language"] for row in seed("languages")}
        base = names.get(parts[0], parts[0]) or None
        return base, f"{base}-en" if len(parts) == 2 and parts[1] == "en" and base != "en" else base

    @cached_property
    def time(self) -> Second:
        acknowledgements = listed("acknowledgements_by_language", "acknowledgement", self.language)
        return Second(self._transcript, None if acknowledgements is None else set(acknowledgements), self.language)


OF_TRANSCRIPT: dict[str, Callable[[OneTranscript, Known], Iterable[Row]]] = {}
OF_CORPUS: dict[str, Callable[[Known], Iterable[Row]]] = {}


def of_transcript(
    mart: str,
) -> Callable[[Callable[[OneTranscript, Known], Iterable[Row]]], Callable[[OneTranscript, Known], Iterable[Row]]]:
    """Make a function the second computation of a mart of grain transcript."""

    def registered(function: Callable[[OneTranscript, Known], Iterable[Row]]) -> Any:
        OF_TRANSCRIPT[mart] = function
        return function

    return registered


def of_corpus(mart: str) -> Callable[[Callable[[Known], Iterable[Row]]], Callable[[Known], Iterable[Row]]]:
    """The same for grain corpus."""

    def registered(function: Callable[[Known], Iterable[Row]]) -> Any:
        OF_CORPUS[mart] = function
        return function

    return registered


def ratio(part: float | None, whole: float | None) -> float | None:
    """None where one is unknown or the whole is nothing."""
    return None if part is None or not whole else part / whole
