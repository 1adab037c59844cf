"""A look at what Sonix still works on besides transcripts: translations, summaries, batches of summaries."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.errors import HOPELESS, ApiError, NotFoundError
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.vendors.sonix.tables import SONIX_BATCH_SUMMARIES, SONIX_SUMMARIES, SONIX_TRANSLATIONS
from sonitemi_pipelines.vendors.sonix.tasks import DELETED, ENDED
from sonitemi_pipelines.watch.cursor import Cursor
from sonitemi_pipelines.watch.news import Budget, Findings, News, rotated

log = logging.getLogger(__name__)

MOST_LOOK_UPS = 6

TRANSLATION, SUMMARY, BATCH = "translation", "summary", "batch"
_Ask = Callable[[], str | None]


class SonixTaskLooker:
    """Looks at translations, summaries and batches of summaries. The id of such news is no media id."""

    name = "sonix_summaries_completion"
    what = "translations and summaries"
    tables = (SONIX_TRANSLATIONS, SONIX_BATCH_SUMMARIES, SONIX_SUMMARIES)

    def __init__(self, client: SonixClient) -> None:
        self._client = client

    def look(self, lake: Lake, cursor: Cursor, budget: Budget) -> Findings:
        """Ask for tasks that the lake holds as unfinished, a few each time; those that ended are news."""
        open_ = _open_tasks(lake, self._client)
        findings = Findings(open=len(open_), unseen=set(open_))
        for id_ in rotated(open_, cursor.last_looked_up, MOST_LOOK_UPS):
            if budget.is_spent:
                break
            findings.calls += 1
            findings.last_looked_up = id_
            findings.unseen.discard(id_)
            try:
                status = open_[id_]()
            except NotFoundError:
                status = DELETED
            except HOPELESS:
                raise
            except ApiError as error:
                # One that Sonix chokes on keeps none behind it waiting.
                log.warning("%s: %s", id_, error)
                continue
            if status in ENDED:
                findings.add(News(id_, "completed" if status == "completed" else "failed", str(status)))
        return findings

    def recording_of(self, news_id: str) -> str | None:
        """The media whose transcript a finished task changes: only a translation does."""
        kind, _, rest = news_id.partition(" ")
        return rest.rpartition(" ")[0] if kind == TRANSLATION else None


def _open_tasks(lake: Lake, client: SonixClient) -> dict[str, _Ask]:
    tasks: dict[str, _Ask] = {}
    for row in lake.read(SONIX_TRANSLATIONS, ["media_id", "language", "status"]).to_pylist():
        if row["status"] not in ENDED:
            media_id, language = row["media_id"], row["language"]
            tasks[f"{TRANSLATION} {media_id} {language}"] = _asking_translation(client, media_id, language)
    for row in lake.read(SONIX_SUMMARIES, ["summarization_id", "status"]).to_pylist():
        if row["status"] not in ENDED:
            tasks[f"{SUMMARY} {row['summarization_id']}"] = _asking_summary(client, row["summarization_id"])
    for row in lake.read(SONIX_BATCH_SUMMARIES, ["batch_id", "status"]).to_pylist():
        if row["status"] not in ENDED:
            tasks[f"{BATCH} {row['batch_id']}"] = _asking_batch(client, row["batch_id"])
    return tasks


def _asking_translation(client: SonixClient, media_id: str, language: str) -> _Ask:
    return lambda: client.translations.get(media_id, language).status


def _asking_summary(client: SonixClient, summarization_id: str) -> _Ask:
    return lambda: client.summarizations.get(summarization_id).status


def _asking_batch(client: SonixClient, batch_id: str) -> _Ask:
    return lambda: client.batch_summarizations.get(batch_id).status
