"""Everything of one deployment as `Definitions`, bound to the resources that it is given."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Mapping, Sequence

import dagster as dg

from sonitemi_pipelines.dagster.abandoned_runs import abandoned_runs_sensor
from sonitemi_pipelines.dagster.assets import sync_assets
from sonitemi_pipelines.dagster.catalog import Catalog
from sonitemi_pipelines.dagster.checks import Checks
from sonitemi_pipelines.dagster.deployment import Deployment
from sonitemi_pipelines.dagster.folders import Folder
from sonitemi_pipelines.dagster.jobs import asset_jobs, maintain_job
from sonitemi_pipelines.dagster.notices import notices_sensor, notifiers_of
from sonitemi_pipelines.dagster.requests import request_jobs
from sonitemi_pipelines.dagster.resources import LakeResource, VendorResource
from sonitemi_pipelines.dagster.schedules import schedules as all_schedules
from sonitemi_pipelines.dagster.scope import ScopeResource
from sonitemi_pipelines.dagster.sensors import CompletionSensors
from sonitemi_pipelines.dagster.translator import SonitemiTranslator
from sonitemi_pipelines.dagster.vendor_runs import VendorRuns
from sonitemi_pipelines.dagster.webhook_sensor import webhook_inbox_sensor
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.vendors import VENDORS

log = logging.getLogger(__name__)


def definitions_of(
    accounts: Sequence[VendorResource],
    lake: LakeResource,
    *,
    key_prefix: str | Sequence[str] = (),
    automation: bool = True,
    translator: SonitemiTranslator | None = None,
    folders: Sequence[Folder] = (),
) -> dg.Definitions:
    """Everything of one deployment. Arguments and errors: as `build_sonitemi_definitions`."""
    deployment = _deployment_of(accounts, lake, key_prefix, automation, translator, folders)
    catalog = Catalog(deployment)
    checks = Checks(catalog)
    runs = VendorRuns(catalog, checks)
    completions = CompletionSensors(runs)
    sensors = [*completions.all(), webhook_inbox_sensor(completions), abandoned_runs_sensor(catalog)]
    schedules = all_schedules(runs)
    watched = [*(sensor.name for sensor in sensors), *(schedule.name for schedule in schedules)]
    return dg.Definitions(
        assets=sync_assets(catalog, checks),
        jobs=[*asset_jobs(catalog, checks), maintain_job(catalog), *request_jobs(catalog)],
        sensors=[*sensors, notices_sensor(catalog, checks, watched)],
        schedules=schedules,
        resources=_resources(deployment),
    )


def _deployment_of(
    given: Sequence[VendorResource],
    lake: LakeResource,
    key_prefix: str | Sequence[str],
    automation: bool,
    translator: SonitemiTranslator | None,
    folders: Sequence[Folder],
) -> Deployment:
    """What is bound to what, checked."""
    accounts = {account.provider: account for account in given}
    if not accounts:
        raise SettingsError(f"no account was given; give one or more of {', '.join(VENDORS)}")
    prefix = (key_prefix,) if isinstance(key_prefix, str) else tuple(key_prefix)
    for part in prefix:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
            raise SettingsError(f"key_prefix {part!r} is not made of letters, digits, '-' and '_'")
    deployment = Deployment(accounts, lake, prefix, automation, translator or SonitemiTranslator(), tuple(folders))
    for folder in folders:
        folder.check()
    for first, second in itertools.combinations(folders, 2):
        if first.path == second.path:
            raise SettingsError(
                f"{first.asset} and {second.asset} have the same folder, {first.path}: give each its own"
            )
    deployment.settings()
    for account in accounts.values():
        account.vendor_settings()
    for field in [field for resource in (*accounts.values(), lake) for field in resource.written_out()]:
        log.warning("%s is written out where it can be read; name a variable instead: EnvVar('NAME')", field)
    for provider, account in accounts.items():
        if not account.has_key():
            log.warning("%s: %s", VENDORS[provider].label, deployment.no_key(provider))
    notifiers_of(lake)
    return deployment


def _resources(deployment: Deployment) -> Mapping[str, object]:
    """Under names of ours; nothing of ours needs any but the scope, so that a key that is not set fails no run.

    One whose secrets are written out is left out: it would stand in Dagster's snapshots with them. The last ones make a
    merge of two deployments with one home, or one folder of files, fail, and their names say why.
    """
    shared = {"home": deployment.settings().home}
    shared |= {folder.asset: str(folder.path) for folder in deployment.folders}
    named = {**deployment.accounts, "lake": deployment.lake_resource}
    return {
        deployment.scope_key: ScopeResource.configure_at_launch(),
        **{deployment.own_name(name): found for name, found in named.items() if not found.written_out()},
        **{
            f"sonitemi__two_deployments_must_not_share_{what}__{_in_a_name(place)}": (
                dg.ResourceDefinition.hardcoded_resource(place)
            )
            for what, place in shared.items()
        },
    }


def _in_a_name(place: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", place).strip("_")
