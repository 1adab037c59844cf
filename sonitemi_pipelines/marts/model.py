"""`Mart`: one file of `sql/marts` with what its header says, and the loading of all of them in dependency order."""

from __future__ import annotations

import dataclasses
import graphlib
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pyarrow as pa

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake import schemas
from sonitemi_pipelines.lake.schemas import Column, Table
from sonitemi_pipelines.marts.header import Header, parse_header
from sonitemi_pipelines.marts.seeds import RUN_INPUTS, Seed, load_seeds, state_of
from sonitemi_pipelines.marts.tables_read import tables_read
from sonitemi_pipelines.marts.trackers import FOLD
from sonitemi_pipelines.marts.twins import twin_of
from sonitemi_pipelines.marts.vendor_parts import OF_VENDORS, PARTS, select_of_vendors
from sonitemi_pipelines.parsing.seeds import sql_folder

TRANSCRIPT_KEY = ("provider", "recording_id", "variant")
QUALITY = "transcript_quality"
"""The mart whose flag every other stored mart of grain transcript carries."""
LOW_QUALITY = "low_quality"
_FOLDS = "search_tokens("

_ROW_GROUPS = {"search_passages": 3_072, "terms": 65_536}
"""Passages are long and looked up one by one; terms differ so much that smaller groups take more room."""
_SORTED_BY = {"terms": ("n", "first_ms", "term")}
"""Within a transcript, where another order than that of the key takes less room: what is first said together stands
together."""
_FILES = {"token_index": 32}
"""search() looks each of its words up in every file; a change of one recording writes the whole of one anew, for its
words are everywhere in it."""
_ROW_GROUP = 16_384
"""In all others; a change of one recording takes a whole group apart, and a search reads one for each word and file."""
_TRANSCRIPT_INPUTS = frozenset({"transcripts", "turns", "words", "split_words"})
_HEAD = tuple(column for column in schemas.TRANSCRIPTS.columns if column.name in TRANSCRIPT_KEY)
_DAY = next(column for column in schemas.TRANSCRIPTS.columns if column.name == "day")
_FLAG = Column(
    LOW_QUALITY,
    pa.bool_(),
    "true when transcript_quality gives a reason to distrust numbers of this transcript",
)


@dataclass(frozen=True)
class Mart:
    """One mart.

    Attributes:
        columns: every column of the stored table, in order, those added by the runner included.
        sql: the SELECT, without the header.
        reads: every table, seed and mart its SELECT names.
        depends_on: the lake tables and stored marts it comes from, through marts that are not stored.
        sql_hash: changes when the SELECT, its columns, a seed or a mart it reads changes; then it is rebuilt.
        shown_as_view: the warehouse keeps no copy: a view of the lake's files, or of the SELECT when not stored.
        has_twin: `twins` computes the same rows quicker.
    """

    name: str
    grain: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sql: str
    reads: tuple[str, ...]
    depends_on: tuple[str, ...]
    sql_hash: str
    stored: bool = True
    portable: bool = True
    shown_as_view: bool = False
    has_twin: bool = False

    @property
    def is_transcript_grain(self) -> bool:
        return self.grain == "transcript"

    @property
    def is_view(self) -> bool:
        """Whether people see it, but only as a view of the warehouse that computes it when asked."""
        return self.shown_as_view and not self.stored

    @property
    def has_flag(self) -> bool:
        """Whether the runner adds `low_quality`."""
        return self.is_transcript_grain and self.stored and self.name != QUALITY

    @cached_property
    def table(self) -> Table:
        """The mart as a lake table."""
        return Table(
            name=self.name,
            doc=self.description,
            key=self.key,
            columns=self.columns,
            grows=self.is_transcript_grain,
            sort_by=self._sort_by,
            as_view=self.shown_as_view,
            row_group=_ROW_GROUPS.get(self.name, _ROW_GROUP),
            files=_FILES.get(self.name, Table.files),
        )

    @property
    def _sort_by(self) -> tuple[str, ...]:
        if self.name in _SORTED_BY:
            return (*TRANSCRIPT_KEY, *_SORTED_BY[self.name])
        sortable = {column.name for column in self.columns if not pa.types.is_list(column.type)}
        return tuple(name for name in self.key if name in sortable)


def load_marts(folder: Path | None = None) -> dict[str, Mart]:
    """The marts that the lake stores, by name, each after those it depends on. Arguments and errors of `load_steps`."""
    return {name: mart for name, mart in load_steps(folder).items() if mart.stored}


def load_steps(folder: Path | None = None) -> dict[str, Mart]:
    """All marts of `folder/marts` by name, those not stored too, each after those it reads.

    Args:
        folder: holds `marts` and `seeds`; default: the package's own `sql`.

    Raises:
        MartError: a file is malformed, reads a table that is not there, or marts read each other in a circle.
    """
    folder = folder or sql_folder()
    return dict(_steps(folder, state_of(folder), repr(PARTS)))


@lru_cache(maxsize=4)
def _steps(folder: Path, state: tuple[object, ...], parts: str) -> dict[str, Mart]:
    """`state` and `parts` say what may have changed since the last call: a run asks a dozen times."""
    paths = {path.stem: path for path in sorted((folder / "marts").glob("*.sql"))}
    if not paths:
        raise MartError(f"no mart files in {folder / 'marts'}; reinstall sonitemi-pipelines or give the right folder")
    seeds = load_seeds(folder / "seeds")
    names = {*schemas.TABLES, *paths, *seeds, *RUN_INPUTS}
    parsed = {name: parse_header(path.read_text(encoding="utf-8"), path) for name, path in paths.items()}
    reads = dict(zip(parsed, tables_read(tuple(sql for _, sql in parsed.values())), strict=True))
    loaded = {
        name: _load(path, *parsed[name], reads[name], {*names, OF_VENDORS + name}) for name, path in paths.items()
    }
    for mart in list(loaded.values()):
        step = OF_VENDORS + mart.name
        if step in mart.reads:
            loaded[step], paths[step] = _of_vendors(step, mart), paths[mart.name]
    graph = {name: [read for read in mart.reads if read in loaded] for name, mart in loaded.items()}
    try:
        order = list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        raise MartError(f"circular dependency between marts: {' -> '.join(error.args[1])}") from error
    marts: dict[str, Mart] = {}
    for name in order:
        _check_grain(loaded[name], loaded, paths[name])
        marts[name] = _resolved(loaded[name], marts, seeds)
    return marts


def load_macros(folder: Path | None = None) -> list[str]:
    """The statements of `folder/macros`, which make `search()` and other table macros of the warehouse."""
    return [path.read_text(encoding="utf-8") for path in sorted(((folder or sql_folder()) / "macros").glob("*.sql"))]


def _of_vendors(name: str, mart: Mart) -> Mart:
    """The step that holds what every vendor says of a mart."""
    sql = select_of_vendors(mart.name, mart.columns)
    (reads,) = tables_read((sql,))
    return dataclasses.replace(
        mart,
        name=name,
        sql=sql,
        reads=tuple(sorted(reads)),
        sql_hash=hashlib.sha256(sql.encode()).hexdigest(),
        stored=False,
    )


def _load(path: Path, header: Header, sql: str, reads: frozenset[str] | str, known: set[str]) -> Mart:
    if isinstance(reads, str):
        raise MartError(f"{path.parent.name}/{path.name}: {reads}")
    unknown = sorted(reads - known)
    if unknown:
        raise MartError(f"{path.parent.name}/{path.name}: reads {', '.join(unknown)}, which is no table, mart or seed")
    columns = tuple(header.columns)
    if header.grain == "transcript":
        doubled = {column.name for column in columns} & {*TRANSCRIPT_KEY, LOW_QUALITY, "day"}
        if doubled:
            raise MartError(
                f"{path.parent.name}/{path.name}: the runner adds {', '.join(sorted(doubled))}; do not declare it"
            )
        flag: tuple[Column, ...] = ()
        if header.stored and header.name != QUALITY:
            flag = (_FLAG,)
            reads = reads | {QUALITY}
        elif header.name == QUALITY:
            flag = (_FLAG,)
        columns = (*_HEAD, *columns, *flag, _DAY)
    missing = [name for name in header.key if name not in {column.name for column in columns}]
    if missing:
        raise MartError(f"{path.parent.name}/{path.name}: key column {missing[0]} is not among the columns")
    called = path.parents[1].joinpath("macros", FOLD).read_text(encoding="utf-8") if _FOLDS in sql else ""
    twin = twin_of(path)
    digest = hashlib.sha256(
        repr((sql + called, [(c.name, str(c.type)) for c in columns], header.key, twin)).encode()
    ).hexdigest()
    return Mart(
        name=header.name,
        grain=header.grain,
        description=header.description,
        key=header.key,
        columns=columns,
        sql=sql,
        reads=tuple(sorted(reads)),
        depends_on=(),
        sql_hash=digest,
        stored=header.stored,
        portable=header.portable,
        shown_as_view=header.shown_as_view,
        has_twin=twin is not None,
    )


def _check_grain(mart: Mart, marts: dict[str, Mart], path: Path) -> None:
    if mart.is_view:
        lacking = sorted(name for name in mart.reads if name in marts and not marts[name].stored)
        if lacking:
            raise MartError(
                f"{path.parent.name}/{path.name}: a mart not stored but shown as a view reads what the warehouse "
                f"holds, not {', '.join(lacking)}"
            )
    for name in mart.reads:
        if mart.is_transcript_grain:
            of_one_transcript = name in _TRANSCRIPT_INPUTS or (name in marts and marts[name].is_transcript_grain)
            if not of_one_transcript and (name in schemas.TABLES or name in marts or name in RUN_INPUTS):
                raise MartError(
                    f"{path.parent.name}/{path.name}: grain transcript may not read {name}; "
                    "it would not be recomputed when that changes"
                )
        elif name in marts and marts[name].is_transcript_grain and not marts[name].stored:
            raise MartError(f"{path.parent.name}/{path.name}: grain corpus reads {name}, which is not stored")


def _resolved(mart: Mart, marts: dict[str, Mart], seeds: dict[str, Seed]) -> Mart:
    """The mart with what depends on the marts and seeds it reads: its dependencies and the full hash."""
    sources: set[str] = set()
    digests = [mart.sql_hash]
    for name in mart.reads:
        if name in marts:
            sources |= {name} if marts[name].stored else set(marts[name].depends_on)
            digests.append(marts[name].sql_hash)
        elif name in seeds:
            digests.append(seeds[name].digest)
        elif name not in RUN_INPUTS:
            sources.add(name)
    digest = hashlib.sha256(repr(digests).encode()).hexdigest()[:32]
    return dataclasses.replace(mart, depends_on=tuple(sorted(sources)), sql_hash=digest)
