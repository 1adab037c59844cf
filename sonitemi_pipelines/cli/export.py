"""The command `sonitemi export`: transcripts as captions, text, tables or annotations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS

# As `export.FORMATS` has them: loading that takes longer than asking for help should.
FORMAT_NAMES = ("srt", "vtt", "txt", "json", "csv", "rttm", "ctm", "textgrid", "eaf")


@click.command()
@click.argument("provider", type=click.Choice(list(VENDORS)), required=False)
@click.argument("recording_id", metavar="ID", required=False)
@click.option("--format", "form", type=click.Choice(FORMAT_NAMES), required=True, help="Output format.")
@click.option(
    "--all",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write every transcript to FOLDER, one file each. A later run rewrites only what changed.",
)
@click.option("--variant", default="latest", show_default=True, help="latest, machine or translation-<language>.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Output file; - for standard output.  [default: PROVIDER-ID.<ending> here]",
)
@click.option("--speakers/--no-speakers", default=True, show_default=True, help="Include speaker names.")
@click.option(
    "--struck/--no-struck", default=False, show_default=True, help="Include words that an editor struck through."
)
@click.option("--line-length", default=42, show_default=True, help="Maximum characters per caption line.")
@click.option("--lines", default=2, show_default=True, help="Maximum lines per caption.")
@click.option("--max-seconds", default=7.0, show_default=True, help="Maximum duration of a caption.")
@click.option("--safe-cells", is_flag=True, help="CSV: prefix ' to cells that a spreadsheet would run as a formula.")
@plain_errors
def export(
    provider: str | None,
    recording_id: str | None,
    form: str,
    folder: Path | None,
    variant: str,
    output: Path | None,
    **options: Any,
) -> None:
    """Write transcripts from the lake in another format, without a vendor call."""
    from sonitemi_pipelines.export import FORMATS, ExportOptions, export_folder, file_name, load_script, written
    from sonitemi_pipelines.lake.store import Lake

    if (recording_id is None) == (folder is None) or (folder is not None and (provider or output)):
        raise SettingsError("give PROVIDER and ID of one recording, or --all FOLDER for every one of them")
    chosen, wanted = FORMATS[form], ExportOptions(**options)
    lake = Lake.from_settings(Settings.from_env())
    if folder is not None:
        done = export_folder(lake, folder, chosen, wanted, variant=variant)
        for problem in done.problems.values():
            click.echo(f"sonitemi: {problem}", err=True)
        click.echo(f"{folder}: {done}")
        sys.exit(1 if done.problems else 0)
    assert provider is not None
    assert recording_id is not None
    text = written(load_script(lake, provider, recording_id, variant), chosen, wanted)
    if output is not None and str(output) == "-":
        click.echo(text, nl=False)
        return
    path = output or Path(file_name(provider, recording_id, variant, chosen))
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror or error}; choose --output") from error
    click.echo(str(path))
