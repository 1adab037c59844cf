"""Sonix media: list, submit, get, update, delete, wait."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sonitemi_pipelines.api.operations import Resource, file_part, form_parts, multipart, segment
from sonitemi_pipelines.api.polling import FIRST_INTERVAL, wait_until_completed
from sonitemi_pipelines.api.session import Body
from sonitemi_pipelines.api.sonix.models import Media, MediaPage
from sonitemi_pipelines.api.sonix.options import LARGEST_UPLOAD, check_language
from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.errors import VendorFailedError

_MOST_WALKS = 5
_UPLOAD_TIMEOUT = 600.0


class MediaResource(Resource):
    """`client.media`: the account's media files."""

    _first_number = 1
    """What the vendor numbers its first page: 1 by the document's table, 0 by its example; learned from the head."""

    def list(
        self,
        *,
        status: str | None = None,
        folder_id: str | None = None,
        search: str | None = None,
        rewalk: bool = False,
    ) -> Iterator[Media]:
        """Every media file of the account, newest first, each id once.

        Operation: List media: GET /media

        Args:
            status: completed, transcribing, aligning or failed.
            folder_id: only those in this folder.
            search: only those whose name matches.
            rewalk: walk the pages again until a walk finds every id of the walk before (5 walks at most). Rows
                move up when media are deleted during a walk, and then one of them is never seen in it.

        Raises:
            ApiError: by cause, at the page that fails.
        """
        seen: set[str] = set()
        before: set[str] | None = None
        for _ in range(_MOST_WALKS if rewalk else 1):
            walked: set[str] = set()
            pages = 0
            for page in self._walk(status=status, folder_id=folder_id, search=search):
                pages += 1
                for media in page.media:
                    walked.add(media.id)
                    if media.id not in seen:
                        seen.add(media.id)
                        yield media
            if pages == 1 or (before is not None and before <= walked):
                return
            before = walked

    def list_page(
        self,
        page: int = 1,
        *,
        status: str | None = None,
        folder_id: str | None = None,
        search: str | None = None,
    ) -> MediaPage:
        """One page of at most 100 media files, newest first.

        Operation: List media: GET /media

        Args:
            page: 1 is the head of the list.
            status, folder_id, search: as for `list`.

        Raises:
            ApiError: by cause.
        """
        operation = "media.list"
        options: dict[str, Any] = {"status": status, "folder_id": folder_id, "search": search}
        if page > 1:
            options["page"] = page - 1 + self._first_number
        answer = self._get(operation, "/media", options)
        found = self._record(MediaPage, operation, answer)
        if page == 1 and found.page in (0, 1):
            # The head is asked for without a number, so its answer says which number the head has.
            self._first_number = found.page
        total = found.total_pages
        return MediaPage(media=found.media, page=page, total_pages=total, extra=found.extra)

    def get(self, media_id: str) -> Media:
        """One media file, with its folder.

        Operation: Get media: GET /media/<id>

        Raises:
            NotFoundError: no media with this id in the account.
        """
        operation = "media.get"
        return self._record(Media, operation, self._get(operation, f"/media/{segment(media_id, 'media_id')}"))

    def submit(
        self,
        *,
        file: str | os.PathLike[str] | None = None,
        file_url: str | None = None,
        language: str,
        name: str | None = None,
        transcript_text: str | None = None,
        folder_id: str | None = None,
        keywords: str | Sequence[str] | None = None,
        custom_data: Mapping[str, Any] | str | None = None,
        callback_url: str | None = None,
        multitrack: bool | None = None,
        speaker_labels: Sequence[str] | None = None,
    ) -> Media:
        """Have a media file transcribed. This costs money.

        Operation: Submit new media: POST /media
        Operation: Submit multitrack media: POST /media

        Args:
            file: path of the audio or video, streamed from disk; at most 100 MB.
            file_url: URL of the audio or video, of any size; instead of `file`.
            language: code of the spoken language, such as en, en-GB or es-en.
            name: name in Sonix; the file's name by default.
            transcript_text: existing transcript, which is then aligned instead of transcribing.
            folder_id: folder to place it in; the home folder by default.
            keywords: words or phrases as hints; a sequence, or one text with commas.
            custom_data: key-value pairs to attach.
            callback_url: URL that Sonix posts the media to once it completes or fails.
            multitrack: each speaker is on a channel of its own.
            speaker_labels: names of the speakers, by channel; with `multitrack` only.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            PaymentError: Sonix wants money first.
            InvalidRequestError: Sonix refuses the parameters.
        """
        operation = "media.submit"
        options = {
            "file_url": file_url,
            "language": language,
            "name": name,
            "transcript_text": transcript_text,
            "folder_id": folder_id,
            "keywords": keywords if keywords is None or isinstance(keywords, str) else ", ".join(keywords),
            "custom_data": custom_data,
            "callback_url": callback_url,
            "multitrack": multitrack,
            "speaker_labels": None if speaker_labels is None else json.dumps(list(speaker_labels), ensure_ascii=False),
        }
        path = _check_submission(operation, file, options)
        parts = form_parts(options)
        kind = mimetypes.guess_type(path.name if path else "")[0] or "application/octet-stream"
        with path.open("rb") if path is not None else contextlib.nullcontext() as stream:

            def body() -> Body:
                return multipart(parts if stream is None else [*parts, file_part("file", stream, kind)])

            response = self._session.request(
                "POST",
                "/media",
                operation=operation,
                make_body=body,
                read_timeout=_UPLOAD_TIMEOUT,
                sends=path.stat().st_size if path is not None else 0,
            )
        return self._record(Media, operation, self._session.decode(operation, response))

    def update(
        self,
        media_id: str,
        *,
        name: str | None = None,
        custom_label: str | None = None,
        folder_id: str | None = None,
    ) -> Media:
        """Rename a media file, label it, or move it to another folder.

        Operation: Update media: PUT /media/<media id>

        Args:
            name: new name.
            custom_label: label to apply.
            folder_id: folder to move it to.

        Raises:
            RefusedError: nothing to change, or an empty name.
            NotFoundError: no such media, or no such folder.
        """
        operation = "media.update"
        path = f"/media/{segment(media_id, 'media_id')}"
        options = {"name": name, "custom_label": custom_label, "folder_id": folder_id}
        checks = Checks(operation)
        checks.text("name", name)
        checks.text("folder_id", folder_id)
        checks.require(any(value is not None for value in options.values()), "options", "name nothing to change")
        checks.finish()
        return self._record(Media, operation, self._send("PUT", operation, path, options))

    def delete(self, media_id: str) -> None:
        """Delete a media file and its transcript at Sonix, for good.

        Operation: Delete media: DELETE /media/<media id>

        Raises:
            NotFoundError: no media with this id in the account.
        """
        self._send("DELETE", "media.delete", f"/media/{segment(media_id, 'media_id')}", {})

    def wait(self, media_id: str, *, timeout: float = 7200.0, interval: float = FIRST_INTERVAL) -> Media:
        """Wait until a media file is transcribed; of a duplicate, the media it repeats.

        Operation: Get media: GET /media/<id>

        Args:
            timeout: seconds to wait at most.
            interval: seconds between the first calls; grows to 30.

        Raises:
            WaitTimeoutError: not finished in time; names the id and how to resume.
            VendorFailedError: it ended as failed or blocked, or repeats a media that is not named.
        """
        until = time.monotonic() + timeout
        visited = [media_id]
        while True:
            current = visited[-1]
            media = wait_until_completed(
                self._session,
                "media.wait",
                current,
                lambda: self.get(visited[-1]),
                resume=f"client.media.wait({current!r})",
                timeout=max(0.0, until - time.monotonic()),
                interval=interval,
                ends=frozenset({"duplicate"}),
            )
            if media.status != "duplicate":
                return media
            original = media.duplicate_media_id
            if original is None or original in visited:
                raise VendorFailedError(
                    f"sonix media.wait {current} repeats {original or 'a media that Sonix does not name'} "
                    "(find the original at the vendor)",
                    id=current,
                    status=media.status,
                )
            visited.append(original)

    def _walk(self, **filters: str | None) -> Iterator[MediaPage]:
        number, shown_before = 1, None
        while True:
            page = self.list_page(number, **filters)
            yield page
            shown = [media.id for media in page.media]
            # A vendor that ignored the number would show its head for ever.
            if page.is_last or shown == shown_before:
                return
            number, shown_before = number + 1, shown


def _check_submission(operation: str, file: str | os.PathLike[str] | None, options: Mapping[str, Any]) -> Path | None:
    checks = Checks(operation)
    checks.require((file is None) != (options["file_url"] is None), "file", "or file_url is needed, one of them")
    checks.url("file_url", options["file_url"])
    check_language(checks, options["language"], required=True)
    for name in ("name", "transcript_text", "folder_id", "keywords"):
        checks.text(name, options[name])
    checks.json_object("custom_data", options["custom_data"])
    checks.url("callback_url", options["callback_url"])
    checks.truth("multitrack", options["multitrack"])
    labelled_alone = options["speaker_labels"] is not None and options["multitrack"] is not True
    checks.require(not labelled_alone, "speaker_labels", "takes effect only with multitrack=True")
    path = None
    if file is not None:
        path = checks.file("file", file, largest=LARGEST_UPLOAD, advice="put it on a server and give file_url")
    checks.finish()
    return path
