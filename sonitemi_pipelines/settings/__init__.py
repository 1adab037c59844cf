"""The environment, read once into one frozen `Settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sonitemi_pipelines.environment import as_text, environment, is_text
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.masking import mask, without_password
from sonitemi_pipelines.settings.variables import OURS
from sonitemi_pipelines.settings.watch import WatchSettings, watch_settings
from sonitemi_pipelines.settings.webhooks import WebhookSettings, webhook_settings

_HIGHEST_RATE, _FINEST_RATE = 1000, Decimal("0.000001")
_OF_VENDORS = ("_API_KEY", "_BASE_URL", "_RATE_PER_MINUTE", "_WEBHOOK_SECRET")


@dataclass(frozen=True)
class VendorSettings:
    """The part of one vendor.

    Attributes:
        api_key: None when the vendor has no key and is skipped.
        base_url: without a trailing slash; None for the vendor's own.
        rate: USD per started minute; None when not configured, and then costs are unknown.
        webhook_secret: the secret set with a webhook at the vendor; None when there is none.
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    rate: Decimal | None = None
    webhook_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """What the environment says, checked.

    Attributes:
        home: folder (absolute) or object-store URL that holds the lake.
        home_as_given: the same as it was written; a relative one is another folder in every working folder.
        warehouse: the DuckDB file analysts open; always a local path.
        in_flight: calls in flight for each vendor at most.
        reread_days: age in days up to which `reconcile` re-reads Sonix transcripts.
        timezone: IANA name the schedules run in.
        call_seconds: seconds one call to a vendor may take in all, its pauses and further tries included.
        self_contained: the warehouse holds every row, so that the file can be carried away.
        other_account: take a vendor's list even where it shares no recording with a lake that has many.
        max_body_mb: megabytes (1024 * 1024 bytes) one answer of a vendor may have, decompressed.
        trackers: CSV or YAML file of phrases to look for; None for `trackers.csv` beside the warehouse, if it exists.
        of_vendors: the variables that begin with a vendor's name; `vendor` reads them.
        watch: thresholds, and where notices go.
        webhooks: of the receiver.
        names: of all variables there were, to find those that are misspelt.
    """

    home: str = "data"
    warehouse: Path = Path("data/warehouse.duckdb")
    in_flight: int = 8
    reread_days: int = 7
    timezone: str = "UTC"
    call_seconds: int = 300
    max_body_mb: int = 256
    self_contained: bool = False
    other_account: bool = False
    trackers: Path | None = None
    of_vendors: Mapping[str, str] = field(default_factory=dict, repr=False)
    watch: WatchSettings = field(default_factory=WatchSettings)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    home_as_given: str = field(default="./data", compare=False)
    names: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read `env` (default: the process's environment).

        Raises:
            SettingsError: naming the variable, what is wrong with it and what would be right.
        """
        source = environment() if env is None else env
        values = {name: value.strip() for name, value in source.items() if value.strip()}
        for name, value in values.items():
            if name.startswith(OURS) or name.endswith(_OF_VENDORS):
                _check_text(name, value)
        given = values.get("SONITEMI_HOME", "./data")
        home = _home(given)
        return cls(
            home=home,
            home_as_given=given,
            warehouse=_warehouse(values.get("SONITEMI_WAREHOUSE"), home),
            in_flight=_whole("SONITEMI_IN_FLIGHT", values.get("SONITEMI_IN_FLIGHT", "8"), 1, 64),
            reread_days=_whole("SONITEMI_REREAD_DAYS", values.get("SONITEMI_REREAD_DAYS", "7"), 0, 3650),
            timezone=_timezone(values.get("SONITEMI_TIMEZONE", "UTC")),
            self_contained=is_on("SONITEMI_WAREHOUSE_SELF_CONTAINED", values.get("SONITEMI_WAREHOUSE_SELF_CONTAINED")),
            other_account=is_on("SONITEMI_OTHER_ACCOUNT", values.get("SONITEMI_OTHER_ACCOUNT")),
            call_seconds=_whole("SONITEMI_CALL_SECONDS", values.get("SONITEMI_CALL_SECONDS", "300"), 1, 86_400),
            max_body_mb=_whole("SONITEMI_MAX_BODY_MB", values.get("SONITEMI_MAX_BODY_MB", "256"), 1, 65_536),
            trackers=_file("SONITEMI_TRACKERS", values.get("SONITEMI_TRACKERS")),
            of_vendors={name: value for name, value in values.items() if name.endswith(_OF_VENDORS)},
            watch=watch_settings(values),
            webhooks=webhook_settings(values, home),
            names=frozenset(values),
        )

    def vendor(self, name: str) -> VendorSettings:
        """The part of one vendor, from the variables that begin with its name.

        Raises:
            SettingsError: naming the variable, what is wrong with it and what would be right.
        """
        prefix = name.upper()
        key, url, rate, secret = (f"{prefix}{ending}" for ending in _OF_VENDORS)
        given = self.of_vendors
        return VendorSettings(
            api_key=_key(key, given.get(key)),
            base_url=_base_url(url, given.get(url)),
            rate=_rate(rate, given.get(rate)),
            webhook_secret=given.get(secret),
        )

    @property
    def tracker_file(self) -> Path:
        """Where the user's phrases are, if there are any."""
        return self.trackers or self.warehouse.with_name("trackers.csv")

    @property
    def home_is_local(self) -> bool:
        return "://" not in self.home

    @property
    def lake_url(self) -> str:
        return f"{self.home.rstrip('/')}/lake"


def _home(text: str) -> str:
    if text.startswith("file://"):
        text = urlsplit(text).path
    if "://" in text:
        return text
    path = Path(text).expanduser().resolve()
    _check_text(f"the folder of SONITEMI_HOME={text}", path)
    # Readers of the lake take these for wildcards, escapes and partitions of a table.
    odd = [part for part in path.parts if set("*?[]%") & set(part) or part.startswith(("provider=", "day="))]
    if odd:
        raise SettingsError(
            f"SONITEMI_HOME={text} lies in a folder named {odd[0]!r}; choose one without * ? [ ] % or ="
        )
    return str(path)


def _warehouse(text: str | None, home: str) -> Path:
    if text is None:
        if "://" in home:
            raise SettingsError(
                f"SONITEMI_WAREHOUSE is not set and SONITEMI_HOME is {mask(home)}: a DuckDB file needs a local disk; "
                "set SONITEMI_WAREHOUSE to a local path"
            )
        return Path(home) / "warehouse.duckdb"
    if "://" in text:
        raise SettingsError(f"SONITEMI_WAREHOUSE={mask(text)} is a URL; give a path on a local disk")
    path = Path(text).expanduser().resolve()
    _check_text(f"the folder of SONITEMI_WAREHOUSE={text}", path)
    return path


def _check_text(name: str, value: object) -> None:
    if not is_text(value):
        name = as_text(name)
        raise SettingsError(f"{name} is not text in UTF-8; give one that is")


def _file(name: str, text: str | None) -> Path | None:
    if text is None:
        return None
    path = Path(text).expanduser().resolve()
    if not path.is_file():
        raise SettingsError(f"{name}={text} is not a file; give the path of a CSV or YAML file")
    return path


def _key(name: str, text: str | None) -> str | None:
    if text is not None and (not text.isascii() or not text.isprintable() or " " in text):
        raise SettingsError(
            f"{name} contains characters that no API key has; copy the key again, without quotes or spaces"
        )
    return text


def _base_url(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
        valid = valid and not parts.query and not parts.fragment
    except ValueError:
        valid = False
    if not valid:
        raise SettingsError(f"{name}={mask(text)} is not a base URL; give one such as https://api.example.com/v1")
    return without_password(text.rstrip("/"))


def _whole(name: str, text: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise SettingsError(f"{name}={text} is not a whole number from {low} to {high}")
    return int(text)


def is_on(name: str, text: str | None, unset: bool = False) -> bool:
    """What a variable switches.

    Raises:
        SettingsError: it is neither true nor false, yes nor no, on nor off, 1 nor 0.
    """
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text is not None and text.lower() not in known:
        raise SettingsError(f"{name}={text} is neither true nor false")
    return unset if text is None else known[text.lower()]


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(f"SONITEMI_TIMEZONE={text} is not an IANA time zone such as Europe/Paris") from error
    return text


def _rate(name: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        rate = Decimal(text)
    except InvalidOperation as error:
        raise SettingsError(f"{name}={text} is not an amount in USD such as 0.25") from error
    if not rate.is_finite() or not 0 <= rate <= _HIGHEST_RATE:
        raise SettingsError(f"{name}={text} is not an amount in USD such as 0.25")
    # 10 USD an hour is 0.16666...: as fine as tables hold it.
    return rate.quantize(_FINEST_RATE)
