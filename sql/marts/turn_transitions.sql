-- mart: turn_transitions
-- grain: transcript
-- key: provider, recording_id, variant, joined_index
-- description:
--   One row per bid of another speaker for the floor: a timed turn of talk whose speaker is not the one who holds the
--   floor when it begins. The floor is held by the turn that ends last among those that began before, back-channels
--   left out. When the holder goes on after a back-channel or after an overlap that did not take the floor, the floor
--   has not changed and there is no row. Untimed turns have no row; they may lie in a gap, and untimed_words of
--   transcript_quality tells where.
--   Kinds, the first that fits: back_channel (at most back_channel_ms and back_channel_words, and either within the
--   holder's turn or between two turns of one speaker who goes on within resume_ms and had not ended on a question);
--   overlap that does not take the floor (ends no later than the holder's turn); interruption (takes the floor, and
--   overlaps by at least interruption_ms); overlap (takes the floor, overlaps by less); latch (a gap of at most
--   latch_ms); gap.
-- columns:
--   joined_index INTEGER: the turn of talk that bids, as in joined_turns
--   from_speaker VARCHAR: who holds the floor; NULL when unknown
--   to_speaker VARCHAR: who bids; NULL when unknown
--   at_ms INTEGER [ms]: start of the bid
--   offset_ms INTEGER [ms]: floor transfer offset: start of the bid minus end of the holder's turn; negative is overlap
--   overlap_ms INTEGER [ms]: how long the bid and the holder's turn overlap
--   kind VARCHAR: back_channel, interruption, overlap, latch or gap
--   takes_floor BOOLEAN: true when the bid ends later than the holder's turn and is no back-channel
SELECT
    f.provider,
    f.recording_id,
    f.variant,
    f.joined_index,
    h.speaker AS from_speaker,
    f.speaker AS to_speaker,
    f.start_ms AS at_ms,
    f.start_ms - h.end_ms AS offset_ms,
    CASE
        WHEN f.start_ms >= h.end_ms THEN 0
        WHEN f.end_ms < h.end_ms THEN f.end_ms - f.start_ms
        ELSE h.end_ms - f.start_ms
    END AS overlap_ms,
    CASE
        WHEN f.back_channel THEN 'back_channel'
        WHEN f.end_ms <= h.end_ms THEN 'overlap'
        WHEN h.end_ms - f.start_ms >= th.interruption_ms THEN 'interruption'
        WHEN h.end_ms > f.start_ms THEN 'overlap'
        WHEN f.start_ms - h.end_ms <= th.latch_ms THEN 'latch'
        ELSE 'gap'
    END AS kind,
    NOT f.back_channel AND f.end_ms > h.end_ms AS takes_floor
FROM floor_turns AS f
CROSS JOIN thresholds AS th
JOIN joined_turns AS h
    ON h.provider = f.provider
    AND h.recording_id = f.recording_id
    AND h.variant = f.variant
    AND h.joined_index = f.holder_index
WHERE f.speaker IS DISTINCT FROM h.speaker
