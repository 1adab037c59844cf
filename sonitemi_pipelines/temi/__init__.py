"""Temi: client, models, parsing."""

from sonitemi_pipelines.temi.client import TemiClient

__all__ = ["TemiClient"]
