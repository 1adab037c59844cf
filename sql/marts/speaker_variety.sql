-- mart: speaker_variety
-- grain: transcript
-- key: provider, recording_id, variant, speaker
-- stored: no
-- description:
--   One row per transcript and speaker with words in the final text: how many of them are new in the windows of
--   diversity_words words in a row of the speaker, for speaker_wording.
-- columns:
--   speaker VARCHAR: speaker's name as labelled; NULL when unknown
--   words BIGINT: words of the final text, struck ones left out
--   types BIGINT: different terms among them
--   window_words BIGINT: words in a window
--   firsts BIGINT: sum over all windows of the different terms in each
WITH ordered AS (
    SELECT
        provider,
        recording_id,
        variant,
        speaker,
        term,
        position,
        row_number() OVER (PARTITION BY provider, recording_id, variant, speaker ORDER BY position) - 1 AS nth,
        count(*) OVER (PARTITION BY provider, recording_id, variant, speaker) AS words
    FROM spoken_words
    WHERE NOT coalesce(struck, false)
),
seen AS (
    SELECT
        *,
        lag(nth) OVER (PARTITION BY provider, recording_id, variant, speaker, term ORDER BY nth) AS before
    FROM ordered
)
-- A word is the first of its kind in the windows that begin behind the one before it and reach to it.
SELECT
    s.provider,
    s.recording_id,
    s.variant,
    s.speaker,
    max(s.words) AS words,
    count(*) FILTER (WHERE s.before IS NULL) AS types,
    max(th.diversity_words) AS window_words,
    sum(
        greatest(
            0,
            least(s.nth, s.words - th.diversity_words)
            - greatest(coalesce(s.before + 1, 0), s.nth - th.diversity_words + 1, 0)
            + 1
        )
    ) AS firsts
FROM seen AS s
CROSS JOIN thresholds AS th
GROUP BY s.provider, s.recording_id, s.variant, s.speaker
