"""The Sonix account: folders, users and who a media is shared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from sonitemi_pipelines.api.listing import Rows
from sonitemi_pipelines.api.operations import Resource, segment
from sonitemi_pipelines.api.sonix.models import Folder, Share, User
from sonitemi_pipelines.api.sonix.options import ACCESS_CONTROLS, ROLES
from sonitemi_pipelines.api.validation import Checks

AccessControl = Literal["internal", "external", "restricted"]


class FolderResource(Resource):
    """`client.folders`: the account's folders."""

    def create(
        self,
        *,
        name: str,
        parent_folder: str | None = None,
        access_control: AccessControl | None = None,
        restricted_users: Sequence[str] | None = None,
    ) -> Folder:
        """Make a folder. The document writes its path in two ways; the second is tried when the first is not found.

        Operation: Create folder: POST /folders, or POST /media/folders

        Args:
            name: name of the folder.
            parent_folder: id of the folder it goes into; the root folder by default.
            access_control: internal (Sonix's default), external or restricted.
            restricted_users: e-mail addresses a restricted folder is open to.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            NotFoundError: no folder with the id `parent_folder`.
        """
        operation = "folders.create"
        options = {
            "name": name,
            "parent_folder": parent_folder,
            "access_control": access_control,
            "restricted_users": restricted_users,
        }
        checks = _folder_checks(operation, options, name_required=True)
        checks.text("parent_folder", parent_folder)
        checks.finish()
        parent = "" if parent_folder is None else "folder"
        answer = self._send("POST", operation, ["/folders", "/media/folders"], options, parent)
        return self._record(Folder, operation, answer)

    def list(self) -> Rows[Folder]:
        """Every folder, with its access control.

        Operation: List folders: GET /folders
        """
        return self._records(Folder, "folders.list", self._get("folders.list", "/folders"), "folders")

    def update(
        self,
        folder_id: str,
        *,
        name: str | None = None,
        access_control: AccessControl | None = None,
        restricted_users: Sequence[str] | None = None,
    ) -> Folder:
        """Rename a folder, or change who may see it.

        Operation: Update folder: PUT /folders/<folder id>

        Args:
            name: new name.
            access_control: internal, external or restricted.
            restricted_users: e-mail addresses a restricted folder is open to.

        Raises:
            RefusedError: nothing to change, or an option is wrong; nothing was sent.
            NotFoundError: no folder with this id.
        """
        operation = "folders.update"
        path = f"/folders/{segment(folder_id, 'folder_id')}"
        options = {"name": name, "access_control": access_control, "restricted_users": restricted_users}
        checks = _folder_checks(operation, options, name_required=False)
        checks.require(any(value is not None for value in options.values()), "options", "name nothing to change")
        checks.finish()
        return self._record(Folder, operation, self._send("PUT", operation, path, options))


class UserResource(Resource):
    """`client.users`: the account's users."""

    def list(self) -> Rows[User]:
        """Every user, with name, e-mail address and role.

        Operation: List users: GET /users
        """
        return self._records(User, "users.list", self._get("users.list", "/users"), "users")

    def invite(self, *, name: str, email: str, role: str) -> User:
        """Invite a user to the account.

        Operation: Invite user to account: POST /users

        Args:
            name: name of the user.
            email: e-mail address of the user.
            role: one of Sonix's roles, such as editor.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            InvalidRequestError: Sonix refuses, such as a user who is there already.
        """
        operation = "users.invite"
        checks = Checks(operation)
        checks.text("name", name, required=True)
        checks.email("email", email)
        known = _role(checks, role)
        checks.finish()
        options = {"name": name, "email": email, "role": known}
        return self._record(User, operation, self._send("POST", operation, "/users", options))

    def update_role(self, user_id: str, *, role: str) -> User:
        """Give a user another role.

        Operation: Update user role: PUT /users/<user id>

        Args:
            role: one of Sonix's roles, such as editor.

        Raises:
            RefusedError: Sonix has no such role; nothing was sent.
            NotFoundError: no user with this id.
        """
        operation = "users.update_role"
        path = f"/users/{segment(user_id, 'user_id')}"
        checks = Checks(operation)
        known = _role(checks, role)
        checks.finish()
        return self._record(User, operation, self._send("PUT", operation, path, {"role": known}))


class ShareResource(Resource):
    """`client.shares`: who a media is shared with."""

    def create(self, media_id: str, *, email: str, can_edit: bool | None = None, notes: str | None = None) -> Share:
        """Share a media, or change what somebody may do with it. Sonix sends that person an e-mail. The document
        writes the path in two ways; the second is tried when the first is not found.

        Operation: Create share: POST /media/<id>/share, or POST /media/<id>/shares

        Args:
            email: e-mail address of the person to share with.
            can_edit: to edit instead of only to read (Sonix's default: false).
            notes: text for the e-mail.

        Raises:
            RefusedError: an option is wrong; nothing was sent.
            NotFoundError: no media with this id.
        """
        operation = "shares.create"
        path = f"/media/{segment(media_id, 'media_id')}"
        checks = Checks(operation)
        checks.email("email", email)
        checks.truth("can_edit", can_edit)
        checks.text("notes", notes)
        checks.finish()
        options = {"email": email, "can_edit": can_edit, "notes": notes}
        answer = self._send("POST", operation, [f"{path}/share", f"{path}/shares"], options, "media")
        return self._record(Share, operation, answer)

    def list(self, media_id: str) -> Rows[Share]:
        """Who a media is shared with, and what they may do.

        Operation: List shares: GET /media/<media id>/shares

        Raises:
            NotFoundError: no media with this id.
        """
        path = f"/media/{segment(media_id, 'media_id')}/shares"
        return self._records(Share, "shares.list", self._get("shares.list", path), "shares")

    def delete(self, media_id: str, *, email: str) -> None:
        """Stop sharing a media with a person.

        Operation: Delete shares: DELETE /media/<media id>/shares

        Args:
            email: e-mail address of the person.

        Raises:
            RefusedError: that is no e-mail address; nothing was sent.
            NotFoundError: no media with this id, or not shared with this person.
        """
        operation = "shares.delete"
        path = f"/media/{segment(media_id, 'media_id')}/shares"
        checks = Checks(operation)
        checks.email("email", email)
        checks.finish()
        self._send("DELETE", operation, path, {"email": email})


def _folder_checks(operation: str, options: dict[str, Any], *, name_required: bool) -> Checks:
    checks = Checks(operation)
    checks.text("name", options["name"], required=name_required)
    access_control, restricted_users = options["access_control"], options["restricted_users"]
    checks.one_of("access_control", access_control, ACCESS_CONTROLS)
    checks.require(not isinstance(restricted_users, str), "restricted_users", "is one text, not a list of addresses")
    for email in restricted_users or ():
        checks.email("restricted_users", email)
    if restricted_users and access_control not in (None, "restricted"):
        checks.require(False, "restricted_users", "takes effect only with access_control='restricted'")
    return checks


def _role(checks: Checks, role: Any) -> str:
    known = role.lower() if isinstance(role, str) else role
    checks.one_of("role", "" if known is None else known, ROLES)
    return str(known)
