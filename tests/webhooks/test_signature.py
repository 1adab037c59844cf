"""If these fail, genuine Sonix webhooks are turned away or forged ones are let in."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonitemi_pipelines.webhooks import verify_signature

# Worked out once with `openssl dgst -sha256 -hmac key`.
BODY = b"The quick brown fox jumps over the lazy dog"
HEX = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
BASE64 = "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="


@pytest.mark.parametrize("prefix", ["", "sha256=", "SHA256=", " sha256= "])
@pytest.mark.parametrize(
    "encoded", [HEX, HEX.upper(), BASE64, BASE64.rstrip("="), BASE64.translate(str.maketrans("+/", "-_"))]
)
def test_every_encoding_sonix_may_use_is_accepted(prefix: str, encoded: str) -> None:
    assert verify_signature("key", BODY, prefix + encoded)


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha1=" + HEX, HEX[:-1], HEX + "0", "z" * 64, BASE64[:-4], "\u00e9" * 64, "=" * 44, "0" * 64],
)
def test_what_is_no_signature_is_refused_without_an_error(signature: str) -> None:
    assert not verify_signature("key", BODY, signature)


def test_another_secret_or_body_is_refused() -> None:
    assert not verify_signature("other", BODY, HEX)
    assert not verify_signature("key", BODY + b" ", HEX)


@given(st.integers(0, 255))
def test_any_single_changed_bit_is_refused(bit: int) -> None:
    digest = bytearray.fromhex(HEX)
    digest[bit // 8] ^= 1 << (bit % 8)
    assert not verify_signature("key", BODY, digest.hex())
    assert not verify_signature("key", BODY, base64.b64encode(digest).decode())


@given(st.text(max_size=80))
def test_no_header_value_makes_the_check_fail(signature: str) -> None:
    assert verify_signature("key", BODY, signature) is False
