"""Whether an object store keeps two writers apart: one that does not would lose commits without a word."""

from __future__ import annotations

import uuid

from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.boundary import boundary, one_line

_WAY_OUT = "check the URL in SONITEMI_HOME, and the keys, region and endpoint of the store (docs/operations.md)"
_LOCKS = "AWS_S3_LOCKING_PROVIDER"
"""With it, commits are kept apart by a table of locks, whatever the store can do."""


def prove(url: str) -> None:
    """Create the same object twice, as two writers of one commit would: the store must refuse the second.

    Not by commits: before each, Delta's writer looks for what others committed, and never asks the store.

    Raises:
        LakeError: the store took it, or cannot be written to.
    """
    if environment().get(_LOCKS):
        return
    # Here, not at the top: a lake on a disk needs no client of object stores.
    import obstore
    from obstore.exceptions import AlreadyExistsError, BaseError

    name, doing = f"_probe-{uuid.uuid4().hex}", f"cannot write to {url}"
    with boundary(doing, way_out=_WAY_OUT):
        try:
            store = obstore.store.from_url(url)
            obstore.put(store, name, b"", mode="create")
            try:
                obstore.put(store, name, b"", mode="create")
            except AlreadyExistsError:
                return
            finally:
                obstore.delete(store, name)
        except BaseError as error:
            raise LakeError(f"{doing}: {one_line(error)}; {_WAY_OUT}") from error
    raise LakeError(
        f"the store of {url} lets a second writer overwrite a commit (it ignores 'create only if absent'), so "
        "concurrent syncs would lose transcripts; use a store that supports If-None-Match (such as Amazon S3, GCS, "
        "Azure or a recent MinIO) or a local disk"
    )
