"""Sonix transcripts: as text, captions and JSON; update and split."""

from __future__ import annotations

from sonitemi_pipelines.resource import Resource, form_values, segment


class TranscriptResource(Resource):
    """`client.transcripts`: the transcripts of completed media, and their translations by `language`."""

    def get_json_bytes(self, media_id: str, *, language: str | None = None) -> bytes:
        """The transcript with the times of its words, as the bytes Sonix sent.

        Operation: Get JSON transcript: GET /media/<media id>/transcript.json

        Args:
            language: the translation into this language instead of the original.

        Raises:
            NotReadyError: the media is still being transcribed.
            NotFoundError: no such media, or no such translation.
            MalformedAnswerError: the answer does not look like JSON.
        """
        operation = "transcripts.get_json"
        path = f"/media/{segment(media_id, 'media_id')}/transcript.json"
        response = self._session.request("GET", path, operation=operation, params=form_values({"language": language}))
        return self._json_bytes(operation, response)
