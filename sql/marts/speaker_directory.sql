-- mart: speaker_directory
-- grain: corpus
-- key: provider, recording_id, speaker
-- stored: no
-- shown: view
-- description:
--   One row per labelled speaker of a recording (variant latest), with the person the user says it is. Equal labels are
--   never taken for one person: only speaker_map.csv beside the warehouse (provider, recording_id, speaker, person, side)
--   joins speakers across recordings. A view over `speaker_stats`: nothing is computed until it is asked.
-- columns:
--   provider VARCHAR: 'sonix' or 'temi'
--   recording_id VARCHAR: Sonix media id or Temi job id
--   speaker VARCHAR: the label
--   person VARCHAR: who it is by the speaker map; NULL when the map does not say
--   side VARCHAR: on which side they are by the speaker map, such as host or guest; NULL when the map does not say
--   recordings_with_label BIGINT: recordings that use the same label, of whomever
--   speaking_ms BIGINT [ms]: speaking time in this recording; NULL when untimed
--   words BIGINT: words in this recording
--   person_recordings BIGINT: recordings of the person; NULL without person
--   person_speaking_ms BIGINT [ms]: speaking time of the person in all of these; NULL without person
--   person_words BIGINT: words of the person in all of these; NULL without person
WITH labelled AS (
    SELECT s.provider, s.recording_id, s.speaker, m.person, m.side, s.speaking_ms, s.words
    FROM speaker_stats AS s
    LEFT JOIN speaker_map AS m
        ON m.provider = s.provider AND m.recording_id = s.recording_id AND m.speaker = s.speaker
    WHERE s.variant = 'latest' AND s.speaker IS NOT NULL
),
people AS (
    SELECT
        person,
        count(DISTINCT concat(provider, ' ', recording_id)) AS person_recordings,
        sum(speaking_ms) AS person_speaking_ms,
        sum(words) AS person_words
    FROM labelled
    WHERE person IS NOT NULL
    GROUP BY person
)
SELECT
    l.provider,
    l.recording_id,
    l.speaker,
    l.person,
    l.side,
    count(*) OVER (PARTITION BY l.speaker) AS recordings_with_label,
    l.speaking_ms,
    l.words,
    p.person_recordings,
    p.person_speaking_ms,
    p.person_words
FROM labelled AS l
LEFT JOIN people AS p ON p.person = l.person
