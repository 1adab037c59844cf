"""Conversations in the vendors' JSON shapes, with the quirks of real payloads, and edits as people make them."""

from __future__ import annotations

from random import Random
from typing import Any

from sonitemi_pipelines.sandbox.conversations import Conversation, Turn, Word
from sonitemi_pipelines.sandbox.quirks import Quirks

Payload = dict[str, Any]

_PUNCTUATION = ".,?!;:。、，？！؟،"
_MISHEARD = {
    "their": "there", "there": "their", "two": "to", "to": "two", "hear": "here", "here": "hear", "for": "four",
    "buy": "by", "your": "you're", "its": "it's", "would": "wood", "right": "write", "know": "no", "our": "are",
}  # fmt: skip
_CLEANED_UP = ("um,", "uh,", "er,")
# Every edit adds this word once more, so that no version can equal an earlier one.
_ADDED = "indeed"


def sonix_payload(talk: Conversation, random: Random, quirks: Quirks) -> Payload:
    """What `GET /media/<id>/transcript.json` answers for this conversation; times in seconds."""
    spaced = random.random() < quirks.token_spaces
    undocumented = random.random() < quirks.undocumented_fields
    edited = undocumented and random.random() < quirks.edited
    segments = []
    for turn in talk.turns:
        for words in _segments(turn, random, quirks):
            speaker: str | None = talk.speakers[turn.speaker]
            if random.random() < quirks.no_speaker:
                speaker = random.choice(("", None))
            tokens = _sonix_tokens(words, spaced, talk.spaceless, random, quirks)
            start, end = tokens[0]["start_time"], tokens[-1]["end_time"]
            if random.random() < quirks.late_segment:
                start = round(start + 0.05, 2)
            segment: Payload = {"speaker": speaker, "start_time": start, "end_time": end, "words": tokens}
            if undocumented:
                _add_undocumented(segment, words, edited, random)
            segments.append(segment)
    payload: Payload = {"name": talk.title, "transcript": segments}
    if undocumented:
        payload["quality_score"] = random.choice((None, f"{random.uniform(70, 99.5):.2f}"))
    return payload


def _segments(turn: Turn, random: Random, quirks: Quirks) -> list[list[Word]]:
    parts: list[list[Word]] = [[]]
    for word in turn.words:
        parts[-1].append(word)
        cut = 1.0 if word.text[-1] in ".?!。؟？！" else 0.5 if word.text[-1] in ",،、，" else 0.0
        if random.random() < cut * quirks.segment_cut:
            parts.append([])
    return [part for part in parts if part]


def _sonix_tokens(words: list[Word], spaced: bool, spaceless: bool, random: Random, quirks: Quirks) -> list[Payload]:
    tokens: list[Payload] = []

    def add(text: str, start: int, end: int) -> None:
        tokens.append({"text": text, "start_time": start / 1000, "end_time": end / 1000})

    glued = ""
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        text, start, end = word.text, word.start, word.end
        if random.random() < quirks.joined_words and index < len(words) and not spaceless:
            text, end = f"{text} {words[index].text}", words[index].end
            index += 1
        if random.random() < quirks.overlapping_words:
            start = max(0, start - 60)
        if random.random() < quirks.zero_length:
            end = start
        elif random.random() < quirks.very_long:
            end = start + 5400
        space = " " if spaced and (not spaceless or not tokens) else ""
        if space and not spaceless:
            if not tokens and not glued:
                space = ""
            elif random.random() < quirks.no_break_spaces:
                space = "\u00a0"
        text, glued = (f"{glued}{space}{text}" if glued else f"{space}{text}"), ""
        if spaced and text[-1] == "." and index < len(words) and random.random() < quirks.glued_punctuation:
            text, glued = text[:-1], "."
        if spaced and len(text) > 6 and text.isalpha() and random.random() < quirks.word_pieces:
            middle = (start + end) // 2
            add(text[:-2], start, middle)
            text, start = text[-2:], middle
        add(text, start, end)
        if spaced and random.random() < quirks.blank_tokens:
            add(" ", end, end)
    return tokens


def _add_undocumented(segment: Payload, words: list[Word], edited: bool, random: Random) -> None:
    fillers = {word.text for word in words if word.filler}
    cut = edited and random.random() < 0.45
    marked = random.random() < 0.03
    for token in segment["words"]:
        token["highlight"] = marked
        token["strikethrough"] = cut or (edited and token["text"].strip() in fillers)
        if marked:
            token["highlight_color"] = "yellow"
    if random.random() < 0.02:
        segment["note"] = "check the spelling of the name"
    if random.random() < 0.02:
        segment["completed"] = True


def temi_payload(talk: Conversation, random: Random, quirks: Quirks) -> Payload:
    """What `GET /jobs/<id>/transcript` answers as JSON, before anybody edited it; times in seconds."""
    noisy = random.random() < quirks.temi_noisy_floats
    gapped = random.random() < quirks.temi_gapped_ids
    monologues = []
    next_id = 0
    for turn in talk.turns:
        elements: list[Payload] = []
        if random.random() < quirks.temi_tags:
            tag = random.choice(("<laugh>", "<inaudible>", "<crosstalk>"))
            elements.append({"type": "tag", "value": tag, "ts": _seconds(turn.words[0].start, noisy)})
        for word in turn.words:
            times = {"ts": _seconds(word.start, noisy), "end_ts": _seconds(word.end, noisy)}
            heard = word.text
            if heard in _MISHEARD and random.random() < quirks.temi_misheard:
                heard = _MISHEARD[heard]
            if heard[-1] in _PUNCTUATION and len(heard) > 1 and random.random() < quirks.temi_punct:
                elements.append({"type": "text", "value": heard[:-1], **times})
                elements.append({"type": "punct", "value": heard[-1]})
            else:
                elements.append({"type": "text", "value": heard, **times})
        name = f"Speaker {turn.speaker + 1}"
        monologue: Payload = {"id": next_id, "speaker": turn.speaker, "speaker_name": name, "elements": elements}
        if random.random() < quirks.no_speaker:
            monologue["speaker"] = len(talk.speakers) + 4
            if random.random() < 0.5:
                del monologue["speaker_name"]
        monologues.append(monologue)
        next_id += random.choice((1, 1, 3)) if gapped else 1
    if gapped and len(monologues) > 3:
        monologues[1]["id"], monologues[2]["id"] = monologues[2]["id"], monologues[1]["id"]
    present = sorted({turn.speaker for turn in talk.turns})
    return {
        "speakers": [{"id": speaker, "name": f"Speaker {speaker + 1}"} for speaker in present],
        "monologues": monologues,
    }


def _seconds(ms: int, noisy: bool) -> float:
    return ms / 1000 - 1e-7 if noisy and ms % 50 == 20 else ms / 1000


def edit_sonix(payload: Payload, random: Random) -> Payload:
    """Change a Sonix transcript in place as an editor would: reword, strike, rename a speaker. Never a no-op."""
    segments: list[Payload] = payload.setdefault("transcript", [])
    tokens = [token for segment in segments for token in segment.get("words") or []]
    if not tokens:
        segments.append(
            {
                "speaker": "Editor",
                "start_time": 0.0,
                "end_time": 0.5,
                "words": [{"text": "Noted.", "start_time": 0.0, "end_time": 0.5}],
            }
        )
        return payload
    for token in random.sample(tokens, len(tokens) // 60):
        token["text"] = _reworded(token.get("text") or "", random)
    _insert_word(random.choice([segment["words"] for segment in segments if segment.get("words")]), random)
    if "strikethrough" in tokens[0]:
        for token in random.choice(segments).get("words") or []:
            token["strikethrough"] = True
    speakers = sorted({segment["speaker"] for segment in segments if segment.get("speaker")})
    if speakers and random.random() < 0.3:
        renamed = random.choice(speakers)
        for segment in segments:
            if segment.get("speaker") == renamed:
                segment["speaker"] = f"{renamed} B."
    return payload


def _insert_word(words: list[Payload], random: Random) -> None:
    """Put a word behind another one and share its time, as Sonix's editor does."""
    place = random.randrange(len(words))
    before = words[place]
    added = {**before, "text": f" {_ADDED}" if before.get("text", "").startswith(" ") else _ADDED}
    if before.get("start_time") is not None and before.get("end_time") is not None:
        middle = round((before["start_time"] + before["end_time"]) / 2, 2)
        before["end_time"] = added["start_time"] = middle
    words.insert(place + 1, added)


def edit_temi(payload: Payload, random: Random, quirks: Quirks) -> Payload:
    """Change a Temi transcript in place as its editor does: correct words, drop fillers, label speakers, lose times.

    Never a no-op.
    """
    monologues: list[Payload] = payload.setdefault("monologues", [])
    texts = [e for m in monologues for e in m.get("elements") or [] if e.get("type") == "text"]
    if not texts:
        monologues.append({"id": len(monologues), "elements": [{"type": "text", "value": "Noted."}]})
        return payload
    doubtful = [element for element in texts if element.get("value") in _MISHEARD] or texts
    for element in random.sample(doubtful, min(len(doubtful), len(texts) // 60)):
        element["value"] = _reworded(element.get("value") or "", random)
    for monologue in monologues:
        kept = [element for element in monologue.get("elements") or [] if element.get("value") not in _CLEANED_UP]
        if kept:
            monologue["elements"] = kept
        _lose_times(monologue, random, quirks)
    elements = random.choice([monologue["elements"] for monologue in monologues if monologue.get("elements")])
    elements.insert(random.randrange(len(elements)) + 1, {"type": "text", "value": _ADDED})
    names = [speaker for speaker in payload.get("speakers") or [] if str(speaker.get("name")).startswith("Speaker ")]
    if names:
        speaker = random.choice(names)
        speaker["name"] = random.choice(("Interviewer", "Guest", "Caller", "Moderator")) + f" {speaker['id']}"
        for monologue in monologues:
            if monologue.get("speaker") == speaker["id"] and "speaker_name" in monologue:
                monologue["speaker_name"] = speaker["name"]
    return payload


def _lose_times(monologue: Payload, random: Random, quirks: Quirks) -> None:
    touched = random.random()
    for element in monologue.get("elements") or []:
        if touched < quirks.temi_untimed_monologue or (touched < 0.5 and random.random() < quirks.temi_untimed):
            element.pop("ts", None)
            element.pop("end_ts", None)


def _reworded(text: str, random: Random) -> str:
    word = text.strip()
    other = _MISHEARD.get(word.lower())
    if other is None:
        other = random.choice([other for other in ("something", "really", "perhaps", "Thursday") if other != word])
    return text.replace(word, other) if word else f"{text}{other}"
