"""The options Sonix documents: languages, captions, burn-ins, roles; and their checks."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from sonitemi_pipelines.api.validation import Checks, near_matches

log = logging.getLogger(__name__)

LARGEST_UPLOAD = 100_000_000
"""Bytes `file` may have; larger media go by `file_url`."""

LANGUAGES: Mapping[str, str] = {
    "en": "English", "fr": "French", "de": "German", "es": "Spanish", "es-en": "Spanish & English", "ar": "Arabic",
    "hy": "Armenian", "ba": "Bashkir", "eu": "Basque", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali",
    "ca": "Catalan", "hr": "Croatian", "yue": "Chinese (Cantonese)", "cmn": "Chinese (Mandarin)", "cs": "Czech",
    "da": "Danish", "nl": "Dutch", "et": "Estonian", "fi": "Finnish", "el": "Greek", "he": "Hebrew", "hi": "Hindi",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lv": "Latvian",
    "lt": "Lithuanian", "ms": "Malay", "mr": "Marathi", "mn": "Mongolian", "no": "Norwegian", "fa": "Persian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sr": "Serbian", "sk": "Slovak",
    "sl": "Slovenian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "th": "Thai", "tl": "Tagalog",
    "tr": "Turkish", "ug": "Uyghur", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "cy": "Welsh",
}  # fmt: skip
"""Language code -> name, as documented."""

MEDIA_FORMATS = ("mp3", "wav", "mp4")
SPEAKER_DISPLAYS = ("none", "as_typed", "uppercase")
FONTS = (
    "Arial", "Arial Black", "Comic Sans MS", "Courier New", "Georgia", "Impact", "Lucida Grande", "Palatino",
    "Segoe UI", "Tahoma", "Times New Roman", "Tiresias Infofont", "Trebuchet MS", "Verdana",
)  # fmt: skip
H_ALIGNS = ("center", "right", "left")
V_ALIGNS = ("top", "middle", "bottom")
BORDER_STYLES = ("none", "outline", "wrap", "full")
RATIOS = ("original", "1:1", "9:16", "16:9", "5:4", "4:5")
EXPORT_POSITIONS = ("fit", "fill")
ACCESS_CONTROLS = ("internal", "external", "restricted")
ROLES = (
    "admin", "producer", "team_lead", "editor", "team_member", "individual_member", "view_only", "billing_admin",
    "disabled", "external_editor", "external_viewer", "member",
)  # fmt: skip
"""The document's list, and `member`, which its example of an update uses."""

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
# Codes other systems use for a language that Sonix lists under its own.
_SONIX_CODES = {"zh": ("cmn", "yue"), "fil": ("tl",), "nb": ("no",), "nn": ("no",), "iw": ("he",), "in": ("id",)}


def check_language(checks: Checks, language: Any, *, required: bool = False) -> None:
    """A language code, with or without a region or script as Sonix itself sends them: en, en-GB, cmn-Hans-CN.

    The vendor adds languages, so one that its document does not list is warned of and sent.
    """
    if language is None and not required:
        return
    if not isinstance(language, str) or not language.strip():
        checks.require(False, "language", "is empty; give a code such as en")
        return
    base = language.split("-")[0]
    if _TAG.fullmatch(language) and base in LANGUAGES:
        return
    near = list(_SONIX_CODES.get(base.lower(), ())) or near_languages(language)
    hint = "did you mean " + " or ".join(f"{code} ({LANGUAGES[code]})" for code in near) + "?" if near else ""
    told = f"{language!r} is no language of Sonix's document; {hint or 'give a code such as en'}"
    if _TAG.fullmatch(language):
        log.warning("%s: %s; sent as it is", checks.operation, told)
    else:
        checks.require(False, "language", told)


def near_languages(language: str) -> list[str]:
    """Codes of the documented languages whose code or name is near `language`."""
    folded = language.lower().split("-")[0].split("_")[0]
    if folded in LANGUAGES:
        return [folded]
    by_name = {name: code for code, name in LANGUAGES.items()}
    named = [by_name[name] for name in near_matches(language, list(by_name))]
    return named or near_matches(folded, list(LANGUAGES))


def check_captions(checks: Checks, options: Mapping[str, Any]) -> None:
    """The five caption options of SRT and VTT."""
    checks.one_of("speaker_display", options["speaker_display"], SPEAKER_DISPLAYS)
    checks.truth("limit_captions", options["limit_captions"])
    check_subtitles(checks, options)
    for name in ("max_characters", "max_duration"):
        checks.require(
            options[name] is None or options["limit_captions"] is True,
            name,
            "takes effect only with limit_captions=True",
        )


def check_subtitles(checks: Checks, options: Mapping[str, Any]) -> None:
    """How subtitles are cut, for captions and for splitting."""
    checks.one_of("subtitle_lines", options["subtitle_lines"], (1, 2))
    checks.whole("max_characters", options["max_characters"], 1)
    checks.positive("max_duration", options["max_duration"])


def check_burn_in(checks: Checks, options: Mapping[str, Any]) -> None:
    """The 13 options of a video burn-in."""
    check_language(checks, options["language"])
    checks.one_of("font", options["font"], FONTS)
    checks.whole("font_size", options["font_size"], 10, 42)
    for name in ("font_color", "border_color", "background_color"):
        checks.color(name, options[name])
    checks.truth("bold", options["bold"])
    checks.truth("italic", options["italic"])
    checks.one_of("h_align", options["h_align"], H_ALIGNS)
    checks.one_of("v_align", options["v_align"], V_ALIGNS)
    checks.one_of("border_style", options["border_style"], BORDER_STYLES)
    checks.one_of("ratio", options["ratio"], RATIOS)
    checks.one_of("export_position", options["export_position"], EXPORT_POSITIONS)
