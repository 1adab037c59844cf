"""Fills the accounts: the demo's recordings, folders and users, or real payloads from a folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sonitemi_pipelines.errors import SettingsError
from sonitemi_pipelines.sandbox.conversations import setting
from sonitemi_pipelines.sandbox.sonix_tasks import add_batch
from sonitemi_pipelines.sandbox.state import Folder, Job, Media, User
from sonitemi_pipelines.sandbox.vendors import Vendors

REAL_CREATED_AT = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
_SPREAD_DAYS = 30
_FOLDERS = ("Podcasts", "Interviews", "Support calls")
_USERS = (("Ada Osei", "ada@example.com", "admin"), ("Leo Brandt", "leo@example.com", "producer"),
          ("Mai Tanaka", "mai@example.com", "view_only"))  # fmt: skip
_LANGUAGES = ("en", "en", "en-GB", "es", "en", "fr", "en", "de", "en", "ar", "en", "ja", "en")
# Place from the newest -> state; every other recording is complete.
_SONIX_STATES = {
    1: "transcribing", 3: "preparing", 6: "aligning", 8: "transcribing", 12: "failed", 17: "blocked",
    22: "duplicate", 29: "needs_review",
}  # fmt: skip
_TEMI_STATES = {
    0: "in_progress", 4: "in_progress", 7: "failed", 11: "failed", 16: "failed", 21: "failed",
}  # fmt: skip
_TEMI_EDITED = {2: 1, 3: 2, 6: 1, 9: 1, 13: 3, 18: 1, 24: 1}
FAILURES = {
    "download_failure": "Failed to download source file",
    "invalid_media": "The file holds no audio",
    "insufficient_balance": "The account balance did not cover the file",
    "unspecified": "Something went wrong",
}
_OLD_SPELLINGS = {"download_failure": "sourceDownload", "unspecified": "transcription"}


def populate(vendors: Vendors, sonix: int, temi: int, minutes: tuple[float, float], now: datetime) -> None:
    """Recordings over the 30 days before `now`, newest first; what they are depends on the seed and the place only."""
    _add_account(vendors)
    step = timedelta(days=_SPREAD_DAYS) / max(1, sonix, temi)
    for place in reversed(range(sonix)):
        _add_demo_media(vendors, place, now - step * place - timedelta(minutes=20), minutes)
    for place in reversed(range(temi)):
        _add_demo_job(vendors, place, now - step * place - timedelta(minutes=35), minutes)
    _add_batches(vendors)


def _add_account(vendors: Vendors) -> None:
    account = vendors.sonix
    for name in ("root", *_FOLDERS):
        folder = Folder(vendors.new_id(), name)
        if name == "Interviews":
            folder.access_control, folder.restricted_users = "restricted", ("ada@example.com", "leo@example.com")
        account.folders[folder.id] = folder
    for name, email, role in _USERS:
        user = User(vendors.new_id(), name, email, role)
        account.users[user.id] = user


def new_media(
    vendors: Vendors, created_at: datetime, minutes: tuple[float, float], status: str, language: str | None = None
) -> Media:
    """Media with a conversation behind it, added to the account."""
    media_id = vendors.new_id()
    random = Random(f"{vendors.seed}/media/{media_id}")
    if language is None:
        odd = random.random() < vendors.quirks.odd_languages
        language = "cmn-Hans-CN" if odd else random.choice(_LANGUAGES)
    scene = setting(f"{vendors.seed}/{media_id}", language)
    folders = {folder.name: folder.id for folder in vendors.sonix.folders.values()}
    media = Media(
        media_id,
        created_at,
        scene.title,
        status,
        language,
        duration=round(random.uniform(*minutes) * 60, 2),
        video=random.random() < 0.2,
        folder_id=folders.get(scene.folder) if random.random() < 0.85 else None,
        seed=str(vendors.seed),
        title=scene.title,
    )
    if random.random() < 0.25:
        media.custom_data = {"internal_id": str(random.randrange(100_000, 999_999))}
    if random.random() < 0.2:
        media.custom_label = random.choice(("In Progress", "Checked", "Published"))
    vendors.sonix.media.add(media)
    return media


def new_job(vendors: Vendors, created_at: datetime, minutes: tuple[float, float], status: str) -> Job:
    """A job with a conversation behind it, added to the account."""
    job_id = vendors.new_job_id()
    random = Random(f"{vendors.seed}/job/{job_id}")
    seconds = random.uniform(*minutes) * 60
    fractional = random.random() < vendors.quirks.temi_fractional_duration
    scene = setting(f"{vendors.seed}/{job_id}", "en")
    job = Job(
        job_id,
        created_at,
        f"{scene.title}.mp3",
        status,
        duration=round(seconds, 1) if fractional else float(round(seconds)),
        metadata=f"order {random.randrange(1000, 9999)}" if random.random() < 0.3 else None,
        seed=str(vendors.seed),
    )
    vendors.temi.jobs.add(job)
    return job


def fail_job(vendors: Vendors, job: Job, reason: str) -> None:
    """Fail a job for one of the documented reasons; at times in the vendor's older spelling."""
    old = Random(f"{vendors.seed}/spelling/{job.id}").random() < vendors.quirks.temi_old_spellings
    job.status = "failed"
    job.failure = _OLD_SPELLINGS.get(reason, reason) if old else reason
    job.failure_detail = FAILURES.get(reason)


def _add_demo_media(vendors: Vendors, place: int, created_at: datetime, minutes: tuple[float, float]) -> None:
    status = _SONIX_STATES.get(place, "completed")
    odd = status in ("duplicate", "needs_review")
    if odd and not vendors.quirks.odd_statuses:
        status = "completed"
    media = new_media(vendors, created_at, minutes, status)
    if status == "duplicate":
        media.duplicate_media_id = next(m.id for m in vendors.sonix.media if m.status in ("completed", "duplicate"))


def _add_demo_job(vendors: Vendors, place: int, created_at: datetime, minutes: tuple[float, float]) -> None:
    status = _TEMI_STATES.get(place, "transcribed")
    job = new_job(vendors, created_at, minutes, status)
    if status == "failed":
        fail_job(vendors, job, list(FAILURES)[sum(1 for p in _TEMI_STATES if 4 < p < place)])
    elif status == "in_progress" and place and vendors.quirks.temi_old_spellings:
        job.status = "inprogress"
    for _ in range(_TEMI_EDITED.get(place, 0)):
        job.latest.edit()
        job.last_modified_on = created_at + timedelta(minutes=25)


def _add_batches(vendors: Vendors) -> None:
    ids = {folder.name: folder.id for folder in vendors.sonix.folders.values()}
    if any(media.folder_id == ids["Podcasts"] for media in vendors.sonix.media):
        add_batch(vendors, ids["Podcasts"], "Summarize in two sentences").due = 0.0
        add_batch(vendors, ids["Interviews"], "What went well?").due = None


def populate_real(vendors: Vendors, folder: Path) -> None:
    """One completed media or job for each JSON file of `folder`/sonix and `folder`/temi, served byte for byte.

    Raises:
        SettingsError: the folder holds no such file, or one is not JSON.
    """
    files = [(provider, path) for provider in ("sonix", "temi") for path in sorted((folder / provider).glob("*.json"))]
    if not files:
        raise SettingsError(f"{folder} has no sonix/*.json and no temi/*.json; give a folder that holds payloads")
    for place, (provider, path) in enumerate(files):
        body = path.read_bytes()
        try:
            payload = json.loads(body)
        except ValueError as error:
            raise SettingsError(f"{path} is not JSON ({error}); take it out of the folder") from error
        created_at = REAL_CREATED_AT + timedelta(days=place)
        if provider == "sonix":
            words = [word for segment in payload.get("transcript") or [] for word in segment.get("words") or []]
            name = str(payload.get("name") or path.stem)
            media = Media(path.stem, created_at, name, "completed", duration=_last(words, "end_time"))
            media.transcript.base = body
            vendors.sonix.media.add(media)
        else:
            elements = [e for monologue in payload.get("monologues") or [] for e in monologue.get("elements") or []]
            job = Job(path.stem, created_at, f"{path.stem}.mp3", "transcribed", duration=_last(elements, "end_ts"))
            job.machine.base = body
            vendors.temi.jobs.add(job)


def _last(words: list[dict[str, Any]], end: str) -> float:
    return float(max((word[end] for word in words if word.get(end) is not None), default=0.0))
