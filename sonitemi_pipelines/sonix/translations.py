"""Sonix translations of a media. Their text comes from `client.transcripts` with `language`."""

from __future__ import annotations

from sonitemi_pipelines.resource import Resource, segment
from sonitemi_pipelines.sonix.models import Translation


class TranslationResource(Resource):
    """`client.translations`: translations of completed media."""

    def get(self, media_id: str, language: str) -> Translation:
        """How far a translation is.

        Operation: Get translation status: GET /media/<media id>/translations/<language>

        Raises:
            NotFoundError: no such media, or no translation into this language.
        """
        operation = "translations.get"
        path = f"/media/{segment(media_id, 'media_id')}/translations/{segment(language, 'language')}"
        return self._record(Translation, operation, self._get(operation, path))
