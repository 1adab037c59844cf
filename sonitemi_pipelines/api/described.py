"""The operations of a client, as the signatures and docstrings of its methods describe them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sonitemi_pipelines.api.operations import Resource

_OPERATION = re.compile(r"Operation: (?P<title>.+?): (?P<endpoint>[A-Z]+ /.*)")
_ENTRY = re.compile(r"(?P<names>[\w, ]+): (?P<text>.*)", re.DOTALL)


@dataclass
class Doc:
    """A docstring in its parts.

    Attributes:
        operations: the vendor's titles of what is called, and their endpoints.
        sections: 'Args', 'Raises', 'Attributes' -> (names, text) of each entry.
    """

    text: str
    operations: list[tuple[str, str]] = field(default_factory=list)
    sections: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, str]:
        """Parameter -> what it means."""
        return {name.strip(): text for names, text in self.sections.get("Args", []) for name in names.split(",")}


@dataclass(frozen=True)
class Method:
    """One public method of a client that calls the vendor, such as resource 'media', name 'get'."""

    resource: str
    name: str
    function: Callable[..., Any]
    doc: Doc

    @property
    def full_name(self) -> str:
        """As the client's errors and the ledger call it, such as 'media.get'."""
        return f"{self.resource}.{self.name}"


def methods_of(client: Any) -> Iterator[Method]:
    """The methods of a client, resource by resource."""
    for resource_name, resource in vars(client).items():
        if isinstance(resource, Resource):
            for name, function in vars(type(resource)).items():
                if not name.startswith("_") and inspect.isfunction(function):
                    yield Method(resource_name, name, function, read_docstring(function))


def read_docstring(documented: Any) -> Doc:
    """Its summary and description, its `Operation:` lines, and its sections.

    Raises:
        ValueError: a section holds what is no entry.
    """
    lines = inspect.cleandoc(documented.__doc__ or "").splitlines()
    doc = Doc("")
    section: list[tuple[str, str]] | None = None
    told: list[str] = []
    for line in lines:
        operation = _OPERATION.fullmatch(line)
        if operation:
            doc.operations.append((operation["title"], operation["endpoint"]))
        elif re.fullmatch(r"(Args|Raises|Attributes):", line):
            section = doc.sections.setdefault(line[:-1], [])
        elif section is None:
            told.append(line)
        elif line.startswith("     ") and section:
            name, text = section[-1]
            section[-1] = (name, f"{text} {line.strip()}")
        elif line.strip():
            entry = _ENTRY.fullmatch(line.strip())
            if entry is None:
                raise ValueError(f"{documented.__qualname__}: {line!r} is no entry of a section")
            section.append((entry["names"], entry["text"]))
    doc.text = re.sub(r"\n{3,}", "\n\n", "\n".join(told)).strip()
    return doc
