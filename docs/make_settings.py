"""Writes `docs/settings.md`: every environment variable, as the code declares it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from sonitemi_pipelines.settings.variables import VARIABLES, Variable
from sonitemi_pipelines.vendors import VENDORS

PAGE = Path(__file__).with_name("settings.md")
_HEAD = """\
# Settings

Made from the code by `make docs`; do not edit. Environment variables, read once when a run starts. A value that cannot
be is refused in one line, before anything happens; a name that begins like one of these and is none is warned about.
In Dagster the same are fields of the resources.

The command reads a file of `NAME=value` lines first when it is told to: `sonitemi --env-file .env sync`, or
`SONITEMI_ENV_FILE=.env`. It never reads one by itself.
"""
_FOOT = """
Object stores take their own variables, such as `AWS_REGION` or `AWS_ENDPOINT_URL`. Where no metadata service answers,
set `AWS_EC2_METADATA_DISABLED=true`, or the first call waits for it.
"""


def render() -> str:
    """The whole page."""
    lines = [_HEAD]
    for section, variables in groupby(VARIABLES, lambda variable: variable.section):
        lines += [f"## {section}", "", "| variable | default | meaning |", "|---|---|---|"]
        lines += [f"| {_names(each)} | {each.default} | {each.meaning} |" for each in variables]
        lines.append("")
    return "\n".join(lines) + _FOOT.lstrip("\n")


def _names(variable: Variable) -> str:
    names = [variable.name]
    if variable.is_of_vendors:
        names = [
            f"{vendor.name.upper()}{variable.name}"
            for vendor in VENDORS.values()
            if variable.name != "_WEBHOOK_SECRET" or any(hook.signed for hook in vendor.hooks)
        ]
    return ", ".join(f"`{name}`" for name in names)
