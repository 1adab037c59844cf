"""Clients of both vendors: usable alone, without a lake or a pipeline."""
