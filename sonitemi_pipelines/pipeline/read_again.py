"""Reading payloads again whose words the lake does not hold as this release counts them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pyarrow.compute as pc

from sonitemi_pipelines.errors import PayloadError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.schemas import RAW_PAYLOADS, SPOKEN_WORDS, TRANSCRIPTS
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

    Such a transcript has another number of `spoken_words` than its header says. Where there is none, this costs a look
    at the headers.

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
    """(recording_id, variant) of the vendor's transcripts with another number of spoken words than they should have."""
    snapshot = lake.snapshot([TRANSCRIPTS.name, SPOKEN_WORDS.name])
    version, pinned = snapshot.get(TRANSCRIPTS.name), snapshot.get(SPOKEN_WORDS.name)
    if version is None:
        return []
    headers = lake.read(TRANSCRIPTS, [*_KEY, "word_count"], version=version)
    rows = sum(file.rows for file in lake.files(SPOKEN_WORDS.name, pinned)) if pinned is not None else 0
    if rows == (pc.sum(headers["word_count"]).as_py() or 0):
        return []
    own = pc.field("provider") == provider
    said = headers.filter(own).to_pylist()
    found: dict[tuple[str, str], int] = {}
    if pinned is not None:
        words = lake.read(SPOKEN_WORDS, _KEY, own, version=pinned).group_by(_KEY).aggregate([([], "count_all")])
        found = {(row["recording_id"], row["variant"]): row["count_all"] for row in words.to_pylist()}
    keys = [((row["recording_id"], row["variant"]), row["word_count"] or 0) for row in said]
    return sorted(key for key, count in keys if found.get(key, 0) != count)


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
