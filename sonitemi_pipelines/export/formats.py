"""The formats a transcript can be written in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.export import captions, plain, tiers, timed
from sonitemi_pipelines.export.options import ExportOptions
from sonitemi_pipelines.export.script import Script


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        write: the text of a file.
        ending: of the file's name.
        needs_times: whether a transcript without times cannot be written in it.
        always_struck: whether struck words are in it whatever the options say.
    """

    name: str
    write: Callable[[Script, ExportOptions], str]
    ending: str
    needs_times: bool = True
    always_struck: bool = False


FORMATS = {
    each.name: each
    for each in (
        Format("srt", captions.srt, ".srt"),
        Format("vtt", captions.vtt, ".vtt"),
        Format("txt", plain.txt, ".txt", needs_times=False),
        Format("json", plain.json, ".json", needs_times=False),
        Format("csv", plain.csv, ".csv", needs_times=False),
        Format("rttm", timed.rttm, ".rttm", always_struck=True),
        Format("ctm", timed.ctm, ".ctm"),
        Format("textgrid", tiers.textgrid, ".TextGrid"),
        Format("eaf", tiers.eaf, ".eaf"),
    )
}
"""By name."""


def written(script: Script, form: Format, options: ExportOptions) -> str:
    """A transcript in a format.

    Raises:
        LakeError: the format needs times and it has none, or it has no words to write.
    """
    if form.needs_times and not script.is_timed:
        raise LakeError(
            f"{script.provider} {script.recording_id} ({script.variant}) has no timestamps, which {form.name} needs; "
            "use txt, json or csv"
        )
    shown = script.with_struck(options.struck or form.always_struck)
    if form.needs_times and not shown.turns:
        raise LakeError(
            f"every word of {script.provider} {script.recording_id} ({script.variant}) is struck through; "
            "include the struck words"
        )
    return form.write(shown, options)
