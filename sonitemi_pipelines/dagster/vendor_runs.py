"""Runs of `sync` and `reconcile` over one vendor, as sensors and schedules ask for them: a vendor that fails, or takes
long, is in nobody else's way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from sonitemi_pipelines.dagster import sonix, temi
from sonitemi_pipelines.dagster.marts import MARTS
from sonitemi_pipelines.dagster.run_state import PROVIDERS, reads_tag
from sonitemi_pipelines.dagster.transcripts import TABLES as TRANSCRIPT_TABLES

LISTS = {"sonix": ("sonix_media", "sonix_translations"), "temi": ("temi_jobs",)}
"""What a run over some recordings brings up to date before their transcripts."""
LISTS_OF_ALL = {"sonix": ("sonix_folders", *LISTS["sonix"]), "temi": LISTS["temi"]}
"""The same of a run over the whole account."""
TASKS = ("sonix_translations", "sonix_batch_summaries", "sonix_summaries")
ACCOUNT = {
    provider: tuple(key.to_user_string() for asset in assets for key in asset.keys)
    for provider, assets in (("sonix", sonix.ASSETS), ("temi", temi.ASSETS))
}
"""Every asset of a vendor."""
_AFTER_LISTS = (*(table.name for table in TRANSCRIPT_TABLES), *MARTS, "warehouse")


def run_over(
    provider: str,
    assets: Sequence[str],
    *,
    run_key: str,
    tags: Mapping[str, str],
    ids: Sequence[str] | None = None,
    translations: Sequence[str] = (),
    reread_days: int = 0,
) -> dg.RunRequest:
    """A run that brings these assets of one vendor up to date, then transcripts, marts and warehouse.

    Args:
        ids: only these recordings; None for the whole account.
        translations: Sonix translations to take in, as 'media id/language'.
    """
    others = [other for other in PROVIDERS if other != provider]
    scope: dict[str, Any] = {f"{other}_ids": [] for other in others}
    if ids is not None:
        scope[f"{provider}_ids"] = list(ids)
    if translations:
        scope["sonix_translations"] = list(translations)
    if reread_days:
        scope["reread_days"] = reread_days
    return dg.RunRequest(
        run_key=run_key,
        run_config={"resources": {"scope": {"config": scope}}},
        tags={**tags, **{reads_tag(other): "no" for other in others}},
        asset_selection=[dg.AssetKey(name) for name in (*assets, *_AFTER_LISTS)],
    )
