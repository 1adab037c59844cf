"""Sonix, as the pipeline sees it."""
