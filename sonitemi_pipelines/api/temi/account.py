"""The Temi account."""

from __future__ import annotations

from sonitemi_pipelines.api.operations import Resource
from sonitemi_pipelines.api.temi.models import Account


class AccountResource(Resource):
    """`client.account`: the prepaid credit."""

    def get(self) -> Account:
        """The balance in USD, down to whole cents.

        Operation: Get account balance: GET /account
        """
        return self._record(Account, "account.get", self._get("account.get", "/account"))
