"""A look at Sonix: the head of its list, its lists of unfinished work, and a few recordings asked for one by one."""

from __future__ import annotations

from collections.abc import Iterable

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.sonix.models import Media
from sonitemi_pipelines.api.sonix.statuses import MEDIA
from sonitemi_pipelines.api.statuses import ended
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.lists import Row
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Wanted
from sonitemi_pipelines.vendors.sonix.lists import wanted_transcripts
from sonitemi_pipelines.vendors.sonix.tables import SONIX_MEDIA, SONIX_TRANSLATIONS
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.decide import MOST_IDS
from sonitemi_pipelines.watch.known import KnownRecordings
from sonitemi_pipelines.watch.looker import end_of
from sonitemi_pipelines.watch.news import Budget, Findings, Kind, News

_WORKING = ("transcribing", "aligning")
"""Statuses the vendor can filter by, in the order a recording takes: read in this order, one that moves on between
two calls is still met."""


class SonixLooker:
    """Looks at Sonix for `look`."""

    provider = "sonix"
    several = "media"
    table = SONIX_MEDIA
    columns = ("status", "name", "custom_label", "updated_at", "changed_at", "deleted_at")
    finished = ended(MEDIA)
    decisive = (SONIX_TRANSLATIONS,)

    def __init__(self, client: SonixClient) -> None:
        self._client = client

    def wanted(self, lake: Lake) -> list[Wanted]:
        """The transcripts that a sync would fetch now."""
        return wanted_transcripts(lake, Scope())

    def read_head(self, known: KnownRecordings, findings: Findings, budget: Budget) -> None:
        """The list of all media."""
        pages = self._client.media.pages()
        is_empty = True
        for page in pages:
            if is_empty and page.media and page.page > 1:
                findings.cut_short = "the head of the list is empty, and what comes after it is not"
                break
            is_empty = is_empty and not page.media
            rows = known.rows([media.id for media in page.media])
            for media in page.media:
                if media.id not in known.forgotten:
                    _compare(media, rows.get(media.id), findings)
            # A webhook may have brought in the newest alone: only a page without anything new ends the news.
            if page.media and all(media.id in rows or media.id in known.forgotten for media in page.media):
                break
            if budget.is_spent or len(findings.news) > MOST_IDS:
                findings.cut_short = f"more news than {page.page} pages"
                break
        else:
            findings.cut_short = pages.why or (known.emptied(self.several) if is_empty else None)
        findings.calls += pages.calls

    def read_unfinished(self, open_: dict[str, Row], cursor: Cursor, findings: Findings, budget: Budget) -> None:
        """The lists of transcribing and aligning media; open ones that left them have ended."""
        before = set(cursor.working)
        working = {id_ for id_ in findings.unseen if open_[id_]["status"] in _WORKING or id_ in before}
        # One in another status may have moved on into these lists, so they are worth reading for it too.
        listed: set[str] = set()
        for status in _WORKING:
            pages = self._client.media.pages(status=status)
            for page in pages:
                listed.update(media.id for media in page.media)
                if budget.is_spent and page.media:
                    break
            findings.calls += pages.calls
            if not pages.complete:
                findings.cut_short = pages.why or f"out of time in the list of {status} media"
                findings.working = before & set(open_)
                return
        findings.working |= findings.unseen & listed
        for id_ in sorted(working - listed):
            findings.add(News(id_, "ended", f"left {open_[id_]['status']}"))
        findings.unseen -= working | listed

    def look_up(self, id_: str, row: Row, findings: Findings) -> None:
        """One media by itself."""
        _compare(self._client.media.get(id_), row, findings)


def _compare(media: Media, row: Row | None, findings: Findings) -> None:
    findings.unseen.discard(media.id)
    if media.status in _WORKING:
        findings.working.add(media.id)
    kind = _kind(media, row)
    if kind is not None:
        state = (media.status, media.name, media.custom_label, media.updated_at)
        findings.add(News(media.id, kind, " ".join(map(str, state))))


def _kind(media: Media, row: Row | None) -> Kind | None:
    if row is None:
        return end_of(MEDIA, media.status) if media.status in SonixLooker.finished else "appeared"
    if row["deleted_at"] is not None:
        return "returned"
    if media.status != row["status"]:
        if media.status in SonixLooker.finished:
            return end_of(MEDIA, media.status)
        # From one unfinished status to another is no news; starting over after an end is.
        return "edited" if row["status"] in SonixLooker.finished else None
    if media.status not in SonixLooker.finished:
        return None
    seen = {"name": media.name, "custom_label": media.custom_label, "updated_at": media.updated_at}
    return "edited" if _differs(row, seen.items()) else None


def _differs(row: Row, seen: Iterable[tuple[str, object]]) -> bool:
    """What a list leaves out says nothing."""
    return any(value is not None and row[name] != value for name, value in seen)
