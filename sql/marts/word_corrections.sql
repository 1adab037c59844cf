-- mart: word_corrections
-- grain: transcript
-- key: provider, recording_id, variant, machine_term, latest_term
-- shown: view
-- description:
--   One row per edited Temi transcript and correction: which word of the machine became which word of the editor.
-- columns:
--   machine_term VARCHAR: the machine's word; NULL where it missed one
--   latest_term VARCHAR: the editor's word; NULL where the machine made one up
--   kind VARCHAR: substitution, deletion or insertion
--   occurrences BIGINT: how often
SELECT
    provider,
    recording_id,
    variant,
    machine_term,
    latest_term,
    max(kind) AS kind,
    count(*) AS occurrences
FROM edit_operations
WHERE kind <> 'hit'
GROUP BY provider, recording_id, variant, machine_term, latest_term
