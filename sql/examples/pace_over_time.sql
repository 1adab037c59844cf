-- How does the pace of a conversation change, minute by minute?
SELECT minute, speaker, words, round(speaking_ms / 1000) AS seconds, round(speech_rate_wpm) AS wpm
FROM speech_rate_timeline
WHERE variant = 'latest'
    AND (provider, recording_id) IN (SELECT (provider, recording_id) FROM conversation_stats ORDER BY words DESC, recording_id LIMIT 1)
ORDER BY minute, speaker
