"""Optional assets that are folders of files for people, brought up to date at the end of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import dagster as dg
from pydantic import Field

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings


@dataclass(frozen=True)
class Written:
    """What bringing a folder up to date came to: a line on its files, and what could not be written, with reasons."""

    files: str
    problems: Sequence[str] = ()


class Folder(dg.Model, dg.Resolvable):
    """A folder that is an asset: where it lies and what goes into it."""

    asset: ClassVar[str]
    """Name of the asset, of its group, and of the component's field."""
    made_from: ClassVar[str]
    """The asset that the files are made from."""

    folder: str = Field(description="Absolute path, on the machine where runs are executed. Each lake needs its own.")

    @property
    def path(self) -> Path:
        return Path(self.folder).expanduser()

    @property
    def kind(self) -> str:
        """What Dagster's graph shows on the asset."""
        raise NotImplementedError

    @property
    def about(self) -> str:
        """The asset's description."""
        raise NotImplementedError

    def check(self) -> None:
        """
        Raises:
            SettingsError: the folder is another one for each process, or an option is out of range.
        """
        if not self.path.is_absolute():
            raise SettingsError(
                f"{self.asset}.folder is {self.folder!r}, which is a relative path; give an absolute one"
            )

    def state(self, lake: Lake, settings: Settings) -> str:
        """What the files depend on: the same state, the same files."""
        options = hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]
        return f"{self.version(lake, settings)}-{options}"

    def version(self, lake: Lake, settings: Settings) -> str:
        """Of what the files are made from."""
        raise NotImplementedError

    def write(self, lake: Lake, settings: Settings) -> Written:
        """Bring the files up to date; those that need no change are left alone.

        Raises:
            SonitemiError: what they are made from cannot be read, or the folder not be written.
        """
        raise NotImplementedError
