"""How one vendor is looked at: what `look` asks of a vendor's own part."""

from __future__ import annotations

from typing import Protocol

from sonitemi_pipelines.api.statuses import Statuses
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.lists import Row
from sonitemi_pipelines.sync.transcripts import Wanted
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.known import KnownRecordings
from sonitemi_pipelines.watch.news import Budget, Findings, Kind


class Looker(Protocol):
    """Looks at one vendor. What is read goes into the findings.

    Attributes:
        provider: the vendor's name.
        several: how the vendor calls several recordings.
        table: the lake's list of its recordings.
        columns: of that table, what is compared with the vendor's answers; `status`, `changed_at`, `deleted_at` too.
        finished: vendor statuses after which nothing more happens. One that is not documented is not among them.
        decisive: further tables that decide which transcripts are missing.
    """

    @property
    def provider(self) -> str: ...

    @property
    def several(self) -> str: ...

    @property
    def table(self) -> Table: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    @property
    def finished(self) -> frozenset[str]: ...

    @property
    def decisive(self) -> tuple[Table, ...]: ...

    def wanted(self, lake: Lake) -> list[Wanted]:
        """The transcripts that a sync would fetch now."""

    def read_head(self, known: KnownRecordings, findings: Findings, budget: Budget) -> None:
        """Read the vendor's list from its newest end up to a page that holds nothing new."""

    def read_unfinished(self, open_: dict[str, Row], cursor: Cursor, findings: Findings, budget: Budget) -> None:
        """Read the vendor's lists of unfinished work, where it has some."""

    def look_up(self, id_: str, row: Row, findings: Findings) -> None:
        """Ask for one recording and compare the answer with the lake's row.

        Raises:
            NotFoundError: it is gone.
        """


class TaskLooker(Protocol):
    """Looks at what a vendor works on besides transcripts.

    Attributes:
        name: of the sensor that looks.
        what: the tasks, for a person.
        tables: the lake's tables that a finished task changes.
    """

    @property
    def name(self) -> str: ...

    @property
    def what(self) -> str: ...

    @property
    def tables(self) -> tuple[Table, ...]: ...

    def look(self, lake: Lake, cursor: Cursor, budget: Budget) -> Findings:
        """Ask for tasks that the lake holds as unfinished, a few each time; those that ended are news."""

    def recording_of(self, news_id: str) -> str | None:
        """The recording whose transcript a finished task changes."""


def end_of(statuses: Statuses, status: str | None) -> Kind:
    """The news that a recording ended so."""
    meaning = statuses.get(status or "")
    return "failed" if meaning == "failed" else "blocked" if meaning == "blocked" else "completed"
