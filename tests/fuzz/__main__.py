"""A coverage-guided fuzzer on one target: `python -m tests.fuzz transcripts --seconds 300`. Needs the extra `fuzz`.

What breaks is kept in tests/fuzz/found/TARGET, where the tests try it again for ever.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from tests.faults.observed import record

FOUND = Path(__file__).with_name("found")


def child(name: str, seconds: int, corpus: Path) -> None:
    """The fuzzer itself, which ends its process as it likes."""
    import atheris

    with atheris.instrument_imports(include=["sonitemi_pipelines"]):
        from tests.fuzz.targets import MOST_MB, TARGETS, seeds, timed

    from tests.fuzz.mutation import mutated

    for number, data in enumerate(seeds()[name]):
        (corpus / f"seed{number}").write_bytes(data)
    tried = 0
    taken = 0
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    until = time.monotonic() + seconds

    def one(data: bytes) -> None:
        nonlocal tried, taken
        tried += 1
        taken += timed(TARGETS[name], data)
        if tried % 1000 == 0 or time.monotonic() > until:
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - base
            # What the fuzzer keeps of its corpus counts as well.
            assert grown < MOST_MB, f"memory grew by {grown:.0f} MB"
            told = {"inputs": tried, "became tables": taken, "memory grew by MB": round(grown), "seconds": seconds}
            (corpus.parent / "told").write_text(json.dumps(told))

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5 and len(data) > 1:
            return (data[:1] + mutated(data[1:], random))[:max_size]
        return bytes(atheris.Mutate(data, max_size))

    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        "-max_len=60000",
        "-timeout=20",
        "-rss_limit_mb=2048",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={found}/", str(corpus)], one, custom_mutator=change)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=["transcripts", "lists", "errors", "webhooks"])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.corpus:
        child(given.target, given.seconds, given.corpus)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        command = [sys.executable, "-m", "tests.fuzz", given.target, f"--seconds={given.seconds}", f"--corpus={corpus}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not any((FOUND / given.target).iterdir()):
            (FOUND / given.target).rmdir()
        if done.returncode:
            print(done.stdout[-3000:], done.stderr[-6000:], sep="\n")
            return 1
        coverage = [line for line in done.stderr.splitlines() if " cov: " in line]
        told = json.loads((corpus.parent / "told").read_text())
        print(*coverage[-1:], sep="\n")
        record(f"fuzzed {given.target}", told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
