"""How long a media file is, as far as its own head says so: nothing is decoded, and a file that lies is believed."""

from __future__ import annotations

import contextlib
import os
import struct
import wave
from pathlib import Path
from typing import BinaryIO

_ODD = (OSError, EOFError, ValueError, ArithmeticError, struct.error, wave.Error, IndexError)
_MP3_KBITS = {
    # By whether it is MPEG 1, as layer III has it; 0 and 15 are none.
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_HERTZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_SAME = 40
"""Frames that must have one bit rate before all of the file is taken to have it."""
_MOST_HEAD = 1 << 16
_MOST_BOXES = 1000


def seconds_of(path: Path) -> float | None:
    """The length of a WAV, FLAC, MP3, MP4, M4A or MOV file; None where its head does not say it."""
    with contextlib.suppress(*_ODD), path.open("rb") as file:
        head = file.read(12)
        file.seek(0)
        if head[:4] == b"RIFF":
            return _of_wave(file)
        if head[:4] == b"fLaC":
            return _of_flac(file)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
            return _of_mp4(file)
        return _of_mp3(file, path.stat().st_size)
    return None


def _of_wave(file: BinaryIO) -> float:
    with wave.open(file, "rb") as sound:
        return sound.getnframes() / sound.getframerate()


def _of_flac(file: BinaryIO) -> float | None:
    info = file.read(8 + 18)[8:]
    packed = int.from_bytes(info[10:18], "big")
    samples, hertz = packed & ((1 << 36) - 1), packed >> 44
    return samples / hertz if samples else None


def _of_mp4(file: BinaryIO) -> float | None:
    """From the box `mvhd` in `moov`, wherever that stands."""
    end = file.seek(0, os.SEEK_END)
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        inside = at + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            inside += 8
        if kind == b"mvhd":
            version = file.read(4)[0]
            scale, length = struct.unpack(">16xIQ" if version == 1 else ">8xII", file.read(28 if version == 1 else 16))
            return float(length / scale) if length and length != (1 << (64 if version == 1 else 32)) - 1 else None
        # Into `moov`, over everything else; a size of 0 is "to the end".
        at = inside if kind == b"moov" else at + size if size >= 8 else end
        if at >= end:
            break
    return None


def _of_mp3(file: BinaryIO, size: int) -> float | None:
    """From the frame count that most encoders leave in the first frame, else from a bit rate that stays the same."""
    start = 0
    tag = file.read(10)
    if tag[:3] == b"ID3":
        start = 10 + (tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9])
    file.seek(start)
    data = file.read(_MOST_HEAD)
    at = next((found for found in range(len(data) - 4) if _frame(data, found) and _follows(data, found)), None)
    if at is None:
        return None
    length, kbits, samples, hertz = _frame(data, at) or (0, 0, 0, 1)
    first = data[at : at + length]
    for mark in (b"Xing", b"Info"):
        place = first.find(mark)
        if place > 0 and first[place + 7] & 1:
            return int.from_bytes(first[place + 8 : place + 12], "big") * samples / hertz
    if (place := first.find(b"VBRI")) > 0:
        return int.from_bytes(first[place + 14 : place + 18], "big") * samples / hertz
    for _ in range(_SAME):
        found = _frame(data, at)
        if found is None:
            break
        if found[1] != kbits:
            return None
        at += found[0]
    return (size - start) * 8 / (kbits * 1000)


def _follows(data: bytes, at: int) -> bool:
    """Whether another frame stands behind this one: two bytes alone look like the head of one too often."""
    frame = _frame(data, at)
    return frame is not None and _frame(data, at + frame[0]) is not None


def _frame(data: bytes, at: int) -> tuple[int, int, int, int] | None:
    """(bytes, kbit/s, samples, Hz) of the layer III frame that begins here; None where none does."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate, speed = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or speed == 3 or rate in (0, 15):
        return None
    is_first = version == 3
    kbits, hertz = _MP3_KBITS[is_first][rate], _MP3_HERTZ[version][speed]
    samples = 1152 if is_first else 576
    return samples // 8 * kbits * 1000 // hertz + (head[2] >> 1 & 1), kbits, samples, hertz
