"""`floor_turns` over arrays: its rows are few, but each of eight windows costs SQL as much as a sort of them all."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import duckdb
import numpy as np

from sonitemi_pipelines.marts.twins.arrays import (
    Columns,
    Flags,
    Numbers,
    before,
    first,
    in_order,
    order,
    running_max,
    starts,
)
from sonitemi_pipelines.marts.twins.part import Part, nullable

_NONE = -1
"""In place of a row's position: there is none."""


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection, "talk_runs")
    limits = part.thresholds("back_channel_ms", "back_channel_words", "resume_ms")
    runs = part.read(
        "SELECT r.provider, r.recording_id, r.variant, r.speaker, r.run_index, r.start_ms, r.end_ms, r.speaking_ms, "
        "r.words, r.stretch, r.hidden_before, w.asks, coalesce(w.acknowledges, true) AS may_acknowledge, "
        "e.shows_overlap FROM talk_runs AS r "
        "JOIN run_words AS w ON w.provider = r.provider AND w.recording_id = r.recording_id "
        "AND w.variant = r.variant AND w.run_index = r.run_index "
        "JOIN overlap_evidence AS e ON e.provider = r.provider AND e.recording_id = r.recording_id "
        "AND e.variant = r.variant"
    )
    looked_at = _Runs(in_order(runs, "transcript", "run_index"), *limits)
    return part.select(looked_at.found())


class _Runs:
    """Runs of talk in order; a run is known by its position."""

    def __init__(self, runs: Columns, back_channel_ms: int, back_channel_words: int, resume_ms: int) -> None:
        self._runs = runs
        self._speaker, self._end, self._stretch = runs["speaker"], runs["end_ms"], runs["stretch"]
        self._begins = starts(runs["transcript"])
        self._by_end = order(self._end, np.arange(len(self._end)))
        self._rank = np.argsort(self._by_end)
        has_next = np.append(~self._begins[1:], False)[: len(self._begins)]
        self._next = np.where(has_next, np.arange(len(has_next)) + 1, _NONE)
        self._before = np.where(self._begins, _NONE, np.arange(len(has_next)) - 1)
        self._may = runs["may_acknowledge"]
        self._brief = (
            (runs["speaking_ms"] <= back_channel_ms) & (runs["words"] <= back_channel_words) & (runs["words"] > 0)
        )
        latest = self._latest(np.ones(len(has_next), np.bool_))
        self._within = (latest != _NONE) & (self._end <= self._end[latest]) & (runs["shows_overlap"] | self._may)
        self._goes_on = (
            (self._before != _NONE)
            & (self._next != _NONE)
            & (self._stretch[self._before] == self._stretch)
            & (self._stretch[self._next] == self._stretch)
            & (runs["start_ms"][self._next] - self._end <= resume_ms)
            & ~runs["asks"][self._before]
        )

    def found(self) -> dict[str, Any]:
        """The columns of the step."""
        runs, speaker = self._runs, self._speaker
        back_channel = self._back_channels()
        holder = self._latest(~back_channel)
        takes_floor = ~back_channel & ((holder == _NONE) | (self._end > self._end[holder]))
        floor = np.flatnonzero(takes_floor)
        talk_index = runs["run_index"].copy()
        begun = starts(runs["transcript"][floor], speaker[floor], self._stretch[floor])
        talk_index[floor] = first(talk_index[floor], begun)
        sliver = (
            self._brief
            & ~back_channel
            & ~self._may
            & self._goes_on
            & (speaker[self._before] == speaker[self._next])
            & (speaker != speaker[self._before])
        )
        taken = {name: runs[name] for name in ("transcript", "run_index", "speaker", "start_ms", "end_ms")}
        return taken | {
            "talk_index": talk_index,
            "hidden_before": runs["hidden_before"],
            "back_channel": back_channel,
            "takes_floor": takes_floor,
            "sliver": sliver,
            "holder_index": nullable(runs["run_index"][holder], holder != _NONE),
        }

    def _back_channels(self) -> Flags:
        in_the_clear = self._brief & self._may & self._goes_on
        candidate = self._brief & (self._within | in_the_clear)
        holder = self._latest(~candidate)
        eligible = candidate & (holder != _NONE) & self._is_another(holder)
        holder, successor = self._latest(~eligible), self._successor(~eligible)
        same = self._stretch
        resumed = (
            in_the_clear
            & (successor != _NONE)
            & (self._speaker[successor] == self._speaker[holder])
            & (same[successor] == same)
            & (same[holder] == same)
        )
        inside = self._within & (self._end <= self._end[holder])
        seems_so = eligible & (holder != _NONE) & self._is_another(holder) & (inside | resumed)
        # One that was judged by a holder who in the end had lost the floor to its own speaker is that speaker's return.
        holder = self._latest(~seems_so)
        back_channel: Flags = seems_so & (holder != _NONE) & self._is_another(holder)
        return back_channel

    def _is_another(self, holder: Numbers) -> Flags:
        differs: Flags = np.not_equal(self._speaker, self._speaker[holder])
        return differs

    def _latest(self, of: Flags) -> Numbers:
        """Among these runs, of those before each the one that ends last."""
        rank = before(running_max(np.where(of, self._rank, _NONE), self._begins), self._begins, _NONE)
        return np.where(rank == _NONE, _NONE, self._by_end[rank])

    def _successor(self, of: Flags) -> Numbers:
        """The first of these runs behind each."""
        nowhere = len(of)
        behind = np.append(np.where(of, np.arange(len(of)), nowhere), nowhere)[1:]
        found = np.minimum.accumulate(behind[::-1])[::-1]
        transcript = np.append(self._runs["transcript"], _NONE)
        return np.where(transcript[found] == transcript[:-1], found, _NONE)
