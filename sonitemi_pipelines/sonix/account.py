"""The Sonix account: folders, users and who a media is shared with."""

from __future__ import annotations

import builtins

from sonitemi_pipelines.resource import Resource
from sonitemi_pipelines.sonix.models import Folder, User


class FolderResource(Resource):
    """`client.folders`: the account's folders."""

    def list(self) -> builtins.list[Folder]:
        """Every folder, with its access control.

        Operation: List folders: GET /folders
        """
        return self._records(Folder, "folders.list", self._get("folders.list", "/folders"), "folders")


class UserResource(Resource):
    """`client.users`: the account's users."""

    def list(self) -> builtins.list[User]:
        """Every user, with name, e-mail address and role.

        Operation: List users: GET /users
        """
        return self._records(User, "users.list", self._get("users.list", "/users"), "users")
