"""Requests that cost money: recorded before and after, not repeated by a retry, a double click or a killed run."""

from sonitemi_pipelines.requests.derive import request_batch_summary, request_summary, request_translation
from sonitemi_pipelines.requests.ledger import Ledger
from sonitemi_pipelines.requests.outcome import Outcome, all_at_vendor
from sonitemi_pipelines.requests.placing import Rules
from sonitemi_pipelines.requests.submit import SubmitOptions, files_in, submit_media

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
