"""Sonix: client, models, parsing."""

from sonitemi_pipelines.sonix.client import SonixClient

__all__ = ["SonixClient"]
