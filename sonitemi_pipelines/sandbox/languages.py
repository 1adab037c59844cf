"""The languages of the Sonix document."""

from __future__ import annotations

SONIX_LANGUAGES = frozenset((
    "en", "fr", "de", "es", "es-en", "ar", "hy", "ba", "eu", "be", "bg", "bn", "ca", "hr", "yue", "cmn", "cs", "da",
    "nl", "et", "fi", "el", "he", "hi", "hu", "id", "it", "ja", "ko", "lv", "lt", "ms", "mr", "mn", "no", "fa", "pl",
    "pt", "ro", "ru", "sr", "sk", "sl", "sv", "sw", "ta", "th", "tl", "tr", "ug", "uk", "ur", "vi", "cy",
))  # fmt: skip


def is_sonix_language(code: str) -> bool:
    """Whether Sonix takes this code: one of its list, with or without a region ('en-GB' stands in its own samples)."""
    return code in SONIX_LANGUAGES or code.split("-")[0] in SONIX_LANGUAGES
