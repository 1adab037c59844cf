"""The assets of a deployment: one for each table, by the table's name, and what stands around them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dagster as dg

from sonitemi_pipelines.dagster.deployment import WAREHOUSE, Deployment
from sonitemi_pipelines.dagster.run_state import RunState
from sonitemi_pipelines.lake.scan import duckdb_types
from sonitemi_pipelines.lake.schemas import FORGOTTEN, TABLES, TRANSCRIPTS, VENDOR_REQUESTS, Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts import Mart, load_marts, load_views
from sonitemi_pipelines.vendors import VENDORS, ListStep, Vendor

LATE_AFTER = 3
"""A table is late after so many times the hours in which it is to be brought up to date, and announced after one."""


@dataclass(frozen=True)
class Catalog:
    """Specs and keys of one deployment's assets. Names are those of tables; `warehouse` is the file.

    What a run of ours is asked for are the lists, `transcripts` and the warehouse: the tables that appear together with
    the transcripts, and the marts that the warehouse shows, come with them. Dagster writes three events for each asset
    that a run might materialize, so that naming all of them would be most of what a run without news leaves behind.
    """

    deployment: Deployment

    @cached_property
    def specs(self) -> dict[str, dg.AssetSpec]:
        """Name -> the asset, as translator and prefix make it, in an order in which each comes after what it needs."""
        made = {spec.key.to_user_string(): self.deployment.translator.get_asset_spec(spec) for spec in self._plain()}
        keys = {name: spec.key.with_prefix(self.deployment.key_prefix) for name, spec in made.items()}
        return {
            name: spec.replace_attributes(
                key=keys[name],
                deps=[keys[dep.asset_key.to_user_string()] for dep in spec.deps],
                group_name=self.deployment.name(spec.group_name or "default"),
            )
            for name, spec in made.items()
        }

    @cached_property
    def keys(self) -> dict[str, dg.AssetKey]:
        return {name: spec.key for name, spec in self.specs.items()}

    @cached_property
    def names(self) -> dict[dg.AssetKey, str]:
        return {key: name for name, key in self.keys.items()}

    @property
    def run_state(self) -> RunState:
        deployment = self.deployment
        return RunState(deployment.home_id, deployment.scope_key, self.keys[TRANSCRIPTS.name])

    # ---- which is which

    @cached_property
    def together(self) -> list[Table]:
        """The tables that appear with the transcripts, these included."""
        of_vendors = {table.name for vendor in VENDORS.values() for table in vendor.tables}
        apart = of_vendors | {FORGOTTEN.name, VENDOR_REQUESTS.name}
        return [table for name, table in TABLES.items() if name not in apart]

    @cached_property
    def marts(self) -> dict[str, Mart]:
        return {**load_marts(), **load_views()}

    @cached_property
    def steps(self) -> dict[str, tuple[Vendor, ListStep]]:
        """Table -> who lists it and how."""
        return {step.table.name: (vendor, step) for vendor in self.deployment.vendors for step in vendor.steps}

    @property
    def outside(self) -> list[str]:
        """Assets that no run materializes: the vendors themselves, and the requests that people make."""
        return [*(vendor.name for vendor in self.deployment.vendors), VENDOR_REQUESTS.name]

    @property
    def made(self) -> list[str]:
        """Assets that the sync makes."""
        return [name for name in self.specs if name not in self.outside]

    @property
    def asked_for(self) -> list[str]:
        """The assets that a run over everything names."""
        return [*self.steps, TRANSCRIPTS.name, *self.outputs]

    @property
    def outputs(self) -> list[str]:
        """The assets that are files for people, at the end of a run."""
        return [WAREHOUSE, *(folder.asset for folder in self.deployment.folders)]

    def downstream_of(self, name: str) -> list[str]:
        """The marts that are computed from a table, over others too."""
        found = {name}
        for mart in self.marts.values():
            if found.intersection(mart.depends_on):
                found.add(mart.name)
        return [mart for mart in self.marts if mart in found]

    def hours_to(self, name: str) -> int | None:
        """Hours in which a table is to be brought up to date, None for any time."""
        if name == TRANSCRIPTS.name:
            return min((step.hours for _, step in self.steps.values() if step.hours), default=None)
        return self.steps[name][1].hours if name in self.steps else None

    def lineage(self, mart: Mart) -> dg.TableColumnLineage:
        """Where each column of a mart comes from."""
        # Here, not at the top: it brings a parser of SQL along, which only a run asks for.
        from sonitemi_pipelines.marts.lineage import lineage

        return dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=self.keys[table], column_name=source)
                    for table, source in sources
                    if table in self.keys
                ]
                for column, sources in lineage(mart).items()
            }
        )

    # ---- specs before translator and prefix

    def _plain(self) -> Iterable[dg.AssetSpec]:
        vendors = self.deployment.vendors
        for vendor in vendors:
            yield dg.AssetSpec(
                vendor.name,
                description=f"The {vendor.label} account, which the lists are read from.",
                group_name=vendor.name,
                kinds={vendor.name},
                owners=self._owners,
            )
        yield from self._lists(after_transcripts=False)
        feeding = [table for table, (_, step) in self.steps.items() if step.feeds_transcripts]
        kinds = {vendor.name for vendor in vendors} | {"deltalake"}
        for table in self.together:
            yield self._spec(table, "transcripts", kinds, feeding)
        yield from self._lists(after_transcripts=True)
        yield self._spec(VENDOR_REQUESTS, "requests", kinds, ())
        for mart in self.marts.values():
            yield self._spec(mart.table, "marts", {"sql", "duckdb", "deltalake"}, mart.depends_on)
        shown = [*self.steps, *(table.name for table in self.together), VENDOR_REQUESTS.name, *self.marts]
        yield dg.AssetSpec(
            WAREHOUSE,
            deps=shown,
            group_name=WAREHOUSE,
            kinds={"duckdb"},
            owners=self._owners,
            skippable=True,
            description="The published file warehouse.duckdb. Each publication builds a new file and swaps it in.",
        )
        for folder in self.deployment.folders:
            yield dg.AssetSpec(
                folder.asset,
                deps=[folder.made_from],
                group_name=folder.asset,
                kinds={folder.kind},
                owners=self._owners,
                skippable=True,
                description=folder.about,
                metadata={"folder": dg.MetadataValue.path(folder.folder)},
            )

    def _lists(self, *, after_transcripts: bool) -> Iterable[dg.AssetSpec]:
        for vendor, step in self.steps.values():
            if step.after_transcripts == after_transcripts:
                deps = [vendor.name, *(table.name for table in step.deps)]
                # What is made from transcripts has a group of its own, so that no edge of the graph goes back.
                group = "summaries" if TRANSCRIPTS.name in deps else vendor.name
                yield self._spec(step.table, group, {vendor.name, "deltalake"}, deps)

    @property
    def _owners(self) -> list[str]:
        return list(self.deployment.lake_resource.owners)

    def _spec(self, table: Table, group: str, kinds: set[str], deps: Iterable[str]) -> dg.AssetSpec:
        known = {*self.steps, *(vendor.name for vendor in self.deployment.vendors), VENDOR_REQUESTS.name, *self.marts}
        known |= {other.name for other in self.together}
        hours = self.hours_to(table.name)
        late = None
        if hours is not None:
            warn, fail = dt.timedelta(hours=hours), dt.timedelta(hours=hours * LATE_AFTER)
            late = dg.FreshnessPolicy.time_window(fail_window=fail, warn_window=warn)
        return dg.AssetSpec(
            table.name,
            description=table.doc,
            group_name=group,
            kinds=kinds,
            owners=self._owners,
            deps=[name for name in dict.fromkeys(deps) if name in known and name != table.name],
            freshness_policy=late,
            skippable=True,
            metadata={"dagster/column_schema": column_schema(table), "dagster/table_name": f"main.{table.name}"},
        )


def column_schema(table: Table) -> dg.TableSchema:
    """Columns with type, meaning and unit."""
    types = duckdb_types(table)
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=types[column.name],
                description=f"{column.doc} [{column.unit}]" if column.unit else column.doc,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ],
        constraints=dg.TableConstraints(other=[f"key: {', '.join(table.key)}"]),
    )


def rows_of(lake: Lake, table: Table) -> dict[str, Any]:
    """What a materialization says of a table: rows now, version, and where it lies."""
    version = lake.snapshot([table.name]).get(table.name)
    rows = sum(file.rows for file in lake.files(table.name, version)) if version is not None else 0
    return {
        "dagster/row_count": rows,
        "delta_version": version if version is not None else -1,
        "dagster/uri": lake.location(table.name),
    }
