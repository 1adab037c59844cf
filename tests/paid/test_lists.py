"""Lists of files and URLs, some of which cannot be submitted."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.errors import RefusedError
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.paid import Ledger, Rules, SubmitOptions, all_at_vendor, files_in, submit_media
from sonitemi_pipelines.sandbox import Sandbox
from sonitemi_pipelines.vendors.sonix.paid import SonixSubmitter
from sonitemi_pipelines.vendors.temi.paid import TemiSubmitter

URL = "https://media.example.com/talks/talk%201.mp3"
AT_ONCE = Rules(settle_seconds=0)


def test_one_bad_file_does_not_stop_the_others(
    sandbox: Sandbox, ledger: Ledger, temi: TemiClient, call: Path, tmp_path: Path
) -> None:
    """The rest of a folder would otherwise wait for a file that never works, and nobody could tell what was sent."""
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "notes.txt").write_text("no sound")
    media: list[str | Path] = [call, tmp_path / "no.mp3", tmp_path / "empty.mp3", tmp_path, tmp_path / "notes.txt", URL]
    outcomes = list(submit_media(ledger, TemiSubmitter(temi), media, SubmitOptions(), AT_ONCE))
    assert [outcome.subject for outcome in outcomes] == [str(item) for item in media]
    assert [outcome.status for outcome in outcomes] == ["accepted", *["refused"] * 4, "accepted"]
    reasons = ("does not exist", "is empty", "is a folder", "no ending Temi accepts")
    for outcome, why in zip(outcomes[1:5], reasons, strict=True):
        assert why in str(outcome)
        assert "\n" not in str(outcome)
    assert sandbox.counts()["temi job.submit"] == 2
    assert not all_at_vendor(outcomes)


def test_without_credit_the_rest_is_not_tried(sandbox: Sandbox, ledger: Ledger, temi: TemiClient, call: Path) -> None:
    """A hundred uploads that all end in the same refusal waste an hour; the operator reads which ones are missing."""
    sandbox.on_request(lambda operation, _, n: sandbox.set_balance("0.00" if n > 1 else "9.00"))
    urls = [f"https://media.example.com/{n}.mp3" for n in range(4)]
    outcomes = list(submit_media(ledger, TemiSubmitter(temi), urls, SubmitOptions(), AT_ONCE))
    assert [outcome.status for outcome in outcomes] == ["accepted", "refused", "not tried", "not tried"]
    assert "You have only $0.00" in str(outcomes[1])
    assert urls[1] in str(outcomes[3])
    assert ledger.lake.read(VENDOR_REQUESTS).num_rows == 2
    sandbox.on_request(None)
    sandbox.set_balance("9.00")
    again = list(submit_media(ledger, TemiSubmitter(temi), urls, SubmitOptions(), AT_ONCE))
    assert [outcome.status for outcome in again] == ["repeated", "accepted", "accepted", "accepted"]
    assert all_at_vendor(again), "what was missing is there now"


def test_options_reach_sonix(sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path) -> None:
    """What was paid for would otherwise come in the wrong language, under the wrong name, in the wrong place."""
    folder = sonix.folders.create(name="Monday")
    options = SubmitOptions(
        language="de",
        folder_id=folder.id,
        name_prefix="Monday - ",
        keywords=["Kairos", "Bergamasco"],
        custom_data={"order": 7},
        callback_url="https://hooks.example.com/done",
    )
    of_file, of_url = submit_media(ledger, SonixSubmitter(sonix), [call, URL], options, AT_ONCE)
    by_file, by_url = (dict(request.form) for request in list(sandbox.requests)[-2:])
    assert by_file["keywords"] == "Kairos, Bergamasco"
    assert by_file["callback_url"] == "https://hooks.example.com/done"
    assert (by_file["name"], by_url["name"]) == ("Monday - call.mp3", "Monday - talk 1.mp3")
    assert by_url["file_url"] == URL
    media = sonix.media.get(str(of_file.vendor_id))
    assert (media.language, media.folder_id) == ("de", folder.id)
    assert media.custom_data == {"order": 7, "sonitemi_request": of_file.request_id}
    assert of_url.request_id != of_file.request_id


def test_metadata_reaches_temi_with_the_request(sandbox: Sandbox, ledger: Ledger, temi: TemiClient, call: Path) -> None:
    """The operator's own note must survive, and the two together must fit into Temi's 256 characters."""
    longest = "n" * 206
    for note in ("order 7", longest):
        options = SubmitOptions(metadata=note)
        [outcome] = submit_media(ledger, TemiSubmitter(temi), [call], options, Rules(force=True))
        assert temi.jobs.get(str(outcome.vendor_id)).metadata == f"{note} sonitemi_request:{outcome.request_id}"
    with pytest.raises(RefusedError, match="has 207 characters; the limit is 206"):
        submit_media(ledger, TemiSubmitter(temi), [call], SubmitOptions(metadata=longest + "n"), AT_ONCE)


@pytest.mark.parametrize(
    ("options", "at_fault"),
    [
        (SubmitOptions(), "language"),
        (SubmitOptions(language="klingon"), "language"),
        (SubmitOptions(language="en", callback_url="hook"), "callback_url"),
        (SubmitOptions(language="en", folder_id=" "), "folder_id"),
        (SubmitOptions(language="en", metadata="x"), "metadata"),
        (SubmitOptions(language="en", custom_data={"a": float("nan")}), "custom_data"),
    ],
)
def test_a_wrong_option_stops_the_list_before_anything_is_sent(
    sandbox: Sandbox, ledger: Ledger, sonix: SonixClient, call: Path, options: SubmitOptions, at_fault: str
) -> None:
    """Half of a folder would otherwise be paid for with an option that is wrong."""
    with pytest.raises(RefusedError) as caught:
        submit_media(ledger, SonixSubmitter(sonix), [call], options, AT_ONCE)
    assert set(caught.value.fields) == {at_fault}
    assert sandbox.counts() == {}
    assert ledger.lake.read(VENDOR_REQUESTS).num_rows == 0


def test_options_of_sonix_are_refused_for_temi(ledger: Ledger, temi: TemiClient, call: Path) -> None:
    """An operator who gives Temi a language must learn that it has no say, not get English without a word."""
    with pytest.raises(RefusedError, match="not an option of Temi's") as caught:
        submit_media(ledger, TemiSubmitter(temi), [call], SubmitOptions(language="de", folder_id="x"), AT_ONCE)
    assert set(caught.value.fields) == {"language", "folder_id"}


def test_files_of_a_folder(tmp_path: Path, ledger: Ledger, temi: TemiClient) -> None:
    """A folder must give its recordings in order, and neither hidden files nor folders; an empty one is an error."""
    (tmp_path / "deep").mkdir()
    for name in ("b.mp3", "a.mp3", ".DS_Store", "notes.txt", "deep/c.mp3"):
        (tmp_path / name).write_bytes(b"x")
    assert [path.name for path in files_in(tmp_path, "*.mp3")] == ["a.mp3", "b.mp3"]
    assert [path.name for path in files_in(tmp_path, "**/*.mp3")] == ["a.mp3", "b.mp3", "c.mp3"]
    assert [path.name for path in files_in(tmp_path)] == ["a.mp3", "b.mp3", "notes.txt"]
    for folder, pattern in ((tmp_path, "*.wav"), (tmp_path / "no", "*"), (tmp_path, ""), (tmp_path, "/abs/*")):
        with pytest.raises(RefusedError):
            files_in(folder, pattern)
    with pytest.raises(RefusedError, match="nothing to submit"):
        submit_media(ledger, TemiSubmitter(temi), [], SubmitOptions(), AT_ONCE)
