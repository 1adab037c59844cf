"""What is wrong is refused before a byte is sent: every client here has an address nobody listens on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.sonix.options import LANGUAGES
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.errors import RefusedError, SettingsError, UnreachableError
from sonitemi_pipelines.settings import Settings

NOWHERE = "http://127.0.0.1:9/v1"
SONIX = SonixClient("secret-key-1", NOWHERE, backoff=0.01)
TEMI = TemiClient("secret-key-2", NOWHERE)
URL = "https://media.example.com/a.mp3"


def refused(call: Callable[[], Any]) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    path = tmp_path / "call.mp3"
    path.write_bytes(b"sound")
    return path


@pytest.mark.parametrize(("language", "near"), [("english", "en"), ("Germn", "de"), ("en_GB", "en"), ("", None)])
def test_what_is_no_language_code_is_refused_with_near_ones(language: str, near: str | None) -> None:
    """A mistyped language would otherwise be paid for and transcribed as nonsense."""
    error = refused(lambda: SONIX.media.submit(file_url=URL, language=language))
    assert set(error.fields) == {"language"}
    assert near is None or f"{near} ({LANGUAGES[near]})" in str(error)
    refused(lambda: SONIX.translations.create("m", language=language))


@pytest.mark.parametrize(("language", "near"), [("zz", None), ("zh", "cmn"), ("EN", "en"), ("nb-NO", "no")])
def test_a_code_that_the_document_does_not_list_is_warned_of_and_sent(
    language: str, near: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Sonix adds languages; refused here, nobody could use them before our next release."""
    with pytest.raises(UnreachableError):
        SONIX.translations.create("m", language=language)
    assert f"{language!r} is no language of Sonix's document" in caplog.text
    assert near is None or f"{near} ({LANGUAGES[near]})" in caplog.text


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("file_url", "ftp://example.com/a.mp3"),
        ("file_url", "https://exa mple.com/a.mp3"),
        ("file_url", "a.mp3"),
        ("callback_url", "example.com/hook"),
        ("name", "  "),
        ("transcript_text", ""),
        ("folder_id", ""),
        ("keywords", ""),
        ("keywords", []),
        ("custom_data", "not json"),
        ("custom_data", "[1]"),
        ("custom_data", {"a": object()}),
        ("custom_data", {"a": float("nan")}),
        ("multitrack", "yes"),
        ("speaker_labels", ["A", "B"]),
        ("name", "half \ud83d"),
    ],
)
def test_wrong_option_of_a_submission(option: str, value: Any) -> None:
    """A wrong option would otherwise be found out after paying, or not at all."""
    options: dict[str, Any] = {"file_url": URL, "language": "en", option: value}
    assert option in refused(lambda: SONIX.media.submit(**options)).fields


def test_file_and_file_url_exclude_each_other(audio: Path) -> None:
    """Sonix would otherwise choose one by itself."""
    assert "file" in refused(lambda: SONIX.media.submit(language="en")).fields
    assert "file" in refused(lambda: SONIX.media.submit(language="en", file=audio, file_url=URL)).fields
    assert "file" in refused(lambda: TEMI.jobs.submit()).fields
    assert "file" in refused(lambda: TEMI.jobs.submit(file=audio, url=URL)).fields


def test_every_fault_is_told_at_once() -> None:
    """Users would otherwise correct one option, and meet the next."""
    error = refused(lambda: SONIX.media.submit(file_url="x", language="english", custom_data="{", name=""))
    assert set(error.fields) == {"file_url", "language", "custom_data", "name"}


def test_file_that_cannot_be_sent(tmp_path: Path) -> None:
    """A missing, empty or odd file would otherwise end in a traceback, or as a paid failure."""
    empty = tmp_path / "empty.mp3"
    empty.touch()
    for path, why in ((tmp_path / "no.mp3", "does not exist"), (empty, "is empty"), (tmp_path, "is a folder")):
        assert why in refused(partial(SONIX.media.submit, language="en", file=path)).fields["file"]
        assert why in refused(partial(TEMI.jobs.submit, file=path)).fields["file"]
    assert "file" in refused(lambda: SONIX.media.submit(language="en", file="a\0b")).fields


def test_file_over_the_limit_names_the_way_out(tmp_path: Path) -> None:
    """101 MB would otherwise be uploaded for minutes and then be refused."""
    large = tmp_path / "large.wav"
    with large.open("wb") as file:
        file.truncate(101_000_000)
    why = refused(lambda: SONIX.media.submit(language="en", file=large)).fields["file"]
    assert "101.0 MB" in why
    assert "the limit is 100 MB" in why
    assert "file_url" in why


def test_media_type_temi_does_not_accept(tmp_path: Path) -> None:
    """A text file would otherwise be uploaded and refused by Temi."""
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    assert "content_type" in refused(lambda: TEMI.jobs.submit(file=notes)).fields["file"]
    assert (
        "text/plain" in refused(lambda: TEMI.jobs.submit(file=notes, content_type="text/plain")).fields["content_type"]
    )
    assert "content_type" in refused(lambda: TEMI.jobs.submit(url=URL, content_type="audio/wav")).fields


@pytest.mark.parametrize(
    ("option", "value"),
    [("metadata", "x" * 257), ("metadata", ""), ("url", "https://a.b/" + "x" * 1013), ("callback_url", "hook")],
)
def test_wrong_option_of_a_temi_submission(option: str, value: str) -> None:
    """Temi's limits would otherwise be met after the upload."""
    assert option in refused(lambda: TEMI.jobs.submit(**{"url": URL, option: value})).fields


@pytest.mark.parametrize(
    ("options", "at_fault"),
    [
        ({"speaker_display": "loud"}, "speaker_display"),
        ({"limit_captions": 1}, "limit_captions"),
        ({"subtitle_lines": 3}, "subtitle_lines"),
        ({"max_characters": 40}, "max_characters"),
        ({"max_duration": 4}, "max_duration"),
        ({"limit_captions": True, "max_characters": 0}, "max_characters"),
        ({"limit_captions": True, "max_duration": float("inf")}, "max_duration"),
        ({"language": ""}, "language"),
    ],
)
def test_wrong_caption_option(options: dict[str, Any], at_fault: str) -> None:
    """An option Sonix ignores or refuses would otherwise give captions nobody asked for."""
    assert set(refused(lambda: SONIX.transcripts.get_srt("m", **options)).fields) == {at_fault}
    assert set(refused(lambda: SONIX.transcripts.get_vtt("m", **options)).fields) == {at_fault}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("language", "klingon"),
        ("font", "Comic Sans"),
        ("font_size", 9),
        ("font_size", 43),
        ("font_size", 16.5),
        ("font_size", True),
        ("font_color", "white"),
        ("bold", "true"),
        ("italic", 1),
        ("h_align", "middle"),
        ("v_align", "center"),
        ("border_style", "dashed"),
        ("border_color", "#FFF"),
        ("ratio", "4:3"),
        ("export_position", "stretch"),
        ("background_color", "#GGGGGG"),
    ],
)
def test_wrong_burn_in_option(option: str, value: Any) -> None:
    """A video would otherwise be rendered, and found wrong, minutes later."""
    assert set(refused(lambda: SONIX.burn_ins.create("m", **{option: value})).fields) == {option}


@pytest.mark.parametrize(
    ("call", "at_fault"),
    [
        (lambda: SONIX.exports.create("m", media_format="ogg"), "media_format"),  # type: ignore[arg-type]
        (lambda: SONIX.exports.create("m", remove_strikethrough="no"), "remove_strikethrough"),  # type: ignore[arg-type]
        (lambda: SONIX.transcripts.split("m", max_cps=0), "max_cps"),
        (lambda: SONIX.transcripts.split("m", subtitle_lines=0), "subtitle_lines"),
        (lambda: SONIX.transcripts.update("m", transcript=[]), "transcript"),
        (lambda: SONIX.transcripts.update("m", transcript=[{"speaker": "A"}]), "transcript"),
        (lambda: SONIX.transcripts.update("m", transcript=[{"words": [{"start_time": float("nan")}]}]), "transcript"),
        (lambda: SONIX.summarizations.create("m", prompt=" \n"), "prompt"),
        (lambda: SONIX.batch_summarizations.create("f", prompt=""), "prompt"),
        (lambda: SONIX.folders.create(name=""), "name"),
        (lambda: SONIX.folders.create(name="a", access_control="secret"), "access_control"),  # type: ignore[arg-type]
        (
            lambda: SONIX.folders.create(name="a", access_control="restricted", restricted_users=["x"]),
            "restricted_users",
        ),
        (lambda: SONIX.folders.create(name="a", restricted_users="a@example.com"), "restricted_users"),
        (lambda: SONIX.folders.update("f"), "options"),
        (lambda: SONIX.users.invite(name="A", email="no address", role="editor"), "email"),
        (lambda: SONIX.users.invite(name="", email="a@example.com", role="editor"), "name"),
        (lambda: SONIX.users.update_role("u", role="king"), "role"),
        (lambda: SONIX.shares.create("m", email="a@b"), "email"),
        (lambda: SONIX.shares.create("m", email="a@example.com", can_edit="yes"), "can_edit"),  # type: ignore[arg-type]
        (lambda: SONIX.shares.delete("m", email=""), "email"),
        (lambda: SONIX.media.update("m"), "options"),
        (lambda: SONIX.media.update("m", name=""), "name"),
        (lambda: TEMI.transcripts.get_text("j", version="newest"), "version"),  # type: ignore[arg-type]
        (lambda: list(TEMI.jobs.list(limit=101)), "limit"),
        (lambda: TEMI.jobs.list_page(limit=0), "limit"),
    ],
)
def test_wrong_option_elsewhere(call: Callable[[], Any], at_fault: str) -> None:
    """Each of these would otherwise cost a call, money, or an e-mail to a wrong address."""
    assert set(refused(call).fields) == {at_fault}


@pytest.mark.parametrize("identifier", ["", " ", ".", "..", "a\nb"])
def test_what_is_no_id_never_reaches_a_path(identifier: str) -> None:
    """`media.delete("")` would otherwise address the whole collection, and '..' another resource."""
    for call in (SONIX.media.delete, SONIX.media.get, TEMI.jobs.delete, TEMI.transcripts.get_json_bytes):
        refused(partial(call, identifier))


def test_a_vendor_without_a_key_names_the_variable() -> None:
    """Users would otherwise learn of a missing key by a 401."""
    with pytest.raises(SettingsError, match="SONIX_API_KEY is not set"):
        SonixClient.from_settings(Settings())
    with pytest.raises(SettingsError, match="TEMI_API_KEY is not set"):
        TemiClient.from_settings(Settings())


def test_no_key_in_any_repr() -> None:
    """Keys would otherwise end in logs and tracebacks."""
    shown = repr([SONIX, SONIX.session, SONIX.media, TEMI, TEMI.session, TEMI.jobs])
    assert "secret" not in shown
