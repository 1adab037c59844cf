"""What no terminal, log, table or notice may show: keys, passwords, signatures. And text of others as one safe line."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from sonitemi_pipelines.environment import environment

LONGEST_LINE = 300

_SECRET_VARIABLES = ("_API_KEY", "_WEBHOOK_SECRET", "_WEBHOOK_URL_SECRET")
"""Endings of their names."""
_SHORTEST = 8
"""A shorter secret would hide ordinary words all over the place."""
_MOST_READ = 20_000

_PATTERNS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("@", re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@\"'<>]+@"), r"\1<hidden>@"),
    (
        "=",
        re.compile(
            r"(?i)([?&;][\w.-]*(?:sig|token|secret|passw|key(?!word)|credential|auth|policy)[\w.-]*=)[^&\s\"'<>\\]+"
        ),
        r"\1<hidden>",
    ),
    (
        # The same within a form, or as the value of another parameter.
        "%3d",
        re.compile(
            r"(?i)((?:%3f|%26|%3b)[\w.-]*(?:sig|token|secret|passw|key(?!word)|credential|auth|policy)[\w.-]*%3d)"
            r"(?:(?!%26|%23|%20|%22)[^&\s\"'<>\\])+"
        ),
        r"\1<hidden>",
    ),
    ("bearer", re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]{6,}"), r"\1<hidden>"),
    ("/callback/", re.compile(r"(/[a-z]+/callback/)[^/\s?#\"'<>\\]+"), r"\1<hidden>"),
)
"""What a text holds, in small letters, where the pattern can match at all; the pattern; what is shown instead."""

_told: set[str] = set()


def keep_secret(text: str | None) -> None:
    """From now on `mask` hides this text wherever it stands."""
    if text is not None and len(text) >= _SHORTEST:
        _told.update({text, quote(text, safe="")})


def secrets() -> tuple[str, ...]:
    """What is hidden, longest first: what `keep_secret` was told, and the secrets of the environment."""
    there = environment()
    # As the system has them where that can be had: a tenth of the cost, for every text that is masked.
    raw: Any = getattr(there, "_data", None)
    return _hidden(tuple((raw if isinstance(raw, dict) else there).items()), len(_told))


@lru_cache(maxsize=1)
def _hidden(variables: tuple[tuple[str | bytes, str | bytes], ...], told: int) -> tuple[str, ...]:
    found = set(_told)
    for name, value in ((os.fsdecode(name), os.fsdecode(value)) for name, value in variables):
        if name.endswith(_SECRET_VARIABLES):
            found.add(value.strip())
        elif name.endswith("_URL") and "@" in value:
            # One vendor may say what was meant for another, of whose URL nobody has asked yet.
            found |= _passwords_in(value)
    return tuple(sorted((text for text in found if len(text) >= _SHORTEST), key=len, reverse=True))


def _passwords_in(url: str) -> set[str]:
    user_info = url.partition("//")[2].partition("/")[0].rpartition("@")[0]
    password = user_info.partition(":")[2]
    return {password, unquote(password)}


def mask(text: str) -> str:
    """The text without keys, passwords in URLs, signatures of signed URLs and secrets of callback URLs."""
    for secret in secrets():
        text = text.replace(secret, "<key>")
    small = text.lower()
    for sign, pattern, shown in _PATTERNS:
        if sign in small:
            text = pattern.sub(shown, text)
    return text


def without_password(base_url: str) -> str:
    """A base URL without user and password: they would take the place of the key, and show wherever it is named."""
    parts = urlsplit(base_url)
    if "@" not in parts.netloc:
        return base_url
    keep_secret(parts.password)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def mask_bytes(body: bytes) -> bytes:
    """The same for a body that is kept as it came."""
    text = body.decode("utf-8", "surrogateescape")
    masked = mask(text)
    return body if masked == text else masked.encode("utf-8", "surrogateescape")


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Text of others as one masked line of at most `longest` characters: no line ends, controls, half surrogates."""
    head = mask(text[:_MOST_READ])
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in head).split())
    return line if len(line) <= longest else f"{line[: longest - 3].rstrip()}..."


class _Masking(logging.Filter):
    """Hides secrets in the log lines of a library that writes the addresses it calls."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_safe(record.args))
        return True


def _safe(values: Iterable[Any]) -> Iterable[Any]:
    return (mask(value) if isinstance(value, str) else value for value in values)


def mask_logs_of(*names: str) -> None:
    """Let loggers of other libraries show no secret; once is enough."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(found, _Masking) for found in logger.filters):
            logger.addFilter(_Masking())
