"""The composition root: from settings to the application that a server runs."""

import asyncio
import importlib.resources
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from connexion.middleware import ConnexionMiddleware
from connexion.resolver import Resolver

from mockserver.apis import BEHAVIOURS, Behaviour
from mockserver.behaviour.stage import Stage
from mockserver.config import Settings
from mockserver.data.clock import Clock, SystemClock
from mockserver.data.fixtures import NO_FIXTURE, Fixture, load_fixture
from mockserver.data.sessions import MemorySessions
from mockserver.data.store import BaselineCollection, Record
from mockserver.errors import ConfigurationError
from mockserver.openapi.document import Document, load
from mockserver.openapi.schemas import SchemaCompiler
from mockserver.server.admin import AdminAPI, Desk
from mockserver.server.admin.guard import make_token
from mockserver.server.dispatch import Dispatcher
from mockserver.server.exchange import ASGIApp
from mockserver.server.faults import Sleep
from mockserver.server.gateway import Gateway
from mockserver.server.journal import Journal
from mockserver.server.pages import Pages
from mockserver.server.problems import ProblemMiddleware
from mockserver.server.routing import RoutingMiddleware
from mockserver.server.security import SecurityMiddleware
from mockserver.server.service import Service
from mockserver.server.staging import Staging
from mockserver.server.validation import ValidationMiddleware

_SUFFIXES = {".yaml", ".yml", ".json"}


@dataclass(frozen=True, slots=True)
class Application:
    """A mock, ready to be served.

    Attributes:
        asgi: the ASGI application.
        services: the served APIs by name.
        store: the state behind them.
        files: every file that the mock was made from.
        admin: whether there is an admin API.
        admin_token: what it asks for, if anything.
    """

    asgi: ASGIApp
    services: Mapping[str, Service]
    store: MemorySessions
    journal: Journal
    files: frozenset[Path]
    admin: bool = True
    admin_token: str | None = None


def build(settings: Settings, clock: Clock | None = None, sleep: Sleep = asyncio.sleep) -> Application:
    """Put a mock together from its documents and fixtures.

    Args:
        settings: what it is told.
        clock: the machine's clock when None.
        sleep: lets the time of a delay pass.

    Raises:
        DocumentError: a document cannot be served.
        FixtureError: a fixture does not fit its document.
        ConfigurationError: there is no document, or two have one name.
    """
    clock = clock or SystemClock()
    parts = [_load(file, settings) for file in find_documents(settings.specs)]
    _refuse_same_names([document for document, _, _, _ in parts])
    baseline = {
        (document.name, name): collection
        for document, _, fixture, behaviour in parts
        for name, collection in _collections(fixture, behaviour).items()
    }
    store = MemorySessions(
        baseline, clock, session_limit=settings.session_limit, session_seconds=settings.session_seconds
    )
    services = {
        document.name: Service(document, compiler, fixture, behaviour, store, clock, settings)
        for document, compiler, fixture, behaviour in parts
    }
    return _assemble(services, store, _make_desk(services, store, clock, settings), sleep)


def _make_desk(
    services: Mapping[str, Service], store: MemorySessions, clock: Clock, settings: Settings
) -> Desk:
    def fits(api: str, collection: str, record: Record) -> bool:
        checker = services[api].fixture.checkers.get(collection)
        return checker is None or checker.is_valid(record)

    scenarios = {service.name: service.fixture.scenarios for service in services.values()}
    return Desk(
        services=services,
        store=store,
        stage=Stage(store, scenarios, fits),
        journal=Journal(settings.journal_limit),
        clock=clock,
        settings=settings,
        token=make_token(settings.host, settings.admin_token),
    )


def _assemble(
    services: Mapping[str, Service], store: MemorySessions, desk: Desk, sleep: Sleep
) -> Application:
    layers: list[Any] = [
        partial(ProblemMiddleware, services=services.values()),
        RoutingMiddleware,
        SecurityMiddleware,
        ValidationMiddleware,
    ]
    connexion = ConnexionMiddleware(Dispatcher(services.values()), middlewares=layers)
    for service in services.values():
        connexion.add_api(
            routing_view(service), base_path=service.document.base_path, resolver=_RESOLVER, service=service
        )
    # Built now rather than at the first request, so that what is wrong with a document shows at start-up.
    connexion.app, connexion.middleware_stack = connexion._build_middleware_stack()
    routes = next(layer.index for layer in connexion.middleware_stack if isinstance(layer, RoutingMiddleware))
    own = Pages(AdminAPI(desk) if desk.settings.admin else None, services)
    staging = Staging(desk.stage, store, desk.clock, routes, sleep)
    gateway = Gateway(connexion.app, own, routes, desk.journal, desk.clock, store, staging)
    desk.gateway = gateway
    files = {file for service in services.values() for file in service.document.files}
    files |= {service.fixture.file for service in services.values() if service.fixture.file}
    admin = desk.settings.admin
    return Application(
        gateway, services, store, desk.journal, frozenset(files), admin, desk.token if admin else None
    )


def _no_view() -> None:
    """Stands where Connexion expects a view function: the dispatcher answers."""


_RESOLVER = Resolver(lambda _: _no_view)


def routing_view(service: Service) -> dict[str, Any]:
    """What Connexion needs of a document to route: paths, methods, ids that are unique everywhere."""
    paths: dict[str, dict[str, Any]] = {}
    for operation_id, key in service.document.index.items():
        operation = {
            "operationId": service.full_id(operation_id),
            "responses": {"default": {"description": ""}},
        }
        paths.setdefault(key.path, {})[key.method] = operation
    info = {"title": service.document.title, "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": paths}


def _load(file: Path, settings: Settings) -> tuple[Document, SchemaCompiler, Fixture, Behaviour]:
    document = load(file)
    compiler = SchemaCompiler(document.root)
    fixture_file = find_fixture(document.name, settings.fixtures)
    fixture = NO_FIXTURE
    if fixture_file is not None:
        fixture = load_fixture(fixture_file, document, compiler, settings.seed)
    behaviour = BEHAVIOURS.get(document.name, Behaviour())
    if not set(behaviour.handlers) & set(document.index):
        # A stranger's document that happens to have the name of one of ours.
        behaviour = Behaviour()
    return document, compiler, fixture, behaviour


def _collections(fixture: Fixture, behaviour: Behaviour) -> dict[str, BaselineCollection]:
    """The fixture's collections, and an empty one for each that handlers need besides."""
    needed = {name: BaselineCollection(key, {}) for name, key in behaviour.collections.items()}
    return {**needed, **fixture.collections}


def _refuse_same_names(documents: list[Document]) -> None:
    seen: dict[str, Document] = {}
    for document in documents:
        other = seen.setdefault(document.name, document)
        if other is not document:
            raise ConfigurationError(
                f"{other.file} and {document.file} are both called {document.name!r}: rename one of them."
            )


def bundled(folder: str) -> Path:
    """A folder that comes with the package: of the checkout, or inside the installed package."""
    checkout = Path(__file__).parents[3] / folder
    if (checkout.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return Path(str(importlib.resources.files("mockserver"))) / "bundled" / folder


def find_documents(specs: Iterable[Path]) -> list[Path]:
    """List the document files: the given ones, those in given folders, `specs/`, or the bundled ones.

    Raises:
        ConfigurationError: a path does not exist, or there is no document.
    """
    given = list(specs) or [Path("specs") if Path("specs").is_dir() else bundled("specs")]
    files: list[Path] = []
    for path in given:
        if path.is_dir():
            files += sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
        elif path.is_file():
            files.append(path)
        else:
            raise ConfigurationError(f"{path} does not exist: name a document or a folder of documents.")
    if not files:
        looked = ", ".join(map(str, given))
        raise ConfigurationError(f"{looked} has no OpenAPI document (.yaml, .yml or .json).")
    return files


def find_fixture(name: str, folder: Path | None) -> Path | None:
    """The fixture file of an API: in the given folder, `fixtures/`, or the bundled ones; None if none.

    Raises:
        ConfigurationError: the given folder does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigurationError(f"--fixtures {folder}: no such folder.")
    for place in [folder] if folder is not None else [Path("fixtures"), bundled("fixtures")]:
        for suffix in (".yaml", ".yml", ".json"):
            file = place / (name + suffix)
            if file.is_file():
                return file
    return None
