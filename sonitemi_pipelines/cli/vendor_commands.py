"""A group of commands for each vendor, with a command for every method of its client: the next operation comes by
itself. `sonitemi sonix media update ID --name "New name"` is `client.media.update("ID", name="New name")`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sonitemi_pipelines.cli import results
from sonitemi_pipelines.cli.errors import plain_errors
from sonitemi_pipelines.cli.paid import COMMANDS as PAID
from sonitemi_pipelines.cli.paid import finish, ledger_of, paid_options
from sonitemi_pipelines.cli.parameters import as_click, given
from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.paid import Rules
from sonitemi_pipelines.pipeline.operations import Operation, operations_of
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.vendors import VENDORS, Vendor


def vendor_group(vendor: Vendor) -> click.Group:
    """`sonitemi <vendor>`: a group for each resource of its client."""
    group = click.Group(vendor.name, help=f"Call any operation of the {vendor.label} API with your account.")
    for operation in operations_of(vendor):
        name = operation.method.resource.replace("_", "-")
        below = group.commands.get(name)
        if not isinstance(below, click.Group):
            below = click.Group(name, help=operation.about_its_resource)
            group.add_command(below)
        below.add_command(_command(operation))
    return group


def _command(operation: Operation) -> click.Command:
    vendor, method, place = operation.vendor, operation.method, operation.place

    @plain_errors
    def run(as_json: bool, output: Path | None = None, yes: bool = False, **values: Any) -> None:
        options = given(operation.parameters, values)
        settings = Settings.from_env()
        if place is not None:
            rules = Rules(values["window_hours"], values["force"])
            client = vendor.connect(settings)
            if values["dry_run"]:
                assert operation.foresee is not None
                click.echo(operation.foresee(ledger_of(settings), client, options, settings.vendor(vendor.name).rate))
                return
            finish(place(ledger_of(settings), client, options, rules), as_json=as_json)
        if operation.asks_first is not None and not yes:
            _confirm(operation, options)
        results.show(operation.call(vendor.connect(settings), options), as_json=as_json, output=output)

    command = click.Command(
        method.name.replace("_", "-"),
        params=[
            *map(as_click, operation.parameters),
            click.Option(["--json", "as_json"], is_flag=True, help="Print JSON."),
        ],
        callback=run,
        help=method.doc.text,
    )
    if operation.gives_a_file:
        command.params.append(
            click.Option(
                ["--output"], type=click.Path(dir_okay=False, path_type=Path), help="Write the result to a file."
            )
        )
    if operation.asks_first is not None:
        command.params.append(click.Option(["--yes"], is_flag=True, help="Do not ask for confirmation."))
    return paid_options(command) if place is not None else command


def _confirm(operation: Operation, options: dict[str, Any]) -> None:
    vendor, what, why = operation.vendor, operation.method.full_name, operation.asks_first
    told = " ".join(map(str, options.values()))
    if not sys.stdin.isatty():
        raise SettingsError(f"{vendor.name} {what} {told}: {why} Give --yes where nobody can be asked")
    click.confirm(f"{vendor.label}: {what} {told}. {why} Go on?", abort=True)


COMMANDS: dict[str, click.Command] = {
    **PAID,
    **{vendor.name: vendor_group(vendor) for vendor in VENDORS.values()},
}
"""Every command that the vendors' declarations make, by name."""
