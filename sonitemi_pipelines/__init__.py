"""Sonix and Temi transcripts, word by word, in your own lake. Imports no Dagster."""

__version__ = "0.1.0"
