"""How often the sandbox's vendors stray from their documents. Rates are those seen in real payloads."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Quirks:
    """Each rate is a probability (0 to 1); 0 switches a quirk off.

    Attributes:
        token_spaces: Sonix transcripts whose tokens carry their own spacing; without it tokens are bare, as documented.
        undocumented_fields: Sonix transcripts with `quality_score`, `highlight`, `strikethrough`, ...
        edited: Sonix transcripts an editor has struck words from (about half of whose words are struck).
        segment_cut: sentence ends (and, less often, commas) at which Sonix starts a segment though the speaker goes on.
        joined_words: Sonix tokens that hold several words.
        word_pieces: Sonix words cut into two tokens.
        glued_punctuation: Sonix tokens that begin with the full stop of the sentence before.
        blank_tokens: Sonix tokens of white space only.
        no_break_spaces: Sonix tokens whose leading space is U+00A0.
        no_speaker: Sonix segments with an empty or null speaker; Temi monologues without a listed one.
        late_segment: Sonix segments that start after their first word.
        overlapping_words: words that start before the one before ends.
        zero_length, very_long: words that last 0 ms or over 5 s.
        odd_statuses: accounts that hold a duplicate and a status no document names (0 or 1).
        odd_languages: Sonix media with a language code outside the documented list.
        folder_email: folder lists that give the name under `email` (0 or 1).
        temi_punct: Temi words whose punctuation is an element of its own, without times.
        temi_tags: Temi monologues with a tag such as <laugh>, which has a start and no end.
        temi_misheard: words of the machine's transcript that sound like another one, where there is such a one.
        temi_untimed: words without times in monologues somebody edited.
        temi_untimed_monologue: edited monologues with no time at all.
        temi_gapped_ids: Temi transcripts whose monologue ids skip and are unsorted.
        temi_noisy_floats: Temi transcripts with times such as 4.0199999.
        temi_old_spellings: Temi jobs with 'inprogress', 'sourceDownload', 'transcription' for today's words.
        temi_fractional_duration: Temi jobs whose `duration_seconds` is not whole.
    """

    token_spaces: float = 0.96
    undocumented_fields: float = 0.9
    edited: float = 0.5
    segment_cut: float = 0.95
    joined_words: float = 0.024
    word_pieces: float = 0.001
    glued_punctuation: float = 0.05
    blank_tokens: float = 0.0046
    no_break_spaces: float = 0.003
    no_speaker: float = 0.02
    late_segment: float = 0.01
    overlapping_words: float = 0.003
    zero_length: float = 0.0001
    very_long: float = 0.0001
    odd_statuses: float = 1.0
    odd_languages: float = 0.06
    folder_email: float = 1.0
    temi_punct: float = 0.03
    temi_tags: float = 0.04
    temi_misheard: float = 0.2
    temi_untimed: float = 0.4
    temi_untimed_monologue: float = 0.13
    temi_gapped_ids: float = 0.2
    temi_noisy_floats: float = 0.2
    temi_old_spellings: float = 0.1
    temi_fractional_duration: float = 0.3

    @classmethod
    def none(cls) -> Quirks:
        """The vendors exactly as documented."""
        return cls(**{field.name: 0.0 for field in fields(cls)})
