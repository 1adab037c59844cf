"""Webhooks of the vendors: a receiver that stores hints durably, and the inbox a sensor reads them from."""

from sonitemi_pipelines.webhooks.events import Delivery, Event, Receipt
from sonitemi_pipelines.webhooks.hooks import Hook
from sonitemi_pipelines.webhooks.inbox import (
    Inbox,
    InboxCounts,
    InboxError,
    existing_inbox,
)
from sonitemi_pipelines.webhooks.receiver import create_app, serve
from sonitemi_pipelines.webhooks.signature import verify_signature

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
