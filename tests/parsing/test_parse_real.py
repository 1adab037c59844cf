"""Ten real conversations against an independent, naive reading of the same bytes."""

import json
from pathlib import Path

import pytest

REAL = Path(__file__).parents[3] / "shared" / "real"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real payloads are not here: {REAL}")


def naive(provider: str, payload: dict) -> tuple[list[str], list[str], list[int], int]:
    """Tokens, turn texts, start milliseconds, summed length of words: one loop, no library."""
    turns_field, tokens_field, text_field, start, end, separator = {
        "sonix": ("transcript", "words", "text", "start_time", "end_time", ""),
        "temi": ("monologues", "elements", "value", "ts", "end_ts", " "),
    }[provider]
    tokens, texts, starts, spoken = [], [], [], 0
    for turn in payload[turns_field]:
        texts.append(separator.join(token[text_field] for token in turn[tokens_field]).strip())
        for token in turn[tokens_field]:
            tokens.append(token[text_field].strip())
            starts.append(int(token[start] * 1000 + 0.5))
            if any(character.isalnum() for character in token[text_field]):
                spoken += max(0, int(token[end] * 1000 + 0.5) - int(token[start] * 1000 + 0.5))
    return tokens, texts, starts, spoken


@pytest.mark.parametrize(("provider", "rows"), [("sonix", 44_528), ("temi", 50_985)])
def test_real_payloads_arrive_word_for_word(sonix_body, temi_body, column, provider, rows):
    """Per file: every token, every turn's text, every start, the time spoken; and the known totals."""
    parse = {"sonix": sonix_body, "temi": temi_body}[provider]
    total = 0
    for path in sorted((REAL / provider).glob("*.json")):
        body = path.read_bytes()
        parsed = parse(body)
        tokens, texts, starts, spoken = naive(provider, json.loads(body))
        assert column(parsed.words, "text") == tokens, path.name
        assert column(parsed.turns, "text") == texts, path.name
        assert column(parsed.words, "start_ms") == starts, path.name
        assert sum(column(parsed.turns, "phonation_ms")) == spoken, path.name
        header = parsed.transcripts.to_pylist()[0]
        assert header["text"] == "\n".join(text for text in texts if text), path.name
        words = sum(any(map(str.isalnum, chunk)) for text in texts for chunk in text.split())
        assert header["word_count"] == words == sum(column(parsed.words, "word_count")), path.name
        total += parsed.words.num_rows
    assert total == rows
