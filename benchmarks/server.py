"""Both vendors in a process of their own: `python -m benchmarks.server CORPUS|MEDIA LATENCY_MS`.

With a number instead of a folder, an account of so many recordings, one in a hundred with a short transcript. Prints
the environment that leads to it, then serves until standard input closes; each line read there prints how many calls
came since the line before, and which pages of lists.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import urlencode

from sonitemi_pipelines.sandbox import Sandbox

LISTS = ("/media", "/jobs")


def main() -> None:
    what, latency_ms = sys.argv[1], float(sys.argv[2])
    if what.isdigit():
        media = int(what)
        sandbox = Sandbox(sonix=0, temi=0, quirks=False, latency_ms=latency_ms, minutes=(0.05, 0.1))
        sandbox.add_sonix(media // 100)
        sandbox.add_sonix(media - media // 100, status="failed")
    else:
        sandbox = Sandbox(real=Path(what), latency_ms=latency_ms)
    with sandbox.running():
        print(json.dumps(sandbox.env), flush=True)
        for _ in sys.stdin:
            pages = [f"{one.path}?{urlencode(one.query)}" for one in sandbox.requests if one.path.endswith(LISTS)]
            print(json.dumps({"calls": sum(sandbox.counts().values()), "pages": pages}), flush=True)
            sandbox.reset_counts()


if __name__ == "__main__":
    main()
