"""What the tests of the clients share besides fixtures."""

from __future__ import annotations

from typing import Any

from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.sandbox.traffic import ReceivedRequest

QUICK: dict[str, Any] = {"backoff": 0.01, "connect_timeout": 2.0, "read_timeout": 5.0}
"""Session options for a vendor on this machine."""


def sent(sandbox: Sandbox) -> ReceivedRequest:
    """The last request as the vendor received it."""
    return sandbox.requests[-1]
