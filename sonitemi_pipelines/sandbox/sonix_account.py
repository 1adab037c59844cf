"""Sonix folders, users and shares."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sonitemi_pipelines.sandbox.calls import Call, Operation, answer
from sonitemi_pipelines.sandbox.sonix_answers import chosen, deleted, email, flag, given_folder, refusal, required
from sonitemi_pipelines.sandbox.sonix_answers import the_media as shared_media
from sonitemi_pipelines.sandbox.state import Folder, User
from sonitemi_pipelines.sandbox.vendors import Vendors

_ACCESS = ("internal", "external", "restricted")
# 'member' stands in the document's example and not in its list.
_ROLES = (
    "admin", "producer", "team_lead", "editor", "team_member", "individual_member", "view_only", "billing_admin",
    "disabled", "external_editor", "external_viewer", "member",
)  # fmt: skip


def _folder_json(folder: Folder, name_field: str = "name") -> dict[str, Any]:
    shown: dict[str, Any] = {"id": folder.id, name_field: folder.name, "access_control": folder.access_control}
    if folder.access_control == "restricted":
        shown["restricted_users"] = list(folder.restricted_users)
    return shown


def list_folders(vendors: Vendors, call: Call) -> Response:
    name_field = "email" if vendors.quirks.folder_email else "name"
    folders = []
    for folder in vendors.sonix.folders.values():
        is_root = folder.name == "root"
        folders.append({"id": folder.id, "name": "root"} if is_root else _folder_json(folder, name_field))
    return answer({"folders": folders})


def create_folder(vendors: Vendors, call: Call) -> Response:
    name = required(call, "name")
    parent_id = given_folder(vendors, call, "parent_folder")
    parent = vendors.sonix.folders.get(parent_id or "")
    if parent is not None and parent.name != "root":
        name = f"{parent.name}/{name}"
    folder = Folder(vendors.new_id(), name)
    _set_access(folder, call)
    vendors.sonix.folders[folder.id] = folder
    return answer(_folder_json(folder))


def update_folder(vendors: Vendors, call: Call) -> Response:
    folder = vendors.sonix.folders.get(call.ids["id"])
    if folder is None:
        raise refusal(404, "Folder not found")
    if call.get("name") is not None:
        folder.name = required(call, "name")
    if call.get("access_control") is not None or call.all("restricted_users[]"):
        _set_access(folder, call)
    return answer(_folder_json(folder))


def _set_access(folder: Folder, call: Call) -> None:
    access = chosen(call, "access_control", _ACCESS, folder.access_control)
    given = call.all("restricted_users[]")
    users = tuple(filter(None, given)) if given else folder.restricted_users
    if access == "restricted" and not users:
        raise refusal(400, "restricted_users is required when access_control is restricted")
    folder.access_control = access
    folder.restricted_users = users


def list_users(vendors: Vendors, call: Call) -> Response:
    return answer({"users": [_user_json(user) for user in vendors.sonix.users.values()]})


def invite_user(vendors: Vendors, call: Call) -> Response:
    address = email(call)
    if any(user.email == address for user in vendors.sonix.users.values()):
        raise refusal(400, "email belongs to a user of this account already")
    user = User(vendors.new_id(), required(call, "name"), address, _role(call))
    vendors.sonix.users[user.id] = user
    return answer(_user_json(user))


def update_user(vendors: Vendors, call: Call) -> Response:
    user = vendors.sonix.users.get(call.ids["id"])
    if user is None:
        raise refusal(404, "User not found")
    user.role = _role(call)
    return answer(_user_json(user))


def _user_json(user: User) -> dict[str, str]:
    return {"id": user.id, "name": user.name, "email": user.email, "role": user.role}


def _role(call: Call) -> str:
    role = required(call, "role").lower()
    if role not in _ROLES:
        raise refusal(400, f"role must be one of {', '.join(_ROLES)}")
    return role


def create_share(vendors: Vendors, call: Call) -> Response:
    media = shared_media(vendors, call)
    address, can_edit = email(call), flag(call, "can_edit")
    media.shares[address] = can_edit
    return answer({"email": address, "can_edit": can_edit})


def list_shares(vendors: Vendors, call: Call) -> Response:
    media = shared_media(vendors, call)
    return answer({"shares": [{"email": address, "can_edit": edits} for address, edits in media.shares.items()]})


def delete_share(vendors: Vendors, call: Call) -> Response:
    media = shared_media(vendors, call)
    if media.shares.pop(email(call), None) is None:
        raise refusal(404, "Share not found")
    return deleted()


OPERATIONS = (
    Operation("sonix folder.create", "POST", "/folders", create_folder),
    Operation("sonix folder.create", "POST", "/media/folders", create_folder),
    Operation("sonix folder.list", "GET", "/folders", list_folders),
    Operation("sonix folder.update", "PUT", "/folders/{id}", update_folder),
    Operation("sonix user.list", "GET", "/users", list_users),
    Operation("sonix user.invite", "POST", "/users", invite_user),
    Operation("sonix user.update", "PUT", "/users/{id}", update_user),
    Operation("sonix share.create", "POST", "/media/{id}/share", create_share),
    Operation("sonix share.create", "POST", "/media/{id}/shares", create_share),
    Operation("sonix share.list", "GET", "/media/{id}/shares", list_shares),
    Operation("sonix share.delete", "DELETE", "/media/{id}/shares", delete_share),
)
