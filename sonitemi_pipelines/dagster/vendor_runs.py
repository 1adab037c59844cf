"""Runs of `sync` and `reconcile` over one vendor, as sensors and schedules ask for them: a vendor that fails, or takes
long, is in nobody else's way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from sonitemi_pipelines.dagster.catalog import Catalog
from sonitemi_pipelines.dagster.checks import Checks
from sonitemi_pipelines.dagster.run_state import nobody, reads_tag
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.vendors import Vendor


@dataclass(frozen=True)
class VendorRuns:
    """Makes run requests of one deployment."""

    catalog: Catalog
    checks: Checks

    def over(
        self,
        vendor: Vendor,
        tables: Sequence[str],
        *,
        run_key: str,
        tags: Mapping[str, str],
        ids: Sequence[str] | None = None,
        translations: Sequence[str] = (),
        reread_days: int = 0,
    ) -> dg.RunRequest:
        """A run that brings these tables of one vendor up to date, then transcripts, marts and warehouse.

        Args:
            ids: only these recordings; None for the whole account.
            translations: translations to take in, as 'recording id/language'.
        """
        deployment = self.catalog.deployment
        others = [other.name for other in deployment.vendors if other.name != vendor.name]
        scope: dict[str, Any] = {f"{other}_ids": [] for other in others}
        if ids is not None:
            scope[f"{vendor.name}_ids"] = list(ids)
        if translations:
            scope[f"{vendor.name}_translations"] = list(translations)
        if reread_days:
            scope["reread_days"] = reread_days
        names = [*tables, TRANSCRIPTS.name, *self.catalog.outputs]
        return dg.RunRequest(
            run_key=run_key,
            run_config={"resources": {deployment.scope_key: {"config": scope}}},
            tags={**tags, **{reads_tag(other): nobody(deployment.home_id) for other in others}},
            asset_selection=[self.catalog.keys[name] for name in names],
            asset_check_keys=self.checks.keys_for(names),
        )

    @staticmethod
    def of_account(vendor: Vendor) -> list[str]:
        """Every table of a vendor."""
        return [step.table.name for step in vendor.steps]

    @staticmethod
    def of_recordings(vendor: Vendor, *, everything: bool) -> list[str]:
        """What a run brings up to date before transcripts: of some recordings, or of all."""
        return [step.table.name for step in vendor.steps if step.feeds_transcripts and (everything or step.for_ids)]
