"""Typed structs to three tables: https://jcristharif.com/msgspec/perf-tips.html (known fields only, gc off)."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from measure import measured, report

CORPUS, OUT = Path(sys.argv[1]), Path(sys.argv[2])


class SonixWord(msgspec.Struct, gc=False, rename={"start": "start_time", "end": "end_time"}):
    text: str
    start: float | None
    end: float | None


class Segment(msgspec.Struct, rename={"tokens": "words"}):
    speaker: str | None
    tokens: list[SonixWord]


class Sonix(msgspec.Struct, rename={"turns": "transcript"}):
    turns: list[Segment]


class TemiWord(msgspec.Struct, gc=False, rename={"text": "value", "start": "ts", "end": "end_ts"}):
    text: str
    start: float | None
    end: float | None


class Monologue(msgspec.Struct, rename={"speaker": "speaker_name", "tokens": "elements"}):
    speaker: str | None
    tokens: list[TemiWord]


class Temi(msgspec.Struct, rename={"turns": "monologues"}):
    turns: list[Monologue]


DECODERS = {"sonix": msgspec.json.Decoder(Sonix), "temi": msgspec.json.Decoder(Temi)}

found: dict[str, float] = {"words": 0}
with measured(found):
    for vendor, decoder in DECODERS.items():
        paths = sorted((CORPUS / vendor).glob("*.json"))
        for first in range(0, len(paths), 100):
            transcripts: dict[str, list[object]] = {"id": [], "turns": [], "words": []}
            turns: dict[str, list[object]] = {"id": [], "turn_index": [], "speaker": [], "text": []}
            words: dict[str, list[object]] = {"id": [], "turn_index": [], "text": [], "start_ms": [], "end_ms": []}
            for path in paths[first : first + 100]:
                document = decoder.decode(path.read_bytes())
                before = len(words["text"])
                for index, turn in enumerate(document.turns):
                    tokens = turn.tokens
                    said = [token.text.strip() for token in tokens]
                    words["text"] += said
                    words["start_ms"] += [None if t.start is None else round(t.start * 1000) for t in tokens]
                    words["end_ms"] += [None if t.end is None else round(t.end * 1000) for t in tokens]
                    words["turn_index"] += [index] * len(tokens)
                    turns["id"].append(path.stem)
                    turns["turn_index"].append(index)
                    turns["speaker"].append(turn.speaker)
                    turns["text"].append(" ".join(said))
                count = len(words["text"]) - before
                words["id"] += [path.stem] * count
                transcripts["id"].append(path.stem)
                transcripts["turns"].append(len(document.turns))
                transcripts["words"].append(count)
            found["words"] += len(words["text"])
            for name, columns in (("transcripts", transcripts), ("turns", turns), ("words", words)):
                pq.write_table(pa.table(columns), OUT / f"{name}-{vendor}-{first}.parquet", compression="zstd")
report(found)
