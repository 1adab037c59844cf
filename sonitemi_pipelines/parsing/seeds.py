"""The small tables of `sql/seeds` that parsing reads too: languages, and remarks that transcripts put in brackets."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from sonitemi_pipelines.parsing.terms import term_of

ENGLISH = "en"


def sql_folder() -> Path:
    """The `sql` folder: inside the package when installed from a wheel, else at the root of the repository."""
    package = Path(__file__).resolve().parents[1]
    return next((folder for folder in (package / "sql", package.parent / "sql") if folder.is_dir()), package / "sql")


@cache
def _rows(name: str) -> list[list[str]]:
    with (sql_folder() / "seeds" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return [row for row in csv.reader(file) if row][1:]


@cache
def _languages() -> dict[str, str]:
    return {row[0]: row[1] for row in _rows("languages")}


@cache
def word_list_languages(code: str | None) -> tuple[str, ...]:
    """The languages whose word lists apply to a transcript: ('en',) of 'en_US', ' en ', 'eng' or 'English', both of
    'es-en', () of None or a blank. `sql/marts/transcript_languages.sql` says the same.
    """
    parts = (code or "").strip().lower().replace("_", "-").split("-")
    known = _languages()
    first = known.get(parts[0], parts[0])
    if not first:
        return ()
    # 'es-en' names two languages. 'pt-br' names a region, and a region's code may be a language's too.
    second = ENGLISH if parts[1:] == [ENGLISH] and first != ENGLISH else None
    return (first, second) if second else (first,)


@cache
def remarks(languages: tuple[str, ...]) -> frozenset[str]:
    """What stands in brackets without having been said, as terms: in these languages, and in English, in which
    editors write it whatever was spoken.
    """
    wanted = {*languages, ENGLISH}
    return frozenset(" ".join(map(term_of, row[1].split())) for row in _rows("remarks") if row[0] in wanted)
