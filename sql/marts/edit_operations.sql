-- mart: edit_operations
-- grain: transcript
-- key: provider, recording_id, variant, operation_index
-- stored: no
-- dialect: duckdb
-- description:
--   One row per word of Temi's machine transcript or of what an editor made of it, aligned by least edits. Not portable:
--   the alignment is a function of this package (rapidfuzz, from Python), because SQL has none.
-- columns:
--   operation_index INTEGER: order of the alignment, from 0
--   kind VARCHAR: hit, substitution, deletion (the machine missed a word) or insertion (the machine made one up)
--   machine_term VARCHAR: the machine's word; NULL for a deletion
--   latest_term VARCHAR: the editor's word; NULL for an insertion
--   machine_speaker VARCHAR: the machine's label of the speaker
--   latest_speaker VARCHAR: the editor's label; for an insertion that of the word before
WITH sides AS (
    SELECT
        provider,
        recording_id,
        list(term ORDER BY position) FILTER (WHERE variant = 'machine') AS machine_terms,
        list(speaker ORDER BY position) FILTER (WHERE variant = 'machine') AS machine_speakers,
        list(term ORDER BY position) FILTER (WHERE variant = 'latest') AS latest_terms,
        list(speaker ORDER BY position) FILTER (WHERE variant = 'latest') AS latest_speakers
    FROM spoken_words
    WHERE provider = 'temi' AND variant IN ('machine', 'latest') AND NOT struck
    GROUP BY provider, recording_id
),
pairs AS (
    SELECT l.provider, l.recording_id
    FROM transcripts AS l
    JOIN transcripts AS m ON m.provider = l.provider AND m.recording_id = l.recording_id AND m.variant = 'machine'
    WHERE l.variant = 'latest' AND l.provider = 'temi'
),
aligned AS (
    SELECT
        p.provider,
        p.recording_id,
        s.machine_terms,
        s.machine_speakers,
        s.latest_terms,
        s.latest_speakers,
        align(coalesce(s.machine_terms, []), coalesce(s.latest_terms, [])) AS operations
    FROM pairs AS p
    JOIN sides AS s ON s.provider = p.provider AND s.recording_id = p.recording_id
),
unnested AS (
    SELECT
        provider,
        recording_id,
        machine_terms,
        machine_speakers,
        latest_terms,
        latest_speakers,
        unnest(operations) AS operation,
        generate_subscripts(operations, 1) - 1 AS operation_index
    FROM aligned
),
placed AS (
    SELECT
        provider,
        recording_id,
        operation_index,
        machine_terms[operation.machine_position + 1] AS machine_term,
        latest_terms[operation.latest_position + 1] AS latest_term,
        machine_speakers[operation.machine_position + 1] AS machine_speaker,
        latest_speakers[
            coalesce(
                max(operation.latest_position) OVER (
                    PARTITION BY provider, recording_id ORDER BY operation_index
                    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
                ),
                0
            ) + 1
        ] AS latest_speaker
    FROM unnested
)
SELECT
    provider,
    recording_id,
    'latest' AS variant,
    operation_index,
    CASE
        WHEN machine_term IS NULL THEN 'deletion'
        WHEN latest_term IS NULL THEN 'insertion'
        WHEN machine_term = latest_term THEN 'hit'
        ELSE 'substitution'
    END AS kind,
    machine_term,
    latest_term,
    machine_speaker,
    latest_speaker
FROM placed
