"""Writes `docs/settings.md`: every environment variable, as the code declares it."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from sonitemi_pipelines.settings.variables import VARIABLES, Variable
from sonitemi_pipelines.vendors import VENDORS

PAGE = Path(__file__).with_name("settings.md")
_HEAD = """\
# Settings

Generated from the code by `make docs`; do not edit.

Settings are environment variables, which are read once when a run starts. An invalid value is rejected with a one-line
message before the run does anything, and an unknown `SONITEMI_`, `SONIX_` or `TEMI_` variable causes a warning. In
Dagster, the settings are fields of the resources.

To read variables from a file of `NAME=value` lines, use `sonitemi --env-file .env sync` or `SONITEMI_ENV_FILE=.env`.
Variables that are already set take precedence. No file is read by default.
"""
_FOOT = """
For an object store, also set its own variables, such as `AWS_REGION` or `AWS_ENDPOINT_URL`: see
[Object stores](operations.md#object-stores).
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
