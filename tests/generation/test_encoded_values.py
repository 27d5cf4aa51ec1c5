"""Texts that encode something are what they say: bytes in base64, hashes of their length, media types."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from tests.generation.test_values import generator

ROOT = {"openapi": "3.1.0", "info": {}, "paths": {}}


def made(name: str, schema: Any) -> str:
    """The value of a property."""
    record = {"type": "object", "required": [name], "properties": {name: {"type": "string", **schema}}}
    return str(generator(ROOT).value(record, key=(1,))[name])


@pytest.mark.parametrize(
    "lengths", [{}, {"minLength": 4}, {"maxLength": 8}, {"minLength": 30, "maxLength": 40}]
)
def test_base64_can_be_decoded_at_every_length(lengths: dict[str, int]) -> None:
    """And is as long as its schema asks."""
    text = made("material", {"contentEncoding": "base64", **lengths})

    assert base64.b64decode(text, validate=True)
    assert lengths.get("minLength", 0) <= len(text) <= lengths.get("maxLength", 100)


def test_other_encodings_are_kept_as_well() -> None:
    """RFC 4648 has several."""
    assert base64.b16decode(made("x", {"contentEncoding": "base16"}))
    assert base64.b32decode(made("x", {"contentEncoding": "base32"}))
    assert base64.urlsafe_b64decode(made("x", {"contentEncoding": "base64url"}))


def test_the_content_of_a_text_is_of_its_media_type() -> None:
    """Encoded where an encoding is documented."""
    picture = made("thumbnail", {"contentEncoding": "base64", "contentMediaType": "image/png"})

    assert base64.b64decode(picture).startswith(b"\x89PNG")
    assert json.loads(made("settings", {"contentMediaType": "application/json"})) == {}


@pytest.mark.parametrize(
    ("name", "description", "digits"),
    [
        ("sha256", "", 64),
        ("sha512", "", 128),
        ("md5", "", 32),
        ("contentMd5Hash", "", 32),
        ("file_sha1", "", 40),
        ("checksum", "The SHA-256 of the file.", 64),
        ("commitSha", "", 40),
        ("fingerprint", "MD5 of the key", 32),
        ("proof", "SHA-384 in hexadecimal.", 96),
    ],
)
def test_a_hash_has_the_digits_of_its_function(name: str, description: str, digits: int) -> None:
    """By its name, or by what is said of it."""
    assert re.fullmatch(f"[0-9a-f]{{{digits}}}", made(name, {"description": description}))
