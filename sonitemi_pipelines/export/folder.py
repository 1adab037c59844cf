"""Every transcript of the lake as a file in a folder, of which a later run rewrites only what changed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sonitemi_pipelines.errors import LakeError, SettingsError
from sonitemi_pipelines.export.formats import Format, written
from sonitemi_pipelines.export.loading import Header, load_scripts, snapshot_with_headers
from sonitemi_pipelines.export.options import ExportOptions
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.progress import Progress, no_progress

_MANIFEST = ".sonitemi-export.json"
_RELEASE = 2
"""Raised when a format comes out differently, so that everything is written again."""
_LONGEST_ID = 100
_VARIANT = re.compile(r"latest|machine|translation-.+")


@dataclass(frozen=True)
class FolderExport:
    """What exporting to a folder came to: files written, left as they were, deleted since the lake has no such
    transcript any more; and why a transcript has no file, by '<provider> <id>'."""

    written: tuple[Path, ...] = ()
    unchanged: int = 0
    deleted: tuple[Path, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = [f"{len(self.written)} files written, {self.unchanged} unchanged"]
        told += [f"{len(self.deleted)} deleted, whose transcripts the lake no longer has"] if self.deleted else []
        told += [f"{len(self.problems)} cannot be written"] if self.problems else []
        return ", ".join(told)


def export_folder(
    lake: Lake,
    folder: Path,
    form: Format,
    options: ExportOptions | None = None,
    *,
    variant: str = "latest",
    progress: Progress = no_progress,
) -> FolderExport:
    """Write every transcript of a variant to `folder`; what is there already in this revision is left alone.

    A file is replaced as a whole. What stands in the folder besides is not touched.

    Raises:
        SettingsError: no vendor has a variant of that name.
        LakeError: the lake cannot be read, or the folder not be written.
    """
    if not _VARIANT.fullmatch(variant):
        raise SettingsError(f"{variant!r} is no variant; give latest, machine or one such as translation-es")
    options = options or ExportOptions()
    made = hashlib.sha256(repr((_RELEASE, form.name, variant, dataclasses.astuple(options))).encode()).hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = _manifest(folder)
        snapshot, headers = snapshot_with_headers(lake, variant)
        names = {file_name(header["provider"], header["recording_id"], variant, form): header for header in headers}
        states = {name: _state(header, made) for name, header in names.items()}
        stale = {
            name: header
            for name, header in names.items()
            if known.get(name) != states[name] or not (folder / name).exists()
        }
        # Another format, variant or choice of options in the same folder is another set of files.
        gone = [name for name, state in known.items() if name not in names and _is_of(name, state, form, variant)]
        for name in gone:
            (folder / name).unlink(missing_ok=True)
            del known[name]
        came: list[Path] = []
        problems: dict[str, str] = {}
        try:
            scripts = load_scripts(lake, snapshot, stale.values())
            for done, (name, script) in enumerate(zip(stale, scripts, strict=True), start=1):
                try:
                    text = written(script, form, options)
                except LakeError as error:
                    problems[f"{script.provider} {script.recording_id}"] = str(error)
                    (folder / name).unlink(missing_ok=True)
                    known.pop(name, None)
                else:
                    _put(folder / name, text)
                    known[name] = states[name]
                    came.append(folder / name)
                progress(f"{form.name} files", done, len(stale))
        finally:
            _put(folder / _MANIFEST, json.dumps(known, indent=0, sort_keys=True))
    except OSError as error:
        raise LakeError(
            f"cannot export to {folder}: {error.strerror or error}; choose a folder you may write"
        ) from error
    return FolderExport(tuple(came), len(names) - len(stale), tuple(folder / name for name in gone), problems)


def file_name(provider: str, recording_id: str, variant: str, form: Format) -> str:
    """The name of a transcript's file: an id is the vendor's word, and nothing in it may lead to another folder."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", recording_id)
    if name != recording_id or len(name) > _LONGEST_ID:
        name = f"{name[:_LONGEST_ID]}-{hashlib.sha256(recording_id.encode()).hexdigest()[:8]}"
    of_variant = "" if variant == "latest" else f".{re.sub(r'[^A-Za-z0-9_-]', '_', variant)}"
    return f"{provider}-{name}{of_variant}{form.ending}"


def _state(header: Header, made: str) -> dict[str, Any]:
    """What a file's text depends on."""
    told = {name: header[name] for name in ("variant", "revision", "title", "language", "duration_ms")}
    return {"made": made, **told}


def _is_of(name: str, state: Any, form: Format, variant: str) -> bool:
    return name.endswith(form.ending) and isinstance(state, dict) and state.get("variant") == variant


def _manifest(folder: Path) -> dict[str, Any]:
    """What an earlier run noted, by file name; nothing when its note cannot be read, and then all is written anew."""
    try:
        found = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: state for name, state in found.items() if Path(name).name == name}


def _put(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
