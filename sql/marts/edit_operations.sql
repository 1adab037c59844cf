-- mart: edit_operations
-- grain: transcript
-- key: provider, recording_id, variant, operation_index
-- stored: no
-- dialect: duckdb
-- description:
--   One row per word of the machine's transcript (Temi keeps it) or of what an editor made of it, aligned by least edits. Not portable:
--   the alignment is a function of this package (rapidfuzz, from Python), because SQL has none. It answers positions
--   only, and the words are joined to them: the two lists never stand on a row each, so memory is linear.
-- columns:
--   operation_index INTEGER: order of the alignment, from 0
--   kind VARCHAR: hit, substitution, deletion (the machine missed a word) or insertion (the machine made one up)
--   machine_term VARCHAR: the machine's word; NULL for a deletion
--   latest_term VARCHAR: the editor's word; NULL for an insertion
--   machine_speaker VARCHAR: the machine's label of the speaker
--   latest_speaker VARCHAR: the editor's label; for an insertion that of the word before
WITH compared AS (
    SELECT
        w.provider,
        w.recording_id,
        w.variant,
        w.term,
        w.speaker,
        row_number() OVER (PARTITION BY w.provider, w.recording_id, w.variant ORDER BY w.position) - 1 AS nth
    FROM spoken_words AS w
    JOIN transcripts AS m ON m.provider = w.provider AND m.recording_id = w.recording_id AND m.variant = 'machine'
    JOIN transcripts AS l ON l.provider = w.provider AND l.recording_id = w.recording_id AND l.variant = 'latest'
    WHERE w.variant IN ('machine', 'latest') AND NOT coalesce(w.struck, false)
),
sides AS (
    SELECT
        provider,
        recording_id,
        list(term ORDER BY nth) FILTER (WHERE variant = 'machine') AS machine_terms,
        list(term ORDER BY nth) FILTER (WHERE variant = 'latest') AS latest_terms
    FROM compared
    GROUP BY provider, recording_id
),
aligned AS MATERIALIZED (
    SELECT provider, recording_id, align(machine_terms, latest_terms) AS operations
    FROM sides
),
unnested AS (
    SELECT
        provider,
        recording_id,
        unnest(operations) AS operation,
        generate_subscripts(operations, 1) - 1 AS operation_index
    FROM aligned
),
placed AS (
    SELECT
        provider,
        recording_id,
        operation_index,
        operation.machine_position AS machine_position,
        operation.latest_position AS latest_position,
        coalesce(
            max(operation.latest_position) OVER (
                PARTITION BY provider, recording_id ORDER BY operation_index
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ),
            0
        ) AS beside
    FROM unnested
)
SELECT
    p.provider,
    p.recording_id,
    'latest' AS variant,
    p.operation_index,
    CASE
        WHEN p.machine_position IS NULL THEN 'deletion'
        WHEN p.latest_position IS NULL THEN 'insertion'
        WHEN m.term = l.term THEN 'hit'
        ELSE 'substitution'
    END AS kind,
    m.term AS machine_term,
    CASE WHEN p.latest_position IS NOT NULL THEN l.term END AS latest_term,
    m.speaker AS machine_speaker,
    l.speaker AS latest_speaker
FROM placed AS p
LEFT JOIN compared AS m
    ON m.provider = p.provider
    AND m.recording_id = p.recording_id
    AND m.variant = 'machine'
    AND m.nth = p.machine_position
LEFT JOIN compared AS l
    ON l.provider = p.provider AND l.recording_id = p.recording_id AND l.variant = 'latest' AND l.nth = p.beside
