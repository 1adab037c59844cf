"""Writes docs/reference.md from the docstrings of the clients: see `make docs`."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from sonitemi_pipelines import errors
from sonitemi_pipelines.api.described import Doc, methods_of, read_docstring
from sonitemi_pipelines.api.records import Record
from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.sonix import models as sonix_models
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.api.temi import models as temi_models

PAGE = Path(__file__).with_name("reference.md")

_HEAD = """\
# Python clients

Generated from the docstrings by `make docs`; edit those, not this page.

Create a client with `SonixClient(api_key, base_url)` or `SonixClient.from_settings(Settings.from_env())`, and
`TemiClient` in the same way. Clients are thread-safe and group the vendor's operations by resource:

```python
from sonitemi_pipelines.settings import Settings
from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient

sonix = SonixClient.from_settings(Settings.from_env())
for media in sonix.media.list(status="completed"):
    print(media.id, media.name, media.duration)

temi = TemiClient.from_settings(Settings.from_env())
job = temi.jobs.submit(url="https://media.example.com/interview.mp3")
print(temi.transcripts.get_text(temi.jobs.wait(job.id).id))
```

Results are frozen records. Fields that the vendor sends without documenting them are in `extra`; fields that it omits
are None. Timestamps are UTC without a time zone. GET, PUT and DELETE are retried after a 5xx or a broken connection;
POST is retried only if it cannot have reached the vendor. A 429 pauses all calls to that vendor.
"""


@dataclass(frozen=True)
class Method:
    """One method of a client that calls the vendor."""

    vendor: str
    name: str
    function: Callable[..., Any]
    doc: Doc


def methods() -> Iterator[Method]:
    """Every public method of both clients that calls the vendor, in the order of the page."""
    for vendor, client in (("sonix", SonixClient("key")), ("temi", TemiClient("key"))):
        for found in methods_of(client):
            yield Method(vendor, found.full_name, found.function, found.doc)


def render() -> str:
    """The page."""
    known = list(methods())
    return "\n".join([_HEAD, *_operations(known), *_methods(known), *_results(), *_errors()]) + "\n"


def _operations(known: list[Method]) -> Iterator[str]:
    yield "## Documented operations\n"
    yield "| vendor | operation | endpoint | method |\n|---|---|---|---|"
    for method in known:
        if method.name.rsplit(".", 1)[1] in ("wait", "download"):
            continue
        for title, endpoint in method.doc.operations:
            yield f"| {method.vendor} | {title} | {_code(endpoint)} | `{method.vendor}.{method.name}` |"
    yield ""


def _methods(known: list[Method]) -> Iterator[str]:
    for method in known:
        signature = inspect.signature(method.function)
        given = [value for name, value in signature.parameters.items() if name != "self"]
        explained = {
            name.strip(): text for names, text in method.doc.sections.get("Args", []) for name in names.split(",")
        }
        yield f"## `{method.vendor}.{method.name}`\n"
        yield method.doc.text + "\n"
        for title, endpoint in method.doc.operations:
            yield f"- {title}: `{endpoint}`"
        yield f"- Result: `{_type(signature.return_annotation)}`\n"
        if given:
            yield "| parameter | type | default | meaning |\n|---|---|---|---|"
            for value in given:
                required = value.default is inspect.Parameter.empty
                default = "required" if required else f"`{value.default!r}`"
                meaning = explained.get(value.name, "an id, as the vendor shows it")
                yield f"| `{value.name}` | {_code(_type(value.annotation))} | {default} | {_cell(meaning)} |"
            yield ""
        if "Raises" in method.doc.sections:
            yield "| error | when |\n|---|---|"
            for names, text in method.doc.sections["Raises"]:
                yield f"| `{names}` | {_cell(text)} |"
            yield ""


def _results() -> Iterator[str]:
    for vendor, module in (("sonix", sonix_models), ("temi", temi_models)):
        for record in _records(module):
            doc = read_docstring(record)
            told = {
                name.strip(): text for names, text in doc.sections.get("Attributes", []) for name in names.split(",")
            }
            yield f"## Result `{vendor}.models.{record.__name__}`\n"
            yield doc.text + "\n"
            yield "| field | type | meaning |\n|---|---|---|"
            for found in msgspec.structs.fields(record):
                if found.name != "extra":
                    kind = _type(record.__annotations__[found.name])
                    yield f"| `{found.name}` | {_code(kind)} | {_cell(told.get(found.name, ''))} |"
            yield ""


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    yield (
        "Every call may raise an `ApiError`: `vendor`, `operation`, `status`, `code`, `vendor_message`, `details`, "
        "`advice`.\nWhat is refused before the network is a `RefusedError`, whose `fields` name the options.\n"
    )
    yield "| error | cause |\n|---|---|"
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, errors.SonitemiError):
            wanted = issubclass(kind, errors.ApiError) or kind in (
                errors.RefusedError,
                errors.WaitTimeoutError,
                errors.VendorFailedError,
            )
            if wanted:
                yield f"| `{kind.__name__}` | {_cell(read_docstring(kind).text.splitlines()[0])} |"


def _records(module: ModuleType) -> list[type[Record]]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Record) and value.__module__ == module.__name__
    ]


def _type(annotation: Any) -> str:
    return str(annotation).replace("builtins.", "").replace("os.PathLike[str]", "os.PathLike")


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _cell(text: str) -> str:
    return " ".join(textwrap.dedent(text).split()).replace("|", "\\|")
