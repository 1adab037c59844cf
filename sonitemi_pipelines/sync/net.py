"""The net under what nobody foresaw: it becomes one line that names it, with the traceback in the debug log."""

from __future__ import annotations

import logging
import traceback

from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.masking import mask, one_line

log = logging.getLogger(__name__)


def in_words(error: Exception, what: str) -> str:
    """One line for an error that stopped `what`."""
    if isinstance(error, SonitemiError):
        return str(error)
    log.debug("%s: %s", what, mask(traceback.format_exc()))
    said = one_line(str(error), 160)
    return f"{what} met {type(error).__name__}{f': {said}' if said else ''}; -vv shows where, please report it"
