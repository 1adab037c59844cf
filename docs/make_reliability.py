"""Writes docs/reliability.md from the table that `tests/faults` proves and from what its long runs saw, which they keep
in `tests/faults/observed.json` where SONITEMI_RECORD is set: `python docs/make_reliability.py`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path(__file__).with_name("reliability.md")
sys.path.insert(0, str(ROOT))

from tests.faults.observed import observed  # noqa: E402
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


_MONEY = """\

## What costs money

Submissions to both vendors, translations and the summaries of a folder, under {faults} faults, each before and after
the vendor took it, with the clock of this machine 10 minutes behind, right, and 10 minutes ahead: {cells} cells, and in
each it was made exactly once, found by its own mark where the answer was lost. A single summary cannot be looked up at
the vendor: after a lost answer it is not sent again unless forced.
"""
_HOSTILE = """\

## Answers that are anything at all

Payloads, lists, errors and callbacks of both vendors were changed in {mutations:,} ways (values of other types, members
gone or doubled, bytes flipped or cut, JSON thousands deep), and a fuzzer guided by coverage (`make fuzz`) looked for
what else could break them. Each became valid tables or one line that says what is wrong. The bars: no call over 1 s of
CPU, no growth of memory over 200 MB.

| what | inputs | of them taken | memory grew by |
|---|---|---|---|
| changed at random | {mutations:,} | {taken:,} | {memory} MB |
"""
_STOPPED = """\

## Stopped anywhere

Commands were ended by {SIGKILL} kill -9, {SIGINT} Ctrl-C and {SIGTERM} terminations, at each of {points} named points
(before and after a fetch, a parse, each commit, the marts, the publication, compaction, vacuum, an erasure, a paid
request and a callback) and at moments nobody chose. After each of them lake and warehouse were whole for a reader; the
next run that was let to its end had the truth; nothing that had arrived was fetched again, nothing was paid for twice.

| hit | times |
|---|---|
"""


_SIGNALS = ("SIGKILL", "SIGINT", "SIGTERM")


def _seen() -> str:
    """What the long runs saw besides the table."""
    found = observed()
    text = _MONEY.format(**found["money"]) if "money" in found else ""
    if "mutations" in found:
        of = found["mutations"]
        text += _HOSTILE.format(
            mutations=of["mutations"], taken=sum(of["became tables"].values()), memory=of["memory grew by MB"]
        )
        for name, each in found.items():
            if name.startswith("fuzzed "):
                numbers = f"{each['inputs']:,} | {each['became tables']:,} | {each['memory grew by MB']} MB"
                text += f"| {name}, for {each['seconds']} s | {numbers} |\n"
    hits: Counter[str] = Counter()
    for name, each in found.items():
        if name.startswith("stopped, part "):
            hits.update(each)
    if hits:
        signals = {name: sum(n for hit, n in hits.items() if hit.startswith(name)) for name in _SIGNALS}
        points = {hit.partition(" at ")[2] for hit in hits if " at " in hit}
        text += _STOPPED.format(points=len(points), **signals)
        text += "".join(f"| {where} | {times} |\n" for where, times in sorted(hits.items()))
    return text


def render() -> str:
    """The page."""
    head = _HEAD.format(named=_SHORT[NAMED], ends=_SHORT[ENDS], gone=_SHORT[GONE], quiet=_SHORT[QUIET])
    lines = ["| operation | " + " | ".join(FAULTS) + " |", "|---|" + "---|" * len(FAULTS)]
    for operation in OPERATIONS:
        cells = (_SHORT[for_ever(operation, fault)] for fault in FAULTS)
        lines.append(f"| {operation} | " + " | ".join(cells) + " |")
    return head + "\n## A fault that stays\n\n" + "\n".join(lines) + "\n" + _seen()


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
