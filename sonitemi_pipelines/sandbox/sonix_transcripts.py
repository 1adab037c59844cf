"""Sonix transcripts: text, SRT, VTT, JSON, update, split, translations."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from sonitemi_pipelines.sandbox.calls import Call, Operation, answer
from sonitemi_pipelines.sandbox.captions import CaptionOptions, split_segments, srt, text, vtt
from sonitemi_pipelines.sandbox.languages import is_sonix_language
from sonitemi_pipelines.sandbox.sonix_answers import (
    chosen,
    completed_media,
    decoded,
    flag,
    number,
    refusal,
    required,
    the_media,
)
from sonitemi_pipelines.sandbox.state import Media, Revisions, Task, later_than
from sonitemi_pipelines.sandbox.vendors import Vendors


def translation_task(vendors: Vendors, media: Media, language: str) -> Task | None:
    tasks = vendors.sonix.tasks.values()
    wanted = (t for t in tasks if t.kind == "translation" and t.owner_id == media.id)
    return next((task for task in wanted if task.details["language"] == language), None)


def _language(vendors: Vendors, media: Media, call: Call) -> str | None:
    """The translation asked for; None for the original."""
    language = call.get("language")
    if not language or language == media.language:
        return None
    task = translation_task(vendors, media, language)
    if task is None:
        raise refusal(404, f"Translation to {language} not found")
    if not task.completed:
        raise refusal(409, "Translation is in progress")
    return language


def _payload(vendors: Vendors, call: Call) -> Any:
    media = completed_media(vendors, call)
    return msgspec.json.decode(vendors.bodies.sonix(media, _language(vendors, media, call)))


def get_text(vendors: Vendors, call: Call) -> Response:
    return Response(text(_payload(vendors, call)), media_type="text/plain; charset=utf-8")


def get_srt(vendors: Vendors, call: Call) -> Response:
    return Response(srt(_payload(vendors, call), _caption_options(call)), media_type="text/srt; charset=utf-8")


def get_vtt(vendors: Vendors, call: Call) -> Response:
    return Response(vtt(_payload(vendors, call), _caption_options(call)), media_type="text/vtt; charset=utf-8")


def _caption_options(call: Call) -> CaptionOptions:
    limited = flag(call, "limit_captions")
    if not limited and (call.get("max_characters") is not None or call.get("max_duration") is not None):
        raise refusal(400, "limit_captions must be true to use max_characters or max_duration")
    return CaptionOptions(
        speaker_display=chosen(call, "speaker_display", ("none", "as_typed", "uppercase"), "none"),
        limited=limited,
        lines=int(chosen(call, "subtitle_lines", ("1", "2"), "1")),
        max_characters=int(number(call, "max_characters", 90, 1)),
        max_duration=number(call, "max_duration", 10, 0.1),
    )


def get_json(vendors: Vendors, call: Call) -> Response:
    media = completed_media(vendors, call)
    body = vendors.bodies.sonix(media, _language(vendors, media, call))
    return Response(body, media_type="application/json; charset=utf-8")


def update_transcript(vendors: Vendors, call: Call) -> Response:
    media = completed_media(vendors, call)
    segments = decoded(call, "transcript", list)
    if segments is None:
        raise refusal(400, "transcript is required")
    for segment in segments:
        if not isinstance(segment, dict) or not isinstance(segment.get("words"), list):
            raise refusal(400, "transcript must be an array of segments with words")
    payload = msgspec.json.decode(vendors.bodies.sonix(media))
    payload["transcript"] = segments
    body = msgspec.json.encode(payload)
    media.transcript.replace(body)
    media.updated_at = later_than(media.updated_at)
    return Response(body, media_type="application/json; charset=utf-8")


def split_transcript(vendors: Vendors, call: Call) -> Response:
    media = completed_media(vendors, call)
    language = _language(vendors, media, call)
    lines = int(chosen(call, "subtitle_lines", ("1", "2"), "1"))
    characters = int(number(call, "max_characters", 45, 1))
    duration = number(call, "max_duration", 10, 0.1)
    per_second = number(call, "max_cps", 12, 1)
    payload = msgspec.json.decode(vendors.bodies.sonix(media, language))
    payload["transcript"] = split_segments(payload["transcript"], lines * characters, duration, per_second)
    body = msgspec.json.encode(payload)
    (media.transcript if language is None else media.translations[language]).replace(body)
    media.updated_at = later_than(media.updated_at)
    return Response(body, media_type="application/json; charset=utf-8")


def create_translation(vendors: Vendors, call: Call) -> Response:
    media = completed_media(vendors, call)
    language = required(call, "language")
    if not is_sonix_language(language):
        raise refusal(400, f"Language {language} is not supported")
    if language == media.language:
        raise refusal(400, f"The transcript is in {language} already")
    task = translation_task(vendors, media, language)
    if task is None:
        vendors.new_task("translation", media.id, language=language)
        media.translations[language] = Revisions()
    return answer({"language": language, "status": "queued"})


def get_translation(vendors: Vendors, call: Call) -> Response:
    media = the_media(vendors, call)
    language = call.ids["language"]
    task = translation_task(vendors, media, language)
    if task is None:
        raise refusal(404, f"Translation to {language} not found")
    return answer({"language": language, "status": "completed" if task.completed else "queued"})


OPERATIONS = (
    Operation("sonix transcript.text", "GET", "/media/{id}/transcript", get_text),
    Operation("sonix transcript.srt", "GET", "/media/{id}/transcript.srt", get_srt),
    Operation("sonix transcript.vtt", "GET", "/media/{id}/transcript.vtt", get_vtt),
    Operation("sonix transcript.get", "GET", "/media/{id}/transcript.json", get_json),
    Operation("sonix transcript.update", "PUT", "/media/{id}/transcript", update_transcript),
    Operation("sonix transcript.split", "PUT", "/media/{id}/transcript/split", split_transcript),
    Operation("sonix translation.create", "POST", "/media/{id}/translations", create_translation),
    Operation("sonix translation.get", "GET", "/media/{id}/translations/{language}", get_translation),
)
