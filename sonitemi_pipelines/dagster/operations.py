"""Every operation of the vendors as a Dagster op, for jobs of one's own."""

# Annotations stay objects here: @dg.op compares the context's type itself.
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from sonitemi_pipelines.api.records import jsonable
from sonitemi_pipelines.api.signatures import Kind, Parameter
from sonitemi_pipelines.dagster.resources import LakeResource, VendorResource
from sonitemi_pipelines.errors import RefusedError, SettingsError, SonitemiError
from sonitemi_pipelines.paid import Ledger, Outcome, Rules
from sonitemi_pipelines.paid.placing import WINDOW_HOURS
from sonitemi_pipelines.pipeline.operations import Operation, operations_of
from sonitemi_pipelines.vendors import VENDORS

_OPTIONS = "options"
_COSTS = "This costs money: it goes by way of the ledger in the lake, which refuses to ask twice."


def ops_of(
    accounts: Sequence[VendorResource], lake: LakeResource | None, name_prefix: str
) -> dict[str, dg.OpDefinition]:
    """The ops of some accounts by name. As `sonitemi_ops`."""
    if not accounts:
        raise SettingsError(f"no account was given; give one or more of {', '.join(VENDORS)}")
    return {
        operation.name: _op(operation, account, lake, name_prefix)
        for account in accounts
        for operation in operations_of(VENDORS[account.provider])
        if operation.place is None or lake is not None
    }


def _op(operation: Operation, account: VendorResource, lake: LakeResource | None, prefix: str) -> dg.OpDefinition:
    parameters = operation.parameters
    subjects = [parameter.name for parameter in parameters if parameter.is_subject]
    fields = {parameter.name: _field(parameter) for parameter in parameters}
    if operation.place is not None:
        fields |= _repeats()

    def run(context: dg.OpExecutionContext, **inputs: Any) -> Any:
        with _in_plain_words(operation):
            given = _given(operation, dict(context.op_config or {}), inputs)
            client = account.get_client()
            if operation.place is None:
                found = jsonable(operation.call(client, given))
            else:
                assert lake is not None
                rules = Rules(given.pop("window_hours", WINDOW_HOURS), given.pop("force", False))
                ledger = Ledger(lake.lake(), requested_by=context.run.tags.get("user"), run_id=context.run_id)
                found = _paid_for(context, operation.place(ledger, client, given, rules))
            context.add_output_metadata(_told(found))
            return found

    ins: dict[str, dg.In] = {name: dg.In(dg.Any, default_value=None) for name in subjects}
    if len(parameters) > len(subjects):
        ins[_OPTIONS] = dg.In(dg.Any, default_value=None)
    return dg.op(
        name=f"{prefix}{operation.name.replace('.', '_')}",
        description=operation.method.doc.text + (f"\n\n{_COSTS}" if operation.place is not None else ""),
        config_schema=dg.Field(fields, is_required=False) if fields else None,
        ins={**ins, "after": dg.In(dg.Nothing)},
        out=dg.Out(dg.Any),
        tags={f"dagster/kind/{operation.vendor.name}": ""},
    )(run)


@contextmanager
def _in_plain_words(operation: Operation) -> Iterator[None]:
    """Our errors in one line. A retry policy of the user's own goes for what costs nothing, and is not hopeless."""
    try:
        yield
    except SonitemiError as error:
        again = operation.place is None and not isinstance(error, RefusedError | SettingsError)
        raise dg.Failure(description=str(error), allow_retries=again) from None


def _given(operation: Operation, config: dict[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of the call: what came from ops before, over what the config says.

    Raises:
        RefusedError: something is missing, or not one of the operation's; nothing was sent.
    """
    more = inputs.get(_OPTIONS) or {}
    names = {parameter.name for parameter in operation.parameters}
    repeats = set(_repeats()) if operation.place is not None else set()
    if not isinstance(more, Mapping) or not set(more) <= names | repeats:
        odd = sorted(set(more) - names) if isinstance(more, Mapping) else type(more).__name__
        raise RefusedError(f"{operation.name}: options {odd}: it takes {', '.join(sorted(names))}; nothing was sent")
    connected = {name: value for name, value in inputs.items() if name != _OPTIONS and value is not None}
    given = {name: value for name, value in {**config, **more, **connected}.items() if value is not None}
    for parameter in operation.parameters:
        if parameter.required and parameter.name not in given:
            how = "an input or the config" if parameter.is_subject else "the config"
            raise RefusedError(f"{operation.name}: {parameter.name} is missing; give it by {how}; nothing was sent")
    return given


def _paid_for(context: dg.OpExecutionContext, outcomes: Any) -> dict[str, Any]:
    """What became of the one request.

    Raises:
        dagster.Failure: the vendor does not have it.
    """
    [outcome] = outcomes
    assert isinstance(outcome, Outcome)
    log = {"accepted": context.log.info, "repeated": context.log.warning}.get(outcome.status, context.log.error)
    log(str(outcome))
    if not outcome.at_vendor:
        raise dg.Failure(description=str(outcome), allow_retries=False)
    names = ("provider", "operation", "subject", "status", "vendor_id", "request_id", "told")
    return {name: getattr(outcome, name) for name in names}


def _field(parameter: Parameter) -> dg.Field:
    told = parameter.meaning[:1].upper() + parameter.meaning[1:]
    if parameter.choices:
        told = f"{told.rstrip('.')}: {', '.join(parameter.choices)}.".removeprefix(": ")
    # An input may bring what is required, so that no config has to.
    return dg.Field(dg.Noneable(_TYPES[parameter.kind]), is_required=False, description=told or None)


_TYPES: dict[Kind, Any] = {
    "bool": bool,
    "int": int,
    "float": float,
    "text": str,
    "choice": str,
    "file": str,
    "texts": [str],
    "json": dg.Any,
}


def _repeats() -> dict[str, dg.Field]:
    return {
        "window_hours": dg.Field(
            float, default_value=WINDOW_HOURS, description="Refuse a request that was accepted within this many hours."
        ),
        "force": dg.Field(
            bool, default_value=False, description="Send the request even if it was made before, and pay again."
        ),
    }


def _told(found: Any) -> dict[str, Any]:
    """A few words on the answer for whoever looks at the run."""
    if isinstance(found, list):
        return {"rows": len(found)}
    if isinstance(found, str | bytes):
        return {"bytes": len(found.encode() if isinstance(found, str) else found)}
    if isinstance(found, dict):
        return {name: value for name, value in found.items() if name in _SHOWN and isinstance(value, str)}
    return {}


_SHOWN = ("id", "name", "status", "vendor_id", "request_id", "told", "language")
