-- mart: transcript_quality
-- grain: transcript
-- key: provider, recording_id, variant
-- description:
--   One row per transcript: reasons to distrust its numbers. `low_quality` (true when there is any reason but abutting)
--   stands in every other mart of grain transcript. Percentages are of words or of timed tokens, as said.
-- columns:
--   words BIGINT: words spoken, struck ones included
--   untimed_words BIGINT: words without a start, without an end, or with an end before the start
--   timed_tokens BIGINT: tokens of kind 'word' with a start and an end not before it
--   zero_length_tokens BIGINT: of those, with no length
--   overlapping_tokens BIGINT: of those, beginning before the token before has ended
--   long_tokens BIGINT: of those, at least long_token_ms long
--   struck_words BIGINT: words struck through by an editor
--   unknown_speaker_words BIGINT: words of nobody known
--   impossible_tokens BIGINT: tokens of kind 'word' whose time cannot be: longer than longest_word_ms for each word,
--     beyond the end of the media (by over end_slack_ms), or beyond longest_media_ms where its length is not known; they
--     count as untimed in every measure of time
--   estimated_turns BIGINT: turns of the vendor with words but no timed one, whose span stands in
--   turns_of_talk BIGINT: turns of talk that take the floor
--   slivers BIGINT: of those, as short as a back-channel, no acknowledgement, and between two turns of one other speaker:
--     more likely slips of who-speaks-when than turns
--   transfers BIGINT: changes of speaker from one timed word to the next in order of time
--   abutting_transfers BIGINT: of those, within abutting_ms of the end of the one before
--   overlapping_transfers BIGINT: of those, over abutting_ms before that end
--   shows_overlap BOOLEAN: false when the transfers abut: from abutting_transfers transfers on, at least
--     abutting_percent of them abutting and at most abutting_overlaps_percent overlapping. The times are then an aligner's cuts, and latency,
--     overlap and interruptions are NULL everywhere
--   first_ms INTEGER [ms]: start of the first timed word, or of a span that stands in; NULL when nothing is timed
--   last_ms INTEGER [ms]: latest end of one; NULL as above
--   media_ms BIGINT [ms]: length of the media as the vendor lists it; NULL when not known
--   coverage DOUBLE: last_ms - first_ms as a part of media_ms; NULL when the length is unknown
--   past_end BOOLEAN: true when a token ends over end_slack_ms after the media does
--   reasons VARCHAR: empty, or the reasons, separated by ', ': no words, untimed, zero length, overlapping, long tokens,
--     struck, unknown speaker, coverage, past the end, impossible times, slivers; and abutting, which makes numbers NULL
--     and none wrong, so that low_quality leaves it out
WITH placed AS (
    SELECT
        provider,
        recording_id,
        variant,
        min(start_ms) AS first_ms,
        max(end_ms) AS last_ms,
        count(*) FILTER (WHERE impossible) AS impossible_tokens,
        count(*) FILTER (WHERE estimated) AS estimated_turns
    FROM word_units
    GROUP BY provider, recording_id, variant
),
on_the_floor AS (
    SELECT provider, recording_id, variant, talk_index, bool_and(sliver) AS sliver
    FROM floor_turns
    WHERE takes_floor
    GROUP BY provider, recording_id, variant, talk_index
),
floor_counts AS (
    SELECT provider, recording_id, variant, count(*) AS turns_of_talk, count(*) FILTER (WHERE sliver) AS slivers
    FROM on_the_floor
    GROUP BY provider, recording_id, variant
),
judged AS (
    SELECT
        t.provider,
        t.recording_id,
        t.variant,
        coalesce(c.words, 0) AS words,
        coalesce(c.untimed_words, 0) AS untimed_words,
        coalesce(c.timed_tokens, 0) AS timed_tokens,
        coalesce(c.zero_length_tokens, 0) AS zero_length_tokens,
        coalesce(c.overlapping_tokens, 0) AS overlapping_tokens,
        coalesce(c.long_tokens, 0) AS long_tokens,
        coalesce(c.struck_words, 0) AS struck_words,
        coalesce(c.unknown_speaker_words, 0) AS unknown_speaker_words,
        coalesce(p.impossible_tokens, 0) AS impossible_tokens,
        coalesce(p.estimated_turns, 0) AS estimated_turns,
        coalesce(f.turns_of_talk, 0) AS turns_of_talk,
        coalesce(f.slivers, 0) AS slivers,
        e.transfers,
        e.abutting_transfers,
        e.overlapping_transfers,
        e.shows_overlap,
        p.first_ms,
        p.last_ms,
        t.duration_ms AS media_ms,
        CASE WHEN t.duration_ms > 0 THEN (p.last_ms - p.first_ms) / t.duration_ms END AS coverage,
        coalesce(t.duration_ms > 0 AND c.claimed_ms > t.duration_ms + th.end_slack_ms, false) AS past_end
    FROM transcripts AS t
    CROSS JOIN thresholds AS th
    JOIN overlap_evidence AS e
        ON e.provider = t.provider AND e.recording_id = t.recording_id AND e.variant = t.variant
    LEFT JOIN placed AS p
        ON p.provider = t.provider AND p.recording_id = t.recording_id AND p.variant = t.variant
    LEFT JOIN floor_counts AS f
        ON f.provider = t.provider AND f.recording_id = t.recording_id AND f.variant = t.variant
    LEFT JOIN token_counts AS c
        ON c.provider = t.provider AND c.recording_id = t.recording_id AND c.variant = t.variant
),
reasoned AS (
    SELECT
        j.*,
        concat(
            CASE WHEN words = 0 THEN ', no words' ELSE '' END,
            CASE WHEN 100 * untimed_words > th.untimed_percent * words THEN ', untimed' ELSE '' END,
            CASE WHEN 100 * zero_length_tokens > th.zero_length_percent * timed_tokens THEN ', zero length' ELSE '' END,
            CASE WHEN 100 * overlapping_tokens > th.overlapping_percent * timed_tokens THEN ', overlapping' ELSE '' END,
            CASE WHEN 100 * long_tokens > th.long_token_percent * timed_tokens THEN ', long tokens' ELSE '' END,
            CASE WHEN 100 * struck_words > th.struck_percent * words THEN ', struck' ELSE '' END,
            CASE
                WHEN 100 * unknown_speaker_words > th.unknown_speaker_percent * words THEN ', unknown speaker'
                ELSE ''
            END,
            CASE WHEN 100 * CAST(last_ms - first_ms AS BIGINT) < th.coverage_percent * media_ms THEN ', coverage' ELSE '' END,
            CASE WHEN past_end THEN ', past the end' ELSE '' END,
            CASE
                WHEN NOT past_end AND 100 * impossible_tokens > th.impossible_percent * timed_tokens
                    THEN ', impossible times'
                ELSE ''
            END,
            CASE WHEN 100 * slivers > th.sliver_percent * turns_of_talk THEN ', slivers' ELSE '' END
        ) AS found
    FROM judged AS j
    CROSS JOIN thresholds AS th
)
SELECT
    provider,
    recording_id,
    variant,
    words,
    untimed_words,
    timed_tokens,
    zero_length_tokens,
    overlapping_tokens,
    long_tokens,
    struck_words,
    unknown_speaker_words,
    impossible_tokens,
    estimated_turns,
    turns_of_talk,
    slivers,
    transfers,
    abutting_transfers,
    overlapping_transfers,
    shows_overlap,
    first_ms,
    last_ms,
    media_ms,
    coverage,
    past_end,
    substring(concat(found, CASE WHEN shows_overlap THEN '' ELSE ', abutting' END), 3) AS reasons,
    found <> '' AS low_quality
FROM reasoned
