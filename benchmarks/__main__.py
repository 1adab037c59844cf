"""`make bench`: everything measured in turn, printed as a table, kept as JSON and as a chart.

    python -m benchmarks [--size 2] [--rounds 3] [--full] [--real FOLDER] [--only PART] [--keep]

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
    parser.add_argument("--size", type=float, default=2.0, help="million words in the corpus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--media", type=int, default=20_000, help="recordings of the account in which nothing changes")
    parser.add_argument("--full", action="store_true", help="memory at ten times the size, a change in 50 M words")
    parser.add_argument("--keep", action="store_true", help="put figures and charts into benchmarks/README.md")
    parser.add_argument("--real", type=Path, default=ROOT.parent / "shared/real", help="sonix/*.json and temi/*.json")
    parser.add_argument("--only", choices=list(rows.PARTS), action="append", help="measure this part alone")
    given = parser.parse_args()
    began = time.monotonic()
    growth, lakes = (10, (1.0, 50.0)) if given.full else (3, (1.0, 5.0))
    if given.size < 1:
        lakes = (given.size, given.size * growth)
    plan = rows.Plan(int(given.size * 1e6), given.rounds, growth, lakes, given.media, FOLDER, peers_python())
    real = given.real if (given.real / "sonix").is_dir() else None
    texts = corpus.make(plan.corpus, plan.words, real)
    corpus.multiply(plan.corpus, plan.large_corpus, plan.growth)
    print(f"{plan.words:,} words, {texts}; {plan.rounds} rounds", flush=True)
    found, failed = [], []
    for name in given.only or rows.PARTS:
        print(f"{name}: {rows.PARTS[name].__doc__}", flush=True)
        try:
            for row in rows.PARTS[name](plan, lambda line: print(line, flush=True)):
                print(f"  = {output.line(row)}", flush=True)
                found.append(row)
        except (RuntimeError, OSError) as error:
            # What was measured so far is worth keeping.
            print(f"  {name} failed: {error}", flush=True)
            failed.append(name)
    about = {"words": plan.words, "texts": texts, "rounds": plan.rounds, "growth": growth, **output.machine()}
    print(f"\n{output.markdown(found)}\n")
    charts = {"speed": output.chart(found, about), "growth": output.growth_chart(found, about)}
    output.write_json(FOLDER / "result.json", found, about)
    if given.keep:
        output.write_json(ROOT / "benchmarks/result.json", found, about)
    for name, image in charts.items():
        (FOLDER / f"{name}.svg").write_text(image, encoding="utf-8")
        if given.keep:
            (ROOT / f"docs/images/bench_{name}.svg").write_text(image, encoding="utf-8")
    shutil.rmtree(FOLDER / "runs", ignore_errors=True)
    print(f"{time.monotonic() - began:.0f} s; .bench/result.json, .bench/speed.svg, .bench/growth.svg")
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
