"""What the pages about the whole corpus say, read from the warehouse."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

MONTHS_BY_WEEK = 4
"""A corpus that spans fewer months is shown by weeks."""


@dataclass(frozen=True)
class Table:
    """Rows of one question, and the names of their columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def column(self, name: str) -> list[Any]:
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Corpus:
    """Attributes:
    totals: one row: recordings, transcripts, hours, words, languages, first and last day, newest fetched_at.
    periods: labels of the months or weeks, in their order, none left out.
    by_period: hours and recordings by period and provider; `trends`: medians by period.
    """

    totals: dict[str, Any]
    period: str
    periods: list[str]
    by_period: Table
    trends: Table
    folders: Table
    languages: Table
    reasons: Table
    cost: Table
    backlog: Table
    failures: Table
    newest: Table
    people: Table
    labels: Table
    trackers: Table
    tracker_hits: Table


class Reader:
    """Questions to one warehouse."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def ask(self, sql: str, parameters: Sequence[Any] = ()) -> Table:
        cursor = self._connection.execute(sql, list(parameters))
        names = tuple(column[0] for column in cursor.description or [])
        return Table(names, tuple(cursor.fetchall()))

    def corpus(self) -> Corpus:
        totals = self.ask(_TOTALS).dicts()[0]
        first, last = totals["first_day"], totals["last_day"]
        period, periods = _periods(first, last)
        label = _LABEL[period].format(day="day")
        return Corpus(
            totals,
            period,
            periods,
            self.ask(_BY_PERIOD.format(label=label)),
            self.ask(_TRENDS.format(label=label.replace("day", "r.day"))),
            self.ask(_FOLDERS),
            self.ask(_LANGUAGES),
            self.ask(_REASONS),
            self.ask(_COST.format(label=label)),
            self.ask(_BACKLOG),
            self.ask("SELECT count(*) AS transcripts FROM sync_failures"),
            self.ask(_NEWEST),
            self.ask(_PEOPLE),
            self.ask(_LABELS),
            *self._trackers(),
        )

    def _trackers(self) -> tuple[Table, Table]:
        try:
            return self.ask(_TRACKERS), self.ask(_TRACKER_HITS)
        except (duckdb.CatalogException, duckdb.IOException):
            # A warehouse of an earlier release, or one whose lake cannot be read from here.
            return Table((), ()), Table((), ())


def _periods(first: dt.date | None, last: dt.date | None) -> tuple[str, list[str]]:
    if first is None or last is None:
        return "month", []
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months < MONTHS_BY_WEEK:
        monday = first - dt.timedelta(days=first.weekday())
        weeks = (last - monday).days // 7 + 1
        return "week", [str(monday + dt.timedelta(days=7 * week)) for week in range(weeks)]
    start = first.year * 12 + first.month - 1
    return "month", [f"{month // 12}-{month % 12 + 1:02}" for month in range(start, start + months)]


_LABEL = {"month": "strftime({day}, '%Y-%m')", "week": "strftime(date_trunc('week', {day}), '%Y-%m-%d')"}
_TOTALS = """
    SELECT
        (SELECT count(*) FROM recordings) AS recordings,
        (SELECT count(*) FROM recordings WHERE deleted_at IS NOT NULL) AS gone,
        count(*) AS transcripts,
        coalesce(sum(r.duration_ms), 0) / 3600000 AS hours,
        coalesce(sum(t.word_count), 0)::BIGINT AS words,
        count(DISTINCT split_part(coalesce(t.language, r.language), '-', 1)) AS languages,
        count(*) FILTER (q.reasons <> '') AS doubtful,
        min(t.day) AS first_day, max(t.day) AS last_day, max(t.fetched_at) AS fetched_at
    FROM transcripts AS t
    LEFT JOIN recordings AS r USING (provider, recording_id)
    LEFT JOIN transcript_quality AS q USING (provider, recording_id, variant)
    WHERE t.variant = 'latest'"""
_BY_PERIOD = """
    SELECT {label} AS period, provider, count(*) AS recordings, coalesce(sum(duration_ms), 0) / 3600000 AS hours
    FROM recordings WHERE status = 'completed' GROUP BY ALL ORDER BY ALL"""
_TRENDS = """
    WITH speech AS (
        SELECT provider, recording_id, variant, sum(words * 60000.0) / nullif(sum(speaking_ms), 0) AS wpm
        FROM speaker_stats WHERE speech_rate_wpm IS NOT NULL GROUP BY ALL
    )
    SELECT
        {label} AS period, count(*) AS conversations,
        median(speech.wpm) AS speech_rate, median(c.silence_share) AS silence,
        median(c.response_latency_median_ms) AS latency,
        sum(c.interruptions) * 3600000.0 / nullif(sum(c.speaking_ms) FILTER (c.interruptions IS NOT NULL), 0)
            AS interruptions,
        median(c.media_ms) / 60000 AS minutes, median(t.turnaround_ms) / 60000 AS turnaround
    FROM conversation_stats AS c
    JOIN recordings AS r USING (provider, recording_id)
    LEFT JOIN speech USING (provider, recording_id, variant)
    LEFT JOIN turnaround AS t USING (provider, recording_id)
    WHERE c.variant = 'latest' AND NOT c.low_quality GROUP BY ALL ORDER BY ALL"""
_FOLDERS = """
    SELECT coalesce(folder_name, 'No folder') AS name, count(*) AS recordings,
        coalesce(sum(duration_ms), 0) / 3600000 AS hours
    FROM recordings WHERE status = 'completed' GROUP BY ALL ORDER BY hours DESC, name LIMIT 12"""
_LANGUAGES = """
    SELECT coalesce(t.language, r.language, 'not known') AS name, count(*) AS recordings,
        coalesce(sum(r.duration_ms), 0) / 3600000 AS hours
    FROM transcripts AS t LEFT JOIN recordings AS r USING (provider, recording_id)
    WHERE t.variant = 'latest' GROUP BY ALL ORDER BY hours DESC, name LIMIT 12"""
_REASONS = """
    SELECT reason AS name, count(*) AS recordings
    FROM (SELECT unnest(string_split(reasons, ', ')) AS reason FROM transcript_quality
        WHERE variant = 'latest' AND reasons <> '')
    GROUP BY ALL ORDER BY recordings DESC, name"""
_COST = """
    SELECT {label} AS period, provider, sum(cost)::DOUBLE AS cost FROM usage_daily WHERE cost IS NOT NULL
    GROUP BY ALL ORDER BY ALL"""
_BACKLOG = """
    SELECT waits_for, count(*) AS recordings, min(created_at) AS since FROM backlog GROUP BY ALL ORDER BY ALL"""
_NEWEST = """
    SELECT t.provider, t.recording_id, coalesce(r.name, t.title, t.recording_id) AS name, t.day, r.duration_ms
    FROM transcripts AS t LEFT JOIN recordings AS r USING (provider, recording_id)
    WHERE t.variant = 'latest' ORDER BY t.day DESC, r.created_at DESC, t.provider, t.recording_id LIMIT 8"""
_PEOPLE = """
    SELECT person AS name, max(person_recordings) AS recordings, max(person_speaking_ms) AS speaking_ms,
        max(person_words) AS words
    FROM speaker_directory WHERE person IS NOT NULL GROUP BY ALL ORDER BY speaking_ms DESC NULLS LAST, name LIMIT 500"""
_LABELS = """
    SELECT s.speaker AS name, count(*) AS recordings, sum(s.speaking_ms)::BIGINT AS speaking_ms,
        sum(s.words)::BIGINT AS words, median(s.speech_rate_wpm) AS rate, median(s.speaking_share) AS share
    FROM speaker_stats AS s WHERE s.variant = 'latest' AND s.speaker IS NOT NULL
    GROUP BY ALL ORDER BY speaking_ms DESC NULLS LAST, words DESC, name LIMIT 200"""
_TRACKERS = """
    SELECT category, tracker, count(*) AS places, count(DISTINCT (provider, recording_id)) AS recordings
    FROM tracker_hits WHERE variant = 'latest' GROUP BY ALL ORDER BY places DESC, tracker LIMIT 200"""
_TRACKER_HITS = """
    SELECT h.provider, h.recording_id, h.tracker, h.context, h.speaker, h.start_ms, h.day,
        coalesce(r.name, h.recording_id) AS name
    FROM tracker_hits AS h LEFT JOIN recordings AS r USING (provider, recording_id)
    WHERE h.variant = 'latest' ORDER BY h.day DESC, h.provider, h.recording_id, h.position LIMIT 60"""
