"""The servers: what installs them, what starts them, and where their documents are."""

from __future__ import annotations

from dataclasses import dataclass

FETCHED = "URL"
"""The document is fetched from the running server."""

_ARA_DOCUMENT = """
import json
from rest_framework.schemas.openapi import SchemaGenerator
made = SchemaGenerator(title="ARA", version="1", urlconf="ara.api.urls", url="/api/v1")
open("document.json", "w").write(json.dumps(made.get_schema(public=True), default=str))
"""


@dataclass(frozen=True)
class PublishedServer:
    """A server from PyPI or npm.

    Attributes:
        stack: its language and framework.
        packages: what pip, or npm, installs.
        prepare: commands before the start, run in the server's folder.
        start: the command that serves on `{port}`.
        document: its path on the server, or the file, below the folder, that it is in.
        base: the path at which the document's paths begin, where `servers` does not say so.
        options: further options of `mockserver check`.
        header: a header field that stock Schemathesis sends.
        npm: whether npm installs it.
        environment: further variables.
    """

    stack: str
    packages: tuple[str, ...]
    start: tuple[str, ...]
    document: str
    prepare: tuple[tuple[str, ...], ...] = ()
    base: str = ""
    options: tuple[str, ...] = ()
    header: str = ""
    npm: bool = False
    environment: tuple[tuple[str, str], ...] = ()


_TOKEN = "Authorization: token secret"  # noqa: S105  of a server that runs for minutes on this machine
_ADMIN = "Authorization: Basic YWRtaW46czNjcmV0"

SERVERS = {
    "kinto": PublishedServer(
        "Python, Pyramid",
        ("kinto",),
        ("bin/kinto", "start", "--ini", "kinto.ini", "--port", "{port}"),
        "/v1/__api__",
        (
            (
                *("bin/kinto", "init", "--backend", "memory", "--cache-backend", "memory"),
                *("--host", "127.0.0.1", "--ini", "kinto.ini"),
            ),
        ),
        "/v1",
        ("--auth-header", _ADMIN),
        _ADMIN,
    ),
    "jupyter": PublishedServer(
        "Python, Tornado",
        ("jupyter-server",),
        (
            *("bin/jupyter", "server", "--no-browser", "--allow-root", "--ip", "127.0.0.1"),
            *("--port", "{port}", "--ServerApp.token=secret", "--ServerApp.disable_check_xsrf=True"),
            "--ServerApp.root_dir={folder}/files",
        ),
        "lib/python*/site-packages/jupyter_server/services/api/api.yaml",
        (("mkdir", "-p", "files"),),
        options=("--auth-header", _TOKEN, "--exclude", "/api/shutdown"),
        header=_TOKEN,
    ),
    "ara": PublishedServer(
        "Python, Django REST",
        ("ara[server]", "uritemplate", "pyyaml", "inflection", "django-filter<25"),
        ("bin/ara-manage", "runserver", "127.0.0.1:{port}", "--noreload"),
        "document.json",
        (("bin/ara-manage", "migrate"), ("bin/ara-manage", "shell", "-c", _ARA_DOCUMENT)),
        environment=(("ARA_BASE_DIR", "{folder}/data"),),
    ),
    "httpbin": PublishedServer(
        "Python, Flask",
        ("httpbin", "flasgger"),
        ("bin/python", "-m", "flask", "--app", "httpbin", "run", "--port", "{port}"),
        "/spec.json",
        options=("--exclude", "/delay", "--exclude", "/drip"),
    ),
    "tiled": PublishedServer(
        "Python, FastAPI",
        ("tiled[server]",),
        ("bin/tiled", "serve", "catalog", "--temp", "--api-key", "secret", "--port", "{port}"),
        "/openapi.json",
        options=("--auth-header", "Authorization: Apikey secret"),
        header="Authorization: Apikey secret",
    ),
    "loopback": PublishedServer(
        "TypeScript, LoopBack on Express",
        ("@loopback/example-todo",),
        ("node", "node_modules/@loopback/example-todo"),
        "/openapi.json",
        (("mkdir", "-p", "data"),),
        npm=True,
        environment=(("PORT", "{port}"), ("HOST", "127.0.0.1")),
    ),
}
