"""Learn values for path parameters from responses: from `Location`, links, and ids of created records."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from mockserver.check.findings.issues import TriedCase
from mockserver.check.lifecycle.response_entries import identifier
from mockserver.check.planning.path_values import PathValueFinder, item_path, item_path_below, parameter_names
from mockserver.check.target.http_messages import MISSING
from mockserver.http.served_api import Service
from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation

_CREATED = 201
_EXPRESSION = re.compile(r"\$(request|response)\.(body|header|path|query)(?:#(/.*)|\.(.+))?")


class LearnedValues:
    """Takes values for the path parameters of operations from each response."""

    def __init__(self, service: Service, addresses: PathValueFinder) -> None:
        self._service = service
        self._addresses = addresses
        self._operations = list(service.document.understood())
        self._base = service.document.base_path.rstrip("/")
        self._routes = [
            (re.compile(re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(one.path.rstrip("/")))), one)
            for one in self._operations
            if "{" in one.path
        ]
        #: How many values were found so far.
        self.count = 0

    def note(self, step: TriedCase) -> None:
        """Learn from one response."""
        if not step.answer.succeeded:
            return
        if step.case.request.method == "DELETE":
            path, address = step.case.operation.path, step.case.address.values
            self._addresses.forget(path, tuple(map(address.get, parameter_names(path))))
            return
        found = [*self._located(step), *self._linked(step)]
        if step.case.request.method == "POST":
            found += self._made(step)
        if step.case.request.method == "PUT" and step.answer.status == _CREATED:
            names = parameter_names(step.case.operation.path)
            found.append((step.case.operation.path, list(map(step.case.address.values.get, names))))
        for path, values in found:
            if values and None not in values:
                self._addresses.learn(path, [tuple(values)])
                self.count += 1

    def _located(self, step: TriedCase) -> Iterator[tuple[str, list[Any]]]:
        """The paths and values in `Location` and `Content-Location`."""
        for name in ("location", "content-location"):
            path = urlsplit(step.answer.headers.get(name, "")).path.rstrip("/").removeprefix(self._base)
            for pattern, operation in self._routes:
                match = pattern.fullmatch(path)
                if match is not None:
                    yield operation.path, [unquote(part) for part in match.groups()]

    def _made(self, step: TriedCase) -> Iterator[tuple[str, list[Any]]]:
        """The created record, by the id in the response."""
        creator = step.case.operation
        plan = self._service.fallback.plan(creator)
        below = item_path_below(creator, self._operations)
        path = below or item_path(plan)
        if path is None or plan is None:
            return
        *above, name = parameter_names(path)
        values = map(step.case.address.values.get, parameter_names(creator.path) if below else above)
        yield path, [*values, identifier(step, plan, name)]

    def _linked(self, step: TriedCase) -> Iterator[tuple[str, list[Any]]]:
        """The values that the links of the documented response give (OpenAPI 3.0 section 4.7.20)."""
        response = step.case.operation.response(step.answer.status)
        written = pointers.resolve(self._service.document.root, response.pointer) if response else {}
        links = written.get("links") if isinstance(written, Mapping) else None
        for entry in (links or {}).values():
            link = self._service.document.schemas.follow(entry)
            target = self._target(link) if isinstance(link, Mapping) else None
            if target is None or not isinstance(link, Mapping):
                continue
            given = {
                str(name).removeprefix("path."): _value(expression, step)
                for name, expression in (link.get("parameters") or {}).items()
            }
            yield target.path, [given.get(name) for name in parameter_names(target.path)]

    def _target(self, link: Mapping[str, Any]) -> Operation | None:
        reference = str(link.get("operationRef", ""))
        for operation in self._operations:
            if operation.id == link.get("operationId") or reference == f"#{operation.pointer}":
                return operation
        return None


def _value(expression: Any, step: TriedCase) -> Any:
    """Evaluate a runtime expression; None if there is no such value."""
    match = _EXPRESSION.fullmatch(str(expression))
    if match is None:
        return (
            expression if isinstance(expression, (str, int)) and not str(expression).startswith("$") else None
        )
    side, place, pointer, name = match.groups()
    if place == "header":
        fields = step.answer.headers if side == "response" else {}
        return fields.get(str(name).lower())
    if place == "path":
        return step.case.address.values.get(str(name))
    if place != "body" or side != "response" or pointer is None:
        return None
    value = step.answer.value()
    try:
        return None if value is MISSING else pointers.resolve(value, pointer)
    except (KeyError, IndexError, TypeError, ValueError):
        return None
