"""The composition root: from settings to the application that a server runs."""

import asyncio
import importlib.resources
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mockserver.admin import AdminAPI, AdminContext
from mockserver.admin.guard import token_of
from mockserver.admin.removals import Removals
from mockserver.apis import BEHAVIOURS, Behaviour
from mockserver.behaviour.scenario_player import ScenarioPlayer
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.generation import ValueGenerator
from mockserver.http.connexion_frame import RoutingSlot, SecuritySlot, ValidationSlot, frame
from mockserver.http.dispatch import Dispatcher
from mockserver.http.endpoint import Endpoints, bind_handler
from mockserver.http.exchange import ASGIApp
from mockserver.http.fixture_warnings import unmet_roles, unread_fixtures
from mockserver.http.gateway import Gateway
from mockserver.http.interception.interceptor import Interceptor
from mockserver.http.journal.request_journal import Journal
from mockserver.http.journal.secret_names import api_key_names
from mockserver.http.outgoing.allowed_targets import AllowedTargets
from mockserver.http.outgoing.outbox import Outbox
from mockserver.http.response.problems import ErrorAnswers
from mockserver.http.router import Router
from mockserver.http.served_api import Service
from mockserver.http.served_documents import read_documents, warnings
from mockserver.http.server_pages import Pages
from mockserver.openapi.document import Document
from mockserver.openapi.reading.document_files import MAXIMUM_BYTES
from mockserver.openapi.reading.fetching import fetch, url_in
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.resources.fallback import Fallback
from mockserver.state.baseline import BaselineCollection, Record
from mockserver.state.clock import Clock, Sleep, SystemClock
from mockserver.state.fixtures.fixture_loader import Fixture, load_fixture, no_fixture
from mockserver.state.open_world import Baselines
from mockserver.state.session_store import MemorySessions

_SUFFIXES = {".yaml", ".yml", ".json"}
_VERSION = re.compile(rb"""\b(?:openapi|swagger)["']?\s*:""")


@dataclass(frozen=True, slots=True)
class Application:
    """A mock, ready to be served.

    Attributes:
        asgi: the ASGI application.
        services: the served APIs by name.
        endpoints: their operations.
        store: the state behind them.
        files: every file that the mock was made from, or would have been, could it be read.
        admin: whether there is an admin API.
        admin_token: what it asks for, if anything.
        public_url: what absolute URLs begin with; None takes the scheme and Host of each request.
        clashes: methods and paths that are served already when another operation claims them.
    """

    asgi: ASGIApp
    services: Mapping[str, Service]
    endpoints: Endpoints
    store: MemorySessions
    journal: Journal
    files: frozenset[Path]
    admin: bool = True
    admin_token: str | None = None
    public_url: str | None = None
    clashes: tuple[tuple[str, str, str], ...] = ()

    def warnings(self) -> Iterator[str]:
        """What a user should know of documents and fixtures, one line each; it reads every operation."""
        yield from unread_fixtures(self.services.values())
        yield from unmet_roles(self.services.values())
        yield from warnings([service.document for service in self.services.values()], self.clashes)


Between = Callable[[ASGIApp, AdminContext, Endpoints], ASGIApp]
"""Makes a layer between the gateway and the mock, such as a proxy."""


def build(
    settings: Settings,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    between: Between = lambda mocked, _, __: mocked,
    outbox: Outbox | None = None,
    behaviours: Mapping[str, Behaviour] = BEHAVIOURS,
) -> Application:
    """Put a mock together from its documents and fixtures.

    Args:
        settings: what it is told.
        clock: says what time it is; the machine's by default.
        sleep: waits, for delays.
        between: makes a layer between the gateway and the mock.
        outbox: sends callbacks.
        behaviours: handlers for documents, by the documents' names.

    Raises:
        DocumentError: a document cannot be served.
        FixtureError: a fixture does not fit its document.
        ConfigurationError: there is no document.
    """
    clock = clock or SystemClock()
    token = token_of(settings)
    documents = read_documents(find_documents(settings.specs), settings.prefixes)
    parts = [_load(document, settings, behaviours) for document in documents]
    closed = {
        (document.name, name): collection
        for document, _, fixture, behaviour in parts
        for name, collection in _collections(fixture, behaviour).items()
    }
    fallbacks = {part[0].name: _fallback(*part, settings.seed) for part in parts}
    store = MemorySessions(
        Baselines(closed, {name: fallback.open for name, fallback in fallbacks.items()}),
        clock,
        session_limit=settings.session_limit,
        session_seconds=settings.session_seconds,
        session_bytes=settings.session_bytes,
        sessions_bytes=settings.sessions_bytes,
    )
    services = {
        document.name: Service(
            document, compiler, fixture, behaviour, store, clock, settings, fallbacks[document.name]
        )
        for document, compiler, fixture, behaviour in parts
    }
    outbox = outbox or Outbox(AllowedTargets(settings), clock=clock)
    return _assemble(
        services, store, _make_desk(services, store, clock, settings, outbox, token), sleep, between
    )


def _make_desk(
    services: Mapping[str, Service],
    store: MemorySessions,
    clock: Clock,
    settings: Settings,
    outbox: Outbox,
    token: str | None,
) -> AdminContext:
    def fits(api: str, collection: str, record: Record) -> bool:
        checker = services[api].checker_of(collection)
        return checker is None or checker.is_valid(record)

    scenarios = {service.name: service.fixture.scenarios for service in services.values()}
    return AdminContext(
        services=services,
        store=store,
        stage=ScenarioPlayer(store, scenarios, fits),
        journal=Journal(
            settings.journal_limit,
            settings.journal_body_limit,
            settings.journal_bytes,
            api_key_names(
                scheme
                for service in services.values()
                for scheme in service.document.security_schemes.values()
            ),
            run=secrets.token_hex(4),
        ),
        clock=clock,
        settings=settings,
        outbox=outbox,
        removals=Removals(settings.session_bytes),
        token=token,
    )


def _assemble(
    services: Mapping[str, Service], store: MemorySessions, desk: AdminContext, sleep: Sleep, between: Between
) -> Application:
    for service in services.values():
        _check_handlers(service)
    endpoints = Endpoints(services, Router())
    # The chain of a request, the outermost layer last.
    dispatch = Dispatcher(sleep, desk.outbox)  # forced answer, preference, handler, plan or example
    slots = [
        ErrorAnswers,  # outermost: it answers the errors of all that follow
        partial(RoutingSlot, endpoints=endpoints),  # refuses what was not routed
        SecuritySlot,  # before validation: strangers learn nothing of the document
        ValidationSlot,
    ]
    mocked = frame(dispatch, slots, endpoints, services.values())
    proxied = between(mocked, desk, endpoints)  # in front of the mock, which answers what upstream lacks
    staging = Interceptor(desk.stage, store, desk.clock, sleep)  # only where a session has faults, a clock, …
    own = Pages(AdminAPI(desk) if desk.settings.admin else None, services)  # beside the mock, never faulty
    # Headers and session first, then the route, CORS, and last the journal.
    gateway = Gateway(proxied, own, endpoints, desk.journal, desk.clock, store, staging)
    desk.gateway = gateway
    return Application(
        asgi=gateway,
        services=services,
        endpoints=endpoints,
        store=store,
        journal=desk.journal,
        files=frozenset(_files(services.values())),
        admin=desk.settings.admin,
        admin_token=desk.token if desk.settings.admin else None,
        public_url=desk.settings.public_url,
        clashes=tuple(endpoints.router.clashes),
    )


def _check_handlers(service: Service) -> None:
    """Refuse handlers that cannot be called with what their operations have.

    Raises:
        ConfigurationError: names the handler.
    """
    for operation_id, handler in service.behaviour.handlers.items():
        bind_handler(handler, service.document.operation(operation_id), service)


def _files(services: Iterable[Service]) -> Iterator[Path]:
    """Every file that APIs were made from, and those that they were to be made from."""
    for service in services:
        yield from service.document.files
        yield from service.document.unread
        if service.fixture.file is not None:
            yield service.fixture.file


def _load(
    document: Document, settings: Settings, behaviours: Mapping[str, Behaviour]
) -> tuple[Document, SchemaCompiler, Fixture, Behaviour]:
    compiler = SchemaCompiler(document.root, document.schemas)
    behaviour = behaviours.get(document.name, Behaviour())
    ours = behaviour.is_for(document.title, document.index)
    if ours:  # before the fixture, whose scenarios name operations too
        _match_operations(document, behaviour)
    fixture_file = find_fixture(document.name, settings.fixtures, ours=ours)
    fixture = (
        no_fixture(document)
        if fixture_file is None
        else load_fixture(fixture_file, document, compiler, settings.seed)
    )
    return document, compiler, fixture, behaviour if ours else Behaviour()


def _match_operations(document: Document, behaviour: Behaviour) -> None:
    """Refuse handlers for operations that the document does not have: one of the two was renamed."""
    unknown = sorted(set(behaviour.handlers) - set(document.index))
    if unknown:
        raise ConfigurationError(
            f"{document.file} has no operation for the handlers {', '.join(unknown)}. "
            "Was an operationId changed, or given twice?"
        )


def _fallback(
    document: Document, compiler: SchemaCompiler, fixture: Fixture, behaviour: Behaviour, seed: int
) -> Fallback:
    generator = ValueGenerator(document.root, compiler, seed=seed, locale=fixture.locale, now=fixture.clock)
    collections = _collections(fixture, behaviour)
    return Fallback(document, compiler, generator, fixtures=collections, seed=seed, corrections=fixture.plans)


def _collections(fixture: Fixture, behaviour: Behaviour) -> dict[str, BaselineCollection]:
    """The fixture's collections, and an empty one for each that handlers need besides."""
    needed = {name: BaselineCollection(key, {}) for name, key in behaviour.collections.items()}
    return {**needed, **fixture.collections}


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
        url = url_in(path)
        if url is not None:
            files.append(fetch(url))
        elif path.is_dir():
            files += _in_folder(path)
        elif path.is_file():
            files.append(path)
        else:
            reason = "is neither a file nor a folder" if path.exists() else "does not exist"
            raise ConfigurationError(f"{path} {reason}: name a document or a folder of documents.")
    if not files:
        looked = ", ".join(map(str, given))
        raise ConfigurationError(f"{looked} has no OpenAPI document (.yaml, .yml or .json).")
    return files


def _in_folder(folder: Path) -> list[Path]:
    """The documents in a folder.

    Raises:
        ConfigurationError: the folder, or a file in it, cannot be read.
    """
    try:
        candidates = sorted(entry for entry in folder.iterdir() if _is_candidate(entry))
        return [file for file in candidates if _is_document(file)]
    except OSError as error:
        raise ConfigurationError(f"{error.filename or folder} cannot be read: {error.strerror}") from None


def _is_candidate(file: Path) -> bool:
    """Whether an entry of a folder may be a document.

    Editors keep hidden files and broken links beside what they edit (`.#shop.yaml`); a pipe may never end.
    """
    return file.suffix in _SUFFIXES and not file.name.startswith(".") and file.is_file()


def _is_document(file: Path) -> bool:
    """Whether a file in a folder says that it is a document, and not a part of one."""
    with file.open("rb") as content:
        return _VERSION.search(content.read(MAXIMUM_BYTES)) is not None


def find_fixture(name: str, folder: Path | None, *, ours: bool = True) -> Path | None:
    """The fixture file of an API; None if there is none.

    It is looked for in the given folder, else in `fixtures/` and, for an API of ours, among the bundled ones.

    Raises:
        ConfigurationError: the given folder does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigurationError(f"--fixtures {folder}: no such folder.")
    places = [Path("fixtures"), *([bundled("fixtures")] if ours else [])]
    for place in [folder] if folder is not None else places:
        for suffix in (".yaml", ".yml", ".json"):
            file = place / (name + suffix)
            if file.is_file():
                return file
            if file.is_symlink() or file.exists():
                raise ConfigurationError(
                    f"{file} is no file that can be read: is it a broken link, or a folder?"
                )
    return None
