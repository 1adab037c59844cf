"""dlt with its own normalizer, tuned as its documentation says: https://dlthub.com/docs/reference/performance

Pages instead of single items, larger buffers, two workers to normalize, Parquet files in a folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CORPUS, OUT = Path(sys.argv[1]), Path(sys.argv[2])
os.environ |= {
    "DATA_WRITER__BUFFER_MAX_ITEMS": "100000",
    "EXTRACT__WORKERS": "2",
    "NORMALIZE__WORKERS": "2",
    "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "500000",
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "20",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}

import dlt  # noqa: E402
from measure import measured, report  # noqa: E402

PAGE = 10


def documents(vendor: str) -> Iterator[list[dict[str, Any]]]:
    paths = sorted((CORPUS / vendor).glob("*.json"))
    for first in range(0, len(paths), PAGE):
        yield [{"id": path.stem, **json.loads(path.read_bytes())} for path in paths[first : first + PAGE]]


def main() -> None:
    found: dict[str, float] = {}
    with measured(found):
        pipeline = dlt.pipeline(
            "bench",
            pipelines_dir=str(OUT / "state"),
            destination=dlt.destinations.filesystem(str(OUT / "lake")),
            dataset_name="transcripts",
        )
        resources = [
            dlt.resource(
                documents(vendor), name=vendor, write_disposition="append", columns={"id": {"primary_key": True}}
            )
            for vendor in ("sonix", "temi")
        ]
        pipeline.run(resources, loader_file_format="parquet")
    counts = pipeline.last_trace.last_normalize_info.row_counts
    found["words"] = counts["sonix__transcript__words"] + counts["temi__monologues__elements"]
    report(found)


if __name__ == "__main__":
    main()
