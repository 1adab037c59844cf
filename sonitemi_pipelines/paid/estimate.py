"""What a request would come to, before anything is sent: how many files, how many minutes, how much money."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sonitemi_pipelines.api.validation import Checks
from sonitemi_pipelines.paid.ledger import Ledger
from sonitemi_pipelines.paid.lengths import seconds_of
from sonitemi_pipelines.paid.operations import PaidOperation
from sonitemi_pipelines.paid.submit import SubmitOptions, Submitter, is_url


@dataclass(frozen=True)
class Estimate:
    """Of a list of media, or of recordings that something is to be made of.

    Attributes:
        count: files and URLs, or recordings.
        minutes: started minutes of those whose length is known.
        unknown: how many have a length that cannot be told from here.
        rate: USD per started minute; None when it is not configured.
        what: the count is of.
    """

    count: int
    minutes: int
    unknown: int
    rate: Decimal | None
    what: str = "to send"

    @property
    def cost(self) -> Decimal | None:
        """USD for the minutes that are known; None without a rate."""
        return None if self.rate is None else self.rate * self.minutes

    def __str__(self) -> str:
        length = f"{self.minutes} started minutes"
        if self.unknown:
            length += f" and {self.unknown} of a length not known here"
        cost = "cost not known, no rate is configured" if self.cost is None else f"{self.cost:.2f} USD"
        if self.cost is not None and self.unknown:
            cost += " for the known minutes"
        return f"{self.count} {self.what}, {length}, {cost}; nothing was sent"


def estimate(media: Sequence[str | Path], rate: Decimal | None) -> Estimate:
    """What submitting these files and URLs would come to; a URL does not say how long its media is."""
    return estimate_of([None if is_url(item) else seconds_of(Path(item)) for item in media], rate)


def estimate_of(seconds: Sequence[float | None], rate: Decimal | None, what: str = "to send") -> Estimate:
    """The same of media with these lengths."""
    known = [max(1, math.ceil(length / 60)) for length in seconds if length is not None]
    return Estimate(len(seconds), sum(known), len(seconds) - len(known), rate, what)


def of_submission(
    submitter: Submitter, media: Sequence[str | Path], options: SubmitOptions, rate: Decimal | None
) -> str:
    """What submitting these files and URLs would come to, as one line.

    Raises:
        RefusedError: the submission itself would be refused.
    """
    submitter.check(options)
    checks = Checks(submitter.operation)
    for item in media:
        if not is_url(item):
            checks.file(f"file {item}", item)
    checks.finish()
    return f"{submitter.provider} {submitter.operation}: {estimate(media, rate)}"


def of_operation(ledger: Ledger, provider: str, operation: PaidOperation, subject: str, wish: str) -> str:
    """The same of what is made of recordings; no rate for that is known.

    Raises:
        RefusedError: the request itself would be refused.
    """
    operation.check(ledger, subject, wish)
    found = estimate_of(operation.lengths(ledger.lake, subject), None, "recordings")
    return f"{provider} {operation.operation} {subject}: {found}"
