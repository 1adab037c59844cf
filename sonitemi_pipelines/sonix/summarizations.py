"""Sonix summarizations: of one media, and of all media in a folder."""

from __future__ import annotations

import builtins

from sonitemi_pipelines.resource import Resource, segment
from sonitemi_pipelines.sonix.models import BatchSummarization, Summarization


class SummarizationResource(Resource):
    """`client.summarizations`: summaries of, and questions about, one media. There is no list: keep the ids."""

    def get(self, summarization_id: str) -> Summarization:
        """A summarization; `summary` is None until it is completed.

        Operation: Get summarization: GET /summarizations/<summarization_id>

        Raises:
            NotFoundError: no summarization with this id.
        """
        operation = "summarizations.get"
        path = f"/summarizations/{segment(summarization_id, 'summarization_id')}"
        return self._record(Summarization, operation, self._get(operation, path))


class BatchSummarizationResource(Resource):
    """`client.batch_summarizations`: summaries of all completed media of a folder at once."""

    def get(self, batch_summarization_id: str) -> BatchSummarization:
        """A batch summarization; `summaries` is empty until it is completed.

        Operation: Get batch summarization: GET /batch_summarizations/<batch_summarization_id>

        Raises:
            NotFoundError: no batch summarization with this id.
        """
        operation = "batch_summarizations.get"
        path = f"/batch_summarizations/{segment(batch_summarization_id, 'batch_summarization_id')}"
        return self._record(BatchSummarization, operation, self._get(operation, path))

    def list(self, folder_id: str) -> builtins.list[BatchSummarization]:
        """The batch summarizations of a folder, without their summaries.

        Operation: List batch summarizations: GET /folders/<folder_id>/batch_summarizations

        Raises:
            NotFoundError: no folder with this id.
        """
        operation = "batch_summarizations.list"
        path = f"/folders/{segment(folder_id, 'folder_id')}/batch_summarizations"
        return self._records(BatchSummarization, operation, self._get(operation, path), "batch_summarizations")
