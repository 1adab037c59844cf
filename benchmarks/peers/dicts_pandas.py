"""json to dicts to one pandas frame of words, as a notebook does it: https://pandas.pydata.org/docs/user_guide/io.html"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
from measure import measured, report

CORPUS, OUT = Path(sys.argv[1]), Path(sys.argv[2])
FIELDS = {
    "sonix": ("transcript", "words", {"text": "text", "start_time": "start", "end_time": "end"}),
    "temi": ("monologues", "elements", {"value": "text", "ts": "start", "end_ts": "end"}),
}

found: dict[str, float] = {"words": 0}
with measured(found):
    for vendor, (turns, tokens, names) in FIELDS.items():
        paths = sorted((CORPUS / vendor).glob("*.json"))
        # A hundred documents at a time, or the dicts of all of them would be in memory at once.
        for first in range(0, len(paths), 100):
            rows = [
                {**token, "id": path.stem, "turn_index": index, "speaker": turn.get("speaker")}
                for path in paths[first : first + 100]
                for index, turn in enumerate(json.loads(path.read_bytes())[turns])
                for token in turn[tokens]
            ]
            words = pd.DataFrame(rows).rename(columns=names)
            words["start_ms"] = (words.pop("start") * 1000).round().astype("int32")
            words["end_ms"] = (words.pop("end") * 1000).round().astype("int32")
            words["text"] = words["text"].str.strip()
            words.to_parquet(OUT / f"words-{vendor}-{first}.parquet")
            found["words"] += len(words)
report(found)
