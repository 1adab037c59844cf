"""Temi jobs: submit, list, get, delete, wait."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from sonitemi_pipelines.errors import InvalidRequestError, RefusedError
from sonitemi_pipelines.resource import Resource, segment
from sonitemi_pipelines.temi.models import Job

_MOST_RESTARTS = 5


class JobResource(Resource):
    """`client.jobs`: the account's transcription jobs."""

    def list(self, *, limit: int = 100) -> Iterator[Job]:
        """Every job of the account, latest first, each id once.

        When the job a page continues from is deleted meanwhile, the list is walked again from the top (5 times at
        most) and what was seen is skipped.

        Operation: List jobs: GET /jobs

        Args:
            limit: jobs in one answer, 1 to 100.

        Raises:
            ApiError: by cause, at the page that fails.
        """
        seen: set[str] = set()
        restarts = 0
        cursor: str | None = None
        while True:
            try:
                page = self.list_page(limit=limit, starting_after=cursor)
            except InvalidRequestError:
                if cursor is None or restarts == _MOST_RESTARTS:
                    raise
                restarts, cursor = restarts + 1, None
                continue
            for job in page:
                if job.id not in seen:
                    seen.add(job.id)
                    yield job
            # The second condition ends a list whose vendor ignores the cursor.
            if len(page) < limit or page[-1].id == cursor:
                return
            cursor = page[-1].id

    def list_page(self, *, limit: int = 100, starting_after: str | None = None) -> builtins.list[Job]:
        """At most `limit` jobs, latest first, after the job `starting_after`.

        Operation: List jobs: GET /jobs

        Args:
            limit: 1 to 100.
            starting_after: id of the last job seen; the head of the list by default.

        Raises:
            InvalidRequestError: no job with the id `starting_after`: it may have been deleted.
        """
        if not 1 <= limit <= 100:
            raise RefusedError(f"limit {limit} is not from 1 to 100", fields={"limit": "not from 1 to 100"})
        operation = "jobs.list"
        answer = self._get(operation, "/jobs", {"limit": limit, "starting_after": starting_after})
        return self._records(Job, operation, answer)

    def get(self, job_id: str) -> Job:
        """One job.

        Operation: Get job status: GET /jobs/<id>

        Raises:
            NotFoundError: no job with this id in the account.
        """
        return self._record(Job, "jobs.get", self._get("jobs.get", f"/jobs/{segment(job_id, 'job_id')}"))
