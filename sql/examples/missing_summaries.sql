-- Which recordings still lack a summary, or have one of an older transcript?
SELECT name, media_id, prompt, summarized, stale
FROM summary_coverage
WHERE NOT summarized OR stale
ORDER BY prompt NULLS LAST, name, media_id
