"""If this fails, what the vendors really send on a completion does not reach the inbox."""

from __future__ import annotations

import requests

from sonitemi_pipelines.sandbox import Sandbox
from tests.webhooks.conftest import SONIX_SECRET, URL_SECRET, Server


def test_both_vendors_completions_and_sonix_changes_arrive_as_hints(server: Server) -> None:
    sandbox = Sandbox(sonix=1, temi=0, task_seconds=0.0)
    with sandbox.running():
        sonix = {"Authorization": f"Bearer {sandbox.keys['sonix']}"}
        temi = {"Authorization": f"Bearer {sandbox.keys['temi']}"}
        media_url = "https://example.com/a.mp3"
        media = requests.post(
            f"{sandbox.base_url}/media",
            data={"file_url": media_url, "callback_url": f"{server.url}/sonix/callback/{URL_SECRET}"},
            headers=sonix,
            timeout=15,
        ).json()
        job = requests.post(
            f"{sandbox.base_url}/jobs",
            json={"media_url": media_url, "callback_url": f"{server.url}/temi/callback/{URL_SECRET}"},
            headers=temi,
            timeout=15,
        ).json()
        sandbox.set_webhook(f"{server.url}/sonix/events", SONIX_SECRET, "base64")
        sandbox.complete(media["id"])
        sandbox.complete(job["id"])
        sandbox.label(media["id"], "done")
        sandbox.vendors.callbacks.wait()
        assert [delivery.status for delivery in sandbox.vendors.callbacks.delivered] == [200] * 4
    assert [(event.provider, event.recording_id, event.kind) for event in server.events()] == [
        ("sonix", media["id"], "status_change"),
        ("sonix", media["id"], "transcription_finished"),
        ("temi", job["id"], "status_change"),
        ("sonix", media["id"], "label_change"),
    ]
