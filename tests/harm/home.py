"""A home that is harmed, worked on and looked at again in one place, for views of the warehouse name files by path."""

from __future__ import annotations

import logging
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from click.testing import CliRunner

from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.sandbox import Sandbox
from tests.harm.harms import Act

_TABLES = {
    "transcripts": ("fetched_at", "source_modified_at"),
    "words": (),
    "turns": (),
    "spoken_words": (),
    "raw_payloads": ("fetched_at",),
    "sonix_media": ("first_seen_at", "changed_at", "deleted_at"),
    "temi_jobs": ("first_seen_at", "changed_at", "deleted_at"),
    "recordings": ("first_seen_at", "changed_at", "deleted_at"),
    "speaker_stats": (),
    "token_index": (),
    "forgotten": ("forgotten_at",),
}
"""What the warehouse shows, and the columns that say when a run took place."""
_IDS = {"sonix_media": "media_id", "temi_jobs": "job_id"}

QUERY = "SELECT count(*) AS n, sum(hash(recording_id, word_index, text) % 1000003) AS h FROM words"
COMMANDS: dict[str, tuple[str, ...]] = {
    "sync": ("sync", "--quiet"),
    "maintain": ("maintain",),
    "rebuild": ("rebuild",),
    "doctor": ("doctor",),
    "query": ("query", "--csv", QUERY),
    "export": ("export", "sonix", "{media}", "--format", "srt", "--output", "{out}"),
    "report": ("report", "sonix", "{media}", "--output", "{out}"),
    "forget": ("forget", "temi", "{job}"),
}
_READING = ("query", "export", "report")
_WAY_OUT = re.compile(
    r"sonitemi (rebuild|sync|doctor)|erased again|backup|move it away|turn it off there|delete it|DROP FEATURE"
)
_LINES = 4

TOLD, TRUE = "told", "true"
"""How a command ends: exit 1 with few lines that name a way out, or exit 0 and the whole truth."""
_LOOKING = ("doctor", *_READING)
"""Commands that leave a home as it is."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, what it made, and what it said was wrong."""

    code: int
    made: str
    said: str


@dataclass
class Home:
    """A synced home, and beside it a copy to start from again.

    Attributes:
        media: a Sonix recording that the vendor still has; `gone` one that it has deleted.
        job: a Temi recording to forget.
    """

    sandbox: Sandbox
    folder: Path
    env: dict[str, str] = field(init=False)
    media: str = ""
    gone: str = ""
    job: str = ""

    def __post_init__(self) -> None:
        unset = {name: "" for name in os.environ if name.startswith(("SONIX_", "TEMI_", "SONITEMI_"))}
        self.env = {**unset, **self.sandbox.env, "SONITEMI_HOME": str(self.path)}
        self.gone, self.media = self.sandbox.add_sonix(2)
        erased, self.job = self.sandbox.add_temi(2)
        assert self.run("sync").code == 0
        self.sandbox.delete(self.gone)
        assert CliRunner().invoke(main, ["forget", "temi", erased], env=self.env).exit_code == 0
        self.sandbox.add_sonix(1)
        self.sandbox.add_temi(1)
        assert self.run("sync").code == 0
        shutil.copytree(self.path, self.folder / "copy")
        self.expected = self.truth()
        self.without_job = self.truth(self.job)
        self.made = {name: self.run(name).made for name in _READING}
        assert all(rows > 0 for rows, *_ in self.expected.values()), self.expected

    @property
    def path(self) -> Path:
        return self.folder / "home"

    def start_again(self) -> None:
        shutil.rmtree(self.path)
        shutil.copytree(self.folder / "copy", self.path)

    def run(self, command: str) -> Ended:
        """One command in this process; a traceback is an AssertionError."""
        out = self.folder / "made"
        out.unlink(missing_ok=True)
        arguments = [one.format(media=self.media, job=self.job, out=out) for one in COMMANDS[command]]
        with _log_to_stderr():
            done = CliRunner().invoke(main, arguments, env=self.env)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"{command}: a traceback") from done.exception
        made = out.read_text() if out.exists() else done.stdout
        if command == "doctor":
            said = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("ok "))
        else:
            said = done.stderr
        return Ended(done.exit_code, made, said)

    def outcome(self, command: str) -> str:
        """What a command comes to on the home as it is: `TRUE` or `TOLD`.

        Raises:
            AssertionError: it is neither.
        """
        return self._judged(command, self.run(command))

    def _judged(self, command: str, ended: Ended) -> str:
        if ended.code == 0:
            self._assert_true(command, ended)
            return TRUE
        assert ended.code == 1, f"{command}: exit {ended.code}: {ended.said}"
        lines = ended.said.splitlines()
        assert lines, f"{command}: exit 1 without a word"
        assert "Traceback" not in ended.said, f"{command}: {ended.said}"
        assert len(lines) <= _LINES, f"{command}: {len(lines)} lines\n{ended.said}"
        assert len(set(lines)) == len(lines), f"{command}: says it twice\n{ended.said}"
        assert _WAY_OUT.search(ended.said), f"{command}: no way out: {ended.said}"
        assert not any("\x1b" in line or len(line) > 900 for line in lines), f"{command}: {ended.said}"
        return TOLD

    def mended(self) -> tuple[str, str]:
        """What brings a home back whose damage a sync has told: what `rebuild` came to, and how the home was mended,
        with what is lost all the same.

        Raises:
            AssertionError: something is lost that nobody said, or the home does not come to rest.
        """
        rebuilt = self.run("rebuild")
        judged = self._judged("rebuild", rebuilt)
        synced = self.run("sync")
        if synced.code and re.search("(move it away|delete it)", synced.said):
            (self.path / "warehouse.duckdb").unlink()
            assert self.run("sync").code == 0
            assert self.truth() == self.expected
            return judged, "the file moved away, sync"
        if synced.code:
            return judged, "backup"
        rest = self.run("doctor")
        assert rest.code == 0, f"after rebuild and sync: {rest.said}"
        found = self.truth()
        lost = [name for name in self.expected if found[name] != self.expected[name]]
        assert not lost or rebuilt.code == 1, f"lost without a word: {lost}"
        return judged, "rebuild, sync" + (f", without {' and '.join(lost)}" if lost else "")

    def _assert_true(self, command: str, ended: Ended) -> None:
        if command in _READING:
            assert ended.made == self.made[command], f"{command}: exit 0 with something else"
            return
        if command == "doctor":
            after = self.run("sync")
            assert after.code == 0, f"doctor: exit 0, and a sync then says {after.said}"
        expected = self.without_job if command == "forget" else self.expected
        found = self.truth()
        if command == "forget":
            found["forgotten"] = expected["forgotten"]
        wrong = {name: (found[name], expected[name]) for name in expected if found[name] != expected[name]}
        assert not wrong, f"{command}: exit 0 with less than the truth: {wrong} {ended.said}"

    def truth(self, without: str = "") -> dict[str, tuple[int, int]]:
        """Rows of what the warehouse shows, and a number made of all of them; without one recording."""
        found = {}
        try:
            with duckdb.connect(str(self.path / "warehouse.duckdb"), read_only=True) as connection:
                for name, left_out in _TABLES.items():
                    columns = f"* EXCLUDE ({', '.join(left_out)})" if left_out else "*"
                    gone = ", deleted_at IS NULL" if "deleted_at" in left_out else ""
                    found[name] = connection.execute(
                        "SELECT count(*), coalesce(sum(hash(t::VARCHAR) % 1000003), 0)::BIGINT "
                        f"FROM (SELECT {columns}{gone} FROM {name} WHERE {_IDS.get(name, 'recording_id')} <> ?) AS t",
                        [without],
                    ).fetchall()[0]
        except duckdb.Error as error:
            raise AssertionError(f"the warehouse cannot be read: {error}") from error
        return found


def prove(home: Home, act: Act, commands: Sequence[str] = tuple(COMMANDS)) -> dict[str, str]:
    """Do something to a home and run each command on it: what each came to, and how the home is mended.

    Raises:
        AssertionError: a command ended with less than the truth, or told it badly.
    """
    seen = {}
    harmed = False
    for command in (*_LOOKING, *(name for name in COMMANDS if name not in _LOOKING)):
        if command not in commands or command in seen:
            continue
        if command not in _LOOKING or not harmed:
            home.start_again()
            act(home.path)
            harmed = True
        seen[command] = home.outcome(command)
        if command == "doctor" and seen[command] == TRUE:
            # A sync was run to see whether that is so.
            harmed = False
        if command == "sync" and seen[command] == TRUE:
            seen["mended by"] = "sync"
        elif command == "sync":
            seen["rebuild"], seen["mended by"] = home.mended()
    return seen


@contextmanager
def _log_to_stderr() -> Iterator[None]:
    """Let the command set up its log as it does in a process of its own."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        yield
    finally:
        root.handlers = before
