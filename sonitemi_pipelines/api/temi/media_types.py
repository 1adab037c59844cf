"""The media types Temi accepts, and the one of a file by its name."""

from __future__ import annotations

from pathlib import Path

ACCEPTED_MEDIA_TYPES = (
    "audio/wav", "audio/mpeg", "audio/mpeg3", "audio/mp3", "audio/x-mpeg-3", "audio/x-aiff", "audio/x-aifc",
    "audio/x-wav", "audio/x-realaudio", "audio/mp4", "audio/mp4a", "audio/mp4a-latm", "audio/webm", "audio/ogg",
    "audio/vorbis", "audio/vnd.wave", "video/x-msvideo", "video/avi", "video/msvideo", "video/mpeg", "video/mp4",
    "video/x-mpeg", "video/x-m4v", "video/quicktime", "video/ogg", "video/webm", "video/x-matroska",
    "video/x-ms-wmv", "video/x-flv",
)  # fmt: skip
"""As documented."""

# Not the `mimetypes` module: what that answers depends on the machine, and is often a type Temi does not list.
_BY_ENDING = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".aif": "audio/x-aiff",
    ".aiff": "audio/x-aiff",
    ".aifc": "audio/x-aifc",
    ".ra": "audio/x-realaudio",
    ".m4a": "audio/mp4",
    ".weba": "audio/webm",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".avi": "video/avi",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".mp4": "video/mp4",
    ".m4v": "video/x-m4v",
    ".mov": "video/quicktime",
    ".ogv": "video/ogg",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".wmv": "video/x-ms-wmv",
    ".flv": "video/x-flv",
}


def media_type(path: Path) -> str | None:
    """The accepted media type of a file by the ending of its name, None when it has none of these endings."""
    return _BY_ENDING.get(path.suffix.lower())
