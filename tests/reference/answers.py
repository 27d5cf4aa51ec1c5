"""What handlers are given, what they answer, and how they refuse."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from .faults import active
from .tokens import Directory

CUT_AT = 25


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request whose body has been read, and what it may touch."""

    request: web.Request
    raw: bytes
    db: sqlite3.Connection
    people: Directory


class Refused(Exception):  # noqa: N818 - it is an answer, not a mistake of ours
    """End the request with this status, body and headers."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with a JSON document."""
    text = json.dumps(body)
    media_type = "application/json"
    if status < 300 and active("truncated-json"):
        text = text[:-CUT_AT]
    if status < 300 and active("media-type"):
        media_type = "text/html"
    return web.Response(status=status, text=text, content_type=media_type, headers=headers)


def nothing() -> web.Response:
    """Answer 204: done, nothing to say."""
    if active("answers-200"):
        return answer(200, {"success": True})
    return web.Response(status=204)


def parse_json(raw: bytes) -> object:
    """Parse a body strictly; raise ValueError when it is not one JSON text in UTF-8."""
    try:
        return json.loads(raw.decode(), parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
