"""Sonix into the lake: media, folders and users as lists, and which of its transcripts to fetch."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Collection, Iterable
from itertools import islice
from typing import TypeVar

import pyarrow.compute as pc

from sonitemi_pipelines.api.listing import Records
from sonitemi_pipelines.api.sent import Known
from sonitemi_pipelines.api.sonix.client import SonixClient
from sonitemi_pipelines.api.sonix.models import Folder, Media, User
from sonitemi_pipelines.clock import utc_now
from sonitemi_pipelines.errors import ApiError, MalformedAnswerError
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.lake.schemas import Table
from sonitemi_pipelines.lake.store import Lake
from sonitemi_pipelines.sync.answers import Answers, ask_each
from sonitemi_pipelines.sync.lists import (
    ListChange,
    Row,
    day_of,
    each_row,
    forgotten_ids,
    json_or_none,
    known_rows,
    masked,
    merge_list,
    milliseconds,
)
from sonitemi_pipelines.sync.memo import Memo
from sonitemi_pipelines.sync.rows import Taken, again, take, take_known, told
from sonitemi_pipelines.sync.scope import Scope
from sonitemi_pipelines.sync.transcripts import Wanted, known_transcripts
from sonitemi_pipelines.sync.whose import check_first
from sonitemi_pipelines.vendors.sonix.tables import SONIX_FOLDERS, SONIX_MEDIA, SONIX_TRANSLATIONS, SONIX_USERS

PROVIDER = "sonix"
T = TypeVar("T")

_FIRST = 100
"""Media by which an account is known before its whole list is read: a page at most."""
ROOT_FOLDER = "root"
"""The list names so the folder of media that are in no folder."""


def sync_media(
    lake: Lake, client: SonixClient, scope: Scope, *, in_flight: int, other_account: bool = False
) -> ListChange:
    """Bring `sonix_media` to what the vendor has; run `sync_folders` first, so that folder names are known."""
    now = utc_now()
    folders = known_rows(lake, SONIX_FOLDERS)
    folder_names = {id_: row["name"] for id_, row in folders.items()}

    def look_up(ids: list[str]) -> Answers[str, Row]:
        answers = ask_each(ids, client.media.get, in_flight=in_flight)
        rows = {id_: _media_row(media, media.folder_id, folder_names) for id_, media in answers.found.items()}
        return Answers(rows, answers.gone, answers.problems)

    if scope.ids is not None:
        return merge_list(
            lake, SONIX_MEDIA, [], now, complete=False, provider=PROVIDER, look_up=look_up, asked=sorted(scope.ids)
        )
    known = set(lake.read(SONIX_MEDIA, ["media_id"])["media_id"].to_pylist())

    def goes_on(head: list[str]) -> bool:
        # News that fills the head of the list goes on behind it, where a deletion in mid-paging would hide a media that
        # no earlier run knows of. Known ones that a walk misses are looked up by id instead.
        return bool(head) and head[-1] not in known

    alive = [id_ for id_, row in folders.items() if row["deleted_at"] is None and row["name"] != ROOT_FOLDER]
    memo = Memo(lake, SONIX_MEDIA, client.session.fingerprint)
    folder_of, unread = _folder_of_media(client, alive, in_flight, memo.known())

    def row_of(media: Media) -> Row:
        row = _media_row(media, folder_of.get(media.id), folder_names)
        if unread and media.id not in folder_of:
            # It may lie in a folder that could not be listed: what was known stays known.
            del row["folder_id"], row["folder_name"]
        return row

    named = {id_: json.dumps([id_, folder_names.get(id_)]) for id_ in {*folder_of.values()}}

    def beside(media_id: str) -> str:
        return named[folder_of[media_id]] if media_id in folder_of else "" if not unread else "unread"

    def media_by(read: Callable[[], Records[Media]], erased: Callable[[], Collection[str]] | None = None) -> Taken:
        return take_known(SONIX_MEDIA, read, row_of, memo, beside, erased)

    taken = media_by(lambda: client.media.list(rewalk=goes_on), lambda: forgotten_ids(lake, PROVIDER))
    change = merge_list(
        lake,
        SONIX_MEDIA,
        taken.rows,
        now,
        complete=taken.proven,
        provider=PROVIDER,
        look_up=look_up,
        read_again=again(lambda: media_by(client.media.list)),
        fingerprint=client.session.fingerprint,
        other_account=other_account,
    )
    change = dataclasses.replace(change, problems=(*change.problems, *unread))
    return told(lake, change, PROVIDER, SONIX_MEDIA, taken)


def sync_folders(lake: Lake, client: SonixClient, *, other_account: bool = False) -> ListChange:
    """Bring `sonix_folders` to what the vendor has.

    Raises:
        AccountError: the media that the key shows are none of this lake's.
    """
    if not other_account:

        def first_ids() -> list[str]:
            return [media.id for media in islice(client.media.list(), _FIRST)]

        check_first(lake, SONIX_MEDIA, PROVIDER, client.session.fingerprint, first_ids)
    return _side_list(lake, SONIX_FOLDERS, client.folders.list, _folder_row)


def sync_users(lake: Lake, client: SonixClient) -> ListChange:
    """Bring `sonix_users` to what the vendor has."""
    return _side_list(lake, SONIX_USERS, client.users.list, _user_row)


def _side_list(lake: Lake, table: Table, read: Callable[[], Iterable[T]], make_row: Callable[[T], Row]) -> ListChange:
    """A list that no transcript waits for: whatever it fails with is told of, and stops nothing."""
    try:
        taken = take(table, read(), make_row)
    except ApiError as error:
        return ListChange(table.name, lake.read(table, [table.key[0]]).num_rows, 0, 0, 0, problems=(str(error),))
    change = merge_list(lake, table, taken.rows, utc_now(), complete=taken.whole)
    return told(lake, change, PROVIDER, table, taken)


def wanted_transcripts(lake: Lake, scope: Scope) -> list[Wanted]:
    """Completed media whose transcript, or a finished translation of it, the lake lacks or may have an old one of."""
    known = known_transcripts(lake, PROVIDER)
    recent = utc_now() - dt.timedelta(days=scope.reread_days)
    translated: dict[str, dict[str, dt.datetime | None]] = {}
    for row in lake.read(SONIX_TRANSLATIONS, ["media_id", "language", "status", "changed_at"]).to_pylist():
        if row["status"] == "completed":
            translated.setdefault(row["media_id"], {})[row["language"]] = row["changed_at"]
    columns = ["media_id", "name", "language", "duration_ms", "created_at", "updated_at", "day"]
    columns += ["first_seen_at", "changed_at"]
    completed = lake.read(
        SONIX_MEDIA, columns, filters=(pc.field("status") == "completed") & pc.field("deleted_at").is_null()
    )
    erased = forgotten_ids(lake, PROVIDER)
    wanted = []
    for media in each_row(completed):
        media_id, created_at, updated_at = media["media_id"], media["created_at"], media["updated_at"]
        if media_id in erased or not scope.covers(media_id, created_at):
            continue
        translations = translated.get(media_id, {})
        for language in (None, *sorted(translations)):
            variant = "latest" if language is None else f"translation-{language}"
            have = known.get((media_id, variant))
            translated_again = False
            if have is not None and not scope.refetch:
                edited = updated_at is not None and updated_at != have.source_modified_at
                reread = scope.reread_days > 0 and _young_since(media) >= recent
                translated_at = translations.get(language) if language is not None else None
                translated_again = translated_at is not None and translated_at > have.fetched_at
                if not (edited or reread or translated_again):
                    continue
            source = Source(
                provider=PROVIDER,
                recording_id=media_id,
                variant=variant,
                day=media["day"],
                fetched_at=utc_now(),
                title=media["name"],
                language=language or media["language"],
                duration_ms=media["duration_ms"],
                source_modified_at=updated_at,
            )
            wanted.append(Wanted(source, None if scope.refetch else have, renew=translated_again))
    return wanted


def _young_since(media: Row) -> dt.datetime:
    """When the media was created, or last changed under our eyes: one that finished late is young although it is old.

    What a first sync finds has changed at no time that we know of, so it does not count as young all at once.
    """
    changed: dt.datetime = media["changed_at"]
    created: dt.datetime = media["created_at"] or media["first_seen_at"]
    return max(created, changed) if changed > media["first_seen_at"] else created


def fetch_transcript(client: SonixClient, source: Source) -> bytes:
    """The payload of one transcript variant (operation transcripts.get_json)."""
    language = source.variant.removeprefix("translation-") if source.variant != "latest" else None
    return client.transcripts.get_json_bytes(source.recording_id, language=language)


def _folder_of_media(
    client: SonixClient, folder_ids: list[str], in_flight: int, known: Known
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Media id -> folder id: a listing does not say it, but can be narrowed to a folder. And the folders that could not
    be listed, in words.
    """

    def media_in(folder_id: str) -> list[str]:
        listing = client.media.list(folder_id=folder_id)
        found = [row.id for row in listing.rows(known)]
        if not listing.complete:
            raise MalformedAnswerError(PROVIDER, "media.list", vendor_message=listing.why, advice="run again")
        return found

    # A folder that is gone went between the list of folders and this call.
    answers = ask_each(folder_ids, media_in, in_flight=in_flight)
    unread = tuple(f"which media lie in sonix folder {problem}" for problem in answers.problems)
    return {media_id: id_ for id_, ids in answers.found.items() for media_id in ids}, unread


def _folder_row(folder: Folder) -> Row:
    return {
        "folder_id": folder.id,
        "name": folder.name,
        "access_control": folder.access_control,
        "restricted_users": folder.restricted_users,
        "extra": json_or_none(folder.extra),
    }


def _user_row(user: User) -> Row:
    return {
        "user_id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "extra": json_or_none(user.extra),
    }


def _media_row(media: Media, folder_id: str | None, folder_names: dict[str, str | None]) -> Row:
    folder_name = folder_names.get(folder_id, media.folder_name) if folder_id is not None else None
    row: Row = {
        "media_id": media.id,
        "name": media.name,
        "status": media.status,
        "language": media.language,
        "duration_ms": milliseconds(media.duration),
        "video": media.video,
        "created_at": media.created_at,
        "folder_id": folder_id if folder_name != ROOT_FOLDER else None,
        "folder_name": folder_name if folder_name != ROOT_FOLDER else None,
        "duplicate_media_id": media.duplicate_media_id,
        "day": day_of(media.created_at),
    }
    # A list answer may leave out what the answer for a single media holds; what was known then stays known.
    sparse = {
        "updated_at": media.updated_at,
        "public_url": masked(media.public_url),
        "custom_data": json_or_none(media.custom_data),
        "custom_label": media.custom_label,
        "extra": json_or_none(media.extra),
    }
    return row | {name: value for name, value in sparse.items() if value is not None}
