"""Sonix's answers: media JSON, errors, and parameters checked the way its document states them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from sonitemi_pipelines.sandbox.calls import Call, Refusal, answer
from sonitemi_pipelines.sandbox.state import IN_PROGRESS, Media
from sonitemi_pipelines.sandbox.vendors import Vendors

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def error(status: int, message: str) -> Response:
    return answer({"code": status, "message": message}, status)


def refusal(status: int, message: str) -> Refusal:
    return Refusal(error(status, message))


def summary_refusal(status: int, message: str) -> Refusal:
    """The other error shape Sonix uses; here for everything about summaries."""
    return Refusal(answer({"error": message, "code": status}, status))


def deleted() -> Response:
    return answer({"status": 204})


def media_json(vendors: Vendors, media: Media, *, single: bool) -> dict[str, Any]:
    """Media as listed, or with `folder` and `updated_at` as a single one is answered."""
    shown: dict[str, Any] = {
        "id": media.id,
        "name": media.name,
        "duration": media.duration,
        "language": media.language,
        "video": media.video,
        "status": media.status,
        "created_at": int(media.created_at.replace(tzinfo=media.created_at.tzinfo or UTC).timestamp()),
        "public_url": f"https://sonix.ai/r/{media.id * 3}",
    }
    for name in ("custom_data", "custom_label", "duplicate_media_id"):
        if getattr(media, name) is not None:
            shown[name] = getattr(media, name)
    if single:
        if media.updated_at is not None:
            shown["updated_at"] = int(media.updated_at.timestamp())
        folder = vendors.sonix.folders.get(media.folder_id or "")
        if folder is not None:
            shown["folder"] = {"name": folder.name, "id": folder.id}
    return shown


def the_media(vendors: Vendors, call: Call) -> Media:
    media = vendors.sonix.media.get(call.ids["id"])
    if media is None:
        raise refusal(404, "Media file not found")
    return media


def completed_media(vendors: Vendors, call: Call) -> Media:
    media = the_media(vendors, call)
    if media.status in IN_PROGRESS:
        raise refusal(409, "Media file is being transcribed")
    if media.status != "completed":
        raise refusal(409, f"Media file has no transcript: its status is {media.status}")
    return media


def given_folder(vendors: Vendors, call: Call, name: str = "folder_id") -> str | None:
    """The folder id in a parameter, None for the home folder."""
    folder_id = call.get(name) or None
    if folder_id is not None and folder_id not in vendors.sonix.folders:
        raise refusal(404, "Folder not found")
    return folder_id


def required(call: Call, name: str) -> str:
    value = (call.get(name) or "").strip()
    if not value:
        raise refusal(400, f"{name} is required")
    return value


def chosen(call: Call, name: str, choices: Sequence[str], default: str) -> str:
    value = call.get(name, default) or default
    if value not in choices:
        raise refusal(400, f"{name} must be one of {', '.join(choices)}")
    return value


def flag(call: Call, name: str) -> bool:
    return chosen(call, name, ("true", "false"), "false") == "true"


def number(call: Call, name: str, default: float, low: float, high: float = float("inf")) -> float:
    text = call.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise refusal(400, f"{name} must be a number from {low:g}" + (f" to {high:g}" if high < 1e9 else ""))
    return value


def email(call: Call, name: str = "email") -> str:
    value = required(call, name)
    if not _EMAIL.fullmatch(value):
        raise refusal(400, f"{name} is not an email address")
    return value


def url(call: Call, name: str) -> str | None:
    value = call.get(name)
    if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
        raise refusal(400, f"{name} is not a URL")
    return value or None


def decoded(call: Call, name: str, kind: type) -> Any:
    """A parameter that holds JSON; None when it is not given."""
    text = call.get(name)
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise refusal(400, f"{name} is not valid JSON") from problem
    if not isinstance(value, kind):
        raise refusal(400, f"{name} must be a JSON {'object' if kind is dict else 'array'}")
    return value
