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


_VENDORS, _PLACES, _TIMES = "Vendors", "Storage", "Schedules and retention"
_NOTICES, _WEBHOOKS, _COMMANDS = "Notifications and checks", "Webhooks", "Command line"

VARIABLES = (
    Variable("_API_KEY", "none", "API key; a vendor without a key is skipped, and the run log says so", _VENDORS),
    Variable("_BASE_URL", "the vendor's", "base URL of the API", _VENDORS),
    Variable("_RATE_PER_MINUTE", "none", "price in USD per started minute; if not set, costs are NULL", _VENDORS),
    Variable("SONITEMI_IN_FLIGHT", "8", "maximum number of concurrent calls per vendor", _VENDORS),
    Variable(
        "SONITEMI_CALL_SECONDS",
        "300",
        "time limit for a call in seconds, including retries and waiting times",
        _VENDORS,
    ),
    Variable("SONITEMI_MAX_BODY_MB", "256", "maximum size of a response in megabytes, decompressed", _VENDORS),
    Variable(
        "SONITEMI_OTHER_ACCOUNT",
        "false",
        "accept a list that shares no recording with the lake, after you changed the account on purpose",
        _VENDORS,
    ),
    Variable(
        "SONITEMI_REREAD_DAYS",
        "7",
        "age in days up to which `reconcile` re-reads transcripts, to find edits that the vendor's list does not show",
        _VENDORS,
    ),
    Variable("SONITEMI_HOME", "`./data`", "folder or object-store URL of the lake; use an absolute path", _PLACES),
    Variable(
        "SONITEMI_WAREHOUSE",
        "`$SONITEMI_HOME/warehouse.duckdb`",
        "path of the DuckDB file; must be on a local disk",
        _PLACES,
    ),
    Variable(
        "SONITEMI_WAREHOUSE_SELF_CONTAINED",
        "false",
        "store every row in the warehouse file instead of views over the lake, so that you can copy it elsewhere",
        _PLACES,
    ),
    Variable(
        "SONITEMI_TRACKERS",
        "`trackers.csv` next to the warehouse",
        "file with the phrases to track, CSV or YAML",
        _PLACES,
    ),
    Variable(
        "SONITEMI_WEBHOOK_INBOX",
        "`$SONITEMI_HOME/inbox/webhooks.sqlite`",
        "path of the webhook inbox; must be on a local disk",
        _PLACES,
    ),
    Variable("SONITEMI_TIMEZONE", "UTC", "IANA time zone of the schedules", _TIMES),
    Variable("SONITEMI_SYNC_CRON", "hourly", "cron expression of the job `sync`", _TIMES),
    Variable("SONITEMI_BALANCE_CRON", "every 6 hours", "cron expression of the job `balance`", _TIMES),
    Variable("SONITEMI_RECONCILE_CRON", "daily", "cron expression of the job `reconcile`", _TIMES),
    Variable("SONITEMI_MAINTAIN_CRON", "weekly", "cron expression of the job `maintain`", _TIMES),
    Variable(
        "SONITEMI_AUTOMATION", "on", "`off`: sensors and schedules are off until you start them in the UI", _TIMES
    ),
    Variable("SONITEMI_VACUUM_DAYS", "7", "days that unused data files are kept for readers; at least 1", _TIMES),
    Variable("SONITEMI_NOTIFY_URL", "none", "URL that receives notifications as JSON, by POST", _NOTICES),
    Variable("SONITEMI_SLACK_URL", "none", "incoming webhook of Slack or a compatible chat", _NOTICES),
    Variable(
        "SONITEMI_SMTP_URL",
        "none",
        "mail server for notifications: `smtp://user:password@host:587` or `smtps://...`",
        _NOTICES,
    ),
    Variable("SONITEMI_MAIL_FROM", "none", "sender of notification e-mails", _NOTICES),
    Variable("SONITEMI_MAIL_TO", "none", "recipients of notification e-mails, separated by commas", _NOTICES),
    Variable(
        "SONITEMI_FAILED_DAYS",
        "7",
        "days that a failed recording stays in the check `none_failed_or_blocked`",
        _NOTICES,
    ),
    Variable("SONITEMI_BACKLOG_HOURS", "24", "hours after which an unfinished recording counts as stuck", _NOTICES),
    Variable("SONITEMI_LOW_BALANCE", "none", "prepaid credit in USD below which a notification is sent", _NOTICES),
    Variable(
        "SONITEMI_LOW_BALANCE_DAYS",
        "3",
        "number of days that the credit will last, below which a notification is sent",
        _NOTICES,
    ),
    Variable(
        "SONITEMI_WEBHOOK_URL_SECRET",
        "none",
        "last part of the callback URLs; if not set, these routes are disabled",
        _WEBHOOKS,
    ),
    Variable(
        "_WEBHOOK_SECRET",
        "none",
        "secret that verifies the vendor's signed events; if not set, that route is disabled",
        _WEBHOOKS,
    ),
    Variable(
        "SONITEMI_WEBHOOK_TRUSTED_PROXIES",
        "127.0.0.1",
        "addresses or networks of proxies whose `X-Forwarded-For` is trusted",
        _WEBHOOKS,
    ),
    Variable(
        "SONITEMI_ENV_FILE",
        "none",
        "file of NAME=value lines that the command reads, like `sonitemi --env-file FILE`; variables that are already "
        "set take precedence",
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
