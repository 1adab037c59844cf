"""Every operation of a vendor's API as something to call by name, with the ledger in between where it costs money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from sonitemi_pipelines.api.described import Method, methods_of
from sonitemi_pipelines.api.signatures import Parameter, parameters_of
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.paid import Ledger, Outcome, PaidOperation, Rules, SubmitOptions, submit_media
from sonitemi_pipelines.paid.estimate import of_operation, of_submission
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import Vendor

_ASKS_FIRST = {
    "delete": "This cannot be undone.",
    "invite": "They get an e-mail.",
    "shares.create": "They get an e-mail.",
}
"""Methods, or names of methods, that a person confirms."""

Place = Callable[[Ledger, Any, dict[str, Any], Rules], Iterable[Outcome]]
Foresee = Callable[[Ledger, Any, dict[str, Any], Decimal | None], str]


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        vendor, method: whose, and which method of its client.
        about_its_resource: what the methods beside it are about, in one sentence.
        place: how it is asked for where it costs money; None where it does not.
        foresee: what it would come to, as a line, where it costs money.
    """

    vendor: Vendor
    method: Method
    about_its_resource: str
    place: Place | None
    foresee: Foresee | None = None

    @property
    def name(self) -> str:
        """Such as 'sonix.media.get'."""
        return f"{self.vendor.name}.{self.method.full_name}"

    @cached_property
    def parameters(self) -> list[Parameter]:
        return parameters_of(self.method)

    @property
    def asks_first(self) -> str | None:
        """Why a person is asked first; None where nobody is."""
        return _ASKS_FIRST.get(self.method.full_name) or _ASKS_FIRST.get(self.method.name)

    @property
    def gives_a_file(self) -> bool:
        """Whether the answer is a text or a document."""
        return self.method.function.__annotations__.get("return") in ("str", "bytes")

    def call(self, client: Any, options: Mapping[str, Any]) -> Any:
        """Call it; for what costs nothing.

        Raises:
            ApiError: by cause.
        """
        return getattr(getattr(client, self.method.resource), self.method.name)(**options)


def operations_of(vendor: Vendor) -> Iterator[Operation]:
    """All of a vendor's operations, resource by resource: a method that a client gets is one of them by itself."""
    # Signatures alone are read: no call is made with it.
    client = vendor.connect(Settings.from_env({vendor.key_variable: "none", "SONITEMI_HOME": "."}))
    for method in methods_of(client):
        about = (type(getattr(client, method.resource)).__doc__ or "").partition("`: ")[2].partition("\n")[0]
        yield Operation(vendor, method, about[:1].upper() + about[1:], *_place(vendor, client, method))


def _place(vendor: Vendor, client: Any, method: Method) -> tuple[Place | None, Foresee | None]:
    if vendor.submitter is not None and method.full_name == vendor.submitter(client).operation:
        make = vendor.submitter
        return (
            lambda ledger, client, options, rules: _submit(ledger, make(client), options, rules),
            lambda ledger, client, options, rate: of_submission(make(client), *_media(options), rate),
        )
    for operation in vendor.operations:
        if operation.operation == method.full_name:
            return _derive(vendor, operation)
    return None, None


def _derive(vendor: Vendor, operation: PaidOperation) -> tuple[Place, Foresee]:
    subject, wish = operation.subject.name, operation.wish.name

    def place(ledger: Ledger, client: Any, options: dict[str, Any], rules: Rules) -> Iterable[Outcome]:
        return [operation.request(ledger, client, options[subject], options[wish], rules)]

    def foresee(ledger: Ledger, client: Any, options: dict[str, Any], rate: Decimal | None) -> str:
        return of_operation(ledger, vendor.name, operation, options[subject], options[wish])

    return place, foresee


def _submit(ledger: Ledger, submitter: Any, options: dict[str, Any], rules: Rules) -> Iterable[Outcome]:
    return submit_media(ledger, submitter, *_media(options), rules)


def _media(options: dict[str, Any]) -> tuple[list[Any], SubmitOptions]:
    """What is to be submitted, and how.

    Raises:
        SettingsError: not one file or URL.
    """
    more = dict(options)
    sources = [more.pop(name) for name in ("file", "file_url", "url") if name in more]
    if len(sources) != 1:
        raise SettingsError("give one file or one URL to transcribe; `sonitemi submit` takes several")
    return sources, SubmitOptions(**more)
