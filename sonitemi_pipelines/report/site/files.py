"""Files of a site: written only when they differ, removed when nothing stands behind them any more."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from sonitemi_pipelines.errors import WarehouseError

MANIFEST = "site.json"
_FORM = 1


@dataclass
class Files:
    """The folder of a site.

    Attributes:
        written, removed: how many files this build wrote and removed.
        known: what the page of each conversation was made from, by slug, as the build before noted it.
        parts: the slugs of each part of the index, likewise.
    """

    folder: Path
    written: int = 0
    removed: int = 0
    known: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> Files:
        """The site in `folder`, or a new one where there is nothing.

        Raises:
            WarehouseError: something else lies there, or it cannot be written to.
        """
        manifest = folder / MANIFEST
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not manifest.exists() and any(folder.iterdir()):
                raise WarehouseError(f"{folder} is not empty and is not a site of this package; choose another folder")
            noted = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}
        except (ValueError, OSError) as error:
            raise _unusable(folder, error) from error
        same = noted.get("form") == _FORM
        files = cls(folder, known=noted["known"], parts=noted["parts"]) if same else cls(folder)
        if not manifest.exists():
            # From here on the folder is known as ours, however the build ends.
            files.note({}, {})
        return files

    def write(self, name: str, text: str) -> None:
        """Write `text` to `name` under the folder, unless that is what is there."""
        path, data = self.folder / name, text.encode("utf-8", "replace")
        try:
            if path.exists() and path.stat().st_size == len(data) and path.read_bytes() == data:
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f"{path.name}.new")
            beside.write_bytes(data)
            beside.replace(path)
        except OSError as error:
            raise _unusable(path, error) from error
        self.written += 1

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def has(self, name: str) -> bool:
        return (self.folder / name).exists()

    def keep_only(self, folder: str, names: set[str]) -> None:
        """Remove every other file under a folder of the site."""
        try:
            for path in sorted((self.folder / folder).rglob("*"), reverse=True):
                if path.is_dir():
                    if not any(path.iterdir()):
                        path.rmdir()
                elif path.relative_to(self.folder).as_posix() not in names:
                    path.unlink()
                    self.removed += 1
        except OSError as error:
            raise _unusable(self.folder / folder, error) from error

    def note(self, known: dict[str, str], parts: dict[str, list[str]]) -> None:
        """Remember what this build made its files from; the last file written."""
        text = json.dumps({"form": _FORM, "known": known, "parts": parts}, separators=(",", ":"), sort_keys=True)
        before = self.written
        self.write(MANIFEST, text)
        self.written = before


def _unusable(path: Path, error: Exception) -> WarehouseError:
    reason = getattr(error, "strerror", None) or error
    return WarehouseError(f"cannot write the site at {path}: {reason}; choose another folder, or mend this one")
