"""What the clients of all vendors begin with: the key, the base URL, the limits, and one session."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import requests

from sonitemi_pipelines.api.session import VendorSession
from sonitemi_pipelines.errors import ApiError, SettingsError
from sonitemi_pipelines.settings import Settings

FROM_ENVIRONMENT: Any = object()
"""In place of a key: the environment says it. Not None, which a variable that is not set gives."""


class VendorClient:
    """One vendor's API. A vendor's client names itself, opens its resources on the session, and reads its errors.

    Attributes:
        vendor: its name; in capitals, the beginning of its variables.
        own_base_url: where the API is unless somebody says otherwise.
        where_keys_are: where a person gets one.
    """

    vendor: ClassVar[str]
    own_base_url: ClassVar[str]
    where_keys_are: ClassVar[str]

    def __init__(self, api_key: str = FROM_ENVIRONMENT, base_url: str | None = None, **session_options: Any) -> None:
        """
        Args:
            api_key: when left out, the environment says it and everything else: <VENDOR>_API_KEY, <VENDOR>_BASE_URL,
                limits.
            session_options: as `VendorSession` takes them: in_flight, connect_timeout, read_timeout, attempts, ...

        Raises:
            SettingsError: there is no key.
        """
        if api_key is FROM_ENVIRONMENT:
            api_key, base_url, session_options = self._options(Settings.from_env(), base_url, session_options)
        elif not api_key:
            # Not the environment's instead: it may be another account's.
            raise SettingsError(
                f"the API key given to {type(self).__name__} is empty; leave it out to take {self._key_variable()}"
            )
        url = base_url or self.own_base_url
        self.session = VendorSession(self.vendor, url, api_key, read_error=self._read_error, **session_options)
        self._open(self.session)

    @classmethod
    def from_settings(cls, settings: Settings, **session_options: Any) -> Self:
        """The client that the settings ask for.

        Raises:
            SettingsError: they hold no key of this vendor.
        """
        api_key, base_url, options = cls._options(settings, None, session_options)
        return cls(api_key, base_url, **options)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.session.base_url!r})"

    def stop(self) -> None:
        """Make every pause, retry and wait end at once, for a clean Ctrl-C."""
        self.session.stop()

    @abstractmethod
    def _open(self, session: VendorSession) -> None:
        """Put the resources on the client."""

    @abstractmethod
    def _read_error(self, operation: str, response: requests.Response) -> ApiError:
        """What an answer that is no success says, by its cause."""

    @classmethod
    def _key_variable(cls) -> str:
        return f"{cls.vendor.upper()}_API_KEY"

    @classmethod
    def _options(
        cls, settings: Settings, base_url: str | None, given: dict[str, Any]
    ) -> tuple[str, str | None, dict[str, Any]]:
        """Key, base URL and session options as the settings have them; what is given goes before."""
        own = settings.vendor(cls.vendor)
        if own.api_key is None:
            raise SettingsError(f"{cls._key_variable()} is not set; {cls.where_keys_are}")
        limits = {
            "in_flight": settings.in_flight,
            "call_seconds": settings.call_seconds,
            "max_body_mb": settings.max_body_mb,
        }
        return own.api_key, base_url or own.base_url, {**limits, **given}
