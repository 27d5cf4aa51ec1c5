"""Find the operation of a request: Connexion's routing, with an index in place of a list.

Connexion reads the paths and gives each operation its id; where it would try one route after the
other, a tree of path segments finds the route in as many steps as the path has segments.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from connexion.middleware.abstract import ROUTING_CONTEXT, AbstractRoutingAPI, SpecMiddleware
from connexion.operations import AbstractOperation

from mockserver.errors import MethodNotAllowedError, PathNotFoundError
from mockserver.server.exchange import EXCHANGE, ASGIApp, Exchange, Receive, Scope, Send
from mockserver.server.near import Known, NearMiss, nearest
from mockserver.server.service import Service, split_id

_PARAMETER = re.compile(r"\{([^{}]+)\}")


class Route:
    """What a request needs to know of the operation it found."""

    __slots__ = ("names", "path", "routing")

    def __init__(self, base_path: str, operation_id: str, path: str) -> None:
        self.path = path
        self.names = tuple(_PARAMETER.findall(path))
        self.routing = {"api_base_path": base_path, "operation_id": operation_id}


class _Node:
    """One segment of the paths: what is fixed comes before what is templated (OpenAPI 4.7.8)."""

    __slots__ = ("any", "fixed", "patterns", "routes")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.patterns: list[tuple[re.Pattern[str], _Node]] = []
        self.any: _Node | None = None
        self.routes: dict[str, Route] = {}


class RouteIndex:
    """Routes by method and path."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, path: str, base_path: str, operation_id: str) -> None:
        """Add an operation; `path` is the template with its base path, `method` in upper case.

        A path that is there already keeps its first operation: documents are asked in their order.
        """
        node = self._root
        for segment in path[1:].split("/"):
            node = self._child(node, segment)
        node.routes.setdefault(method, Route(base_path, operation_id, path))

    def near(self, method: str, path: str) -> list[NearMiss]:
        """The operations that a request for an unknown path, or with an unknown method, may have meant."""
        return nearest(self._known(self._root), method, path)

    def _known(self, node: _Node) -> Iterator[Known]:
        for method, route in node.routes.items():
            yield method, route.path, *split_id(route.routing["operation_id"])
        children = [*node.fixed.values(), *(child for _, child in node.patterns)]
        for child in children if node.any is None else [*children, node.any]:
            yield from self._known(child)

    @staticmethod
    def _child(node: _Node, segment: str) -> _Node:
        if "{" not in segment:
            return node.fixed.setdefault(segment, _Node())
        if _PARAMETER.fullmatch(segment):
            node.any = node.any or _Node()
            return node.any
        parts = _PARAMETER.split(segment)
        text = "".join("(.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
        pattern = re.compile(text, re.DOTALL)
        for known, child in node.patterns:
            if known.pattern == pattern.pattern:
                return child
        child = _Node()
        node.patterns.append((pattern, child))
        return child

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Find the operation for a path as it came, percent-encoding and all.

        Raises:
            PathNotFoundError: no document has the path.
            MethodNotAllowedError: it is there, with other methods; `Allow` names them.
        """
        segments = path[1:].split("/")
        if "%" in path:
            segments = [unquote(segment) for segment in segments]
        allowed: set[str] = set()
        for node, values in self._matches(self._root, segments, 0, ()):
            route = node.routes.get(method)
            if route is None and method == "HEAD":
                route = node.routes.get("GET")
            if route is not None:
                return route, dict(zip(route.names, values, strict=True))
            allowed.update(node.routes)
        if not allowed:
            raise PathNotFoundError(f"No operation has the path {path}.")
        raise MethodNotAllowedError(
            f"{path} does not take {method}, only {', '.join(sorted(allowed))}.",
            headers=[("Allow", ", ".join(sorted(_with_implied(allowed))))],
        )

    def _matches(
        self, node: _Node, segments: list[str], depth: int, values: tuple[str, ...]
    ) -> Iterator[tuple[_Node, tuple[str, ...]]]:
        if depth == len(segments):
            if node.routes:
                yield node, values
            return
        segment = segments[depth]
        child = node.fixed.get(segment)
        if child is not None:
            yield from self._matches(child, segments, depth + 1, values)
        for pattern, templated in node.patterns:
            match = pattern.fullmatch(segment)
            if match:
                yield from self._matches(templated, segments, depth + 1, values + match.groups())
        if node.any is not None and segment:
            yield from self._matches(node.any, segments, depth + 1, (*values, segment))


def _with_implied(methods: set[str]) -> set[str]:
    """What a path takes beside what is documented: HEAD where there is GET, and OPTIONS (RFC 9110)."""
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())


class _IndexingAPI(AbstractRoutingAPI):  # type: ignore[misc]  # connexion ships no types
    """Connexion's walk over the paths of a document, feeding the index."""

    def __init__(self, *args: Any, index: RouteIndex, **kwargs: Any) -> None:
        self._index = index
        super().__init__(*args, **kwargs)

    def make_operation(self, operation: AbstractOperation) -> str:
        return str(operation.operation_id)

    @staticmethod
    def _framework_path_and_name(operation: AbstractOperation, path: str) -> tuple[str, str]:
        # Path parameters stay text here: one of the wrong type is a bad request, not an unknown path.
        return path, path

    def _add_operation_internal(
        self,
        method: str,
        path: str,
        operation: str,
        name: str | None = None,
    ) -> None:
        self._index.add(method.upper(), self.base_path + path, self.base_path, operation)


class RoutingMiddleware(SpecMiddleware):  # type: ignore[misc]  # connexion ships no types
    """Attach Connexion's routing context to the scope, or refuse: 404, 405, and OPTIONS answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.index = RouteIndex()

    def add_api(self, specification: Any, *, service: Service, **kwargs: Any) -> None:
        """Index the operations of a document (called by Connexion)."""
        del service
        _IndexingAPI(specification, index=self.index, **kwargs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one request."""
        exchange: Exchange = scope[EXCHANGE]
        try:
            route, exchange.path_parameters = self.index.find(exchange.method, exchange.path)
        except (PathNotFoundError, MethodNotAllowedError):
            exchange.near = self.index.near(exchange.method, exchange.path)
            raise
        exchange.api, exchange.operation_id = split_id(route.routing["operation_id"])
        scope.setdefault("extensions", {})[ROUTING_CONTEXT] = route.routing
        await self.app(scope, receive, send)
