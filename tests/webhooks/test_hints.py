"""If these fail, an event wakes the sync for the wrong recording, for none, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonitemi_pipelines.vendors.sonix.hints import sonix_callback, sonix_event
from sonitemi_pipelines.vendors.temi.hints import temi_callback
from sonitemi_pipelines.webhooks.hints import Hint, MalformedBodyError


def encoded(payload: Any) -> bytes:
    return json.dumps(payload).encode()


@pytest.mark.parametrize(
    "payload",
    [
        {"id": "m1"},
        {"media_id": "m1", "id": "evt9"},
        {"event": "transcription_finished", "id": "evt9", "media": {"id": "m1"}},
        {"event": "x", "data": {"id": "m1"}, "id": "evt9"},
        {"data": {"media": {"id": "m1"}, "id": "evt9"}},
        {"data": {"object": {"id": "m1"}}},
        {"payload": {"translation": {"id": "t3", "media_id": "m1"}}},
        {"event": {"type": "label_change", "mediaId": "m1"}},
        {"media": "m1", "id": "evt9"},
        {"media_id": None, "transcript": {"media_id": "m1"}},
    ],
)
def test_the_media_id_is_found_wherever_sonix_may_put_it(payload: dict[str, Any]) -> None:
    assert sonix_event(encoded(payload)).recording_id == "m1"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("transcription_finished", "transcription_finished"),
        ("Transcription finished", "transcription_finished"),
        ("translation.finished", "translation_finished"),
        ("transcript.label_changed", "label_change"),
        ("FolderChange", "folder_change"),
        ("something_new", "unknown"),
    ],
)
def test_the_four_event_kinds_are_recognised_in_any_spelling(said: str, kind: str) -> None:
    assert sonix_event(encoded({"event": said, "media": {"id": "m1"}})) == Hint("m1", kind)  # type: ignore[arg-type]
    assert sonix_event(encoded({"data": {"type": said, "id": "m1"}})).kind == kind


@pytest.mark.parametrize(
    ("payload", "language"),
    [
        ({"event": "translation_finished", "media": {"id": "m1", "language": "en"}, "language": "es"}, "es"),
        ({"event": "translation_finished", "media": {"id": "m1", "language": "en"}}, None),
        ({"type": "translation.finished", "data": {"translation": {"media_id": "m1", "language": "es-419"}}}, "es-419"),
        ({"event": "translation_finished", "media_id": "m1", "target_language": "de", "language": "en"}, "de"),
        ({"event": "translation_finished", "media_id": "m1", "language": "../../users"}, None),
        ({"event": "transcription_finished", "media_id": "m1", "language": "es"}, None),
    ],
)
def test_a_finished_translation_tells_its_language(payload: dict[str, Any], language: str | None) -> None:
    """Sonix lists no translations: without the language nobody would ever ask for it."""
    hint = sonix_event(encoded(payload))
    assert (hint.recording_id, hint.language) == ("m1", language)


def test_a_genuine_event_without_an_id_still_counts_as_a_hint() -> None:
    assert sonix_event(b'{"event": "folder_change"}') == Hint(None, "folder_change")


def test_customer_data_in_a_media_is_not_taken_for_its_id_or_kind() -> None:
    media = {
        "id": "m1",
        "status": "completed",
        "name": "label meeting",
        "custom_data": {"media_id": "m2", "event": "label"},
    }
    assert sonix_callback(encoded(media)) == Hint("m1", "status_change")


def test_the_documented_temi_callback_is_read() -> None:
    assert temi_callback(b'{"job": {"id": "sd11111", "status": "transcribed"}}') == Hint("sd11111", "status_change")
    assert temi_callback(b'{"job": {"id": 12}}').recording_id == "12"


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "sd1", "status": "transcribed"}',
        b"id=sd1&status=transcribed",
        b"job%5Bid%5D=sd1&job%5Bstatus%5D=transcribed",
        b"job=%7B%22id%22%3A%22sd1%22%7D",
        b"payload=%7B%22job%22%3A%7B%22id%22%3A%22sd1%22%7D%7D",
    ],
)
def test_a_bare_job_and_forms_are_read_too(body: bytes) -> None:
    assert temi_callback(body).recording_id == "sd1"


@pytest.mark.parametrize(
    "body", [b"id=m1&status=completed", b"media%5Bid%5D=m1", b"payload=%7B%22id%22%3A%22m1%22%7D", b"media_id=m1"]
)
def test_forms_of_sonix_are_read_too(body: bytes) -> None:
    assert sonix_callback(body).recording_id == "m1"


@pytest.mark.parametrize(
    "bad", ["../users", "a/b", "a b", "", "x" * 129, "m1\n", "\u0661\u0662", 1.5, True, None, [], {}]
)
def test_what_does_not_look_like_an_id_never_reaches_a_vendor_url(bad: Any) -> None:
    assert sonix_event(encoded({"id": bad})).recording_id is None
    with pytest.raises(MalformedBodyError):
        sonix_callback(encoded({"id": bad}))
    with pytest.raises(MalformedBodyError):
        temi_callback(encoded({"job": {"id": bad}}))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b'{"a": "\xff"}', b'{"id": "\\ud800"}', b"[" * 100_000]
)
def test_a_malformed_body_is_refused_and_never_an_internal_error(body: bytes) -> None:
    for read in (sonix_event, sonix_callback, temi_callback):
        with pytest.raises(MalformedBodyError):
            read(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["data", "media", "event", "id", "media_id", "job", "type"]), inner, max_size=4
            )
        ),
        max_leaves=20,
    )
)
def test_no_json_makes_reading_fail(payload: Any) -> None:
    for read in (sonix_event, sonix_callback, temi_callback):
        try:
            hint = read(encoded(payload))
        except MalformedBodyError:
            continue
        assert hint.recording_id is None or hint.recording_id.isascii()
