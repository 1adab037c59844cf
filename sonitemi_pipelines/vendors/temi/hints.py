"""What a callback of Temi hints at."""

from __future__ import annotations

from collections.abc import Mapping

from sonitemi_pipelines.webhooks.hints import Hint, MalformedBodyError, id_of, json_object
from sonitemi_pipelines.webhooks.hooks import Hook


def temi_callback(body: bytes) -> Hint:
    """Read what Temi POSTs to a `callback_url`: `{"job": {...}}`, or the bare job.

    Raises:
        MalformedBodyError: neither a JSON object nor a form, or without the job's id.
    """
    payload = json_object(body)
    job = payload.get("job", payload)
    job_id = id_of(job.get("id")) if isinstance(job, Mapping) else None
    if job_id is None:
        raise MalformedBodyError("no job id")
    return Hint(job_id, "status_change")


HOOKS = (Hook("temi", "temi_callback", "/temi/callback", temi_callback),)
"""The `callback_url` of a job."""
