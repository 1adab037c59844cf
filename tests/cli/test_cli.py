"""The command `sonitemi` as a person runs it: a real process, its output and its exit code."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings

SONITEMI = [sys.executable, "-m", "sonitemi_pipelines.cli"]


def sonitemi(*args: str, home: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SONIX_", "TEMI_", "SONITEMI_"))}
    return subprocess.run(
        [*SONITEMI, *args],
        env={**clean, "SONITEMI_HOME": str(home), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def assert_one_clear_line(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    lines = [line for line in done.stderr.splitlines() if line.startswith("sonitemi:")]
    assert done.returncode != 0
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in lines[0]


def test_sync_then_query_then_doctor(sandbox: Sandbox, home: Path) -> None:
    done = sonitemi("sync", home=home, **sandbox.env)
    assert done.returncode == 0, done.stderr
    assert "sonix_media: 12 rows, 12 new" in done.stdout
    asked = sonitemi("query", "SELECT count(*) AS n FROM recordings", "--csv", home=home)
    assert asked.stdout.split() == ["n", "22"]
    table = sonitemi("query", "SELECT provider, count(*) AS n FROM words GROUP BY ALL ORDER BY ALL", home=home)
    assert "sonix" in table.stdout
    doctor = sonitemi("doctor", home=home, **sandbox.env)
    assert doctor.returncode == 0, doctor.stdout
    assert doctor.stdout.count("ok  ") == 4


def test_exit_code_is_0_only_if_everything_arrived(sandbox: Sandbox, home: Path) -> None:
    [media] = sandbox.add_sonix(minutes=1)
    sandbox.faults.fail_next("sonix transcript.get", id=media, status=404, times=None)
    done = sonitemi("sync", home=home, **sandbox.env)
    assert done.returncode == 1
    assert f"sonix {media} (latest) is missing" in done.stderr
    sandbox.faults.clear()
    assert sonitemi("sync", home=home, **sandbox.env).returncode == 0


@pytest.mark.slow
def test_a_translation_made_elsewhere_is_taken_in_when_told_of(sandbox: Sandbox, home: Path) -> None:
    """Sonix lists no translations, so one that a person made in its editor would never be found."""
    assert sonitemi("sync", home=home, **sandbox.env).returncode == 0
    [media] = sandbox.add_sonix(minutes=0.2)
    client = SonixClient.from_settings(Settings.from_env(sandbox.env))
    client.translations.create(media, language="es")
    client.translations.wait(media, "es", interval=0.1)
    sandbox.reset_counts()
    done = sonitemi("sync", "--translation", f"{media}/es", home=home, **sandbox.env)
    assert done.returncode == 0, done.stderr
    asked = sonitemi(
        "query", f"SELECT variant FROM transcripts WHERE recording_id = '{media}' ORDER BY ALL", "--csv", home=home
    )
    assert asked.stdout.split() == ["variant", "latest", "translation-es"]
    assert sandbox.counts_by_id("sonix transcript.get") == {media: 2}
    done = sonitemi("sync", "--translation", f"{media}/fr", home=home, **sandbox.env)
    assert done.returncode == 1
    assert done.stderr == f"missing: sonix has no translation of {media} into fr; the next run tries again\n"
    assert_one_clear_line(sonitemi("sync", "--translation", media, home=home, **sandbox.env), "DT2ePNvJ/es")


def test_sql_with_a_comment_from_a_file_and_with_decimals(sandbox: Sandbox, home: Path, tmp_path: Path) -> None:
    """The examples begin with a comment, and money must not come out as a double."""
    assert sonitemi("sync", home=home, **sandbox.env).returncode == 0
    example = Path(__file__).resolve().parents[2] / "sql" / "examples" / "talk_share.sql"
    by_file = sonitemi("query", "--file", str(example), "--csv", home=home)
    as_text = sonitemi("query", example.read_text(), "--csv", home=home)
    assert by_file.returncode == as_text.returncode == 0, by_file.stderr + as_text.stderr
    assert by_file.stdout == as_text.stdout
    assert len(by_file.stdout.splitlines()) > 2
    asked = sonitemi("query", "SELECT 12345678901234.50::DECIMAL(18,2) AS usd", "--csv", home=home)
    assert asked.stdout.split() == ["usd", "12345678901234.50"]
    assert_one_clear_line(sonitemi("query", home=home), "--file")
    for options in ([], ["--csv"]):
        failing = sonitemi("query", "SELECT error('on purpose')", *options, home=home)
        assert_one_clear_line(failing, "the warehouse cannot answer", "on purpose")


def test_forget_erases_without_a_question_where_nobody_can_answer(sandbox: Sandbox, home: Path) -> None:
    """An erasure from a script or a queue must neither hang nor be taken for done."""
    [media] = sandbox.add_sonix(minutes=0.2)
    assert sonitemi("sync", home=home, **sandbox.env).returncode == 0
    done = sonitemi("forget", "sonix", media, home=home, **sandbox.env)
    assert done.returncode == 0, done.stderr
    assert "is forgotten here" in done.stdout
    left = sonitemi("query", f"SELECT count(*) AS n FROM words WHERE recording_id = '{media}'", "--csv", home=home)
    assert left.stdout.split() == ["n", "0"]
    assert_one_clear_line(sonitemi("forget", "temi", "nobody", home=home), "knows no temi recording nobody")


def test_a_vendor_without_a_key_is_skipped_aloud(sandbox: Sandbox, home: Path) -> None:
    env = {name: value for name, value in sandbox.env.items() if not name.startswith("TEMI")}
    done = sonitemi("sync", home=home, **env)
    assert done.returncode == 0
    assert "temi: TEMI_API_KEY is not set, skipped" in done.stdout


def test_no_key_at_all(home: Path) -> None:
    assert_one_clear_line(sonitemi("sync", home=home), "SONIX_API_KEY", "TEMI_API_KEY")
    assert not home.exists()


def test_a_wrong_key_is_named_and_not_shown(sandbox: Sandbox, home: Path) -> None:
    done = sonitemi("sync", home=home, **{**sandbox.env, "SONIX_API_KEY": "wrong-key", "TEMI_API_KEY": ""})
    assert_one_clear_line(done, "sonix", "401", "check the API key")
    assert "wrong-key" not in done.stdout + done.stderr


def test_an_unreachable_host_is_named(home: Path) -> None:
    env = {"SONIX_API_KEY": "k", "SONIX_BASE_URL": "http://127.0.0.1:1/v1"}
    assert_one_clear_line(sonitemi("sync", home=home, **env), "cannot reach http://127.0.0.1:1/v1")


@pytest.mark.parametrize("url", ["api.sonix.ai", "ftp://api.sonix.ai", "http://", "http://h:port/v1"])
def test_a_url_that_is_none_is_named(home: Path, url: str) -> None:
    assert_one_clear_line(sonitemi("sync", home=home, SONIX_API_KEY="k", SONIX_BASE_URL=url), "SONIX_BASE_URL")


class _Html(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body>Sign in</body></html>")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def login_page() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Html)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_vendor_that_answers_html_is_named(home: Path, login_page: str) -> None:
    done = sonitemi("sync", home=home, SONIX_API_KEY="k", SONIX_BASE_URL=login_page)
    assert_one_clear_line(done, login_page, "check the base URL")
    done = sonitemi("sync", home=home, TEMI_API_KEY="k", TEMI_BASE_URL=login_page)
    assert_one_clear_line(done, login_page, "check the base URL")


def test_a_corrupt_warehouse_stops_the_run_before_anything_is_fetched(sandbox: Sandbox, home: Path) -> None:
    home.mkdir()
    (home / "warehouse.duckdb").write_bytes(os.urandom(4096))
    assert_one_clear_line(sonitemi("sync", home=home, **sandbox.env), "warehouse.duckdb", "move it away")
    assert_one_clear_line(sonitemi("query", "SELECT 1", home=home), "warehouse.duckdb")
    assert sandbox.counts() == {}
    assert not (home / "lake").exists()
    doctor = sonitemi("doctor", home=home, **sandbox.env)
    assert doctor.returncode == 1
    assert "FAIL warehouse" in doctor.stdout


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="needs a user other than root")
def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = sonitemi("sync", home=blocked / "home", SONIX_API_KEY="k")
    assert_one_clear_line(done, "SONITEMI_HOME", "may write")


def test_sql_that_is_wrong_is_answered_in_words(sandbox: Sandbox, home: Path) -> None:
    assert_one_clear_line(sonitemi("query", "SELECT 1", home=home), "no warehouse", "sonitemi sync")
    sonitemi("sync", home=home, **sandbox.env)
    done = sonitemi("query", "SELECT nothing FROM nowhere", home=home)
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SONITEMI_IN_FLIGHT", "many"),
        ("SONITEMI_IN_FLIGHT", "0"),
        ("SONITEMI_TIMEZONE", "Mars/Base"),
        ("TEMI_RATE_PER_MINUTE", "cheap"),
        ("SONITEMI_WAREHOUSE", "s3://bucket/warehouse.duckdb"),
        ("SONIX_API_KEY", "a key"),
        ("SONITEMI_HOME", "/tmp/lakes[1]"),
        ("SONITEMI_HOME", "/tmp/provider=x/lake"),
    ],
)
def test_a_malformed_setting_is_named(home: Path, name: str, value: str) -> None:
    assert_one_clear_line(sonitemi("sync", home=home, **{"TEMI_API_KEY": "k", name: value}), name)


def test_ctrl_c_ends_at_once_and_the_next_run_finishes(sandbox: Sandbox, home: Path) -> None:
    sandbox.faults.fail_next("sonix transcript.get", status=200, slow_s=0.5, times=None)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SONIX_", "TEMI_", "SONITEMI_"))}
    process = subprocess.Popen(
        [*SONITEMI, "sync"],
        env={**clean, **sandbox.env, "SONITEMI_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not sandbox.counts().get("sonix transcript.get"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again to go on" in said
    assert "Traceback" not in said
    sandbox.faults.clear()
    assert sonitemi("sync", home=home, **sandbox.env).returncode == 0


def test_the_sandbox_says_how_to_use_it_and_stops_on_sigterm(home: Path) -> None:
    process = subprocess.Popen([*SONITEMI, "sandbox", "--sonix", "3", "--temi", "2"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    env = {}
    for _ in range(4):
        name, _, value = process.stdout.readline().removeprefix("export ").strip().partition("=")
        env[name] = value.strip("'\"")
    assert sonitemi("sync", home=home, **env).returncode == 0
    process.terminate()
    assert process.wait(timeout=20) == 0
    process.stdout.close()
