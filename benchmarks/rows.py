"""The rows of the table: what is run for each, and what is divided by what."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import corpus
from benchmarks.measure import run

HERE = Path(__file__).parent
PEERS = ("dicts_pandas", "dlt_tuned", "msgspec_structs", "pyarrow_json", "duckdb_json")
Figures = dict[str, list[dict[str, float]]]


@dataclass(frozen=True)
class Plan:
    """Attributes:
    words: of the corpus.
    rounds: how often each thing is run, in turn with the others.
    growth: how many times larger the large account is.
    lakes: million words of the small and of the large lake in which a transcript changes.
    media: recordings of the account that a run finds unchanged.
    folder: where corpora and lakes lie.
    peers: the Python of the peers' environment.
    """

    words: int
    rounds: int
    growth: int
    lakes: tuple[float, float]
    media: int
    folder: Path
    peers: Path

    @property
    def corpus(self) -> Path:
        return self.folder / f"corpus-{self.words}"

    @property
    def large_corpus(self) -> Path:
        return self.folder / f"corpus-{self.words}x{self.growth}"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        ours, other: medians, in `unit`; `other` is None when there is nothing to divide by.
        higher: whether a higher ratio is better.
        target: the ratio aimed at (the figure itself when there is no other); None: for comparison alone.
    """

    what: str
    against: str
    unit: str
    ours: float
    other: float | None
    target: float | None
    higher: bool = False

    @property
    def ratio(self) -> float:
        return self.ours if self.other is None else self.ours / self.other

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.ratio >= self.target if self.higher else self.ratio <= self.target


Say = Callable[[str], None]


def _reading(plan: Plan, say: Say) -> Iterator[Row]:
    """payload bytes to Parquet, beside the peers"""
    found = _rounds(
        plan,
        {
            "ingest": lambda home: _ours("ours", "ingest", plan.corpus, home),
            "whole": lambda home: _ours("ours", "whole", plan.corpus, home),
            **{name: (lambda home, name=name: _peer(plan, name, home)) for name in PEERS},  # type: ignore[misc]
        },
        say,
    )

    def speed(name: str) -> float:
        return median(each["words"] / each["wall"] / 1e6 for each in found[name])

    def cpu(name: str) -> float:
        return median(each["cpu"] / each["words"] * 1e6 for each in found[name])

    for name in PEERS:
        target = {"dicts_pandas": 2.0, "dlt_tuned": 11.0}.get(name)
        yield Row("bytes to the lake", _title(name), "M words/s", speed("ingest"), speed(name), target, True)
    for name in PEERS:
        # CPU of the peer by ours: how much of its thrift we reach.
        target = 0.5 if name == "msgspec_structs" else None
        yield Row("bytes to the lake", _title(name), "M words/CPU-s", 1 / cpu("ingest"), 1 / cpu(name), target, True)
    yield Row("whole path", _title("dicts_pandas"), "CPU-s/M words", cpu("whole"), cpu("dicts_pandas"), 1.5)
    sizes = found["whole"][-1]
    per_word = sizes["bytes"] / sizes["words"]
    yield Row("Parquet of all tables but the payloads", "-", "MB/M words", per_word, None, 14)
    raw = sizes["raw_bytes"] / sizes["words"]
    yield Row("Parquet of the payloads", "zstd 1", "MB/M words", raw, _zstd(plan) / sizes["words"], 1.1)


def _start_up(plan: Plan, say: Say) -> Iterator[Row]:
    """start-up"""
    home = _fresh(plan, "start")
    _ours("growth", "build", home, 0.2)
    python = (sys.executable, "-c")
    env = {"SONITEMI_HOME": str(home)}
    found = _rounds(
        plan,
        {
            "package": lambda _: run((*python, "import sonitemi_pipelines")),
            "dagster": lambda _: run((*python, "import dagster")),
            "location": lambda _: run(
                (*python, "import dagster_project.definitions as d; d.defs.get_repository_def()")
            ),
            "duckdb": lambda _: run((*python, "import duckdb")),
            "query": lambda _: run((sys.executable, "-m", "sonitemi_pipelines.cli", "query", "SELECT 1"), env),
        },
        say,
        times=3,
    )

    def wall(name: str) -> float:
        return median(each["process_wall"] for each in found[name])

    yield Row("import sonitemi_pipelines", "import dagster", "s", wall("package"), wall("dagster"), 0.25)
    yield Row("load the code location", "import dagster", "s", wall("location"), wall("dagster"), 1.5)
    yield Row('query "SELECT 1"', "import duckdb", "s", wall("query"), wall("duckdb"), 2.5)


def _syncing(plan: Plan, say: Say) -> Iterator[Row]:
    """syncs over HTTP"""
    with _served(plan.corpus, 0) as here, _served(plan.corpus, 50) as far:
        found = _rounds(
            plan,
            {
                "here": lambda home: _ours("ours", "sync", home, env=here.env),
                "far": lambda home: _ours("ours", "sync", home, env=far.env),
            },
            say,
            rounds=max(1, plan.rounds // 2),
        )
    transcripts = sum(1 for _ in plan.corpus.rglob("*.json"))
    bound = max(transcripts * 0.05 / 8, median(each["wall"] for each in found["here"]))
    far_wall = median(each["wall"] for each in found["far"])
    yield Row("first sync at 50 ms a call, 8 in flight", "latency or own time", "s", far_wall, bound, 1.15)
    with _served(plan.large_corpus, 0) as server:
        say(f"  a first sync of {plan.growth} times as much")
        grown = _ours("ours", "sync", _fresh(plan, "grown"), env=server.env)["peak_mb"]
    peak = median(each["peak_mb"] for each in found["here"])
    yield Row("peak memory of a first sync", "-", "MB", peak, None, 500)
    yield Row(f"peak memory, {plan.growth} times the words", "once the words", "MB", grown, peak, 1.1)
    home = _fresh(plan, "unchanged")
    with _served(str(plan.media), 0) as server:
        say(f"  an account of {plan.media} recordings in which nothing changes")
        _ours("ours", "sync", home, env=server.env)
        server.since_last()
        _ours("ours", "sync", home, env=server.env)
        pages = json.dumps(server.since_last()["pages"])
        found = _rounds(
            plan,
            {
                "again": lambda _: _ours("ours", "sync", home, env=server.env),
                "bare": lambda _: _ours("ours", "bare", pages, env=server.env),
            },
            say,
        )
    again, bare = (median(each["cpu"] for each in found[name]) for name in ("again", "bare"))
    yield Row(f"sync of {plan.media:,} unchanged recordings", "their pages alone", "CPU-s", again, bare, 1.2)


def _sizes(plan: Plan, say: Say) -> Iterator[Row]:
    """the same at a quarter and at half of the size"""
    for part in (4, 2):
        folder = plan.folder / f"corpus-{plan.words}of{part}"
        corpus.share(plan.corpus, folder, part)
        size = f"{plan.words / part / 1e6:g} M words"
        peer = _peer(plan, "dicts_pandas", _fresh(plan, "peer"), folder)
        for step, what in (("ingest", "bytes to the lake"), ("whole", "whole path")):
            ours = _ours("ours", step, folder, _fresh(plan, step))
            say(f"  {size}, {step}: {ours['wall']:.2f} s")
            mine, its = (each["cpu"] / each["words"] * 1e6 for each in (ours, peer))
            yield Row(f"{what}, {size}", _title("dicts_pandas"), "CPU-s/M words", mine, its, None)
        yield Row(f"peak memory of the whole path, {size}", "-", "MB", ours["peak_mb"], None, None)


def _growing(plan: Plan, say: Say) -> Iterator[Row]:
    """one change, one search, in a small lake and a large one"""
    small, large = plan.lakes
    homes = {name: _fresh(plan, f"{name}-lake") for name in ("small", "large")}
    for name, size in (("small", small), ("large", large)):
        say(f"  a lake of {size:g} M words")
        _ours("growth", "build", homes[name], size)
    found = _rounds(
        plan,
        {
            "small": lambda _: _ours("growth", "change", homes["small"]),
            "large": lambda _: _ours("growth", "change", homes["large"]),
            "search": lambda _: _ours("growth", "search", homes["large"]),
        },
        say,
        times=2,
    )
    cpu = {name: median(each["cpu"] for each in found[name][1:] or found[name]) for name in ("small", "large")}
    what = f"one changed transcript, {large:g} M words"
    yield Row(what, f"{small:g} M words", "CPU-s", cpu["large"], cpu["small"], 1.2)
    searched = 1000 * median(each["median"] for each in found["search"])
    yield Row(f"search of three words, {large:g} M words", "-", "ms", searched, None, None)


PARTS = {"read": _reading, "start": _start_up, "sync": _syncing, "grow": _growing, "sizes": _sizes}


def _rounds(
    plan: Plan, ways: Mapping[str, Callable[[Path], dict[str, float]]], say: Say, *, rounds: int = 0, times: int = 1
) -> Figures:
    """Each way once a round, so that what else the machine does touches all of them; each in an empty folder."""
    found: Figures = {name: [] for name in ways}
    for number in range(1, (rounds or plan.rounds) * times + 1):
        for name, way in ways.items():
            home = _fresh(plan, name)
            figures = way(home)
            found[name].append(figures)
            shutil.rmtree(home, ignore_errors=True)
            wall = figures.get("wall", figures["process_wall"])
            say(f"  round {number}, {name}: {wall:.2f} s, {figures['peak_mb']:.0f} MB")
    return found


def _fresh(plan: Plan, name: str) -> Path:
    home = plan.folder / "runs" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return home


def _ours(module: str, step: str, *args: object, env: Mapping[str, str] | None = None) -> dict[str, float]:
    return run((sys.executable, "-m", f"benchmarks.{module}", step, *map(str, args)), env)


def _peer(plan: Plan, name: str, out: Path, read: Path | None = None) -> dict[str, float]:
    script = HERE / "peers" / f"{name}.py"
    # Beside the corpus nothing of ours: only the stop-watch.
    return run((str(plan.peers), str(script), str(read or plan.corpus), str(out)), {"PYTHONPATH": str(HERE)})


class _Server:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.env: dict[str, str] = json.loads(self._line())

    def since_last(self) -> dict[str, list[str]]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer: dict[str, list[str]] = json.loads(self._line())
        return answer

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def _served(what: Path | str, latency_ms: int) -> Iterator[_Server]:
    command = [sys.executable, "-m", "benchmarks.server", str(what), str(latency_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Server(process)
        finally:
            process.terminate()


def _zstd(plan: Plan) -> int:
    import pyarrow as pa

    codec = pa.Codec("zstd", 1)
    return sum(len(codec.compress(path.read_bytes(), asbytes=True)) for path in plan.corpus.rglob("*.json"))


def _title(peer: str) -> str:
    return {
        "dicts_pandas": "dicts + pandas, one table",
        "dlt_tuned": "dlt, tuned, nested tables",
        "msgspec_structs": "msgspec structs, three tables",
        "pyarrow_json": "pyarrow.json, one table",
        "duckdb_json": "DuckDB read_json, one table",
    }[peer]
