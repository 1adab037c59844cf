"""Temi transcripts as plain text, PDF and a document Word opens (RTF)."""

from __future__ import annotations

import textwrap
from typing import Any

_LINES_A_PAGE = 50
_COLUMNS = 88


def plain_text(payload: dict[str, Any]) -> str:
    """One paragraph a monologue: `Speaker 1:          00:43          Text`."""
    names = {speaker.get("id"): speaker.get("name") for speaker in payload.get("speakers") or []}
    paragraphs = []
    for monologue in payload.get("monologues") or []:
        elements = monologue.get("elements") or []
        start = next((int(element["ts"]) for element in elements if element.get("ts") is not None), 0)
        speaker = names.get(monologue.get("speaker")) or monologue.get("speaker_name") or "Speaker"
        said = ""
        for element in elements:
            said += ("" if element.get("type") == "punct" or not said else " ") + str(element.get("value") or "")
        paragraphs.append(f"{speaker}:          {start // 60:02d}:{start % 60:02d}          {said}")
    return "\n\n".join(paragraphs) + "\n"


def rtf(text: str) -> bytes:
    """Rich Text Format, which is what `application/msword` is opened as."""
    escaped = "".join(_rtf_letter(letter) for letter in text)
    return ("{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Helvetica;}}\\fs22\n" + escaped + "\n}").encode("ascii")


def _rtf_letter(letter: str) -> str:
    if letter == "\n":
        return "\\par\n"
    if letter in "\\{}":
        return f"\\{letter}"
    if ord(letter) < 128:
        return letter
    units = letter.encode("utf-16-le")
    numbers = (int.from_bytes(units[i : i + 2], "little", signed=True) for i in range(0, len(units), 2))
    return "".join(f"\\u{number}?" for number in numbers)


def pdf(text: str) -> bytes:
    """A PDF 1.4 file in Helvetica; letters outside Latin-1 become question marks."""
    lines = [line for paragraph in text.split("\n") for line in textwrap.wrap(paragraph, _COLUMNS) or [""]]
    pages = [lines[start : start + _LINES_A_PAGE] for start in range(0, len(lines), _LINES_A_PAGE)]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        layout = "/MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R {layout} /Contents {5 + 2 * number} 0 R >>".encode())
        shown = b"".join(b"(" + _pdf_text(line) + b") Tj T*\n" for line in page)
        stream = b"BT /F1 10 Tf 14 TL 50 790 Td\n" + shown + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    return _pdf_file(objects)


def _pdf_text(line: str) -> bytes:
    return line.encode("latin-1", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _pdf_file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
