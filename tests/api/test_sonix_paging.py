"""The media list while the account changes under it, and however the vendor counts its pages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.sandbox import Sandbox

from .wire import QUICK

LONG_AGO = dt.datetime(2020, 1, 1)


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(seed=2, sonix=0, temi=0).running(port=0) as sandbox:
        sandbox.add_sonix(n=350, at=LONG_AGO)
        yield sandbox


def ids(client: SonixClient, *, rewalk: bool = False) -> list[str]:
    return [media.id for media in client.media.list(rewalk=rewalk)]


def present(sandbox: Sandbox) -> set[str]:
    return set(sandbox.truth()["sonix"])


def test_every_media_once(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A client that stops at the first 100 rows loses the rest without a word."""
    listed = ids(sonix)
    assert len(listed) == len(set(listed)) >= 350
    assert set(listed) == present(sandbox)
    # One more proves the end.
    assert sandbox.counts()["sonix media.list"] == -(-len(listed) // 100) + 1


def test_media_that_arrive_in_mid_paging_double_nothing(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Rows move down when media arrive, so the last of a page comes again on the next."""
    before = present(sandbox)

    def arrive(operation: str, _: str | None, number: int) -> None:
        if number in (2, 3):
            sandbox.add_sonix(n=30)

    sandbox.on_request(arrive)
    listed = ids(sonix)
    assert len(listed) == len(set(listed))
    assert before <= set(listed)


def test_one_walk_may_lose_media_when_others_are_deleted(sandbox: Sandbox, sonix: SonixClient) -> None:
    """This is why `rewalk` exists: the loss is real, and not seen in a single walk."""
    head = ids(sonix)[:40]

    def delete_the_head(operation: str, _: str | None, number: int) -> None:
        for id_ in head if number == 2 else ():
            sandbox.delete(id_)

    sandbox.on_request(delete_the_head)
    sandbox.reset_counts()
    listed = ids(sonix)
    assert present(sandbox) - set(listed)


def test_rewalk_loses_nothing_when_media_are_deleted_in_mid_paging(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Media missed by the list would be marked as deleted, though they are there."""
    head = ids(sonix)
    doomed = {2: head[:30], 5: head[30:60], 7: [*head[60:70], head[120]]}

    def shrink(operation: str, record_id: str | None, n: int) -> None:
        for media_id in doomed.get(n, []):
            sandbox.delete(media_id)

    sandbox.on_request(shrink)
    sandbox.reset_counts()
    listed = ids(sonix, rewalk=True)
    assert len(listed) == len(set(listed))
    assert present(sandbox) <= set(listed)


def test_rewalk_of_a_quiet_account_is_two_walks(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Walking on and on would cost calls for nothing."""
    pages = -(-len(present(sandbox)) // 100)
    assert set(ids(sonix, rewalk=True)) == present(sandbox)
    assert sandbox.counts()["sonix media.list"] == 2 * pages + 1


def test_rewalk_ends_in_an_account_that_always_shrinks(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A busy account must not keep a sync from ever ending."""
    spare = sandbox.add_sonix(n=40, at=LONG_AGO)
    sandbox.on_request(lambda operation, _, n: sandbox.delete(spare.pop()))
    listed = ids(sonix, rewalk=True)
    assert present(sandbox) <= set(listed)
    assert sandbox.counts()["sonix media.list"] <= 25


def test_a_vendor_that_counts_from_0(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The document's example counts from 0 and its table from 1: a wrong guess loses 100 media."""
    for number, name in enumerate("abc"):
        page = {"media": [{"id": name}], "page": number, "total_pages": 3}
        sandbox.faults.fail_next("sonix media.list", status=200, body=json.dumps(page).encode())
    sandbox.faults.fail_next("sonix media.list", status=200, body=b'{"media": []}')
    assert ids(sonix) == ["a", "b", "c"]
    assert [dict(request.query).get("page") for request in sandbox.requests] == [None, "1", "2", "3"]


def test_a_vendor_that_counts_from_1(sandbox: Sandbox, sonix: SonixClient) -> None:
    """See above."""
    for number, name in enumerate("abc", 1):
        page = {"media": [{"id": name}], "page": str(number), "total_pages": "3"}
        sandbox.faults.fail_next("sonix media.list", status=200, body=json.dumps(page).encode())
    sandbox.faults.fail_next("sonix media.list", status=200, body=b'{"media": []}')
    assert ids(sonix) == ["a", "b", "c"]
    assert [dict(request.query).get("page") for request in sandbox.requests] == [None, "2", "3", "4"]


def test_a_vendor_that_ignores_the_page_ends(sandbox: Sandbox, sonix: SonixClient) -> None:
    """A list without `total_pages` that repeats itself would otherwise be read for ever."""
    body = json.dumps({"media": [{"id": "a"}, {"id": "b"}]}).encode()
    sandbox.faults.fail_next("sonix media.list", status=200, body=body, times=50)
    assert ids(sonix) == ["a", "b"]
    assert sandbox.counts()["sonix media.list"] == 3


def test_a_page_by_its_number(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The sensor reads the head of the list only: 1 has to be the head."""
    everything = ids(sonix)
    head, second = sonix.media.list_page(), sonix.media.list_page(2)
    assert [media.id for media in head.media] == everything[:100]
    assert [media.id for media in second.media] == everything[100:200]
    assert (head.page, second.page, head.total_pages) == (1, 2, -(-len(everything) // 100))


def test_a_list_is_read_as_it_is_used(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Looking at the newest media must not cost a walk through 20,000."""
    next(iter(sonix.media.list()))
    assert sandbox.counts()["sonix media.list"] == 1


def test_a_faulty_page_is_tried_again_and_the_walk_goes_on(sandbox: Sandbox) -> None:
    """One 503 in 200 pages would otherwise end the sync."""
    client = SonixClient(sandbox.env["SONIX_API_KEY"], sandbox.base_url, **QUICK)
    sandbox.on_request(lambda op, _, n: sandbox.faults.fail_next(op, status=503, html=True) if n == 2 else None)
    assert set(ids(client)) == present(sandbox)
