"""Operation x fault: what a sync makes of each. `test_table.py` proves it, `docs/reliability.md` shows it."""

from __future__ import annotations

from typing import Any

PASSING: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "503 as a page": {"status": 503, "html": True},
    "507": {"status": 507},
    "408": {"status": 408},
    "425": {"status": 425},
    "429": {"status": 429, "retry_after": 0},
    "cut": {"drop_connection": True},
    "empty": {"status": 200, "body": b""},
    "half": {"status": 200, "body": b'{"media": [{"id": "a"'},
    "a page": {"status": 200, "html": True},
    "deep JSON": {"status": 200, "body": b"[" * 10_000},
}
"""Faults that another try may get over."""
LASTING: dict[str, dict[str, Any]] = {
    "400": {"status": 400},
    "401": {"status": 401},
    "402": {"status": 402},
    "403": {"status": 403},
    "404": {"status": 404},
    "409": {"status": 409},
    "429 for an hour": {"status": 429, "retry_after": 3600},
    "redirect": {"status": 301},
    "another shape": {"status": 200, "body": b'{"transcript": 7, "media": 7, "status": []}'},
}
"""Faults that another try at once would not get over."""
FAULTS = PASSING | LASTING

MAIN = {"sonix": "sonix media.list", "temi": "temi job.list"}
"""The list of recordings, without which nothing new is known."""
OPERATIONS = (
    "sonix media.list",
    "sonix folder.list",
    "sonix user.list",
    "sonix transcript.get",
    "sonix translation.get",
    "sonix batch_summarization.list",
    "sonix batch_summarization.get",
    "sonix summarization.get",
    "temi job.list",
    "temi transcript.get",
    "temi account.get",
)

NOT_IN_THE_PLAN = ("sonix batch_summarization.list", "403")
"""What an account whose plan lacks it is answered."""

HEALS = "tried again: arrives"
NAMED = "named, the rest arrives"
ENDS = "named, the other vendor arrives"
GONE = "taken as gone"
QUIET = "told in the log"


def once(fault: str) -> str:
    """What a run comes to when the fault happens twice and passes."""
    return HEALS if fault in PASSING else NAMED


def for_ever(operation: str, fault: str) -> str:
    """What a run comes to when the fault stays."""
    if operation in MAIN.values():
        return ENDS
    if fault == "404" and operation in (
        "sonix translation.get",
        "sonix batch_summarization.get",
        "sonix summarization.get",
        "sonix batch_summarization.list",
    ):
        return GONE
    if (operation, fault) == NOT_IN_THE_PLAN:
        return QUIET
    if fault == "another shape" and operation == "sonix summarization.get":
        return NAMED
    return ENDS if fault == "401" and operation.endswith("transcript.get") else NAMED
