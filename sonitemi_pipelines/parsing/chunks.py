"""What one token holds: the stretches of text in it that may be words, and how it meets the tokens beside it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import IntFlag, auto
from functools import lru_cache
from typing import NamedTuple

from sonitemi_pipelines.parsing.seeds import remarks
from sonitemi_pipelines.parsing.terms import has_speech, term_of

# Han, Kana, Thai, Lao, Khmer, Burmese: words stand without spaces between them, so each token is a word of its own.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3021-\u3029\u3038-\u303b\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\uff66-\uff9f"
    "\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)
_DASHES = "[\u2013\u2014\u2015\u2e3a\u2e3b]|--+"
_ELLIPSES = r"\u2026+|\.{2,}"
_CLOSING = r"[\"'\u201d\u2019\u00bb)\]}]*"
_SENTENCE_END = r"[.?!\u061f\u037e\u055e\u0589\u06d4\u0964\u0965\u3002\uff01\uff1f\uff0e]+"
_MAY_CUT = re.compile(f"{_DASHES}|{_ELLIPSES}|[?!,;.\u060c\u061b\u061f\u037e\u055e\u0589\u06d4\u0964\u0965](?!$)")
_CUT = re.compile(
    f"(?P<dash>{_DASHES})|(?P<ellipsis>{_ELLIPSES}){_CLOSING}|(?P<comma>[,;\u060c\u061b]){_CLOSING}"
    f"|(?P<end>{_SENTENCE_END}){_CLOSING}"
)
_BRACKETS = {"[": "]", "(": ")", "<": ">", "{": "}", "（": "）", "［": "］", "【": "】", "〔": "〕", "＜": "＞"}
_OPENING = re.compile("[" + re.escape("".join(_BRACKETS)) + "]")
_REMARK_LENGTH = 60
_PARTS = re.compile(r"[,;/&+|、，]|\band\b")
_QUOTES = "\"'\u201d\u2019\u00bb)]}"
_LONGEST_TITLE = 3
_THOUSANDS = 3
_MOST_KNOWN = 1 << 17
_ATTACHED = frozenset(",.;:?!%।。、，？！؟،")
_APOSTROPHES_AND_HYPHENS = frozenset("'’ʼ-\u2010\u2011")
_JOINING = _APOSTROPHES_AND_HYPHENS | frozenset(".:,")
"""Letters of a title before its point, as in Ph.D and Ed.D."""


class Fact(IntFlag):
    """What is true of a token."""

    TEXT = auto()
    """It is not empty."""
    STARTS_BLANK = auto()
    ENDS_BLANK = auto()
    """White space stands at its start, at its end."""
    OPEN_BEFORE = auto()
    OPEN_AFTER = auto()
    """A word may go on across its start, its end."""
    SPEAKS = auto()
    """It says something."""
    REMARK = auto()
    """It holds a remark in brackets and says nothing."""
    OPENS = auto()
    """It opens a bracket and does not close it: a remark may go on in the next token."""
    ATTACHED = auto()
    """It is punctuation that stands without a space before it."""
    JOINS = auto()
    """It joins the words beside it, alone between them, where tokens carry no spaces."""


class Chunks(NamedTuple):
    """What a token holds.

    Attributes:
        trimmed: the token, white space around it removed.
        texts: its stretches between white space, dashes, ellipses and sentence ends, remarks left out.
        terms: the term of each; None where it stands for nothing said.
        facts: a `Fact`, as an int.
    """

    trimmed: str
    texts: tuple[str, ...]
    terms: tuple[str | None, ...]
    facts: int


class _Known(dict[str, Chunks]):
    """What was found of tokens before: a look-up of a dict is several times quicker than a call."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        super().__init__()
        self._languages = languages

    def __missing__(self, text: str) -> Chunks:
        found = plain_chunks(text) or any_chunks(text, self._languages)
        if len(self) < _MOST_KNOWN:
            self[text] = found
        return found


_known = lru_cache(maxsize=16)(_Known)


def chunks_of(texts: Iterable[str], languages: tuple[str, ...]) -> list[Chunks]:
    """What each token holds. `languages`: those whose remarks in brackets are tags."""
    return list(map(_known(languages).__getitem__, texts))


_PLAIN = re.compile(r"( ?)([A-Za-z]+(?:'[A-Za-z]+)*)([.,?!]?)( ?)")
_SAYS = int(Fact.TEXT | Fact.SPEAKS)
_EDGES = (int(Fact.OPEN_BEFORE), int(Fact.STARTS_BLANK)), (int(Fact.OPEN_AFTER), int(Fact.ENDS_BLANK))


def plain_chunks(text: str) -> Chunks | None:
    """What a token holds that is a word of plain letters, as most are, as `any_chunks` says it; None for any other."""
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    before, word, mark, after = match.groups()
    facts = _SAYS | _EDGES[0][before == " "] | _EDGES[1][after == " "]
    return Chunks(word + mark, (word + mark,), (word.lower(),), facts)


def any_chunks(text: str, languages: tuple[str, ...]) -> Chunks:
    """What any token holds."""
    opening = _OPENING.search(text)
    bare, has_remark = (text, False) if opening is None else _without_remarks(text, languages)
    pieces = bare.split()
    if _MAY_CUT.search(bare) is not None:
        pieces = [piece for chunk in pieces for piece in cut(chunk)]
    terms = tuple(term_of(piece) if has_speech(piece) else None for piece in pieces)
    speaks = any(term is not None for term in terms)
    facts = {
        Fact.TEXT: bool(text),
        Fact.STARTS_BLANK: text[:1].isspace(),
        Fact.ENDS_BLANK: text[-1:].isspace(),
        Fact.OPEN_BEFORE: bool(pieces) and not bare[:1].isspace() and not is_spaceless(pieces[0]),
        Fact.OPEN_AFTER: bool(pieces) and not bare[-1:].isspace() and not is_spaceless(pieces[-1][::-1]),
        Fact.SPEAKS: speaks,
        Fact.REMARK: has_remark and not speaks,
        Fact.OPENS: opening is not None and _BRACKETS[opening[0]] not in text[opening.end() :],
        Fact.ATTACHED: text in _ATTACHED,
        Fact.JOINS: text in _JOINING,
    }
    return Chunks(text.strip(), tuple(pieces), terms, sum(int(fact) for fact, holds in facts.items() if holds))


def joins(text: str, left: str, right: str) -> bool:
    """Whether a token makes one word of the words beside it: don ' t, twenty - two, 3 . 5, 1 , 000."""
    digits = left[-1].isdigit() and right[0].isdigit()
    if text in _APOSTROPHES_AND_HYPHENS:
        return left[-1].isalnum() and right[0].isalnum()
    if text == ",":
        return digits and len(right[:_THOUSANDS]) == _THOUSANDS and right[:_THOUSANDS].isdigit()
    return digits


def is_spaceless(characters: str) -> bool:
    """Whether the first alphanumeric character is of a script that is written without spaces."""
    return _SPACELESS.match(next(filter(str.isalnum, characters), "")) is not None


def cut(chunk: str, joints: frozenset[int] = frozenset()) -> list[str]:
    """Words that stand together without white space, taken apart behind dashes, ellipses, commas and sentence ends.

    Args:
        joints: positions at which one token ends and the next begins: a sign that a sentence ends there, while within
            a token the next word has to begin with a capital ("example.com" is one word, "ended.Next" two).
    """
    pieces = []
    start = 0
    for match in _CUT.finditer(chunk):
        end = match.end()
        if end < len(chunk) and _parts(chunk, match, end in joints):
            pieces.append(chunk[start:end])
            start = end
    pieces.append(chunk[start:])
    return pieces


def _parts(chunk: str, match: re.Match[str], is_joint: bool) -> bool:
    """Whether what was found between two words parts them."""
    before, after, end = chunk[: match.start()].rstrip(_QUOTES), chunk[match.end() :], match["end"]
    if match["dash"] or match["ellipsis"]:
        return has_speech(before) and has_speech(after)
    if not before or not after[0].isalnum() or _SPACELESS.match(before[-1]) or _SPACELESS.match(after[0]):
        return False
    if match["comma"]:
        return not after[0].isdigit()
    if not _is_letter(before[-1]):
        # 3.5 and 10.Then: a number goes on with a number only.
        return before[-1].isdigit() and after[0].isalpha() and (after[0].isupper() or "." not in end)
    if "." not in end or len(end) > 1:
        return True
    run_before, run_after = _run(before[::-1]), _run(after)
    if after[0].isdigit():
        return is_joint and run_before > 1
    if after[0].islower() and not is_joint:
        return False
    if run_before == 1:
        # U.S. goes on; J.Smith and U.S.Then do not.
        return run_after > 1
    is_title = run_after == 1 and run_before <= _LONGEST_TITLE and before[-run_before].isupper()
    return not is_title or after[0] == "I"


def _run(characters: str) -> int:
    """How many letters and marks stand at the start."""
    return next((i for i, character in enumerate(characters) if not _is_letter(character)), len(characters))


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character).startswith("M")


def _without_remarks(text: str, languages: tuple[str, ...]) -> tuple[str, bool]:
    """The text with each remark in brackets made a space, and whether there was one."""
    known = remarks(languages)
    start, found = 0, False
    while (opening := _OPENING.search(text, start)) is not None:
        end = text.find(_BRACKETS[opening[0]], opening.end(), opening.end() + _REMARK_LENGTH)
        if end >= 0 and is_remark(text[opening.end() : end], known):
            text = f"{text[: opening.start()]} {text[end + 1 :]}"
            found = True
        start = opening.end()
    return text, found


def is_remark(inside: str, known: frozenset[str]) -> bool:
    """Whether what stands in brackets is a remark: of one or several that are known, with a time or without."""
    parts = [
        " ".join(term for word in part.split() if (term := term_of(word)) and not any(map(str.isdigit, term)))
        for part in _PARTS.split(inside)
    ]
    named = [part for part in parts if part]
    return bool(named) and known.issuperset(named)


def split_at_bracket(text: str) -> tuple[str, str]:
    """The text behind the first bracket opened in it, and the character that closes it."""
    opening = _OPENING.search(text)
    assert opening is not None
    return text[opening.end() :], _BRACKETS[opening[0]]
