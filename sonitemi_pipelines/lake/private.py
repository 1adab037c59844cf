"""Files of the pipeline are the user's own: nobody else on the machine reads transcripts by default."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(folder: Path) -> None:
    """Make the folder for its user alone, whatever the umask; one that is there keeps the mode its operator gave it.

    What this process writes from here on is as open to others as the folder is, and no more: libraries that write files
    ask the process's umask and nothing else.
    """
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    shared = stat.S_IMODE(folder.stat().st_mode) & _OTHERS
    os.umask(_OTHERS & ~shared)
