"""The same seed is the same vendor, byte for byte: the ground every comparison of two syncs stands on."""

from __future__ import annotations

import hashlib
import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.sandbox import Quirks, Sandbox
from sonitemi_pipelines.sandbox.conversations import converse

from .vendor import Vendor, as_json

NOW = datetime(2026, 1, 31, tzinfo=UTC)
REAL = Path(__file__).parents[3] / "shared" / "real"


def test_same_seed_same_truth() -> None:
    assert Sandbox(seed=4, now=NOW).truth() == Sandbox(seed=4, now=NOW).truth()
    assert Sandbox(seed=4, now=NOW).truth() != Sandbox(seed=5, now=NOW).truth()


def test_a_revision_keeps_its_bytes_and_an_edit_makes_another(sandbox: Sandbox, sonix: Vendor) -> None:
    (media_id,) = sandbox.add_sonix()
    path = f"/media/{media_id}/transcript.json"
    first = sonix.get(path).content
    sandbox.rename(media_id, "Another name")
    assert sonix.get(path).content == first
    assert sandbox.truth()["sonix"][media_id]["variants"]["latest"] == hashlib.sha256(first).hexdigest()
    seen = {first}
    for number in range(2, 6):
        sandbox.edit(media_id)
        seen.add(sonix.get(path).content)
        assert len(seen) == number
    assert (
        hashlib.sha256(sonix.get(path).content).hexdigest() == sandbox.truth()["sonix"][media_id]["variants"]["latest"]
    )


def test_edits_of_an_exact_payload_start_from_it(sandbox: Sandbox, temi: Vendor) -> None:
    (job_id,) = sandbox.add_temi()
    payload = {"speakers": [], "monologues": [{"elements": [{"type": "text", "value": "Marmalade"}]}]}
    sandbox.set_transcript("temi", job_id, payload, variant="machine")
    assert temi.get(f"/jobs/{job_id}/transcript", headers=as_json()).json() == payload
    sandbox.edit(job_id)
    edited = temi.get(f"/jobs/{job_id}/transcript", headers=as_json()).json()
    assert edited != payload
    assert "Marmalade" in json.dumps(edited)


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "ar", "ja", "cmn-Hans-CN", "sv"])
def test_conversations_are_whole(language: str) -> None:
    """Times beyond the media, or words that end before they start, would poison every measure of the demo."""
    for number in range(12):
        talk = converse(f"seed/{number}", language, 120_000)
        words = [word for turn in talk.turns for word in turn.words]
        assert len(words) > 60
        assert all(0 <= word.start < word.end <= 120_000 for word in words)
        assert "{" not in "".join(word.text for word in words)
        starts = [turn.words[0].start for turn in talk.turns]
        assert starts == sorted(starts)
        assert len({turn.speaker for turn in talk.turns}) == len(talk.speakers)
        ends = [turn.words[-1].end for turn in talk.turns]
        assert max(ends) > 80_000
    overlaps = sum(start < end for start, end in zip(starts[1:], ends, strict=False))
    assert overlaps > 0


def test_quirks_off_is_the_document_and_on_is_the_field() -> None:
    """The client must be proved on both; a sandbox that served only one would hide half the bugs."""
    plain = Sandbox(quirks=False, now=NOW)
    for media_id, known in plain.truth()["sonix"].items():
        if known["variants"]:
            payload = json.loads(plain.body("sonix", media_id))
            assert set(payload) == {"name", "transcript"}
            for segment in payload["transcript"]:
                assert set(segment) == {"speaker", "start_time", "end_time", "words"}
                assert all(set(word) == {"text", "start_time", "end_time"} for word in segment["words"])
    real = Sandbox(now=NOW)
    words = []
    same = turns = 0
    for media_id, known in real.truth()["sonix"].items():
        if known["variants"]:
            segments = json.loads(real.body("sonix", media_id))["transcript"]
            words += [word for segment in segments for word in segment["words"]]
            speakers = [segment["speaker"] for segment in segments]
            turns += len(speakers)
            same += sum(a == b for a, b in itertools.pairwise(speakers))
    assert 0.2 < sum(bool(word.get("strikethrough")) for word in words) / len(words) < 0.35
    assert 0.01 < sum(len(word["text"].split()) > 1 for word in words) / len(words) < 0.04
    assert any(not word["text"].strip() for word in words)
    assert any(word["text"].startswith("\u00a0") for word in words)
    assert same / turns > 0.5
    temi = [
        json.loads(real.body("temi", job_id)) for job_id, known in real.truth()["temi"].items() if known["variants"]
    ]
    elements = [element for payload in temi for monologue in payload["monologues"] for element in monologue["elements"]]
    assert {element["type"] for element in elements} == {"text", "punct", "tag"}
    assert any(element["type"] == "text" and "ts" not in element for element in elements)


def test_one_quirk_alone() -> None:
    only_blank = Quirks(**{**vars(Quirks.none()), "token_spaces": 1.0, "blank_tokens": 0.5})
    sandbox = Sandbox(quirks=only_blank, sonix=0, temi=0)
    (media_id,) = sandbox.add_sonix(language="en")
    words = [word for segment in json.loads(sandbox.body("sonix", media_id))["transcript"] for word in segment["words"]]
    assert sum(not word["text"].strip() for word in words) > len(words) / 5
    assert all("strikethrough" not in word for word in words)


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real payloads, ../shared/real, is not here")
def test_real_payloads_are_served_byte_for_byte() -> None:
    with Sandbox(real=REAL).running() as sandbox:
        sonix, temi = Vendor(sandbox, "sonix"), Vendor(sandbox, "temi")
        for path in REAL.glob("*/*.json"):
            if path.parent.name == "sonix":
                answer = sonix.get(f"/media/{path.stem}/transcript.json")
            else:
                answer = temi.get(f"/jobs/{path.stem}/transcript", headers=as_json())
            assert answer.content == path.read_bytes()
        assert len(sonix.get("/media").json()["media"]) == len(list(REAL.glob("sonix/*.json")))
        assert all("last_modified_on" not in job for job in temi.get("/jobs").json())


def test_a_folder_without_payloads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no sonix"):
        Sandbox(real=tmp_path)
