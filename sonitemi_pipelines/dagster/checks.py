"""Checks of the data, each with its counts as numbers, so that a plot shows something."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import dagster as dg

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.dagster.catalog import Catalog
from sonitemi_pipelines.lake.consistency import doubled_transcripts, miscounted_transcripts, read_headers
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.aside import problems
from sonitemi_pipelines.watch.backlog import ended_without_transcript, waiting

_SHOWN = 20

ANSWERED = "everything_answered"
ARRIVED = "all_transcripts_arrived"
SOUND = "transcripts_are_sound"
NOT_STUCK = "nothing_stuck"
NONE_ENDED_BADLY = "none_failed_or_blocked"
COMPUTED = "all_marts_computed"


@dataclass(frozen=True)
class Checks:
    """The checks of one deployment; a run evaluates them in the step that reads the vendors."""

    catalog: Catalog

    @cached_property
    def specs(self) -> list[dg.AssetCheckSpec]:
        keys = self.catalog.keys
        of_vendors = [
            dg.AssetCheckSpec(
                ANSWERED,
                asset=keys[vendor.list_table.name],
                description=f"{vendor.label} returned everything that was requested. Failed requests are listed, and "
                "retried in the next run.",
            )
            for vendor in self.catalog.deployment.vendors
        ]
        return [
            *of_vendors,
            dg.AssetCheckSpec(
                ARRIVED,
                asset=keys[TRANSCRIPTS.name],
                description="Every completed transcript is in the lake. Missing ones are listed with the reason.",
            ),
            dg.AssetCheckSpec(
                SOUND,
                asset=keys[TRANSCRIPTS.name],
                description="Every transcript has one header, and its row counts match the header. While this fails, "
                "marts and warehouse are not updated.",
                blocking=True,
            ),
            dg.AssetCheckSpec(
                NOT_STUCK,
                asset=keys["backlog"],
                description="No recording waits for its vendor or for ingestion longer than `backlog_hours`.",
            ),
            dg.AssetCheckSpec(
                NONE_ENDED_BADLY,
                asset=keys["recordings"],
                description="No recording failed or was blocked at its vendor within the last `failed_days`. Such "
                "recordings are no longer polled.",
            ),
            dg.AssetCheckSpec(
                COMPUTED,
                asset=keys["failures"],
                description="Every mart could be computed for every recording. Failures are in `mart_failures`, keep "
                "their previous rows, and are retried in the next run.",
            ),
        ]

    @property
    def keys(self) -> list[dg.AssetCheckKey]:
        return [spec.key for spec in self.specs]

    def keys_for(self, names: Collection[str]) -> list[dg.AssetCheckKey]:
        """Checks that a run evaluates which is asked for these tables: with transcripts come those of the marts."""
        keys = self.catalog.keys
        with_transcripts = (
            {keys[name] for name in ("backlog", "recordings", "failures")} if TRANSCRIPTS.name in names else set()
        )
        wanted = with_transcripts | {keys[name] for name in names}
        return [key for key in self.keys if key.asset_key in wanted]

    # ---- results

    def answered(self, provider: str, unanswered: list[str]) -> dg.AssetCheckResult:
        """Whether a vendor answered all that was asked."""
        [vendor] = [vendor for vendor in self.catalog.deployment.vendors if vendor.name == provider]
        return self._result(
            vendor.list_table.name,
            ANSWERED,
            passed=not unanswered,
            description=_listed(unanswered[:_SHOWN]),
            metadata={"problems": len(unanswered)},
        )

    def arrived(self, missing: Mapping[str, str], unread: Mapping[str, str], arrived: int) -> dg.AssetCheckResult:
        """
        Args:
            missing: what is missing, such as 'sonix ID latest' -> why.
            unread: provider of an account that was not read to the end -> why.
        """
        names = sorted(missing)
        # First of all which: a notice has room for little more.
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        said = [f"{len(names)} missing: {', '.join(names[:_SHOWN])}{more}"] if len(names) > 1 else []
        labels = {vendor.name: vendor.label for vendor in self.catalog.deployment.vendors}
        said += [f"{labels[provider]} was not read to the end: {why}" for provider, why in unread.items()]
        said += [f"{what}: {missing[what]}" for what in names[:_SHOWN]]
        return self._result(
            TRANSCRIPTS.name,
            ARRIVED,
            passed=not said,
            description=_listed(said),
            metadata={"arrived": arrived, "missing": len(missing), "unread": len(unread)},
        )

    def sound(self, lake: Lake) -> dg.AssetCheckResult:
        headers = read_headers(lake)
        doubled, wrong = doubled_transcripts(lake, headers), miscounted_transcripts(lake, headers)
        said = [f"two headers: {name}" for name in doubled]
        said += [f"{table} disagrees with the header of {name}" for table, names in wrong.items() for name in names]
        return self._result(
            TRANSCRIPTS.name,
            SOUND,
            passed=not said,
            description=_listed(said[:_SHOWN]),
            metadata={"doubled": len(doubled), "miscounted": sum(map(len, wrong.values()))},
        )

    def attention(self, lake: Lake) -> Iterator[dg.AssetCheckResult]:
        """What of the recordings a person has to look at."""
        watch = self.catalog.deployment.settings().watch
        hours, days = float(watch.backlog_hours), float(watch.failed_days)
        backlog = waiting(lake, utc_now())
        stuck = [row for row in backlog if row.hours > hours]
        yield self._result(
            "backlog",
            NOT_STUCK,
            passed=not stuck,
            severity=dg.AssetCheckSeverity.WARN,
            description=_listed(
                [
                    f"{row.provider} {row.recording_id}: {row.vendor_status}, {row.hours:.0f} h for {row.waits_for}"
                    for row in stuck[:_SHOWN]
                ]
            ),
            metadata={"waiting": len(backlog), "stuck": len(stuck)},
        )
        since = utc_now() - dt.timedelta(days=days)
        ended, lately = ended_without_transcript(lake), ended_without_transcript(lake, since)
        yield self._result(
            "recordings",
            NONE_ENDED_BADLY,
            passed=not lately,
            severity=dg.AssetCheckSeverity.WARN,
            description=_listed([f"{what}: {', '.join(ids[:_SHOWN])}" for what, ids in lately.items()]),
            metadata={
                "lately": sum(map(len, lately.values())),
                **{what: len(ids) for what, ids in ended.items()},
            },
        )

    def computed(self, lake: Lake) -> dg.AssetCheckResult:
        """Whether every mart could be computed."""
        wrong = problems(lake)
        return self._result(
            "failures",
            COMPUTED,
            passed=not wrong,
            description=_listed(wrong[:_SHOWN]),
            metadata={"problems": len(wrong)},
        )

    def _result(
        self,
        name: str,
        check: str,
        *,
        passed: bool,
        description: str | None,
        metadata: Mapping[str, int],
        severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    ) -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            asset_key=self.catalog.keys[name],
            check_name=check,
            passed=passed,
            severity=severity,
            description=description,
            metadata=dict(metadata),
        )


def _listed(texts: Sequence[str]) -> str | None:
    """As Markdown, which is how Dagster shows it: there a line's end alone is a blank."""
    return "\n".join(f"- {text}" for text in texts) if len(texts) > 1 else "".join(texts) or None
