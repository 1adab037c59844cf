"""Temi jobs and account over HTTP, with every documented problem type."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.api.temi.media_types import ACCEPTED_MEDIA_TYPES
from sonitemi_pipelines.errors import (
    ApiError,
    AuthenticationError,
    InvalidRequestError,
    MalformedAnswerError,
    NotFoundError,
    NotReadyError,
    PaymentError,
    ServerError,
    TransportError,
)
from sonitemi_pipelines.sandbox import Sandbox

from .wire import sent

MEDIA_URL = "https://media.example.com/call.mp3"


def problem(kind: str, **members: object) -> bytes:
    return json.dumps({"type": f"https://www.temi.com/api/v1/errors/{kind}", **members}).encode()


def test_submit_by_url(sandbox: Sandbox, temi: TemiClient) -> None:
    """Temi takes the URL as JSON, under `media_url`; anything else is refused or ignored."""
    hook = "https://hooks.example.com/temi"
    job = temi.jobs.submit(url=MEDIA_URL, metadata="Bestellung 12 – Zürich", callback_url=hook)
    request = sent(sandbox)
    assert (request.method, request.path, request.headers["content-type"]) == ("POST", "/v1/jobs", "application/json")
    assert request.json == {"media_url": MEDIA_URL, "metadata": "Bestellung 12 – Zürich", "callback_url": hook}
    assert (job.status, job.metadata, job.callback_url) == ("in_progress", "Bestellung 12 – Zürich", hook)
    assert job.created_on is not None
    assert job.created_on.tzinfo is None


def test_submit_a_file(sandbox: Sandbox, temi: TemiClient, tmp_path: Path) -> None:
    """Temi refuses a media part without a file name or with a type it does not list."""
    path = tmp_path / "Gespräch 1.M4A"
    path.write_bytes(bytes(range(256)) * 30)
    job = temi.jobs.submit(file=path, metadata="meta content")
    request = sent(sandbox)
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert [name for name, _ in request.form] == ["options"]
    assert json.loads(dict(request.form)["options"]) == {"metadata": "meta content"}
    upload = request.files["media"]
    assert (upload.filename, upload.content_type, upload.content) == ("Gespräch 1.M4A", "audio/mp4", path.read_bytes())
    assert (job.name, job.metadata) == ("Gespräch 1.M4A", "meta content")
    temi.jobs.submit(file=path, content_type="audio/mp4a-latm")
    assert (sent(sandbox).form, sent(sandbox).files["media"].content_type) == ([], "audio/mp4a-latm")


def test_get(sandbox: Sandbox, temi: TemiClient, job_id: str) -> None:
    """Edits are found through `last_modified_on`: a job that loses it is never read again."""
    assert temi.jobs.get(job_id).last_modified_on is None
    sandbox.edit(job_id)
    job = temi.jobs.get(job_id)
    assert (sent(sandbox).method, sent(sandbox).path) == ("GET", f"/v1/jobs/{job_id}")
    assert (job.id, job.status) == (job_id, "transcribed")
    assert job.last_modified_on is not None
    assert job.duration_seconds


def test_delete(sandbox: Sandbox, temi: TemiClient, job_id: str) -> None:
    """Deleting answers 204 without a body, which is no malformed answer."""
    temi.jobs.delete(job_id)
    assert (sent(sandbox).method, sent(sandbox).path) == ("DELETE", f"/v1/jobs/{job_id}")
    with pytest.raises(NotFoundError, match="could not find job") as caught:
        temi.jobs.get(job_id)
    assert caught.value.code == "job-not-found"


def test_delete_before_its_time(sandbox: Sandbox, temi: TemiClient) -> None:
    """The operator reads in which state the job is, and which would do."""
    (open_id,) = sandbox.add_temi(status="in_progress")
    with pytest.raises(NotReadyError, match="invalid state to be deleted") as caught:
        temi.jobs.delete(open_id)
    assert caught.value.code == "invalid-job-state"
    assert caught.value.details == {"allowed_values": ["failed", "transcribed"], "current_value": "in_progress"}


def test_out_of_credit(sandbox: Sandbox, temi: TemiClient) -> None:
    """A 403 here means money, not access; the operator reads how much is left."""
    sandbox.set_balance("0.10")
    with pytest.raises(PaymentError, match=r"You have only \$0\.10") as caught:
        temi.jobs.submit(url=MEDIA_URL)
    assert (caught.value.status, caught.value.code) == (403, "out-of-credit")
    assert caught.value.details["current_balance"] == 0.10


def test_parameters_at_fault_are_named(sandbox: Sandbox, temi: TemiClient) -> None:
    """The vendor names the parameters at fault; so does the error."""
    body = problem(
        "invalid-parameters",
        title="Your request parameters didn't validate",
        parameters={"options.media_url": ["The media_url field is required."]},
    )
    sandbox.faults.fail_next("temi job.submit", status=400, body=body)
    with pytest.raises(InvalidRequestError, match=r"options\.media_url: The media_url field is required") as caught:
        temi.jobs.submit(url=MEDIA_URL)
    assert caught.value.fields == {"options.media_url": ["The media_url field is required."]}
    assert caught.value.code == "invalid-parameters"


def test_unsupported_media_type(sandbox: Sandbox, temi: TemiClient) -> None:
    """Temi may look into the file, and then lists what it takes."""
    body = problem(
        "unsupported-media-content-type",
        title="Not supported media content type",
        detail="text/plain is not supported content type for the media",
        allowed_values=list(ACCEPTED_MEDIA_TYPES),
        current_value="text/plain",
    )
    sandbox.faults.fail_next("temi job.submit", status=400, body=body)
    with pytest.raises(InvalidRequestError, match="text/plain is not supported") as caught:
        temi.jobs.submit(url=MEDIA_URL)
    assert caught.value.details["current_value"] == "text/plain"
    assert caught.value.details["allowed_values"] == list(ACCEPTED_MEDIA_TYPES)


def test_missing_file_name(sandbox: Sandbox, temi: TemiClient) -> None:
    """The last documented problem type of a submission."""
    body = problem("media-missing-filename", title="filename is required for media part")
    sandbox.faults.fail_next("temi job.submit", status=400, body=body)
    with pytest.raises(InvalidRequestError, match="filename is required") as caught:
        temi.jobs.submit(url=MEDIA_URL)
    assert caught.value.code == "media-missing-filename"


def test_wrong_key(sandbox: Sandbox) -> None:
    """The 401 body has only `message`; and the key is never shown."""
    client = TemiClient("not-the-key-at-all", sandbox.base_url)
    with pytest.raises(AuthenticationError, match="Authorization has been denied") as caught:
        client.account.get()
    assert "not-the-key" not in f"{caught.value!r}{caught.value.__dict__}"


def test_a_submission_whose_answer_is_lost_is_not_repeated(sandbox: Sandbox, temi: TemiClient) -> None:
    """A submission repeated by a retry is paid twice."""
    for fault in ({"status": 503}, {"drop_connection": True}):
        before = len(sandbox.truth()["temi"])
        sandbox.faults.fail_next("temi job.submit", after=True, **fault)
        with pytest.raises((ServerError, TransportError), match=r"jobs\.submit"):
            temi.jobs.submit(url=MEDIA_URL)
        assert len(sandbox.truth()["temi"]) == before + 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_submission_is_never_repeated_by_a_retry(
    sandbox: Sandbox, temi: TemiClient, tmp_path: Path, status: int
) -> None:
    """Something on the way may answer so after Temi took the job: it would be paid twice."""
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound" * 1000)
    sandbox.faults.fail_next("temi job.submit", status=status, retry_after=0)
    with pytest.raises(ApiError):
        temi.jobs.submit(file=path)
    assert sandbox.counts()["temi job.submit"] == 1


def test_balance(sandbox: Sandbox, temi: TemiClient) -> None:
    """Money has to be exact."""
    sandbox.set_balance("1000.10")
    account = temi.account.get()
    assert sent(sandbox).path == "/v1/account"
    assert account.balance == Decimal("1000.10")
    sandbox.faults.fail_next("temi account.get", status=200, body=b'{"balance": "12.30", "currency": "USD"}')
    account = temi.account.get()
    assert (account.balance, account.extra) == (Decimal("12.30"), {"currency": "USD"})
    sandbox.faults.fail_next("temi account.get", status=200, body=b'{"balance": null}')
    with pytest.raises(MalformedAnswerError):
        temi.account.get()


class TestList:
    """The job list while jobs arrive and go."""

    @pytest.fixture(scope="class")
    def server(self) -> Iterator[Sandbox]:
        with Sandbox(seed=3, sonix=0, temi=0).running(port=0) as sandbox:
            sandbox.add_temi(n=250, at=dt.datetime(2020, 1, 1))
            yield sandbox

    def test_every_job_once(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """A client that stops at 100 jobs loses the rest without a word."""
        listed = [job.id for job in temi.jobs.list()]
        assert len(listed) == len(set(listed))
        assert set(listed) == set(sandbox.truth()["temi"])
        assert sandbox.counts()["temi job.list"] == -(-len(listed) // 100) + 1
        queries = [dict(request.query) for request in sandbox.requests]
        assert queries[0] == {"limit": "100"}
        assert queries[1] == {"limit": "100", "starting_after": listed[99]}

    def test_limit_decides_the_page_and_not_the_end(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """Taken for the total, `limit` would cut the list short."""
        assert {job.id for job in temi.jobs.list(limit=7)} == set(sandbox.truth()["temi"])

    def test_a_cursor_that_was_deleted_starts_the_list_again(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """The 400 would otherwise end the sync; a second walk from the top must double nothing."""
        order = [job.id for job in temi.jobs.list()]
        sandbox.reset_counts()
        sandbox.on_request(lambda operation, _, n: sandbox.delete(order[99]) if n == 2 else None)
        listed = [job.id for job in temi.jobs.list()]
        assert len(listed) == len(set(listed))
        assert set(sandbox.truth()["temi"]) <= set(listed)

    def test_jobs_that_arrive_in_mid_paging_double_nothing(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """The cursor keeps its place while the head grows."""
        before = set(sandbox.truth()["temi"])

        def arrive(operation: str, _: str | None, number: int) -> None:
            if number == 2:
                sandbox.add_temi(n=20)

        sandbox.on_request(arrive)
        listed = [job.id for job in temi.jobs.list()]
        assert len(listed) == len(set(listed))
        assert before <= set(listed)

    def test_restarts_are_bounded(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """A vendor that refuses every cursor must not keep the sync busy for ever."""

        def refuse_cursors(operation: str, record_id: str | None, n: int) -> None:
            if n % 2 == 0:
                sandbox.faults.fail_next(operation, status=400, body=problem("invalid-parameters"))

        sandbox.on_request(refuse_cursors)
        with pytest.raises(InvalidRequestError):
            list(temi.jobs.list())
        assert sandbox.counts()["temi job.list"] == 12

    def test_a_refused_head_is_an_error_at_once(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """Without a cursor a 400 has another cause, which a restart does not heal."""
        sandbox.faults.fail_next("temi job.list", status=400)
        with pytest.raises(InvalidRequestError):
            list(temi.jobs.list())
        assert sandbox.counts()["temi job.list"] == 1

    def test_a_vendor_that_ignores_the_cursor_ends(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """The same page again and again would otherwise be read for ever."""
        sandbox.faults.fail_next("temi job.list", status=200, body=b'[{"id": "a"}, {"id": "b"}]', times=50)
        assert [job.id for job in temi.jobs.list(limit=2)] == ["a", "b"]
        assert sandbox.counts()["temi job.list"] == 2

    def test_a_list_that_is_none(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """An odd answer read as an empty account would mark every job as deleted."""
        for body in (b'{"jobs": []}', b"null", b"<html>"):
            sandbox.faults.clear()
            sandbox.faults.fail_next("temi job.list", status=200, body=body, times=5)
            with pytest.raises(MalformedAnswerError):
                list(temi.jobs.list())

    def test_failures_of_the_vendor(self, sandbox: Sandbox, temi: TemiClient) -> None:
        """The title and detail of the vendor's body reach the operator."""
        sandbox.faults.fail_next("temi job.list", status=500, times=9)
        with pytest.raises(ServerError, match=r"An error has occurred\.: status 500"):
            temi.jobs.list_page()
