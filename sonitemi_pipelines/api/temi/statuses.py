"""What Temi calls statuses, as documented and as sibling APIs spell them."""

JOBS = {
    "in_progress": "in_progress",
    "inprogress": "in_progress",
    "transcribed": "completed",
    "completed": "completed",
    "failed": "failed",
}
