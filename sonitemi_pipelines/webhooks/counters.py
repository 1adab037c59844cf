"""What the receiver counts, in Prometheus' text format (0.0.4)."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.webhooks.inbox import InboxCounts

Outcome = Literal[
    "stored",
    "duplicate",
    "replayed",
    "malformed",
    "bad_secret",
    "bad_signature",
    "too_large",
    "too_slow",
    "rate_limited",
    "disconnected",
    "not_stored",
]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RequestCounters:
    """Requests since the process started, by route and outcome."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, Outcome]] = Counter()

    def count(self, route: str, outcome: Outcome) -> None:
        self._requests[route, outcome] += 1

    def render(self, inbox: InboxCounts, commits: int) -> str:
        """The page of `/metrics`. Durations in seconds."""
        oldest = (utc_now() - inbox.oldest_pending_at).total_seconds() if inbox.oldest_pending_at else 0.0
        requests = (
            f'sonitemi_webhook_requests_total{{route="{route}",outcome="{outcome}"}} {number}'
            for (route, outcome), number in sorted(self._requests.items())
        )
        lines = (
            "# HELP sonitemi_webhook_requests_total Callbacks since the start, by route and outcome.",
            "# TYPE sonitemi_webhook_requests_total counter",
            *requests,
            "# HELP sonitemi_webhook_commits_total Commits to the inbox since the start.",
            "# TYPE sonitemi_webhook_commits_total counter",
            f"sonitemi_webhook_commits_total {commits}",
            "# HELP sonitemi_webhook_inbox_events Events in the inbox, by state.",
            "# TYPE sonitemi_webhook_inbox_events gauge",
            f'sonitemi_webhook_inbox_events{{state="pending"}} {inbox.pending}',
            f'sonitemi_webhook_inbox_events{{state="done"}} {inbox.done}',
            "# HELP sonitemi_webhook_oldest_pending_seconds Age of the oldest event nobody has looked into.",
            "# TYPE sonitemi_webhook_oldest_pending_seconds gauge",
            f"sonitemi_webhook_oldest_pending_seconds {max(oldest, 0.0):.3f}",
        )
        return "\n".join(lines) + "\n"
