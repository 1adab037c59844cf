"""One payload of a vendor by itself, as the lake's rows: what most tests of numbers begin with."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sonitemi_pipelines.lake.record import TranscriptBatch
from sonitemi_pipelines.lake.schemas import SPLIT_WORDS
from sonitemi_pipelines.parsing.assemble import parse
from sonitemi_pipelines.vendors.sonix.parse import take_apart as take_sonix_apart
from sonitemi_pipelines.vendors.temi.parse import take_apart as take_temi_apart

parse_sonix = partial(parse, take_sonix_apart)
parse_temi = partial(parse, take_temi_apart)


def spoken_words(rows: TranscriptBatch) -> pa.Table:
    """The words spoken, as the view of this name has them."""
    words: Any = rows.words
    whole = words.filter(pc.field("whole"))
    terms = pc.coalesce(*(whole[name].cast(pa.string()) for name in ("term", "text")))
    tokens = whole.set_column(whole.schema.get_field_index("term"), "term", terms).rename_columns(
        ["shown" if name == "text" else name for name in rows.words.column_names]
    )
    names = SPLIT_WORDS.schema.names
    found = pa.concat_tables([SPLIT_WORDS.plain(each.select(names)) for each in (tokens, rows.split_words)])
    return found.sort_by([(name, "ascending") for name in SPLIT_WORDS.sort_by])
