"""What the rows of a vendor's list were made into, by the bytes they came as: a row that comes as before is not made
again. It is compared with the table like any other, so work is all that a memo spares.

A memo is a file in the home folder that may be lost at any time. It counts for nothing once anything but those bytes
has changed of what rows are made of: this release, the columns, the account, the secrets to hide.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sonitemi_pipelines import __version__
from sonitemi_pipelines.api.sent import DIGEST_SIZE
from sonitemi_pipelines.lake.boundary import boundary
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.lake.transcripts import WRITE_LOCK
from sonitemi_pipelines.masking import secrets
from sonitemi_pipelines.sync.merge import ListedRows, schemas_of
from sonitemi_pipelines.sync.whose import Fingerprint

Beside = Callable[[str], str]
"""From the id of a row to what else it is made of."""

DIGEST = pa.field("digest of a row", pa.binary(DIGEST_SIZE))
FEW = 100
"""So many rows are made anew again and again rather than a memo written for them."""
_BESIDE, _GIVEN = "beside a row", "given: "
_MADE_OF = b"sonitemi.made_of"
_AT_ONCE = 50_000


class DamagedMemoError(Exception):
    """What was read of a memo so far may be as it was written; the rest is not."""


_DAMAGE = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)


class Memo:
    """The memo of one list, as it was written last."""

    def __init__(self, lake: Lake, table: Table, of: Fingerprint) -> None:
        """Args:
        of: fingerprint of the account, from which nobody can tell what is to be hidden.
        """
        self._lake, self._table, self._of = lake, table, of
        self._path = None if lake.home is None else _folder(lake.home) / f"{table.name}.parquet"
        self._made_of = self._everything()
        # Kept open: what another process puts in its place has other rows.
        self._file: pq.ParquetFile | None = None
        self._rows, digests = self._read()
        self._order = np.argsort(digests[:, 0], kind="stable")
        self._sorted = digests[self._order]

    def known(self, beside: Beside | None = None) -> KnownRows:
        """What rows came before: of the same as `beside` says now, or of whatever, where nobody asks for more than
        their ids.
        """
        return KnownRows(self, beside)

    def rows_of(self, digests: Sequence[bytes]) -> ListedRows:
        """What known rows were made into, with DIGEST.

        Raises:
            DamagedMemoError: the file is not as it was written.
        """
        schema, flags = schemas_of(self._table)
        schema = schema.append(DIGEST)
        rows, given, start = [schema.empty_table()], [flags.empty_table()], 0
        wanted = np.sort(self._places(digests))
        columns: list[str] = [*schema.names, *(_GIVEN + name for name in flags.names)]
        try:
            for part in self._file.iter_batches(_AT_ONCE, columns=columns) if self._file and digests else ():
                first, end = np.searchsorted(wanted, (start, start + part.num_rows))
                chosen = pa.table(part).take(_indices(wanted[first:end] - start))
                rows.append(chosen.select(schema.names).cast(schema))
                given.append(chosen.select(columns[len(schema) :]).rename_columns(flags.names).cast(flags))
                start += part.num_rows
        except _DAMAGE as error:
            raise DamagedMemoError from error
        return ListedRows(pa.concat_tables(rows), pa.concat_tables(given))

    def write(self, listed: ListedRows, beside: Beside, erased: Callable[[], Collection[str]]) -> None:
        """Keep what the rows of a list were made into. Where that cannot be, the next run does without.

        Args:
            listed: with DIGEST, NULL of a row that its bytes do not stand for.
            erased: asked for the ids of recordings of which nothing may be kept.
        """
        if self._path is None or self._made_of != self._everything():
            return
        rows, ids = listed.rows, listed.rows[self._table.key[0]]
        rows = rows.append_column(_BESIDE, pa.array([beside(str(id_)) for id_ in ids.to_pylist()], pa.string()))
        for name in listed.given.column_names:
            rows = rows.append_column(_GIVEN + name, listed.given[name])
        part = self._path.with_suffix(".part")
        with self._lake.lock(WRITE_LOCK):
            gone = pa.array(sorted(erased()), pa.string())
            rows = rows.filter(pc.and_(pc.is_valid(rows[DIGEST.name]), pc.invert(pc.is_in(ids, gone))))
            rows = rows.replace_schema_metadata({_MADE_OF: self._made_of})
            try:
                with self._lake.privately():
                    part.parent.mkdir(exist_ok=True)
                    pq.write_table(rows, part, compression="zstd", row_group_size=_AT_ONCE, write_page_checksum=True)
                os.replace(part, self._path)
            except OSError:
                part.unlink(missing_ok=True)

    def _among(self, digests: Sequence[bytes]) -> pa.Table | None:
        places = self._places(digests)
        return None if (places < 0).any() else self._rows.take(_indices(places))

    def _places(self, digests: Sequence[bytes]) -> Any:
        """Where each stands in the memo; -1 where it does not."""
        wanted = _numbers(digests)
        if not len(self._sorted):
            return np.full(len(wanted), -1)
        place = np.minimum(np.searchsorted(self._sorted[:, 0], wanted[:, 0]), len(self._sorted) - 1)
        return np.where((self._sorted[place] == wanted).all(axis=1), self._order[place], -1)

    def _everything(self) -> bytes:
        """A number for all that rows are made of but the bytes that came and what stands beside them."""
        schema = ", ".join(f"{field.name} {field.type}" for field in self._table.schema)
        return str(self._of("\n".join([__version__, sys.version, schema, *secrets()]))).encode()

    def _read(self) -> tuple[pa.Table, Any]:
        """Id of each row and what stood beside it, and its digest."""
        names = [self._table.key[0], _BESIDE]
        try:
            if self._path is not None:
                file = pq.ParquetFile(self._path, page_checksum_verification=True)
                if (file.schema_arrow.metadata or {}).get(_MADE_OF) == self._made_of:
                    digests = _numbers(file.read([DIGEST.name])[DIGEST.name].to_pylist())
                    rows = file.read(names).combine_chunks()
                    self._file = file
                    return rows, digests
        except _DAMAGE:
            pass
        return pa.table({name: pa.array([], pa.string()) for name in names}), _numbers(())


class KnownRows:
    """`api.sent.Known` by a memo."""

    def __init__(self, memo: Memo, beside: Beside | None) -> None:
        self._memo, self._beside = memo, beside

    def ids(self, digests: Sequence[bytes]) -> list[str] | None:
        found = self._memo._among(digests)
        if found is None:
            return None
        ids = list(map(str, found.column(0).to_pylist()))
        now = self._beside
        return ids if now is None or found.column(1).to_pylist() == [now(id_) for id_ in ids] else None


def forget_lists(lake: Lake) -> None:
    """Erase every memo. Call with the write lock held: a run beside this one writes none of what was erased then.

    Raises:
        LakeError: one cannot be erased.
    """
    if lake.home is not None and (folder := _folder(lake.home)).exists():
        with boundary(f"cannot erase {folder}"):
            shutil.rmtree(folder)


def _folder(home: Path) -> Path:
    return home / "lists"


def _indices(places: Any) -> Any:
    """As Arrow has them, which loads the whole of numpy.ma at the first array of numpy's that it is given."""
    return pa.Array.from_buffers(
        pa.int64(), len(places), [None, pa.py_buffer(np.ascontiguousarray(places, np.int64).tobytes())]
    )


def _numbers(digests: Sequence[Any]) -> Any:
    """Digests as two numbers each."""
    joined = b"".join(digests)
    return np.frombuffer(joined, "<u8").reshape(-1, 2) if joined else np.empty((0, 2), "<u8")
