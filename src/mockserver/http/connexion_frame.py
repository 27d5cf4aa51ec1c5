"""Everything that the server uses of Connexion; the only module that imports it.

It uses Connexion's reader of a document's paths (`AbstractRoutingAPI`), its middleware order (routing,
security, validation, the application), and its routing context in the ASGI scope, from which other
middleware can read the operation.

The code in each slot is ours, compiled once per endpoint. Measured on the same PATCH, stock Connexion spends
387 µs a request, this frame 35: stock Connexion looks parameters up in lists, builds validators and inspects
signatures at each request. It also refuses OpenAPI 3.1, ignores chunked bodies and answers 404 for a path
parameter of the wrong type.

Connexion gets a view of each document that has only its paths. We generate that view, so it is not validated:
with ten thousand operations, validation takes longer than everything else together.
"""

import copy
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.abstract import ROUTING_CONTEXT, AbstractRoutingAPI, SpecMiddleware
from connexion.middleware.main import API
from connexion.operations import AbstractOperation
from connexion.resolver import Resolver
from connexion.spec import OpenAPISpecification

from mockserver.http.endpoint import Endpoint, Endpoints
from mockserver.http.exchange import EXCHANGE, ASGIApp, Exchange, Receive, Scope, Send
from mockserver.http.request.request_bodies import receive_body
from mockserver.http.router import Router
from mockserver.http.served_api import Service
from mockserver.openapi.operation import METHODS

_BASE_PATHS = "x-base-paths"
"""The base paths that serve an operation of the view, the operation's own first."""


class RoutingSlot(SpecMiddleware):  # type: ignore[misc]  # connexion ships no types
    """Connexion's routing slot: index documents, put the routing context into the scope, or refuse."""

    def __init__(self, app: ASGIApp, endpoints: Endpoints) -> None:
        self.app = app
        self._endpoints = endpoints
        self._waiting: dict[str, Callable[[], Any]] = {}

    def add_api(self, specification: Any, *, service: Service, **kwargs: Any) -> None:
        """Register a document (called by Connexion, which sorts documents by base path)."""
        router = self._endpoints.router
        self._waiting[service.name] = partial(_PathReader, specification, router=router, **kwargs)

    def index(self, names: Iterable[str]) -> None:
        """Index the documents in this order: if two define the same path, the first one answers."""
        for name in names:
            self._waiting.pop(name)()
        self._endpoints.router.settle()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass on a request that was routed to an operation.

        Raises:
            ApiError: unknown path (404) or method (405), or a broken operation (501).
        """
        exchange: Exchange = scope[EXCHANGE]
        if exchange.unrouted is not None:
            raise self._endpoints.refusal(exchange) or exchange.unrouted
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = exchange.context
        return self.app(scope, receive, send)


class SecuritySlot:
    """Connexion's slot for security: identify the caller, check the roles."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass on a request whose caller may call."""
        exchange: Exchange = scope[EXCHANGE]
        endpoint: Endpoint = exchange.endpoint
        endpoint.access.check(exchange)
        return self.app(scope, receive, send)


class ValidationSlot:
    """Connexion's slot for request validation: read parameters and body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a valid request."""
        exchange: Exchange = scope[EXCHANGE]
        endpoint: Endpoint = exchange.endpoint
        contract = endpoint.request
        limit = contract.body_limit
        contract.read(exchange, b"" if limit is None else await receive_body(exchange, receive, limit))
        await self.app(scope, receive, send)


def frame(
    app: ASGIApp, *, middlewares: Sequence[Any], endpoints: Endpoints, services: Iterable[Service]
) -> ASGIApp:
    """Build Connexion's frame around an application.

    Args:
        app: the application inside.
        middlewares: the middleware around it, the outermost first; `RoutingSlot` is one of them.
        endpoints: their router is filled with the documents' paths.
        services: the APIs in their order.
    """
    framed = _Frame(app, middlewares=list(middlewares))
    names = [framed.add_service(service) for service in services]
    # Built at start-up rather than at the first request, to report an invalid document early.
    framed.app, framed.middleware_stack = framed._build_middleware_stack()
    next(slot for slot in framed.middleware_stack if isinstance(slot, RoutingSlot)).index(names)
    outermost: ASGIApp = framed.app
    return outermost


class _Frame(ConnexionMiddleware):  # type: ignore[misc]  # connexion ships no types
    """Connexion's middleware frame, built from services instead of files."""

    def add_service(self, service: Service) -> str:
        """Register an API with every slot, and return its name."""
        view = _RoutingView(service)
        self.apis.append(API(view, base_path=service.document.base_path, resolver=_RESOLVER, service=service))
        return service.name


class _RoutingView(OpenAPISpecification):  # type: ignore[misc]  # connexion ships no types
    """What Connexion needs of a document for routing: paths, methods, globally unique ids."""

    def __init__(self, service: Service) -> None:
        self._raw_spec = self._spec = _view(service)
        self._base_uri = ""

    def clone(self) -> "_RoutingView":
        """A copy with the same paths (called by Connexion)."""
        twin = copy.copy(self)
        twin._raw_spec = twin._spec = dict(self._spec)
        return twin


def _view(service: Service) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation_id, key in service.document.index.items():
        paths.setdefault(key.path, {})[key.method] = {
            "operationId": service.full_id(operation_id),
            _BASE_PATHS: service.document.base_paths(operation_id),
        }
    info = {"title": service.document.title, "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": paths, "components": {}}


class _PathReader(AbstractRoutingAPI):  # type: ignore[misc]  # connexion ships no types
    """Reads the paths of a document with Connexion's code and fills the router."""

    def __init__(self, *args: Any, router: Router, **kwargs: Any) -> None:
        self._router = router
        super().__init__(*args, **kwargs)

    def add_paths(self, paths: Any = None) -> None:
        """Index all operations, including methods unknown to Connexion: `query`, `copy`."""
        super().add_paths(paths)
        for path, methods in self.specification["paths"].items():
            for method in methods.keys() - METHODS:
                self.add_operation(path, method)

    def add_operation(self, path: str, method: str) -> None:
        """Index one operation; its endpoint is compiled at its first request."""
        # Path parameters stay text here: a wrong type is a bad request, not an unknown path.
        operation = self.specification["paths"][path][method]
        base_paths = operation[_BASE_PATHS]
        self._router.add(method.upper(), path, self.base_path, operation["operationId"], base_paths)

    def make_operation(self, operation: AbstractOperation) -> str:
        raise NotImplementedError("operations are compiled at their first request")

    _add_operation_internal = None


def _no_view() -> None:
    """Dummy view function that Connexion's resolver finds for every operation; the dispatcher answers."""


_RESOLVER = Resolver(lambda _: _no_view)
