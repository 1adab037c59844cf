"""The exact bytes of every transcript: generated when first asked for, the same for the same version each time."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from random import Random

import msgspec

from sonitemi_pipelines.sandbox.conversations import converse
from sonitemi_pipelines.sandbox.payloads import Payload, edit_sonix, edit_temi, sonix_payload, temi_payload
from sonitemi_pipelines.sandbox.quirks import Quirks
from sonitemi_pipelines.sandbox.state import Job, Media, Revisions

_CACHED_BYTES = 64 * 2**20


class Bodies:
    """Transcript JSON by recording and variant. Callers hold the sandbox's lock."""

    def __init__(self, quirks: Quirks) -> None:
        self._quirks = quirks
        self._cache: OrderedDict[tuple[str, str, str, int], bytes] = OrderedDict()
        self._cached_bytes = 0
        self._digests: dict[tuple[str, str, str], tuple[int, str]] = {}

    def sonix(self, media: Media, language: str | None = None) -> bytes:
        """The original, or the translation into `language` (KeyError when there is none)."""
        if language is None:
            return self._body("sonix", media.id, "latest", media.transcript, lambda: self._new_sonix(media, None))
        revisions = media.translations[language]
        variant = f"translation-{language}"
        return self._body("sonix", media.id, variant, revisions, lambda: self._new_sonix(media, language))

    def temi(self, job: Job, variant: str) -> bytes:
        """`variant` is 'latest' or 'machine'; they are the same bytes until somebody edits the job."""
        if variant == "machine":
            return self._body("temi", job.id, "machine", job.machine, lambda: self._new_temi(job))
        if job.latest.version == 0:
            return self.temi(job, "machine")

        def start() -> Payload:
            found: Payload = msgspec.json.decode(self.temi(job, "machine"))
            return found

        return self._body("temi", job.id, "latest", job.latest, start)

    def digest(self, provider: str, record: Media | Job, variant: str) -> str:
        """sha256 of the body, in hex; computed once a version."""
        revisions = self._revisions(record, variant)
        key = (provider, record.id, variant)
        known = self._digests.get(key)
        if known is not None and known[0] == revisions.version:
            return known[1]
        digest = hashlib.sha256(self.of(record, variant)).hexdigest()
        self._digests[key] = (revisions.version, digest)
        return digest

    def of(self, record: Media | Job, variant: str) -> bytes:
        if isinstance(record, Job):
            return self.temi(record, variant)
        return self.sonix(record, None if variant == "latest" else variant.removeprefix("translation-"))

    def _revisions(self, record: Media | Job, variant: str) -> Revisions:
        if isinstance(record, Job):
            return record.machine if variant == "machine" else record.latest
        return record.transcript if variant == "latest" else record.translations[variant.removeprefix("translation-")]

    def _body(
        self, provider: str, record_id: str, variant: str, revisions: Revisions, generate: Callable[[], Payload]
    ) -> bytes:
        key = (provider, record_id, variant, revisions.version)
        cached = self._cache.get(key)
        if cached is not None:
            self._cache.move_to_end(key)
            return cached
        body = revisions.base
        if body is None or revisions.edits:
            payload = generate() if body is None else msgspec.json.decode(body)
            for edit in range(revisions.edits):
                random = Random(f"{provider}/{record_id}/{variant}/edit/{revisions.version - revisions.edits + edit}")
                if provider == "sonix":
                    edit_sonix(payload, random)
                else:
                    edit_temi(payload, random, self._quirks)
            body = msgspec.json.encode(payload)
        self._cache[key] = body
        self._cached_bytes += len(body)
        while self._cached_bytes > _CACHED_BYTES and len(self._cache) > 1:
            self._cached_bytes -= len(self._cache.popitem(last=False)[1])
        return body

    def _new_sonix(self, media: Media, language: str | None) -> Payload:
        seed = f"{media.seed}/{media.id}"
        talk = converse(seed, language or media.language, round((media.duration or 60.0) * 1000))
        payload = sonix_payload(talk, Random(f"{seed}/sonix/{language}"), self._quirks)
        if language is None and media.title is not None:
            payload["name"] = media.title
        return payload

    def _new_temi(self, job: Job) -> Payload:
        seed = f"{job.seed}/{job.id}"
        talk = converse(seed, "en", round((job.duration or 60.0) * 1000))
        return temi_payload(talk, Random(f"{seed}/temi"), self._quirks)
