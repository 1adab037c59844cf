-- mart: spoken_words
-- grain: transcript
-- key: provider, recording_id, variant, position
-- stored: no
-- shown: view
-- description:
--   One row per word spoken: tokens that hold several words taken apart, pieces of one word put together, tags and remarks
--   in brackets left out. What a word is was decided once, when the transcript was read; every measure of text and the
--   search start here. A word that is a token of words by itself is stored there, any other in split_words.
-- columns:
--   position INTEGER: position among the words of the transcript, from 0
--   term VARCHAR: the word as compared: NFKC, lower case, one kind of apostrophe and hyphen, bare of punctuation
--   shown VARCHAR: the word as the vendor sent it, what stands between its pieces included
--   word_index INTEGER: the token of words in which it begins
--   turn_index INTEGER: the turn it stands in
--   speaker VARCHAR: the turn's speaker; NULL when unknown
--   start_ms INTEGER [ms]: start of its first token in the media; NULL when untimed
--   end_ms INTEGER [ms]: end of its last token; NULL when untimed
--   struck BOOLEAN: struck through by an editor in all its tokens
SELECT
    w.provider,
    w.recording_id,
    w.variant,
    w.position,
    coalesce(w.term, w.text) AS term,
    w.text AS shown,
    w.word_index,
    w.turn_index,
    w.speaker,
    w.start_ms,
    w.end_ms,
    w.struck,
    w.day
FROM words AS w
WHERE w.whole
UNION ALL
SELECT
    s.provider,
    s.recording_id,
    s.variant,
    s.position,
    s.term,
    s.shown,
    s.word_index,
    s.turn_index,
    s.speaker,
    s.start_ms,
    s.end_ms,
    s.struck,
    s.day
FROM split_words AS s
