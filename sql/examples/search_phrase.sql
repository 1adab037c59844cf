-- Where did somebody say "thank you", and what was said around it?
SELECT name, speaker, start_ms // 1000 AS second, before, match, after, url
FROM search('thank you')
LIMIT 20
