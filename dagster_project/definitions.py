"""The code location: what lies in `defs`. Put assets, jobs and sensors of your own beside it."""

from pathlib import Path

import dagster as dg

defs = dg.Definitions.merge(
    dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
    # "Materialize all" too runs in the process of the run: a process for each step costs three times as much.
    dg.Definitions(executor=dg.in_process_executor),
)
