"""A look at Temi: the head of its list, and a few unfinished jobs asked for one by one."""

from __future__ import annotations

from sonitemi_pipelines.api.statuses import ended
from sonitemi_pipelines.api.temi.client import TemiClient
from sonitemi_pipelines.api.temi.models import Job
from sonitemi_pipelines.api.temi.statuses import JOBS
from sonitemi_pipelines.errors import InvalidRequestError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.lists import Row
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Wanted
from sonitemi_pipelines.vendors.temi.lists import wanted_transcripts
from sonitemi_pipelines.vendors.temi.tables import TEMI_JOBS
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.decide import MOST_IDS
from sonitemi_pipelines.watch.known import KnownRecordings
from sonitemi_pipelines.watch.looker import end_of
from sonitemi_pipelines.watch.news import Budget, Findings, Kind, News

_PAGE = 100


class TemiLooker:
    """Looks at Temi for `look`. Temi has no list of unfinished jobs, so single look-ups follow them all."""

    provider = "temi"
    several = "jobs"
    table = TEMI_JOBS
    columns = ("status", "name", "last_modified_at", "changed_at", "deleted_at")
    finished = ended(JOBS)
    decisive = ()

    def __init__(self, client: TemiClient) -> None:
        self._client = client

    def wanted(self, lake: Lake) -> list[Wanted]:
        """The transcripts that a sync would fetch now."""
        return wanted_transcripts(lake, Scope())

    def read_head(self, known: KnownRecordings, findings: Findings, budget: Budget) -> None:
        """The list of all jobs."""
        last: str | None = None
        seen: set[str] = set()
        while True:
            try:
                page = self._client.jobs.list_page(limit=_PAGE, starting_after=last)
            except InvalidRequestError:
                if last is None:
                    raise
                findings.cut_short = "the job a page goes on from was deleted"
                return
            finally:
                findings.calls += 1
            if last is None and not page:
                findings.cut_short = known.emptied(self.several)
                return
            rows = known.rows([job.id for job in page])
            for job in page:
                if job.id not in known.forgotten:
                    _compare(job, rows.get(job.id), findings)
            # A webhook may have brought in the newest alone: only a page without anything new ends the news.
            if all(job.id in rows or job.id in known.forgotten for job in page):
                return
            if seen.issuperset(job.id for job in page):
                findings.cut_short = "the list of jobs repeats itself"
                return
            seen.update(job.id for job in page)
            if budget.is_spent or len(findings.news) > MOST_IDS:
                findings.cut_short = f"more than {len(findings.news)} new jobs"
                return
            last = page[-1].id

    def read_unfinished(self, open_: dict[str, Row], cursor: Cursor, findings: Findings, budget: Budget) -> None:
        """Nothing to read."""

    def look_up(self, id_: str, row: Row, findings: Findings) -> None:
        """One job by itself."""
        _compare(self._client.jobs.get(id_), row, findings)


def _compare(job: Job, row: Row | None, findings: Findings) -> None:
    findings.unseen.discard(job.id)
    kind = _kind(job, row)
    if kind is not None:
        findings.add(News(job.id, kind, f"{job.status} {job.name} {job.last_modified_on}"))


def _kind(job: Job, row: Row | None) -> Kind | None:
    if row is None:
        return end_of(JOBS, job.status) if job.status in TemiLooker.finished else "appeared"
    if row["deleted_at"] is not None:
        return "returned"
    if job.status != row["status"]:
        if job.status in TemiLooker.finished:
            return end_of(JOBS, job.status)
        return "edited" if row["status"] in TemiLooker.finished else None
    if job.status not in TemiLooker.finished:
        return None
    renamed = job.name is not None and job.name != row["name"]
    modified = job.last_modified_on is not None and job.last_modified_on != row["last_modified_at"]
    return "edited" if renamed or modified else None
