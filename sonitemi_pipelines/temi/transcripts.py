"""Temi transcripts, in four formats and two versions."""

from __future__ import annotations

from typing import Literal

import requests

from sonitemi_pipelines.errors import RefusedError
from sonitemi_pipelines.resource import Resource, segment

Version = Literal["latest", "machine"]


class TranscriptResource(Resource):
    """`client.transcripts`: the transcripts of finished jobs, as edited (`latest`) or as first made (`machine`)."""

    def get_json_bytes(self, job_id: str, *, version: Version = "latest") -> bytes:
        """The transcript with the times of its words, as the bytes Temi sent.

        Operation: Get transcript (application/json): GET /jobs/<id>/transcript

        Args:
            version: 'latest' with the edits made in the editor, or 'machine' without.

        Raises:
            NotReadyError: the job is not transcribed.
            NotFoundError: no job with this id.
            MalformedAnswerError: the answer does not look like JSON.
        """
        operation = "transcripts.get_json"
        return self._json_bytes(operation, self._fetch(operation, job_id, version, "application/json"))

    def _fetch(self, operation: str, job_id: str, version: str, accept: str) -> requests.Response:
        if version not in ("latest", "machine"):
            raise RefusedError(
                f"version {version!r} is neither latest nor machine", fields={"version": "neither latest nor machine"}
            )
        path = f"/jobs/{segment(job_id, 'job_id')}/transcript"
        return self._session.request(
            "GET", path, operation=operation, params={"version": version}, headers={"Accept": accept}
        )
