"""Mocks of documents that a test writes itself, with handlers of its own."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import NOW
from tests.http.calling import Caller

from mockserver.app import Application, build
from mockserver.behaviour.backend import Backend, Handler, Response
from mockserver.behaviour.handler_files import ApiHandlers
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock
from mockserver.state.storage import SessionStorage

ANSWER = {"200": {"description": "Whatever.", "content": {"application/json": {"schema": {}}}}}


def document(paths: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A document with these paths."""
    return {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": paths, **more}


def operation(operation_id: str = "op", **more: Any) -> dict[str, Any]:
    """An operation that may answer anything."""
    return {"operationId": operation_id, "responses": ANSWER, **more}


def echo(*keywords: str) -> Handler:
    """A handler that answers with the keywords it was called with."""

    def handler(backend: Backend, **arguments: Any) -> Response:
        return Response(200, arguments)

    names = ("backend", *keywords)
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    handler.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions take it
    return handler


class Mocks:
    """Makes mocks in a folder of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "specs").mkdir()
        (folder / "fixtures").mkdir()

    def write(self, place: str, content: Any) -> Path:
        """Write a file: text as it is, anything else as JSON, which is YAML."""
        file = self.folder / place
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return file

    def settings(self, **more: Any) -> Settings:
        """Settings for what was written."""
        specs = (self.folder / "specs" / "shop.yaml",)
        return Settings(**{"specs": specs, "fixtures": self.folder / "fixtures", **more})

    def build(
        self,
        content: Any,
        fixture: Any = None,
        handlers: Mapping[str, Callable[..., Any]] | None = None,
        collections: Mapping[str, str] | None = None,
        storage: SessionStorage | None = None,
        **more: Any,
    ) -> Application:
        """A mock of one document called `shop`."""
        self.write("specs/shop.yaml", content)
        if fixture is not None:
            self.write("fixtures/shop.yaml", fixture)
        own = {"shop": ApiHandlers(handlers=handlers or {}, collections=collections or {})}
        return build(self.settings(**more), FrozenClock(NOW), handlers=own, storage=storage)

    def call(self, *arguments: Any, **more: Any) -> Caller:
        """Call such a mock."""
        return Caller(self.build(*arguments, **more).asgi)
