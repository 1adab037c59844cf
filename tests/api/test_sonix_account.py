"""Sonix folders, users and shares over HTTP, and the paths the document writes in two ways."""

from __future__ import annotations

import pytest

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.errors import InvalidRequestError, NotFoundError
from sonitemi_pipelines.sandbox import Sandbox

from .wire import sent


def test_create_a_restricted_folder(sandbox: Sandbox, sonix: SonixClient) -> None:
    """An address lost on the way keeps a colleague out; one too many lets a stranger in."""
    users = ["a@example.com", "b@example.com"]
    folder = sonix.folders.create(name="2019 Podcasts", access_control="restricted", restricted_users=users)
    request = sent(sandbox)
    assert (request.method, request.path) == ("POST", "/v1/folders")
    assert request.form == [
        ("name", "2019 Podcasts"),
        ("access_control", "restricted"),
        ("restricted_users[]", "a@example.com"),
        ("restricted_users[]", "b@example.com"),
    ]
    assert (folder.name, folder.access_control, folder.restricted_users) == ("2019 Podcasts", "restricted", users)
    child = sonix.folders.create(name="Season 1", parent_folder=folder.id)
    assert dict(sent(sandbox).form) == {"name": "Season 1", "parent_folder": folder.id}
    listed = {found.id: found.name for found in sonix.folders.list()}
    assert sent(sandbox).path == "/v1/folders"
    assert listed[folder.id] == "2019 Podcasts"
    assert listed[child.id] == "2019 Podcasts/Season 1"


def test_update_a_folder(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Renaming must not touch who may see it."""
    folder = sonix.folders.create(name="Old")
    changed = sonix.folders.update(folder.id, name="Interviews 2")
    request = sent(sandbox)
    assert (request.method, request.path, request.form) == (
        "PUT",
        f"/v1/folders/{folder.id}",
        [("name", "Interviews 2")],
    )
    assert (changed.id, changed.name, changed.access_control) == (folder.id, "Interviews 2", "internal")
    with pytest.raises(NotFoundError, match="Folder not found"):
        sonix.folders.update("nowhere", name="x")


def test_the_other_path_is_tried_when_one_is_not_found(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """The document writes two paths for these: whichever the vendor serves has to work."""
    sandbox.faults.fail_next("sonix folder.create", status=404)
    assert sonix.folders.create(name="By the other path").name == "By the other path"
    assert [request.path for request in sandbox.requests] == ["/v1/folders", "/v1/media/folders"]
    sandbox.requests.clear()
    sandbox.faults.fail_next("sonix share.create", status=404, html=True)
    assert sonix.shares.create(media_id, email="c@example.com").email == "c@example.com"
    assert [request.path for request in sandbox.requests] == [
        f"/v1/media/{media_id}/{end}" for end in ("share", "shares")
    ]


def test_a_404_that_names_what_was_asked_about_is_no_reason_to_try_the_other_path(
    sandbox: Sandbox, sonix: SonixClient
) -> None:
    """A wrong id must be told as that; sent twice, a share would be two e-mails."""
    with pytest.raises(NotFoundError, match="Media file not found"):
        sonix.shares.create("nobody", email="c@example.com")
    assert len(sandbox.requests) == 1
    with pytest.raises(NotFoundError, match="older not found"):
        sonix.folders.create(name="x", parent_folder="nowhere")
    assert len(sandbox.requests) == 2


def test_not_found_on_both_paths_is_the_first_ones_error(sandbox: Sandbox, sonix: SonixClient) -> None:
    sandbox.faults.fail_next("sonix folder.create", status=404, html=True, times=2)
    with pytest.raises(NotFoundError, match="/v1/folders"):
        sonix.folders.create(name="x")
    assert len(sandbox.requests) == 2


def test_an_empty_list_of_users_is_sent(sandbox: Sandbox, sonix: SonixClient) -> None:
    """Left out, those who were taken off a folder would go on reading it."""
    folder = sonix.folders.create(name="Board", access_control="restricted", restricted_users=["a@example.com"])
    sonix.folders.update(folder.id, access_control="internal", restricted_users=[])
    assert ("restricted_users[]", "") in sandbox.requests[-1].form
    assert sandbox.vendors.sonix.folders[folder.id].restricted_users == ()


def test_users(sandbox: Sandbox, sonix: SonixClient) -> None:
    """The document writes roles in capitals too; Sonix answers them in small letters."""
    user = sonix.users.invite(name="John Doe", email="john@example.com", role="Producer")
    request = sent(sandbox)
    assert (request.method, request.path) == ("POST", "/v1/users")
    assert dict(request.form) == {"name": "John Doe", "email": "john@example.com", "role": "producer"}
    assert user.role == "producer"
    changed = sonix.users.update_role(user.id, role="view_only")
    request = sent(sandbox)
    assert (request.method, request.path, request.form) == ("PUT", f"/v1/users/{user.id}", [("role", "view_only")])
    assert (changed.id, changed.role) == (user.id, "view_only")
    assert changed in sonix.users.list()
    assert sent(sandbox).path == "/v1/users"
    with pytest.raises(InvalidRequestError, match="already"):
        sonix.users.invite(name="John Doe", email="john@example.com", role="editor")
    with pytest.raises(NotFoundError):
        sonix.users.update_role("nobody", role="editor")


def test_shares(sandbox: Sandbox, sonix: SonixClient, media_id: str) -> None:
    """Read-only must not become editable, and a share taken back has to be gone."""
    share = sonix.shares.create(media_id, email="d@example.com", can_edit=False, notes="By 7pm?")
    assert (sent(sandbox).method, sent(sandbox).path) == ("POST", f"/v1/media/{media_id}/share")
    assert dict(sent(sandbox).form) == {"email": "d@example.com", "can_edit": "false", "notes": "By 7pm?"}
    assert share.can_edit is False
    sonix.shares.create(media_id, email="e@example.com", can_edit=True)
    assert {s.email: s.can_edit for s in sonix.shares.list(media_id)} == {"d@example.com": False, "e@example.com": True}
    assert sent(sandbox).path == f"/v1/media/{media_id}/shares"
    sonix.shares.delete(media_id, email="d@example.com")
    request = sent(sandbox)
    assert (request.method, request.path, request.query) == ("DELETE", f"/v1/media/{media_id}/shares", [])
    assert request.form == [("email", "d@example.com")]
    assert [s.email for s in sonix.shares.list(media_id)] == ["e@example.com"]
    with pytest.raises(NotFoundError):
        sonix.shares.delete(media_id, email="d@example.com")
