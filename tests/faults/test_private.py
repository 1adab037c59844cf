"""Files are the user's own, nothing written shows a secret, and an erasure comes before all that may fail."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import LakeError, SettingsError
from sonitemi_pipelines.lake.private import as_private_as, make_private
from sonitemi_pipelines.lake.schemas import TRANSCRIPTS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline import forget as forgetting
from sonitemi_pipelines.pipeline.forget import forget
from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors.temi.tables import TEMI_JOBS
from sonitemi_pipelines.webhooks.events import Delivery
from sonitemi_pipelines.webhooks.inbox import Inbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=6, sonix=2, temi=1, minutes=(0.2, 0.3)).running() as running:
        yield running


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {str(path): stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


def test_lake_warehouse_and_state_are_private_and_hold_no_secret(
    sandbox: Sandbox, home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a umask of 022 everybody on the machine could read every transcript; and callback URLs hold secrets."""
    monkeypatch.setenv("SONITEMI_WEBHOOK_URL_SECRET", "hook-secret-0123456789")
    [job] = sandbox.add_temi(minutes=0.2)
    state = sandbox.vendors.temi.jobs.get(job)
    assert state is not None
    state.callback_url = "https://me.example.com/temi/callback/hook-secret-0123456789"
    assert run_sync(settings).complete
    assert os.umask(0o022) == 0o022, "what others write in this process stays as they want it"
    assert {path: oct(mode) for path, mode in modes(home).items() if mode & 0o077} == {}
    secrets = [b"hook-secret-0123456789", *(key.encode() for key in sandbox.keys.values())]
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) > 20
    # Parquet is compressed, so what it holds is read as well.
    assert not [path for path in files for secret in secrets if secret in path.read_bytes()]
    rows = Lake.from_settings(settings).read(TEMI_JOBS).to_pylist()
    assert "https://me.example.com/temi/callback/<key>" in {row["callback_url"] for row in rows}


def test_a_folder_that_its_operator_shares_stays_shared(tmp_path: Path) -> None:
    """A team that reads the lake by its group would be locked out by the next run."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o750)
    shared.chmod(0o750)
    make_private(shared)
    with as_private_as(shared):
        (shared / "file").write_text("x")
    assert modes(shared) == {str(shared): 0o750, str(shared / "file"): 0o640}


def test_the_umask_is_that_of_before_once_nobody_writes(tmp_path: Path) -> None:
    """A notebook, or other assets of the same run, would write files that their readers cannot open."""
    before = os.umask(0o022)
    os.umask(before)
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    with ThreadPoolExecutor(8) as pool:

        def write(number: int) -> None:
            with as_private_as(tmp_path / "none" if number % 2 else shared):
                time.sleep(number % 7 / 1000)

        list(pool.map(write, range(200)))
    after = os.umask(before)
    assert after == before


def test_a_receiver_that_comes_first_makes_the_home_private_too(
    sandbox: Sandbox, home: Path, settings: Settings
) -> None:
    """The inbox made the home with the usual umask, and everything that came after it was as open as that."""
    with Inbox(home / "new" / "inbox" / "webhooks.sqlite"):
        assert {path: oct(mode) for path, mode in modes(home).items() if mode & 0o077} == {}


@pytest.mark.slow
def test_an_erasure_ends_although_nothing_can_be_computed(
    sandbox: Sandbox, home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One poisonous transcript kept every other from being erased."""
    monkeypatch.setenv("SONITEMI_HOME", str(home))
    [media] = sandbox.add_sonix(minutes=0.2)
    said = "Xylophonquartett"
    body = f'{{"transcript": [{{"words": [{{"text": "{said}", "start_time": 0, "end_time": 1}}]}}]}}'
    sandbox.faults.fail_next("sonix transcript.get", id=media, status=200, body=body.encode())
    assert run_sync(settings).complete
    with Inbox(home / "inbox" / "webhooks.sqlite") as inbox:
        for recording, text in ((media, said), (None, f"{media} {said}"), (None, "of another")):
            inbox.put(
                Delivery(
                    provider="sonix",
                    recording_id=recording,
                    kind="unknown",
                    received_at=utc_now(),
                    body=text.encode(),
                )
            )

    def fails(*args: object, **options: object) -> None:
        raise ZeroDivisionError("poison")

    monkeypatch.setattr(forgetting, "refresh", fails)
    with pytest.raises(LakeError, match="is erased, but computing the marts met ZeroDivisionError"):
        forget(settings, "sonix", media)
    with Inbox(home / "inbox" / "webhooks.sqlite") as inbox:
        assert [event.body for event in inbox.pending()] == [b"of another"]
    assert media not in Lake.from_settings(settings).read(TRANSCRIPTS, ["recording_id"])["recording_id"].to_pylist()
    held = [path for path in home.rglob("*") if path.is_file() and said.encode() in path.read_bytes()]
    assert held == []
    monkeypatch.undo()
    assert run_sync(settings).publication is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://operator:hunter2secret@[::1",
        "https://a.example/v1?api_key=hunter2secret",
        "ftp://operator:hunter2secret@a.example",
    ],
)
def test_a_base_url_that_is_none_is_told_without_its_secrets(url: str) -> None:
    """The message goes to terminals and logs of schedulers."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({"SONIX_API_KEY": "k" * 20, "SONIX_BASE_URL": url}).vendor("sonix")
    assert "SONIX_BASE_URL" in str(caught.value)
    assert "hunter2secret" not in str(caught.value)


def test_settings_show_no_password_of_a_base_url() -> None:
    env = {"TEMI_API_KEY": "k" * 20, "TEMI_BASE_URL": "https://operator:hunter2secret@a.example/v1"}
    found = Settings.from_env(env)
    assert found.vendor("temi").base_url == "https://a.example/v1"
    assert "hunter2secret" not in f"{found!r} {found.vendor('temi')!r}"
