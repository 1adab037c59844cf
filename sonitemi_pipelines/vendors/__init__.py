"""The vendors, and nothing outside of here names one. A third vendor is a third folder and one line in VENDORS."""

from __future__ import annotations

from sonitemi_pipelines.lake.schemas import TABLES
from sonitemi_pipelines.marts.vendor_parts import PARTS
from sonitemi_pipelines.vendors.sonix.vendor import SONIX
from sonitemi_pipelines.vendors.temi.vendor import TEMI
from sonitemi_pipelines.vendors.vendor import ListStep, Vendor
from sonitemi_pipelines.webhooks.hooks import Hook

__all__ = ["VENDORS", "ListStep", "Vendor", "declare", "hooks", "names_of_keys"]

VENDORS: dict[str, Vendor] = {}
"""Every vendor by name."""


def declare(vendor: Vendor) -> None:
    """Make a vendor known: to the lake its tables, to the marts its recordings, to the pipeline all of it."""
    VENDORS[vendor.name] = vendor
    PARTS[vendor.name] = vendor.mart_part
    TABLES.update((table.name, table) for table in vendor.tables)


def hooks() -> tuple[Hook, ...]:
    """Every place where a vendor may call back."""
    return tuple(hook for vendor in VENDORS.values() for hook in vendor.hooks)


def names_of_keys() -> str:
    """The variables that hold the vendors' keys, for a message."""
    return " or ".join(vendor.key_variable for vendor in VENDORS.values())


for _vendor in (SONIX, TEMI):
    declare(_vendor)
