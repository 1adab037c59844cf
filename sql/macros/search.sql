-- search(phrase, in_provider, in_recording, in_variant, by_speaker, since, until, around, with_deleted): every place
-- where the phrase is said, in the final text, across turns too, whatever its case and, in Latin, Greek, Hebrew and
-- Arabic script, its accents. The last word may end in * for "begins with". Filters are NULL for no limit, in_variant is
-- 'latest' unless given; `around` is how many words to show before and after, 0 to 60; recordings that are gone from the
-- vendor are found with_deleted only. A hit within a word ("known" in "well-known") shows the whole word.
--   SELECT * FROM search('pricing model');
--   SELECT * FROM search('refund*', in_provider := 'sonix', since := TIMESTAMP '2026-01-01');
CREATE OR REPLACE MACRO search(
    phrase,
    in_provider := NULL,
    in_recording := NULL,
    in_variant := 'latest',
    by_speaker := NULL,
    since := NULL,
    until := NULL,
    around := 8,
    with_deleted := false
) AS TABLE
-- Subqueries all the way: DuckDB 1.4.0 and 1.4.1 lose the CTEs of a macro that another version wrote.
SELECT
    s.provider,
    s.recording_id,
    s.variant,
    r.name,
    s.speakers[s.item] AS speaker,
    s.start_ms,
    array_to_string(
        [s.words[i] FOR i IN range(greatest(1, s.item - s.width), s.item - s.parts[s.item]) IF s.parts[i] = 0], ' '
    ) AS before,
    array_to_string(
        [s.words[i] FOR i IN range(s.item, s.item + s.word_count) IF i = s.item OR s.parts[i] = 0], ' '
    ) AS match,
    array_to_string(
        [
            s.words[i]
            FOR i IN range(s.item + s.word_count, least(len(s.words) + 1, s.item + s.word_count + s.width))
            IF s.parts[i] = 0
        ],
        ' '
    ) AS after,
    r.created_at,
    r.url || coalesce('#t=' || (s.start_ms // 1000), '') AS url
FROM (
    -- The words around each place, from the one or two passages that hold them.
    SELECT
        n.one.provider AS provider,
        n.one.recording_id AS recording_id,
        n.one.variant AS variant,
        n.one.place AS place,
        n.one.word_count AS word_count,
        n.one.width AS width,
        n.one.place - 64 * n.one.first_passage + 1 AS item,
        flatten(list(g.shown ORDER BY g.passage)) AS words,
        flatten(list(g.parts ORDER BY g.passage)) AS parts,
        max(g.starts[n.one.place % 64 + 1] * g.unit_ms) FILTER (WHERE g.passage = n.one.place // 64) AS start_ms,
        flatten(list(g.speakers ORDER BY g.passage)) AS speakers
    FROM (
        -- Taken out of one list, so that the planner expects few rows and reads the passages of these alone; with the
        -- day, by which a file holds its recordings together.
        SELECT
            unnest(
                list(
                    {
                        'provider': w.provider,
                        'recording_id': w.recording_id,
                        'variant': w.variant,
                        'day': w.day,
                        'place': w.place,
                        'word_count': w.word_count,
                        'width': w.width,
                        'first_passage': w.first_passage,
                        'passage': w.passage
                    }
                )
            ) AS one
        FROM (
            SELECT
                p.provider,
                p.recording_id,
                p.variant,
                p.day,
                p.place,
                p.word_count,
                p.width,
                CAST(greatest(0, p.place - p.width) // 64 AS INTEGER) AS first_passage,
                CAST(
                    unnest(
                        range(
                            greatest(0, p.place - p.width) // 64, (p.place + p.word_count - 1 + p.width) // 64 + 1
                        )
                    ) AS INTEGER
                ) AS passage
            FROM (
                -- Where as many of its words fall on one place, counted back to the first, as the phrase has.
                SELECT
                    c.provider,
                    c.recording_id,
                    c.variant,
                    c.day,
                    c.word_count,
                    greatest(0, least(60, around)) AS width,
                    unnest(
                        CASE
                            WHEN c.word_count = 1 THEN c.spots
                            ELSE [
                                e.key FOR e IN map_entries(list_histogram(c.spots)) IF e.value = c.word_count
                            ]
                        END
                    ) AS place
                FROM (
                    SELECT
                        f.provider,
                        f.recording_id,
                        f.variant,
                        f.day,
                        f.word_count,
                        flatten(list([place - f.nth FOR place IN f.positions])) AS spots
                    FROM (
                        SELECT i.provider, i.recording_id, i.variant, i.day, a.word_count, a.nth, i.positions
                        FROM (
                            SELECT
                                unnest(search_tokens(phrase)) AS token,
                                CAST(generate_subscripts(search_tokens(phrase), 1) - 1 AS INTEGER) AS nth,
                                CAST(len(search_tokens(phrase)) AS INTEGER) AS word_count
                        ) AS a
                        JOIN token_index AS i ON i.token = a.token
                        WHERE NOT (ends_with(trim(phrase), '*') AND a.nth = a.word_count - 1)
                            AND (in_provider IS NULL OR i.provider = in_provider)
                            AND (in_recording IS NULL OR i.recording_id = in_recording)
                            AND (in_variant IS NULL OR i.variant = in_variant)
                        UNION ALL
                        SELECT
                            i.provider,
                            i.recording_id,
                            i.variant,
                            i.day,
                            CAST(len(search_tokens(phrase)) AS INTEGER) AS word_count,
                            CAST(len(search_tokens(phrase)) - 1 AS INTEGER) AS nth,
                            i.positions
                        FROM token_index AS i
                        WHERE ends_with(trim(phrase), '*')
                            AND starts_with(i.token, list_extract(search_tokens(phrase), -1))
                            AND (in_provider IS NULL OR i.provider = in_provider)
                            AND (in_recording IS NULL OR i.recording_id = in_recording)
                            AND (in_variant IS NULL OR i.variant = in_variant)
                    ) AS f
                    GROUP BY f.provider, f.recording_id, f.variant, f.day, f.word_count
                    HAVING count(DISTINCT f.nth) = f.word_count
                ) AS c
            ) AS p
        ) AS w
    ) AS n
    JOIN search_passages AS g
        ON g.recording_id = n.one.recording_id
        AND g.day = n.one.day
        AND g.passage = n.one.passage
        AND g.provider = n.one.provider
        AND g.variant = n.one.variant
    GROUP BY
        n.one.provider,
        n.one.recording_id,
        n.one.variant,
        n.one.place,
        n.one.word_count,
        n.one.width,
        n.one.first_passage
) AS s
LEFT JOIN recordings AS r ON r.provider = s.provider AND r.recording_id = s.recording_id
WHERE (by_speaker IS NULL OR s.speakers[s.item] = by_speaker)
    AND (since IS NULL OR r.created_at >= since)
    AND (until IS NULL OR r.created_at < until)
    AND (with_deleted OR r.deleted_at IS NULL)
ORDER BY r.created_at DESC NULLS LAST, s.provider, s.recording_id, s.variant, s.place
