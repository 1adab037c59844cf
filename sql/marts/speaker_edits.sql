-- mart: speaker_edits
-- grain: transcript
-- key: provider, recording_id, variant, speaker
-- description:
--   One row per edited Temi transcript and speaker: what the editor (variant latest) changed of what the machine heard
--   (variant machine). The editor's text is the reference.
-- columns:
--   speaker VARCHAR: the editor's label of the speaker; NULL when unknown
--   reference_words BIGINT: words of the edited transcript
--   hits BIGINT: of those, words the machine had right
--   substitutions BIGINT: of those, words the machine had wrong
--   deletions BIGINT: of those, words the machine missed
--   insertions BIGINT: words the machine made up, counted with the speaker of the word before
--   word_error_rate DOUBLE: substitutions, deletions and insertions over reference_words; NULL without words
--   relabelled_words BIGINT: aligned words given to another speaker; renaming a speaker throughout does not count
WITH votes AS (
    SELECT provider, recording_id, variant, machine_speaker, latest_speaker, count(*) AS votes
    FROM edit_operations
    WHERE kind IN ('hit', 'substitution')
    GROUP BY provider, recording_id, variant, machine_speaker, latest_speaker
),
names AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY provider, recording_id, variant, machine_speaker
            ORDER BY votes DESC, latest_speaker NULLS LAST
        ) AS nth
    FROM votes
)
SELECT
    o.provider,
    o.recording_id,
    o.variant,
    o.latest_speaker AS speaker,
    count(*) FILTER (WHERE o.kind <> 'insertion') AS reference_words,
    count(*) FILTER (WHERE o.kind = 'hit') AS hits,
    count(*) FILTER (WHERE o.kind = 'substitution') AS substitutions,
    count(*) FILTER (WHERE o.kind = 'deletion') AS deletions,
    count(*) FILTER (WHERE o.kind = 'insertion') AS insertions,
    count(*) FILTER (WHERE o.kind <> 'hit') / nullif(count(*) FILTER (WHERE o.kind <> 'insertion'), 0)
        AS word_error_rate,
    count(*) FILTER (
        WHERE o.kind IN ('hit', 'substitution') AND n.latest_speaker IS DISTINCT FROM o.latest_speaker
    ) AS relabelled_words
FROM edit_operations AS o
LEFT JOIN names AS n
    ON n.provider = o.provider
    AND n.recording_id = o.recording_id
    AND n.variant = o.variant
    AND n.machine_speaker IS NOT DISTINCT FROM o.machine_speaker
    AND n.nth = 1
GROUP BY o.provider, o.recording_id, o.variant, o.latest_speaker
