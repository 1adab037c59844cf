"""Sonix transcripts: as text, captions and JSON; update and split."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sonitemi_pipelines.api.operations import Resource, segment
from sonitemi_pipelines.api.sonix.models import Segment, Transcript
from sonitemi_pipelines.api.sonix.options import check_captions, check_subtitles
from sonitemi_pipelines.api.validation import Checks

_ACCEPTED = {"transcript.srt": "application/x-subrip", "transcript.vtt": "text/vtt"}
SpeakerDisplay = Literal["none", "as_typed", "uppercase"]


class TranscriptResource(Resource):
    """`client.transcripts`: the transcripts of completed media, and their translations by `language`."""

    def get_text(self, media_id: str, *, language: str | None = None) -> str:
        """The transcript as text, a line a turn, with speakers and times.

        Operation: Get text transcript: GET /media/<media id>/transcript
        Operation: Export translation: GET /media/<media id>/transcript

        Args:
            language: the translation into this language instead of the original.

        Raises:
            NotReadyError: the media is still being transcribed.
            NotFoundError: no such media, or no such translation.
        """
        path = f"/media/{segment(media_id, 'media_id')}/transcript"
        return self._get_text("transcripts.get_text", path, {"language": language}, "text/plain")

    def get_srt(
        self,
        media_id: str,
        *,
        language: str | None = None,
        speaker_display: SpeakerDisplay | None = None,
        limit_captions: bool | None = None,
        subtitle_lines: int | None = None,
        max_characters: int | None = None,
        max_duration: float | None = None,
    ) -> str:
        """The transcript as SRT captions.

        Operation: Get SRT file: GET /media/<media id>/transcript.srt
        Operation: Export translation: GET /media/<media id>/transcript.srt

        Args:
            language: the translation into this language instead of the original.
            speaker_display: none (Sonix's default), as_typed or uppercase.
            limit_captions: limit captions by length and duration instead of breaking them by paragraph.
            subtitle_lines: 1 or 2 lines.
            max_characters: characters in a caption at most; needs limit_captions.
            max_duration: seconds a caption covers at most; needs limit_captions.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            NotReadyError: the media is still being transcribed.
            NotFoundError: no such media, or no such translation.
        """
        options = {
            "language": language,
            "speaker_display": speaker_display,
            "limit_captions": limit_captions,
            "subtitle_lines": subtitle_lines,
            "max_characters": max_characters,
            "max_duration": max_duration,
        }
        return self._get_captions("transcripts.get_srt", media_id, "transcript.srt", options)

    def get_vtt(
        self,
        media_id: str,
        *,
        language: str | None = None,
        speaker_display: SpeakerDisplay | None = None,
        limit_captions: bool | None = None,
        subtitle_lines: int | None = None,
        max_characters: int | None = None,
        max_duration: float | None = None,
    ) -> str:
        """The transcript as WebVTT captions.

        Operation: Get VTT file: GET /media/<media id>/transcript.vtt
        Operation: Export translation: GET /media/<media id>/transcript.vtt

        Args:
            language, speaker_display, limit_captions, subtitle_lines, max_characters, max_duration: as for `get_srt`.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            NotReadyError: the media is still being transcribed.
            NotFoundError: no such media, or no such translation.
        """
        options = {
            "language": language,
            "speaker_display": speaker_display,
            "limit_captions": limit_captions,
            "subtitle_lines": subtitle_lines,
            "max_characters": max_characters,
            "max_duration": max_duration,
        }
        return self._get_captions("transcripts.get_vtt", media_id, "transcript.vtt", options)

    def get_json(self, media_id: str, *, language: str | None = None) -> Transcript:
        """The transcript with the times of its words.

        Operation: Get JSON transcript: GET /media/<media id>/transcript.json
        Operation: Export translation: GET /media/<media id>/transcript.json

        Args:
            language: the translation into this language instead of the original.

        Raises:
            NotReadyError: the media is still being transcribed.
            NotFoundError: no such media, or no such translation.
        """
        operation = "transcripts.get_json"
        path = f"/media/{segment(media_id, 'media_id')}/transcript.json"
        return self._record(Transcript, operation, self._get(operation, path, {"language": language}))

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
        return self._json_bytes(operation, path, {"language": language})

    def update(self, media_id: str, *, transcript: Sequence[Segment | Mapping[str, Any]]) -> None:
        """Replace the transcript of a completed media.

        Operation: Update transcript: PUT /media/<media id>/transcript

        Args:
            transcript: all segments, in order: `Segment` as `get_json` gives them, or mappings of that shape.

        Raises:
            RefusedError: no segments, or a segment without a list of words; nothing was sent.
            NotReadyError: the media is still being transcribed.
            InvalidRequestError: Sonix refuses the transcript.
        """
        operation = "transcripts.update"
        path = f"/media/{segment(media_id, 'media_id')}/transcript"
        segments = [item.as_answer() if isinstance(item, Segment) else item for item in transcript]
        checks = Checks(operation)
        checks.require(bool(segments), "transcript", "has no segments")
        for index, item in enumerate(segments):
            valid = isinstance(item, Mapping) and isinstance(item.get("words"), list)
            checks.require(valid, "transcript", f"has no list of words in segment {index}")
        text = ""
        try:
            text = json.dumps(segments, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (ValueError, TypeError):
            checks.require(False, "transcript", "holds what JSON cannot")
        checks.finish()
        self._send("PUT", operation, path, {"transcript": text})

    def split(
        self,
        media_id: str,
        *,
        subtitle_lines: int | None = None,
        max_characters: int | None = None,
        max_duration: float | None = None,
        max_cps: float | None = None,
        language: str | None = None,
    ) -> Transcript:
        """Split the transcript of a completed media into subtitles, at Sonix, and return it.

        Operation: Split transcript: PUT /media/<media id>/transcript/split

        Args:
            subtitle_lines: 1 or 2 lines.
            max_characters: characters in a subtitle at most (Sonix's default: 45).
            max_duration: seconds a subtitle covers at most (10).
            max_cps: characters per second at most (12).
            language: the translation into this language instead of the original.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            NotReadyError: the media is still being transcribed.
        """
        operation = "transcripts.split"
        path = f"/media/{segment(media_id, 'media_id')}/transcript/split"
        options = {
            "subtitle_lines": subtitle_lines,
            "max_characters": max_characters,
            "max_duration": max_duration,
            "max_cps": max_cps,
            "language": language,
        }
        checks = Checks(operation)
        check_subtitles(checks, options)
        checks.positive("max_cps", max_cps)
        checks.text("language", language)
        checks.finish()
        return self._record(Transcript, operation, self._send("PUT", operation, path, options))

    def _get_captions(self, operation: str, media_id: str, ending: str, options: Mapping[str, Any]) -> str:
        checks = Checks(operation)
        check_captions(checks, options)
        checks.text("language", options["language"])
        checks.finish()
        path = f"/media/{segment(media_id, 'media_id')}/{ending}"
        return self._get_text(operation, path, options, _ACCEPTED[ending])
