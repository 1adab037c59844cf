"""How columns are written to Parquet: what makes files of words half as large as the defaults do."""

from __future__ import annotations

import pyarrow as pa
from deltalake import ColumnProperties, WriterProperties

from sonitemi_pipelines.lake.schemas import Table


def writer_properties(table: Table) -> WriterProperties:
    """Delta-packed integers and dictionary strings, zstd 1: half the size of the defaults (DESIGN, section 6)."""
    packed = ColumnProperties(encoding="DELTA_BINARY_PACKED", dictionary_enabled=False)
    plain = ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE")
    columns = {}
    for field in table.schema:
        if pa.types.is_integer(field.type):
            columns[field.name] = packed
        elif pa.types.is_binary(field.type):
            columns[field.name] = plain
    return WriterProperties(compression="ZSTD", compression_level=1, column_properties=columns or None)
