"""Sonix summarizations: of one media, and of all media in a folder."""

from __future__ import annotations

from sonitemi_pipelines.api.listing import Rows
from sonitemi_pipelines.api.operations import Resource, segment
from sonitemi_pipelines.api.polling import FIRST_INTERVAL
from sonitemi_pipelines.api.sonix.models import BatchSummarization, Summarization
from sonitemi_pipelines.api.sonix.statuses import TASKS
from sonitemi_pipelines.api.validation import Checks


class SummarizationResource(Resource):
    """`client.summarizations`: summaries of, and questions about, one media. There is no list: keep the ids."""

    def create(self, media_id: str, *, prompt: str) -> Summarization:
        """Ask for a summary of, or a question about, a completed media. This costs money.

        Operation: Create summarization: POST /media/<media id>/summarizations

        Args:
            prompt: what is wanted, such as "Summarize in 10 sentences".

        Raises:
            RefusedError: the prompt is empty; nothing was sent.
            NotFoundError: no media with this id.
            NotReadyError: the media is not completed.
        """
        operation = "summarizations.create"
        path = f"/media/{segment(media_id, 'media_id')}/summarizations"
        return self._record(Summarization, operation, self._send("POST", operation, path, _prompt(operation, prompt)))

    def get(self, summarization_id: str) -> Summarization:
        """A summarization; `summary` is None until it is completed.

        Operation: Get summarization: GET /summarizations/<summarization_id>

        Raises:
            NotFoundError: no summarization with this id.
        """
        operation = "summarizations.get"
        path = f"/summarizations/{segment(summarization_id, 'summarization_id')}"
        return self._record(Summarization, operation, self._get(operation, path))

    def wait(
        self, summarization_id: str, *, timeout: float = 1800.0, interval: float = FIRST_INTERVAL
    ) -> Summarization:
        """Wait until a summarization is completed.

        Operation: Get summarization: GET /summarizations/<summarization_id>

        Args:
            timeout: seconds to wait at most.
            interval: seconds between the first calls; grows to 30.

        Raises:
            WaitTimeoutError: not finished in time; names the id and how to resume.
            VendorFailedError: it ended as failed.
        """
        return self._wait(
            "summarizations.wait", self.get, (summarization_id,), TASKS, timeout=timeout, interval=interval
        )


class BatchSummarizationResource(Resource):
    """`client.batch_summarizations`: summaries of all completed media of a folder at once."""

    def create(self, folder_id: str, *, prompt: str) -> BatchSummarization:
        """Ask for a summary of every media in a folder; all of them must be completed. This costs money.

        Operation: Create batch summarization: POST /folders/<folder_id>/batch_summarizations

        Args:
            prompt: what is wanted of each media.

        Raises:
            RefusedError: the prompt is empty; nothing was sent.
            PaymentError: the credit does not suffice for the batch.
            NotFoundError: no folder with this id.
            TooLargeError: the folder holds more than 60 hours of media.
        """
        operation = "batch_summarizations.create"
        path = f"/folders/{segment(folder_id, 'folder_id')}/batch_summarizations"
        answer = self._send("POST", operation, path, _prompt(operation, prompt))
        return self._record(BatchSummarization, operation, answer)

    def get(self, batch_summarization_id: str) -> BatchSummarization:
        """A batch summarization; `summaries` is empty until it is completed.

        Operation: Get batch summarization: GET /batch_summarizations/<batch_summarization_id>

        Raises:
            NotFoundError: no batch summarization with this id.
        """
        operation = "batch_summarizations.get"
        path = f"/batch_summarizations/{segment(batch_summarization_id, 'batch_summarization_id')}"
        return self._record(BatchSummarization, operation, self._get(operation, path))

    def list(self, folder_id: str) -> Rows[BatchSummarization]:
        """The batch summarizations of a folder, without their summaries.

        Operation: List batch summarizations: GET /folders/<folder_id>/batch_summarizations

        Raises:
            NotFoundError: no folder with this id.
        """
        operation = "batch_summarizations.list"
        path = f"/folders/{segment(folder_id, 'folder_id')}/batch_summarizations"
        return self._records(BatchSummarization, operation, self._get(operation, path), "batch_summarizations")

    def wait(
        self, batch_summarization_id: str, *, timeout: float = 7200.0, interval: float = FIRST_INTERVAL
    ) -> BatchSummarization:
        """Wait until a batch summarization is completed.

        Operation: Get batch summarization: GET /batch_summarizations/<batch_summarization_id>

        Args:
            timeout: seconds to wait at most.
            interval: seconds between the first calls; grows to 30.

        Raises:
            WaitTimeoutError: not finished in time; names the id and how to resume.
            VendorFailedError: it ended as failed.
        """
        return self._wait(
            "batch_summarizations.wait", self.get, (batch_summarization_id,), TASKS, timeout=timeout, interval=interval
        )


def _prompt(operation: str, prompt: str) -> dict[str, str]:
    checks = Checks(operation)
    checks.text("prompt", prompt, required=True)
    checks.finish()
    return {"prompt": prompt}
