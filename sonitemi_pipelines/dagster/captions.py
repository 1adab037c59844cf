"""The optional asset `captions`: every transcript as a file in a folder, of which a run rewrites what changed."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal

from pydantic import Field

from sonitemi_pipelines.dagster.folders import Folder, Written
from sonitemi_pipelines.export import FORMATS, ExportOptions, export_folder
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings


class Captions(Folder):
    """Where the files go, and what they are like. The same as `sonitemi export --all FOLDER --format ...`."""

    asset: ClassVar[str] = "captions"
    made_from: ClassVar[str] = TRANSCRIPTS.name

    format: Literal["srt", "vtt", "txt", "json", "csv", "rttm", "ctm", "textgrid", "eaf"] = Field(
        default="srt", description="Output format."
    )
    variant: str = Field(default="latest", description="latest, machine or translation-<language>.")
    speakers: bool = Field(default=True, description="Include speaker names.")
    struck: bool = Field(default=False, description="Include words that an editor struck through.")
    line_length: int = Field(default=42, description="Maximum characters per caption line.")
    lines: int = Field(default=2, description="Maximum lines per caption.")
    max_seconds: float = Field(default=7.0, description="Maximum seconds per caption.")

    @property
    def kind(self) -> str:
        return self.format

    @property
    def about(self) -> str:
        return f"Every transcript as a {self.format} file. Unchanged files are left alone."

    def check(self) -> None:
        super().check()
        self.options()

    def options(self) -> ExportOptions:
        """How the files are written."""
        names = {field.name for field in dataclasses.fields(ExportOptions)}
        return ExportOptions(**{name: value for name, value in self.model_dump().items() if name in names})

    def version(self, lake: Lake, settings: Settings) -> str:
        return str(lake.snapshot([TRANSCRIPTS.name]).get(TRANSCRIPTS.name, -1))

    def write(self, lake: Lake, settings: Settings) -> Written:
        done = export_folder(lake, self.path, FORMATS[self.format], self.options(), variant=self.variant)
        return Written(str(done), [f"no {self.format} file: {problem}" for problem in done.problems.values()])
