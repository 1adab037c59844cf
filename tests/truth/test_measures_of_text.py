"""Questions, variety of words, keyness, trackers, error rates: worked out by hand, or by another library."""

from __future__ import annotations

import json
import math
import random
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import jiwer
import pyarrow as pa
import pytest

from sonitemi_pipelines.errors import MartError
from sonitemi_pipelines.lake.record import Transcript
from sonitemi_pipelines.marts.trackers import trackers
from tests.marts.talk import Marts, Word, sonix, temi, turn, words
from tests.parsed import parse_temi, spoken_words

from .conftest import source

REAL = Path(__file__).parents[3] / "shared" / "real" / "temi"


@pytest.mark.parametrize(
    ("language", "said", "kinds", "why"),
    [
        ("en", "What do you mean? Fine.", ["wh"], "a question word"),
        ("en", "And what then?", ["wh"], "behind another word"),
        ("en", "It works, right?", ["tag"], "a tag"),
        ("en", "Right?", ["yes_no"], "a tag by itself is a question"),
        ("en", "You came, didn't you?", ["tag"], "a tag of two words"),
        ("en", "Do you like it? Really?", ["yes_no", "yes_no"], "two in a row"),
        ("en", 'He asked "why not?" Then he left.', ["wh"], "before a quotation mark"),
        ("en", "Can we go (now?) Fine.", ["yes_no"], "before a bracket"),
        ("en", "I know what you mean.", [], "a question word is no question"),
        ("de", "Was meinst du? Gut.", ["wh"], "in German"),
        ("de", "Das geht, oder?", ["tag"], "in German"),
        ("fr", "Tu viens, n’est-ce pas?", ["tag"], "in French, with another apostrophe"),
        ("es", "¿Cómo estás? Bien.", ["wh"], "in Spanish"),
        ("ja", "元気ですか？", [None], "a mark of full width; no list, no kind"),
        ("ar", "كيف حالك؟", [None], "the Arabic mark"),
        ("el", "Τι κάνεις; Καλά.", [None], "the Greek mark"),
        ("el", "Τι κάνεις\u037e", [None], "as the character of its own"),
        ("en", "first; second", [], "no mark outside Greek"),
        ("hy", "Ինչպե՞ս եք։", [None], "the Armenian mark stands on the word"),
        ("de", "Er fragte: „Warum?“ Dann ging er.", ["wh"], "before a German quotation mark"),
        ("fr", "Il dit: « Où vas-tu\u00a0?\u00a0» Rien.", ["wh"], "French, with a blank that does not break"),
        ("he", "״מה שלומך?״ טוב.", [None], "before gershayim"),
        ("am", "ሰላም ነው፧ ደህና።", [None], "the Ethiopic mark"),
    ],
)
def test_questions(language: str, said: str, kinds: list[str | None], why: str) -> None:
    """Questions of other scripts, in quotation marks or brackets are not seen, or are of the wrong kind."""
    marts = Marts(sonix(turn("Ann", 0, 9000, said), language=language))
    assert [kind for (kind,) in marts.rows("questions", "kind")] == kinds, why
    wording = marts.one("speaker_wording")
    assert wording["questions"] == len(kinds)
    assert (wording["questions_wh"] is None) == (language in ("ja", "ar", "el", "hy", "he", "am"))


def test_a_vendors_cut_within_a_question_changes_nothing() -> None:
    """A cut makes a question with a question word one without."""
    marts = Marts(sonix(turn("Ann", 0, 900, "What do"), turn("Ann", 900, 2000, "you mean?"), language="en"))
    assert marts.rows("questions", "kind", "words") == [("wh", 4)]


@pytest.mark.parametrize(
    ("tokens", "found", "why"),
    [
        ([" Why", " not", "?"], [("wh", 2, "not")], "the mark by itself, without a time"),
        ([" It", " isn", "'", "t", "?"], [("yes_no", 2, "isn")], "behind a word in pieces"),
        ([" you", " came", "? Why", "? So"], [("yes_no", 2, "came"), ("wh", 1, "? Why")], "in front of the next word"),
        ([" so", " good", ". What", " then?"], [("wh", 2, "then?")], "a point in front ends a sentence too"),
        ([" What", " is", " 3", ".", "5", " in", " feet?"], [("wh", 5, "feet?")], "a point in a number ends none"),
        (["?"], [("yes_no", 0, "?")], "a mark and no word"),
    ],
)
def test_a_question_is_where_its_last_word_is(tokens: list[str], found: list[tuple[str, int, str]], why: str) -> None:
    """A mark that comes by itself has no time; one in front of the next word makes that the question's."""
    spoken: list[Word] = [
        (text, 100 * i, 100 * i + 100) if any(map(str.isalnum, text)) else (text, None, None)
        for i, text in enumerate(tokens)
    ]
    rows = Marts(sonix(turn("Ann", 0, 9000, spoken))).rows("questions", "kind", "words", "word_index", "start_ms")
    assert [(kind, words, tokens[at].strip()) for kind, words, at, _ in rows] == found, why
    assert [start for *_, start in rows] == [spoken[at][1] for _, _, at, _ in rows], why


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "did you “go?”"), ("de", "bist du „gegangen?“"), ("fr", "« tu viens\u202f? »"), ("el", "θα «πας;»")],
)
@pytest.mark.parametrize("timed", [True, False])
def test_a_turn_asks_before_any_closing_mark(language: str, said: str, timed: bool) -> None:
    """What follows a question in quotation marks is taken for a back-channel; without times another rule holds."""
    untimed: list[Word] = [(word, None, None) for word in said.split(" ")]
    spoken = turn("Ann", 0, 2000, said) if timed else turn("Ann", None, None, untimed)
    marts = Marts(sonix(spoken, language=language))
    assert marts.rows("joined_turns", "asks") == [(True,)]


@pytest.mark.parametrize("length", [49, 50, 51, 173])
def test_moving_type_token_ratio_against_every_window(length: int) -> None:
    """The closed form counts other windows than there are."""
    said = random.Random(length).choices([f"w{n}" for n in range(40)], k=length)
    found = Marts(sonix(turn("Ann", 0, 400 * length, " ".join(said)))).one("speaker_wording")
    windows = [len(set(said[i : i + 50])) / 50 for i in range(length - 49)]
    expected = pytest.approx(sum(windows) / len(windows)) if windows else None
    assert found["moving_type_token_ratio"] == expected
    assert (found["words"], found["types"]) == (length, len(set(said)))


def test_keyness_is_the_log_likelihood_ratio_of_two_rates() -> None:
    """A recording's words are compared with themselves, or with another language's."""
    marts = Marts(
        sonix(turn("Ann", 0, 9000, "pricing pricing pricing model"), recording_id="a"),
        sonix(turn("Bob", 0, 9000, "garden pricing flowers flowers model"), recording_id="b"),
        sonix(turn("Eva", 0, 9000, "pricing pricing"), recording_id="c", language="de"),
    )
    row = marts.one("keyness", recording_id="a", term="pricing")
    # 3 of 4 against 1 of 5: expected 16/9 and 20/9.
    by_hand = 2 * (3 * math.log(3 / (16 / 9)) + 1 * math.log(1 / (20 / 9)))
    assert row["log_likelihood"] == pytest.approx(by_hand)
    assert row["log_ratio"] == pytest.approx(math.log2((3 / 4) / (1 / 5)))
    assert (row["words"], row["rest_occurrences"], row["rest_words"]) == (4, 1, 5)
    alone = marts.one("keyness", recording_id="c")
    assert (alone["log_likelihood"], alone["log_ratio"]) == (None, None)


TRACKERS = """category,name,variants
competitors,Acme,Acme|Acme Corp
money,pricing,
money,discount,special offer|rabais|Rabatt|割引
"""


def tracked(tmp_path: Path, text: str, *said: tuple[str, str]) -> list[tuple[object, ...]]:
    path = tmp_path / "trackers.csv"
    path.write_text(text, encoding="utf-8")
    marts = Marts(
        *(sonix(turn("Ann", 0, 60_000, each), recording_id=name) for name, each in said),
        trackers=trackers(path).to_pylist(),
    )
    return marts.rows("tracker_hits", "recording_id", "tracker", "phrase", "match", "position")


def test_trackers_are_found_in_every_variant_the_longest_once(tmp_path: Path) -> None:
    """A phrase of the user's is missed for its case, script or accents, or counted twice where variants overlap."""
    found = tracked(
        tmp_path,
        TRACKERS,
        ("a", "we asked ACME Corp. about Pricing and a special-offer"),
        ("b", "ein Rabatt und une rabais et 割引 today acme"),
    )
    assert sorted(found) == [
        ("a", "Acme", "Acme Corp", "ACME Corp.", 2),
        ("a", "discount", "special offer", "special-offer", 8),
        ("a", "pricing", "pricing", "Pricing", 5),
        ("b", "Acme", "Acme", "acme", 9),
        ("b", "discount", "Rabatt", "Rabatt", 1),
        ("b", "discount", "rabais", "rabais", 4),
        ("b", "discount", "割引", "割引", 6),
    ]


def test_a_hit_has_time_speaker_and_context() -> None:
    """A hit cannot be gone to."""
    rows = [{"category": "", "tracker": "p", "phrase": "pricing", "words": 1, "nth": 0, "token": "pricing"}]
    marts = Marts(sonix(turn("Ann", 0, 3000, "the pricing works")), trackers=rows)
    hit = marts.one("tracker_hits")
    assert (hit["speaker"], hit["start_ms"], hit["context"]) == ("Ann", 1000, "the pricing works")
    assert hit["category"] is None


def test_trackers_in_yaml_say_the_same(tmp_path: Path) -> None:
    """The two forms of the file differ."""
    one, other = tmp_path / "t.csv", tmp_path / "t.yaml"
    one.write_text(TRACKERS, encoding="utf-8")
    other.write_text(
        "- {category: competitors, name: Acme, variants: [Acme, Acme Corp]}\n"
        "- {category: money, name: pricing}\n"
        "- {category: money, name: discount, variants: [special offer, rabais, Rabatt, 割引]}\n",
        encoding="utf-8",
    )
    assert trackers(one) == trackers(other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,variants\n", "trackers.csv:1: the columns are category,name,variants"),
        ("category,name,variants\nmoney,,x\n", "trackers.csv:2: the tracker has no name"),
        ("category,name,variants\nmoney,x\n", "trackers.csv:2: 2 values"),
        ("category,name,variants\nmoney,x,!?\n", "holds no word"),
    ],
)
def test_a_malformed_file_of_trackers_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """A typing error in the file ends in a traceback, or in nothing found."""
    path = tmp_path / "trackers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MartError, match=said):
        trackers(path)


def errors_agree(machine: Transcript, latest: Transcript) -> None:
    """The mart's counts are those of another library on the same terms."""
    edits = Marts(machine, latest).one("transcript_edits")
    reference, hypothesis = (" ".join(map(str, spoken_words(t)["term"].to_pylist())) for t in (latest, machine))
    other = jiwer.process_words(reference, hypothesis)
    # Several alignments may be least; their number of errors, and of words, is one.
    errors = edits["substitutions"] + edits["deletions"] + edits["insertions"]
    assert errors == other.substitutions + other.deletions + other.insertions
    assert edits["reference_words"] == other.hits + other.substitutions + other.deletions
    assert edits["word_error_rate"] == pytest.approx(other.wer)


@pytest.mark.parametrize("seed", range(5))
def test_error_rates_of_generated_edits_against_another_library(seed: int) -> None:
    """Words are aligned otherwise than by least edits."""
    rng = random.Random(seed)
    vocabulary = ["so", "yes", "café", "ähm", "don't", "3.5", "well-known", "***", "мой", "かき", "price", "prices"]
    machine = rng.choices(vocabulary, k=400)
    latest = [rng.choice(vocabulary) if rng.random() < 0.1 else word for word in machine if rng.random() > 0.1]
    for _ in range(30):
        latest.insert(rng.randrange(len(latest)), rng.choice(vocabulary))
    errors_agree(
        temi(("A", words(" ".join(machine), 0, 400_000)), variant="machine"),
        temi(("A", words(" ".join(latest), 0, 400_000))),
    )


def test_error_rates_of_real_conversations_against_another_library() -> None:
    """The same on what a vendor sent, a tenth of it changed."""
    paths = sorted(REAL.glob("*.json")) if REAL.is_dir() else []
    if not paths:
        pytest.skip(f"the real payloads are not here: {REAL}")
    payload = json.loads(paths[0].read_bytes())
    machine = parse_temi(json.dumps(payload).encode(), source("temi", None))
    rng = random.Random(1)
    for monologue in payload["monologues"]:
        for element in monologue["elements"]:
            if rng.random() < 0.1:
                element["value"] = rng.choice(["", "changed", "two words"])
    latest = parse_temi(json.dumps(payload).encode(), source("temi", None))
    compared = Marts(
        *(renamed(transcript, variant) for transcript, variant in ((machine, "machine"), (latest, "latest")))
    )
    edits = compared.one("transcript_edits")
    reference, hypothesis = (" ".join(map(str, spoken_words(t)["term"].to_pylist())) for t in (latest, machine))
    assert edits["word_error_rate"] == pytest.approx(jiwer.wer(reference, hypothesis))


def renamed(transcript: Transcript, variant: str) -> Transcript:
    """The same transcript as another variant."""

    def with_variant(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index("variant")
        return table.set_column(index, table.schema.field(index), pa.array([variant] * table.num_rows, pa.string()))

    tables: dict[str, Any] = {
        field.name: with_variant(value)
        for field in fields(transcript)
        if isinstance(value := getattr(transcript, field.name), pa.Table)
    }
    return replace(transcript, source=replace(transcript.source, variant=variant), **tables)
