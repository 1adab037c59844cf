"""Requests that cost money: recorded before and after, not repeated by a retry, a double click or a killed run."""

from sonitemi_pipelines.paid.ledger import Ledger
from sonitemi_pipelines.paid.operations import Argument, PaidOperation
from sonitemi_pipelines.paid.outcome import Outcome, all_at_vendor
from sonitemi_pipelines.paid.placing import Rules
from sonitemi_pipelines.paid.submit import SubmitOptions, Submitter, files_in, submit_media

__all__ = [
    "Argument",
    "Ledger",
    "Outcome",
    "PaidOperation",
    "Rules",
    "SubmitOptions",
    "Submitter",
    "all_at_vendor",
    "files_in",
    "submit_media",
]
