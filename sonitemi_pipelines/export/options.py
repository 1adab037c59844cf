"""What a user may choose about an export."""

from __future__ import annotations

from dataclasses import dataclass

from sonitemi_pipelines.errors import SettingsError


@dataclass(frozen=True)
class ExportOptions:
    """The defaults suit captions on a screen.

    Attributes:
        speakers: whether speakers are named, where they are known.
        struck: whether words that an editor struck through are in the text. Who speaks when (RTTM) has them always.
        line_length: signs in a line of a caption at most.
        lines: lines of a caption at most.
        max_seconds: how long a caption stands at most.
        safe_cells: in CSV, put an apostrophe before what a spreadsheet would take for a formula.
    """

    speakers: bool = True
    struck: bool = False
    line_length: int = 42
    lines: int = 2
    max_seconds: float = 7.0
    safe_cells: bool = False

    def __post_init__(self) -> None:
        if self.line_length < 10 or self.lines < 1 or not 0.5 <= self.max_seconds < float("inf"):
            raise SettingsError(
                f"captions of {self.lines} lines of {self.line_length} characters, {self.max_seconds} s are too small; "
                "give at least 1 line, 10 characters and 0.5 s"
            )
