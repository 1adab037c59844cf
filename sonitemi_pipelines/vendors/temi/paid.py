"""What Temi does for money: transcribe media."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.api.temi.jobs import LONGEST_METADATA
from sonitemi_pipelines.api.temi.models import Job
from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.masking import mask
from sonitemi_pipelines.paid.ledger import Entry, Ledger, hash_of
from sonitemi_pipelines.paid.placing import Accepted, PaidRequest
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
from sonitemi_pipelines.vendors.temi.tables import TEMI_JOBS

_NOT_HERE = (
    "language",
    "folder_id",
    "name_prefix",
    "keywords",
    "custom_data",
    "name",
    "transcript_text",
    "multitrack",
    "speaker_labels",
)


class TemiSubmitter:
    """Submits media to Temi, our request id in the job's metadata."""

    provider = "temi"
    operation = "jobs.submit"

    def __init__(self, client: TemiClient) -> None:
        self._client = client

    def check(self, options: SubmitOptions) -> None:
        """
        Raises:
            RefusedError: an option is wrong, or not one of Temi's.
        """
        checks = Checks(self.operation)
        checks.url("callback_url", options.callback_url)
        checks.text("metadata", options.metadata, longest=LONGEST_METADATA - len(_mark("0" * 32)) - 1)
        for name in _NOT_HERE:
            checks.require(not getattr(options, name), name, "is not an option of Temi's; leave it out")
        checks.finish()

    def request(self, ledger: Ledger, options: SubmitOptions, item: str | Path) -> PaidRequest:
        """The request for one file or URL."""
        operation, client = self.operation, self._client
        name = file_name_of(item)
        source: dict[str, Any] = {"url": str(item)} if is_url(item) else {"file": item}

        def send(entry: Entry) -> Accepted:
            mark = _mark(entry.request_id)
            metadata = mark if options.metadata is None else f"{options.metadata} {mark}"
            found = client.jobs.submit(
                **source, metadata=metadata, callback_url=options.callback_url, content_type=options.content_type
            )
            return Accepted(found.id, found.status)

        return PaidRequest(
            provider="temi",
            operation=operation,
            subject=mask(str(item)),
            request_hash=hash_of("temi", operation, **content_of(operation, item), name=name),
            send=send,
            look_up=lambda entry: find_submitted(
                ledger,
                entry,
                name,
                _mark(entry.request_id),
                map(_of_job, client.jobs.list()),
                lambda job_id: _of_job(client.jobs.get(job_id)),
                known_at(ledger.lake, TEMI_JOBS, entry.requested_at),
            ),
        )


def _of_job(job: Job) -> Candidate:
    return Candidate(job.id, job.status, job.name, job.created_on, job.metadata)


def _mark(request_id: str) -> str:
    return f"{MARK}:{request_id}"
