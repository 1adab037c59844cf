"""Marts that cannot be computed, of a recording or at all: named, tried again by the next run, in nobody's way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.lake.schemas import MART_FAILURES
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.changes import Changes

TOO_MANY = 25
"""So many recordings in a row that fail, and none that does not: it is not the recordings."""


@dataclass(frozen=True)
class Aside:
    """A mart that could not be computed for one recording, and why.

    Attributes:
        provider, recording_id: None for a mart of grain corpus, which could not be computed at all.
    """

    provider: str | None
    recording_id: str | None
    mart: str
    reason: str


def recordings_of(changes: Changes) -> list[tuple[str, str]]:
    """(provider, recording_id) of what is to be computed, each once."""
    present = changes.present
    return list(dict.fromkeys((row["provider"], row["recording_id"]) for row in present.to_pylist()))


def halves(part: Changes) -> tuple[Changes, Changes] | None:
    """The part in two, all variants of a recording together; None when it has one recording or none."""
    recordings = recordings_of(part)
    if len(recordings) < 2:
        return None
    first = set(recordings[: len(recordings) // 2])
    pairs = zip(part.present["provider"].to_pylist(), part.present["recording_id"].to_pylist(), strict=True)
    mask = pa.array([pair in first for pair in pairs], pa.bool_())
    return (
        Changes(part.present.filter(mask), part.gone, part.rebuild),
        Changes(part.present.filter(pc.invert(mask)), part.gone.slice(0, 0), part.rebuild),
    )


def nothing_of(part: Changes) -> Changes:
    """The same kind of part without a recording."""
    return Changes(part.present.slice(0, 0), part.gone.slice(0, 0), part.rebuild)


def of_recordings(everything: Changes, recordings: Collection[tuple[str, str]]) -> Changes:
    """Those of the transcripts, as changes."""
    present = everything.present
    pairs = zip(present["provider"].to_pylist(), present["recording_id"].to_pylist(), strict=True)
    mask = pa.array([pair in recordings for pair in pairs], pa.bool_())
    return Changes(present.filter(mask), everything.gone, rebuild=False)


def known(lake: Lake) -> list[Aside]:
    """What is set aside."""
    rows = lake.read(MART_FAILURES, list(Aside.__dataclass_fields__)).to_pylist()
    return [Aside(**row) for row in rows]


def remember(lake: Lake, before: Collection[Aside], found: Collection[Aside]) -> None:
    """Make `found` all that is set aside; nothing is written when it is what was."""
    if {(each.provider, each.recording_id, each.mart) for each in before} == {
        (each.provider, each.recording_id, each.mart) for each in found
    }:
        return
    now = utc_now()
    rows = [{**vars(each), "failed_at": now} for each in sorted(found, key=repr)]
    lake.overwrite(MART_FAILURES, MART_FAILURES.from_rows(rows))


def problems(lake: Lake) -> list[str]:
    """A line for a person about each recording that is set aside, and each mart that could not be computed at all."""
    lines: dict[tuple[str, str], list[Aside]] = {}
    whole: list[str] = []
    for each in known(lake):
        if each.provider is None or each.recording_id is None:
            whole.append(
                f"mart {each.mart} could not be computed ({each.reason}); it holds what it held, the next run tries "
                "again"
            )
        else:
            lines.setdefault((each.provider, each.recording_id), []).append(each)
    return [
        f"{provider} recording {recording_id!r}: its marts {', '.join(each.mart for each in own)} could not be "
        f"computed ({own[0].reason}); its transcript is in the lake, the next run tries again"
        for (provider, recording_id), own in sorted(lines.items())
    ] + sorted(whole)
