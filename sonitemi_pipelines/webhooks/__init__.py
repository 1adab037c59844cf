"""Webhooks of the vendors: a receiver that stores hints durably, and the inbox a sensor reads them from."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sonitemi_pipelines.webhooks.events import Delivery, Event, Receipt
from sonitemi_pipelines.webhooks.hooks import Hook
from sonitemi_pipelines.webhooks.inbox import (
    Inbox,
    InboxCounts,
    InboxError,
    existing_inbox,
)
from sonitemi_pipelines.webhooks.signature import verify_signature

if TYPE_CHECKING:
    from sonitemi_pipelines.webhooks.receiver import create_app, serve

__all__ = [
    "Delivery",
    "Event",
    "Hook",
    "Inbox",
    "InboxCounts",
    "InboxError",
    "Receipt",
    "create_app",
    "existing_inbox",
    "serve",
    "verify_signature",
]


def __getattr__(name: str) -> Any:
    # The inbox is read by many a process that serves nothing and needs no web server.
    if name in ("create_app", "serve"):
        return getattr(import_module(f"{__name__}.receiver"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
