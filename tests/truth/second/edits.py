"""The marts of what editors changed, from an alignment that `is_least` has judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import jiwer

from .known import Known, OneTranscript, Row, of_transcript, ratio

ALIGNED = ("hit", "substitution")


def is_least(machine: list[str], latest: list[str], operations: list[Row]) -> bool:
    """Whether the operations make one text of the other, each word once and in order, with as few errors as can be.

    `operations` in order; the texts as terms.
    """
    heard = [row["machine_term"] for row in operations if row["kind"] != "deletion"]
    meant = [row["latest_term"] for row in operations if row["kind"] != "insertion"]
    truly = all((row["machine_term"] == row["latest_term"]) == (row["kind"] == "hit") for row in operations)
    least = jiwer.process_words(" ".join(latest), " ".join(machine))
    errors = sum(row["kind"] != "hit" for row in operations)
    return (
        truly
        and (heard, meant) == (machine, latest)
        and errors == (least.substitutions + least.deletions + least.insertions)
    )


def operations(one: OneTranscript, known: Known) -> list[Row]:
    return [row for row in known.operations if {name: row[name] for name in one.key} == one.key]


@of_transcript("word_corrections")
def word_corrections(one: OneTranscript, known: Known) -> Iterator[Row]:
    changed = (row for row in operations(one, known) if row["kind"] != "hit")
    for (machine, latest, kind), times in Counter(
        (row["machine_term"], row["latest_term"], row["kind"]) for row in changed
    ).items():
        yield {"machine_term": machine, "latest_term": latest, "kind": kind, "occurrences": times}


@of_transcript("speaker_edits")
def speaker_edits(one: OneTranscript, known: Known) -> Iterator[Row]:
    rows = operations(one, known)
    votes: dict[str | None, Counter[str | None]] = defaultdict(Counter)
    for row in rows:
        if row["kind"] in ALIGNED:
            votes[row["machine_speaker"]][row["latest_speaker"]] += 1
    # The editor's name of each speaker of the machine; of equals the first by name, the unknown last.
    names = {
        machine: min(found, key=lambda name, found=found: (-found[name], name is None, name or ""))  # type: ignore[misc]
        for machine, found in votes.items()
    }
    for speaker in {row["latest_speaker"] for row in rows}:
        kinds = Counter(row["kind"] for row in rows if row["latest_speaker"] == speaker)
        said = kinds.total() - kinds["insertion"]
        yield {
            "speaker": speaker,
            "reference_words": said,
            "hits": kinds["hit"],
            "substitutions": kinds["substitution"],
            "deletions": kinds["deletion"],
            "insertions": kinds["insertion"],
            "word_error_rate": ratio(kinds.total() - kinds["hit"], said),
            "relabelled_words": sum(
                row["kind"] in ALIGNED and names[row["machine_speaker"]] != speaker
                for row in rows
                if row["latest_speaker"] == speaker
            ),
        }


@of_transcript("transcript_edits")
def transcript_edits(one: OneTranscript, known: Known) -> Iterator[Row]:
    if one.key["variant"] != "latest":
        return
    spoken = sum(row["word_count"] for row in one.words)
    rows = known.of("speaker_edits", one)
    names = ("reference_words", "hits", "substitutions", "deletions", "insertions", "relabelled_words")
    sums = {name: sum(row[name] for row in rows) if rows else None for name in names}
    errors = sum(sums[name] or 0 for name in ("substitutions", "deletions", "insertions"))
    yield {
        "words": spoken,
        "struck_share": ratio(sum(row["word_count"] for row in one.words if row["struck"]), spoken),
        "highlighted_share": ratio(sum(row["word_count"] for row in one.words if row["highlighted"]), spoken),
        **sums,
        "word_error_rate": ratio(errors, sums["reference_words"]),
    }
