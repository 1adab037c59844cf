"""pyarrow's JSON reader to one table of words: https://arrow.apache.org/docs/python/json.html"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measure import measured, report
from pyarrow import json

CORPUS, OUT = Path(sys.argv[1]), Path(sys.argv[2])


def schema(turns: str, tokens: str, text: str, start: str, end: str) -> pa.Schema:
    word = pa.struct([(text, pa.string()), (start, pa.float64()), (end, pa.float64())])
    return pa.schema([(turns, pa.list_(pa.struct([(tokens, pa.list_(word))])))])


FIELDS = {
    "sonix": ("transcript", "words", "text", "start_time", "end_time"),
    "temi": ("monologues", "elements", "value", "ts", "end_ts"),
}

found: dict[str, float] = {"words": 0}
with measured(found):
    for vendor, names in FIELDS.items():
        turns, tokens, text, start, end = names
        parse = json.ParseOptions(explicit_schema=schema(*names), unexpected_field_behavior="ignore")
        tables = []
        for path in sorted((CORPUS / vendor).glob("*.json")):
            # A document is one line, and a line must fit into a block.
            read = json.ReadOptions(block_size=path.stat().st_size + 1)
            document = json.read_json(path, read, parse)
            lists = pc.struct_field(pc.list_flatten(document[turns]), tokens)
            words = pc.list_flatten(lists)
            columns = {
                "id": pa.repeat(pa.scalar(path.stem), len(words)),
                "turn_index": pc.list_parent_indices(lists),
                "text": pc.utf8_trim_whitespace(pc.struct_field(words, text)),
            }
            for name, field in (("start_ms", start), ("end_ms", end)):
                milliseconds = pc.round(pc.multiply(pc.struct_field(words, field), 1000.0))
                columns[name] = pc.cast(milliseconds, pa.int32())
            tables.append(pa.table(columns))
        all_words = pa.concat_tables(tables)
        pq.write_table(all_words, OUT / f"words-{vendor}.parquet", compression="zstd")
        found["words"] += all_words.num_rows
report(found)
