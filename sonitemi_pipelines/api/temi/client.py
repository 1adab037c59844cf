"""The Temi client: one session, and the resources that use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from sonitemi_pipelines.api.client import VendorClient
from sonitemi_pipelines.api.session import VendorSession
from sonitemi_pipelines.api.temi.account import AccountResource
from sonitemi_pipelines.api.temi.jobs import JobResource
from sonitemi_pipelines.api.temi.transcripts import TranscriptResource
from sonitemi_pipelines.errors import ApiError, NotReadyError, PaymentError

_CAUSES: dict[str, type[ApiError]] = {"out-of-credit": PaymentError, "invalid-job-state": NotReadyError}


class TemiClient(VendorClient):
    """Every operation of the Temi API, by resource: `client.jobs.submit(url=...)`.

    Safe to share between threads. Errors are `ApiError` subclasses by cause; what is refused before the network is
    a `RefusedError`.
    """

    vendor = "temi"
    own_base_url = "https://api.temi.com/v1"
    where_keys_are = "make a key on Temi's developer page"

    def _open(self, session: VendorSession) -> None:
        self.jobs = JobResource(session)
        self.transcripts = TranscriptResource(session)
        self.account = AccountResource(session)

    def _read_error(self, operation: str, response: requests.Response) -> ApiError:
        """Temi sends RFC 7807 problem details with members of their own, and `{"message"}` with 401."""
        found = self.session.error_body(response)
        kind = str(found.pop("type", "") or "").rsplit("/", 1)[-1]
        title, detail, message = (found.pop(name, None) for name in ("title", "detail", "message"))
        said = ": ".join(str(part) for part in (title, detail, message) if part)
        faults = found.get("parameters")
        if isinstance(faults, Mapping):
            said += "".join(f"; {name}: {' '.join(_reasons(why))}" for name, why in faults.items())
        return self.session.error_from(
            operation,
            response,
            cause=_CAUSES.get(kind),
            code=kind or None,
            vendor_message=said or None,
            details=found,
        )


def _reasons(why: Any) -> list[str]:
    return [str(reason) for reason in why] if isinstance(why, list) else [str(why)]
