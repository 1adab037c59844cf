"""Writes docs/reliability.md from the table that `tests/faults` proves: `python docs/make_reliability.py`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("reliability.md")
sys.path.insert(0, str(ROOT))

from tests.faults.table import ENDS, FAULTS, GONE, NAMED, OPERATIONS, QUIET, for_ever  # noqa: E402

_HEAD = """\
# What happens when a vendor fails

Made by `docs/make_reliability.py` from the table that `tests/faults/test_table.py` proves cell by cell; change that,
not this page.

A call is tried again, up to five times, after any 5xx, 408, 425 or 429, a broken connection, and an answer that is
empty, cut or no JSON. A POST is never tried again once it was sent. Everything else is told at once. `Retry-After` is
heeded where it is longer than the own pause, up to a minute; a call takes `SONITEMI_CALL_SECONDS` at most, its pauses
and further tries included, and an answer may have `SONITEMI_MAX_BODY_MB`.

When the fault passes within these tries, nothing is lost and nothing is said. When it stays:

| mark | what a run comes to | exit code |
|---|---|---|
| {named} | what is missing is named (`sync_failures`, the check of the asset, standard error), the rest arrives | 1 |
| {ends} | nothing new of this vendor is known or can be had: its error is named, the other vendor arrives | 1 |
| {gone} | the vendor says that it is gone: marked so, and not asked for again | 0 |
| {quiet} | the account's plan has no such thing: one line in the log | 0 |

Whatever it was, the next run without the fault brings everything, without asking again for what has arrived.
"""

_SHORT = {NAMED: "named", ENDS: "**ends**", GONE: "gone", QUIET: "quiet"}


def render() -> str:
    """The page."""
    head = _HEAD.format(named=_SHORT[NAMED], ends=_SHORT[ENDS], gone=_SHORT[GONE], quiet=_SHORT[QUIET])
    lines = ["| operation | " + " | ".join(FAULTS) + " |", "|---|" + "---|" * len(FAULTS)]
    for operation in OPERATIONS:
        cells = (_SHORT[for_ever(operation, fault)] for fault in FAULTS)
        lines.append(f"| {operation} | " + " | ".join(cells) + " |")
    return head + "\n## A fault that stays\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
