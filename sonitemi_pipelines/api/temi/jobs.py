"""Temi jobs: submit, list, get, delete, wait."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import requests

from sonitemi_pipelines.api.listing import Records, Rows
from sonitemi_pipelines.api.operations import Page, Resource, file_part, multipart, segment
from sonitemi_pipelines.api.polling import FIRST_INTERVAL
from sonitemi_pipelines.api.sent import Known, Row
from sonitemi_pipelines.api.temi.media_types import ACCEPTED_MEDIA_TYPES, media_type
from sonitemi_pipelines.api.temi.models import Job
from sonitemi_pipelines.api.temi.statuses import JOBS
from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.errors import InvalidRequestError, RefusedError

LONGEST_URL = 1024
LONGEST_METADATA = 256
_MOST_RESTARTS = 5
_MOST_PAGES = 20_000
_UPLOAD_TIMEOUT = 600.0


class JobResource(Resource):
    """`client.jobs`: the account's transcription jobs."""

    def submit(
        self,
        *,
        url: str | None = None,
        file: str | os.PathLike[str] | None = None,
        content_type: str | None = None,
        metadata: str | None = None,
        callback_url: str | None = None,
    ) -> Job:
        """Have a media file transcribed. This costs money.

        Operation: Submit job by URL (application/json): POST /jobs
        Operation: Submit job by file (multipart/form-data): POST /jobs

        Args:
            url: the document's `media_url`: where Temi fetches the media; at most 1,024 characters.
            file: path of the audio or video, streamed from disk; instead of `url`.
            content_type: media type of `file`, one of those Temi accepts; by the file's ending when not given.
            metadata: text to attach; at most 256 characters.
            callback_url: URL that Temi posts the job to once it is transcribed or fails.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            PaymentError: the balance does not suffice; `details['current_balance']` says what is left.
            InvalidRequestError: Temi refuses the parameters; `fields` names them.
        """
        operation = "jobs.submit"
        checks = Checks(operation)
        checks.require((url is None) != (file is None), "file", "or url is needed, one of them")
        checks.url("url", url, longest=LONGEST_URL)
        checks.text("metadata", metadata, longest=LONGEST_METADATA)
        checks.url("callback_url", callback_url)
        path = None if file is None else checks.file("file", file)
        kind = content_type
        if path is None:
            checks.require(content_type is None, "content_type", "goes with file, not with url")
        else:
            kind = content_type or media_type(path)
            checks.require(kind is not None, "file", f"{path} has no ending Temi accepts; give content_type")
            checks.one_of("content_type", kind, ACCEPTED_MEDIA_TYPES)
        checks.finish()
        options = {"media_url": url, "metadata": metadata, "callback_url": callback_url}
        given = {name: value for name, value in options.items() if value is not None}
        if path is None:
            response = self._session.request("POST", "/jobs", operation=operation, json=given)
        else:
            response = self._upload(operation, path, str(kind), given)
        return self._record(Job, operation, self._session.decode(operation, response))

    def list(self, *, limit: int = 100) -> Records[Job]:
        """Every job of the account, latest first, each id once.

        The list ends with a page that brings nothing new, however many jobs a page holds. When the job a page continues
        from is deleted meanwhile, the list is walked again from the top (5 times at most) and what was seen is skipped.
        At the end `complete` of the iterator says whether the list was proven whole, and `why` what speaks against it.

        Operation: List jobs: GET /jobs

        Args:
            limit: jobs in one answer, 1 to 100.

        Raises:
            ApiError: by cause, at the page that fails.
        """
        return Records(lambda listing: self._walk(listing, limit))

    def _walk(self, listing: Records[Job], limit: int) -> Iterator[Row[Job]]:
        seen: set[str] = set()
        walked: set[str] = set()
        restarts = pages = 0
        cursor: str | None = None
        while True:
            try:
                page = self._page(limit, cursor, listing.known)
            except InvalidRequestError:
                if cursor is None or restarts == _MOST_RESTARTS:
                    raise
                restarts, cursor, walked = restarts + 1, None, set()
                continue
            finally:
                listing.calls += 1
            listing.note(page.unreadable)
            pages += 1
            ids = {row.id for row in page.rows}
            for row in page.rows:
                if row.id not in seen:
                    seen.add(row.id)
                    yield row
            fresh = ids - walked
            walked |= ids
            if not page.rows and page.unreadable:
                listing.why = "no row of a page can be read, so the next page cannot be asked for"
            elif not fresh and ids - {cursor}:
                # What comes after a job holds none of those before it.
                listing.why = f"page {pages} repeats jobs that were listed before"
            elif not fresh:
                listing.complete = True
            elif pages >= _MOST_PAGES:
                listing.why = f"it goes on after page {pages}"
            if not fresh or listing.why:
                return
            cursor = page.rows[-1].id

    def list_page(self, *, limit: int = 100, starting_after: str | None = None) -> Rows[Job]:
        """At most `limit` jobs, latest first, after the job `starting_after`.

        Operation: List jobs: GET /jobs

        Args:
            limit: 1 to 100.
            starting_after: id of the last job seen; the head of the list by default.

        Raises:
            InvalidRequestError: no job with the id `starting_after`: it may have been deleted.
        """
        page = self._page(limit, starting_after)
        found = Rows(page.records)
        found.unreadable = page.unreadable
        return found

    def _page(self, limit: int, starting_after: str | None, known: Known | None = None) -> Page[Job]:
        if not 1 <= limit <= 100:
            raise RefusedError(f"limit {limit} is not from 1 to 100", fields={"limit": "not from 1 to 100"})
        options = {"limit": limit, "starting_after": starting_after}
        return self._page_of(Job, "jobs.list", "/jobs", options, None, known)

    def get(self, job_id: str) -> Job:
        """One job.

        Operation: Get job status: GET /jobs/<id>

        Raises:
            NotFoundError: no job with this id in the account.
        """
        return self._record(Job, "jobs.get", self._get("jobs.get", f"/jobs/{segment(job_id, 'job_id')}"))

    def delete(self, job_id: str) -> None:
        """Delete a job and its transcript at Temi, for good.

        Operation: Delete job: DELETE /jobs/<id>

        Raises:
            NotFoundError: no job with this id in the account.
            NotReadyError: the job is not transcribed or failed yet; `details` says its state.
        """
        self._session.request("DELETE", f"/jobs/{segment(job_id, 'job_id')}", operation="jobs.delete")

    def wait(self, job_id: str, *, timeout: float = 7200.0, interval: float = FIRST_INTERVAL) -> Job:
        """Wait until a job is transcribed.

        Operation: Get job status: GET /jobs/<id>

        Args:
            timeout: seconds to wait at most.
            interval: seconds between the first calls; grows to 30.

        Raises:
            WaitTimeoutError: not finished in time; names the id and how to resume.
            VendorFailedError: it failed; the message holds Temi's reason.
        """
        return self._wait(
            "jobs.wait",
            self.get,
            (job_id,),
            JOBS,
            timeout=timeout,
            interval=interval,
            why=lambda job: ": ".join(part for part in (job.failure, job.failure_detail) if part),
        )

    def _upload(self, operation: str, path: Path, kind: str, options: dict[str, str]) -> requests.Response:
        parts = [("options", json.dumps(options, ensure_ascii=False))] if options else []
        with path.open("rb") as stream:
            return self._session.request(
                "POST",
                "/jobs",
                operation=operation,
                make_body=lambda: multipart([*parts, file_part("media", stream, kind)]),
                read_timeout=_UPLOAD_TIMEOUT,
                sends=path.stat().st_size,
            )
