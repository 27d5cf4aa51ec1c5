"""Mocks of documents that a test writes down, called in process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.http.calling import Caller

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.http.outgoing.outbox import Outbox
from mockserver.state.clock import FrozenClock

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SHOP = Path(__file__).parents[1] / "clients" / "shop.yaml"


def build_mock(
    document: Path | Mapping[str, Any],
    folder: Path | None = None,
    outbox: Outbox | None = None,
    **settings: Any,
) -> Application:
    """A mock of one document: a file, or `paths` and the like that are written into a folder."""
    if not isinstance(document, Path):
        assert folder is not None
        file = folder / "api.json"
        written = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, **document}
        file.write_text(json.dumps(written), "utf-8")
        document = file
    settings = {"auth": "off", **settings}
    return build(Settings(specs=(document,), **settings), FrozenClock(NOW), outbox=outbox)


def mock(document: Path | Mapping[str, Any], folder: Path | None = None, **settings: Any) -> Caller:
    """Calls such a mock."""
    return Caller(build_mock(document, folder, **settings).asgi)


def answering(schema: Any, status: str = "200", **response: Any) -> dict[str, Any]:
    """An operation's `responses` with JSON of one schema."""
    content = {"application/json": {"schema": schema, **response}}
    return {"responses": {status: {"description": "", "content": content}}}


def taking(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    """An operation's `requestBody` of one schema."""
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


def parameter(name: str, place: str = "query", **schema: Any) -> dict[str, Any]:
    """A parameter."""
    return {"name": name, "in": place, "required": place == "path", "schema": schema or {"type": "string"}}
