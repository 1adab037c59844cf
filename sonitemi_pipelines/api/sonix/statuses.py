"""What Sonix calls statuses, as documented and as seen."""

MEDIA = {
    "preparing": "in_progress",
    "transcribing": "in_progress",
    "aligning": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "blocked": "blocked",
    "duplicate": "duplicate",
}

TASKS = {
    "queued": "in_progress",
    "processing": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "blocked": "blocked",
}
"""Of translations, summaries, exports, burn-ins."""
