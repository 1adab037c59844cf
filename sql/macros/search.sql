-- search(phrase, in_provider, in_recording, in_variant, by_speaker, since, until, around): every place where the phrase
-- is said, in the final text, across turns too, whatever its case and accents. The last word may end in * for "begins
-- with". Filters are NULL for no limit, in_variant is 'latest' unless given; `around` is how many words to show before
-- and after, 0 to 60.
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
    around := 8
) AS TABLE
WITH folded AS (
    SELECT
        regexp_extract_all(
            regexp_replace(
                strip_accents(lower(regexp_replace(phrase, '[''’]', '', 'g'))),
                '([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])',
                ' \1 ',
                'g'
            ),
            '[\p{L}\p{N}\p{M}]+'
        ) AS tokens,
        ends_with(trim(phrase), '*') AS by_prefix,
        greatest(0, least(60, around)) AS width
),
asked AS (
    SELECT
        unnest(f.tokens) AS token,
        generate_subscripts(f.tokens, 1) - 1 AS nth,
        len(f.tokens) AS word_count,
        f.by_prefix
    FROM folded AS f
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
        AND starts_with(
            i.token,
            list_extract(
                regexp_extract_all(
                    regexp_replace(
                        strip_accents(lower(regexp_replace(phrase, '[''’]', '', 'g'))),
                        '([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])',
                        ' \1 ',
                        'g'
                    ),
                    '[\p{L}\p{N}\p{M}]+'
                ),
                -1
            )
        )
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
    HAVING count(DISTINCT p.nth) = (SELECT len(f.tokens) FROM folded AS f)
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
starts AS (
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
    FROM starts AS s
    LEFT JOIN others AS o ON o.spot = s.spot
    GROUP BY s.spot
    HAVING count(o.spot) = (SELECT len(f.tokens) - 1 FROM folded AS f)
),
places AS (
    SELECT c.provider, c.recording_id, c.variant, CAST(s.spot % 2147483648 AS INTEGER) AS place
    FROM spots AS s
    JOIN candidates AS c ON c.number = s.spot // 2147483648
),
reached AS (
    SELECT
        p.provider,
        p.recording_id,
        p.variant,
        p.place,
        len(f.tokens) AS word_count,
        f.width,
        greatest(0, p.place - f.width) // 64 AS first_passage,
        unnest(range(greatest(0, p.place - f.width) // 64, (p.place + len(f.tokens) - 1 + f.width) // 64 + 1))
            AS passage
    FROM places AS p
    CROSS JOIN folded AS f
),
-- Which rows first, what they hold after: the lists of all other passages are then never read.
located AS MATERIALIZED (
    SELECT r.*, g.rowid AS passage_row
    FROM reached AS r
    JOIN search_passages AS g
        ON g.recording_id = r.recording_id
        AND g.passage = r.passage
        AND g.provider = r.provider
        AND g.variant = r.variant
),
passages AS MATERIALIZED (
    SELECT g.rowid AS passage_row, g.shown, g.starts, g.speakers
    FROM search_passages AS g
    WHERE g.rowid IN (SELECT l.passage_row FROM located AS l)
),
shown AS (
    SELECT
        l.provider,
        l.recording_id,
        l.variant,
        l.place,
        l.word_count,
        l.width,
        l.place - 64 * l.first_passage + 1 AS at,
        flatten(list(g.shown ORDER BY l.passage)) AS words,
        flatten(list(g.starts ORDER BY l.passage)) AS starts,
        flatten(list(g.speakers ORDER BY l.passage)) AS speakers
    FROM located AS l
    JOIN passages AS g ON g.passage_row = l.passage_row
    GROUP BY l.provider, l.recording_id, l.variant, l.place, l.word_count, l.width, l.first_passage
)
SELECT
    s.provider,
    s.recording_id,
    s.variant,
    r.name,
    s.speakers[s.at] AS speaker,
    s.starts[s.at] AS start_ms,
    array_to_string([w FOR w IN s.words[greatest(1, s.at - s.width):s.at - 1] IF w <> ''], ' ') AS before,
    array_to_string([w FOR w IN s.words[s.at:s.at + s.word_count - 1] IF w <> ''], ' ') AS match,
    array_to_string([w FOR w IN s.words[s.at + s.word_count:s.at + s.word_count - 1 + s.width] IF w <> ''], ' ')
        AS after,
    r.created_at,
    r.url || coalesce('#t=' || (s.starts[s.at] // 1000), '') AS url
FROM shown AS s
LEFT JOIN recordings AS r ON r.provider = s.provider AND r.recording_id = s.recording_id
WHERE (by_speaker IS NULL OR s.speakers[s.at] = by_speaker)
    AND (since IS NULL OR r.created_at >= since)
    AND (until IS NULL OR r.created_at < until)
ORDER BY r.created_at DESC NULLS LAST, s.provider, s.recording_id, s.variant, s.place
