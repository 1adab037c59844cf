"""A plain HTTP client: what the vendors' own clients would see."""

from __future__ import annotations

from typing import Any

import requests

from sonitemi_pipelines.sandbox import Sandbox


class Vendor:
    """Calls to one vendor with its key; answers are not checked."""

    def __init__(self, sandbox: Sandbox, provider: str) -> None:
        self._base = sandbox.base_url
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {sandbox.keys[provider]}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._session.request(method, self._base + path, timeout=10, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.call("POST", path, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return self.call("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self.call("DELETE", path, **options)


def as_json(name: str = "application/json") -> dict[str, str]:
    return {"Accept": name}
