-- mart: transcript_edits
-- grain: transcript
-- key: provider, recording_id, variant
-- description:
--   One row per transcript in variant latest: how much people changed. Temi: the machine's transcript against the edited
--   one, which is the reference; NULL when the machine's was not fetched, because nobody edited it. Sonix: what an editor
--   struck through and highlighted.
-- columns:
--   words BIGINT: words spoken, struck ones included
--   struck_share DOUBLE: struck words as a part of words; NULL without words
--   highlighted_share DOUBLE: highlighted words as a part of words; NULL without words
--   reference_words BIGINT: words of the edited transcript; NULL when there is no machine's to compare
--   hits BIGINT: of those, words the machine had right; NULL as above
--   substitutions BIGINT: of those, words the machine had wrong; NULL as above
--   deletions BIGINT: of those, words the machine missed; NULL as above
--   insertions BIGINT: words the machine made up; NULL as above
--   word_error_rate DOUBLE: substitutions, deletions and insertions over reference_words; NULL without words
--   relabelled_words BIGINT: aligned words given to another speaker; renaming a speaker throughout does not count;
--     NULL as above
WITH marked AS (
    SELECT
        provider,
        recording_id,
        variant,
        sum(word_count) AS words,
        sum(struck_word_count) AS struck_words,
        sum(highlighted_word_count) AS highlighted_words
    FROM turns
    GROUP BY provider, recording_id, variant
),
compared AS (
    SELECT
        provider,
        recording_id,
        variant,
        sum(reference_words) AS reference_words,
        sum(hits) AS hits,
        sum(substitutions) AS substitutions,
        sum(deletions) AS deletions,
        sum(insertions) AS insertions,
        sum(relabelled_words) AS relabelled_words
    FROM speaker_edits
    GROUP BY provider, recording_id, variant
)
SELECT
    t.provider,
    t.recording_id,
    t.variant,
    coalesce(m.words, 0) AS words,
    m.struck_words / nullif(m.words, 0) AS struck_share,
    m.highlighted_words / nullif(m.words, 0) AS highlighted_share,
    c.reference_words,
    c.hits,
    c.substitutions,
    c.deletions,
    c.insertions,
    (c.substitutions + c.deletions + c.insertions) / nullif(c.reference_words, 0) AS word_error_rate,
    c.relabelled_words
FROM transcripts AS t
LEFT JOIN marked AS m ON m.provider = t.provider AND m.recording_id = t.recording_id AND m.variant = t.variant
LEFT JOIN compared AS c ON c.provider = t.provider AND c.recording_id = t.recording_id AND c.variant = t.variant
WHERE t.variant = 'latest'
