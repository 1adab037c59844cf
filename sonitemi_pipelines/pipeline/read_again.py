"""Reading payloads again whose words the lake does not hold as this release counts them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc

from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import commit_transcripts
from sonitemi_pipelines.parsing.assemble import assemble
from sonitemi_pipelines.parsing.columns import TakeApart

log = logging.getLogger(__name__)

_BATCH = 50
_KEY = list(TRANSCRIPTS.key)
_KNOWN = [field.name for field in TRANSCRIPTS.schema if field.name in {*Source.__dataclass_fields__, "revision"}]


def read_again(lake: Lake, provider: str, take_apart: TakeApart) -> list[str]:
    """Bring transcripts of an earlier release up to this one, from `raw_payloads` and without a vendor call.

    The header of such a transcript does not say how many of its words are in `split_words`. Where there is none, this
    costs a look at the headers.

    Returns:
        One line for each payload that can no longer be read.
    """
    behind = _behind(lake, provider)
    problems = []
    if behind:
        log.info("%s: reading %d transcripts again for their words", provider, len(behind))
    for start in range(0, len(behind), _BATCH):
        batch = []
        for body, source in _payloads(lake, provider, behind[start : start + _BATCH]):
            try:
                batch.append(take_apart(body, source))
            except PayloadError as error:
                problems.append(str(error))
        if batch:
            commit_transcripts(lake, [assemble(batch)])
    return problems


def _behind(lake: Lake, provider: str) -> list[tuple[str, str]]:
    """(recording_id, variant) of the vendor's transcripts whose words no release of now has split."""
    rows: Any = lake.read(
        TRANSCRIPTS,
        ["recording_id", "variant"],
        (pc.field("provider") == provider) & pc.field("split_word_count").is_null(),
    )
    return sorted(zip(rows["recording_id"].to_pylist(), rows["variant"].to_pylist(), strict=True))


def _payloads(lake: Lake, provider: str, keys: list[tuple[str, str]]) -> Iterator[tuple[bytes, Source]]:
    """The newest payload of each, with what the lake knows of it beside."""
    ids = sorted({recording_id for recording_id, _ in keys})
    wanted = (pc.field("provider") == provider) & pc.field("recording_id").isin(ids)
    asked = set(keys)
    headers = [
        row
        for row in lake.read(TRANSCRIPTS, _KNOWN, wanted).to_pylist()
        if (row["recording_id"], row["variant"]) in asked
    ]
    bodies = {
        (row["recording_id"], row["variant"], row["revision"]): row["body"]
        for row in lake.read(RAW_PAYLOADS, [*_KEY, "revision", "body"], wanted).to_pylist()
    }
    for row in headers:
        revision = row.pop("revision")
        body = bodies.get((row["recording_id"], row["variant"], revision))
        if body is not None:
            yield body, Source(**row)
