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
WITH question AS (
    SELECT
        search_tokens(phrase) AS tokens,
        ends_with(trim(phrase), '*') AS by_prefix,
        greatest(0, least(60, around)) AS width
),
asked AS (
    SELECT
        unnest(f.tokens) AS token,
        generate_subscripts(f.tokens, 1) - 1 AS nth,
        len(f.tokens) AS word_count,
        f.by_prefix
    FROM question AS f
),
postings AS MATERIALIZED (
    SELECT i.provider, i.recording_id, i.variant, a.nth, i.occurrences, i.positions
    FROM asked AS a
    JOIN token_index AS i ON i.token = a.token
    WHERE NOT (a.by_prefix AND a.nth = a.word_count - 1)
        AND (in_provider IS NULL OR i.provider = in_provider)
        AND (in_recording IS NULL OR i.recording_id = in_recording)
        AND (in_variant IS NULL OR i.variant = in_variant)
    UNION ALL
    SELECT i.provider, i.recording_id, i.variant, a.nth, i.occurrences, i.positions
    FROM token_index AS i
    CROSS JOIN (SELECT s.nth FROM asked AS s WHERE s.by_prefix AND s.nth = s.word_count - 1) AS a
    WHERE ends_with(trim(phrase), '*')
        AND starts_with(i.token, list_extract(search_tokens(phrase), -1))
        AND (in_provider IS NULL OR i.provider = in_provider)
        AND (in_recording IS NULL OR i.recording_id = in_recording)
        AND (in_variant IS NULL OR i.variant = in_variant)
),
-- Numbered in a fixed order: older DuckDB computes this step once for each use.
candidates AS MATERIALIZED (
    SELECT
        p.provider,
        p.recording_id,
        p.variant,
        row_number() OVER (ORDER BY p.provider, p.recording_id, p.variant) AS number
    FROM postings AS p
    GROUP BY p.provider, p.recording_id, p.variant
    HAVING count(DISTINCT p.nth) = (SELECT len(f.tokens) FROM question AS f)
),
narrowed AS MATERIALIZED (
    SELECT c.number, p.nth, p.occurrences, p.positions
    FROM postings AS p
    JOIN candidates AS c
        ON c.provider = p.provider AND c.recording_id = p.recording_id AND c.variant = p.variant
),
rarest AS (
    SELECT n.nth
    FROM narrowed AS n
    GROUP BY n.nth
    ORDER BY sum(n.occurrences), n.nth
    LIMIT 1
),
-- Transcript and place in one number: frequent words have millions of places to join.
begun AS (
    SELECT n.number * 2147483648 + unnest(n.positions) - n.nth AS spot
    FROM narrowed AS n
    WHERE n.nth = (SELECT r.nth FROM rarest AS r)
),
others AS (
    SELECT n.number * 2147483648 + unnest(n.positions) - n.nth AS spot
    FROM narrowed AS n
    WHERE n.nth <> (SELECT r.nth FROM rarest AS r)
),
spots AS (
    SELECT s.spot
    FROM begun AS s
    LEFT JOIN others AS o ON o.spot = s.spot
    GROUP BY s.spot
    HAVING count(o.spot) = (SELECT len(f.tokens) - 1 FROM question AS f)
),
places AS (
    SELECT c.provider, c.recording_id, c.variant, CAST(s.spot % 2147483648 AS INTEGER) AS place
    FROM spots AS s
    JOIN candidates AS c ON c.number = s.spot // 2147483648
),
reached AS MATERIALIZED (
    SELECT
        p.provider,
        p.recording_id,
        p.variant,
        p.place,
        len(f.tokens) AS word_count,
        f.width,
        CAST(greatest(0, p.place - f.width) // 64 AS INTEGER) AS first_passage,
        CAST(
            unnest(range(greatest(0, p.place - f.width) // 64, (p.place + len(f.tokens) - 1 + f.width) // 64 + 1))
            AS INTEGER
        ) AS passage
    FROM places AS p
    CROSS JOIN question AS f
),
-- Taken out of one list, so that the planner expects few rows and reads the passages of these alone, view or table.
needed AS (
    SELECT
        unnest(
            list(
                DISTINCT {
                    'provider': r.provider,
                    'recording_id': r.recording_id,
                    'variant': r.variant,
                    'passage': r.passage
                }
            )
        ) AS one
    FROM reached AS r
),
fetched AS MATERIALIZED (
    SELECT g.provider, g.recording_id, g.variant, g.passage, g.shown, g.parts, g.starts, g.speakers
    FROM needed AS n
    JOIN search_passages AS g
        ON g.recording_id = n.one.recording_id
        AND g.passage = n.one.passage
        AND g.provider = n.one.provider
        AND g.variant = n.one.variant
),
hits AS (
    SELECT
        l.provider,
        l.recording_id,
        l.variant,
        l.place,
        l.word_count,
        l.width,
        l.place - 64 * l.first_passage + 1 AS at,
        flatten(list(g.shown ORDER BY l.passage)) AS words,
        flatten(list(g.parts ORDER BY l.passage)) AS parts,
        flatten(list(g.starts ORDER BY l.passage)) AS start_times,
        flatten(list(g.speakers ORDER BY l.passage)) AS speakers
    FROM reached AS l
    JOIN fetched AS g
        ON g.recording_id = l.recording_id
        AND g.passage = l.passage
        AND g.provider = l.provider
        AND g.variant = l.variant
    GROUP BY l.provider, l.recording_id, l.variant, l.place, l.word_count, l.width, l.first_passage
)
SELECT
    s.provider,
    s.recording_id,
    s.variant,
    r.name,
    s.speakers[s.at] AS speaker,
    s.start_times[s.at] AS start_ms,
    array_to_string(
        [s.words[i] FOR i IN range(greatest(1, s.at - s.width), s.at - s.parts[s.at]) IF s.parts[i] = 0], ' '
    ) AS before,
    array_to_string([s.words[i] FOR i IN range(s.at, s.at + s.word_count) IF i = s.at OR s.parts[i] = 0], ' ') AS match,
    array_to_string(
        [
            s.words[i]
            FOR i IN range(s.at + s.word_count, least(len(s.words) + 1, s.at + s.word_count + s.width))
            IF s.parts[i] = 0
        ],
        ' '
    ) AS after,
    r.created_at,
    r.url || coalesce('#t=' || (s.start_times[s.at] // 1000), '') AS url
FROM hits AS s
LEFT JOIN recordings AS r ON r.provider = s.provider AND r.recording_id = s.recording_id
WHERE (by_speaker IS NULL OR s.speakers[s.at] = by_speaker)
    AND (since IS NULL OR r.created_at >= since)
    AND (until IS NULL OR r.created_at < until)
    AND (with_deleted OR r.deleted_at IS NULL)
ORDER BY r.created_at DESC NULLS LAST, s.provider, s.recording_id, s.variant, s.place
