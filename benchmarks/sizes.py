"""One changed transcript and a search, in lakes of several sizes: what must not grow with the lake.

python -m benchmarks.sizes FOLDER [MILLIONS ...]        default: 1 10 50; lakes that are there are used again

The first million is committed, computed and merged as a sync would do it; larger lakes are copies of it with other ids,
days and words, their marts copied with them. Then, in turn: a vendor's edit of one
transcript of 4,000 words, brought in by `sonitemi sync --sonix-id`, marts and publication within; and a search of three
words on a new connection.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from benchmarks import command
from benchmarks.growth import FIRST_DAY, payload
from benchmarks.measure import run

ROUNDS = 3
EDITED = "rec7-0"


def main() -> None:
    folder, sizes = Path(sys.argv[1]), [float(size) for size in sys.argv[2:]] or [1.0, 10.0, 50.0]
    with _vendor() as env:
        for size in sizes:
            _build(folder, size, env)
        seconds: dict[float, list[float]] = {size: [] for size in sizes}
        cpu: dict[float, list[float]] = {size: [] for size in sizes}
        for number in range(ROUNDS + 1):
            for size in sizes:
                home = folder / f"{size:g}"
                ran = command.run(["sync", "--quiet", "--sonix-id", EDITED], {**env, "SONITEMI_HOME": str(home)})
                written = (home / "warehouse.duckdb").stat().st_size
                print(f"  {size:g} M: {ran}, warehouse {written / 1e6:.1f} MB", flush=True)
                # The first change after `maintain` computes nothing that later ones do not, but warms the disk.
                if number:
                    seconds[size].append(ran.seconds)
                    cpu[size].append(ran.cpu)
        head = f"{'M words':>8}{'sync s':>9}{'CPU-s':>8}{'ratio':>7}{'published MB':>14}{'ratio':>7}"
        print(f"{head}{'search ms':>11}{'CPU-ms':>8}")
        least = (folder / f"{sizes[0]:g}" / "warehouse.duckdb").stat().st_size
        for size in sizes:
            written = (folder / f"{size:g}" / "warehouse.duckdb").stat().st_size
            searched = [
                run((sys.executable, "-m", "benchmarks.growth", "search", str(folder / f"{size:g}"))) for _ in range(3)
            ]
            print(
                f"{size:>8g}{median(seconds[size]):>9.2f}{median(cpu[size]):>8.2f}"
                f"{median(cpu[size]) / median(cpu[sizes[0]]):>7.2f}{written / 1e6:>14.1f}{written / least:>7.2f}"
                f"{1000 * median(one['median'] for one in searched):>11.0f}"
                f"{1000 * median(one['cpu'] for one in searched):>8.0f}",
                flush=True,
            )


def _build(folder: Path, size: float, env: dict[str, str]) -> None:
    """A lake of `size` million words: one of a million from the ground up, the others of copies of it."""
    home = folder / f"{size:g}"
    if (home / "built").exists():
        return
    began = time.monotonic()
    if size <= 1:
        took = run((sys.executable, "-m", "benchmarks.growth", "build", str(home), str(size)))
    else:
        _build(folder, 1, env)
        took = run((sys.executable, "-m", "benchmarks.copies", str(folder / "1"), str(home), f"{size:g}"))
    ran = command.run(["maintain"], {**env, "SONITEMI_HOME": str(home)})
    (home / "built").touch()
    print(f"{size:g} M words: built in {time.monotonic() - began:.0f} s, {took}; maintain {ran}", flush=True)


@contextmanager
def _vendor() -> Iterator[dict[str, str]]:
    """A vendor with one media, whose transcript is another one each time."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            created = int(time.mktime(FIRST_DAY.timetuple()))
            media = {"id": EDITED, "name": "Edited", "status": "completed", "language": "en", "created_at": created}
            if self.path.split("?")[0].endswith("transcript.json"):
                body = payload(random.randrange(10**9))[0]
            else:
                body = json.dumps({**media, "updated_at": int(time.time())}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {"SONIX_API_KEY": "key", "SONIX_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}/v1"}
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
