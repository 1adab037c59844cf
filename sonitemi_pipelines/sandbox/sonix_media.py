"""Sonix media: list, submit, submit multitrack, get, update, delete."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from starlette.responses import Response

from sonitemi_pipelines.sandbox.calls import Call, Operation, answer
from sonitemi_pipelines.sandbox.languages import is_sonix_language
from sonitemi_pipelines.sandbox.sonix_answers import (
    chosen,
    decoded,
    deleted,
    flag,
    given_folder,
    media_json,
    refusal,
    the_media,
    url,
)
from sonitemi_pipelines.sandbox.state import Media, Revisions, later_than, now_utc
from sonitemi_pipelines.sandbox.vendors import Vendors

PAGE_SIZE = 100
LARGEST_FILE = 100 * 2**20
_KEPT_FILTERS = 4
_FILTERS = ("completed", "transcribing", "aligning", "failed")


def list_media(vendors: Vendors, call: Call) -> Response:
    page_text = call.get("page") or "1"
    if not page_text.isdecimal():
        raise refusal(400, "page must be a whole number")
    start = (max(1, int(page_text)) - 1) * PAGE_SIZE
    timeline = vendors.sonix.media
    if not any(call.get(name) for name in ("status", "folder_id", "search")):
        total, shown = len(timeline), timeline.page(start, PAGE_SIZE)
    else:
        found = _filtered(vendors, call)
        total, shown = len(found), found[start : start + PAGE_SIZE]
    return answer(
        {
            "media": [media_json(vendors, media, single=False) for media in shown],
            "page": int(page_text),
            "total_pages": max(1, math.ceil(total / PAGE_SIZE)),
        }
    )


def _filtered(vendors: Vendors, call: Call) -> list[Media]:
    status = chosen(call, "status", _FILTERS, "") if call.get("status") else None
    folder_id = given_folder(vendors, call)
    root = next(iter(vendors.sonix.folders), None)
    search = (call.get("search") or "").casefold()
    timeline, found = vendors.sonix.media, vendors.sonix.found
    asked = (status, folder_id, root, search, timeline.changes, Media.changes)
    if asked not in found:
        while len(found) >= _KEPT_FILTERS:
            del found[next(iter(found))]
        found[asked] = [
            media
            for media in timeline
            if (status is None or media.status == status)
            and (folder_id is None or (media.folder_id or root) == folder_id)
            and search in media.name.casefold()
        ]
    return found[asked]


def submit_media(vendors: Vendors, call: Call) -> Response:
    file, file_url = call.files.get("file"), url(call, "file_url")
    if (file is None) == (file_url is None):
        raise refusal(400, "One of file or file_url is required")
    if file is not None:
        _check_file(file.size)
    language = call.get("language") or "en"
    if not is_sonix_language(language):
        raise refusal(400, f"Language {language} is not supported")
    _check_tracks(call)
    default_name = file.filename if file is not None else _url_name(file_url or "")
    name = call.get("name") or default_name or "Untitled"
    media = Media(
        vendors.new_id(),
        now_utc(),
        name,
        "preparing",
        language,
        folder_id=given_folder(vendors, call),
        custom_data=decoded(call, "custom_data", dict),
        callback_url=url(call, "callback_url"),
        seed=str(vendors.seed),
        title=name,
    )
    vendors.sonix.media.add(media)
    shown = media_json(vendors, media, single=True)
    del shown["duration"], shown["video"]
    return answer(shown)


def submit_tracks(vendors: Vendors, call: Call) -> Response:
    """The endpoint of the multitrack section, `POST /media/<id>`: new tracks for media that exist."""
    media = the_media(vendors, call)
    file = call.files.get("file")
    if (file is None) == (call.get("file_url") is None):
        raise refusal(400, "One of file or file_url is required")
    if file is not None:
        _check_file(file.size)
    if not flag(call, "multitrack"):
        raise refusal(400, "multitrack must be true")
    _check_tracks(call)
    media.status = "preparing"
    media.transcript = Revisions(edits=media.transcript.edits + 1, version=media.transcript.version + 1)
    return answer(media_json(vendors, media, single=True))


def _check_file(size: int) -> None:
    if size == 0:
        raise refusal(400, "file is empty")
    if size > LARGEST_FILE:
        raise refusal(400, "file is larger than 100MB; use file_url")


def _check_tracks(call: Call) -> None:
    labels = decoded(call, "speaker_labels", list)
    if labels is not None and not flag(call, "multitrack"):
        raise refusal(400, "speaker_labels need multitrack to be true")
    if labels is not None and not all(isinstance(label, str) for label in labels):
        raise refusal(400, "speaker_labels must be an array of strings")


def _url_name(file_url: str) -> str:
    return PurePosixPath(unquote(urlsplit(file_url).path)).name


def get_media(vendors: Vendors, call: Call) -> Response:
    return answer(media_json(vendors, the_media(vendors, call), single=True))


def update_media(vendors: Vendors, call: Call) -> Response:
    media = the_media(vendors, call)
    name, label = call.get("name"), call.get("custom_label")
    if name is not None and not name.strip():
        raise refusal(400, "name must not be empty")
    moved = call.get("folder_id") is not None
    folder_id = given_folder(vendors, call)
    media.updated_at = later_than(media.updated_at)
    if name is not None:
        media.name = name
    if label is not None:
        media.custom_label = label
        vendors.callbacks.event("label_change", media_json(vendors, media, single=True))
    if moved:
        media.folder_id = folder_id
        vendors.callbacks.event("folder_change", media_json(vendors, media, single=True))
    return answer(media_json(vendors, media, single=True))


def delete_media(vendors: Vendors, call: Call) -> Response:
    media = the_media(vendors, call)
    vendors.sonix.deleted[media.id] = vendors.sonix.media.remove(media.id)
    return deleted()


OPERATIONS = (
    Operation("sonix media.list", "GET", "/media", list_media),
    Operation("sonix media.submit", "POST", "/media", submit_media),
    Operation("sonix media.submit_tracks", "POST", "/media/{id}", submit_tracks),
    Operation("sonix media.get", "GET", "/media/{id}", get_media),
    Operation("sonix media.update", "PUT", "/media/{id}", update_media),
    Operation("sonix media.delete", "DELETE", "/media/{id}", delete_media),
)
