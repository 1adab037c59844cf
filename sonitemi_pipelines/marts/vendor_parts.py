"""What the marts must know of each vendor. `sonitemi_pipelines.vendors` says it, so that no shared SQL names one.

A mart X whose SELECT reads `vendor_X` gets a step of that name: what every vendor says of X, one below the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sonitemi_pipelines.lake.predicates import literal
from sonitemi_pipelines.lake.schemas import Column
from sonitemi_pipelines.marts.header import SQL_NAMES

SUMMARIES = "summaries"
OF_VENDORS = "vendor_"
"""Before the name of a mart: the step that holds what the vendors say of it."""


@dataclass(frozen=True)
class VendorPart:
    """One vendor as the marts see it.

    Attributes:
        provider: value of every column `provider`.
        selects: mart -> SELECT of the vendor's own tables under that mart's names, but for `provider`, and for `status`
            where it gives `vendor_status` instead. A mart that the vendor has nothing for is left out.
        statuses: what the vendor calls a status -> what `recordings` calls it; any other is 'unknown'.
        language: language code of its transcripts where it does not say; None where it always says.
    """

    provider: str
    selects: Mapping[str, str]
    statuses: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None


PARTS: dict[str, VendorPart] = {}
"""By provider; `sonitemi_pipelines.vendors` fills it."""


def selects_beside(declaration: str) -> dict[str, str]:
    """The `*.sql` files beside a vendor's declaration (its `__file__`), each named as the mart it is a part of."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path(declaration).parent.glob("*.sql"))}


def select_of_vendors(mart: str, columns: Sequence[Column]) -> str:
    """The SELECT of `vendor_<mart>`: every part's rows, columns matched by name; none where no vendor has a part."""
    names = [column.name for column in columns]
    nothing = ", ".join(f"CAST(NULL AS {SQL_NAMES[column.type]}) AS {column.name}" for column in columns)
    parts = [part for part in PARTS.values() if mart in part.selects]
    return "\nUNION ALL\n".join(_select(part, mart, names) for part in parts) or f"SELECT {nothing} WHERE false"


def _select(part: VendorPart, mart: str, columns: Sequence[str]) -> str:
    added = {"provider": f"{literal(part.provider)} AS provider"}
    if "vendor_status" in columns:
        whens = " ".join(f"WHEN {literal(said)} THEN {literal(ours)}" for said, ours in part.statuses.items())
        added["status"] = f"CASE vendor_status {whens} ELSE 'unknown' END AS status"
    names = ", ".join(added.get(name, name) for name in columns)
    return f"SELECT {names} FROM (\n{part.selects[mart]}\n) AS said"
