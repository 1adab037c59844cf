"""Where other people's code is called: whatever comes out of it becomes one line of ours."""

from __future__ import annotations

import errno
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import filelock
import pyarrow as pa
from deltalake.exceptions import CommitFailedError, DeltaError

from sonitemi_pipelines.errors import LakeError, SonitemiError

_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m|\u21b3")
_NATIVE_STACK = re.compile(r"\s*(\d+: |stack backtrace|Backtrace)")
_LENGTH = 300

_WAYS_OUT = {
    errno.ENOSPC: "free some space on its disk and run again",
    errno.EDQUOT: "free some of your quota on its disk and run again",
    errno.EACCES: "it belongs to somebody else: run as its owner, or give this user the right to read and write it",
    errno.EPERM: "it belongs to somebody else: run as its owner, or give this user the right to read and write it",
    errno.EROFS: "its disk is mounted read-only: mount it to write, or set SONITEMI_HOME to another folder",
    errno.ENOLCK: "its file system has no locks: move SONITEMI_HOME to a local disk",
    errno.EIO: "its disk fails: check it, and restore from a backup what is lost",
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n) and run again",
    errno.ENAMETOOLONG: "choose a shorter path for SONITEMI_HOME",
    errno.ENOENT: "a file is gone; `sonitemi doctor` says what is missing, and what brings it back",
}
_DEFAULT = "run `sonitemi doctor`, which says what is wrong and what mends it"


@contextmanager
def boundary(doing: str, *, error: type[SonitemiError] = LakeError, way_out: str | None = None) -> Iterator[None]:
    """Turn whatever the block raises into one `error`: what was done where, the cause, the way out.

    Args:
        doing: what is being done and where, as in 'cannot read lake table words at /data/lake/words'.
        way_out: what to do, when the cause does not say it.

    A conflict of two writers (CommitFailedError) and errors of ours pass as they are.
    """
    try:
        yield
    except (SonitemiError, CommitFailedError):
        raise
    except (
        OSError, DeltaError, duckdb.Error, pa.ArrowException, filelock.Timeout, ValueError, MemoryError
    ) as cause:  # fmt: skip
        raise error(f"{doing}: {one_line(cause)}; {_way_out(cause) or way_out or _DEFAULT}") from cause
    except BaseException as cause:
        # A panic in native code is no Exception, so that nobody swallows it; to a user it is one more error.
        if type(cause).__name__ != "PanicException":
            raise
        raise error(f"{doing}: {one_line(cause)}; {way_out or _DEFAULT}") from cause


def one_line(error: BaseException) -> str:
    """The whole cause without the native stack, the line breaks and the length that it may have."""
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    else:
        said = str(error) or type(error).__name__
    said = _COLOURS.sub("", said)
    lines = itertools.takewhile(lambda line: not _NATIVE_STACK.match(line), said.splitlines())
    return " ".join(" ".join(lines).split())[:_LENGTH] or type(error).__name__


def error_number(error: BaseException) -> int | None:
    """The operating system's number for what went wrong, where one is behind it."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = _OS_ERROR.search(str(error))
    return int(found[1]) if found else None


def _way_out(error: BaseException) -> str | None:
    number = error_number(error)
    return _WAYS_OUT.get(number) if number is not None else None
