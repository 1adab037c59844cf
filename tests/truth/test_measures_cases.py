"""Windows, sides, comparisons, keyness, variety of words and the rest: small inputs, the right value and the reason."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sonitemi_pipelines.lake.record import Transcript
from sonitemi_pipelines.marts.trackers import trackers
from tests.marts.talk import Marts, Word, sonix, temi, turn

SO = "so we went there and it was closed again"
JA = "それ は とても いい です ね はい そう"


def balance(*times: int) -> float:
    """Entropy of shares over its greatest value."""
    return round(-sum(t / sum(times) * math.log(t / sum(times)) for t in times) / math.log(len(times)), 9)


@dataclass(frozen=True)
class Case:
    """A conversation, and the rows of one mart in some columns."""

    why: str
    turns: list[Any]
    rows: list[tuple[Any, ...]]
    language: str = "en"
    sides: dict[str, str] = field(default_factory=dict)


WINDOW = ("speakers", "speaking_ms", "silence_ms", "floor_changes", "floor_changes_per_minute", "turn_balance")
WINDOWS = {
    "across the border": Case(
        "What is said across a border is in both windows, each its part; before the first word is no silence.",
        [turn("Ann", 290_000, 310_000, SO)],
        [(1, 10_000, 0, 0, 0.0, None), (1, 10_000, 0, 0, 0.0, None)],
    ),
    "both at once": Case(
        "Speaking time is each speaker's own, the floor changed once in a minute and a half, both spoke equally long.",
        [turn("Anna", 0, 60_000, "so ist es eben mal"), turn("Bernd", 30_000, 90_000, "nein das glaube ich nicht")],
        [(2, 120_000, 0, 1, 1 / 1.5, 1.0)],
        language="de",
    ),
    "three who share": Case(
        "Thirty, twenty and ten seconds, with a silence of ten: entropy over that of three who speak equally.",
        [turn("花", 0, 30_000, JA), turn("陽", 30_000, 50_000, JA), turn("空", 60_000, 70_000, JA)],
        [(3, 60_000, 10_000, 2, 2 / (70 / 60), balance(30, 20, 10))],
        language="ja",
    ),
    "an hour of nothing between": Case(
        "Windows in which nobody speaks are there: silent, and nobody's.",
        [turn("Ann", 0, 10_000, SO), turn("Bob", 899_000, 901_000, SO)],
        [
            (1, 10_000, 290_000, 0, 0.0, None),
            (0, 0, 300_000, 0, 0.0, None),
            (1, 1000, 299_000, 1, 0.2, None),
            (1, 1000, 0, 0, 0.0, None),
        ],
    ),
    "nothing timed": Case("Nobody knows when: no window.", [turn("Ann", None, None, [("so", None, None)])], []),
}

SIDE = ("side", "talk_ratio", "talk_to_listen", "floor_changes", "interruptions", "patience_ms", "longest_monologue_ms")
SIDES = {
    "two of a side": Case(
        "Ann and Hal are one side: no floor changes between them, and one monologue of 20 s.",
        [turn("Ann", 0, 10_000, SO), turn("Hal", 10_000, 20_000, SO), turn("Gil", 21_000, 31_000, SO)],
        [("guest", 1 / 3, 0.5, 1, 0, 1000, 10_000), ("host", 2 / 3, 2.0, 0, 0, None, 20_000)],
        sides={"Ann": "host", "Hal": "host", "Gil": "guest"},
    ),
    "nobody else speaks": Case(
        "A ratio of talking to listening needs somebody to listen to.",
        [turn("Anna", 0, 10_000, "so ist es eben")],
        [("verkauf", 1.0, None, 0, 0, None, 10_000)],
        language="de",
        sides={"Anna": "verkauf"},
    ),
    "nobody speaks for two seconds": Case(
        "A lapse ends a monologue: 10 s, not 20.",
        [turn("Ann", 0, 10_000, SO), turn("Ann", 12_500, 20_000, SO), turn("Gil", 20_500, 23_000, SO)],
        [("guest", 2.5 / 20, 2.5 / 17.5, 1, 0, 500, 2500), ("host", 17.5 / 20, 7.0, 0, 0, None, 10_000)],
        sides={"Ann": "host", "Gil": "guest"},
    ),
    "others acknowledge meanwhile": Case(
        "Ann is silent for as long, but a sign of listening stands in it: nothing lapsed.",
        [turn("Ann", 0, 10_000, SO), turn("Gil", 10_900, 11_700, "mhm"), turn("Ann", 12_500, 20_000, SO)],
        [("guest", 0.8 / 18.3, 0.8 / 17.5, 0, 0, None, None), ("host", 17.5 / 18.3, 17.5 / 0.8, 0, 0, None, 20_000)],
        sides={"Ann": "host", "Gil": "guest"},
    ),
    "somebody on no side": Case(
        "Zoe is on none: another for both, whose floor a side takes.",
        [turn("Zoé", 0, 10_000, "alors voilà ce que je pense"), turn("Anne", 9000, 19_000, "mais non pas du tout")],
        [("hôte", 0.5, 1.0, 1, 1, None, 10_000)],
        language="fr",
        sides={"Anne": "hôte"},
    ),
    "times of an aligner": Case(
        "Who waits or interrupts cannot be seen: NULL, not 0.",
        [turn("AB"[i % 2], 3000 * i, 3000 * (i + 1), SO) for i in range(12)],
        [("a", 0.5, 1.0, 5, None, None, 3000), ("b", 0.5, 1.0, 6, None, None, 3000)],
        sides={"A": "a", "B": "b"},
    ),
}

QUALITY = ("turns_of_talk", "slivers")
SLIVERS = {
    "between two turns of one speaker": Case(
        "Short, no acknowledgement, and Ann goes on at once.",
        [turn("Ann", 0, 2000, SO), turn("Bob", 2100, 2500, "company"), turn("Ann", 2600, 4600, SO)],
        [(3, 1)],
    ),
    "in German": Case(
        "The same.",
        [turn("Anna", 0, 2000, SO), turn("Bernd", 2100, 2500, "Rabatt"), turn("Anna", 2600, 4600, SO)],
        [(3, 1)],
        language="de",
    ),
    "an acknowledgement": Case(
        "Takes no floor.",
        [turn("Ana", 0, 2000, SO), turn("Bob", 2100, 2500, "claro"), turn("Ana", 2600, 4600, SO)],
        [(1, 0)],
        language="es",
    ),
    "between two others": Case(
        "Cem took the floor, Bob had it before: a turn like others.",
        [turn("Ann", 0, 2000, SO), turn("Bob", 2100, 2500, "company"), turn("Cem", 2600, 4600, SO)],
        [(3, 0)],
    ),
    "the beginning of a turn": Case(
        "Bob goes on behind Ann's acknowledgement: all of his turn would have to be a sliver.",
        [
            turn("Ann", 0, 2000, SO),
            turn("Bob", 2100, 2500, "company"),
            turn("Ann", 2600, 2900, "mhm"),
            turn("Bob", 3000, 6000, SO),
        ],
        [(2, 0)],
    ),
    "within another's turn": Case(
        "Over before the holder is: it takes no floor, and is counted among nothing.",
        [turn("Ann", 0, 6000, SO), turn("Bob", 3000, 3400, "company"), turn("Ann", 6100, 9000, SO)],
        [(1, 0)],
    ),
}

SPOKEN = ("phonation_ms", "phonation_share", "phonation_ratio", "speaking_ms", "talk_ms")
PHONATION = {
    "words and pauses": Case(
        "Two words of a second each, a pause of one between: two of three seconds of talk are phonation.",
        [turn("Ann", 0, 3000, [("so", 0, 1000), ("yes", 2000, 3000)])],
        [(2000, 1.0, 2 / 3, 2000, 3000)],
    ),
    "shorter than speaking": Case(
        "Silences of 200 ms are speaking and no phonation.",
        [turn("花", 0, 3400, [("それ", 0, 1000), ("は", 1200, 2200), ("ね", 2400, 3400)])],
        [(3000, 1.0, 3 / 3.4, 3400, 3400)],
        language="ja",
    ),
    "of two": Case(
        "A quarter and three quarters.",
        [turn("Anna", 0, 1000, [("ja", 0, 1000)]), turn("Bernd", 2000, 5000, [("nein", 2000, 5000)])],
        [(1000, 0.25, 1.0, 1000, 1000), (3000, 0.75, 1.0, 3000, 3000)],
        language="de",
    ),
    "nothing timed": Case(
        "No time, no share.",
        [turn("Ann", None, None, [("so", None, None)])],
        [(None, None, None, None, None)],
    ),
}

SHAPE = ("turns", "floor_changes", "floor_changes_per_minute", "longest_turn_ms", "coverage")
INTERACTIVITY = {
    "three changes in 40 s": Case(
        "Gaps belong to the time.",
        [turn("AB"[i % 2], 10_000 * i + 500, 10_000 * (i + 1), SO) for i in range(4)],
        [(4, 3, 3 / (39.5 / 60), 9500, 39.5 / 60)],
    ),
    "a back-channel changes nothing": Case(
        "One turn of 20 s, however often somebody says yes.",
        [turn("Anna", 0, 20_000, SO), turn("Bernd", 5000, 5500, "ja"), turn("Bernd", 9000, 9500, "genau")],
        [(1, 0, 0.0, 20_000, 20 / 60)],
        language="de",
    ),
    "one speaker": Case(
        "Nobody to change with; 30 of 60 s of the media lie between first and last word.",
        [turn("花", 10_000, 40_000, JA)],
        [(1, 0, 0.0, 30_000, 0.5)],
        language="ja",
    ),
}

TERMS = ("n", "term", "occurrences")
MASKED = {
    "between two words": Case(
        "'big deal' was never said: a masked word stands between, twice.",
        [turn("Ann", 0, 9000, "big *** deal big *** deal")],
        [(1, "big", 2), (1, "deal", 2)],
    ),
    "in the middle of three": Case(
        "No triple across it, but the pair beside it.",
        [turn("Anna", 0, 9000, "große Sache *** teuer große Sache *** teuer")],
        [(1, "große", 2), (1, "sache", 2), (1, "teuer", 2), (2, "große sache", 2)],
        language="de",
    ),
    "masked otherwise": Case(
        "Squares mask as stars do.",
        [turn("Ана", 0, 9000, "дом ███ сад дом ███ сад")],
        [(1, "дом", 2), (1, "сад", 2)],
        language="ru",
    ),
    "a filler of two words": Case(
        "'o sea' is a filler in Spanish, and neither it nor its parts are terms.",
        [turn("Ana", 0, 9000, "o sea precio o sea precio")],
        [(1, "precio", 2)],
        language="es",
    ),
    "a filler of two words in French": Case(
        "As 'tu vois' is.",
        [turn("Anne", 0, 9000, "tu vois rabais tu vois rabais")],
        [(1, "rabais", 2)],
        language="fr",
    ),
}

KINDS: dict[str, tuple[tuple[str, ...], dict[str, Case]]] = {
    "interaction_windows": (WINDOW, WINDOWS),
    "side_stats": (SIDE, SIDES),
    "transcript_quality": (QUALITY, SLIVERS),
    "speaker_stats": (SPOKEN, PHONATION),
    "conversation_stats": (SHAPE, INTERACTIVITY),
    "terms": (TERMS, MASKED),
}
ALL = [(mart, name) for mart, (_, cases) in KINDS.items() for name in cases]


def _id(mart: str, name: str) -> str:
    return f"{mart}: {name}"


@pytest.fixture(scope="module")
def marts() -> Marts:
    transcripts, people = [], []
    for mart, (_, cases) in KINDS.items():
        for name, case in cases.items():
            recording_id = _id(mart, name)
            length = 60_000 if mart == "conversation_stats" else None
            given: dict[str, Any] = {"recording_id": recording_id, "language": case.language, "duration_ms": length}
            transcripts.append(sonix(*case.turns, **given))
            for speaker, side in case.sides.items():
                key = {"provider": "sonix", "recording_id": recording_id}
                people.append({**key, "speaker": speaker, "person": None, "side": side})
    return Marts(*transcripts, speaker_map=people)


@pytest.mark.parametrize(("mart", "name"), ALL)
def test_right_value(marts: Marts, mart: str, name: str) -> None:
    """A measure is not what its definition says of a case that anybody can work out."""
    columns, cases = KINDS[mart]
    rows = [row for row in marts.rows(mart) if row["recording_id"] == _id(mart, name)]
    found = [tuple(row[column] for column in columns) for row in rows]
    expected = [
        tuple(pytest.approx(value) if isinstance(value, float) else value for value in row) for row in cases[name].rows
    ]
    assert found == expected, cases[name].why


def test_coverage_means_one_thing(marts: Marts) -> None:
    """Two marts have a column of one name and two meanings."""
    both = [marts.rows(mart, "recording_id", "coverage") for mart in ("conversation_stats", "transcript_quality")]
    assert both[0] == both[1]


# ---- over several recordings


def media(name: str, **more: Any) -> dict[str, Any]:
    day = more.pop("day", dt.date(2026, 3, 1))
    created = dt.datetime.combine(day, dt.time(9))
    return {"media_id": name, "name": name, "status": "completed", "created_at": created, "day": day, **more}


def person(recording_id: str, speaker: str, who: str, provider: str = "sonix") -> dict[str, Any]:
    return {"provider": provider, "recording_id": recording_id, "speaker": speaker, "person": who, "side": None}


def test_comparison_of_a_short_and_a_long_call_weighs_each_minute_alike() -> None:
    """Nine words in a minute and 36 in nine: 4.5 words a minute, where the mean of the two rates says 6.5."""
    long = " ".join([SO] * 4)
    marts = Marts(
        sonix(turn("Ann", 0, 60_000, SO), recording_id="short"),
        sonix(turn("Ann", 0, 540_000, long), recording_id="long"),
        sonix_media=[media("short", folder_name="calls"), media("long", folder_name="calls")],
    )
    folder = marts.one("comparisons", dimension="folder", item="calls")
    assert folder["speech_rate_wpm"] == pytest.approx(4.5)
    assert (folder["recordings"], folder["words"], folder["talk_share"]) == (2, 45, 1.0)
    assert folder["mean_turn_ms"] == 300_000


def test_comparison_leaves_out_what_is_gone_and_what_has_no_list() -> None:
    """Fillers of a language without a list count as none, or a deleted call goes on counting."""
    day = dt.date(2026, 4, 2)
    marts = Marts(
        sonix(turn("Ann", 0, 60_000, "um so we went there"), recording_id="en", language="en"),
        sonix(turn("花", 0, 60_000, JA), recording_id="ja", language="ja"),
        sonix(turn("Ann", 0, 60_000, "um um um"), recording_id="gone", language="en"),
        sonix_media=[media("en"), media("ja", day=day), media("gone", deleted_at=dt.datetime(2026, 3, 2))],
    )
    months = {row["item"]: row for row in marts.rows("comparisons") if row["dimension"] == "month"}
    assert {month: row["recordings"] for month, row in months.items()} == {"2026-03": 1, "2026-04": 1}
    assert (months["2026-03"]["filler_rate"], months["2026-04"]["filler_rate"]) == (20.0, None)
    whole = marts.one("comparisons", dimension="folder", item="")
    assert (whole["recordings"], whole["words"], whole["filler_rate"]) == (2, 13, 20.0)


def test_comparison_of_a_person_over_both_vendors_and_articulation_by_its_own_time() -> None:
    """Spans that stand in for words without times slow somebody's articulation, or a vendor's half is lost."""
    said: list[Word] = [("so", 0, 1000), ("we", 1000, 2000)]
    untimed: list[Word] = [("went", None, None), ("there", None, None)]
    marts = Marts(
        sonix(turn("Ann", 0, 2000, said), turn("Ann", 10_000, 20_000, untimed), recording_id="m"),
        temi(("A. Berg", [("yes", 0, 500), ("no", 500, 1000)]), recording_id="j"),
        sonix_media=[media("m")],
        temi_jobs=[
            {"job_id": "j", "status": "transcribed", "created_at": dt.datetime(2026, 3, 1), "day": dt.date(2026, 3, 1)}
        ],
        speaker_map=[person("m", "Ann", "Ann Berg"), person("j", "A. Berg", "Ann Berg", "temi")],
    )
    ann = marts.one("comparisons", dimension="person", item="Ann Berg")
    # Four timed words in three seconds; the span of ten seconds is no articulation.
    assert ann["articulation_rate_wpm"] == pytest.approx(80)
    assert (ann["recordings"], ann["speakers"], ann["words"], ann["speaking_ms"]) == (2, 2, 6, 13_000)


def likelihood(here: int, words: int, rest: int, rest_words: int) -> float:
    rate = (here + rest) / (words + rest_words)
    pairs = ((here, words * rate), (rest, rest_words * rate))
    return 2 * sum(n * math.log(n / expected) for n, expected in pairs if n)


@pytest.mark.parametrize(
    ("language", "here", "others", "term", "log_likelihood", "log_ratio", "why"),
    [
        ("de", "Rabatt Preis", "Rabatt Preis Rabatt Preis", "rabatt", 0.0, 0.0, "as often here as there"),
        ("de", "Rabatt Preis", "Garten Preis Garten", "rabatt", likelihood(1, 2, 0, 3), math.log2(3), "only here"),
        ("fr", "prix jardin jardin", "prix prix", "prix", likelihood(1, 3, 2, 2), math.log2(1 / 3), "less often here"),
        ("ja", "割引 割引 東京", "東京 大阪", "割引", likelihood(2, 3, 0, 2), math.log2(8 / 3), "in Japanese"),
    ],
)
def test_keyness(
    language: str, here: str, others: str, term: str, log_likelihood: float, log_ratio: float, why: str
) -> None:
    """Words that are everywhere are what a call is about."""
    marts = Marts(
        sonix(turn("Ann", 0, 9000, here), recording_id="here", language=language),
        sonix(turn("Bob", 0, 9000, others), recording_id="others", language=language),
        sonix(turn("Eve", 0, 9000, f"{here} {here}"), recording_id="other language", language="en"),
    )
    row = marts.one("keyness", recording_id="here", term=term)
    found = (row["log_likelihood"], row["log_ratio"])
    assert found == (pytest.approx(log_likelihood, abs=1e-12), pytest.approx(log_ratio, abs=1e-12)), why


@pytest.mark.parametrize(
    ("words", "language", "ratio", "moving", "why"),
    [
        ([f"w{n}" for n in range(50)], "en", 1.0, 1.0, "fifty different words: one window, all different"),
        (["ja", "nein"] * 30, "de", 2 / 60, 2 / 50, "two words in every window, however long the text"),
        ([*(f"w{n}" for n in range(50)), "w1"], "en", 50 / 51, (1 + 49 / 50) / 2, "the second window has one twice"),
        (["ähm", "a\u0308hm", "Ähm,"] * 17, "de", 1 / 51, 1 / 50, "one word, however it is written"),
        ([f"w{n}" for n in range(49)], "fr", 1.0, None, "fewer words than a window"),
    ],
)
def test_moving_type_token_ratio(words: list[str], language: str, ratio: float, moving: float | None, why: str) -> None:
    """Long texts look poor beside short ones."""
    said = " ".join(words)
    wording = Marts(sonix(turn("Ann", 0, 100_000, said), language=language)).one("speaker_wording")
    assert wording["type_token_ratio"] == pytest.approx(ratio), why
    assert wording["moving_type_token_ratio"] == (None if moving is None else pytest.approx(moving)), why


@pytest.mark.parametrize("before", [61, 62, 63, 64, 127])
def test_a_phrase_tracked_across_the_edge_of_a_passage_is_whole(tmp_path: Path, before: int) -> None:
    """At every 64th word a match lost its end."""
    path = tmp_path / "trackers.csv"
    path.write_text("category,name,variants\n,offer,a very special offer|un rabais unique|特別割引\n", encoding="utf-8")

    def called(name: str, language: str, phrase: str) -> Transcript:
        said = f"{'one ' * before}{phrase} two"
        return sonix(turn("Ann", 0, 200_000, said), recording_id=name, language=language)

    marts = Marts(
        called("en", "en", "a very special offer"),
        called("fr", "fr", "un rabais unique"),
        called("ja", "ja", "特別 割引"),
        trackers=trackers(path).to_pylist(),
    )
    assert marts.rows("tracker_hits", "recording_id", "match", "position") == [
        ("en", "a very special offer", before),
        ("fr", "un rabais unique", before),
        ("ja", "特別 割引", before),
    ]
    contexts = [context.split()[-1] for (context,) in marts.rows("tracker_hits", "context")]
    assert contexts == ["two"] * 3
