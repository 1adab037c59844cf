"""Requests that cost money: recorded before and after, not repeated by a retry, a double click or a killed run."""

from sonitemi_pipelines.paid.derive import request_batch_summary, request_summary, request_translation
from sonitemi_pipelines.paid.ledger import Ledger
from sonitemi_pipelines.paid.outcome import Outcome, all_at_vendor
from sonitemi_pipelines.paid.placing import Rules
from sonitemi_pipelines.paid.submit import SubmitOptions, files_in, submit_media

__all__ = [
    "Ledger",
    "Outcome",
    "Rules",
    "SubmitOptions",
    "all_at_vendor",
    "files_in",
    "request_batch_summary",
    "request_summary",
    "request_translation",
    "submit_media",
]
