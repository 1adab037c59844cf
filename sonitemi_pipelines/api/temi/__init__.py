"""Temi: client, models, parsing."""

from sonitemi_pipelines.api.temi.client import TemiClient

__all__ = ["TemiClient"]
