"""Cases, which are requests with what they try, and sequences of them."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote
from uuid import uuid4

from mockserver.check.findings import phrases
from mockserver.check.planning import sample_values
from mockserver.check.planning.path_values import PathValues, conditions
from mockserver.check.planning.situations import Situation, SituationKind
from mockserver.check.stated.field_pairs import FieldPair, in_order, pairs_of
from mockserver.check.target.http_messages import ANONYMOUS, Caller, HttpRequest
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, pointers
from mockserver.openapi.operation import MediaType, Operation
from mockserver.openapi.schema.schema_locations import fields_of

Topic = Literal["reach", "input", "path", "media-type", "method", "auth", "role", "sequence", "read", "fuzz"]
JSON = "application/json"
PLAIN = Situation(SituationKind.PLAIN)
FILLED = Situation(SituationKind.FILLED)
_BOUNDARY = "mockserver-check-7f3a9c"
_DEPTH = 3
_ONCE = {"idempotency-key", "request-id", "correlation-id"}
"""Header fields, without their X-, that need a unique value per request."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request and what it tries.

    Attributes:
        operation: the tried operation; for an undocumented method, one of the same path.
        situation: what is special about the request.
        sent: the fields that the body sets, as dotted names.
        is_promised: whether the document promises that such a request is served.
    """

    operation: Operation
    situation: Situation
    topic: Topic
    request: HttpRequest
    address: PathValues
    sent: frozenset[str] = frozenset()
    is_promised: bool = True

    @property
    def title(self) -> str:
        """What the case tries, as text."""
        return phrases.situation(
            self.situation,
            operation=self.operation.id,
            caller=self.request.caller.name,
            address=self.address.phrase,
        )

    def by(self, caller: Caller, topic: Topic, situation: Situation) -> "Case":
        """The same case from another caller."""
        return replace(self, request=replace(self.request, caller=caller), topic=topic, situation=situation)


@dataclass(frozen=True, slots=True)
class CaseSequence:
    """Cases that are tried one after another, after a reset if there is one."""

    cases: tuple[Case, ...]
    group: Topic
    marks: frozenset[str] = field(default_factory=frozenset)

    @property
    def operation(self) -> Operation:
        """The operation that the sequence tests: that of the first case."""
        return self.cases[0].operation

    @property
    def writes(self) -> bool:
        """Whether any of its requests could change records."""
        return any(case.request.method not in {"GET", "HEAD", "OPTIONS"} for case in self.cases)


class CaseMaker:
    """Builds requests for the operations of one document."""

    def __init__(self, service: Service) -> None:
        self._schemas = service.document.schemas
        self._service = service
        #: Reference fields of a body, each with the id of an existing record.
        self.references: Callable[[Operation], Mapping[str, Any]] = lambda _: {}
        self._pairs: dict[str, list[FieldPair]] = {}

    def content(self, operation: Operation) -> MediaType | None:
        """The media type for the bodies of cases: JSON if documented, else the first."""
        body = operation.request_body
        return None if body is None else media_types.preferred(body.content)

    def minimal_body(self, operation: Operation) -> Any:
        """The documented example, else the smallest valid body; None when none is required.

        The body of a login has the credentials of a user who can log in.
        """
        content, body = self.content(operation), self._minimal_body(operation)
        if content is not None and isinstance(body, (Mapping, list)):
            body = referring(body, self.references(operation))
        if content is not None and isinstance(body, Mapping):
            body = in_order(body, self.pairs(operation))
        login = self._service.fallback.logged_in(operation, body)
        if content is None or content.schema is None or login == body:
            return body
        is_valid = self._service.compiler.compile(content.schema, "request").is_valid(login)
        return login if is_valid else body

    def fields(self, operation: Operation) -> frozenset[str]:
        """The names of all fields of an operation's body, those inside of objects and lists included."""
        content = self.content(operation)
        return frozenset(self._names(content.schema) if content is not None else ())

    def _names(self, schema: Any, depth: int = 0) -> Iterator[str]:
        view = self._schemas.merged(schema)
        if "items" in view and depth < _DEPTH:
            yield from self._names(view["items"], depth + 1)
        for one in fields_of(self._schemas, schema):
            yield one.name
            if "items" in one.view and depth < _DEPTH:
                yield from self._names(one.view["items"], depth + 1)

    def pairs(self, operation: Operation) -> list[FieldPair]:
        """Fields of a body of which one comes after the other."""
        if operation.id not in self._pairs:
            content = self.content(operation)
            fields = fields_of(self._schemas, content.schema) if content is not None else []
            self._pairs[operation.id] = list(pairs_of(fields, self.text(operation)))
        return self._pairs[operation.id]

    def text(self, operation: Operation) -> str:
        """What the document says of an operation and of its body in words."""
        written = pointers.resolve(self._schemas.root, operation.pointer)
        content = self.content(operation)
        view = self._schemas.merged(content.schema) if content is not None else {}
        body = self._schemas.follow(written.get("requestBody") or {})
        said = [written.get("summary"), written.get("description"), body.get("description")]
        said += [view.get("description")]
        for schema in (view.get("properties") or {}).values():
            said.append(self._schemas.merged(schema).get("description"))
        return "\n".join(str(one) for one in said if one)

    def _minimal_body(self, operation: Operation) -> Any:
        content, body = self.content(operation), operation.request_body
        if content is None or body is None:
            return None
        if content.examples:
            return next(iter(content.examples.values()))
        needed = self._schemas.merged(content.schema).get("required")
        return sample_values.minimal(self._schemas, content.schema) if body.required or needed else None

    def plain(
        self,
        operation: Operation,
        address: PathValues,
        caller: Caller = ANONYMOUS,
        *,
        topic: Topic = "reach",
        situation: Situation = PLAIN,
    ) -> Case:
        """The simplest request that the document allows."""
        body = self.minimal_body(operation)
        headers, data = ((), None) if body is None else self.encoded(operation, body)
        request = HttpRequest(
            operation.method.upper(),
            address.path(operation.path),
            self.query(operation),
            headers,
            data,
            caller,
            schemes_of(operation),
        )
        request = replace(request, headers=(*self._headers(operation), *request.headers))
        return Case(operation, situation, topic, request, address, sent=frozenset(names_in(body)))

    def query(self, operation: Operation, values: Mapping[str, Any] | None = None) -> str:
        """The required query parameters, and the given ones; a value of None leaves one out."""
        found = {
            entry.name: self._parameter(entry.pointer, entry.schema)
            for entry in operation.parameters
            if entry.location == "query" and entry.required
        }
        found = {**found, **conditions(operation.path, in_header=False), **(values or {})}
        parts = [
            f"{quote(name, safe='')}={quote(_plain_text(entry), safe='')}"
            for name, value in found.items()
            if value is not None
            for entry in (value if isinstance(value, list) else [value])
        ]
        return "&".join(parts)

    def _headers(self, operation: Operation) -> tuple[tuple[str, str], ...]:
        named = conditions(operation.path, in_header=True)
        known = {name.lower() for name in named}
        required = (
            (entry.name, _header(entry.name) or _plain_text(self._parameter(entry.pointer, entry.schema)))
            for entry in operation.parameters
            if entry.location == "header" and entry.required and entry.name.lower() not in known
        )
        return (*named.items(), *required)

    def _parameter(self, pointer: str, schema: Any) -> Any:
        written = pointers.resolve(self._schemas.root, pointer)
        return written["example"] if "example" in written else sample_values.minimal(self._schemas, schema, 1)

    def sent(self, case: Case) -> Any:
        """The JSON body of a case as a value; for other media types the smallest valid body."""
        try:
            return json.loads(case.request.body or b"null")
        except ValueError:
            return self.minimal_body(case.operation)

    def with_body(
        self, case: Case, body: Any, situation: Situation, *, sent: Iterable[str] = (), promised: bool = True
    ) -> Case:
        """The case with this body, encoded in the documented media type."""
        headers, data = self.encoded(case.operation, body)
        return self.with_bytes(case, data, headers, situation, sent=sent or names_in(body), promised=promised)

    @staticmethod
    def with_bytes(
        case: Case,
        data: bytes | None,
        headers: Iterable[tuple[str, str]],
        situation: Situation,
        *,
        sent: Iterable[str] = (),
        promised: bool = True,
    ) -> Case:
        """The case with exactly these bytes as body, and these header fields."""
        kept = tuple(entry for entry in case.request.headers if entry[0].lower() != "content-type")
        request = replace(case.request, body=data, headers=(*kept, *headers))
        return replace(
            case,
            situation=situation,
            topic="input",
            request=request,
            sent=frozenset(sent),
            is_promised=promised,
        )

    def files(self, operation: Operation) -> frozenset[str]:
        """The fields of a form that are files."""
        content = self.content(operation)
        view = self._schemas.merged(content.schema) if content is not None else {}
        found = {name: self._schemas.merged(one) for name, one in (view.get("properties") or {}).items()}
        return frozenset(
            name
            for name, one in found.items()
            if one.get("format") == "binary" or ("contentMediaType" in one and "contentEncoding" not in one)
        )

    def encoded(self, operation: Operation, body: Any) -> tuple[tuple[tuple[str, str], ...], bytes]:
        """A body as bytes, and its Content-Type."""
        content = self.content(operation)
        name = content.name.lower() if content else JSON
        if media_types.is_multipart_form(name) and isinstance(body, Mapping):
            files = self.files(operation)
            return (("Content-Type", f"{name}; boundary={_BOUNDARY}"),), multipart(body, files)
        if media_types.is_urlencoded(name) and isinstance(body, Mapping):
            return (("Content-Type", name),), urlencoded(body)
        if isinstance(body, str) and not media_types.is_json(name):
            return (("Content-Type", name),), body.encode()
        return (("Content-Type", name if media_types.is_json(name) else JSON),), _json(body)


def referring(value: Any, known: Mapping[str, Any]) -> Any:
    """A body with existing ids in its reference fields, those inside of lists and objects included."""
    if isinstance(value, Mapping):
        return {
            name: known[name]
            if name in known and not isinstance(one, (Mapping, list))
            else referring(one, known)
            for name, one in value.items()
        }
    return [referring(one, known) for one in value] if isinstance(value, list) else value


def _header(name: str) -> str:
    """A value that a header field needs to have an effect; empty if any value of its schema will do."""
    if name.lower() == "if-match":
        return "*"  # any version (RFC 9110 section 13.1.1)
    return str(uuid4()) if name.lower().removeprefix("x-") in _ONCE else ""


def schemes_of(operation: Operation) -> tuple[str, ...]:
    """The security schemes of the operation's first security requirement."""
    return next((tuple(names) for names in operation.security if names), ())


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _plain_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def multipart(fields: Mapping[str, Any], files: Collection[str] = ()) -> bytes:
    """A multipart form (RFC 7578); the fields named in `files` are sent as files."""
    parts = [
        form_part(
            name,
            _plain_text(value).encode(),
            *(("check.bin", "application/octet-stream") if name in files else ()),
        )
        for name, value in fields.items()
    ]
    return form_of(parts)


def form_part(name: str, value: bytes, filename: str = "", media_type: str = "") -> bytes:
    """One part of a form; with a name of a file it is a file."""
    file = f'; filename="{filename}"\r\nContent-Type: {media_type}' if filename else ""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def form_of(parts: Iterable[bytes]) -> bytes:
    """A form of these parts."""
    return b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()


FORM_TYPE = f"multipart/form-data; boundary={_BOUNDARY}"


def urlencoded(fields: Mapping[str, Any]) -> bytes:
    """An `application/x-www-form-urlencoded` form."""
    return "&".join(
        f"{quote(name, safe='')}={quote(_plain_text(value), safe='')}" for name, value in fields.items()
    ).encode()


def dotted(name: str) -> str:
    """A form's field name with brackets as a dotted name: `claimant[name]` is `claimant.name`."""
    first, *rest = name.replace("]", "").split("[")
    return ".".join([first, *(f"[{part}]" if part.isdigit() else part for part in rest)])


def names_in(body: Any, above: str = "") -> list[str]:
    """The dotted names of all fields that a body sets; list items are named by their id."""
    found: list[str] = []
    if isinstance(body, Mapping):
        for name, value in body.items():
            path = f"{above}{dotted(name)}"
            found += names_in(value, path + ".") or [path]
    elif isinstance(body, list):
        for number, item in enumerate(body):
            identifier = item.get("id", number) if isinstance(item, Mapping) else number
            found += names_in(item, f"{above}[{identifier}].")
    return found
