"""A deployment told by the environment alone: `dagster dev -m sonitemi_pipelines.dagster.definitions` in any folder.

An account for each vendor, and every setting of the lake from the variable of its name, such as SONITEMI_SYNC_CRON.
A project of one's own uses the component or `build_sonitemi_definitions` instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import dagster as dg

from sonitemi_pipelines.dagster.face import build_sonitemi_definitions
from sonitemi_pipelines.dagster.resources import LakeResource, VendorResource, holds_password, resource_of
from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.settings import is_on
from sonitemi_pipelines.settings.variables import OURS
from sonitemi_pipelines.vendors import VENDORS

Made = TypeVar("Made", bound=VendorResource | LakeResource)


def _of_environment(make: type[Made], **given: Any) -> Made:
    """A resource with what the environment says of its fields; a secret stays the name of its variable."""
    said = environment()
    for name in make.model_fields:
        variable = make.variables.get(name, f"{OURS}{name.upper()}")
        text = said.get(variable, "").strip()
        if name in make.secrets or holds_password(name, text):
            given[name] = dg.EnvVar(variable) if text else ""
        elif text:
            given[name] = text.split(",") if name == "owners" else text
    return make(**given)


def _lake() -> LakeResource:
    """At an absolute home, so that every process of Dagster means the same folder."""
    lake = _of_environment(LakeResource, home="./data")
    home = lake.home if "://" in lake.home else str(Path(lake.home).expanduser().resolve())
    return lake.model_copy(update={"home": home})


defs = build_sonitemi_definitions(
    others=[_of_environment(resource_of(vendor)) for vendor in VENDORS.values()],
    lake=_lake(),
    automation=is_on("SONITEMI_AUTOMATION", environment().get("SONITEMI_AUTOMATION", "").strip() or None, unset=True),
)
