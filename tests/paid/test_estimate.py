"""What a request would come to, before anything is sent: a wrong number is a surprise on the bill."""

from __future__ import annotations

import struct
import wave
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.paid.estimate import estimate, estimate_of
from sonitemi_pipelines.paid.lengths import seconds_of
from sonitemi_pipelines.pipeline.account import run_step
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.vendors import VENDORS

URL = "https://media.example.com/a.mp3"


def wav(path: Path, seconds: int) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(100)
        sound.writeframes(bytes(100 * seconds))


def flac(path: Path, seconds: int) -> None:
    packed = (44100 << 44) | (44100 * seconds)
    path.write_bytes(b"fLaC" + b"\x00\x00\x00\x22" + bytes(10) + packed.to_bytes(8, "big") + bytes(16))


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def mp4(path: Path, seconds: int) -> None:
    head = struct.pack(">4xIIII", 0, 0, 600, 600 * seconds) + bytes(80)
    path.write_bytes(box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(5000)) + box(b"moov", box(b"mvhd", head)))


def mov_of_64_bits(path: Path, seconds: int) -> None:
    head = struct.pack(">B3xQQIQ", 1, 0, 0, 48000, 48000 * seconds) + bytes(80)
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 100) + bytes(100)
    path.write_bytes(box(b"wide", b"") + large + box(b"moov", box(b"mvhd", head)))


FRAME = b"\xff\xfb\x90\x00" + bytes(413)
"""MPEG 1 layer III, 128 kbit/s, 44,100 Hz: 26.12 ms."""


def mp3(path: Path, seconds: int) -> None:
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + bytes(128)
    path.write_bytes(tag + FRAME * round(seconds * 44100 / 1152))


def mp3_of_changing_rate(path: Path, seconds: int) -> None:
    frames = round(seconds * 44100 / 1152)
    first = b"\xff\xfb\x90\x00" + bytes(32) + b"Xing\x00\x00\x00\x01" + frames.to_bytes(4, "big")
    slow = b"\xff\xfb\x50\x00" + bytes(204)
    path.write_bytes(first.ljust(417, b"\0") + (FRAME + slow) * 50)


@pytest.mark.parametrize("make", [wav, flac, mp4, mov_of_64_bits, mp3, mp3_of_changing_rate])
def test_a_file_says_how_long_it_is(tmp_path: Path, make: Callable[[Path, int], None]) -> None:
    path = tmp_path / "media"
    make(path, 61)
    assert seconds_of(path) == pytest.approx(61, abs=0.2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"RIFF",
        b"fLaC" + bytes(40),
        b"ID3",
        bytes(2000),
        b"\xff\xfb" * 500,
        (FRAME + b"\xff\xfb\x50\x00" + bytes(204)) * 50,
        box(b"ftyp", b"isom"),
        box(b"moov", box(b"mvhd", bytes(100))),
        struct.pack(">I4s", 8, b"moov") * 3,
        struct.pack(">I4sQ", 1, b"mdat", 2**63) + bytes(100),
        struct.pack(">I4s", 3, b"ftyp") + bytes(100),
    ],
)
def test_a_file_that_does_not_say_it_is_of_unknown_length(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "media"
    path.write_bytes(body)
    assert seconds_of(path) is None


def test_an_estimate_says_count_minutes_and_cost(tmp_path: Path) -> None:
    wav(tmp_path / "a.wav", 61)
    (tmp_path / "b.mp3").write_bytes(b"x")
    found = estimate([tmp_path / "a.wav", tmp_path / "b.mp3", URL], Decimal("0.25"))
    assert (found.count, found.minutes, found.unknown, found.cost) == (3, 2, 2, Decimal("0.50"))
    assert str(found).startswith("3 to send, 2 started minutes and 2 of a length not known here, 0.50 USD")
    assert "not known" in str(estimate_of([None], None))


def test_a_dry_run_of_every_paid_command_says_what_it_would_be_and_sends_nothing(
    sandbox: Sandbox, settings: Settings, home: Path, tmp_path: Path
) -> None:
    """The first run of a command that costs money is the one that a user wants to see beforehand."""
    client = SonixClient(sandbox.keys["sonix"], sandbox.base_url)
    folder = client.folders.create(name="Council").id
    media, _ = sandbox.add_sonix(2, folder_id=folder, minutes=1.5, language="en")
    lake, vendor = Lake.from_settings(settings), VENDORS["sonix"]
    for step in vendor.steps:
        if step.table.name in ("sonix_folders", "sonix_media"):
            run_step(vendor, step, lake, client, Scope(), settings)
    sandbox.reset_counts()
    wav(tmp_path / "a.wav", 61)
    file = str(tmp_path / "a.wav")
    env = {**sandbox.env, "SONITEMI_HOME": str(home), "SONIX_RATE_PER_MINUTE": "0.1"}

    def said(*command: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, [*command, "--dry-run"], env=env)
        assert done.exit_code == code, done.output
        return done.output

    assert "1 to send, 2 started minutes, 0.20 USD; nothing was sent" in said("submit", "sonix", file, "--language=en")
    assert "no rate is configured" in said("submit", "temi", file)
    assert "1 to send" in said("sonix", "media", "submit", "--file", file, "--language", "en")
    for command in (
        ("translate", media, "es"),
        ("summarize", media, "--prompt", "What?"),
        ("sonix", "translations", "create", media, "--language", "es"),
        ("sonix", "summarizations", "create", media, "--prompt", "What?"),
    ):
        assert "1 recordings, 2 started minutes, cost not known" in said(*command)
    assert "2 recordings, 4 started minutes" in said("summarize-folder", folder, "--prompt", "What?")
    assert "1 recordings, 0 started minutes and 1 of a length not known" in said("translate", "unknown", "es")
    assert "nothing" in said("translate", media, "", code=1)
    assert "file" in said("submit", "temi", str(tmp_path / "none.wav"), code=1)
    assert not sandbox.counts(), "nothing was asked of the vendors"
