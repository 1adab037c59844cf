"""Sonix media: list, submit, get, update, delete, wait."""

from __future__ import annotations

import builtins
import contextlib
import dataclasses
import json
import mimetypes
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sonitemi_pipelines.api.listing import Listing, Records
from sonitemi_pipelines.api.operations import Page, Resource, file_part, form_parts, multipart, segment
from sonitemi_pipelines.api.polling import FIRST_INTERVAL
from sonitemi_pipelines.api.sent import Known, Row
from sonitemi_pipelines.api.session import Body
from sonitemi_pipelines.api.sonix.models import Media, MediaPage
from sonitemi_pipelines.api.sonix.options import LARGEST_UPLOAD, check_language
from sonitemi_pipelines.api.sonix.statuses import MEDIA
from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.errors import VendorFailedError

PAGE_SIZE = 100
_MOST_WALKS = 5
_MOST_BARREN = 3
_MOST_PAGES = 20_000
_UPLOAD_TIMEOUT = 600.0


class MediaResource(Resource):
    """`client.media`: the account's media files."""

    _first_number: int | None = None
    """What the vendor numbers its first page: 1 by the document's table, 0 by its example. None until known."""

    def list(
        self,
        *,
        status: str | None = None,
        folder_id: str | None = None,
        search: str | None = None,
        rewalk: bool | Callable[[builtins.list[str]], bool] = False,
    ) -> Records[Media]:
        """Every media file of the account, newest first, each id once.

        The list ends with a page that brings nothing new, whatever the vendor says of how many there are. At its end
        `complete` of the iterator says whether the list was proven whole, and `why` what speaks against it.

        Operation: List media: GET /media

        Args:
            status: completed, transcribing, aligning or failed.
            folder_id: only those in this folder.
            search: only those whose name matches.
            rewalk: walk the pages again until a walk finds every id of the walk before (5 walks at most). Rows
                move up when media are deleted during a walk, and then one of them is never seen in it. Or a function
                that decides it by the ids on the first page.

        Raises:
            ApiError: by cause, at the page that fails.
        """
        filters = {"status": status, "folder_id": folder_id, "search": search}
        return Records(lambda listing: self._walks(listing, rewalk, filters))

    def pages(
        self, *, status: str | None = None, folder_id: str | None = None, search: str | None = None
    ) -> Listing[MediaPage]:
        """The pages of `list`, one call each, up to and with the one that proves the end.

        Operation: List media: GET /media

        Args:
            status, folder_id, search: as for `list`.
        """
        filters = {"status": status, "folder_id": folder_id, "search": search}
        return Listing(lambda listing: (page.read() for page in self._pages(listing, filters)))

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
        filters = {"status": status, "folder_id": folder_id, "search": search}
        if page == 1:
            return self._head(filters)[0].read()
        found, _ = self._page(page - 1 + (1 if self._first_number is None else self._first_number), filters)
        return _numbered(found, page).read()

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
            left = max(0.0, until - time.monotonic())
            media = self._wait("media.wait", self.get, (current,), MEDIA, timeout=left, interval=interval)
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

    def _walks(
        self,
        listing: Records[Media],
        rewalk: bool | Callable[[builtins.list[str]], bool],
        filters: Mapping[str, str | None],
    ) -> Iterator[Row[Media]]:
        seen: set[str] = set()
        before: set[str] | None = None
        whys: builtins.list[str] = []
        for _ in range(_MOST_WALKS):
            pages = Listing(lambda found: self._pages(found, filters, listing.known))
            walked: set[str] = set()
            filled = 0
            for page in pages:
                listing.calls += pages.calls
                pages.calls = 0
                listing.note(page.unreadable)
                if callable(rewalk):
                    rewalk = rewalk([row.id for row in page.rows])
                filled += bool(page.rows)
                for row in page.rows:
                    walked.add(row.id)
                    if row.id not in seen:
                        seen.add(row.id)
                        yield row
                if before is not None and before <= walked:
                    break
            whys += [pages.why] if pages.why else []
            if not rewalk or filled < 2 or (before is not None and before <= walked):
                break
            before = walked
        listing.why = whys[0] if whys else None
        listing.complete = not whys

    def _pages(
        self, listing: Listing[Any], filters: Mapping[str, str | None], known: Known | None = None
    ) -> Iterator[_Page]:
        """Pages up to the one that brings nothing new. What totals and sizes say counts only as 'there is more'."""
        seen: set[str] = set()
        number, barren = 1, 0
        while True:
            if number == 1:
                page, echo = self._head(filters, known)
            else:
                found, echo = self._page(number - 1 + self._known_first(), filters, known)
                page = _numbered(found, number)
            listing.calls += 1
            listing.note(page.unreadable)
            keys = {row.id for row in page.rows} | {row.name for row in page.unreadable}
            fresh = not keys <= seen
            first = self._known_first()
            if number == 2:
                unsure = self._first_number is None or (fresh and echo not in (None, number - 1 + first))
                if first == 0 and keys and not fresh:
                    # The page numbered 1 is the head once more: this vendor counts from 1, whatever it says.
                    self._first_number = 1
                    continue
                if unsure:
                    # Asked for the page that is the second one only where the first is numbered 0.
                    second, _ = self._page(1, filters, known)
                    listing.calls += 1
                    shown = {row.id for row in second.rows}
                    self._first_number = 0 if shown - seen else 1
                    if shown - seen:
                        seen |= shown
                        yield _numbered(second, number)
                        number = 2 if not fresh else 3
            yield page
            seen |= keys
            more = page.total_pages is not None and number < page.total_pages
            if fresh:
                if barren:
                    # What stood there is nowhere else.
                    listing.why = f"page {number - 1} brought nothing new, and page {number} did"
                barren = 0
            elif not more and len(keys) < PAGE_SIZE:
                listing.complete = listing.why is None
                return
            else:
                barren += 1
            if barren == _MOST_BARREN or number >= _MOST_PAGES:
                said = f"of {page.total_pages}" if more else "as full as the one before"
                listing.why = (
                    f"page {number} {said} brings nothing new" if barren else f"it goes on after page {number}"
                )
                return
            number += 1

    def _known_first(self) -> int:
        return 1 if self._first_number is None else self._first_number

    def _head(self, filters: Mapping[str, str | None], known: Known | None = None) -> tuple[_Page, int | None]:
        # It is asked for without a number, so its answer says which number the head has.
        page, echo = self._page(None, filters, known)
        if self._first_number is None and echo in (0, 1):
            self._first_number = echo
        return _numbered(page, 1), echo

    def _page(
        self, number: int | None, filters: Mapping[str, str | None], known: Known | None = None
    ) -> tuple[_Page, int | None]:
        """The page of this number as the vendor counts, and the number it says the page has."""
        operation = "media.list"
        found = self._page_of(Media, operation, "/media", {**filters, "page": number}, "media", known)
        said = self._record(MediaPage, operation, {**found.rest, "media": []})
        echo = said.page if "page" in found.rest and "page" not in said.extra else None
        return _Page(found.rows, found.rest, found.unreadable, said.page, said.total_pages, said.extra), echo


@dataclasses.dataclass
class _Page(Page[Media]):
    """A page of the list; `page`, `total_pages` and `extra` as those of `MediaPage`."""

    page: int = 1
    total_pages: int | None = None
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)

    def read(self) -> MediaPage:
        return MediaPage(
            media=self.records,
            unreadable=self.unreadable,
            page=self.page,
            total_pages=self.total_pages,
            extra=self.extra,
        )


def _numbered(page: _Page, number: int) -> _Page:
    return dataclasses.replace(page, page=number)


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
