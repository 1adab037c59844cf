"""Submitting media to a vendor: each file or URL of a list is a request of its own."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.environment import as_text
from sonitemi_pipelines.errors import NotFoundError, RefusedError
from sonitemi_pipelines.lake.schemas import TIMESTAMP, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.paid.ledger import Entry, Ledger
from sonitemi_pipelines.paid.outcome import Outcome
from sonitemi_pipelines.paid.placing import CLOCK_SLACK, Accepted, PaidRequest, Rules, place

MARK = "sonitemi_request"
"""The word that goes with our request id where a vendor lets us attach something to a recording."""


@dataclass(frozen=True)
class SubmitOptions:
    """What goes with every file or URL of a list.

    Attributes:
        language: code of the spoken language; Sonix needs it, Temi takes none.
        folder_id: Sonix folder to place the media in.
        name_prefix: put before the file's name to make the name at Sonix.
        keywords: hints for Sonix's transcription engine.
        custom_data: key-value pairs to attach at Sonix; the request id is added to them.
        metadata: text to attach at Temi; the request id is added to it.
        callback_url: URL the vendor calls once the media completes or fails.
        name: name at Sonix, instead of the file's; for one file or URL.
        transcript_text: existing transcript, which Sonix then aligns instead of transcribing.
        multitrack: each speaker is on a channel of its own, at Sonix.
        speaker_labels: names of the speakers by channel, at Sonix, with `multitrack` only.
        content_type: of a file whose name does not tell it, at Temi.
    """

    language: str | None = None
    folder_id: str | None = None
    name_prefix: str | None = None
    keywords: Sequence[str] | None = None
    custom_data: Mapping[str, Any] | None = None
    metadata: str | None = None
    callback_url: str | None = None
    name: str | None = None
    transcript_text: str | None = None
    multitrack: bool | None = None
    speaker_labels: Sequence[str] | None = None
    content_type: str | None = None


class Submitter(Protocol):
    """How one vendor takes media, through a client of its.

    Attributes:
        operation: as the client names it.
    """

    provider: str
    operation: str

    def check(self, options: SubmitOptions) -> None:
        """
        Raises:
            RefusedError: an option is wrong, or not one of this vendor.
        """

    def request(self, ledger: Ledger, options: SubmitOptions, item: str | Path) -> PaidRequest:
        """The request for one file or URL.

        Raises:
            RefusedError: the file cannot be read.
        """


def submit_media(
    ledger: Ledger,
    submitter: Submitter,
    media: Sequence[str | Path],
    options: SubmitOptions,
    rules: Rules,
) -> Iterator[Outcome]:
    """Have files and URLs transcribed, one after the other; this costs money.

    Args:
        media: paths, and URLs with http:// or https://.

    Returns:
        one outcome each, in order, as they come; after a failure that every further one would meet too (key, payment,
        access, no connection) the rest is 'not tried'.

    Raises:
        RefusedError: an option is wrong, or there is nothing to submit; nothing was sent.
    """
    submitter.check(options)
    if not media:
        raise RefusedError("nothing to submit: give files or URLs", fields={"media": "empty"})
    if options.name is not None and len(media) > 1:
        why = f"is one name for {len(media)} media; give name_prefix, or one media at a time"
        raise RefusedError(f"name {why}; nothing was sent", fields={"name": why})
    return _each(ledger, submitter, media, options, rules)


def files_in(folder: Path, pattern: str = "*") -> list[Path]:
    """The files below a folder that match a glob pattern, by name; hidden ones are left out.

    Raises:
        RefusedError: there is no such folder, or no file in it matches.
    """
    if not folder.is_dir():
        raise RefusedError(f"{folder} is not a folder; nothing was sent", fields={"folder": "is not a folder"})
    try:
        found = sorted(path for path in folder.glob(pattern) if path.is_file() and not path.name.startswith("."))
    except (ValueError, NotImplementedError) as error:
        raise RefusedError(
            f"{pattern!r} is not a pattern such as *.mp3; nothing was sent", fields={"pattern": str(error)}
        ) from error
    if not found:
        raise RefusedError(f"no file in {folder} matches {pattern}; nothing was sent", fields={"pattern": "no match"})
    return found


def is_url(text: str | Path) -> bool:
    """Whether it names something on the web rather than a file here."""
    return "://" in str(text)


def _each(
    ledger: Ledger,
    submitter: Submitter,
    media: Sequence[str | Path],
    options: SubmitOptions,
    rules: Rules,
) -> Iterator[Outcome]:
    stopped: Outcome | None = None
    for item in media:
        if stopped is not None:
            told = f"not sent, because {stopped.subject} ended as {stopped.status}"
            yield Outcome(submitter.provider, submitter.operation, str(item), "not tried", told=told)
            continue
        try:
            request = submitter.request(ledger, options, item)
        except RefusedError as error:
            yield Outcome(submitter.provider, submitter.operation, as_text(item), "refused", told=str(error))
            continue
        outcome = place(ledger, request, rules)
        yield outcome
        if outcome.same_for_next:
            stopped = outcome


_BEHIND = 200
_CERTAINLY_BEFORE = dt.timedelta(days=2)


@dataclass(frozen=True)
class Candidate:
    """A recording at the vendor that may have come of an entry; `note` is None where the list leaves it out."""

    id: str
    status: str | None
    name: str | None
    created_at: dt.datetime | None
    note: str | None


def find_submitted(
    ledger: Ledger,
    entry: Entry,
    name: str | None,
    mark: str,
    listed: Iterable[Candidate],
    get: Callable[[str], Candidate],
    known: Collection[str] = (),
) -> Accepted | None:
    """What came of an entry: the recording that carries its mark, whatever the clocks say, else a new one of its name
    that carries none.

    Args:
        listed: everything at the vendor, newest first. Not a search by name: what that matches is the vendor's affair,
            and a user may have renamed the recording.
        known: ids that were known before the request.
    """
    named: list[Candidate] = []
    behind = 0
    for found in listed:
        # Newest first: a long row of what this lake knew before the request, by its own clock, is the past.
        old = found.created_at is not None and found.created_at < entry.requested_at - _CERTAINLY_BEFORE
        behind = behind + 1 if old or found.id in known else 0
        if behind >= _BEHIND:
            break
        if found.note is None and name in (None, found.name) and found.id not in known:
            try:
                found = get(found.id)
            except NotFoundError:
                continue
        if found.note is not None:
            if mark in found.note:
                return Accepted(found.id, found.status)
        elif name is not None and found.name == name and found.id not in known:
            named.append(found)
    claimed = ledger.vendor_ids(entry.provider) if named else set()
    # Without a mark only name and time are left.
    since = entry.requested_at - CLOCK_SLACK
    return next(
        (
            Accepted(found.id, found.status)
            for found in named
            if found.id not in claimed and (found.created_at is None or found.created_at >= since)
        ),
        None,
    )


def known_at(lake: Lake, table: Table, moment: dt.datetime) -> frozenset[str]:
    """Ids of a vendor's recordings that the lake had seen by then."""
    key = table.key[0]
    seen = pc.field("first_seen_at") < pa.scalar(moment, TIMESTAMP)
    return frozenset(str(id_) for id_ in lake.read(table, [key], filters=seen)[key].to_pylist())


def content_of(operation: str, item: str | Path) -> dict[str, str]:
    """What is submitted, for the hash: the URL, or the digest of the file's bytes."""
    checks = Checks(operation)
    if is_url(item):
        checks.text("url", str(item))
        checks.finish()
        return {"url": str(item)}
    path = checks.file("file", item)
    checks.finish()
    with path.open("rb") as file:
        return {"content": hashlib.file_digest(file, "sha256").hexdigest()}


def file_name_of(item: str | Path) -> str | None:
    """The name of a file, or the one at the end of a URL when it has an ending such as .mp3."""
    if not is_url(item):
        return Path(item).name
    name = PurePosixPath(unquote(urlsplit(str(item)).path)).name
    return name if PurePosixPath(name).suffix else None
