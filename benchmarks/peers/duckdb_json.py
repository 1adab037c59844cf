"""DuckDB's JSON reader to one table of words: https://duckdb.org/docs/stable/data/json/loading_json"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from measure import measured, report

CORPUS, OUT = Path(sys.argv[1]), Path(sys.argv[2])
FIELDS = {
    "sonix": ("transcript", "words", "text", "start_time", "end_time"),
    "temi": ("monologues", "elements", "value", "ts", "end_ts"),
}
SELECT = """
    COPY (
        WITH documents AS (
            SELECT filename, unnest({turns}) AS turn, generate_subscripts({turns}, 1) - 1 AS turn_index
            FROM read_json('{files}', format = 'unstructured', filename = true, maximum_object_size = 67108864,
                columns = {{
                    {turns}: 'STRUCT({tokens} STRUCT("{text}" VARCHAR, "{start}" DOUBLE, "{end}" DOUBLE)[])[]'
                }})
        ), words AS (
            SELECT filename, turn_index, unnest(turn.{tokens}) AS word FROM documents
        )
        SELECT parse_filename(filename, true) AS id, turn_index, trim(word."{text}") AS text,
            round(word."{start}" * 1000)::INTEGER AS start_ms, round(word."{end}" * 1000)::INTEGER AS end_ms
        FROM words
    ) TO '{out}' (FORMAT parquet, COMPRESSION zstd)
"""

found: dict[str, float] = {"words": 0}
with measured(found), duckdb.connect() as connection:
    for vendor, (turns, tokens, text, start, end) in FIELDS.items():
        sql = SELECT.format(
            files=CORPUS / vendor / "*.json", out=OUT / f"words-{vendor}.parquet",
            turns=turns, tokens=tokens, text=text, start=start, end=end,
        )  # fmt: skip
        [(words,)] = connection.execute(sql).fetchall()
        found["words"] += words
report(found)
