-- mart: token_counts
-- grain: transcript
-- key: provider, recording_id, variant
-- stored: no
-- description:
--   One row per transcript with tokens: what transcript_quality counts of them, as it describes it.
-- columns:
--   words BIGINT: words spoken, struck ones included
--   untimed_words BIGINT: words without a start, without an end, or with an end before the start
--   timed_tokens BIGINT: tokens of kind 'word' with a start and an end not before it
--   zero_length_tokens BIGINT: of those, with no length
--   overlapping_tokens BIGINT: of those, beginning before one before in its turn has ended
--   long_tokens BIGINT: of those, at least long_token_ms long
--   struck_words BIGINT: words struck through by an editor
--   unknown_speaker_words BIGINT: words of nobody known
--   claimed_ms INTEGER [ms]: latest end of those; NULL when there is none
WITH ordered AS (
    SELECT
        provider,
        recording_id,
        variant,
        word_count,
        speaker,
        struck,
        CASE WHEN start_ms <= end_ms AND kind = 'word' THEN start_ms END AS start_ms,
        CASE WHEN start_ms <= end_ms AND kind = 'word' THEN end_ms END AS end_ms,
        word_index,
        turn_index
    FROM words
),
followed AS (
    SELECT
        *,
        max(end_ms) OVER (
            PARTITION BY provider, recording_id, variant, turn_index ORDER BY word_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before_ms
    FROM ordered
)
SELECT
    provider,
    recording_id,
    variant,
    coalesce(sum(word_count), 0) AS words,
    coalesce(sum(word_count) FILTER (WHERE start_ms IS NULL), 0) AS untimed_words,
    count(start_ms) AS timed_tokens,
    count(*) FILTER (WHERE end_ms = start_ms) AS zero_length_tokens,
    count(*) FILTER (WHERE start_ms < before_ms) AS overlapping_tokens,
    count(*) FILTER (WHERE end_ms - start_ms >= th.long_token_ms) AS long_tokens,
    coalesce(sum(word_count) FILTER (WHERE struck), 0) AS struck_words,
    coalesce(sum(word_count) FILTER (WHERE speaker IS NULL), 0) AS unknown_speaker_words,
    max(end_ms) AS claimed_ms
FROM followed
CROSS JOIN thresholds AS th
GROUP BY provider, recording_id, variant
