"""`Vendor`: all that the pipeline must know of a vendor, said in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sonitemi_pipelines.api.statuses import Statuses, said_of
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.marts.vendor_parts import VendorPart
from sonitemi_pipelines.paid.operations import PaidOperation
from sonitemi_pipelines.paid.submit import Submitter
from sonitemi_pipelines.parsing.columns import TakeApart
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.sync import lists
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Wanted
from sonitemi_pipelines.watch.looker import Looker, TaskLooker
from sonitemi_pipelines.webhooks.hooks import Hook


class Change(Protocol):
    """What a step changed; `str` of it is for a person."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What the vendor could not answer, in words."""


@dataclass(frozen=True)
class ListStep:
    """One table that mirrors the vendor's account, and how it is brought up to date.

    Attributes:
        run: called with (lake, the vendor's client, scope, settings).
        deps: tables that have to be up to date before.
        feeds_transcripts: which transcripts to fetch, or what they are called, comes from it.
        for_ids: whether it is brought up to date too when a run looks at some recordings only.
        after_transcripts: it is brought up to date after the transcripts, not before.
        hours: how old it may get before that is late; None for any age.
    """

    table: Table
    run: Callable[[Lake, Any, Scope, Settings], Change]
    deps: tuple[Table, ...] = ()
    feeds_transcripts: bool = False
    for_ids: bool = True
    after_transcripts: bool = False
    hours: int | None = None


@dataclass(frozen=True)
class Vendor:
    """One vendor.

    Attributes:
        name: value of every column `provider`; in capitals, the beginning of its variables, such as SONIX_API_KEY.
        label: as people write it.
        recording: what it calls one recording.
        tables: its own tables of the lake.
        list_table: the one of its recordings, whose key is their id; it has `status` as sent, SEEN and DAY.
        steps: in the order in which a run takes them.
        statuses: what it calls a status -> in_progress, completed, failed, blocked or duplicate.
        selects: mart (recordings, balances, summaries) -> what its own tables say of it, under that mart's names; for
            `recordings`, which every vendor has, without `status`. See `marts.vendor_parts`.
        translates: its transcripts may have translations, which no list of its tells of.
        language: language code of its transcripts where it does not say; None where it always says.
        connect: makes its client from `Settings` and options of the session.
        probe: asks something small; the answer is for a person.
        status_of: asks for one recording; its status as the vendor says it.
        wanted: the transcripts that the lake lacks or may have an old one of.
        fetch: the payload of one transcript.
        take_apart: a payload as columns.
        looker, task_looker: how it is looked at between runs.
        submitter: how it takes media, for money; None where it takes none.
        operations: what else it does for money.
        hooks: where it may call back.
        balance: the table of observations of its prepaid credit; None where it has none.
    """

    name: str
    label: str
    recording: str
    tables: tuple[Table, ...]
    list_table: Table
    steps: tuple[ListStep, ...]
    statuses: Statuses
    selects: Mapping[str, str]
    connect: Callable[..., Any]
    probe: Callable[[Any], str]
    status_of: Callable[[Any, str], str]
    wanted: Callable[[Lake, Scope], list[Wanted]]
    fetch: Callable[[Any, Source], bytes]
    take_apart: TakeApart
    looker: Callable[[Any], Looker]
    task_looker: Callable[[Any], TaskLooker] | None = None
    submitter: Callable[[Any], Submitter] | None = None
    operations: tuple[PaidOperation, ...] = ()
    hooks: tuple[Hook, ...] = ()
    balance: Table | None = None
    language: str | None = None
    translates: bool = False

    @property
    def id_column(self) -> str:
        return self.list_table.key[0]

    @property
    def key_variable(self) -> str:
        return f"{self.name.upper()}_API_KEY"

    @property
    def url_variable(self) -> str:
        return f"{self.name.upper()}_BASE_URL"

    @property
    def completed(self) -> frozenset[str]:
        """What it calls the statuses of a recording that has a transcript."""
        return said_of(self.statuses, "completed")

    @property
    def mart_part(self) -> VendorPart:
        return VendorPart(self.name, self.selects, self.statuses, self.language)

    def client(self, settings: Settings, **session_options: Any) -> Any | None:
        """Its client; None when it has no key and is skipped.

        Raises:
            SettingsError: the key or the base URL is malformed.
        """
        return self.connect(settings, **session_options) if settings.vendor(self.name).api_key else None

    def without_transcript(self, lake: Lake, scope: Scope) -> list[str]:
        """What to say of the recordings that a scope names and that have no transcript."""
        return lists.without_transcript(lake, self.name, self.recording, self.list_table, scope, self.completed)
