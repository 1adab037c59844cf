"""Makes a small lake with the code of a released version, to be kept here as `<version>.tar.gz`.

Run it with the interpreter of an environment that has that version installed, or from a checkout of its tag:

    git worktree add ../old v0.1.0 && cd ../old
    python ../here/tests/lakes/make_lake.py ../here/tests/lakes/0.1.0.tar.gz

It uses nothing but what every version has: `Sandbox`, `Settings.from_env`, `run_sync`, `Lake.append`.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

SANDBOX: dict[str, Any] = {
    "seed": 11,
    "sonix": 3,
    "temi": 3,
    "minutes": (0.05, 0.1),
    "now": dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC),
}


def main(target: Path) -> None:
    """Sync a small account twice, with an edit between, and keep the home folder without warehouse and locks."""
    sys.path.insert(0, str(Path.cwd()))
    import sonitemi_pipelines
    from sonitemi_pipelines.sandbox import Sandbox
    from sonitemi_pipelines.settings import Settings

    try:
        from sonitemi_pipelines.pipeline.run import run_sync
    except ImportError:  # 0.1.0
        from sonitemi_pipelines.sync.job import run_sync  # type: ignore

    with tempfile.TemporaryDirectory() as folder, Sandbox(**SANDBOX).running() as sandbox:
        settings = Settings.from_env({**sandbox.env, "SONITEMI_HOME": folder})
        run_sync(settings)
        job = next(id_ for id_, said in sandbox.truth()["temi"].items() if said["status"] == "transcribed")
        sandbox.edit(job)
        run_sync(settings)
        _ask_for_money(settings)
        _pack(Path(folder) / "lake", target)
    sys.stdout.write(f"{target}: version {sonitemi_pipelines.__version__}, {target.stat().st_size} bytes\n")


def _ask_for_money(settings: Any) -> None:
    """One row in the ledger of paid requests."""
    from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
    from sonitemi_pipelines.lake.store import Lake

    moment = dt.datetime(2026, 3, 1, 13)
    row = {
        "request_id": "0" * 32,
        "provider": "temi",
        "operation": "jobs.submit",
        "request_hash": "0" * 64,
        "subject": "call.mp3",
        "status": "accepted",
        "vendor_id": "none",
        "requested_by": "somebody",
        "requested_at": moment,
        "sent_at": moment,
        "answered_at": moment,
        "forced": False,
    }
    Lake.from_settings(settings).append(VENDOR_REQUESTS, VENDOR_REQUESTS.from_rows([row]))


def _pack(lake: Path, target: Path) -> None:
    """The lake's files, in the same order with the same times and owners, so that the same lake makes the same file."""
    with tarfile.open(target, "w:gz", compresslevel=9) as archive:
        for path in sorted(path for path in lake.rglob("*") if path.is_file() and not path.name.endswith(".crc")):
            entry = tarfile.TarInfo(f"lake/{path.relative_to(lake).as_posix()}")
            content = path.read_bytes()
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
