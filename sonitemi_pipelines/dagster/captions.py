"""The optional asset `captions`: every transcript as a file in a folder, of which a run rewrites what changed."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from typing import Literal

import dagster as dg
from pydantic import Field

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.export import FORMATS, ExportOptions, FolderExport, export_folder
from sonitemi_pipelines.lake.store import Lake

CAPTIONS = "captions"


class Captions(dg.Model, dg.Resolvable):
    """Where the files go, and what they are like. The same as `sonitemi export --all FOLDER --format ...`."""

    folder: str = Field(description="Absolute folder, on a disk of the machine where runs go. One for each lake.")
    format: Literal["srt", "vtt", "txt", "json", "csv", "rttm", "ctm", "textgrid", "eaf"] = Field(
        default="srt", description="What to write."
    )
    variant: str = Field(default="latest", description="latest, machine or translation-<language>.")
    speakers: bool = Field(default=True, description="Name the speakers.")
    struck: bool = Field(default=False, description="With words that an editor struck.")
    line_length: int = Field(default=42, description="Signs in a line of a caption at most.")
    lines: int = Field(default=2, description="Lines of a caption at most.")
    max_seconds: float = Field(default=7.0, description="How long a caption stands at most.")

    def check(self) -> None:
        """
        Raises:
            SettingsError: the folder is another one for each process, or an option is out of range.
        """
        if not Path(self.folder).expanduser().is_absolute():
            raise SettingsError(
                f"captions.folder is {self.folder!r}, which is another folder for each process; give an absolute one"
            )
        self.options()

    def options(self) -> ExportOptions:
        """How the files are written."""
        names = {field.name for field in dataclasses.fields(ExportOptions)}
        return ExportOptions(**{name: value for name, value in self.model_dump().items() if name in names})

    def state(self, lake: Lake) -> str:
        """What the files depend on: the same state, the same files."""
        version = lake.snapshot(["transcripts"]).get("transcripts", -1)
        return f"{version}-{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]}"

    def write(self, lake: Lake) -> FolderExport:
        """
        Raises:
            LakeError: the lake cannot be read, or the folder not be written.
        """
        folder = Path(self.folder).expanduser()
        return export_folder(lake, folder, FORMATS[self.format], self.options(), variant=self.variant)
