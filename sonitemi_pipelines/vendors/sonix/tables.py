"""The lake tables that are Sonix's own: columns, units, meaning."""

from __future__ import annotations

import pyarrow as pa

from sonitemi_pipelines.lake.schemas import DAY, EXTRA, MS, SEEN, Column, Table, moment, text

SONIX_MEDIA = Table(
    "sonix_media",
    "One row per Sonix media file (operation media.list).",
    ("media_id",),
    (
        text("media_id", "unique identifier of the media file", key=True),
        text("name", "name given by the user; the file name by default"),
        text("status", "status as Sonix sent it: preparing, transcribing, aligning, completed, failed, blocked, ..."),
        text("language", "language code of the transcription"),
        Column("duration_ms", MS, "length of the media", "ms"),
        Column("video", pa.bool_(), "true for video, false for audio only"),
        moment("created_at", "when the media was uploaded"),
        moment("updated_at", "when the media last changed, where Sonix says so"),
        text("public_url", "shareable read-only view of the transcript"),
        text("custom_data", "JSON of the key-value pairs attached by the user"),
        text("custom_label", "label given by the user"),
        text("folder_id", "folder that holds the media; NULL in the home folder"),
        text("folder_name", "name of that folder"),
        text("duplicate_media_id", "for status 'duplicate': the media it repeats"),
        EXTRA,
        *SEEN,
        DAY,
    ),
)

SONIX_FOLDERS = Table(
    "sonix_folders",
    "One row per Sonix folder (operation folders.list).",
    ("folder_id",),
    (
        text("folder_id", "unique identifier of the folder", key=True),
        text("name", "name with its path; Sonix sends it as `name` or as `email`"),
        text("access_control", "internal, external or restricted"),
        Column("restricted_users", pa.list_(pa.string()), "e-mail addresses a restricted folder is open to"),
        EXTRA,
        *SEEN,
    ),
)

SONIX_USERS = Table(
    "sonix_users",
    "One row per user of the Sonix account (operation users.list).",
    ("user_id",),
    (
        text("user_id", "unique identifier of the user", key=True),
        text("name", "name of the user"),
        text("email", "e-mail address of the user"),
        text("role", "role in the account"),
        EXTRA,
        *SEEN,
    ),
)

SONIX_SHARES = Table(
    "sonix_shares",
    "One row per media and person it is shared with (operation shares.list): of media that `reconcile` reads again, as "
    "of its last look; Sonix has no list of all shares.",
    ("media_id", "email"),
    (
        text("media_id", "media that is shared", key=True),
        text("email", "e-mail address of the person", key=True),
        Column("can_edit", pa.bool_(), "true when the person may edit, false for reading only"),
        EXTRA,
        *SEEN,
    ),
)

SONIX_BATCH_SUMMARIES = Table(
    "sonix_batch_summaries",
    "One row per media in a batch summarization; one row without media while the batch is processing.",
    ("batch_id", "media_id"),
    (
        text("batch_id", "unique identifier of the batch summarization", key=True),
        text("media_id", "media the summary is of; NULL while the batch is processing"),
        text("folder_id", "folder the batch was asked for"),
        text("prompt", "what was asked"),
        text("status", "status as Sonix sent it: processing, completed, ..."),
        moment("created_at", "when the batch was asked for"),
        text("summary", "the answer"),
        moment("fetched_at", "when the answer was fetched"),
        text("transcript_revision", "revision of the media's latest transcript when the answer was fetched"),
        Column("stale", pa.bool_(), "true when the transcript changed after the answer was fetched"),
        EXTRA,
    ),
)

SONIX_SUMMARIES = Table(
    "sonix_summaries",
    "One row per summarization this package asked for (Sonix has no list of them).",
    ("summarization_id",),
    (
        text("summarization_id", "unique identifier of the summarization", key=True),
        text("media_id", "media the summary is of"),
        text("prompt", "what was asked"),
        text("status", "status as Sonix sent it: processing, completed, ..."),
        text("summary", "the answer; NULL until completed"),
        moment("created_at", "when it was asked for"),
        moment("fetched_at", "when the answer was fetched"),
        text("transcript_revision", "revision of the media's latest transcript when the answer was fetched"),
        Column("stale", pa.bool_(), "true when the transcript changed after the answer was fetched"),
        EXTRA,
    ),
)

SONIX_TRANSLATIONS = Table(
    "sonix_translations",
    "One row per translation this package asked for or was told of.",
    ("media_id", "language"),
    (
        text("media_id", "media that is translated", key=True),
        text("language", "language code translated to", key=True),
        text("status", "status as Sonix sent it: queued, processing, completed, failed, ..."),
        moment("created_at", "when it was asked for"),
        moment("changed_at", "when a sync last saw it differ"),
        EXTRA,
    ),
)

TABLES = (
    SONIX_MEDIA,
    SONIX_FOLDERS,
    SONIX_USERS,
    SONIX_SHARES,
    SONIX_BATCH_SUMMARIES,
    SONIX_SUMMARIES,
    SONIX_TRANSLATIONS,
)
