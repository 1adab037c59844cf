"""A home that is harmed, worked on and looked at again in one place, for views of the warehouse name files by path."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from click.testing import CliRunner

from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.errors import SonitemiError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.run import publish_what_is_sound
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from tests.lake.harms import COMMANDS, PUBLISH

_TABLES = {
    "transcripts": "fetched_at, source_modified_at",
    "words": "",
    "turns": "",
    "spoken_words": "",
    "raw_payloads": "fetched_at",
    "sonix_media": "first_seen_at, changed_at",
    "temi_jobs": "first_seen_at, changed_at",
    "speaker_stats": "",
    "token_index": "",
}


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, what it made, and what it said was wrong."""

    code: int
    made: str
    said: str


@dataclass
class Home:
    """A synced home, and beside it a copy to start from again."""

    sandbox: Sandbox
    folder: Path
    env: dict[str, str] = field(init=False)
    media: str = field(init=False)
    other: str = field(init=False)

    def __post_init__(self) -> None:
        self.env = {**self.sandbox.env, "SONITEMI_HOME": str(self.folder / "home")}
        for _ in range(3):
            assert self.run("sync").code == 0
            self.media, self.other = self.sandbox.add_sonix(2)
            self.sandbox.add_temi(1)
        assert self.run("sync").code == 0
        shutil.copytree(self.folder / "home", self.folder / "copy")
        self.expected = self.truth()
        self.made = {name: self.run(name).made for name in ("query", "report", "export")}

    @property
    def lake(self) -> Path:
        return self.folder / "home" / "lake"

    def start_again(self) -> None:
        shutil.rmtree(self.folder / "home")
        shutil.copytree(self.folder / "copy", self.folder / "home")

    def run(self, command: str) -> Ended:
        """One command in this process; a traceback is an AssertionError."""
        if command == PUBLISH:
            settings = Settings.from_env(self.env)
            try:
                _, problems = publish_what_is_sound(Lake.from_settings(settings), settings)
            except SonitemiError as error:
                problems = [str(error)]
            return Ended(1 if problems else 0, "", "\n".join(problems))
        out = self.folder / "page.html"
        out.unlink(missing_ok=True)
        arguments = [
            one.format(media=getattr(self, "media", ""), other=getattr(self, "other", ""), out=out)
            for one in COMMANDS[command]
        ]
        done = CliRunner().invoke(main, arguments, env=self.env)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        made = out.read_text() if out.exists() else done.stdout
        said = done.stdout if command == "doctor" else done.stderr
        return Ended(done.exit_code, made, said)

    def truth(self, without: str = "") -> dict[str, tuple[int, int]]:
        """Rows of what the warehouse shows, and a number made of all of them; without one recording."""
        found = {}
        with duckdb.connect(str(self.folder / "home" / "warehouse.duckdb"), read_only=True) as connection:
            for name, left_out in _TABLES.items():
                columns = f"* EXCLUDE ({left_out})" if left_out else "*"
                id_ = "media_id" if name == "sonix_media" else "job_id" if name == "temi_jobs" else "recording_id"
                found[name] = connection.execute(
                    "SELECT count(*), coalesce(sum(hash(t::VARCHAR) % 1000003), 0)::BIGINT "
                    f"FROM (SELECT {columns} FROM {name} WHERE {id_} <> '{without}') AS t"
                ).fetchall()[0]
        return found
