"""`make bench`: everything measured in turn, printed as a table, kept as JSON and as a chart.

    python -m benchmarks [--size 0.5] [--rounds 3] [--growth 4] [--real FOLDER] [--only PART]

Sizes are millions of words. Everything lies under .bench in this folder and may be deleted.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import corpus, output, rows

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".bench"


def peers_python() -> Path:
    """The Python of the peers' environment, made when it is not there or older than its requirements."""
    requirements, venv = ROOT / "benchmarks/requirements.txt", FOLDER / "venv"
    python, stamp = venv / "bin/python", venv / "installed"
    if not stamp.exists() or stamp.stat().st_mtime < requirements.stat().st_mtime:
        print("installing the peers into .bench/venv", flush=True)
        if uv := shutil.which("uv"):
            subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv], check=True)
            subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "-r", requirements], check=True)
        else:
            subprocess.run([sys.executable, "-m", "venv", venv], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        stamp.touch()
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=0.5, help="million words in the corpus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", type=int, default=4, help="how many times larger the large lakes are")
    parser.add_argument("--real", type=Path, default=ROOT.parent / "shared/real", help="sonix/*.json and temi/*.json")
    parser.add_argument("--only", choices=list(rows.PARTS), action="append", help="measure this part alone")
    given = parser.parse_args()
    began = time.monotonic()
    plan = rows.Plan(int(given.size * 1e6), given.rounds, given.growth, FOLDER, peers_python())
    real = given.real if (given.real / "sonix").is_dir() else None
    texts = corpus.make(plan.corpus, plan.words, real)
    corpus.multiply(plan.corpus, plan.large_corpus, plan.growth)
    print(f"{plan.words:,} words, {texts}; {plan.rounds} rounds", flush=True)
    found = list(rows.every_row(plan, lambda line: print(line, flush=True), given.only or list(rows.PARTS)))
    about = {"words": plan.words, "texts": texts, "rounds": plan.rounds, "growth": plan.growth, **output.machine()}
    print(f"\n{output.markdown(found)}\n")
    output.write_json(FOLDER / "result.json", found, about)
    (FOLDER / "chart.svg").write_text(output.chart(found, about), encoding="utf-8")
    shutil.rmtree(FOLDER / "runs", ignore_errors=True)
    print(f"{time.monotonic() - began:.0f} s; .bench/result.json, .bench/chart.svg")


if __name__ == "__main__":
    main()
