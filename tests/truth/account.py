"""An account of hard conversations: what goes wrong in time and in text, in twelve languages, and everything around."""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sonitemi_pipelines.lake.record import Source, Transcript
from sonitemi_pipelines.marts.trackers import trackers
from tests.parsed import parse_sonix, parse_temi

from .extremes import extremes
from .hard import duration_ms, segments

COMMON = ["***", "3.5", "1,000", "—", "…", "[laughter]", "(crosstalk)", "e if", "ok.", "“really?”", "what?!", "1️⃣"]
ENGLISH = [
    *("so", "the", "garden", "price", "prices", "agree?", "Tuesday,", "boat", "we", "um,", "Uh", "you", "know", "know"),
    *(
        "I",
        "mean",
        "what",
        "why?",
        "right?",
        "isn't",
        "it?",
        "don’t",
        "well-known",
        "U.S.",
        "café",
        "cafe\u0301",
        "ﬁne",
    ),
    *("yeah", "mhm", "Acme", "Corp.", "train—which", "(now?)", "ended."),
]
WORDS: dict[str | None, list[str]] = {
    "en": ENGLISH,
    "en_US": ENGLISH,
    None: ENGLISH,
    "German": ["ähm", "a\u0308hm,", "das", "geht,", "oder?", "Was", "meinst", "du?", "halt", "Straße", "Rabatt", "ja"],
    "fr": ["euh", "ben", "n’est-ce", "pas?", "Où", "va-t-il?", "l'homme", "l’homme", "rabais", "oui", "qu'est-ce"],
    "es-en": ["este", "um", "you", "know", "¿cómo", "estás?", "pues", "right?", "sí", "señor", "precio", "price"],
    "ja": ["そう", "です", "か？", "かき", "かぎ", "割引", "「本当？」", "はい。", "ｶﾅ", "東京"],
    "el": ["τι", "κάνεις;", "καλά.", "λόγος", "ΛΌΓΟΣ", "ναι", "«γιατί;»", "σπίτι"],
    "hy": ["Ինչպե՞ս", "եք։", "լավ", "այո", "ո՞վ"],
    "ar": ["كيف", "حالك؟", "مُحَمَّد", "محمد", "نعم", "أحمد"],
    "ru": ["мой", "мои\u0306", "мои", "дом", "почему?", "да,", "ну"],
    "hi": ["कला", "काला।", "क्या", "हाँ", "कल"],
}
LANGUAGES = ["en", "en", "en_US", "German", "fr", "es-en", "ja", "el", "hy", "ar", "ru", "hi", None]
TRACKERS = """category,name,variants
rivals,Acme,Acme|Acme Corp|acme corp
money,price,price|prices|the price
,discount,rabais|Rabatt|割引
time,τι,τι κανεις
"""
START = dt.datetime(2026, 1, 5, 9, 30)


@dataclass(frozen=True)
class Account:
    """Its transcripts, and rows of the lake's other tables and of the user's files."""

    transcripts: list[Transcript]
    rows: dict[str, list[dict[str, Any]]]


def account(count: int, folder: Path) -> Account:
    """`count` conversations and the extreme ones; one in four by Temi, most of these edited. Writes the trackers' file
    into `folder`.
    """
    transcripts = [each for seed in range(count) for each in (temi_job if seed % 4 == 3 else sonix_media)(seed)]
    transcripts += extremes()
    path = folder / "trackers.csv"
    path.write_text(TRACKERS, encoding="utf-8")
    return Account(transcripts, {"trackers": trackers(path).to_pylist(), **_rows(count)})


def made(recording_id: str) -> dt.datetime:
    """When a recording was created."""
    dice = random.Random(recording_id)
    return START + dt.timedelta(days=dice.randrange(80), minutes=dice.randrange(600), seconds=dice.randrange(60))


def _source(provider: str, recording_id: str, variant: str, **more: Any) -> Source:
    created = made(recording_id)
    fetched = created + dt.timedelta(hours=random.Random(recording_id).randrange(-1, 30))
    return Source(provider, recording_id, variant, created.date(), fetched, **more)


def _said(seed: int, language: str | None, **how: Any) -> list[dict[str, Any]]:
    dice = random.Random(f"listed {seed}")
    said = segments(seed, words=[*WORDS[language], *WORDS[language], *COMMON], **how)
    if seed % 5 == 0:
        # As vendors do that write one channel behind the other.
        said.sort(key=lambda segment: segment["speaker"] or "")
    elif seed % 7 == 0:
        dice.shuffle(said)
    for word in (word for segment in said for word in segment["words"]):
        word["strikethrough"], word["highlight"] = dice.random() < 0.06, dice.random() < 0.05
        if seed % 3 == 0:
            word["text"] = " " + word["text"]
    return said


def sonix_media(seed: int) -> list[Transcript]:
    """One conversation as Sonix sends it; of some a translation too."""
    recording_id, language = f"rec{seed:03}", LANGUAGES[seed % len(LANGUAGES)]
    abutting = seed % 6 == 1
    said = _said(seed, language, turns=30 if seed % 9 == 0 else 14, odd=not abutting)
    if abutting:
        _abut(said)
    found = []
    for variant in ("latest", "translation-es") if seed % 10 == 0 else ("latest",):
        source = _source("sonix", recording_id, variant, language=language, duration_ms=duration_ms(seed))
        found.append(parse_sonix(json.dumps({"name": recording_id, "transcript": said}).encode(), source))
    return found


def _abut(said: list[dict[str, Any]]) -> None:
    """Words of an aligner: each begins where the one before ends, whoever says it."""
    clock = 1.0
    for segment in said:
        segment["start_time"] = clock
        for word in segment["words"]:
            word["start_time"], clock = clock, round(clock + 0.05 + len(word["text"]) / 20, 3)
            word["end_time"] = clock
        segment["end_time"] = clock


def temi_job(seed: int) -> list[Transcript]:
    """One job; edited, three times in four: then what the machine heard too."""
    recording_id, dice = f"job{seed:03}", random.Random(f"job {seed}")
    said = _said(seed, "en", spanless=False)
    monologues = [_monologue(number, segment) for number, segment in enumerate(said)]
    found = [_temi(recording_id, "latest", monologues)]
    if seed % 16 != 3:
        for monologue in monologues:
            if dice.random() < 0.1:
                monologue["speaker_name"] = "Bob"
            for element in monologue["elements"]:
                if dice.random() < 0.15:
                    element["value"] = dice.choice(["", "two words", *ENGLISH])
        found.append(_temi(recording_id, "machine", monologues))
    return found


def _monologue(number: int, segment: dict[str, Any]) -> dict[str, Any]:
    elements = []
    for word in segment["words"]:
        kind = "punct" if not any(map(str.isalnum, word["text"])) and "*" not in word["text"] else "text"
        times = {"ts": word["start_time"], "end_ts": word["end_time"]}
        elements.append({"type": kind, "value": word["text"], **{k: v for k, v in times.items() if v is not None}})
    return {"id": number, "speaker": 0, "speaker_name": segment["speaker"] or "", "elements": elements}


def _temi(recording_id: str, variant: str, monologues: list[dict[str, Any]]) -> Transcript:
    body = json.dumps({"speakers": [], "monologues": monologues}).encode()
    return parse_temi(body, _source("temi", recording_id, variant))


def _rows(count: int) -> dict[str, list[dict[str, Any]]]:
    dice = random.Random(count)
    media = [_listed(f"rec{seed:03}", dice, "completed", seed) for seed in range(count) if seed % 4 != 3]
    jobs = [_listed(f"job{seed:03}", dice, "transcribed", seed) for seed in range(count) if seed % 4 == 3]
    odd = ["preparing", "aligning", "failed", "blocked", "duplicate", "completed", "new at Sonix", None]
    media += [_listed(f"odd{i}", dice, status) for i, status in enumerate(odd * 2)]
    jobs += [_listed(f"odd{i}", dice, status) for i, status in enumerate(["in_progress", "failed", "paused", None])]
    folders: list[dict[str, Any]] = [
        {"folder_id": None, "folder_name": None},
        *({"folder_id": f"f{n}", "folder_name": f"F{n}"} for n in "ab"),
    ]
    for row in media:
        row |= {"media_id": row.pop("id"), "updated_at": row["changed_at"], **dice.choice(folders)}
    for row in jobs:
        row |= {"job_id": row.pop("id"), "last_modified_at": None}
        if row["status"] == "failed":
            row |= {"failure": dice.choice(["invalid_media", None]), "failure_detail": "no sound"}
    batches = [
        {
            "batch_id": f"b{n}",
            "folder_id": f"f{dice.choice('ab')}",
            "prompt": dice.choice(["Sum up", "Who?"]),
            "media_id": dice.choice([None, *(row["media_id"] for row in media)]),
            **_summary(dice),
        }
        for n in range(count // 4)
    ]
    single = [
        {"summarization_id": f"s{n}", "media_id": dice.choice(media)["media_id"], "prompt": "Who?", **_summary(dice)}
        for n in range(count // 4)
    ]
    people = [("Ann", "Ann Berg", "host"), ("Bob", "Bob Roe", "guest"), ("Cem", None, "guest"), ("Dee", "Dee", "host")]
    speaker_map = [
        {"provider": provider, "recording_id": row[key], "speaker": speaker, "person": person, "side": side}
        for provider, rows, key in (("sonix", media, "media_id"), ("temi", jobs, "job_id"))
        for row in rows
        for speaker, person, side in dice.sample(people, dice.randrange(5))
    ]
    aside = [("sonix", "rec000"), ("temi", "job003"), ("temi", "gone")]
    return {
        "sonix_media": media,
        "temi_jobs": jobs,
        "sonix_batch_summaries": batches,
        "sonix_summaries": single,
        "speaker_map": speaker_map,
        "temi_account_balance": _balances(dice),
        "rates": [{"provider": "temi", "usd_per_minute": Decimal("0.255")}],
        "sync_failures": [
            {
                "provider": p,
                "recording_id": r,
                "variant": "latest",
                "reason": "odd",
                "attempts": 2,
                "first_failed_at": START,
            }
            for p, r in aside
        ],
        "mart_failures": [
            {"provider": p, "recording_id": r, "mart": mart, "reason": f"{mart} fails", "failed_at": START}
            for p, r in aside
            for mart in ("terms", "pauses")
        ],
    }


def _listed(id_: str, dice: random.Random, status: str | None, seed: int | None = None) -> dict[str, Any]:
    created = made(id_)
    seen = created + dt.timedelta(hours=dice.choice([1, 5, 23, 25, 900]))
    return {
        "id": id_,
        "name": f"Call {id_}",
        "status": status,
        "language": None,
        "duration_ms": dice.randrange(10**7) if seed is None else duration_ms(seed),
        "created_at": created,
        "first_seen_at": seen,
        "changed_at": seen,
        "deleted_at": seen if dice.random() < 0.15 else None,
        "day": created.date(),
    }


def _summary(dice: random.Random) -> dict[str, Any]:
    summary = dice.choice([None, "Good.", "Bad."])
    stale = dice.random() < 0.4 if summary else None
    return {"summary": summary, "stale": stale, "created_at": START + dt.timedelta(days=dice.randrange(60))}


def _balances(dice: random.Random) -> list[dict[str, Any]]:
    balance, at, found = Decimal("100.00"), START, []
    for _ in range(40):
        at += dt.timedelta(hours=dice.choice([1, 20, 24, 70]))
        balance += dice.choice([Decimal(0), Decimal("-0.75"), Decimal("-12.40"), Decimal("50.00")])
        found.append({"observed_at": at, "balance": balance})
    return found
