"""What the marts must know of each vendor. `sonitemi_pipelines.vendors` says it, so that no shared SQL names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sonitemi_pipelines.lake.predicates import literal

RECORDINGS = "recordings"
VENDOR_RECORDINGS = "vendor_recordings"
"""The step that `recordings` reads: the SELECTs of all vendors, one below the other."""


@dataclass(frozen=True)
class VendorPart:
    """One vendor as the marts see it.

    Attributes:
        provider: value of every column `provider`.
        recordings: SELECT of its list table under the names of the mart `recordings`, but for `provider` and `status`.
        statuses: what the vendor calls a status -> what `recordings` calls it; any other is 'unknown'.
        language: language code of its transcripts where it does not say; None where it always says.
    """

    provider: str
    recordings: str
    statuses: Mapping[str, str]
    language: str | None = None


PARTS: dict[str, VendorPart] = {}
"""By provider; `sonitemi_pipelines.vendors` fills it."""


def recordings_select(columns: Sequence[str]) -> str:
    """The SELECT of VENDOR_RECORDINGS: every part's rows, columns matched by name."""
    return "\nUNION ALL\n".join(_select(part, columns) for part in PARTS.values())


def _select(part: VendorPart, columns: Sequence[str]) -> str:
    whens = " ".join(f"WHEN {literal(said)} THEN {literal(ours)}" for said, ours in part.statuses.items())
    added = {
        "provider": f"{literal(part.provider)} AS provider",
        "status": f"CASE vendor_status {whens} ELSE 'unknown' END AS status",
    }
    names = ", ".join(added.get(name, name) for name in columns)
    return f"SELECT {names} FROM (\n{part.recordings}\n) AS listed"
