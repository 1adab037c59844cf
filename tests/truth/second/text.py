"""The marts of what is said: fillers, terms, questions, variety of words, the index of search(), trackers."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache

from .intervals import ASKING, CLOSING, STATING
from .known import Known, OneTranscript, Row, listed, of_corpus, of_transcript, threshold

MASKS = ("**", "##", "__", "██", "■■", "●●")
PASSAGE = 64


def filled(one: OneTranscript) -> list[tuple[int, int, str]]:
    """Place among the words, length and filler, for each uttered."""
    fillers = listed("fillers_by_language", "filler", one.list_language) or frozenset()
    found = [(i, 1, row["term"]) for i, row in enumerate(one.spoken) if row["term"] in fillers]
    for i, (before, after) in enumerate(itertools.pairwise(one.spoken)):
        pair = f"{before['term']} {after['term']}"
        if pair in fillers and before["speaker"] == after["speaker"]:
            found.append((i, 2, pair))
    return found


@of_transcript("spoken_words")
def words_spoken(one: OneTranscript, _: Known) -> Iterator[Row]:
    for row in one.spoken:
        yield {name: value for name, value in row.items() if name not in one.key and name != "day"}


@of_transcript("fillers")
def fillers(one: OneTranscript, _: Known) -> Iterator[Row]:
    uttered = Counter((one.spoken[i]["speaker"], filler) for i, _, filler in filled(one))
    struck = Counter((one.spoken[i]["speaker"], filler) for i, _, filler in filled(one) if one.spoken[i]["struck"])
    for (speaker, filler), times in uttered.items():
        yield {
            "speaker": speaker,
            "filler": filler,
            "occurrences": times,
            "struck_occurrences": struck[speaker, filler],
        }


@of_transcript("terms")
def terms(one: OneTranscript, _: Known) -> Iterator[Row]:
    stop = listed("stop_words", "word", one.list_language) or frozenset()
    in_filler = {i + k for i, length, _ in filled(one) for k in range(length)}
    # None where no term can reach across: a masked word, or another speaker.
    said: list[tuple[str, bool, int | None] | None] = []
    before: object = object()
    for i, row in enumerate(one.spoken):
        if row["struck"]:
            continue
        if row["speaker"] != before:
            said.append(None)
        before = row["speaker"]
        masked = not row["term"] or row["term"].startswith(MASKS)
        said.append(None if masked else (row["term"], row["term"] in stop or i in in_filler, row["start_ms"]))
    found: dict[tuple[int, str], list[int | None]] = defaultdict(list)
    for n in (1, 2, 3):
        for i in range(len(said) - n + 1):
            gram = [word for word in said[i : i + n] if word is not None]
            if len(gram) == n and not gram[0][1] and not gram[-1][1]:
                found[n, " ".join(word[0] for word in gram)].append(gram[0][2])
    for (n, term), starts in found.items():
        if n == 1 or len(starts) >= threshold("term_occurrences"):
            yield {
                "n": n,
                "term": term,
                "language": one.language,
                "occurrences": len(starts),
                "first_ms": min((start for start in starts if start is not None), default=None),
            }


def sentences(one: OneTranscript) -> list[list[Row]]:
    """Tokens of the final text, cut where a speaker or a sentence ends; `asks` says of each whether a question does."""
    tokens = [dict(row) for row in one.words if not row["struck"] and row["kind"] != "tag"]
    found: list[list[Row]] = []
    for i, row in enumerate(tokens):
        front, own = _halves(row["text"])
        greek = one.language == "el" and own.rstrip(CLOSING).endswith(";")
        row["asks"] = greek or any(mark in own for mark in ASKING + "՞")
        row["ends"] = own.rstrip(CLOSING).endswith(tuple(STATING)) or (row["asks"] and "՞" not in own)
        last = tokens[i - 1] if i else None
        if last is not None and any(mark in front for mark in ASKING):
            last["asks"] = True
        piece = row["kind"] == "word" and not row["word_count"] and row["text"]
        ended = last is not None and last["ends"] and not piece
        if last is None or last["speaker"] != row["speaker"] or any(c in front for c in ASKING + STATING) or ended:
            found.append([])
        found[-1].append(row)
    return found


def _halves(text: str) -> tuple[str, str]:
    """Marks that come with a space before the words of a token, and the rest: `. By`."""
    first, _, rest = text.partition(" ")
    own = text.lstrip(ASKING + STATING + CLOSING)
    return (first, own) if rest and own and not first.lstrip(ASKING + STATING + CLOSING) else ("", text)


@of_transcript("questions")
def questions(one: OneTranscript, _: Known) -> Iterator[Row]:
    words_at = defaultdict(list)
    for word in one.spoken:
        words_at[word["word_index"]].append(word)
    wh = listed("question_words", "word", one.list_language, kind="wh")
    tags = listed("question_words", "word", one.list_language, kind="tag") or frozenset()
    for sentence in sentences(one):
        mark = max((token["word_index"] for token in sentence if token["asks"]), default=None)
        if mark is None:
            continue
        words = [word for token in sentence for word in words_at[token["word_index"]]]
        said = [word["term"] for word in words]
        kind: str | None = "yes_no"
        if wh is None:
            kind = None
        elif any(term in wh for term in said[:3]):
            kind = "wh"
        elif any(len(said) > n and " ".join(said[-n:]) in tags for n in (1, 2, 3)):
            kind = "tag"
        at = max((word["word_index"] for word in words if word["word_index"] <= mark), default=mark)
        token = next(token for token in sentence if token["word_index"] == at)
        yield {
            **{name: token[name] for name in ("word_index", "turn_index", "speaker", "start_ms")},
            "words": len(said),
            "kind": kind,
        }


@of_transcript("speaker_wording")
def speaker_wording(one: OneTranscript, known: Known) -> Iterator[Row]:
    width = threshold("diversity_words")
    has_list = listed("question_words", "word", one.list_language) is not None
    for speaker in {row["speaker"] for row in one.final}:
        said = [row["term"] for row in one.final if row["speaker"] == speaker]
        asked = Counter(row["kind"] for row in known.of("questions", one) if row["speaker"] == speaker)
        ratios = [len(set(said[i : i + width])) / width for i in range(len(said) - width + 1)]
        yield {
            "speaker": speaker,
            "words": len(said),
            "types": len(set(said)),
            "type_token_ratio": len(set(said)) / len(said),
            "moving_type_token_ratio": sum(ratios) / len(ratios) if ratios else None,
            "questions": asked.total(),
            "questions_wh": asked["wh"] if has_list else None,
            "questions_tag": asked["tag"] if has_list else None,
            "questions_yes_no": asked["yes_no"] if has_list else None,
            "question_rate": 100 * asked.total() / len(said),
        }


# ---- search


@cache
def fold(said: str) -> tuple[str, ...]:
    """The words of a text as they are searched for, character by character."""
    plain = unicodedata.normalize("NFKC", "".join(c for c in said.lower() if not _is_nothing(c)))
    kept: list[str] = []
    for char in unicodedata.normalize("NFD", plain):
        if unicodedata.category(char).startswith("M") and _script(_base(kept)) in (
            "LATIN",
            "GREEK",
            "HEBREW",
            "ARABIC",
        ):
            continue
        kept.append(char)
    words: list[str] = [""]
    for char in unicodedata.normalize("NFC", "".join(kept)).replace("ς", "σ"):
        if _script(char) in ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"):
            words += [char, ""]
        elif unicodedata.category(char)[0] in "LNM":
            words[-1] += char
        else:
            words.append("")
    return tuple(word for word in words if word)


def _is_nothing(char: str) -> bool:
    return char in "'’‘‚‛ʼʹʻʽˈ`´′＇ꞌ՚׳ـ" or unicodedata.category(char) == "Cf" or "\ufe00" <= char <= "\ufe0f"


def _base(kept: list[str]) -> str:
    return next((char for char in reversed(kept) if not unicodedata.category(char).startswith("M")), " ")


@cache
def _script(char: str) -> str:
    return unicodedata.name(char, "").split(" ")[0]


def searchable(one: OneTranscript) -> list[tuple[str, Row, int]]:
    """Each word to search for, the spoken word it is in, and which part of that it is."""
    return [(token, row, part) for row in one.final for part, token in enumerate(fold(row["term"]))]


@of_transcript("token_index")
def token_index(one: OneTranscript, _: Known) -> Iterator[Row]:
    places = defaultdict(list)
    for position, found in enumerate(searchable(one)):
        places[found[0]].append(position)
    for token, positions in places.items():
        yield {"token": token, "occurrences": len(positions), "positions": positions}


@of_transcript("search_passages")
def search_passages(one: OneTranscript, _: Known) -> Iterator[Row]:
    said = searchable(one)
    for number in range(math.ceil(len(said) / PASSAGE)):
        passage = said[number * PASSAGE : (number + 1) * PASSAGE]
        starts = [row["start_ms"] for _, row, _ in passage]
        unit = 1 if any(start is not None and start % 10 for start in starts) else 10
        yield {
            "passage": number,
            "shown": [row["shown"] for _, row, _ in passage],
            "parts": [part for _, _, part in passage],
            "unit_ms": unit,
            "starts": [None if start is None else start // unit for start in starts],
            "speakers": [row["speaker"] for _, row, _ in passage],
        }


@of_corpus("tracker_hits")
def tracker_hits(known: Known) -> Iterator[Row]:
    phrases = {(row["category"], row["tracker"], row["phrase"]) for row in known.rows["trackers"]}
    for one in known.transcripts:
        said = searchable(one)
        tokens = [token for token, _, _ in said]
        found: dict[tuple[str, int], tuple[int, str, str]] = {}
        for category, tracker, phrase in phrases:
            wanted = fold(phrase)
            for i in range(len(tokens) - len(wanted) + 1):
                if tuple(tokens[i : i + len(wanted)]) == wanted:
                    longest = max(found.get((tracker, i), (0, "", "")), (len(wanted), phrase, category))
                    found[tracker, i] = longest
        for (tracker, i), (length, phrase, category) in found.items():
            around = said[max(0, i - 8) : i + length + 8]
            match = said[i : i + length]
            yield {
                **one.key,
                "category": category or None,
                "tracker": tracker,
                "position": i,
                "phrase": phrase,
                "match": " ".join(row["shown"] for n, (_, row, part) in enumerate(match) if n == 0 or part == 0),
                "context": " ".join(row["shown"] for _, row, part in around if part == 0),
                "speaker": said[i][1]["speaker"],
                "start_ms": said[i][1]["start_ms"],
                "day": one.head["day"],
            }


# ---- the corpus


@of_corpus("corpus_terms")
def corpus_terms(known: Known) -> Iterator[Row]:
    times = defaultdict(list)
    for row in known.second("terms"):
        if row["variant"] == "latest":
            times[row["language"], row["n"], row["term"]].append(row["occurrences"])
    for (language, n, term), found in times.items():
        if len(found) >= threshold("corpus_recordings"):
            yield {"language": language, "n": n, "term": term, "recordings": len(found), "occurrences": sum(found)}


@of_corpus("keyness")
def keyness(known: Known) -> Iterator[Row]:
    own: dict[tuple[str, str, str | None], Counter[str]] = defaultdict(Counter)
    everywhere: dict[str | None, Counter[str]] = defaultdict(Counter)
    for row in known.second("terms"):
        if row["variant"] == "latest" and row["n"] == 1:
            own[row["provider"], row["recording_id"], row["language"]][row["term"]] = row["occurrences"]
            everywhere[row["language"]][row["term"]] += row["occurrences"]
    for (provider, recording_id, language), here in own.items():
        words, rest_words = here.total(), everywhere[language].total() - here.total()
        for term, times in here.items():
            rest = everywhere[language][term] - times
            likelihood = log_ratio = None
            if rest_words:
                rate = (times + rest) / (words + rest_words)
                pairs = [(times, words * rate), (rest, rest_words * rate)]
                likelihood = max(0.0, 2 * sum(n * math.log(n / expected) for n, expected in pairs if n))
                log_ratio = math.log2(times / words) - math.log2((rest or 0.5) / rest_words)
            yield {
                "provider": provider,
                "recording_id": recording_id,
                "language": language,
                "term": term,
                "occurrences": times,
                "words": words,
                "rest_occurrences": rest,
                "rest_words": rest_words,
                "log_likelihood": likelihood,
                "log_ratio": log_ratio,
            }
