-- mart: turn_transitions
-- grain: transcript
-- key: provider, recording_id, variant, joined_index
-- shown: view
-- description:
--   One row per bid of another speaker for the floor: a timed turn of talk whose speaker is not the one who holds the
--   floor when it begins. The floor is held by the turn that ends last among those that began before, back-channels
--   left out. When the holder goes on after a back-channel or after an overlap that did not take the floor, the floor
--   has not changed and there is no row.
--   Kinds, the first that fits: back_channel (see floor_turns: short, and within the holder's turn or an acknowledgement
--   behind which the holder goes on); overlap that does not take the floor (ends no later than the holder's turn);
--   interruption (takes the floor, and overlaps by at least interruption_ms); overlap (takes the floor, overlaps by
--   less); latch (a gap of at most latch_ms); gap. Where words without a known time may lie between the two, or where
--   the times of the transcript cannot show it (shows_overlap in transcript_quality), offset, overlap and kind are NULL;
--   back-channels stay what they are.
--   After Sacks, Schegloff and Jefferson 1974 (Language 50), Stivers et al. 2009 (PNAS 106), Heldner and Edlund 2010
--   (Journal of Phonetics 38).
-- columns:
--   joined_index INTEGER: the turn of talk that bids, as in joined_turns
--   from_speaker VARCHAR: who holds the floor; NULL when unknown
--   to_speaker VARCHAR: who bids; NULL when unknown
--   at_ms INTEGER [ms]: start of the bid
--   offset_ms INTEGER [ms]: floor transfer offset: start of the bid minus end of the holder's turn; negative is
--     overlap; NULL when the times do not show it
--   overlap_ms INTEGER [ms]: how long the bid and the holder's turn overlap; NULL as above
--   kind VARCHAR: back_channel, interruption, overlap, latch or gap; NULL when the times do not show it
--   takes_floor BOOLEAN: true when the bid ends later than the holder's turn and is no back-channel
WITH bids AS (
    SELECT
        f.provider,
        f.recording_id,
        f.variant,
        f.talk_index,
        f.run_index,
        n.joined_index,
        h.speaker AS from_speaker,
        f.speaker AS to_speaker,
        f.start_ms,
        f.end_ms,
        h.end_ms AS held_until_ms,
        f.back_channel,
        f.takes_floor,
        e.shows_overlap AND NOT (f.hidden_before AND f.start_ms > h.end_ms) AS shown
    FROM floor_turns AS f
    JOIN floor_turns AS h
        ON h.provider = f.provider
        AND h.recording_id = f.recording_id
        AND h.variant = f.variant
        AND h.run_index = f.holder_index
    JOIN talk_numbers AS n
        ON n.provider = f.provider
        AND n.recording_id = f.recording_id
        AND n.variant = f.variant
        AND n.run_index = f.run_index
    JOIN overlap_evidence AS e
        ON e.provider = f.provider AND e.recording_id = f.recording_id AND e.variant = f.variant
    WHERE f.speaker IS DISTINCT FROM h.speaker
)
SELECT
    b.provider,
    b.recording_id,
    b.variant,
    b.joined_index,
    b.from_speaker,
    b.to_speaker,
    b.start_ms AS at_ms,
    CASE WHEN b.shown THEN b.start_ms - b.held_until_ms END AS offset_ms,
    CASE WHEN b.shown THEN greatest(least(b.end_ms, b.held_until_ms) - b.start_ms, 0) END AS overlap_ms,
    CASE
        WHEN b.back_channel THEN 'back_channel'
        WHEN NOT b.shown THEN NULL
        WHEN b.end_ms <= b.held_until_ms THEN 'overlap'
        WHEN b.held_until_ms - b.start_ms >= th.interruption_ms THEN 'interruption'
        WHEN b.held_until_ms > b.start_ms THEN 'overlap'
        WHEN b.start_ms - b.held_until_ms <= th.latch_ms THEN 'latch'
        ELSE 'gap'
    END AS kind,
    b.takes_floor
FROM bids AS b
CROSS JOIN thresholds AS th
