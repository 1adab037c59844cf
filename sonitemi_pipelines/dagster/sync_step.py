"""What the step of a run does: read the vendors, compute, publish, and say what changed and what is missing."""

from __future__ import annotations

import atexit
import logging
import sys
import time
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pyarrow.compute as pc

from sonitemi_pipelines.dagster.catalog import Catalog, rows_of
from sonitemi_pipelines.dagster.checks import COMPUTED, NONE_ENDED_BADLY, NOT_STUCK, SOUND, Checks
from sonitemi_pipelines.dagster.deployment import WAREHOUSE
from sonitemi_pipelines.dagster.folders import Folder, Written
from sonitemi_pipelines.dagster.previews import what_people_see
from sonitemi_pipelines.dagster.run_state import HOME_TAG, TOLD_TAG, read_tag, reads_tag
from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS, Table
from sonitemi_pipelines.marts.compute import MartResult
from sonitemi_pipelines.pipeline.account import AccountReport, bring_over, sync_account
from sonitemi_pipelines.pipeline.run import publish_what_is_sound, refresh_marts
from sonitemi_pipelines.pipeline.story import Watch, counted, told_progress
from sonitemi_pipelines.pipeline.whole import older_than_known
from sonitemi_pipelines.report.preview import newest_conversation
from sonitemi_pipelines.vendors import Vendor
from sonitemi_pipelines.warehouse.publish import Publication

log = logging.getLogger(__name__)

_MOST_TOLD = 2_000
"""Characters."""

Events = Iterator[dg.MaterializeResult | dg.AssetCheckResult]


class SyncStep:
    """One execution of the step."""

    def __init__(self, catalog: Catalog, checks: Checks, context: Any) -> None:
        self._catalog, self._checks, self._context = catalog, checks, context
        self._deployment = catalog.deployment
        self._settings, self._lake = self._deployment.settings(), self._deployment.lake()
        self._scope = getattr(context.resources, self._deployment.scope_key)
        self._names = {catalog.names[key] for key in context.selected_asset_keys}
        self._wanted_checks = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        self._transcripts = any(table.name in self._names for table in catalog.together)
        self._accounts: dict[str, AccountReport] = {}
        self._missing: list[str] = []
        self._untold = False
        self._marts: dict[str, MartResult] = {}
        self._publication: Publication | None = None
        self._folders: dict[str, tuple[Written, str]] = {}
        """What was written into a folder, and the state that it has now, by asset."""

    def run(self) -> Events:
        """Raises:
        dagster.Failure: at the end, in one line, when something that was asked for is missing.
        """
        watch = Watch()
        self._tag_run()
        before = self._versions()
        older = older_than_known(self._lake, self._settings.warehouse)
        if older is not None:
            self._miss(f"nothing was read: {older}", told=False)
        for vendor in self._deployment.vendors if older is None else ():
            tables = {step.table.name for step in vendor.steps} & self._names
            if tables or self._transcripts:
                self._read(vendor, tables)
        sound = self._checks.sound(self._lake) if self._is_wanted(TRANSCRIPTS.name, SOUND) else None
        if older is not None:
            log.info("marts and warehouse stay as they are")
        elif sound is not None and not sound.passed:
            self._miss(f"marts and warehouse wait: {sound.description}")
        else:
            self._compute_and_publish()
        for folder in self._deployment.folders:
            if folder.asset in self._names:
                self._write(folder)
        yield from self._materializations(before)
        yield from self._results(sound)
        if self._missing:
            said = "; ".join(self._missing)
            self._tell("error", f"incomplete after {watch}: {said}")
            _say_last(said)
            if not self._untold:
                self._context.instance.add_run_tags(self._context.run_id, {TOLD_TAG: "checks"})
            # Where other people's assets come after ours in the same run, a failed step would keep them from theirs.
            if self._is_alone:
                raise dg.Failure(description=said, allow_retries=False)
        else:
            self._tell("info", f"complete after {watch}")

    # ---- work

    def _read(self, vendor: Vendor, tables: set[str]) -> None:
        scope = self._scope.scope(vendor.name)
        if scope.is_nothing:
            return
        client = self._deployment.client(vendor.name)
        if client is None:
            self._tell("warning", f"{vendor.label}: {self._deployment.no_key(vendor.name)}")
            bring_over(vendor, self._lake, self._tell)
            return
        report = self._accounts[vendor.name] = sync_account(
            vendor,
            self._lake,
            client,
            scope,
            self._settings,
            told_progress(self._tell),
            self._tell,
            tables=tables,
            transcripts=self._transcripts,
        )
        if report.error is not None:
            self._miss(f"{vendor.label} was not read to the end: {report.error}")
        elif report.problems:
            self._miss(f"{vendor.label}: {_first(report.problems, 'problem')}")
        if report.missing:
            missing = [f"{what}: {why}" for what, why in report.missing.items()]
            self._miss(f"{counted(len(missing), 'transcript')} of {vendor.label}: {_first(missing, 'reason')}")
        if report.error is None and self._transcripts and vendor.list_table.name in tables:
            home = {read_tag(vendor.name): self._deployment.home_id}
            self._context.instance.add_run_tags(self._context.run_id, home)
        if self._transcripts or vendor.list_table.name in tables:
            self._observe(vendor, report)

    def _observe(self, vendor: Vendor, report: AccountReport) -> None:
        """The account itself, seen: written down as often as its list is."""
        change = report.changes.get(vendor.list_table.name)
        if change is not None and self._is_due(vendor.list_table.name):
            key = self._catalog.keys[vendor.name]
            self._context.log_event(dg.AssetObservation(key, metadata={"list": str(change)}))

    def _compute_and_publish(self) -> None:
        publishes = WAREHOUSE in self._names
        marts = None if publishes else self._names & set(self._catalog.marts)
        if marts is None or marts:
            try:
                results = refresh_marts(self._lake, self._settings, told_progress(self._tell), self._tell, marts=marts)
                self._marts = {result.name: result for result in results}
            except SonitemiError as error:
                self._miss(f"marts: {error}", told=False)
        if publishes:
            try:
                self._publication, problems = publish_what_is_sound(self._lake, self._settings, self._tell)
                for problem in problems:
                    self._miss(problem, told=False)
            except SonitemiError as error:
                self._miss(f"warehouse: {error}", told=False)

    def _write(self, folder: Folder) -> None:
        state = folder.state(self._lake, self._settings)
        if state == self._state_before(folder) and folder.path.is_dir():
            return
        try:
            written = folder.write(self._lake, self._settings)
        except SonitemiError as error:
            self._miss(f"{folder.asset}: {error}", told=False)
            return
        for problem in written.problems:
            # Nothing mends a transcript without times but its vendor: a run that fails for it would fail for ever.
            self._tell("warning", problem)
        self._folders[folder.asset] = written, state

    def _state_before(self, folder: Folder) -> str | None:
        last = self._context.instance.get_latest_materialization_event(self._catalog.keys[folder.asset])
        found = last.asset_materialization.metadata.get("state") if last and last.asset_materialization else None
        return None if found is None else str(found.value)

    # ---- what is written down

    def _materializations(self, before: dict[str, int]) -> Events:
        after = self._versions()
        changed = {name for name, version in after.items() if before.get(name) != version}
        if self._publication is not None and self._publication.changed:
            changed.add(WAREHOUSE)
        changed |= self._folders.keys()
        for name, mart in self._catalog.marts.items():
            if mart.is_view and changed.intersection(mart.depends_on):
                changed.add(name)
        newest = newest_conversation(self._lake) if changed & self._catalog.marts.keys() else None
        reached = [name for name in self._catalog.made if self._is_reached(name)]
        keys = self._catalog.keys
        known = self._context.instance.get_latest_materialization_events([keys[name] for name in reached])
        # An asset that was never written down looks as if nothing had ever been made of it.
        first = {name for name in reached if known.get(keys[name]) is None}
        for name in self._catalog.made:
            selected = name in self._names
            if name in changed or name in first or (selected and self._is_due(name)):
                metadata = self._metadata(name, newest)
            elif selected and name in reached and not self._is_alone:
                metadata = {}
            else:
                continue
            key = self._catalog.keys[name]
            if selected:
                yield dg.MaterializeResult(asset_key=key, metadata=metadata)
            else:
                self._context.log_event(dg.AssetMaterialization(key, metadata=metadata))

    def _metadata(self, name: str, newest: Any) -> dict[str, Any]:
        if name == WAREHOUSE:
            published = self._publication
            if published is None:
                return {}
            return {
                "path": dg.MetadataValue.path(str(published.path)),
                "changed": ", ".join(published.changed) or "nothing",
                "rows": dg.MetadataValue.json(published.rows),
            }
        if name in self._folders:
            written, state = self._folders[name]
            problems = "; ".join(written.problems)[:_MOST_TOLD] or "none"
            return {"files": written.files, "cannot be written": problems, "state": state}
        if name in self._catalog.outputs:
            return {}
        mart = self._catalog.marts.get(name)
        if mart is None:
            table = self._table(name)
            return {**rows_of(self._lake, table), **(self._arrived() if table is TRANSCRIPTS else {})}
        metadata: dict[str, Any] = {"dagster/column_lineage": self._catalog.lineage(mart)}
        if not mart.is_view:
            metadata |= {**rows_of(self._lake, mart.table), **what_people_see(self._lake, mart.table, newest)}
        result = self._marts.get(name)
        if result is not None:
            metadata |= {
                "transcripts_recomputed": result.transcripts_recomputed,
                "rebuilt": result.rebuilt,
                "seconds": round(result.seconds, 3),
            }
        return metadata

    def _arrived(self) -> dict[str, Any]:
        """Counts by vendor, minutes of media, and USD where a rate is configured."""
        found: dict[str, Any] = {}
        for name, report in self._accounts.items():
            if report.ingestion is None:
                continue
            [vendor] = [vendor for vendor in self._deployment.vendors if vendor.name == name]
            new = {recording_id for recording_id, _ in report.ingestion.committed}
            found |= {
                f"{name}_arrived": len(report.ingestion.committed),
                f"{name}_failed": len(report.ingestion.failed),
                f"{name}_words": report.ingestion.tokens,
            }
            minutes = self._minutes_of(vendor, new)
            found[f"{name}_minutes"] = round(sum(minutes), 1)
            rate = self._settings.vendor(name).rate
            if rate is not None:
                found[f"{name}_usd"] = float(rate * sum(-int(-one // 1) for one in minutes))
        return found

    def _minutes_of(self, vendor: Vendor, ids: set[str]) -> list[float]:
        if not ids:
            return []
        where = pc.field(vendor.id_column).isin(sorted(ids))
        rows = self._lake.read(vendor.list_table, ["duration_ms"], filters=where)
        return [value / 60_000 for value in rows["duration_ms"].to_pylist() if value is not None]

    def _results(self, sound: dg.AssetCheckResult | None) -> Iterator[dg.AssetCheckResult]:
        found: list[dg.AssetCheckResult] = []
        for vendor in self._deployment.vendors:
            report = self._accounts.get(vendor.name)
            if report is not None:
                error = [] if report.error is None else [report.error]
                found.append(self._checks.answered(vendor.name, [*error, *report.problems]))
        if self._transcripts and self._accounts:
            unread = {name: report.error for name, report in self._accounts.items() if report.error is not None}
            missing = {what: why for report in self._accounts.values() for what, why in report.missing.items()}
            ingestions = [report.ingestion for report in self._accounts.values() if report.ingestion is not None]
            arrived = sum(len(ingestion.committed) for ingestion in ingestions)
            found.append(self._checks.arrived(missing, unread, arrived))
        if sound is not None:
            found.append(sound)
        if self._is_wanted("backlog", NOT_STUCK) or self._is_wanted("recordings", NONE_ENDED_BADLY):
            found += self._checks.attention(self._lake)
        if self._is_wanted("failures", COMPUTED):
            found.append(self._checks.computed(self._lake))
        yield from (result for result in found if (result.asset_key, result.check_name) in self._wanted_checks)

    def _is_reached(self, name: str) -> bool:
        """Whether this run has brought a table up to date, with or without a change."""
        if name == WAREHOUSE:
            return self._publication is not None
        if name in self._catalog.outputs:
            return name in self._folders
        if name in self._catalog.steps:
            report = self._accounts.get(self._catalog.steps[name][0].name)
            return report is not None and name in report.changes
        if name in self._catalog.marts:
            mart = self._catalog.marts[name]
            return name in self._marts or (mart.is_view and bool(self._marts))
        return self._transcripts and any(report.error is None for report in self._accounts.values())

    def _is_due(self, name: str) -> bool:
        """Whether a table without news is written down all the same: its freshness is known by the last time it was."""
        hours = self._catalog.hours_to(name)
        vendors = [self._catalog.steps[name][0].name] if name in self._catalog.steps else list(self._accounts)
        read = bool(vendors) and all(
            vendor in self._accounts and self._accounts[vendor].error is None for vendor in vendors
        )
        if hours is None or not read:
            return False
        last = self._context.instance.get_latest_materialization_event(self._catalog.keys[name])
        return last is None or time.time() - last.timestamp > hours * 3600 / 2

    # ---- small things

    @property
    def _is_alone(self) -> bool:
        """Whether the run has no step but ours."""
        plan = self._context.get_step_execution_context().execution_plan
        return len(plan.step_keys_to_execute) == 1

    def _is_wanted(self, name: str, check: str) -> bool:
        return (self._catalog.keys[name], check) in self._wanted_checks

    def _versions(self) -> dict[str, int]:
        names = [name for name in self._catalog.made if name not in self._catalog.outputs]
        return dict(self._lake.snapshot(names))

    def _table(self, name: str) -> Table:
        if name in self._catalog.steps:
            return self._catalog.steps[name][1].table
        return next(table for table in self._catalog.together if table.name == name)

    def _miss(self, what: str, *, told: bool = True) -> None:
        """`told`: one of the checks says so too."""
        self._missing.append(what)
        self._untold = self._untold or not told

    def _tell(self, level: str, line: str) -> None:
        # Dagster stores what its log is told, debug too.
        getattr(log if level == "debug" else self._context.log, level)(line)

    def _tag_run(self) -> None:
        """A run launched by hand from assets has no tags of ours yet."""
        home = self._deployment.home_id
        tags = {HOME_TAG: home}
        if self._transcripts:
            tags |= {reads_tag(vendor.name): home for vendor in self._deployment.vendors}
        missing = {name: value for name, value in tags.items() if name not in self._context.run.tags}
        if missing:
            self._context.instance.add_run_tags(self._context.run_id, missing)


def _say_last(said: str) -> None:
    """`dagster job execute` ends with a traceback and the run's id: say again below it what is missing."""
    if "execute" in sys.argv:
        atexit.register(print, f"sonitemi: {said}", file=sys.stderr)


def _first(texts: list[str], noun: str) -> str:
    """The first, and how many more there are."""
    more = len(texts) - 1
    return texts[0] if not more else f"{texts[0]} (and {counted(more, f'more {noun}')})"
