"""`overlap_evidence` over arrays."""

from __future__ import annotations

from contextlib import AbstractContextManager

import duckdb
import numpy as np

from sonitemi_pipelines.marts.twins.arrays import before, order, running_max, starts, totals
from sonitemi_pipelines.marts.twins.part import FAR, Part


def select(connection: duckdb.DuckDBPyConnection) -> AbstractContextManager[str]:
    part = Part(connection)
    abutting_ms, fewest, percent, overlaps_percent = part.thresholds(
        "abutting_ms", "abutting_transfers", "abutting_percent", "abutting_overlaps_percent"
    )
    words = part.read(
        "SELECT provider, recording_id, variant, speaker, word_index, start_ms, "
        f"coalesce(end_ms, -{FAR}) AS end_ms FROM word_units WHERE start_ms IS NOT NULL AND NOT estimated"
    )
    # The longest of those that start together comes first.
    rows = order(words["transcript"], words["start_ms"], words["start_ms"] - words["end_ms"], words["word_index"])
    transcript, speaker, start, end = (words[name][rows] for name in ("transcript", "speaker", "start_ms", "end_ms"))
    begins = starts(transcript)
    latest = before(running_max(end, begins), begins, -FAR)
    offset = start - latest
    changes = starts(transcript, speaker) & (latest > -FAR)
    transfers, abutting, overlapping = np.zeros((3, part.transcripts), np.int64)
    transfers[transcript[begins]] = totals(changes, begins)
    abutting[transcript[begins]] = totals(changes & (abs(offset) <= abutting_ms), begins)
    overlapping[transcript[begins]] = totals(changes & (offset < -abutting_ms), begins)
    hides_overlap = (
        (transfers > 0)
        & (transfers >= fewest)
        & (100 * abutting >= percent * transfers)
        & (100 * overlapping <= overlaps_percent * transfers)
    )
    return part.select(
        {
            "transcript": np.arange(part.transcripts),
            "transfers": transfers,
            "abutting_transfers": abutting,
            "overlapping_transfers": overlapping,
            "shows_overlap": ~hides_overlap,
        }
    )
