"""What a vendor makes of a recording on request, for money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
    """

    name: str
    job: str
    operation: str
    subject: Argument
    wish: Argument
    doc: str
    request: Callable[[Ledger, Any, str, str, Rules], Outcome]
