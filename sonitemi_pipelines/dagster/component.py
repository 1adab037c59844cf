"""`SonitemiComponent`: a deployment in a few lines of `defs.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import dagster as dg
from pydantic import Field, create_model

from sonitemi_pipelines.dagster.captions import Captions
from sonitemi_pipelines.dagster.component_fields import (
    LakeAttributes,
    attributes_of,
    resolve_account,
    resolve_lake,
    resolve_prefix,
    resolve_switch,
)
from sonitemi_pipelines.dagster.component_scaffolder import SonitemiScaffolder
from sonitemi_pipelines.dagster.face import build_sonitemi_definitions
from sonitemi_pipelines.dagster.folders import Folder
from sonitemi_pipelines.dagster.resources import LakeResource, VendorResource, resource_of
from sonitemi_pipelines.dagster.site import Site
from sonitemi_pipelines.dagster.translator import SonitemiTranslator
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.vendors import VENDORS


def _account_fields() -> dict[str, Any]:
    """An optional account of each vendor, under the vendor's name."""
    found: dict[str, Any] = {}
    for vendor in VENDORS.values():
        resource = resource_of(vendor)
        resolver = dg.Resolver(
            resolve_account(resource),
            inject_before_resolve=False,
            model_field_type=attributes_of(resource),
            description=f"The {vendor.label} account. Leave it out if you do not use {vendor.label}.",
            examples=[{"api_key": f"{{{{ env.{vendor.key_variable} }}}}"}],
        )
        found[vendor.name] = (Annotated[resource | None, resolver], None)
    return found


if TYPE_CHECKING:

    class _Accounts(dg.Model, dg.Resolvable):
        pass
else:
    _Accounts = create_model("_Accounts", __base__=(dg.Model, dg.Resolvable), **_account_fields())


@dg.scaffold_with(SonitemiScaffolder)
class SonitemiComponent(dg.Component, _Accounts):
    """Transcripts of Sonix and Temi in your own lake and DuckDB warehouse: assets, checks, jobs, sensors, schedules."""

    lake: Annotated[
        LakeResource | None,
        dg.Resolver(
            resolve_lake,
            inject_before_resolve=False,
            model_field_type=LakeAttributes,
            description="The lake and all other settings. Default: a lake in the folder `data` of the project.",
            examples=[{"home": "/srv/speech"}],
        ),
    ] = None
    captions: Annotated[
        Captions | None,
        dg.Resolver.default(
            description="Adds an asset that writes every transcript to a folder, one file each.",
            examples=[{"folder": "/srv/captions", "format": "vtt"}],
        ),
    ] = None
    site: Annotated[
        Site | None,
        dg.Resolver.default(
            description="Adds an asset that writes the corpus to a folder, as a static site.",
            examples=[{"folder": "/srv/site"}],
        ),
    ] = None
    key_prefix: Annotated[
        list[str],
        dg.Resolver(
            resolve_prefix,
            inject_before_resolve=False,
            model_field_type=str | list[str],
            description="Prefix of every asset key and of the names of jobs, sensors and schedules, to avoid name "
            "collisions. [] for none.",
            examples=["speech"],
        ),
    ] = Field(default_factory=lambda: ["sonitemi"])
    automation: Annotated[
        bool,
        dg.Resolver(
            resolve_switch,
            inject_before_resolve=False,
            model_field_type=bool | str,
            description="Whether sensors and schedules are on by default: true or false, on or off.",
        ),
    ] = True

    @property
    def accounts(self) -> dict[str, VendorResource]:
        """The accounts that were given, by vendor."""
        found = {name: getattr(self, name) for name in VENDORS if name in type(self).model_fields}
        return {name: account for name, account in found.items() if account is not None}

    @property
    def folders(self) -> list[Folder]:
        """The folders of files that are assets."""
        return [folder for folder in (self.captions, self.site) if folder is not None]

    def translator(self) -> SonitemiTranslator | None:
        """How tables become assets; for a component of your own that inherits from this one."""
        return None

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        return dg.ComponentTypeSpec(
            description=cls.__doc__,
            tags=[*VENDORS, "transcripts", "speech", "duckdb", "delta"],
        )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        lake = self.lake_of(Path(context.project_root))
        try:
            siblings = context.component_tree.get_all_components(SonitemiComponent)
        except (FileNotFoundError, ImportError):
            # A component that is loaded by itself, outside of a project.
            siblings = []
        for problem in self._conflicts(siblings, Path(context.project_root)):
            raise SettingsError(problem)
        return build_sonitemi_definitions(
            others=list(self.accounts.values()),
            lake=lake,
            key_prefix=self.key_prefix,
            automation=self.automation,
            translator=self.translator(),
            captions=self.captions,
            site=self.site,
        )

    def lake_of(self, project: Path) -> LakeResource:
        """The lake, at the project's `data` where no home is given.

        Raises:
            SettingsError: the home depends on the folder that a process stands in.
        """
        lake = self.lake or LakeResource(home="")
        home = lake.text("home")
        if not home:
            return lake.model_copy(update={"home": str(project / "data")})
        if "://" not in home and not Path(home).expanduser().is_absolute():
            raise SettingsError(
                f"lake.home is {home}, which is a relative path; give an absolute one, such as "
                f"{(project / home).resolve()}"
            )
        return lake

    def _conflicts(self, siblings: list[SonitemiComponent], project: Path) -> Iterator[str]:
        for other in siblings:
            if other is self:
                continue
            home = self.lake_of(project).settings().home
            if home == other.lake_of(project).settings().home:
                yield f"two components have the home {home}: give each a lake.home of its own"
            for path in {folder.path for folder in self.folders} & {folder.path for folder in other.folders}:
                yield f"two components write files to {path}: give each a folder of its own"
            if self.key_prefix == other.key_prefix:
                shown = "/".join(self.key_prefix) or "no prefix"
                yield f"two components have the same key_prefix ({shown}): give each its own"
            for name in self.accounts.keys() & other.accounts.keys():
                ours, theirs = self.accounts[name], other.accounts[name]
                if _account(ours) == _account(theirs):
                    yield (
                        f"two components read the same {VENDORS[name].label} account "
                        f"({ours.key_name()} and {theirs.key_name()} hold one key): leave it out of one of them"
                    )


def _account(resource: VendorResource) -> tuple[str, str] | object:
    """What tells one account from another; nothing equals an account without a key."""
    key = resource.text("api_key")
    return (key, resource.text("base_url")) if key else object()
