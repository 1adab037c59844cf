"""Temi transcripts, in four formats and two versions."""

from __future__ import annotations

from typing import Literal

import requests

from sonitemi_pipelines.api.operations import Resource, segment
from sonitemi_pipelines.api.temi.models import Transcript
from sonitemi_pipelines.errors import RefusedError

Version = Literal["latest", "machine"]


class TranscriptResource(Resource):
    """`client.transcripts`: the transcripts of finished jobs, as edited (`latest`) or as first made (`machine`)."""

    def get_text(self, job_id: str, *, version: Version = "latest") -> str:
        """The transcript as text: speaker, start and text of each turn.

        Operation: Get transcript (text/plain): GET /jobs/<id>/transcript

        Args:
            version: 'latest' with the edits made in the editor, or 'machine' without.

        Raises:
            NotReadyError: the job is not transcribed.
            NotFoundError: no job with this id.
        """
        operation = "transcripts.get_text"
        return self._get_text(operation, _path(job_id, version), {"version": version}, "text/plain")

    def get_json(self, job_id: str, *, version: Version = "latest") -> Transcript:
        """The transcript with the times of its words.

        Operation: Get transcript (application/json): GET /jobs/<id>/transcript

        Args:
            version: 'latest' with the edits made in the editor, or 'machine' without.

        Raises:
            NotReadyError: the job is not transcribed.
            NotFoundError: no job with this id.
        """
        operation = "transcripts.get_json"
        return self._record(Transcript, operation, self._get(operation, _path(job_id, version), {"version": version}))

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
        return self._json_bytes("transcripts.get_json", _path(job_id, version), {"version": version})

    def get_word(self, job_id: str, *, version: Version = "latest") -> bytes:
        """The transcript as a document for a word processor.

        Operation: Get transcript (application/msword): GET /jobs/<id>/transcript

        Args:
            version: 'latest' with the edits made in the editor, or 'machine' without.

        Raises:
            NotReadyError: the job is not transcribed.
            NotFoundError: no job with this id.
        """
        return self._document("transcripts.get_word", job_id, version, "application/msword")

    def get_pdf(self, job_id: str, *, version: Version = "latest") -> bytes:
        """The transcript as PDF.

        Operation: Get transcript (application/pdf): GET /jobs/<id>/transcript

        Args:
            version: 'latest' with the edits made in the editor, or 'machine' without.

        Raises:
            NotReadyError: the job is not transcribed.
            NotFoundError: no job with this id.
        """
        return self._document("transcripts.get_pdf", job_id, version, "application/pdf")

    def _document(self, operation: str, job_id: str, version: str, accept: str) -> bytes:
        def whole(response: requests.Response) -> bytes:
            if "html" in response.headers.get("Content-Type", ""):
                raise self._session.malformed(operation, "the answer is a web page", response)
            if not response.content:
                raise self._session.malformed(operation, "the answer is empty", response)
            return response.content

        path = _path(job_id, version)
        return self._session.ask(
            "GET", path, operation=operation, params={"version": version}, accept=accept, read=whole
        )


def _path(job_id: str, version: str) -> str:
    if version not in ("latest", "machine"):
        raise RefusedError(
            f"version {version!r} is neither latest nor machine", fields={"version": "neither latest nor machine"}
        )
    return f"/jobs/{segment(job_id, 'job_id')}/transcript"
