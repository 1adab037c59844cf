"""The conversations of a site: what the list shows of each, when its page is to be made again, and its place."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from sonitemi_pipelines.report.site.corpus import Reader

MOST_PERIODS = 36
MOST_IN_SEGMENT = 400
_SLUG_LENGTH = 60


@dataclass(frozen=True)
class Entry:
    """One conversation: the transcript variant 'latest' of a recording.

    Attributes:
        print: of everything in the warehouse that its page is made from; another one makes the page anew.
    """

    provider: str
    recording_id: str
    day: dt.date
    name: str
    language: str | None
    folder: str | None
    duration_ms: int | None
    words: int
    speakers: int
    interruptions: int | None
    silence: float | None
    rate: float | None
    reasons: str
    print: str

    @property
    def slug(self) -> str:
        """Its name among files: readable, and unlike any other also where case does not count."""
        said = f"{self.provider}-{self.recording_id}"
        plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "_" for sign in said)
        return f"{plain[:_SLUG_LENGTH]}-{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:8]}"

    @property
    def page(self) -> str:
        return f"c/{self.slug[-2:]}/{self.slug}.html"

    @property
    def text(self) -> str:
        return f"text/{self.slug[-2:]}/{self.slug}.js"

    def row(self) -> list[Any]:
        """What the list in the browser shows, in the order that `site.js` reads."""
        return [
            self.slug,
            self.name,
            str(self.day),
            self.provider,
            self.language or "",
            self.folder or "",
            self.duration_ms,
            self.words,
            self.speakers,
            self.interruptions,
            None if self.silence is None else round(self.silence, 3),
            None if self.rate is None else round(self.rate),
            self.reasons,
        ]


def read_entries(connection: duckdb.DuckDBPyConnection) -> list[Entry]:
    """Every conversation, oldest first."""
    found = Reader(connection).ask(_ENTRIES)
    return [Entry(**row) for row in found.dicts()]


def segments(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The conversations in parts that are indexed by themselves: by month, quarter or year, and no part too large.

    A changed or new conversation concerns one part alone.
    """
    entries = list(entries)
    months = {(entry.day.year, entry.day.month) for entry in entries}
    span = (max(y * 12 + m for y, m in months) - min(y * 12 + m for y, m in months) + 1) if months else 0
    size = next((size for size in (1, 3, 12) if span / size <= MOST_PERIODS), 120)
    by_period: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        month = entry.day.year * 12 + entry.day.month - 1
        first = month - month % size
        by_period[f"{first // 12}-{first % 12 + 1:02}"].append(entry)
    parts: dict[str, list[Entry]] = {}
    for period, held in sorted(by_period.items()):
        buckets = 1
        while len(held) / buckets > MOST_IN_SEGMENT:
            buckets *= 2
        for bucket in range(buckets):
            name = period if buckets == 1 else f"{period}-{bucket:02}"
            parts[name] = [entry for entry in held if int(entry.slug[-8:], 16) % buckets == bucket]
    return {name: held for name, held in parts.items() if held}


_ENTRIES = """
    WITH latest AS (
        SELECT provider, recording_id, variant, revision, title, language, word_count, speaker_count, day
        FROM transcripts WHERE variant = 'latest'
    ), speakers AS (
        SELECT provider, recording_id, bit_xor(hash(s)) AS print,
            sum(s.words) FILTER (s.speech_rate_wpm IS NOT NULL) * 60000.0
                / nullif(sum(s.speaking_ms) FILTER (s.speech_rate_wpm IS NOT NULL), 0) AS rate
        FROM speaker_stats AS s WHERE variant = 'latest' GROUP BY ALL
    ), listed AS (
        SELECT provider, recording_id, name, language, duration_ms, folder_name, url, created_at, deleted_at
        FROM recordings
    )
    SELECT
        t.provider, t.recording_id, t.day, coalesce(r.name, t.title, t.recording_id) AS name,
        coalesce(t.language, r.language) AS language, r.folder_name AS folder, r.duration_ms,
        t.word_count AS words, t.speaker_count AS speakers, c.interruptions, c.silence_share AS silence, s.rate,
        coalesce(q.reasons, '') AS reasons,
        md5(concat_ws(' ', hash(t), hash(r), hash(c), hash(q), s.print)) AS print
    FROM latest AS t
    LEFT JOIN listed AS r USING (provider, recording_id)
    LEFT JOIN conversation_stats AS c USING (provider, recording_id, variant)
    LEFT JOIN transcript_quality AS q USING (provider, recording_id, variant)
    LEFT JOIN speakers AS s ON s.provider = t.provider AND s.recording_id = t.recording_id
    ORDER BY t.day, t.provider, t.recording_id"""
