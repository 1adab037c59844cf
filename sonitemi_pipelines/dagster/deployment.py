"""One deployment of ours among other people's definitions: its resources, and the names it goes by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import dagster as dg

from sonitemi_pipelines.dagster.folders import Folder
from sonitemi_pipelines.dagster.resources import LakeResource, VendorResource
from sonitemi_pipelines.dagster.translator import SonitemiTranslator
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS, Vendor

WAREHOUSE = "warehouse"
"""The asset that is the file analysts open."""
_OUR_NAMESPACE = "sonitemi"


@dataclass(frozen=True)
class Deployment:
    """What every asset, job, sensor and schedule of one deployment is bound to.

    Attributes:
        accounts: resource by vendor; a vendor that is left out has no assets and sensors.
        key_prefix: before every asset key; jobs, sensors, schedules and groups carry it in their names.
        automation: whether sensors and schedules are on from the start.
        folders: the assets that are folders of files for people.
    """

    accounts: Mapping[str, VendorResource]
    lake_resource: LakeResource
    key_prefix: tuple[str, ...] = ()
    automation: bool = True
    translator: SonitemiTranslator = field(default_factory=SonitemiTranslator)
    folders: tuple[Folder, ...] = ()

    # ---- names

    def name(self, text: str) -> str:
        """The name of a job, sensor, schedule or group."""
        return _identifier("_".join([*self.key_prefix, text]))

    def own_name(self, text: str) -> str:
        """A name that nobody else's definitions have: of an op or a resource."""
        return _identifier("__".join([_OUR_NAMESPACE, *self.key_prefix, text]))

    @property
    def scope_key(self) -> str:
        """Key of the resource that narrows a run."""
        return self.own_name("scope")

    @property
    def home_id(self) -> str:
        """Which lake a run is about: stands in the tags of our runs."""
        home = self.settings().home
        digest = hashlib.sha256(home.encode()).hexdigest()[:10]
        return f"{PurePosixPath(home).name or 'home'}-{digest}"

    def start_sensors(self) -> dg.DefaultSensorStatus:
        return dg.DefaultSensorStatus.RUNNING if self.automation else dg.DefaultSensorStatus.STOPPED

    # ---- vendors

    @property
    def vendors(self) -> Sequence[Vendor]:
        return [vendor for name, vendor in VENDORS.items() if name in self.accounts]

    def client(self, provider: str, **options: Any) -> Any | None:
        """A client of the vendor's account; None when it has no key and is skipped."""
        account = self.accounts[provider]
        return account.get_client(**options) if account.has_key() else None

    def no_key(self, provider: str) -> str:
        """What is said of a vendor that is skipped."""
        return f"{self.accounts[provider].key_name()} is not set: skipped"

    # ---- settings

    def environment(self) -> dict[str, str]:
        """All that the resources say, as the variables they stand for."""
        found: dict[str, str] = {}
        for account in self.accounts.values():
            found |= account.environment()
        return found | self.lake_resource.environment()

    def settings(self) -> Settings:
        """Raises:
        SettingsError: naming the field that is wrong.
        """
        try:
            return Settings.from_env(self.environment())
        except SettingsError as error:
            raise self._in_own_words(error) from None

    def lake(self) -> Lake:
        return Lake.from_settings(self.settings())

    def _in_own_words(self, error: SettingsError) -> SettingsError:
        for resource in (self.lake_resource, *self.accounts.values()):
            error = resource.in_own_words(error)
        return error


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", text)
