"""Whether an object store keeps two writers apart: one that does not would lose commits without a word."""

from __future__ import annotations

import uuid

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.fs import DeltaStorageHandler

from sonitemi_pipelines.errors import LakeError
from sonitemi_pipelines.lake.boundary import boundary

_WAY_OUT = "check the URL in SONITEMI_HOME, and the keys, region and endpoint of the store (docs/operations.md)"


def prove(url: str) -> None:
    """Commit the same version of a small table twice, as two writers at once would: the second must be refused.

    Raises:
        LakeError: the store took it, or cannot be written to.
    """
    folder = f"_probe-{uuid.uuid4().hex}"
    location = f"{url}/{folder}"
    with boundary(f"cannot write to {url}", way_out=_WAY_OUT):
        try:
            schema = pa.schema([pa.field("probe", pa.string())])
            writers = [DeltaTable.create(location, schema=schema), DeltaTable(location)]
            try:
                for number, writer in enumerate(writers):
                    once = CommitProperties(app_transactions=[Transaction("probe", number)], max_commit_retries=0)
                    writer.create_write_transaction([], "append", Schema.from_arrow(schema), commit_properties=once)
            except CommitFailedError:
                return
        finally:
            DeltaStorageHandler(url).delete_dir(folder)
    raise LakeError(
        f"the store of {url} lets a second writer overwrite a commit (it ignores 'create only if absent'), so "
        "concurrent syncs would lose transcripts; use a store that supports If-None-Match (such as Amazon S3, GCS, "
        "Azure or a recent MinIO) or a local disk"
    )
