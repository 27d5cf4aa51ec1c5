"""Find the operation of a request in a tree of path segments.

Connexion reads the documents' paths (`connexion_frame`) but would try one route after the other; the tree
needs only as many steps as the path has segments.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from mockserver.errors import MethodNotAllowedError, PathNotFoundError
from mockserver.http.exchange import Exchange
from mockserver.http.served_api import split_id
from mockserver.http.suggestions import Known, NearMiss, nearest
from mockserver.openapi.operation import path_parameters, split_path

_PARAMETER = re.compile(r"\{([^{}]+)\}")


class Route:
    """The route to one operation.

    Operations of one path may differ by conditions on query or header fields (`split_path`).

    Attributes:
        full_id: the operation's id, as Connexion knows it.
        base_path: the base path for links in the operation's responses.
        is_other: whether this is not the operation's main route.
        names: the names of the path parameters, in order.
        key: the name of the operation's API, and the operationId in the document.
        context: Connexion's routing context.
    """

    __slots__ = (
        "_api_base_path",
        "_conditions",
        "_home",
        "_template",
        "base_path",
        "context",
        "full_id",
        "is_other",
        "key",
        "names",
    )
    names: tuple[str, ...]
    key: tuple[str, str]
    context: Mapping[str, str]

    def __init__(
        self, base_path: str, operation_id: str, home: str, template: str, own: str, *, is_other: bool
    ) -> None:
        """Create a route.

        Args:
            base_path: the document's base path.
            operation_id: as Connexion knows it.
            home: the base path of this route.
            template: the path below it.
            own: the base path for links in the operation's responses.
            is_other: whether this is not the operation's main route.
        """
        self._conditions = split_path(template)[1]
        self._home = home
        self._template = template
        self.full_id = operation_id
        self.is_other = is_other
        self.base_path = own
        self._api_base_path = base_path

    def __getattr__(self, name: str) -> Any:
        """Fill the slots that only requests need: most routes of a large document never get one."""
        if name == "names":
            self.names = path_parameters(split_path(self.path)[0])
        elif name == "key":
            self.key = split_id(self.full_id)
        elif name == "context":
            self.context = {
                "api_base_path": self._api_base_path,
                "base_path": self.base_path,
                "operation_id": self.full_id,
            }
        else:
            raise AttributeError(name)
        return getattr(self, name)

    @property
    def path(self) -> str:
        """The template, with the base path."""
        return self._home + self._template

    @property
    def conditions(self) -> int:
        """The number of conditions on query and header fields."""
        return len(self._conditions)

    def taken(self, exchange: Exchange | None) -> dict[str, str] | None:
        """The templated values in query or header fields; None if a condition is not met."""
        values = {}
        for name, wanted in self._conditions:
            given = None if exchange is None else _given(exchange, name)
            template = _PARAMETER.fullmatch(wanted)
            if given is None or (wanted and template is None and given != wanted):
                return None
            if template is not None:
                values[template[1]] = given
        return values


def _given(exchange: Exchange, name: str) -> str | None:
    """A request's value for a name: from the query, else from a header field."""
    values = exchange.query.get(name)
    return values[0] if values else exchange.header(name.lower())


@dataclass(frozen=True, slots=True)
class _SegmentPattern:
    """A segment with text around its parameters: `{z}-{x}.png`; `texts` are the fixed parts.

    The last occurrence of a text counts, as in a greedy regular expression. The regular expression itself
    would take quadratic or cubic time for a segment that does not match.
    """

    texts: tuple[str, ...]

    def match(self, segment: str) -> tuple[str, ...] | None:
        """The values of the parameters, at least one character each; None if the segment does not match."""
        if len(self.texts) == 1:  # a segment with empty braces
            return () if segment == self.texts[0] else None
        first, *between, last = self.texts
        if not segment.startswith(first) or not segment.endswith(last):
            return None
        values: list[str] = []
        end = len(segment) - len(last)
        for text in reversed(between):
            at = segment.rfind(text, len(first), max(end - 1, 0))
            if at < 0:
                return None
            values.append(segment[at + len(text) : end])
            end = at
        values.append(segment[len(first) : end])
        return tuple(reversed(values)) if end > len(first) else None


_NONE: Mapping[str, list[Route]] = MappingProxyType({})


class _Node:
    """One segment of the paths: fixed segments are matched before templated ones (OpenAPI 4.7.8)."""

    __slots__ = ("any", "demanding", "fixed", "patterns", "routes")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.patterns: tuple[tuple[_SegmentPattern, _Node], ...] = ()
        self.any: _Node | None = None
        self.routes: dict[str, Route] = {}
        #: Routes with conditions beyond the path, those with the most conditions first.
        self.demanding: Mapping[str, list[Route]] = _NONE

    def only(self, segment: str) -> "_Node | None":
        """The child node for a segment, if only one can match."""
        if self.patterns:
            return None
        child = self.fixed.get(segment)
        if child is None:
            return self.any if segment else None
        return child if self.any is None else None

    def route(self, method: str, exchange: Exchange | None) -> tuple[Route, dict[str, str]] | None:
        """The route for a method, and the values taken from query or header fields."""
        for route in self.demanding.get(method, ()):
            values = route.taken(exchange)
            if values is not None:
                return route, values
        found = self.routes.get(method)
        return None if found is None else (found, {})


class Router:
    """Routes by method and path."""

    def __init__(self) -> None:
        self._root = _Node()
        #: Nodes by fixed paths that match no other node: most requests need one more segment.
        self._trails: dict[str, _Node] = {}
        self._others: list[tuple[str, Route]] = []
        #: Methods and paths defined twice: the path, the operation served, and the one that is not reached.
        self.clashes: list[tuple[str, str, str]] = []

    def add(
        self, method: str, path: str, base_path: str, operation_id: str, places: Sequence[str] = ()
    ) -> None:
        """Add an operation.

        If a path is defined twice, the first operation is kept: documents are searched in their order. The
        first of `places` is the operation's main base path; the others are used if no other operation has the
        same path there, once `settle` is called.

        Args:
            method: in upper case.
            path: the template.
            base_path: the document's.
            operation_id: as Connexion knows it.
            places: base paths of the operation; by default its document's.
        """
        home, *others = places or (base_path,)
        plain = home == base_path
        self._put(method, Route(base_path, operation_id, home, path, base_path, is_other=False))
        self._others += [
            # Links use the document's base path, not that of this one operation.
            (
                method,
                Route(base_path, operation_id, place, path, place if plain else base_path, is_other=True),
            )
            for place in others
        ]

    def settle(self) -> None:
        """Add the further base paths of operations, after all main routes."""
        for method, route in self._others:
            self._put(method, route)
        self._others.clear()

    def _put(self, method: str, route: Route) -> None:
        self._trails.clear()
        node = self._root
        for segment in split_path(route.path)[0][1:].split("/"):
            node = self._child(node, segment)
        known = node.routes.get(method)
        if known is not None and route.is_other:
            return
        if route.conditions:
            demanding = [*node.demanding.get(method, ()), route]
            demanding.sort(key=lambda entry: -entry.conditions)
            node.demanding = {**node.demanding, method: demanding}
        # A route with conditions is the default for its path only if no route without conditions exists.
        if known is None or known.conditions > route.conditions == 0:
            node.routes[method] = route
        elif route.conditions == 0:
            ids = known.full_id, route.full_id
            self.clashes.append((f"{method} {route.path}", *ids))

    def near(self, method: str, path: str) -> list[NearMiss]:
        """Operations similar to a request with an unknown path or method, as suggestions."""
        return nearest(self._known(self._root), method, path)

    def _known(self, node: _Node) -> Iterator[Known]:
        for method, route in node.routes.items():
            if not route.is_other:
                yield method, route.path, *route.key
        children = [*node.fixed.values(), *(child for _, child in node.patterns)]
        for child in children if node.any is None else [*children, node.any]:
            yield from self._known(child)

    @staticmethod
    def _child(node: _Node, segment: str) -> _Node:
        if "{" not in segment:
            plain = unquote(segment) if "%" in segment else segment
            child = node.fixed.get(plain)
            if child is None:
                child = node.fixed[plain] = _Node()
            return child
        if _PARAMETER.fullmatch(segment):
            if node.any is None:
                node.any = _Node()
            return node.any
        pattern = _SegmentPattern(tuple(_PARAMETER.split(segment)[::2]))
        for known, child in node.patterns:
            if known == pattern:
                return child
        child = _Node()
        node.patterns = (*node.patterns, (pattern, child))
        return child

    def find(self, method: str, path: str, exchange: Exchange | None = None) -> tuple[Route, dict[str, str]]:
        """Find the operation for a path, percent-encoded as received.

        The exchange is needed if operations differ in more than their paths.

        Raises:
            PathNotFoundError: no document has the path.
            MethodNotAllowedError: the path exists with other methods; `Allow` lists them.
        """
        trail, _, last = path.rpartition("/")
        node = (self._trails or self._lay_trails()).get(trail)
        if node is not None and "%" not in last:
            child = node.only(last)
            found = None if child is None else child.route(method, exchange)
            if found is not None:
                if child is node.any:
                    found[1][found[0].names[0]] = last
                return found
        segments = path[1:].split("/")
        if "%" in path:
            segments = [unquote(segment) for segment in segments]
        straight = self._straight(method, segments, exchange)
        if straight is not None:
            return straight
        allowed: set[str] = set()
        for node, values in self._matches(self._root, segments, 0, ()):
            found = node.route(method, exchange)
            if found is None and method == "HEAD":
                found = node.route("GET", exchange)
            if found is not None:
                route, others = found
                return route, dict(zip(route.names, values, strict=True)) | others
            allowed.update(node.routes)
        if not allowed:
            raise PathNotFoundError(f"No operation has the path {path}.")
        raise MethodNotAllowedError(
            f"{path} does not take {method}, only {', '.join(sorted(allowed))}.",
            headers=[("Allow", ", ".join(sorted(_with_implied(allowed))))],
        )

    def _lay_trails(self) -> dict[str, _Node]:
        waiting = [("", self._root)]
        for trail, node in waiting:
            self._trails[trail] = node
            if not node.patterns and node.any is None:
                # A decoded slash within a segment would look like a separator.
                fixed = (entry for entry in node.fixed.items() if "/" not in entry[0])
                waiting += [(f"{trail}/{segment}", child) for segment, child in fixed]
        return self._trails

    def _straight(
        self, method: str, segments: list[str], exchange: Exchange | None
    ) -> tuple[Route, dict[str, str]] | None:
        """The operation if every segment has only one match: the fast path for most requests."""
        node: _Node | None = self._root
        values = []
        for segment in segments:
            if node is None or node.patterns:
                return None
            child, other = node.fixed.get(segment), node.any
            if child is None:
                if not segment:
                    return None
                values.append(segment)
                child = other
            elif other is not None:
                return None
            node = child
        found = None if node is None else node.route(method, exchange)
        if found is None:
            return None
        route, others = found
        parameters = dict(zip(route.names, values, strict=True))
        return route, parameters | others if others else parameters

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
            found = pattern.match(segment)
            if found is not None:
                yield from self._matches(templated, segments, depth + 1, values + found)
        if node.any is not None and segment:
            yield from self._matches(node.any, segments, depth + 1, (*values, segment))


def _with_implied(methods: set[str]) -> set[str]:
    """The methods of a path including implied ones: HEAD if there is GET, and OPTIONS (RFC 9110)."""
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
