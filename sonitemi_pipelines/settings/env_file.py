"""A file of NAME=value lines, read before the environment when somebody asks for it."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from pathlib import Path

from sonitemi_pipelines.errors import SettingsError

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")


def load_env_file(path: str, environment: MutableMapping[str, str]) -> None:
    """Put into `environment` what a file says and it does not have yet.

    Lines are NAME=value, with or without `export` before them and quotes around the value; empty lines and those that
    begin with # are passed over. Nothing is expanded.

    Raises:
        SettingsError: the file cannot be read, or a line is none of these; its text is not repeated.
    """
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise SettingsError(f"cannot read the env file {path}: {why}") from None
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        found = _LINE.fullmatch(text)
        if found is None:
            raise SettingsError(f"{path}:{number}: not of the form NAME=value")
        name, value = found.groups()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        environment.setdefault(name, value)
