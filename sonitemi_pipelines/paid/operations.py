"""What a vendor makes of a recording on request, for money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.paid.ledger import Ledger
from sonitemi_pipelines.paid.outcome import Outcome
from sonitemi_pipelines.paid.placing import Rules


@dataclass(frozen=True)
class Argument:
    """What an operation is asked with: its name, such as 'media_id', and what that is."""

    name: str
    doc: str


@dataclass(frozen=True)
class PaidOperation:
    """One operation.

    Attributes:
        name: of the command.
        job: of the job in Dagster.
        operation: as the client names it, such as 'translations.create'.
        subject, wish: its two arguments: of what, and what is wanted of it.
        doc: what it asks for, in one sentence.
        request: called with (ledger, the vendor's client, subject, wish, rules).
        check: called with (ledger, subject, wish); raises RefusedError for what `request` would refuse unsent.
        lengths: from the lake and the subject to the seconds of each recording it is about, None where not known.
    """

    name: str
    job: str
    operation: str
    subject: Argument
    wish: Argument
    doc: str
    request: Callable[[Ledger, Any, str, str, Rules], Outcome]
    check: Callable[[Ledger, str, str], None]
    lengths: Callable[[Lake, str], list[float | None]]
