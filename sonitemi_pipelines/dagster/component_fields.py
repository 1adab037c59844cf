"""The attributes of the component: the fields of the resources, as YAML gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import dagster as dg
from pydantic import Field, ValidationError, create_model

from sonitemi_pipelines.dagster.resources import LakeResource, VendorResource, holds_password
from sonitemi_pipelines.environment import environment
from sonitemi_pipelines.errors import SettingsError

_ENV = re.compile(r"""\{\{\s*env(?:\.(\w+)|\(\s*['"](\w+)['"]\s*(?:,\s*['"](.*?)['"]\s*)?\))\s*\}\}""")
_SECRETS = frozenset({"api_key", "notify_url", "slack_url", "smtp_url"})
_Resource = TypeVar("_Resource", bound=VendorResource | LakeResource)


def attributes_of(resource: type[VendorResource] | type[LakeResource]) -> type[dg.Model]:
    """A model with the fields of a resource; each may also be a template such as {{ env.NAME }}."""
    fields: dict[str, Any] = {}
    for name, field in resource.model_fields.items():
        plain = {"in_flight": int, "owners": list[str]}.get(name, str | int | float)
        kind = plain if name in ("owners",) else plain | str
        fields[name] = (kind | None, Field(default=None, description=field.description))
    return create_model(resource.__name__.replace("Resource", "Attributes"), __base__=dg.Model, **fields)


LakeAttributes = attributes_of(LakeResource)


def resolve_account(make: type[VendorResource]) -> Callable[[dg.ResolutionContext, Any], VendorResource]:
    """How YAML becomes one vendor's account."""

    def resolve(context: dg.ResolutionContext, model: Any) -> VendorResource:
        return _resource(make, make.provider, context, model)

    return resolve


def resolve_lake(context: dg.ResolutionContext, model: Any) -> LakeResource:
    return _resource(LakeResource, "lake", context, model)


def resolve_prefix(context: dg.ResolutionContext, value: Any) -> list[str]:
    found = context.resolve_value(value)
    return [found] if isinstance(found, str) else list(found)


def resolve_switch(context: dg.ResolutionContext, value: Any) -> bool:
    """true and false, and what a variable says: on, off, or nothing for on.

    Raises:
        SettingsError: it is none of these.
    """
    found = _value(context, "automation", value)
    text = "on" if found is None else str(found).strip().lower()
    if text not in ("on", "off", "true", "false"):
        raise SettingsError(f"automation is {text!r}; it is either on or off")
    return text in ("on", "true")


def _resource(make: type[_Resource], where: str, context: dg.ResolutionContext, model: Any) -> _Resource:
    given: Mapping[str, Any] = model.model_dump(exclude_none=True)
    values = {name: _value(context, name, raw) for name, raw in given.items()}
    fields = {name: value for name, value in values.items() if value is not None}
    if make is LakeResource:
        fields.setdefault("home", "")
    try:
        return make(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{where}.{field}: {first['msg']} (it is {first['input']!r})") from None


def _value(context: dg.ResolutionContext, name: str, raw: Any) -> Any:
    """A secret stays the name of its variable; anything else is read when the definitions load. None: not set."""
    found = _ENV.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if found is None:
        resolved = context.resolve_value(raw)
        return str(resolved) if isinstance(raw, int | float) and not isinstance(raw, bool) else resolved
    variable, default = found[1] or found[2], found[3]
    text = environment().get(variable, "").strip()
    if name in _SECRETS or holds_password(name, text):
        return dg.EnvVar(variable)
    return text or default
