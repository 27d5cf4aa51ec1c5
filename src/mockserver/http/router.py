"""Find the operation of a request in a tree of path segments.

Connexion reads the documents' paths (`connexion_frame`); where it would try one route after the other, the
tree finds the route in as many steps as the path has segments.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from mockserver.errors import MethodNotAllowedError, PathNotFoundError
from mockserver.http.exchange import Exchange
from mockserver.http.served_api import split_id
from mockserver.http.suggestions import Known, NearMiss, nearest

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_BESIDE = re.compile(r"[?#]")


class Route:
    """What a request needs to know of the operation it found.

    Some documents give several operations one path and tell them apart behind a `?` or `#`, by what
    the query or a header says: `/?Action=Stop`, `/#X-Amz-Target=Stop`, `/tags/{id}#tagKeys`.
    """

    __slots__ = ("_conditions", "api", "base_path", "context", "is_other", "names", "operation_id", "path")

    def __init__(self, base_path: str, operation_id: str, path: str, own: str, *, is_other: bool) -> None:
        """`base_path` is the document's, `own` the one of links that its answers have.

        `is_other` where the operation is at home at another route.
        """
        plain, *beside = _BESIDE.split(path, maxsplit=1)
        self.path = path
        self.names = tuple(_PARAMETER.findall(plain))
        self.is_other = is_other
        self.base_path = own
        #: What Connexion calls its routing context.
        self.context = {"api_base_path": base_path, "base_path": own, "operation_id": operation_id}
        self.api, self.operation_id = split_id(operation_id)
        self._conditions = [part.partition("=") for part in re.split("[&?#]", "&".join(beside)) if part]

    @property
    def conditions(self) -> int:
        """How much it asks for beyond the path."""
        return len(self._conditions)

    def taken(self, exchange: Exchange | None) -> dict[str, str] | None:
        """The templated values in query or header fields; None when the request is not meant for it."""
        values = {}
        for name, _, wanted in self._conditions:
            given = None if exchange is None else _given(exchange, name)
            template = _PARAMETER.fullmatch(wanted)
            if given is None or (wanted and template is None and given != wanted):
                return None
            if template is not None:
                values[template[1]] = given
        return values


def _given(exchange: Exchange, name: str) -> str | None:
    """What a request says under a name, in its query or in a header field."""
    values = exchange.query.get(name)
    return values[0] if values else exchange.header(name.lower())


@dataclass(frozen=True, slots=True)
class _SegmentPattern:
    """A segment with text around its parameters: `{z}-{x}.png`, by the text before, between and behind them.

    The last occurrence of a text counts, as in a greedy regular expression, which would try every other one
    where a request does not fit: that takes the square of the segment's length, or its cube.
    """

    texts: tuple[str, ...]

    def match(self, segment: str) -> tuple[str, ...] | None:
        """The values of the parameters, each of a character at least; None where the segment does not fit."""
        if len(self.texts) == 1:  # braces that enclose nothing
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


class _Node:
    """One segment of the paths: what is fixed comes before what is templated (OpenAPI 4.7.8)."""

    __slots__ = ("any", "demanding", "fixed", "patterns", "routes")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.patterns: list[tuple[_SegmentPattern, _Node]] = []
        self.any: _Node | None = None
        self.routes: dict[str, Route] = {}
        #: Those that ask for more than the path, the most demanding first.
        self.demanding: dict[str, list[Route]] = {}

    def only(self, segment: str) -> "_Node | None":
        """Where a segment leads, if it can lead to one place alone."""
        if self.patterns:
            return None
        child = self.fixed.get(segment)
        if child is None:
            return self.any if segment else None
        return child if self.any is None else None

    def route(self, method: str, exchange: Exchange | None) -> tuple[Route, dict[str, str]] | None:
        """The operation for a request, and what it takes from beside the path."""
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
        #: Nodes by the fixed path that leads there and nowhere else: most requests are one segment further.
        self._trails: dict[str, _Node] = {}
        self._others: list[tuple[str, Route]] = []
        #: Methods and paths that are taken, by which operation, and the operation that came too late.
        self.clashes: list[tuple[str, str, str]] = []

    def add(
        self, method: str, path: str, base_path: str, operation_id: str, places: Sequence[str] = ()
    ) -> None:
        """Add an operation; `path` is its template, `method` in upper case.

        A path that is there already keeps its first operation: documents are asked in their order. At
        the first of the `places` an operation is at home; at the others it is served where nothing else is,
        once `settle` is called.

        Args:
            method: in upper case.
            path: the template.
            base_path: the document's.
            operation_id: as Connexion knows it.
            places: the base paths that the operation is served at; its document's when there is none.
        """
        home, *others = places or (base_path,)
        plain = home == base_path
        self._put(method, Route(base_path, operation_id, home + path, base_path, is_other=False))
        self._others += [
            # Links lead to where the whole document is, not to where this one operation is.
            (
                method,
                Route(base_path, operation_id, place + path, place if plain else base_path, is_other=True),
            )
            for place in others
        ]

    def settle(self) -> None:
        """Serve operations at their further places, after all that are at home there."""
        for method, route in self._others:
            self._put(method, route)
        self._others.clear()

    def _put(self, method: str, route: Route) -> None:
        self._trails.clear()
        node = self._root
        for segment in _BESIDE.split(route.path, maxsplit=1)[0][1:].split("/"):
            node = self._child(node, segment)
        known = node.routes.get(method)
        if known is not None and route.is_other:
            return
        if route.conditions:
            demanding = node.demanding.setdefault(method, [])
            demanding.append(route)
            demanding.sort(key=lambda entry: -entry.conditions)
        # One that asks for more than the path stands in where nothing asks for less.
        if known is None or known.conditions > route.conditions == 0:
            node.routes[method] = route
        elif route.conditions == 0:
            ids = known.context["operation_id"], route.context["operation_id"]
            self.clashes.append((f"{method} {route.path}", *ids))

    def near(self, method: str, path: str) -> list[NearMiss]:
        """The operations that a request for an unknown path, or with an unknown method, may have meant."""
        return nearest(self._known(self._root), method, path)

    def _known(self, node: _Node) -> Iterator[Known]:
        for method, route in node.routes.items():
            if not route.is_other:
                yield method, route.path, route.api, route.operation_id
        children = [*node.fixed.values(), *(child for _, child in node.patterns)]
        for child in children if node.any is None else [*children, node.any]:
            yield from self._known(child)

    @staticmethod
    def _child(node: _Node, segment: str) -> _Node:
        if "{" not in segment:
            return node.fixed.setdefault(unquote(segment), _Node())
        if _PARAMETER.fullmatch(segment):
            node.any = node.any or _Node()
            return node.any
        pattern = _SegmentPattern(tuple(_PARAMETER.split(segment)[::2]))
        for known, child in node.patterns:
            if known == pattern:
                return child
        child = _Node()
        node.patterns.append((pattern, child))
        return child

    def find(self, method: str, path: str, exchange: Exchange | None = None) -> tuple[Route, dict[str, str]]:
        """Find the operation for a path as it came, percent-encoding and all.

        The exchange is asked where operations differ in more than their paths.

        Raises:
            PathNotFoundError: no document has the path.
            MethodNotAllowedError: it is there, with other methods; `Allow` names them.
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
                # A slash inside of a segment would make it look like two.
                fixed = (entry for entry in node.fixed.items() if "/" not in entry[0])
                waiting += [(f"{trail}/{segment}", child) for segment, child in fixed]
        return self._trails

    def _straight(
        self, method: str, segments: list[str], exchange: Exchange | None
    ) -> tuple[Route, dict[str, str]] | None:
        """The operation where every segment leaves one way to go: most paths, and a quarter of the time."""
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
    """What a path takes beside what is documented: HEAD where there is GET, and OPTIONS (RFC 9110)."""
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
