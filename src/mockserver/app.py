"""The composition root: build the application that a server runs from settings."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from mockserver.admin import AdminAPI, AdminContext
from mockserver.admin.guard import token_of
from mockserver.admin.removals import Removals
from mockserver.apis import bundled_handlers
from mockserver.behaviour.handler_files import (
    NO_HANDLERS,
    ApiHandlers,
    find_handlers,
    read_handlers,
    resolve,
    wanted,
)
from mockserver.behaviour.scenario_player import ScenarioPlayer
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.generation import ValueGenerator
from mockserver.http.access.provider_keys import provider_keys
from mockserver.http.connexion_frame import RoutingSlot, SecuritySlot, ValidationSlot, frame
from mockserver.http.dispatch import Dispatcher
from mockserver.http.endpoint import Endpoints
from mockserver.http.exchange import ASGIApp
from mockserver.http.fixture_warnings import unfit_handlers, unmet_roles, unread_fixtures, unused_rules
from mockserver.http.gateway import (
    Gateway,
    Preflight,
    join_header_fields,
    name_session,
    refuse_service_worker,
    take_authority,
)
from mockserver.http.interception.interceptor import Interceptor
from mockserver.http.interception.server_faults import server_faults
from mockserver.http.journal.request_journal import Journal
from mockserver.http.journal.secret_names import api_key_names
from mockserver.http.outgoing.allowed_targets import AllowedTargets
from mockserver.http.outgoing.outbox import Outbox
from mockserver.http.response.problems import ErrorAnswers
from mockserver.http.router import Router
from mockserver.http.served_api import Service
from mockserver.http.served_documents import read_documents, warnings
from mockserver.http.server_pages import DOCUMENT_PATH, Pages
from mockserver.openapi.document import Document
from mockserver.openapi.reading.document_search import find_documents
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.resources.fallback import Fallback
from mockserver.resources.records.rule_lookup import RuleLookup
from mockserver.state.baseline import BaselineCollection, Record
from mockserver.state.clock import Clock, Sleep, SystemClock
from mockserver.state.collection_rules import CollectionRules
from mockserver.state.fixtures.fixture_loader import Fixture, find_fixture, load_fixture, no_fixture
from mockserver.state.open_world import EMPTY_COLLECTION, OPENID, Baselines
from mockserver.state.session_store import Sessions
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.selection import storage_of


@dataclass(frozen=True, slots=True)
class Application:
    """A mock, ready to be served.

    Attributes:
        asgi: the ASGI application.
        services: the served APIs by name.
        endpoints: the endpoints of their operations.
        sessions: the sessions with their state.
        journal: the latest requests.
        removals: what was cleared, reset or dropped, and can be restored.
        files: every file that the mock was built from, including files that could not be read.
        admin: whether there is an admin API.
        admin_token: the token that it requires, if any.
        public_url: the base of absolute URLs; None takes the scheme and Host of each request.
        clashes: methods and paths that several operations claim.
        scenarios: the scenarios that are on in every new session, as `API/NAME`.
        authority: the file with the certificate that clients must trust, if one was made for this run.
    """

    asgi: ASGIApp
    services: Mapping[str, Service]
    endpoints: Endpoints
    sessions: Sessions
    journal: Journal
    removals: Removals
    files: frozenset[Path]
    admin: bool = True
    admin_token: str | None = None
    public_url: str | None = None
    clashes: tuple[tuple[str, str, str], ...] = ()
    scenarios: tuple[str, ...] = ()
    authority: Path | None = None

    def warnings(self) -> Iterator[str]:
        """Warnings about documents and fixtures, one line each; this reads every operation."""
        yield from unread_fixtures(self.services.values())
        yield from unmet_roles(self.services.values())
        yield from unfit_handlers(self.services.values())
        yield from unused_rules(self.services.values())
        yield from warnings([service.document for service in self.services.values()], self.clashes)


Layer = Callable[[ASGIApp], ASGIApp]
"""Wraps an application in a layer that passes requests on to it."""


class Between(Protocol):
    """Creates a layer between the gateway and the mock, such as a proxy."""

    def __call__(self, app: ASGIApp, *, context: AdminContext, endpoints: Endpoints) -> ASGIApp:
        """The layer around an application."""


def _nothing_between(app: ASGIApp, *, context: AdminContext, endpoints: Endpoints) -> ASGIApp:
    del context, endpoints
    return app


def build(
    settings: Settings,
    clock: Clock | None = None,
    sleep: Sleep = asyncio.sleep,
    between: Between = _nothing_between,
    outbox: Outbox | None = None,
    handlers: Mapping[str, ApiHandlers] | None = None,
    storage: SessionStorage | None = None,
) -> Application:
    """Build a mock from its documents and fixtures.

    Args:
        settings: the settings.
        clock: the clock; the machine's by default.
        sleep: waits, for delays.
        between: creates a layer between the gateway and the mock.
        outbox: sends callbacks.
        handlers: handlers by document name, used instead of handler files.
        storage: stores the sessions; by default as the settings say.

    Raises:
        DocumentError: a document cannot be served.
        FixtureError: a fixture does not match its document.
        ConfigurationError: there is no document.
    """
    clock = clock or SystemClock()
    token = token_of(settings)
    documents = read_documents(
        find_documents(settings.specs),
        settings.prefixes,
        settings.overlays,
        allow_remote=settings.allow_remote,
    )
    parts = [_load(document, settings, (handlers or {}).get(document.name)) for document in documents]
    closed = {
        (document.name, name): collection
        for document, _, fixture, api in parts
        for name, collection in _collections(fixture, api).items()
    }
    fallbacks = {part[0].name: _fallback(*part, settings) for part in parts}
    sessions = Sessions(
        storage or storage_of(settings),
        Baselines(
            closed,
            {OPENID: lambda _: EMPTY_COLLECTION, **{name: one.open for name, one in fallbacks.items()}},
        ),
        clock,
        # The lasting sessions and the one being written must fit, even if all others were evicted.
        session_bytes=min(settings.session_bytes, settings.sessions_bytes // 3),
        remembered=settings.session_limit,
    )
    services = {
        document.name: Service(
            document, compiler, fixture, api, sessions, clock, settings, fallbacks[document.name]
        )
        for document, compiler, fixture, api in parts
    }
    outbox = outbox or Outbox(AllowedTargets(settings), clock=clock)
    outbox.storage = sessions.storage
    context = _admin_context(services, sessions, clock, settings, outbox, token)
    on = [_scenario(text, services) for text in settings.scenarios]
    if on:
        sessions.beginning = partial(context.player.begin, on)
    return _assemble(services, sessions, context, sleep, between)


def _scenario(text: str, services: Mapping[str, Service]) -> tuple[str, str]:
    """Parse a scenario that is on from the start into its API and its name.

    Raises:
        ConfigurationError: there is no such scenario; the text lists all scenarios.
    """
    api, _, name = text.partition("/")
    if api not in services or name not in services[api].fixture.scenarios:
        known = [f"{one.name}/{key}" for one in services.values() for key in one.fixture.scenarios]
        allowed = f"write one of {', '.join(known)}" if known else "the fixture files have none"
        raise ConfigurationError(f"there is no scenario {text!r}; {allowed}")
    return api, name


def _admin_context(
    services: Mapping[str, Service],
    sessions: Sessions,
    clock: Clock,
    settings: Settings,
    outbox: Outbox,
    token: str | None,
) -> AdminContext:
    def fits(api: str, collection: str, record: Record) -> bool:
        checker = services[api].checker_of(collection)
        return checker is None or checker.is_valid(record)

    scenarios = {service.name: service.fixture.scenarios for service in services.values()}
    journal = Journal(
        sessions.storage,
        settings.journal_limit,
        settings.journal_body_limit,
        settings.journal_bytes,
        api_key_names(
            scheme for service in services.values() for scheme in service.document.security_schemes.values()
        ),
    )
    return AdminContext(
        services=services,
        sessions=sessions,
        player=ScenarioPlayer(scenarios, fits, lambda api, *record: services[api].complete(*record)),
        journal=journal,
        clock=clock,
        settings=settings,
        outbox=outbox,
        removals=Removals(journal, outbox, sessions, settings.session_bytes),
        token=token,
    )


def _assemble(
    services: Mapping[str, Service], sessions: Sessions, context: AdminContext, sleep: Sleep, between: Between
) -> Application:
    endpoints = Endpoints(services, Router())
    pages = Pages(
        AdminAPI(context) if context.settings.admin else None,
        services,
        partial(_openid_provider, services, sessions, context.clock, context.settings),
    )
    chain: list[Layer] = [  # a request passes it from top to bottom
        # The gateway routes once, for all layers below. Requests to `/` and `/__…` leave the chain for the
        # admin API and the pages: faults and the journal do not apply to them. Its checks are for the few
        # requests with repeated header fields, a session in the path, or an absolute URL as target.
        partial(
            Gateway,
            own=pages,
            checks=(
                join_header_fields,  # first: the others read header fields
                take_authority,  # before the session, which may be in the path of an absolute URL
                refuse_service_worker,
                name_session,
            ),
            endpoints=endpoints,
            journal=context.journal,
            clock=context.clock,
            sessions=sessions,
            # An implementation behind a proxy may serve a document there.
            entrances={"/", DOCUMENT_PATH} if between is _nothing_between else {"/"},
        ),
        Preflight,  # before interception: faults must not affect CORS preflights
        # Before the proxy: an upstream's responses can be delayed, cut and replaced, too.
        partial(
            Interceptor,
            player=context.player,
            sessions=sessions,
            clock=context.clock,
            sleep=sleep,
            standing=tuple(server_faults(context.settings)),
        ),
        partial(between, context=context, endpoints=endpoints),  # the proxy, or nothing
        partial(
            frame,  # Connexion's
            middlewares=[
                ErrorAnswers,  # first: converts the errors of all layers below
                partial(RoutingSlot, endpoints=endpoints),  # 404, 405, 501; layers below have an endpoint
                SecuritySlot,  # before validation: validation errors would reveal the document
                ValidationSlot,  # reads the body: no layer before it does
            ],
            endpoints=endpoints,
            services=services.values(),
        ),
    ]
    # The first that applies answers: forced response, `Prefer`, rule, handler, plan, example.
    asgi: ASGIApp = Dispatcher(sessions, context.player, sleep, context.outbox)
    for layer in reversed(chain):
        asgi = layer(asgi)
    context.gateway = asgi
    return Application(
        asgi=asgi,
        services=services,
        endpoints=endpoints,
        sessions=sessions,
        journal=context.journal,
        removals=context.removals,
        files=frozenset([*_files(services.values()), *context.settings.overlays]),
        admin=context.settings.admin,
        admin_token=context.token if context.settings.admin else None,
        public_url=context.settings.public_url,
        clashes=tuple(endpoints.router.clashes),
        scenarios=context.settings.scenarios,
    )


def _openid_provider(
    services: Mapping[str, Service], sessions: Sessions, clock: Clock, settings: Settings
) -> ASGIApp:
    """Create the OpenID provider, importing its module only now."""
    from mockserver.openid.provider import OpenIDProvider

    return OpenIDProvider(services, sessions, clock, settings, provider_keys(settings))


def _files(services: Iterable[Service]) -> Iterator[Path]:
    """Every file that APIs were built from, and those that could not be read."""
    for service in services:
        yield from service.document.files
        yield from service.document.unread
        if service.fixture.file is not None:
            yield service.fixture.file
        yield from service.handlers.files


def _load(
    document: Document, settings: Settings, given: ApiHandlers | None
) -> tuple[Document, SchemaCompiler, Fixture, ApiHandlers]:
    compiler = SchemaCompiler(document.root, document.schemas)
    bundled = NO_HANDLERS if settings.stateless else _bundled(document)
    handlers = _own(document, settings, given).over(bundled)
    fixture_file = find_fixture(document.name, settings.fixtures, ours=bundled is not NO_HANDLERS)
    fixture = (
        no_fixture(document, compiler, settings.seed, handlers.computed)
        if fixture_file is None
        else load_fixture(fixture_file, document, compiler, settings.seed, handlers.computed)
    )
    return document, compiler, fixture, handlers


def _bundled(document: Document) -> ApiHandlers:
    """The bundled handlers of a document, if it is the document that they were written for."""
    file = bundled_handlers(document.name)
    if file is None:
        return NO_HANDLERS
    handlers = read_handlers(file).fitting(document)
    return handlers if handlers.handlers or document.title == handlers.title else NO_HANDLERS


def _own(document: Document, settings: Settings, given: ApiHandlers | None) -> ApiHandlers:
    """The user's handlers of a document.

    Raises:
        ConfigurationError: the file cannot be run, or a handler does not fit its operation.
    """
    if given is None:
        file = find_handlers(document.name, settings.handlers)
        if file is None:
            return NO_HANDLERS
        given = read_handlers(file)
    handlers = resolve(given, document)
    for operation_id, handler in handlers.handlers.items():
        wanted(handler, document.operation(operation_id))
    return handlers


def _fallback(
    document: Document, compiler: SchemaCompiler, fixture: Fixture, handlers: ApiHandlers, settings: Settings
) -> Fallback:
    seed = settings.seed
    generator = ValueGenerator(document.root, compiler, seed=seed, locale=fixture.locale, now=fixture.clock)
    collections = _collections(fixture, handlers)
    rules = _collection_rules(fixture, handlers)
    return Fallback(
        document,
        compiler,
        generator,
        fixtures=collections,
        seed=seed,
        corrections=fixture.plans,
        stateless=settings.stateless,
        events=settings.stream_events,
        rules=RuleLookup(rules) if rules else None,
        identities=fixture.identities,
        signing_key=settings.signing_key,
    )


def _collection_rules(fixture: Fixture, handlers: ApiHandlers) -> dict[str, CollectionRules]:
    """The rules of collections by name: the fixture file's, with computed fields and hooks of handlers."""
    found: dict[str, CollectionRules] = {}
    for name in dict.fromkeys([*fixture.collection_rules, *handlers.computed, *handlers.hooks]):
        rules = fixture.collection_rules.get(name) or CollectionRules(
            computed=handlers.computed.get(name, {})
        )
        found[name] = replace(rules, hooks=handlers.hooks.get(name, {}))
    return {name: rules for name, rules in found.items() if rules != CollectionRules()}


def _collections(fixture: Fixture, handlers: ApiHandlers) -> dict[str, BaselineCollection]:
    """The fixture's collections, and an empty one for each other collection that handlers need."""
    needed = {name: BaselineCollection(key, {}) for name, key in handlers.collections.items()}
    return {**needed, **fixture.collections}
