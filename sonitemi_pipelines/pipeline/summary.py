"""What a run came to, in numbers and in one line: for logs, exit codes and whoever keeps results as JSON."""

from __future__ import annotations

from typing import Any

from sonitemi_pipelines.pipeline.run import SyncReport

_NAMED = 20
"""Failed transcripts that a summary names; the lake has all of them in `sync_failures`."""


def summary_of(report: SyncReport) -> dict[str, Any]:
    """A report as JSON can hold it.

    Members:
        complete: whether everything asked for arrived.
        vendors: vendor -> wanted, arrived, unchanged and failed transcripts, words that arrived, and `error`: why its
            account was not read to the end, else null.
        failed: the first failed transcripts, with their reason; `problems`: what else is missing, in words.
        skipped: vendors without a key.
        marts: marts that changed; `warehouse`: its path, null when it was not published.
    """
    vendors: dict[str, dict[str, Any]] = {}
    for ingestion in report.ingestions:
        vendors[ingestion.provider] = {
            "wanted": ingestion.wanted,
            "arrived": len(ingestion.committed),
            "unchanged": ingestion.unchanged,
            "failed": len(ingestion.failed),
            "words": ingestion.tokens,
            "error": None,
        }
    for provider, error in report.errors.items():
        vendors.setdefault(provider, {"wanted": 0, "arrived": 0, "unchanged": 0, "failed": 0, "words": 0})
        vendors[provider]["error"] = error
    return {
        "complete": report.complete,
        "vendors": vendors,
        "failed": [
            {
                "provider": failure.provider,
                "recording_id": failure.recording_id,
                "variant": failure.variant,
                "reason": failure.reason,
            }
            for failure in report.failed[:_NAMED]
        ],
        "problems": list(report.problems),
        "skipped": list(report.skipped),
        "marts": [mart.name for mart in report.marts if mart.rows or mart.transcripts_recomputed],
        "warehouse": str(report.publication.path) if report.publication is not None else None,
    }


def other_problems(report: SyncReport) -> list[str]:
    """The problems of vendors whose accounts were read to the end: of the others, that says it all."""
    return [
        problem
        for problem in report.problems
        if not any(problem.startswith(f"{provider} ") for provider in report.errors)
    ]


def missing_line(report: SyncReport) -> str:
    """What is missing and why, in one line; that nothing is, when nothing is."""
    if report.complete:
        arrived = sum(len(ingestion.committed) for ingestion in report.ingestions)
        return f"complete: nothing is missing, {arrived} new transcripts"
    parts = [f"{provider} was not read to the end ({error})" for provider, error in report.errors.items()]
    if report.failed:
        first = report.failed[0]
        others = f" and {len(report.failed) - 1} more" if len(report.failed) > 1 else ""
        parts.append(f"transcript {first.provider} {first.recording_id}{others} ({first.reason})")
    problems = other_problems(report)
    parts += problems[:1]
    if len(problems) > 1:
        parts.append(f"{len(problems) - 1} more problems")
    return f"missing: {'; '.join(parts)}; the next run tries again"
