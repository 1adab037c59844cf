"""What a vendor answered, on standard output: for people, or as JSON."""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

import click

from sonitemi_pipelines.api.records import Record, jsonable
from sonitemi_pipelines.errors import SettingsError


def show(found: Any, *, as_json: bool, output: Path | None) -> None:
    """Print a result: records as `name: value` lines or a line each, text and bytes as they are.

    Args:
        output: write text or bytes there instead.

    Raises:
        SettingsError: `output` cannot be written, or the result is none for a file.
    """
    if isinstance(found, (str, bytes)) and output is not None:
        _write(output, found.encode() if isinstance(found, str) else found)
    elif output is not None:
        raise SettingsError("--output is for text and documents; redirect --json instead")
    elif isinstance(found, bytes):
        sys.stdout.buffer.write(found)
    elif isinstance(found, str):
        click.echo(json.dumps(found, ensure_ascii=False) if as_json else found)
    elif as_json:
        _show_json(found)
    elif found is None:
        click.echo("done")
    elif isinstance(found, Path):
        click.echo(str(found))
    elif isinstance(found, Record):
        for name, value in jsonable(found).items():
            click.echo(f"{name}: {_one_line(value)}")
    else:
        for record in found:
            click.echo(
                "  ".join(_one_line(value) for value in jsonable(record).values() if value not in (None, {}, []))
            )


def _show_json(found: Any) -> None:
    if isinstance(found, list) or hasattr(found, "__next__"):
        # Row by row: a list may be long, and whoever reads it may begin.
        rows = iter(found)
        first = next(rows, None)
        if first is None:
            click.echo("[]")
            return
        for place, row in enumerate(itertools.chain([first], rows)):
            click.echo(("[\n" if place == 0 else ",\n") + json.dumps(jsonable(row), ensure_ascii=False), nl=False)
        click.echo("\n]")
    else:
        click.echo(json.dumps(jsonable(found), ensure_ascii=False, indent=2))


def _one_line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _write(path: Path, content: bytes) -> None:
    if str(path) == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror or error}; choose --output") from error
    click.echo(str(path))
