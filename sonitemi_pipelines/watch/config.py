"""What watching is told from outside: a part of the settings."""

from sonitemi_pipelines.settings.watch import WatchConfig

__all__ = ["WatchConfig"]
