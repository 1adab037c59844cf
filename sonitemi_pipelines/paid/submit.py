"""Submitting media to either vendor: each file or URL of a list is a request of its own."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.sonix.models import Media
from sonitemi_pipelines.api.sonix.options import check_language
from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.api.temi.jobs import LONGEST_METADATA
from sonitemi_pipelines.api.temi.models import Job
from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.errors import NotFoundError, RefusedError
from sonitemi_pipelines.paid.ledger import Entry, Ledger, hash_of
from sonitemi_pipelines.paid.outcome import Outcome
from sonitemi_pipelines.paid.placing import CLOCK_SLACK, Accepted, PaidRequest, Rules, place

MARK = "sonitemi_request"
"""Key in a Sonix media's custom_data, and word in a Temi job's metadata, that goes with our request id."""

_SONIX_ONLY = ("language", "folder_id", "name_prefix", "keywords", "custom_data")


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
    """

    language: str | None = None
    folder_id: str | None = None
    name_prefix: str | None = None
    keywords: Sequence[str] | None = None
    custom_data: Mapping[str, Any] | None = None
    metadata: str | None = None
    callback_url: str | None = None

    def check(self, provider: str) -> None:
        """
        Raises:
            RefusedError: an option is wrong, or not one of this vendor.
        """
        checks = Checks("media.submit" if provider == "sonix" else "jobs.submit")
        checks.url("callback_url", self.callback_url)
        if provider == "sonix":
            check_language(checks, self.language, required=True)
            checks.text("folder_id", self.folder_id)
            checks.text("name_prefix", self.name_prefix)
            checks.json_object("custom_data", self.custom_data)
            checks.require(self.metadata is None, "metadata", "is Temi's; give Sonix custom_data")
        else:
            checks.text("metadata", self.metadata, longest=LONGEST_METADATA - len(_temi_mark("0" * 32)) - 1)
            for name in _SONIX_ONLY:
                checks.require(not getattr(self, name), name, "is not an option of Temi's; leave it out")
        checks.finish()


def submit_media(
    ledger: Ledger,
    client: SonixClient | TemiClient,
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
    options.check(client.session.vendor)
    if not media:
        raise RefusedError("nothing to submit: give files or URLs", fields={"media": "empty"})
    return _each(ledger, client, media, options, rules)


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
    client: SonixClient | TemiClient,
    media: Sequence[str | Path],
    options: SubmitOptions,
    rules: Rules,
) -> Iterator[Outcome]:
    make: Callable[[str | Path], PaidRequest]
    if isinstance(client, SonixClient):
        make = partial(_to_sonix, ledger, client, options)
    else:
        make = partial(_to_temi, ledger, client, options)
    operation = "media.submit" if isinstance(client, SonixClient) else "jobs.submit"
    stopped: Outcome | None = None
    for item in media:
        if stopped is not None:
            told = f"not sent, because {stopped.subject} ended as {stopped.status}"
            yield Outcome(client.session.vendor, operation, str(item), "not tried", told=told)
            continue
        try:
            request = make(item)
        except RefusedError as error:
            yield Outcome(client.session.vendor, operation, str(item), "refused", told=str(error))
            continue
        outcome = place(ledger, request, rules)
        yield outcome
        if outcome.hopeless:
            stopped = outcome


def _to_sonix(ledger: Ledger, client: SonixClient, options: SubmitOptions, item: str | Path) -> PaidRequest:
    operation = "media.submit"
    name = _file_name(item)
    if options.name_prefix is not None:
        name = options.name_prefix + (name or "")
    keywords = [word for word in options.keywords or () if word.strip()] or None
    source: dict[str, Any] = {"file_url": str(item)} if is_url(item) else {"file": item}

    def send(entry: Entry) -> Accepted:
        found = client.media.submit(
            **source,
            language=options.language or "",
            name=name,
            folder_id=options.folder_id,
            keywords=keywords,
            custom_data={**(options.custom_data or {}), MARK: entry.request_id},
            callback_url=options.callback_url,
        )
        return Accepted(found.id, found.status)

    return PaidRequest(
        provider="sonix",
        operation=operation,
        subject=str(item),
        request_hash=hash_of(
            "sonix",
            operation,
            **_content(operation, item),
            name=name,
            language=options.language,
            folder_id=options.folder_id,
            keywords=keywords,
        ),
        send=send,
        look_up=lambda entry: _find(
            ledger,
            entry,
            name,
            entry.request_id,
            map(_of_media, client.media.list()),
            lambda media_id: _of_media(client.media.get(media_id)),
        ),
    )


def _to_temi(ledger: Ledger, client: TemiClient, options: SubmitOptions, item: str | Path) -> PaidRequest:
    operation = "jobs.submit"
    name = _file_name(item)
    source: dict[str, Any] = {"url": str(item)} if is_url(item) else {"file": item}

    def send(entry: Entry) -> Accepted:
        mark = _temi_mark(entry.request_id)
        metadata = mark if options.metadata is None else f"{options.metadata} {mark}"
        found = client.jobs.submit(**source, metadata=metadata, callback_url=options.callback_url)
        return Accepted(found.id, found.status)

    return PaidRequest(
        provider="temi",
        operation=operation,
        subject=str(item),
        request_hash=hash_of("temi", operation, **_content(operation, item), name=name),
        send=send,
        look_up=lambda entry: _find(
            ledger,
            entry,
            name,
            _temi_mark(entry.request_id),
            map(_of_job, client.jobs.list()),
            lambda job_id: _of_job(client.jobs.get(job_id)),
        ),
    )


@dataclass(frozen=True)
class _Candidate:
    """A recording at the vendor that may have come of an entry; `note` is None where the list leaves it out."""

    id: str
    status: str | None
    name: str | None
    created_at: dt.datetime | None
    note: str | None


def _of_media(media: Media) -> _Candidate:
    note = None if media.custom_data is None else str(media.custom_data.get(MARK, ""))
    return _Candidate(media.id, media.status, media.name, media.created_at, note)


def _of_job(job: Job) -> _Candidate:
    return _Candidate(job.id, job.status, job.name, job.created_on, job.metadata)


def _find(
    ledger: Ledger,
    entry: Entry,
    name: str | None,
    mark: str,
    listed: Iterable[_Candidate],
    get: Callable[[str], _Candidate],
) -> Accepted | None:
    """What came of an entry: the recording that carries its mark, else a new one of its name that carries none.

    Args:
        listed: everything at the vendor, newest first. Not a search by name: what that matches is the vendor's affair,
            and a user may have renamed the recording.
    """
    named: list[_Candidate] = []
    for found in listed:
        if found.created_at is not None and found.created_at < entry.requested_at - CLOCK_SLACK:
            break
        if found.note is None and name in (None, found.name):
            try:
                found = get(found.id)
            except NotFoundError:
                continue
        if found.note is None:
            named += [found] if name is not None and found.name == name else []
        elif mark in found.note:
            return Accepted(found.id, found.status)
    claimed = ledger.vendor_ids(entry.provider) if named else set()
    return next((Accepted(found.id, found.status) for found in named if found.id not in claimed), None)


def _content(operation: str, item: str | Path) -> dict[str, str]:
    """What is submitted, for the hash: the URL, or the digest of the file's bytes."""
    if is_url(item):
        return {"url": str(item)}
    checks = Checks(operation)
    path = checks.file("file", item)
    checks.finish()
    with path.open("rb") as file:
        return {"content": hashlib.file_digest(file, "sha256").hexdigest()}


def _file_name(item: str | Path) -> str | None:
    """The name of a file, or the one at the end of a URL when it has an ending such as .mp3."""
    if not is_url(item):
        return Path(item).name
    name = PurePosixPath(unquote(urlsplit(str(item)).path)).name
    return name if PurePosixPath(name).suffix else None


def _temi_mark(request_id: str) -> str:
    return f"{MARK}:{request_id}"
