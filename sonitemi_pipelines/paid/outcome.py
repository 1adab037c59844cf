"""What became of one request that costs money."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    Attributes:
        operation: what was asked for, such as 'media.submit'.
        subject: file name, URL, media id or folder id.
        status: 'accepted'; 'repeated' (the same request is at the vendor already, nothing was sent); 'refused' (by us
            or the vendor, nothing to pay); 'failed' (never sent); 'unknown' (sent, but not answered); 'not tried'
            (one before it showed that none can succeed).
        request_id: of the row in `vendor_requests`; for 'repeated' of the earlier request; None when none was written.
        vendor_id: the vendor's id of what came of it, of the earlier request for 'repeated'.
        told: why it was not accepted, or how it was found; one line.
        same_for_next: whether the next request would end the same: key, payment, access, no connection.
    """

    provider: str
    operation: str
    subject: str
    status: str
    request_id: str | None = None
    vendor_id: str | None = None
    told: str | None = None
    same_for_next: bool = False

    @property
    def at_vendor(self) -> bool:
        """Whether the vendor has what was asked for, now or from before."""
        return self.status in ("accepted", "repeated")

    def __str__(self) -> str:
        line = f"{self.provider} {self.operation} {self.subject}: {self.status}"
        if self.status == "accepted" and self.vendor_id:
            line += f" as {self.vendor_id}"
        return f"{line} ({self.told})" if self.told else line


def all_at_vendor(outcomes: Collection[Outcome]) -> bool:
    """Whether a run did its work: the vendor has all of it, and not merely because all of it was asked for before."""
    return all(outcome.at_vendor for outcome in outcomes) and any(outcome.status == "accepted" for outcome in outcomes)
