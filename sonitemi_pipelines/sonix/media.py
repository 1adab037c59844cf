"""Sonix media: list, submit, get, update, delete, wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sonitemi_pipelines.resource import Resource, segment
from sonitemi_pipelines.sonix.models import Media, MediaPage

_MOST_WALKS = 5


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
