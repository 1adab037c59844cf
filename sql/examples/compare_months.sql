-- How do people talk, month by month, rates pooled over all that was said?
SELECT
    item AS month,
    recordings,
    round(speaking_ms / 3600000, 1) AS hours,
    round(speech_rate_wpm) AS wpm,
    round(mean_turn_ms / 1000, 1) AS seconds_a_turn,
    round(questions_per_hour) AS questions_per_hour
FROM comparisons
WHERE dimension = 'month'
ORDER BY month DESC
