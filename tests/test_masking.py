"""Secrets of the environment are hidden as it stands, not as it stood."""

from __future__ import annotations

import pytest

from sonitemi_pipelines.masking import mask


def test_a_key_is_hidden_from_the_moment_the_environment_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which variables hold secrets is not looked up for every line: a key that came late, or changed, would show."""
    said = "first-secret-key then second-secret-key"
    assert mask(said) == said
    monkeypatch.setenv("SONIX_API_KEY", "first-secret-key")
    assert mask(said) == "<key> then second-secret-key"
    monkeypatch.setenv("SONIX_API_KEY", "second-secret-key")
    assert mask(said) == "first-secret-key then <key>"
    monkeypatch.delenv("SONIX_API_KEY")
    monkeypatch.setenv("TEMI_WEBHOOK_SECRET", "first-secret-key")
    assert mask(said) == "<key> then second-secret-key"
