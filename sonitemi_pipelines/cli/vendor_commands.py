"""A group of commands for each vendor, with a command for every method of its client: the next operation comes by
itself. `sonitemi sonix media update ID --name "New name"` is `client.media.update("ID", name="New name")`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from sonitemi_pipelines.api.described import Method, methods_of
from sonitemi_pipelines.cli import results
from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.paid import COMMANDS as PAID
from sonitemi_pipelines.cli.paid import finish, ledger_of, repeat_options
from sonitemi_pipelines.cli.parameters import given, parameters_of
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.paid.operations import PaidOperation
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS, Vendor

_ASKS_FIRST = {
    "delete": "This cannot be undone.",
    "invite": "They get an e-mail.",
    "shares.create": "They get an e-mail.",
}
"""Methods, or names of methods, that a person confirms."""


def vendor_group(vendor: Vendor) -> click.Group:
    """`sonitemi <vendor>`: a group for each resource of its client."""
    group = click.Group(vendor.name, help=f"Every operation of the {vendor.label} API, on your account.")
    # Signatures alone are read: no call is made with it.
    client = vendor.connect(Settings.from_env({vendor.key_variable: "none", "SONITEMI_HOME": "."}))
    for method in methods_of(client):
        name = method.resource.replace("_", "-")
        below = group.commands.get(name)
        if not isinstance(below, click.Group):
            about = (type(getattr(client, method.resource)).__doc__ or "").partition("`: ")[2].partition("\n")[0]
            below = click.Group(name, help=about[:1].upper() + about[1:])
            group.add_command(below)
        below.add_command(_command(vendor, client, method))
    return group


def _command(vendor: Vendor, client: Any, method: Method) -> click.Command:
    asks = _ASKS_FIRST.get(method.full_name) or _ASKS_FIRST.get(method.name)
    paid = _paid(vendor, client, method)

    @plain_errors
    def run(as_json: bool, output: Path | None = None, yes: bool = False, **values: Any) -> None:
        options = given(method, values)
        if paid is not None:
            finish(paid(Settings.from_env(), options, values), as_json=as_json)
        if asks is not None and not yes:
            _confirm(vendor, method, options, asks)
        connected = vendor.connect(Settings.from_env())
        found = getattr(getattr(connected, method.resource), method.name)(**options)
        results.show(found, as_json=as_json, output=output)

    command = click.Command(
        method.name.replace("_", "-"),
        params=[*parameters_of(method), click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")],
        callback=run,
        help=method.doc.text,
    )
    if _is_a_file(method):
        command.params.append(
            click.Option(["--output"], type=click.Path(dir_okay=False, path_type=Path), help="Write it to a file.")
        )
    if asks is not None:
        command.params.append(click.Option(["--yes"], is_flag=True, help="Do not ask first."))
    return repeat_options(command) if paid is not None else command


def _is_a_file(method: Method) -> bool:
    return method.function.__annotations__.get("return") in ("str", "bytes")


def _confirm(vendor: Vendor, method: Method, options: dict[str, Any], why: str) -> None:
    told = " ".join(map(str, options.values()))
    if not sys.stdin.isatty():
        raise SettingsError(f"{vendor.name} {method.full_name} {told}: {why} Give --yes where nobody can be asked")
    click.confirm(f"{vendor.label}: {method.full_name} {told}. {why} Go on?", abort=True)


Place = Callable[[Settings, dict[str, Any], dict[str, Any]], Any]


def _paid(vendor: Vendor, client: Any, method: Method) -> Place | None:
    """How a method that costs money is called: by way of the ledger. None for those that cost nothing."""
    if vendor.submitter is not None and method.full_name == vendor.submitter(client).operation:
        return lambda settings, options, values: _submit(vendor, settings, options, values)
    for operation in vendor.operations:
        if operation.operation == method.full_name:
            return _derive(vendor, operation)
    return None


def _submit(vendor: Vendor, settings: Settings, options: dict[str, Any], values: dict[str, Any]) -> Any:
    from sonitemi_pipelines.paid.submit import SubmitOptions, submit_media

    sources = [options.pop(name) for name in ("file", "file_url", "url") if name in options]
    if len(sources) != 1:
        raise SettingsError("give one file or one URL to transcribe; `sonitemi submit` takes several")
    assert vendor.submitter is not None
    submitter = vendor.submitter(vendor.connect(settings))
    return submit_media(ledger_of(settings), submitter, sources, SubmitOptions(**options), _rules(values))


def _derive(vendor: Vendor, operation: PaidOperation) -> Place:
    def place(settings: Settings, options: dict[str, Any], values: dict[str, Any]) -> Any:
        subject, wish = options[operation.subject.name], options[operation.wish.name]
        client = vendor.connect(settings)
        return [operation.request(ledger_of(settings), client, subject, wish, _rules(values))]

    return place


def _rules(values: dict[str, Any]) -> Any:
    from sonitemi_pipelines.paid.placing import Rules

    return Rules(values["window_hours"], values["force"])


COMMANDS: dict[str, click.Command] = {
    **PAID,
    **{vendor.name: vendor_group(vendor) for vendor in VENDORS.values()},
}
"""Every command that the vendors' declarations make, by name."""
