"""The commands that cost money, as a person runs them: output and exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.paid import Ledger
from sonitemi_pipelines.sandbox import Sandbox

SONITEMI = [sys.executable, "-m", "sonitemi_pipelines.cli"]


def sonitemi(*args: str, home: Path, **env: str) -> Result:
    """Run a command in this process: the same code, without a second of start-up each."""
    return CliRunner().invoke(main, args, env={"SONITEMI_HOME": str(home), "SONITEMI_WAREHOUSE": "", **env})


def test_one_line_and_one_id_for_each_request(sandbox: Sandbox, home: Path, call: Path, ledger: Ledger) -> None:
    """Scripts read the ids; a person reads which of the files failed; both need the exit code."""
    url = "https://media.example.com/talk.mp3"
    done = sonitemi("submit", "temi", str(call), url, "no.mp3", "--metadata", "order 7", home=home, **sandbox.env)
    assert done.exit_code == 1
    by_file, by_url = done.stdout.splitlines()
    rows = {row["subject"]: row["vendor_id"] for row in ledger.lake.read(VENDOR_REQUESTS).to_pylist()}
    assert by_file == f"temi jobs.submit {call}: accepted as {rows[str(call)]}"
    assert by_url == f"temi jobs.submit {url}: accepted as {rows[url]}"
    [missing] = done.stderr.splitlines()
    assert missing.startswith("sonitemi: temi jobs.submit no.mp3: refused")
    again = sonitemi("submit", "temi", url, home=home, **sandbox.env)
    assert again.exit_code == 1
    assert rows[url] in again.stderr
    assert again.stdout == ""
    forced = sonitemi("submit", "temi", url, "--force", home=home, **sandbox.env)
    assert forced.exit_code == 0
    assert rows[url] not in forced.stdout


WHOLE = {
    "language": "en",
    "folder_id": "{folder}",
    "name": "Talk with Ann",
    "transcript_text": "Ann: Hello.",
    "custom_data": '{"case": 7}',
    "keywords": "Kairos, Bergamasco",
    "multitrack": "true",
    "speaker_labels": '["Ann", "Bob"]',
    "callback_url": "https://example.com/back",
}
"""What the document of Sonix lets one say of a media to submit."""


@pytest.mark.parametrize(
    "command", [["submit", "sonix", "{file}"], ["sonix", "media", "submit", "--file", "{file}"]], ids=["all", "one"]
)
def test_every_option_of_a_submission_reaches_sonix(
    sandbox: Sandbox, home: Path, call: Path, command: list[str]
) -> None:
    """An option that only curl can give sends people around the ledger, where nothing keeps them from paying twice."""
    folder = next(iter(sandbox.vendors.sonix.folders))
    given = [word.format(file=call) for word in command]
    given += ["--language", "en", "--folder-id", folder, "--name", "Talk with Ann", "--transcript-text", "Ann: Hello."]
    given += ["--custom-data", '{"case": 7}', "--keywords", "Kairos", "--keywords", "Bergamasco", "--multitrack"]
    given += ["--speaker-labels", "Ann", "--speaker-labels", "Bob", "--callback-url", "https://example.com/back"]
    done = sonitemi(*given, home=home, **sandbox.env)
    assert done.exit_code == 0, done.stderr
    [form] = [dict(request.form) for request in sandbox.requests if request.operation == "sonix media.submit"]
    data = json.loads(form.pop("custom_data"))
    assert data.pop("sonitemi_request")
    assert form | {"custom_data": json.dumps(data)} == {**WHOLE, "folder_id": folder}


def test_every_option_of_a_submission_reaches_temi(sandbox: Sandbox, home: Path, tmp_path: Path) -> None:
    nameless = tmp_path / "call"
    nameless.write_bytes(b"sound")
    options = ["--content-type", "audio/mpeg", "--metadata", "order 7", "--callback-url", "https://example.com/back"]
    for command in (["submit", "temi", str(nameless)], ["temi", "jobs", "submit", "--file", str(nameless), "--force"]):
        done = sonitemi(*command, *options, home=home, **sandbox.env)
        assert done.exit_code == 0, done.stderr
        request = next(found for found in reversed(sandbox.requests) if found.operation == "temi job.submit")
        sent = json.loads(dict(request.form)["options"])
        assert sent.pop("metadata").startswith("order 7 sonitemi_request:")
        assert sent == {"callback_url": "https://example.com/back"}
        assert request.files["media"].content_type == "audio/mpeg"


def test_one_name_is_not_given_to_many(sandbox: Sandbox, home: Path) -> None:
    urls = ["https://media.example.com/a.mp3", "https://media.example.com/b.mp3"]
    done = sonitemi("submit", "sonix", *urls, "--language", "en", "--name", "Talk", home=home, **sandbox.env)
    assert (done.exit_code, sandbox.counts()) == (1, {})
    assert "name is one name for 2 media; give name_prefix" in done.stderr


def test_a_folder_needs_a_pattern(sandbox: Sandbox, home: Path, call: Path) -> None:
    """A folder given by mistake would otherwise be paid for as a whole."""
    folder = str(call.parent)
    done = sonitemi("submit", "sonix", folder, "--language", "en", home=home, **sandbox.env)
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert f"{folder} is a folder: give --pattern" in done.stderr
    assert sandbox.counts() == {}
    done = sonitemi("submit", "sonix", folder, "--pattern", "*.mp3", "--language", "en", home=home, **sandbox.env)
    assert done.exit_code == 0, done.stderr
    assert sandbox.counts() == {"sonix media.submit": 1}


def test_summaries_and_translations(sandbox: Sandbox, home: Path) -> None:
    """Each of the commands has to reach its operation."""
    folder_id = next(iter(sandbox.vendors.sonix.folders))
    for media in list(sandbox.vendors.sonix.media):
        sandbox.move(media.id, None)
    [media_id] = sandbox.add_sonix(language="en", folder_id=folder_id)
    commands = (
        ["summarize", media_id, "--prompt", "Who speaks?"],
        ["summarize-folder", folder_id, "--prompt", "Who speaks?"],
        ["translate", media_id, "es"],
    )
    ids = []
    for command in commands:
        done = sonitemi(*command, home=home, **sandbox.env)
        assert done.exit_code == 0, done.stderr
        [line] = done.stdout.splitlines()
        ids.append(line.rpartition(" accepted as ")[2])
    assert ids[:2] == [task.id for task in list(sandbox.vendors.sonix.tasks.values())[-3:-1]]
    assert ids[2] == f"{media_id}/es"


@pytest.mark.parametrize(
    ("command", "said", "code"),
    [
        (["submit", "sonix", "https://a.b/c", "--language", "english"], "did you mean en (English)", 1),
        (["submit", "temi", "https://a.b/c"], "TEMI_API_KEY is not set", 2),
        (["submit", "sonix", "https://a.b/c", "--window-hours", "-1"], "window_hours", 1),
        (["summarize", "m", "--prompt", ""], "prompt is empty", 1),
    ],
)
def test_mistakes_are_one_line(sandbox: Sandbox, home: Path, command: list[str], said: str, code: int) -> None:
    """A traceback helps nobody who mistyped a word."""
    done = sonitemi(*command, home=home, **{**sandbox.env, "TEMI_API_KEY": ""})
    assert done.exit_code == code
    [line] = done.stderr.splitlines()
    assert line.startswith("sonitemi: ")
    assert said in line
    assert sandbox.counts() == {}


def test_ctrl_c_leaves_a_request_that_is_found_again(sandbox: Sandbox, home: Path, call: Path) -> None:
    """An impatient operator interrupts an upload that the vendor has already taken, and tries again."""
    sandbox.faults.fail_next("temi job.submit", status=200, slow_s=1.5)
    before = len(sandbox.vendors.temi.jobs)
    process = subprocess.Popen(
        [*SONITEMI, "submit", "temi", str(call)],
        env={**os.environ, **sandbox.env, "SONITEMI_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not sandbox.counts().get("temi job.submit"):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert sonitemi("submit", "temi", str(call), home=home, **sandbox.env).exit_code == 0
    assert len(sandbox.vendors.temi.jobs) == before + 1
