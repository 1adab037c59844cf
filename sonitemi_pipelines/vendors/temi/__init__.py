"""Temi, as the pipeline sees it."""
