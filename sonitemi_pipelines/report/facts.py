"""The numbers a reader meets first, each with what it means, and why some are to be distrusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sonitemi_pipelines.report.axis import clock
from sonitemi_pipelines.report.conversation import Conversation

NONE = "–"


@dataclass(frozen=True)
class Fact:
    """A number as shown, with its meaning in a few words."""

    label: str
    value: str
    meaning: str = ""


def percent(share: float | None) -> str:
    """A share of 0 to 1 as a percentage; small ones with a decimal."""
    if share is None:
        return NONE
    return f"{share:.1%}" if 0 < share < 0.1 else f"{share:.0%}"


def seconds(ms: float | None) -> str:
    """A short time: 0.42 s, or a clock time from a minute on."""
    if ms is None:
        return NONE
    if ms >= 60_000:
        return clock(round(ms))
    # A number stays with its unit on one line.
    return f"{ms / 1000:.{1 if ms >= 10_000 else 2}f}\u00a0s"


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart; an en dash for none."""
    return NONE if value is None else f"{value:,.{digits}f}"


def header_facts(conversation: Conversation) -> list[Fact]:
    """Where and when it was said, how long, in which language."""
    header = conversation.header
    created = header["created_at"]
    length = header["duration_ms"] or conversation.stats.get("media_ms")
    known = conversation.stats.get("speakers")
    facts = [
        Fact("Created", f"{created:%d %B %Y, %H:%M} UTC".lstrip("0") if created else NONE),
        Fact("Length", clock(length) if length else NONE),
        Fact("Language", header["language"] or "not known"),
        Fact("Speakers", number(known)),
        Fact("Words", number(header["word_count"])),
    ]
    if header["deleted_at"]:
        facts.append(Fact("Gone from the vendor since", f"{header['deleted_at']:%d %B %Y}".lstrip("0")))
    return facts


def key_facts(conversation: Conversation) -> list[Fact]:
    """The shape of the conversation; empty when no turn is timed."""
    stats = conversation.stats
    span = stats.get("span_ms")
    if span is None:
        return []
    somebody = stats["speaking_ms"] / span if span else None
    return [
        Fact("Conversation", clock(span), "from the first word to the end of the last"),
        Fact("Somebody speaks", percent(somebody), "of that time"),
        Fact("Silence", percent(stats["silence_share"]), "of that time, no word"),
        Fact("Overlap", percent(stats["overlap_share"]), "of that time, two or more at once"),
        Fact("Turns of talk", number(stats["turns"]), "until another takes the floor, or two seconds’ silence"),
        Fact("Response latency", seconds(stats["response_latency_median_ms"]), _latency(stats)),
        Fact("Interruptions", number(stats["interruptions"]), "overlaps that take the floor"),
        Fact("Back-channels", number(stats["back_channels"]), "short “yes” and “mhm” that do not"),
        Fact("Balance", number(stats["turn_balance"], 2), "1: all speak equally long; 0: one alone"),
        Fact("Monologue", percent(stats["monologue_share"]), "of the turns’ time, in turns of a minute and more"),
    ]


def _latency(stats: dict[str, Any]) -> str:
    p90 = stats["response_latency_p90_ms"]
    return "median, next speaker without overlap" + (f"; 90% within {seconds(p90)}" if p90 is not None else "")


def doubts(conversation: Conversation) -> list[Fact]:
    """Reasons to distrust the numbers, by `transcript_quality`; empty when there are none."""
    quality = conversation.quality
    reasons = [reason for reason in (quality.get("reasons") or "").split(", ") if reason]
    return [_doubt(reason, quality) for reason in reasons]


def _doubt(reason: str, quality: dict[str, Any]) -> Fact:
    words, tokens = quality["words"], quality["timed_tokens"]

    def part(name: str, of: int, what: str) -> str:
        count = quality[name]
        return f"{number(count)} of {number(of)} {what}" + (f" ({percent(count / of)})" if of else "")

    match reason:
        case "no words":
            said = "the transcript holds no word"
        case "untimed":
            said = part("untimed_words", words, "words have no time")
        case "zero length":
            said = part("zero_length_tokens", tokens, "timed tokens last 0 ms")
        case "overlapping":
            said = part("overlapping_tokens", tokens, "timed tokens begin before the one before ends")
        case "long tokens":
            said = part("long_tokens", tokens, "timed tokens are very long")
        case "struck":
            said = part("struck_words", words, "words were struck through by an editor")
        case "unknown speaker":
            said = part("unknown_speaker_words", words, "words are of nobody known")
        case "coverage":
            said = f"the timed words cover only {percent(quality['coverage'])} of the media"
        case "past the end":
            said = "a word ends after the media does"
        case "impossible times":
            said = part("impossible_tokens", tokens, "tokens have a time that cannot be")
        case "slivers":
            said = part("slivers", quality["turns_of_talk"], "turns are a word or two within another's")
        case "abutting":
            said = (
                part("abutting_transfers", quality["transfers"], "changes of speaker leave no gap and none overlaps")
                + ": the times cannot show latency, overlap or interruptions"
            )
        case _:
            said = ""
    return Fact(reason, said)
