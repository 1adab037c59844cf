"""What Sonix does for money: transcribe media, and derive a summary, the summaries of a folder, a translation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.api.operations import segment
from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.sonix.models import Media
from sonitemi_pipelines.api.sonix.options import check_language
from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import NotFoundError, RefusedError
from sonitemi_pipelines.lake.schemas import TIMESTAMP
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.masking import mask
from sonitemi_pipelines.paid.ledger import Entry, Ledger, hash_of
from sonitemi_pipelines.paid.operations import Argument, PaidOperation
from sonitemi_pipelines.paid.outcome import Outcome
from sonitemi_pipelines.paid.placing import CLOCK_SLACK, Accepted, PaidRequest, Rules, place
from sonitemi_pipelines.paid.submit import (
    MARK,
    Candidate,
    SubmitOptions,
    content_of,
    file_name_of,
    find_submitted,
    is_url,
    known_at,
)
from sonitemi_pipelines.sync.alive import put_alive
from sonitemi_pipelines.sync.lists import forgotten_ids
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA, SONIX_SUMMARIES, SONIX_TRANSLATIONS


class SonixSubmitter:
    """Submits media to Sonix, our request id in its custom_data."""

    provider = "sonix"
    operation = "media.submit"

    def __init__(self, client: SonixClient) -> None:
        self._client = client

    def check(self, options: SubmitOptions) -> None:
        """
        Raises:
            RefusedError: an option is wrong, or not one of Sonix's.
        """
        checks = Checks(self.operation)
        checks.url("callback_url", options.callback_url)
        check_language(checks, options.language, required=True)
        checks.text("folder_id", options.folder_id)
        checks.text("name_prefix", options.name_prefix)
        checks.json_object("custom_data", options.custom_data)
        checks.require(options.metadata is None, "metadata", "is Temi's; give Sonix custom_data")
        checks.require(options.content_type is None, "content_type", "is Temi's; leave it out")
        checks.text("name", options.name)
        checks.require(options.name is None or options.name_prefix is None, "name", "takes no name_prefix beside it")
        checks.finish()

    def request(self, ledger: Ledger, options: SubmitOptions, item: str | Path) -> PaidRequest:
        """The request for one file or URL."""
        operation, client = self.operation, self._client
        name = file_name_of(item)
        if options.name_prefix is not None:
            name = options.name_prefix + (name or "")
        name = options.name or name
        keywords = [word for word in options.keywords or () if word.strip()] or None
        source: dict[str, Any] = {"file_url": str(item)} if is_url(item) else {"file": item}
        more: dict[str, Any] = {
            "transcript_text": options.transcript_text,
            "multitrack": options.multitrack,
            "speaker_labels": None if options.speaker_labels is None else list(options.speaker_labels),
        }

        def send(entry: Entry) -> Accepted:
            found = client.media.submit(
                **source,
                language=options.language or "",
                name=name,
                folder_id=options.folder_id,
                keywords=keywords,
                custom_data={**(options.custom_data or {}), MARK: entry.request_id},
                callback_url=options.callback_url,
                **more,
            )
            return Accepted(found.id, found.status)

        return PaidRequest(
            provider="sonix",
            operation=operation,
            subject=mask(str(item)),
            request_hash=hash_of(
                "sonix",
                operation,
                **content_of(operation, item),
                name=name,
                language=options.language,
                folder_id=options.folder_id,
                keywords=keywords,
                **more,
            ),
            send=send,
            look_up=lambda entry: find_submitted(
                ledger,
                entry,
                name,
                entry.request_id,
                map(_of_media, client.media.list()),
                lambda media_id: _of_media(client.media.get(media_id)),
                known_at(ledger.lake, SONIX_MEDIA, entry.requested_at),
            ),
        )


def _of_media(media: Media) -> Candidate:
    note = None if media.custom_data is None else str(media.custom_data.get(MARK, ""))
    return Candidate(media.id, media.status, media.name, media.created_at, note)


def request_summary(ledger: Ledger, client: SonixClient, media_id: str, prompt: str, rules: Rules) -> Outcome:
    """Ask Sonix for a summary of one completed media; this costs money. The next sync brings it.

    Raises:
        RefusedError: the prompt is empty, or the id is none; nothing was sent.
    """
    operation = "summarizations.create"
    _check_summary(ledger, media_id, prompt)

    def send(entry: Entry) -> Accepted:
        found = client.summarizations.create(media_id, prompt=prompt)
        return Accepted(found.id, found.status)

    def keep(accepted: Accepted) -> None:
        kept = pc.field("summarization_id") == accepted.vendor_id
        if ledger.lake.read(SONIX_SUMMARIES, ["summarization_id"], filters=kept).num_rows:
            return
        row = {
            "summarization_id": accepted.vendor_id,
            "media_id": media_id,
            "prompt": prompt,
            "status": accepted.status,
            "created_at": utc_now(),
        }
        put_alive(ledger.lake, SONIX_SUMMARIES, "sonix", [row])

    def look_up(entry: Entry) -> Accepted | None:
        # Sonix has no list. But a run may have died after it kept the answer here, and before the ledger had it.
        mine = (pc.field("media_id") == media_id) & (pc.field("prompt") == prompt)
        mine &= pc.field("created_at") >= pa.scalar(entry.requested_at, TIMESTAMP)
        rows = ledger.lake.read(SONIX_SUMMARIES, ["summarization_id", "status"], filters=mine).to_pylist()
        known = ledger.vendor_ids("sonix") if rows else set()
        for row in rows:
            if row["summarization_id"] not in known:
                return Accepted(row["summarization_id"], row["status"])
        return None

    request_hash = hash_of("sonix", operation, media_id=media_id, prompt=prompt.strip())
    request = PaidRequest("sonix", operation, media_id, request_hash, send, look_up, keep, can_be_ruled_out=False)
    return place(ledger, request, rules)


def request_batch_summary(ledger: Ledger, client: SonixClient, folder_id: str, prompt: str, rules: Rules) -> Outcome:
    """Ask Sonix for a summary of every media in a folder; this costs money. The next sync brings them.

    Raises:
        RefusedError: the prompt is empty, or the id is none; nothing was sent.
    """
    operation = "batch_summarizations.create"
    _check_batch_summary(ledger, folder_id, prompt)

    def send(entry: Entry) -> Accepted:
        found = client.batch_summarizations.create(folder_id, prompt=prompt)
        return Accepted(found.id, found.status)

    def known_before() -> list[str]:
        return [batch.id for batch in client.batch_summarizations.list(folder_id)]

    def look_up(entry: Entry) -> Accepted | None:
        # A batch carries no mark, and its time is of another clock: what was not there before is new.
        since = entry.requested_at - CLOCK_SLACK
        before = entry.known_before
        known = ledger.vendor_ids("sonix") | set(before or ())
        for batch in client.batch_summarizations.list(folder_id):
            new = before is not None or batch.created_at is None or batch.created_at >= since
            if new and (batch.prompt or "").strip() == prompt.strip() and batch.id not in known:
                return Accepted(batch.id, batch.status)
        return None

    request_hash = hash_of("sonix", operation, folder_id=folder_id, prompt=prompt.strip())
    request = PaidRequest("sonix", operation, folder_id, request_hash, send, look_up, known_before=known_before)
    return place(ledger, request, rules)


def request_translation(ledger: Ledger, client: SonixClient, media_id: str, language: str, rules: Rules) -> Outcome:
    """Ask Sonix for a translation of one completed media; this costs money. The next sync brings it as a variant.

    Raises:
        RefusedError: Sonix has no such language, or the id is none; nothing was sent.
    """
    operation = "translations.create"
    _check_translation(ledger, media_id, language)

    def send(entry: Entry) -> Accepted:
        return Accepted(f"{media_id}/{language}", client.translations.create(media_id, language=language).status)

    def keep(accepted: Accepted) -> None:
        now = utc_now()
        row = {
            "media_id": media_id,
            "language": language,
            "status": accepted.status,
            "created_at": now,
            "changed_at": now,
        }
        put_alive(ledger.lake, SONIX_TRANSLATIONS, "sonix", [row])

    def look_up(entry: Entry) -> Accepted | None:
        try:
            return Accepted(f"{media_id}/{language}", client.translations.get(media_id, language).status)
        except NotFoundError:
            return None

    request_hash = hash_of("sonix", operation, media_id=media_id, language=language)
    subject = f"{media_id} into {language}"
    return place(ledger, PaidRequest("sonix", operation, subject, request_hash, send, look_up, keep), rules)


def _check_summary(ledger: Ledger, media_id: str, prompt: str) -> None:
    _check("summarizations.create", "media_id", media_id, prompt=prompt)
    _refuse_forgotten(ledger, "summarizations.create", media_id)


def _check_batch_summary(ledger: Ledger, folder_id: str, prompt: str) -> None:
    _check("batch_summarizations.create", "folder_id", folder_id, prompt=prompt)


def _check_translation(ledger: Ledger, media_id: str, language: str) -> None:
    _check("translations.create", "media_id", media_id, language=language)
    _refuse_forgotten(ledger, "translations.create", media_id)


def _length_of(lake: Lake, media_id: str) -> list[float | None]:
    return _lengths(lake, pc.field("media_id") == media_id) or [None]


def _lengths_in(lake: Lake, folder_id: str) -> list[float | None]:
    return _lengths(lake, (pc.field("folder_id") == folder_id) & pc.field("deleted_at").is_null())


def _lengths(lake: Lake, which: Any) -> list[float | None]:
    found = lake.read(SONIX_MEDIA, ["duration_ms"], filters=which)["duration_ms"].to_pylist()
    return [None if length is None else length / 1000 for length in found]


def _refuse_forgotten(ledger: Ledger, operation: str, media_id: str) -> None:
    """What was erased here is not to come back as a summary or a translation."""
    if media_id in forgotten_ids(ledger.lake, "sonix"):
        why = "was erased here and would come back by this"
        raise RefusedError(f"{operation} refused, nothing sent: media {media_id} {why}", fields={"media_id": why})


def _check(operation: str, what: str, identifier: str, **options: Any) -> None:
    segment(identifier, what)
    checks = Checks(operation)
    if "language" in options:
        check_language(checks, options["language"], required=True)
    else:
        checks.text("prompt", options["prompt"], required=True)
    checks.finish()


_PROMPT = Argument("prompt", 'What is wanted, such as "Summarize in 10 sentences".')
_LANGUAGE = Argument("language", "Code of the language to translate into, such as es.")

OPERATIONS = (
    PaidOperation(
        "summarize",
        "request_summary",
        "summarizations.create",
        Argument("media_id", "Sonix media to summarize; it must be completed."),
        _PROMPT,
        "Ask Sonix for a summary of a recording.",
        request_summary,
        _check_summary,
        _length_of,
    ),
    PaidOperation(
        "summarize-folder",
        "request_batch_summary",
        "batch_summarizations.create",
        Argument("folder_id", "Sonix folder; all media in it must be completed, 60 hours at most."),
        _PROMPT,
        "Ask Sonix for a summary of every recording in a folder.",
        request_batch_summary,
        _check_batch_summary,
        _lengths_in,
    ),
    PaidOperation(
        "translate",
        "request_translation",
        "translations.create",
        Argument("media_id", "Sonix media to translate; it must be completed."),
        _LANGUAGE,
        "Ask Sonix for a translation of a recording.",
        request_translation,
        _check_translation,
        _length_of,
    ),
)
