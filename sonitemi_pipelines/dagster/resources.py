"""Accounts and lake as Dagster resources: every setting is a field, and nothing else is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import dagster as dg
from dagster._config.field_utils import IntEnvVar, is_dagster_env_var
from pydantic import Field

from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS, Vendor


class _Resource(dg.ConfigurableResource):
    """A resource whose fields stand for variables of the package's settings, under the names of `variables`."""

    variables: ClassVar[Mapping[str, str]] = {}
    secrets: ClassVar[tuple[str, ...]] = ()

    def environment(self) -> dict[str, str]:
        """The fields that are set, as the variables they stand for; an `EnvVar` gives what it holds now."""
        found = {variable: self.text(field) for field, variable in self.variables.items()}
        return {variable: text for variable, text in found.items() if text}

    def text(self, field: str) -> str:
        """A field as text; empty when it is not set, or names a variable that is not."""
        value = getattr(self, field)
        if isinstance(value, dg.EnvVar):
            value = value.get_value()
        elif isinstance(value, IntEnvVar):
            value = environment().get(value.name)
        return "" if value is None else str(value).strip()

    def written_out(self) -> list[str]:
        """The secrets that stand in the resource themselves, and not as the name of a variable."""
        found = [field for field in self.secrets if not is_dagster_env_var(getattr(self, field)) and self.text(field)]
        return [f"{type(self).__name__}.{field}" for field in found]

    def in_own_words(self, error: SettingsError) -> SettingsError:
        """The same error, naming fields of this resource where it names variables."""
        text = str(error)
        # The longest first: the name of one may begin that of another.
        for field, variable in sorted(self.variables.items(), key=lambda item: -len(item[1])):
            text = text.replace(variable, f"{type(self).__name__}.{field}")
        return SettingsError(text)


class VendorResource(_Resource):
    """One account at a vendor. Without a key, the vendor is skipped with a message; no other key is used instead."""

    provider: ClassVar[str]
    secrets: ClassVar[tuple[str, ...]] = ("api_key",)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.variables = _variables(cls.provider)
        _RESOURCES.setdefault(cls.provider, cls)

    api_key: str = Field(
        default="",
        repr=False,
        description="API key, as an EnvVar: a plain-text key would be stored in Dagster's snapshots. "
        "If empty, the vendor is skipped.",
    )
    base_url: str = Field(default="", description="Base URL of the API. Default: the vendor's.")
    rate_per_minute: str = Field(
        default="", description="Price in USD per started minute, such as 0.25. If empty, costs are NULL."
    )
    call_seconds: int = Field(default=300, description="Time limit for a call in seconds, including retries.")
    max_body_mb: int = Field(default=256, description="Maximum size of a response in megabytes, decompressed.")

    def key_name(self) -> str:
        """How a message calls the key."""
        if isinstance(self.api_key, dg.EnvVar):
            return str(self.api_key.env_var_name)
        return f"{type(self).__name__}.api_key"

    def has_key(self) -> bool:
        return bool(self.text("api_key"))

    def vendor_settings(self) -> Settings:
        """Settings of this account alone.

        Raises:
            SettingsError: a field is not what it has to be.
        """
        try:
            settings = Settings.from_env(self.environment())
            settings.vendor(self.provider)
            return settings
        except SettingsError as error:
            raise self.in_own_words(error) from None

    def get_client(self, **options: Any) -> Any:
        """A client of this account, with every operation of the API.

        Args:
            options: of the session, such as `attempts` or `read_timeout` (seconds).

        Raises:
            SettingsError: there is no key.
        """
        vendor = VENDORS[self.provider]
        if not self.has_key():
            raise SettingsError(f"{self.key_name()} is not set; set it to use {vendor.label}")
        return vendor.connect(self.vendor_settings(), **options)


_RESOURCES: dict[str, type[VendorResource]] = {}


def resource_of(vendor: Vendor) -> type[VendorResource]:
    """The resource of a vendor's accounts: the class that there is of it, else one made here."""
    if vendor.name not in _RESOURCES:

        class Account(VendorResource):
            provider: ClassVar[str] = vendor.name

        Account.__name__ = Account.__qualname__ = f"{vendor.label}Resource"
    return _RESOURCES[vendor.name]


def _variables(provider: str) -> dict[str, str]:
    own = {"api_key": "API_KEY", "base_url": "BASE_URL", "rate_per_minute": "RATE_PER_MINUTE"}
    return {
        **{field: f"{provider.upper()}_{name}" for field, name in own.items()},
        "call_seconds": "SONITEMI_CALL_SECONDS",
        "max_body_mb": "SONITEMI_MAX_BODY_MB",
    }


def holds_password(field: str, text: str) -> bool:
    """Whether a field that is no secret has to stay the name of its variable all the same: a base URL may hold a
    password, which would stand in the snapshot of every job.
    """
    return field == "base_url" and "@" in text


class LakeResource(_Resource):
    """The lake and the warehouse of one or more accounts, with everything that can be set about keeping them."""

    home: str = Field(description="Absolute path or object-store URL of the lake. Each set of accounts needs its own.")
    warehouse: str = Field(
        default="", description="Path of the DuckDB file, on a local disk. Default: home/warehouse.duckdb."
    )
    self_contained: str = Field(
        default="", description="true: the warehouse file holds every row, so that you can copy it elsewhere."
    )
    other_account: str = Field(
        default="", description="true: accept a list that shares no recording with the lake. Otherwise it is refused."
    )
    webhook_inbox: str = Field(
        default="", description="Path of the webhook inbox. Default: home/inbox/webhooks.sqlite."
    )
    in_flight: int = Field(default=8, description="Maximum number of concurrent calls per vendor.")
    reread_days: int = Field(default=7, description="Age in days up to which `reconcile` re-reads transcripts.")
    timezone: str = Field(default="UTC", description="IANA time zone of the schedules.")
    sync_cron: str = Field(
        default="7 * * * *", description="Cron expression of `sync`, the safety net for the sensors."
    )
    balance_cron: str = Field(default="37 */6 * * *", description="Cron expression of `balance`.")
    reconcile_cron: str = Field(default="23 3 * * *", description="Cron expression of `reconcile`.")
    maintain_cron: str = Field(default="53 4 * * 0", description="Cron expression of `maintain`.")
    vacuum_days: float = Field(default=7, description="Days that unused data files are kept for readers; at least 1.")
    backlog_hours: float = Field(default=24, description="Hours after which an unfinished recording counts as stuck.")
    failed_days: float = Field(default=7, description="Days that a failed recording stays in the check.")
    low_balance: str = Field(
        default="", description="Prepaid credit in USD below which a notification is sent. Optional."
    )
    low_balance_days: float = Field(
        default=3, description="Days that the credit will last, below which a notification is sent."
    )
    failed_ticks: int = Field(
        default=3, description="Consecutive failed ticks of a sensor or schedule after which a notification is sent."
    )
    notify_url: str = Field(default="", repr=False, description="URL that receives notifications as JSON, by POST.")
    slack_url: str = Field(default="", repr=False, description="Incoming webhook of Slack or a compatible chat.")
    smtp_url: str = Field(
        default="",
        repr=False,
        description="Mail server for notifications: smtp://user:password@host:587, or smtps:// for implicit TLS.",
    )
    mail_from: str = Field(default="", description="Sender of notification e-mails.")
    mail_to: str = Field(default="", description="Recipients of notification e-mails, separated by commas.")
    owners: list[str] = Field(default=[], description="Owners of the assets: team:NAME or an e-mail address.")

    secrets: ClassVar[tuple[str, ...]] = ("notify_url", "slack_url", "smtp_url")
    variables: ClassVar[Mapping[str, str]] = {
        "home": "SONITEMI_HOME",
        "warehouse": "SONITEMI_WAREHOUSE",
        "self_contained": "SONITEMI_WAREHOUSE_SELF_CONTAINED",
        "other_account": "SONITEMI_OTHER_ACCOUNT",
        "webhook_inbox": "SONITEMI_WEBHOOK_INBOX",
        "in_flight": "SONITEMI_IN_FLIGHT",
        "reread_days": "SONITEMI_REREAD_DAYS",
        "timezone": "SONITEMI_TIMEZONE",
        "vacuum_days": "SONITEMI_VACUUM_DAYS",
        "backlog_hours": "SONITEMI_BACKLOG_HOURS",
        "failed_days": "SONITEMI_FAILED_DAYS",
        "low_balance": "SONITEMI_LOW_BALANCE",
        "low_balance_days": "SONITEMI_LOW_BALANCE_DAYS",
        "notify_url": "SONITEMI_NOTIFY_URL",
    }

    def settings(self) -> Settings:
        """Raises:
        SettingsError: naming the field, what is wrong with it and what would be right.
        """
        try:
            return Settings.from_env(self.environment())
        except SettingsError as error:
            raise self.in_own_words(error) from None

    def lake(self) -> Lake:
        """The lake, to read in an asset of one's own: `lake().read(table)`.

        Raises:
            LakeError: the home cannot be written to.
        """
        return Lake.from_settings(self.settings())
