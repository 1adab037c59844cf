"""What `sonitemi doctor` looks at: keys, reachability, lake, warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from sonitemi_pipelines.errors import SettingsError, SonitemiError
from sonitemi_pipelines.lake.boundary import one_line
from sonitemi_pipelines.lake.consistency import file_damage
from sonitemi_pipelines.lake.migrations import schema_version
from sonitemi_pipelines.lake.scan import identifier
from sonitemi_pipelines.lake.schemas import LAKE_SCHEMA_VERSION, TABLES, TRANSCRIPTS, WORDS
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.pipeline.whole import lake_tables, older_than_known, wrong_with
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.settings.variables import unknown
from sonitemi_pipelines.vendors import VENDORS, Vendor, names_of_keys
from sonitemi_pipelines.warehouse import open_warehouse
from sonitemi_pipelines.warehouse.publish import check_replaceable, check_same_lake
from sonitemi_pipelines.watch.notify import notifiers

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    subject: str
    ok: bool
    text: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything in turn; what is wrong is a finding, never an exception."""
    if not any(settings.of_vendors.get(vendor.key_variable) for vendor in VENDORS.values()):
        yield Finding("keys", False, f"none is set; set {names_of_keys()}")
    try:
        notifiers(settings.watch.notify_url)
    except SettingsError as error:
        yield Finding("settings", False, str(error))
    for line in unknown(settings.names, VENDORS):
        yield Finding("settings", False, line)
    for vendor in VENDORS.values():
        yield _vendor(vendor, settings)
    yield from _lake(settings)
    yield from _warehouse(settings)


def _vendor(vendor: Vendor, settings: Settings) -> Finding:
    try:
        client = vendor.client(settings, attempts=2)
        if client is None:
            return Finding(vendor.name, True, f"{vendor.key_variable} is not set: skipped")
        said = vendor.probe(client)
    except SonitemiError as error:
        return Finding(vendor.name, False, str(error))
    return Finding(vendor.name, True, f"{client.session.base_url} answers, the key is right, {said}")


def _lake(settings: Settings) -> Iterator[Finding]:
    try:
        lake = Lake.from_settings(settings)
        version = schema_version(lake)
        versions = lake.snapshot(list(TABLES))
        counts = {name: sum(file.rows for file in lake.files(name, version)) for name, version in versions.items()}
    except SonitemiError as error:
        yield Finding("lake", False, str(error))
        return
    transcripts, words = counts.get(TRANSCRIPTS.name, 0), counts.get(WORDS.name, 0)
    said = f"{lake.url}: {transcripts} transcripts, {words} words"
    if version is not None:
        said += f", schema version {version}"
        if version < LAKE_SCHEMA_VERSION:
            said += f", which the next sync brings to {LAKE_SCHEMA_VERSION}"
    yield Finding("lake", True, said)
    yield from _damage(lake, counts_hold=version in (None, LAKE_SCHEMA_VERSION))
    missing = counts.get("sync_failures", 0)
    if missing:
        yield Finding(
            "transcripts",
            False,
            f'{missing} could not be ingested, every sync tries again; see `sonitemi query "FROM sync_failures"`',
        )


def _damage(lake: Lake, counts_hold: bool) -> Iterator[Finding]:
    """Every file of the lake opened, every payload compared with its digest, every header with its rows.

    Args:
        counts_hold: whether headers and rows are of this release; those of an earlier one count otherwise.
    """
    lines = 0
    for table in lake_tables():
        try:
            for line in file_damage(lake, table):
                lines += 1
                if lines <= _SHOWN:
                    yield Finding(table.name, False, line)
        except SonitemiError as error:
            lines += 1
            yield Finding(table.name, False, str(error))
    if lines > _SHOWN:
        yield Finding("lake", False, f"{lines - _SHOWN} more files of that kind")
    if not lines and counts_hold:
        try:
            yield from (Finding("transcripts", False, line) for line in wrong_with(lake))
        except SonitemiError as error:
            yield Finding("lake", False, str(error))


def _warehouse(settings: Settings) -> Iterator[Finding]:
    path = settings.warehouse
    try:
        shown = check_replaceable(path)
        lake = Lake.from_settings(settings)
        check_same_lake(lake, path)
        if older := older_than_known(lake, path, shown):
            yield Finding("warehouse", False, older)
            return
        if not path.exists():
            yield Finding("warehouse", True, f"{path}: not built yet, run `sonitemi sync`")
            return
        with open_warehouse(path) as connection:
            tables = connection.execute("SELECT count(*) FROM information_schema.tables").fetchall()[0][0]
            views = connection.execute("SELECT view_name FROM duckdb_views() WHERE contains(sql, 'read_parquet')")
            for (name,) in views.fetchall():
                try:
                    connection.execute(f"SELECT count(*) FROM {identifier(name)}").fetchall()
                except duckdb.Error as error:
                    yield Finding("warehouse", False, f"{path}: {name}: {one_line(error)}; run `sonitemi sync`")
                    return
    except SonitemiError as error:
        yield Finding("warehouse", False, str(error))
    else:
        yield Finding("warehouse", True, f"{path}: {tables} tables and views")
