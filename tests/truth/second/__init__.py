"""Every mart computed a second time, from the lake's rows and the headers of `sql/marts`, and nothing of their SQL."""

from . import account, edits, people, text, timing

__all__ = ["account", "edits", "people", "text", "timing"]
