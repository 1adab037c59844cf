"""The lake tables that are Temi's own: columns, units, meaning."""

from __future__ import annotations

from sonitemi_pipelines.lake.schemas import DAY, EXTRA, MONEY, MS, SEEN, Column, Table, moment, text

TEMI_JOBS = Table(
    "temi_jobs",
    "One row per Temi job (operation jobs.list).",
    ("job_id",),
    (
        text("job_id", "unique identifier of the job", key=True),
        text("name", "name of the file as Temi shows it"),
        text("status", "status as Temi sent it: in_progress, transcribed, failed, ..."),
        moment("created_at", "when the job was created"),
        moment("last_modified_at", "when the transcript was last modified in the editor; NULL when never"),
        Column("duration_ms", MS, "length of the media", "ms"),
        text("web_url", "the editor's page of the transcript"),
        text("callback_url", "URL called when the job ends"),
        text("metadata", "text attached when the job was submitted"),
        text("failure", "failure reason: unspecified, download_failure, insufficient_balance, invalid_media, ..."),
        text("failure_detail", "why it failed, in words"),
        EXTRA,
        *SEEN,
        DAY,
    ),
)

TEMI_ACCOUNT_BALANCE = Table(
    "temi_account_balance",
    "One row per observation of the Temi account balance (operation account.get).",
    ("observed_at",),
    (
        moment("observed_at", "when the balance was read"),
        Column("balance", MONEY, "prepaid credit left", "USD"),
        EXTRA,
    ),
)

TABLES = (TEMI_JOBS, TEMI_ACCOUNT_BALANCE)
