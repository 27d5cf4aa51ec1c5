"""The server's own pages: the front page (`/`), and Swagger UI for each API (`/__ui/NAME/`).

The files of Swagger UI are in `swagger_ui/`, copied from npm's `swagger-ui-dist`.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mockserver.extras import missing_line
from mockserver.generation.placeholder_images import MEDIA_PATH, picture_at
from mockserver.html_templates import render
from mockserver.http import json_text
from mockserver.http.access.provider_keys import PROVIDER_PATH
from mockserver.http.exchange import (
    EXCHANGE,
    ASGIApp,
    Exchange,
    RawHeaders,
    RawResponse,
    Receive,
    Scope,
    Send,
    send_answer,
)
from mockserver.http.response.browser_headers import own_fields
from mockserver.http.served_api import Service
from mockserver.openapi.operation import METHODS

DOCUMENT_PATH = "/openapi.json"
"""The conventional path of an API's document."""

_MEDIA_TYPES = {".js": b"text/javascript", ".css": b"text/css", ".png": b"image/png", ".html": b"text/html"}
_TEXT: RawHeaders = [(b"content-type", b"text/plain")]
_JSON: RawHeaders = [(b"content-type", b"application/json")]
_HTML: RawHeaders = [(b"content-type", b"text/html; charset=utf-8")]

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
td { padding: .2rem .8rem .2rem 0; vertical-align: top; }
code { font: 14px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.method { font-weight: 600; width: 5rem; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_FRONT = own_fields(f"style-src 'sha256-{_STYLE_HASH}'")
# Swagger UI sets inline styles, and its style sheet contains icons as `data:` URLs.
_SWAGGER = own_fields(
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
)
_NO_PAGE = own_fields()
# Pages of other origins may show generated pictures. A path always has the same picture.
_MEDIA: RawHeaders = [
    *(field for field in own_fields() if field[0] != b"cross-origin-resource-policy"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", b"public, max-age=86400"),
]

_SWAGGER_FILES = Path(__file__).parents[1] / "swagger_ui"
_START_NAME = "start.js"
_START = b'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", persistAuthorization: true})\n'


class Pages:
    """Everything under `/__`, the front page, and `/openapi.json`."""

    def __init__(
        self,
        admin: ASGIApp | None,
        services: Mapping[str, Service],
        make_provider: Callable[[], ASGIApp] | None = None,
    ) -> None:
        """`make_provider` creates the OpenID provider at its first request."""
        self._admin = admin
        self._make_provider = make_provider
        self._provider: ASGIApp | None = None
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request to one of the server's own paths."""
        exchange: Exchange = scope[EXCHANGE]
        if self._admin is not None and (exchange.path + "/").startswith("/__admin/"):
            await self._admin(scope, receive, send)
            return
        if self._make_provider is not None and (exchange.path + "/").startswith(f"{PROVIDER_PATH}/"):
            missing = missing_line("login") if self._provider is None else None
            if missing is not None:
                text = f"The OpenID provider {missing}\n".encode()
                await send_answer(exchange, send, 501, _TEXT, text)
                return
            self._provider = self._provider or self._make_provider()
            await self._provider(scope, receive, send)
            return
        exchange.reply_headers = [*exchange.reply_headers, *_fields_of(exchange.path)]
        status, headers, body = self._page(exchange.path, exchange.prefix)
        await send_answer(exchange, send, status, headers, body)

    def _page(self, path: str, prefix: str) -> RawResponse:
        """A page; its links and calls stay in the session that the prefix names."""
        if path == "/":
            return 200, _HTML, self._front(prefix).encode()
        if path == DOCUMENT_PATH:
            return self._documents(prefix)
        if path.startswith(MEDIA_PATH):
            picture = picture_at(path)
            if picture is not None:
                return 200, [(b"content-type", picture.media_type.encode())], picture.content
        parts = path.split("/")
        if len(parts) >= 3 and parts[1] == "__ui" and parts[2] in self._services:
            if len(parts) == 3:
                return 307, [(b"location", f"{prefix}{path}/".encode())], b""
            return self._swagger_ui(self._services[parts[2]], "/".join(parts[3:]), prefix)
        return 404, [(b"content-type", b"text/plain")], b"There is nothing here. Try / for what there is.\n"

    def _front(self, prefix: str) -> str:
        apis = [_described(service, prefix) for service in self._services.values()]
        return render("front", style=_STYLE, has_console=self._admin is not None, apis=apis)

    def _documents(self, prefix: str) -> RawResponse:
        """Redirect to the document; if several are served, list their URLs."""
        places = {name: f"{prefix}/__ui/{name}/openapi.json" for name in self._services}
        if len(places) == 1:
            return 307, [(b"location", next(iter(places.values())).encode())], b""
        return 300, _JSON, json_text.encode({"documents": places})

    @staticmethod
    def _swagger_ui(service: Service, file: str, prefix: str) -> RawResponse:
        if file == "openapi.json":
            return 200, _JSON, json_text.encode(_served_document(service, prefix))
        if file in {"", "index.html"}:
            return 200, _HTML, _swagger_page(service)
        if file == _START_NAME:
            return 200, [(b"content-type", _MEDIA_TYPES[".js"])], _START
        # The name is a dictionary key here, never a path.
        found = _swagger_files().get(file)
        if found is None:
            return 404, [(b"content-type", b"text/plain")], b"No such file.\n"
        media_type = _MEDIA_TYPES.get(found.suffix, b"application/octet-stream")
        return 200, [(b"content-type", media_type)], found.read_bytes()


@cache
def _swagger_files() -> Mapping[str, Path]:
    """The files of Swagger UI by name."""
    return {file.name: file for file in _SWAGGER_FILES.iterdir() if file.is_file()}


def _fields_of(path: str) -> RawHeaders:
    if path == "/":
        return _FRONT
    if path.startswith(MEDIA_PATH):
        return _MEDIA
    return _SWAGGER if path.startswith("/__ui/") else _NO_PAGE


def _described(service: Service, prefix: str) -> Mapping[str, Any]:
    document = service.document
    operations = [
        {"method": key.method.upper(), "path": document.full_path(name), "id": name}
        for name, key in document.index.items()
    ]
    link = f"{prefix}/__ui/{service.name}/"
    return {
        "title": document.title,
        "link": link,
        "document": f"{link}openapi.json",
        "operations": operations,
    }


def _served_document(service: Service, prefix: str) -> dict[str, Any]:
    """The document with this server as its only server, so that Swagger UI calls the mock."""
    root, here = service.document.root, [{"url": prefix + service.document.base_path or "/"}]
    paths = root.get("paths")
    # Operations are served below the document's base path, too, even if they have servers themselves.
    shown = {name: _without_servers(item) for name, item in paths.items()} if isinstance(paths, dict) else {}
    return {**root, "servers": here, "paths": shown}


_OPERATIONS = {*METHODS, "query", "additionalOperations"}


def _without_servers(item: Any) -> Any:
    """A path item or an operation, and everything in it, without `servers`."""
    if not isinstance(item, dict):
        return item
    return {
        name: _without_servers(value) if name in _OPERATIONS else value
        for name, value in item.items()
        if name != "servers"
    }


def _swagger_page(service: Service) -> bytes:
    return render("swagger_ui", title=service.document.title, start=_START_NAME).encode()
