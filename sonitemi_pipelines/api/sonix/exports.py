"""What Sonix makes of the media itself: exports of highlights, and videos with burnt-in subtitles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from sonitemi_pipelines.api.operations import Resource, segment
from sonitemi_pipelines.api.polling import FIRST_INTERVAL
from sonitemi_pipelines.api.sonix.models import BurnIn, MediaExport
from sonitemi_pipelines.api.sonix.options import MEDIA_FORMATS, check_burn_in
from sonitemi_pipelines.api.sonix.statuses import TASKS
from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.errors import RefusedError


class ExportResource(Resource):
    """`client.exports`: media cut to their highlights, or without what was struck."""

    def create(
        self,
        media_id: str,
        *,
        media_format: Literal["mp3", "wav", "mp4"] | None = None,
        remove_strikethrough: bool | None = None,
    ) -> MediaExport:
        """Have a media file exported with its highlights only, or with what was struck removed.

        Operation: Create media export: POST /media/<media id>/media_exports

        Args:
            media_format: mp3 (Sonix's default), wav, or mp4 for video only.
            remove_strikethrough: the whole media without what was struck, instead of its highlights.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            NotFoundError: no media with this id.
            InvalidRequestError: Sonix refuses, such as mp4 of what is not video.
        """
        operation = "exports.create"
        path = f"/media/{segment(media_id, 'media_id')}/media_exports"
        checks = Checks(operation)
        checks.one_of("media_format", media_format, MEDIA_FORMATS)
        checks.truth("remove_strikethrough", remove_strikethrough)
        checks.finish()
        options = {"media_format": media_format, "remove_strikethrough": remove_strikethrough}
        return self._record(MediaExport, operation, self._send("POST", operation, path, options))

    def get(self, export_id: str) -> MediaExport:
        """A media export; `file_url` is None until it is completed.

        Operation: Get media export: GET /media_exports/<id>

        Raises:
            NotFoundError: no export with this id.
        """
        operation = "exports.get"
        path = f"/media_exports/{segment(export_id, 'export_id')}"
        return self._record(MediaExport, operation, self._get(operation, path))

    def wait(self, export_id: str, *, timeout: float = 3600.0, interval: float = FIRST_INTERVAL) -> MediaExport:
        """Wait until a media export is completed.

        Operation: Get media export: GET /media_exports/<id>

        Args:
            timeout: seconds to wait at most.
            interval: seconds between the first calls; grows to 30.

        Raises:
            WaitTimeoutError: not finished in time; names the id and how to resume.
            VendorFailedError: it ended as failed.
        """
        return self._wait("exports.wait", self.get, (export_id,), TASKS, timeout=timeout, interval=interval)

    def download(self, export_id: str, path: str | os.PathLike[str]) -> Path:
        """Stream the file of a completed media export to `path`, which appears whole or not at all.

        Operation: Get media export: GET /media_exports/<id>

        Raises:
            RefusedError: the export is not completed.
            NotFoundError: no export with this id, or its file is gone.
            OSError: the file cannot be written.
        """
        export = self.get(export_id)
        if export.file_url is None:
            raise RefusedError(
                f"export {export_id} is {export.status} and has no file yet; call client.exports.wait({export_id!r})"
            )
        target = Path(path)
        self._session.download(export.file_url, target, operation="exports.download")
        return target


class BurnInResource(Resource):
    """`client.burn_ins`: videos with the subtitles in the picture."""

    def create(
        self,
        media_id: str,
        *,
        language: str | None = None,
        font: str | None = None,
        font_size: int | None = None,
        font_color: str | None = None,
        bold: bool | None = None,
        italic: bool | None = None,
        h_align: Literal["center", "right", "left"] | None = None,
        v_align: Literal["top", "middle", "bottom"] | None = None,
        border_style: Literal["none", "outline", "wrap", "full"] | None = None,
        border_color: str | None = None,
        ratio: Literal["original", "1:1", "9:16", "16:9", "5:4", "4:5"] | None = None,
        export_position: Literal["fit", "fill"] | None = None,
        background_color: str | None = None,
    ) -> BurnIn:
        """Have the subtitles of a completed video burnt in.

        Operation: Create burn in: POST /media/<media id>/video_burn_ins

        Args:
            language: of a translation; the original language by default.
            font: one of Sonix's 14 fonts (default Arial).
            font_size: 10 to 42 (16).
            font_color: such as #FFFFFF, which is the default.
            bold, italic: false by default.
            h_align: center (default), right or left.
            v_align: top, middle or bottom (default).
            border_style: background of the subtitles: none, outline, wrap (default) or full.
            border_color: of the border around the text (#000000).
            ratio: of the output: original (default), 1:1, 9:16, 16:9, 5:4 or 4:5.
            export_position: fit the whole video into the frame (default), or fill the frame.
            background_color: of the frame beside a video that is fit (#000000).

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            NotFoundError: no media with this id.
            NotReadyError: the media is not completed.
        """
        operation = "burn_ins.create"
        path = f"/media/{segment(media_id, 'media_id')}/video_burn_ins"
        options = {
            "language": language,
            "font": font,
            "font_size": font_size,
            "font_color": font_color,
            "bold": bold,
            "italic": italic,
            "h_align": h_align,
            "v_align": v_align,
            "border_style": border_style,
            "border_color": border_color,
            "ratio": ratio,
            "export_position": export_position,
            "background_color": background_color,
        }
        checks = Checks(operation)
        check_burn_in(checks, options)
        checks.finish()
        return self._record(BurnIn, operation, self._send("POST", operation, path, options))

    def get(self, video_export_id: str) -> BurnIn:
        """How far a burn-in is, and the page it can be had from.

        Operation: Get burn in status: GET /video_burn_ins/<video_export_id>

        Raises:
            NotFoundError: no burn-in with this id.
        """
        operation = "burn_ins.get"
        path = f"/video_burn_ins/{segment(video_export_id, 'video_export_id')}"
        return self._record(BurnIn, operation, self._get(operation, path))

    def wait(self, video_export_id: str, *, timeout: float = 3600.0, interval: float = FIRST_INTERVAL) -> BurnIn:
        """Wait until a burn-in is completed.

        Operation: Get burn in status: GET /video_burn_ins/<video_export_id>

        Args:
            timeout: seconds to wait at most.
            interval: seconds between the first calls; grows to 30.

        Raises:
            WaitTimeoutError: not finished in time; names the id and how to resume.
            VendorFailedError: it ended as failed.
        """
        return self._wait("burn_ins.wait", self.get, (video_export_id,), TASKS, timeout=timeout, interval=interval)
