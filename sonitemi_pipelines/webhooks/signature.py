"""Is this body from Sonix? The check of `X-Webhook-Signature`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

SIGNATURE_HEADER = "X-Webhook-Signature"

_PREFIX = "sha256="
_DIGEST_BYTES = hashlib.sha256().digest_size


def verify_signature(secret: str, body: bytes, signature: str) -> bool:
    """True when `signature` is the HMAC-SHA256 of `body` under `secret`; compared in constant time.

    Sonix documents the algorithm and the header, not the encoding, so hex (either case) and base64 (plain or URL-safe,
    padded or not) are accepted, each with or without `sha256=` in front.

    Args:
        body: the request's bytes as they came, before any decoding.
        signature: the header's value.

    Source: Sonix "Verifying Webhook Signatures".
    """
    given = _decode(signature)
    expected = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return given is not None and hmac.compare_digest(given, expected)


def _decode(signature: str) -> bytes | None:
    text = signature.strip()
    if text[: len(_PREFIX)].lower() == _PREFIX:
        text = text[len(_PREFIX) :].strip()
    try:
        if len(text) == 2 * _DIGEST_BYTES:
            return bytes.fromhex(text)
        plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
        digest = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error):
        return None
    return digest if len(digest) == _DIGEST_BYTES else None
