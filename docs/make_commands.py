"""Writes `docs/commands.md` from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from sonitemi_pipelines.cli.main import main

PAGE = Path(__file__).with_name("commands.md")
_HEAD = """\
# Commands

Generated from the code by `make docs`; do not edit. `sonitemi COMMAND -h` shows the same text in the terminal. The exit
code is 0 only if the command did everything you asked for.
"""


def render() -> str:
    """The whole page."""
    found = list(_commands(main, "sonitemi"))
    index = [f"| [{path}](#{_anchor(path)}) | {_first_line(command)} |" for path, command in found]
    parts = [_HEAD, "| command | description |\n|---|---|", *index, ""]
    for path, command in found:
        parts += [f"## {path}", "", *_section(path, command)]
    return "\n".join(parts).rstrip() + "\n"


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            below = command.get_command(click.Context(command), name)
            if below is not None and not below.hidden:
                yield from _commands(below, f"{path} {name}")


def _section(path: str, command: click.Command) -> list[str]:
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [" ".join(_cell((command.help or "").replace("\b", "")).split()), "", f"```\n{path} {usage}\n```", ""]
    options = [
        record
        for parameter in command.params  # without --help, which each of them has
        if (record := parameter.get_help_record(context)) is not None
    ]
    if options:
        lines += ["| option | meaning |", "|---|---|"]
        lines += [f"| `{name.replace('|', '&#124;')}` | {_cell(meaning)} |" for name, meaning in options]
        lines.append("")
    return lines


def _first_line(command: click.Command) -> str:
    return _cell(command.get_short_help_str(200))


def _anchor(path: str) -> str:
    return path.replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ").strip()
