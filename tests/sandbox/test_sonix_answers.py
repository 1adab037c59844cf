"""Sonix's answers are those of its document: a client that works here works there."""

from __future__ import annotations

import json

import pytest

from sonitemi_pipelines.sandbox import Sandbox

from .vendor import Vendor

WORD = {"text": "Hello", "start_time": 0.5, "end_time": 0.9}
SEGMENT = {"speaker": "Nora", "start_time": 0.5, "end_time": 0.9, "words": [WORD]}


def test_wrong_key_gets_the_documented_body(sandbox: Sandbox, sonix: Vendor) -> None:
    """Without it a user with a mistyped key reads something else in production than in the demo."""
    answer = sonix.get("/media", headers={"Authorization": "Bearer wrong"})
    assert (answer.status_code, answer.json()) == (401, {"code": 401, "message": "Invalid API key"})


def test_pages_hold_a_hundred_newest_first_and_zero_is_the_first(sandbox: Sandbox, sonix: Vendor) -> None:
    sandbox.add_sonix(n=180)
    first, zeroth = sonix.get("/media?page=1").json(), sonix.get("/media?page=0").json()
    assert first["media"] == zeroth["media"]
    assert (len(first["media"]), first["total_pages"], first["page"]) == (100, 3, 1)
    everything = [media for page in (1, 2, 3) for media in sonix.get(f"/media?page={page}").json()["media"]]
    assert len({media["id"] for media in everything}) == 220
    created = [media["created_at"] for media in everything]
    assert created == sorted(created, reverse=True)


def test_arrivals_shift_the_pages_of_a_listing_under_way(sandbox: Sandbox, sonix: Vendor) -> None:
    """The trap that makes naive clients see media twice, or, after a deletion, never."""
    sandbox.add_sonix(n=160)
    first = [media["id"] for media in sonix.get("/media?page=1").json()["media"]]

    def arrive(operation: str, record_id: str | None, calls: int) -> None:
        if operation == "sonix media.list" and calls == 2:
            sandbox.add_sonix()

    sandbox.on_request(arrive)
    second = [media["id"] for media in sonix.get("/media?page=2").json()["media"]]
    assert second[0] == first[-1]
    sandbox.on_request(None)
    sandbox.delete(first[0])
    sandbox.delete(first[1])
    shifted = [media["id"] for media in sonix.get("/media?page=2").json()["media"]]
    # The row in between moved up to the page that was read before: this walk never sees it.
    assert shifted[0] == second[2]


def test_filters_scope_the_list(sandbox: Sandbox, sonix: Vendor) -> None:
    folder = next(f["id"] for f in sonix.get("/folders").json()["folders"] if f.get("email") == "Podcasts")
    (media_id,) = sandbox.add_sonix(status="aligning", folder_id=folder)
    sandbox.rename(media_id, "Quarterly Zebra Review")
    for filtered in ("status=aligning", f"folder_id={folder}", "search=zebra"):
        assert media_id in [media["id"] for media in sonix.get(f"/media?{filtered}").json()["media"]]
    assert [m["id"] for m in sonix.get("/media?status=completed&search=zebra").json()["media"]] == []
    assert sonix.get("/media?status=finished").status_code == 400


def test_a_filtered_list_follows_every_change(sandbox: Sandbox, sonix: Vendor) -> None:
    """What a filter found is kept for the next page of the walk, and for no longer than it holds."""
    folder, other = [f["id"] for f in sonix.get("/folders").json()["folders"]][1:3]
    (media_id,) = sandbox.add_sonix(status="aligning")
    new_id = ""

    def found(**asked: str) -> bool:
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return (new_id or media_id) in [media["id"] for media in sonix.get(f"/media?{query}").json()["media"]]

    assert not found(folder_id=other)
    sandbox.move(media_id, other)
    assert found(folder_id=other)
    assert not found(folder_id=folder)
    assert not found(search="giraffe")
    sandbox.rename(media_id, "A giraffe")
    assert found(search="giraffe")
    sandbox.complete(media_id)
    assert found(status="completed", search="giraffe")
    sandbox.delete(media_id)
    assert not found(search="giraffe")
    (new_id,) = sandbox.add_sonix(folder_id=folder)
    assert found(folder_id=folder)


def test_folder_stands_only_in_a_single_answer(sandbox: Sandbox, sonix: Vendor) -> None:
    listed = next(media for media in sonix.get("/media").json()["media"] if "Kitchen" in media["name"])
    assert "folder" not in listed
    assert sonix.get(f"/media/{listed['id']}").json()["folder"]["name"] == "Podcasts"


def test_transcript_waits_for_completion(sandbox: Sandbox, sonix: Vendor) -> None:
    (media_id,) = sandbox.add_sonix(status="transcribing")
    for ending in ("", ".srt", ".vtt", ".json"):
        answer = sonix.get(f"/media/{media_id}/transcript{ending}")
        assert (answer.status_code, answer.json()["code"]) == (409, 409)
    sandbox.complete(media_id)
    assert sonix.get(f"/media/{media_id}/transcript.json").json()["transcript"]
    assert sonix.get("/media/nothing1/transcript.json").json() == {"code": 404, "message": "Media file not found"}


def test_submitted_media_are_taken_as_described(sandbox: Sandbox, sonix: Vendor) -> None:
    data = {"language": "es", "name": "Charla", "custom_data": '{"order": "7"}'}
    answer = sonix.post("/media", data=data, files={"file": ("charla.mp3", b"sound", "audio/mpeg")}).json()
    assert answer["status"] == "preparing"
    assert answer["custom_data"] == {"order": "7"}
    sandbox.complete(answer["id"])
    shown = sonix.get(f"/media/{answer['id']}").json()
    assert (shown["name"], shown["language"], shown["status"]) == ("Charla", "es", "completed")
    assert shown["duration"] > 0
    assert sonix.get(f"/media/{answer['id']}/transcript.json").json()["name"] == "Charla"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "One of file or file_url is required"),
        ({"file_url": "not a url"}, "file_url is not a URL"),
        ({"file_url": "https://example.com/a.mp3", "language": "xx"}, "Language xx is not supported"),
        ({"file_url": "https://example.com/a.mp3", "custom_data": "{"}, "custom_data is not valid JSON"),
        ({"file_url": "https://example.com/a.mp3", "speaker_labels": '["A"]'}, "speaker_labels need multitrack"),
    ],
)
def test_bad_submissions_are_refused(sandbox: Sandbox, sonix: Vendor, data: dict[str, str], said: str) -> None:
    answer = sonix.post("/media", data=data)
    assert answer.status_code == 400
    assert said in answer.json()["message"]


def test_captions_check_their_options(sandbox: Sandbox, sonix: Vendor) -> None:
    (media_id,) = sandbox.add_sonix(language="en")
    path = f"/media/{media_id}/transcript.srt"
    assert sonix.get(path, params={"max_characters": 40}).status_code == 400
    assert sonix.get(path, params={"speaker_display": "loud"}).status_code == 400
    limited = {"limit_captions": "true", "max_characters": 40, "max_duration": 4, "speaker_display": "uppercase"}
    blocks = sonix.get(path, params=limited).text.strip().split("\n\n")
    assert len(blocks) > 3
    for number, block in enumerate(blocks, 1):
        lines = block.split("\n")
        assert lines[0] == str(number)
        assert " --> " in lines[1]
        assert len(lines[-1]) <= 60
    assert sonix.get(f"/media/{media_id}/transcript.vtt").text.startswith("WEBVTT\n\n00:")


def test_updated_and_split_transcripts_are_served_from_then_on(sandbox: Sandbox, sonix: Vendor) -> None:
    (media_id,) = sandbox.add_sonix()
    path = f"/media/{media_id}/transcript"
    assert sonix.put(path, data={"transcript": json.dumps([SEGMENT])}).status_code == 200
    assert sonix.get(f"{path}.json").json()["transcript"] == [SEGMENT]
    assert sonix.put(path, data={"transcript": "[1]"}).status_code == 400
    (other,) = sandbox.add_sonix(minutes=1)
    before = sonix.get(f"/media/{other}/transcript.json").json()["transcript"]
    split = sonix.put(f"/media/{other}/transcript/split", data={"max_characters": "20"}).json()["transcript"]
    assert len(split) > len(before)
    assert [word for s in split for word in s["words"]] == [word for s in before for word in s["words"]]


def test_translation_is_queued_then_served_by_language(sandbox: Sandbox, sonix: Vendor) -> None:
    (media_id,) = sandbox.add_sonix(language="en")
    assert sonix.get(f"/media/{media_id}/transcript.json?language=es").status_code == 404
    created = sonix.post(f"/media/{media_id}/translations", data={"language": "es"}).json()
    assert created == {"language": "es", "status": "queued"}
    assert sonix.get(f"/media/{media_id}/transcript.json?language=es").status_code == 409
    (task,) = [task for task in sandbox.vendors.sonix.tasks.values() if task.kind == "translation"]
    sandbox.complete_task(task.id)
    assert sonix.get(f"/media/{media_id}/translations/es").json()["status"] == "completed"
    spanish = sonix.get(f"/media/{media_id}/transcript.json?language=es").content
    assert spanish == sandbox.body("sonix", media_id, "translation-es")
    assert spanish != sandbox.body("sonix", media_id)


def test_burn_in_options_are_checked(sandbox: Sandbox, sonix: Vendor) -> None:
    (media_id,) = sandbox.add_sonix()
    path = f"/media/{media_id}/video_burn_ins"
    wrong = {"font": "Papyrus", "font_size": "43", "font_color": "white", "bold": "yes", "h_align": "top",
             "v_align": "left", "border_style": "dotted", "ratio": "3:2", "export_position": "stretch"}  # fmt: skip
    for name, value in wrong.items():
        answer = sonix.post(path, data={name: value})
        assert answer.status_code == 400, name
        assert name in answer.json()["message"]


def test_exported_media_can_be_downloaded(sandbox: Sandbox, sonix: Vendor) -> None:
    (media_id,) = sandbox.add_sonix()
    export = sonix.post(f"/media/{media_id}/media_exports", data={"media_format": "wav"}).json()
    assert sonix.get(f"/media_exports/{export['id']}").json() == {"id": export["id"], "status": "processing"}
    sandbox.complete_task(export["id"])
    file_url = sonix.get(f"/media_exports/{export['id']}").json()["file_url"]
    path = file_url.removeprefix(sandbox.base_url.removesuffix("/v1"))
    assert sonix.get(f"/..{path}").content.startswith(b"RIFF")


def test_batch_summaries_refuse_for_credit_size_folder_and_open_media(sandbox: Sandbox, sonix: Vendor) -> None:
    folder = sonix.post("/folders", data={"name": "Archive"}).json()["id"]
    path, data = f"/folders/{folder}/batch_summarizations", {"prompt": "Summarize"}
    (open_id,) = sandbox.add_sonix(status="transcribing", folder_id=folder)
    assert sonix.post(path, data=data).status_code == 409
    sandbox.complete(open_id)
    sandbox.set_batch_credit(False)
    assert sonix.post(path, data=data).json() == {"error": "Insufficient credit for batch processing", "code": 403}
    sandbox.set_batch_credit(True)
    batch = sonix.post(path, data=data).json()["batch_summarization_id"]
    assert "summaries" not in sonix.get(f"/batch_summarizations/{batch}").json()
    sandbox.complete_batch(batch)
    (summary,) = sonix.get(f"/batch_summarizations/{batch}").json()["summaries"]
    assert summary["media_id"] == open_id
    sandbox.add_sonix(minutes=3601, folder_id=folder)
    assert sonix.post(path, data=data).status_code == 422
    assert sonix.post("/folders/none/batch_summarizations", data=data).status_code == 404


def test_folders_users_and_shares_keep_what_they_are_told(sandbox: Sandbox, sonix: Vendor) -> None:
    restricted = {"name": "Board", "access_control": "restricted"}
    assert sonix.post("/folders", data=restricted).status_code == 400
    folder = sonix.post("/media/folders", data={**restricted, "restricted_users[]": ["a@example.com"]}).json()
    assert folder["restricted_users"] == ["a@example.com"]
    child = sonix.post("/folders", data={"name": "2026", "parent_folder": folder["id"]}).json()
    assert child["name"] == "Board/2026"
    assert sonix.put(f"/folders/{folder['id']}", data={"name": "Council"}).json()["name"] == "Council"
    assert sonix.post("/users", data={"name": "A", "email": "no address", "role": "admin"}).status_code == 400
    user = sonix.post("/users", data={"name": "Al", "email": "al@example.com", "role": "Producer"}).json()
    assert user["role"] == "producer"
    assert sonix.put(f"/users/{user['id']}", data={"role": "Member"}).json()["role"] == "member"
    (media_id,) = sandbox.add_sonix()
    sonix.post(f"/media/{media_id}/share", data={"email": "b@example.com", "can_edit": "true"})
    sonix.post(f"/media/{media_id}/shares", data={"email": "b@example.com", "can_edit": "false"})
    assert sonix.get(f"/media/{media_id}/shares").json() == {"shares": [{"email": "b@example.com", "can_edit": False}]}
    assert sonix.delete(f"/media/{media_id}/shares", data={"email": "b@example.com"}).json() == {"status": 204}


def test_deleted_media_are_gone_and_restored_ones_are_back_in_place(sandbox: Sandbox, sonix: Vendor) -> None:
    before = [media["id"] for media in sonix.get("/media").json()["media"]]
    assert sonix.delete(f"/media/{before[4]}").json() == {"status": 204}
    assert sonix.get(f"/media/{before[4]}").status_code == 404
    assert len(sonix.get("/media").json()["media"]) == len(before) - 1
    sandbox.restore(before[4])
    assert [media["id"] for media in sonix.get("/media").json()["media"]] == before
