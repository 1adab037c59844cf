"""Sonix translations of a media. Their text comes from `client.transcripts` with `language`."""

from __future__ import annotations

from sonitemi_pipelines.api.operations import Resource, segment
from sonitemi_pipelines.api.polling import FIRST_INTERVAL
from sonitemi_pipelines.api.sonix.models import Translation
from sonitemi_pipelines.api.sonix.options import check_language
from sonitemi_pipelines.api.sonix.statuses import TASKS
from sonitemi_pipelines.api.validation import Checks


class TranslationResource(Resource):
    """`client.translations`: translations of completed media."""

    def create(self, media_id: str, *, language: str) -> Translation:
        """Have a transcript translated. This costs money.

        Operation: Create translation: POST /media/<media id>/translations

        Args:
            language: code of the language to translate into.

        Raises:
            RefusedError: Sonix has no such language; nothing was sent.
            NotFoundError: no media with this id.
            NotReadyError: the media is not completed.
        """
        operation = "translations.create"
        path = f"/media/{segment(media_id, 'media_id')}/translations"
        checks = Checks(operation)
        check_language(checks, language, required=True)
        checks.finish()
        return self._record(Translation, operation, self._send("POST", operation, path, {"language": language}))

    def get(self, media_id: str, language: str) -> Translation:
        """How far a translation is.

        Operation: Get translation status: GET /media/<media id>/translations/<language>

        Raises:
            NotFoundError: no such media, or no translation into this language.
        """
        operation = "translations.get"
        path = f"/media/{segment(media_id, 'media_id')}/translations/{segment(language, 'language')}"
        return self._record(Translation, operation, self._get(operation, path))

    def wait(
        self, media_id: str, language: str, *, timeout: float = 3600.0, interval: float = FIRST_INTERVAL
    ) -> Translation:
        """Wait until a translation is completed.

        Operation: Get translation status: GET /media/<media id>/translations/<language>

        Args:
            timeout: seconds to wait at most.
            interval: seconds between the first calls; grows to 30.

        Raises:
            WaitTimeoutError: not finished in time; names the media and how to resume.
            VendorFailedError: it ended as failed.
        """
        return self._wait(
            "translations.wait", self.get, (media_id, language), TASKS, timeout=timeout, interval=interval
        )
