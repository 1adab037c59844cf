"""Writes `docs/errors.md`: every error text of the code, read from where it is raised."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sonitemi_pipelines import errors

PAGE = Path(__file__).with_name("errors.md")
CODE = Path(errors.__file__).parent
KINDS = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, errors.SonitemiError) and kind is not errors.SonitemiError
}
# Fewer letters are somebody else's words, passed on.
_LEAST_LETTERS = 12
_USUAL = {
    "SettingsError": "correct the variable or option and run it again",
    "LakeError": "check the disk or bucket, its free space and permissions; then run it again",
    "WarehouseError": "check the path, the id or the query; `sonitemi doctor` says what is wrong",
    "MartError": "correct the file under sql/",
    "PayloadError": "check the recording in the vendor's app; the next sync retries it",
    "RefusedError": "correct the request; nothing was sent or paid",
}
_HEAD = """\
# Errors

Generated from the code by `make docs`; do not edit. Every error message is one line: what happened, where, and, after
the last semicolon, what to do. *Italic* words are placeholders. To find an error, search this page for a part of its
message that contains no names or numbers.

In Python, every error is a subclass of `sonitemi_pipelines.errors.SonitemiError`. The class indicates the cause.
"""


@dataclass(frozen=True, order=True)
class Text:
    """An error text as raised in one place; `module` is a path under the package."""

    kind: str
    words: str
    module: str


def render() -> str:
    """The whole page."""
    found = sorted(set(texts()))
    lines = [_HEAD]
    for name, kind in KINDS.items():
        lines += [f"## {name}", "", " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split()), ""]
        if issubclass(kind, errors.ApiError) and kind is not errors.ApiError:
            lines += [f"What to do: {kind.advice}.", ""]
        own = [text for text in found if text.kind == name]
        if own:
            lines += ["| message | what to do | raised in |", "|---|---|---|"]
            lines += [f"| {what} | {_way_out(do)} | `{text.module}` |" for text in own for what, do in [_parts(text)]]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def texts() -> Iterator[Text]:
    """Every call `SomeError("...")` of the package whose text can be read off."""
    for path in sorted(CODE.rglob("*.py")):
        module = path.relative_to(CODE).as_posix()
        if module == "errors.py" or module.startswith("sandbox/"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                # `unusable(source, what)` makes the error of a payload.
                kind = "PayloadError" if node.func.id == "unusable" else node.func.id
                words = _words(node.args[-1 if node.func.id == "unusable" else 0])
                if kind in KINDS and sum(map(str.isalpha, words.replace("*", ""))) >= _LEAST_LETTERS:
                    yield Text(kind, " ".join(words.split()), module)


def _words(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_words(value) for value in values)
        case ast.FormattedValue(value=value):
            return f"*{_name(value)}*"
        case ast.BinOp(left=left, right=right):
            return _words(left) + _words(right)
        case _:
            return ""


def _name(node: ast.expr) -> str:
    """A word for what is filled in: the last name in the expression."""
    names = [each.attr if isinstance(each, ast.Attribute) else each.id for each in ast.walk(node)
             if isinstance(each, ast.Attribute | ast.Name)]  # fmt: skip
    return (names[0] if names else "value").strip("_").replace("_", " ").lower()


def _parts(text: Text) -> tuple[str, str]:
    what, _, do = text.words.rpartition("; ")
    if not what or "(" in do.split(" ")[0]:
        return _cell(text.words), _cell(_USUAL.get(text.kind, KINDS[text.kind].__dict__.get("advice", "")))
    return _cell(what), _cell(do)


def _way_out(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[").replace("{", "&#123;")
