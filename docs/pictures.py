"""`python docs/pictures.py [site] [graph]`: the pictures of the documentation, of the demo's recordings, by Chromium.

Needs `chromium` on the path and the extra [test]. Made again when what they show looks different.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from sonitemi_pipelines.pipeline.run import run_sync
from sonitemi_pipelines.report.site import write_site
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.warehouse import open_warehouse
from tests.report.browser import Page, chromium, find_chromium

IMAGES = Path(__file__).with_name("images")


def main() -> None:
    wanted, browser = sys.argv[1:], find_chromium()
    if browser is None:
        raise SystemExit("no chromium on this machine; install it first")
    with tempfile.TemporaryDirectory() as folder, Sandbox(seed=1).running() as sandbox:
        env = {**sandbox.env, "SONITEMI_HOME": f"{folder}/home"}
        settings = Settings.from_env({**env, "SONIX_RATE_PER_MINUTE": "0.17", "TEMI_RATE_PER_MINUTE": "0.25"})
        run_sync(settings)
        site = Path(folder) / "site"
        with open_warehouse(settings.warehouse) as connection:
            write_site(connection, site)
            [(slug,)] = connection.execute(
                "SELECT provider || '-' || recording_id FROM conversation_stats WHERE variant = 'latest' "
                "AND NOT low_quality ORDER BY interruptions DESC NULLS LAST, recording_id LIMIT 1"
            ).fetchall()
        conversation = next(site.glob(f"c/*/{slug}-*.html"))
        with chromium(browser) as page:
            page.call("Emulation.setScrollbarsHidden", hidden=True)
            if "graph" in wanted or "site" not in wanted:
                _graph(page, env, Path(folder) / "dagster")
            if "site" in wanted or "graph" not in wanted:
                _site(page, site, conversation)


def _site(page: Page, site: Path, conversation: Path) -> None:
    page.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    page.size(1120, 700)
    page.open((site / "index.html").as_uri())
    page.picture(IMAGES / "overview.png")
    page.open(conversation.as_uri())
    page.picture(IMAGES / "conversation.png")
    page.open((site / "search.html").as_uri() + "#q=thank+you")
    page.wait_for("document.querySelector('#found').textContent")
    page.picture(IMAGES / "search.png")


def _graph(page: Page, env: dict[str, str], instance: Path) -> None:
    instance.mkdir()
    shutil.copyfile(Path(__file__).parents[1] / "deploy/dagster.yaml", instance / "dagster.yaml")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("dagster-webserver")), "-w", "workspace.yaml", "-p", str(port)]
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        command,
        cwd=root,
        env={**os.environ, **env, "DAGSTER_HOME": str(instance), "SONITEMI_AUTOMATION": "off"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url + "/server_info")
        page.size(1440, 640)
        page.open(url + "/asset-groups")
        time.sleep(20)
        page.picture(IMAGES / "graph.png")
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(1)
    raise SystemExit(f"{url} does not answer")


if __name__ == "__main__":
    main()
