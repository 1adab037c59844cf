"""Every environment variable, declared once: its default and what it means. The page of settings is made from this."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

OURS = "SONITEMI_"


@dataclass(frozen=True)
class Variable:
    """One variable.

    Attributes:
        name: a name, or for the variables of vendors what comes behind the vendor's name, such as '_API_KEY'.
        default: as people write it.
        section: of the page.
    """

    name: str
    default: str
    meaning: str
    section: str

    @property
    def is_of_vendors(self) -> bool:
        return self.name.startswith("_")


_VENDORS, _PLACES, _TIMES = "Vendors", "Where things lie", "When things run"
_NOTICES, _WEBHOOKS, _COMMANDS = "When to tell somebody", "Webhooks", "The command `sonitemi`"

VARIABLES = (
    Variable("_API_KEY", "none", "a vendor without a key is skipped, and the run says so", _VENDORS),
    Variable("_BASE_URL", "the vendor's own", "where the API is", _VENDORS),
    Variable("_RATE_PER_MINUTE", "none", "USD per started minute; costs are NULL until you say", _VENDORS),
    Variable("SONITEMI_IN_FLIGHT", "8", "calls in flight for each vendor at most", _VENDORS),
    Variable(
        "SONITEMI_CALL_SECONDS",
        "300",
        "seconds that one call may take in all, its pauses and further tries included",
        _VENDORS,
    ),
    Variable("SONITEMI_MAX_BODY_MB", "256", "megabytes that one answer may have, decompressed", _VENDORS),
    Variable(
        "SONITEMI_OTHER_ACCOUNT",
        "false",
        "take a list that shares no recording with a lake that has 20 or more",
        _VENDORS,
    ),
    Variable(
        "SONITEMI_REREAD_DAYS",
        "7",
        "how far back `reconcile` reads transcripts again whose edits no list of their vendor shows",
        _VENDORS,
    ),
    Variable(
        "SONITEMI_HOME", "`./data`", "folder, or object-store URL, that holds the lake; give an absolute path", _PLACES
    ),
    Variable(
        "SONITEMI_WAREHOUSE",
        "`$SONITEMI_HOME/warehouse.duckdb`",
        "the file analysts open; always on a local disk",
        _PLACES,
    ),
    Variable(
        "SONITEMI_WAREHOUSE_SELF_CONTAINED",
        "false",
        "the warehouse holds every row, so that the file can be carried away",
        _PLACES,
    ),
    Variable(
        "SONITEMI_TRACKERS",
        "`trackers.csv` beside the warehouse",
        "the file of phrases to track, CSV or YAML",
        _PLACES,
    ),
    Variable(
        "SONITEMI_WEBHOOK_INBOX",
        "`$SONITEMI_HOME/inbox/webhooks.sqlite`",
        "the webhook inbox; on a local disk",
        _PLACES,
    ),
    Variable("SONITEMI_TIMEZONE", "UTC", "time zone of the schedules", _TIMES),
    Variable("SONITEMI_SYNC_CRON", "hourly", "when the job `sync` runs: a cron expression", _TIMES),
    Variable("SONITEMI_BALANCE_CRON", "every 6 hours", "when the job `balance` runs", _TIMES),
    Variable("SONITEMI_RECONCILE_CRON", "daily", "when the job `reconcile` runs", _TIMES),
    Variable("SONITEMI_MAINTAIN_CRON", "weekly", "when the job `maintain` runs", _TIMES),
    Variable("SONITEMI_AUTOMATION", "on", "`off`: no sensor or schedule starts by itself", _TIMES),
    Variable("SONITEMI_VACUUM_DAYS", "7", "days that files out of use are kept for readers; 1 at least", _TIMES),
    Variable("SONITEMI_NOTIFY_URL", "none", "where notices are POSTed as JSON", _NOTICES),
    Variable("SONITEMI_SLACK_URL", "none", "an incoming webhook of Slack, or of a chat that takes the same", _NOTICES),
    Variable(
        "SONITEMI_SMTP_URL",
        "none",
        "mail server for notices: `smtp://user:password@host:587` or `smtps://...`",
        _NOTICES,
    ),
    Variable("SONITEMI_MAIL_FROM", "none", "sender of notices by e-mail", _NOTICES),
    Variable("SONITEMI_MAIL_TO", "none", "who gets notices by e-mail, separated by commas", _NOTICES),
    Variable(
        "SONITEMI_FAILED_DAYS",
        "7",
        "days that a recording which failed at its vendor stays in the check `none_failed_or_blocked`",
        _NOTICES,
    ),
    Variable("SONITEMI_BACKLOG_HOURS", "24", "a recording that waits longer counts as stuck", _NOTICES),
    Variable("SONITEMI_LOW_BALANCE", "none", "USD of prepaid credit below which it is low", _NOTICES),
    Variable("SONITEMI_LOW_BALANCE_DAYS", "3", "days of credit below which it is low", _NOTICES),
    Variable(
        "SONITEMI_WEBHOOK_URL_SECRET",
        "none",
        "last part of the callback URLs; without it those routes are off",
        _WEBHOOKS,
    ),
    Variable(
        "_WEBHOOK_SECRET",
        "none",
        "checks the signature of the vendor's events, where it signs them; without it that route is off",
        _WEBHOOKS,
    ),
    Variable(
        "SONITEMI_WEBHOOK_TRUSTED_PROXIES",
        "127.0.0.1",
        "addresses or networks whose `X-Forwarded-For` is believed",
        _WEBHOOKS,
    ),
    Variable(
        "SONITEMI_ENV_FILE",
        "none",
        "a file of NAME=value lines that the command reads first, as `sonitemi --env-file FILE` does; what the "
        "environment says goes before it",
        _COMMANDS,
    ),
)
_OF_THE_TESTS = "SONITEMI_SOAK_"


def known_names(vendors: Iterable[str]) -> list[str]:
    """Every variable there is, given the names of the vendors."""
    prefixes = [vendor.upper() for vendor in vendors]
    return [
        name
        for variable in VARIABLES
        for name in ([f"{prefix}{variable.name}" for prefix in prefixes] if variable.is_of_vendors else [variable.name])
    ]


def unknown(names: Iterable[str], vendors: Collection[str]) -> list[str]:
    """One line for each variable that begins like one of ours and is none, with the one that was perhaps meant."""
    known = known_names(vendors)
    ours = (OURS, *(f"{vendor.upper()}_" for vendor in vendors))
    said = []
    for name in sorted(set(names)):
        if name.startswith(ours) and name not in known and not name.startswith(_OF_THE_TESTS):
            near = difflib.get_close_matches(name, known, 1, 0.75)
            meant = f"did you mean {near[0]}?" if near else "see the page of settings"
            said.append(f"{name} is no setting and does nothing; {meant}")
    return said
