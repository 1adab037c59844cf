"""Sonix: client, models, parsing."""

from sonitemi_pipelines.api.sonix.client import SonixClient

__all__ = ["SonixClient"]
