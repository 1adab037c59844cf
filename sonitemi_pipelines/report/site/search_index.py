"""The index that a browser searches without a server: small JavaScript files, read when a search needs them.

A browser that shows files of a disk may fetch none, but may run scripts. So every part calls `SITE.take(name, data)`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sonitemi_pipelines.report.conversation import Conversation
from sonitemi_pipelines.report.site.text import SHARDS, shard_of, terms

Passage = Sequence[Any]
"""Index of the turn of talk, second of the media (None when untimed), speaker, text."""


def passages(conversation: Conversation) -> list[Passage]:
    """What is said, paragraph by paragraph."""
    return [
        [turn.index, None if part.start_ms is None else part.start_ms // 1000, turn.speaker.label, part.text]
        for turn in conversation.turns
        for part in turn.paragraphs
        if part.text
    ]


def shards(texts: Iterable[Sequence[Passage]]) -> list[dict[str, list[int]]]:
    """The index of a segment, cut into SHARDS parts.

    Args:
        texts: the passages of each conversation of the segment, in the order of its list.

    Returns for each part: term -> conversation, number of places, then passage and position of each place;
    conversations and passages as differences to the one before.
    """
    parts: list[dict[str, list[int]]] = [{} for _ in range(SHARDS)]
    last: dict[str, int] = {}
    for document, held in enumerate(texts):
        places: dict[str, list[int]] = defaultdict(list)
        passage_before: dict[str, int] = {}
        for number, passage in enumerate(held):
            for position, term in enumerate(terms(passage[3])):
                places[term] += (number - passage_before.get(term, 0), position)
                passage_before[term] = number
        for term, found in places.items():
            index = parts[shard_of(term)].setdefault(term, [])
            index += (document - last.get(term, 0), len(found) // 2, *found)
            last[term] = document
    return parts


def script(name: str, data: Any) -> str:
    """A script that hands `data` to the page."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Line separators are valid in JSON and not in older scripts; lone halves of surrogates are not valid in UTF-8.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"SITE.take({json.dumps(name)},{text})\n"


def data_of(text: str) -> Any:
    """What `script` was given."""
    return json.loads(text[text.index(",") + 1 : text.rindex(")")])
