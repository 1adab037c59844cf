"""What a data file holds beside its rows: nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from sonitemi_pipelines.lake.parquet import write_files
from sonitemi_pipelines.lake.schemas import SPLIT_WORDS


def test_a_file_holds_no_text_of_rows_that_were_left_out_of_it(tmp_path: Path) -> None:
    """The words of a recording that was erased while it was on its way in stayed in a neighbour's file."""
    rows = SPLIT_WORDS.from_rows(
        [
            {
                "provider": "sonix",
                "recording_id": recording,
                "variant": "latest",
                "position": position,
                "term": text,
                "shown": text,
                "word_index": position,
                "turn_index": 0,
                "speaker": f"{text} Lee" if position else None,
                "struck": False,
                "day": None,
            }
            for recording, texts in (("a", ["kept", "both"]), ("erased", ["quetzalcoatl", "both"]), ("b", ["other"]))
            for position, text in enumerate(texts)
        ]
    )
    texts: dict[str, Any] = {
        field.name: rows[field.name].dictionary_encode() for field in rows.schema if pa.types.is_string(field.type)
    }
    encoded = pa.table({name: texts.get(name, rows[name]) for name in rows.column_names})
    stays: Any = pc.not_equal(rows["recording_id"], pa.scalar("erased"))
    left = encoded.filter(stays)
    [file] = write_files(SPLIT_WORDS, left, pafs.LocalFileSystem(), str(tmp_path))
    found = pq.read_table(tmp_path / file.path)
    assert found.to_pylist() == rows.filter(stays).to_pylist()
    for name in ("term", "shown", "speaker", "recording_id"):
        column: Any = pq.read_table(tmp_path / file.path, columns=[name], read_dictionary=[name])[name].combine_chunks()
        assert set(column.dictionary.to_pylist()) == set(found[name].drop_null().to_pylist()), name
