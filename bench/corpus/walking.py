"""Go round with one resource as a client would: create, read, list, update, read, delete, gone."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from bench.answer import Answer
from bench.corpus.judging import cause_of
from bench.corpus.requests import Request, preferred, request_for
from bench.corpus.trips import Trip
from mockserver.data.values import UnsatisfiableSchemaError, ValueGenerator
from mockserver.errors import MockserverError
from mockserver.openapi.document import Document
from mockserver.openapi.model import Operation
from mockserver.openapi.schemas import SchemaCompiler

Call = Callable[[Request], Awaitable[Answer]]
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_IDS = ("id", "uuid", "guid", "uid", "sid", "gid", "identifier")
_NAMES = ("key", "name", "slug", "code", "number")
_DEEPEST = 3


class BrokenTripError(Exception):
    """A step did not do what it says.

    Attributes:
        cause: which step, and why, the same for all resources of which this is so.
        detail: what it was with this one.
    """

    def __init__(self, cause: str, detail: str = "") -> None:
        self.cause = cause
        self.detail = detail
        super().__init__(cause)


class Walk:
    """One trip. `call` sends its requests, all in one session."""

    def __init__(
        self, trip: Trip, document: Document, compiler: SchemaCompiler, now: Any, call: Call
    ) -> None:
        self._trip = trip
        self._document = document
        self._compiler = compiler
        self._now = now
        self._call = call
        self._names = _PARAMETER.findall(trip.path)
        self._above: list[Any] = []
        self._id = ""

    async def go(self) -> None:
        """Go all the way.

        Raises:
            BrokenTripError: a step did not do what it says.
        """
        sent = await self._create()
        record = await self._read("read", sent)
        await self._list(record, there=True)
        for number, operation_id in enumerate(self._trip.updates):
            changed = await self._send("update", operation_id, seed=number + 2, record=record)
            record = await self._read("read after update", changed)
        if self._trip.delete is not None:
            await self._send("delete", self._trip.delete)
            answer = await self._answer("gone", self._trip.read)
            if answer.status not in {404, 410}:
                raise BrokenTripError(f"gone: {answer.status} in place of 404")
            await self._list(record, there=False)

    async def _create(self) -> Any:
        """Create, and learn the new id as a client does: from `Location`, the body, or what it sent."""
        operation = self._document.operation(self._trip.create)
        if operation.method == "put":
            request = self._request(operation, 1)
            values = [request.values.get(("path", name)) for name in self._names_of(operation)]
            self._above, self._id = values[:-1], str(values[-1])
            request = self._request(operation, 1)
            await self._judged("create", operation, request)
            return _content(request)
        request = self._request(operation, 1)
        self._above = [request.values.get(("path", name)) for name in self._names_of(operation)]
        request = self._request(operation, 1)
        answer = await self._judged("create", operation, request)
        sent = _content(request)
        told = answer.fields()
        found = self._located(answer) or self._told(told) or self._told(_alone(told)) or self._told(sent)
        if found is None and self._trip.list is not None:
            found = await self._listed(sent)
        if found is None:
            detail = f"{answer.status} {answer.body[:80]!r}"
            raise BrokenTripError("create: neither answer nor request names the new id", detail)
        self._id = found
        return sent

    async def _listed(self, sent: Any) -> str | None:
        """The id of the only one in the list that has what was sent."""
        answer = await self._send_plain("list", str(self._trip.list))
        alike = []
        for entry in _entries(answer.json()):
            shown, known = _nearest(entry, sent)
            shared = shown.keys() & known.keys()
            if shared and all(_same(shown[name], known[name]) for name in shared):
                alike.append(entry)
        return self._told(alike[0]) if len(alike) == 1 else None

    def _located(self, answer: Answer) -> str | None:
        """The id in `Location`, where that is an item's path."""
        path = urlsplit(answer.headers.get("location", "")).path.rstrip("/")
        pattern = re.escape(self._trip.path)
        for name in self._names:
            pattern = pattern.replace(re.escape("{" + name + "}"), "([^/]+)")
        match = re.search(pattern + r"(\.json)?$", path)
        return unquote(match[len(self._names)]) if match else None

    def _told(self, body: Any) -> str | None:
        """The id in a body: the body itself, what is called like the parameter, or as ids usually are."""
        if isinstance(body, int | str) and not isinstance(body, bool) and not re.search(r"^$|\s", str(body)):
            return str(body)
        last = _flat(
            re.split(r"[_.-]|(?<=[a-z])(?=[A-Z])", self._names[-1])[-1]
        )  # the `ip` of `{floating_ip}`
        for several in ((*self._own(), last, *_IDS), () if self._by_id else _NAMES):
            for record in _objects(body):
                known = {_flat(field): value for field, value in record.items()}
                for wanted in several:
                    if isinstance(known.get(wanted), str | int) and known[wanted] != "":
                        return str(known[wanted])
        return None

    @property
    def _by_id(self) -> bool:
        """Whether the parameter says that it is an id, and not a name."""
        name = _flat(self._names[-1])
        return name.startswith("id") or name.endswith(_IDS)

    def _own(self) -> tuple[str, ...]:
        """How the id may be called after the parameter, and after the collection."""
        segments = [part for part in self._trip.path.split("/")[:-1] if "{" not in part]
        return (_flat(self._names[-1]), *(way + "id" for way in _singulars(segments[-1] if segments else "")))

    async def _read(self, step: str, sent: Any) -> Any:
        """Read it, and see that it has what was sent, wherever reading shows it."""
        answer = await self._send_plain(step, self._trip.read)
        body = answer.json()
        shown, wanted = _nearest(body, sent)
        for name, value in wanted.items():
            if name not in shown or _same(shown[name], value) or self._is_id(name):
                continue
            if self._may_show(answer, {**shown, name: value}, body, shown):
                detail = f"{name}: {value!r:.60} was sent, {shown[name]!r:.60} is shown"
                raise BrokenTripError(f"{step}: not what was sent", detail)
        return body

    def _may_show(self, answer: Answer, wanted: Any, body: Any, shown: Any) -> bool:
        """Whether the document allows an answer that shows what was sent: of an id it may show the object."""
        operation = self._document.operation(self._trip.read)
        text = json.dumps(_replaced(body, shown, wanted)).encode()
        other = Answer(answer.status, answer.headers, text)
        return cause_of(self._compiler, operation, other) is None

    def _is_id(self, name: str) -> bool:
        return _flat(name) in {*map(_flat, self._names), *_IDS}

    async def _list(self, record: Any, *, there: bool) -> None:
        """List, and see that it is there, or that it is not."""
        if self._trip.list is None:
            return
        step = "list" if there else "list after delete"
        answer = await self._send_plain(step, self._trip.list, record)
        body = answer.json()
        if body is None:
            return
        if not _has_list(body):
            raise BrokenTripError("list: the documented answer has no list")
        if any(self._is_it(entry, record, there) for entry in _entries(body)) != there:
            cause = f"{step}: it is {'not there' if there else 'still there'}"
            raise BrokenTripError(cause, f"{self._id} {answer.body[:80]!r}")

    def _is_it(self, entry: Any, record: Any, there: bool) -> bool:
        """Whether an entry of a list is the record: by its id, or where it has none by all that both show."""
        ids = {*self._own(), *_IDS, *_NAMES}
        told = {
            str(value)
            for found in _objects(entry, 1)
            for name, value in found.items()
            if _flat(name) in ids and _is_scalar(value)
        }
        if self._id in told or str(entry) == self._id:
            return True
        shown, known = _nearest(entry, record)
        shared = shown.keys() & known.keys()
        telling = [name for name in shared if shown[name] not in (None, {}, [], "")]
        # A summary may have one field, which another record may have too.
        is_told = len(telling) > 1 or (there and shown is entry and 0 < len(telling) == len(shown))
        return is_told and all(_same(shown[name], known[name]) for name in shared)

    async def _send_plain(self, step: str, operation_id: str, record: Any = None) -> Answer:
        operation = self._document.operation(operation_id)
        return await self._judged(step, operation, self._request(operation, 1, record))

    async def _send(self, step: str, operation_id: str, seed: int = 1, record: Any = None) -> Any:
        operation = self._document.operation(operation_id)
        request = self._request(operation, seed, record)
        await self._judged(step, operation, request)
        return _content(request)

    async def _answer(self, step: str, operation_id: str) -> Answer:
        operation = self._document.operation(operation_id)
        return await self._call(self._request(operation, 1))

    async def _judged(self, step: str, operation: Operation, request: Request) -> Answer:
        answer = await self._call(request)
        if answer.status >= 400 and not any(re.match("2|default", code) for code in operation.responses):
            raise BrokenTripError(f"{step}: no success is documented")
        cause = cause_of(self._compiler, operation, answer)
        if cause is not None:
            raise BrokenTripError(f"{step}: {cause}", f"{request.path} {answer.body[:200]!r}")
        return answer

    def _request(self, operation: Operation, seed: int, record: Any = None) -> Request:
        """A valid request of the trip: its ids in the path, and in the body where that has them."""
        given: dict[tuple[str, str], Any] = {}
        values = [*self._above, self._id] if self._id else self._above
        for name, value in zip(self._names_of(operation), values, strict=False):
            given["path", name] = value
        for parameter in operation.parameters:
            known = [
                _id_of(value)
                for found in _objects(record)
                for name, value in found.items()
                if _flat(name) == _flat(parameter.name)
            ]
            if parameter.location == "query" and parameter.required and known and _is_scalar(known[0]):
                given["query", parameter.name] = known[0]
            if self._id and (parameter.location, parameter.required, parameter.name) == (
                "query",
                True,
                "ids",
            ):
                given["query", parameter.name] = [self._id]  # who has to ask by ids asks by its own
        generator = ValueGenerator(self._document.root, self._compiler, seed=seed, now=self._now)
        try:
            return request_for(
                operation,
                self._document,
                generator,
                given,
                lambda value: self._with_ids(operation, value, record),
            )
        except UnsatisfiableSchemaError:
            raise BrokenTripError("no request: nothing was found that fits its schema") from None
        except (MockserverError, ValueError, LookupError, RecursionError) as error:
            raise BrokenTripError(f"no request: {type(error).__name__}") from None

    def _with_ids(self, operation: Operation, value: Any, record: Any) -> Any:
        """The body with the ids that the path and the record have: a client changes what it read.

        One that may not stand there is another's, as the name of the `sku` in a record is.
        """
        fits = self._fitting(operation)
        shown, _ = _nearest(record, value)
        above = self._ids_above()
        for part in _objects(value, 1):
            for name, before in part.items():
                if _flat(name) in above and _is_scalar(before):
                    part[name] = _typed(above[_flat(name)], before)
                if name in shown and self._is_id(name) and _is_scalar(shown[name]):
                    part[name] = shown[name]
                if part[name] != before and not fits(value):
                    part[name] = before
        return value

    def _fitting(self, operation: Operation) -> Callable[[Any], bool]:
        """Whether a value fits the body that an operation takes."""
        content = operation.request_body.content if operation.request_body else None
        schema = preferred(content).schema if content else None
        return lambda value: schema is None or self._compiler.compile(schema, "request").is_valid(value)

    def _ids_above(self) -> dict[str, Any]:
        """The ids of the path by how a body may call them: `ticketID` below `/tickets/{id}`."""
        found: dict[str, Any] = {}
        segments = [segment for segment in self._trip.path.split("/") if segment]
        before = [segments[n - 1] for n, segment in enumerate(segments) if n and segment.startswith("{")]
        for word, name, value in zip(before, self._names, self._above, strict=False):
            for way in _singulars(word):
                found[way + "id"] = value
            if _flat(name) not in {*_IDS, *_NAMES}:
                found[_flat(name)] = value
        if self._id:
            last = _flat(self._names[-1])
            found |= {
                name: self._id
                for name in (*self._own(), *_NAMES)
                if last.endswith(name) or name in self._own()
            }
        return found

    @staticmethod
    def _names_of(operation: Operation) -> list[str]:
        return _PARAMETER.findall(operation.path.partition("?")[0])


def _content(request: Request) -> Any:
    """What a request sends: its body, or its query where it has none."""
    if request.value is not None:
        return request.value
    return {name: value for (place, name), value in request.values.items() if place == "query"}


def _alone(body: Any) -> Any:
    """The only thing in the only list of a body; the body where it has no such list."""
    lists = [body] if isinstance(body, list) else []
    if isinstance(body, dict) and not any(isinstance(value, dict) for value in body.values()):
        lists = [value for value in body.values() if isinstance(value, list)]
    return lists[0][0] if len(lists) == 1 and len(lists[0]) == 1 and isinstance(lists[0][0], dict) else body


def _objects(value: Any, depth: int = _DEEPEST) -> Iterator[dict[str, Any]]:
    """An object and those in it, the outer ones first."""
    level = [value] if isinstance(value, dict) else []
    for _ in range(depth + 1):
        yield from level
        level = [inner for outer in level for inner in outer.values() if isinstance(inner, dict)]


def _entries(value: Any, depth: int = _DEEPEST) -> Iterator[Any]:
    """What is in the lists of a body."""
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict) and depth:
        for inner in value.values():
            yield from _entries(inner, depth - 1)


def _has_list(value: Any) -> bool:
    return isinstance(value, list) or any(
        isinstance(inner, list) for found in _objects(value) for inner in found.values()
    )


def _nearest(shown: Any, sent: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The record in each of two bodies: the outermost objects with fields in common, envelopes left aside."""
    for other in _objects(sent, 1):
        best: tuple[Mapping[str, Any], int] = ({}, 0)
        for one in _objects(shown):
            shared = len(one.keys() & other.keys())
            if shared > 2 * best[1]:
                best = (one, shared)
        if best[1]:
            return best[0], other
    return {}, {}


def _replaced(body: Any, part: Any, other: Any) -> Any:
    """A body with another object in the place of one in it."""
    if body is part:
        return other
    if isinstance(body, dict):
        return {name: _replaced(value, part, other) for name, value in body.items()}
    return body


def _same(shown: Any, sent: Any) -> bool:
    """Whether what is shown is what was sent, as far as both say it."""
    if isinstance(shown, dict) and isinstance(sent, dict):
        return all(_same(shown[name], sent[name]) for name in shown.keys() & sent.keys())
    if isinstance(shown, list) and isinstance(sent, list):
        return len(shown) == len(sent) and all(map(_same, shown, sent))
    if _is_scalar(shown) and _is_scalar(sent):
        return shown == sent or str(shown).lower() == str(sent).lower()
    return bool(shown == sent)


def _typed(text: Any, before: Any) -> Any:
    """An id of the path in the type that it has in the body: of a number the digits are no text."""
    is_number = type(before) is int and isinstance(text, str) and text.isdecimal()
    return int(text) if is_number else text


def _id_of(value: Any) -> Any:
    """The id of an object, by which a query names it; any other value itself."""
    inner = value if isinstance(value, dict) else {}
    return next((inner[name] for name in inner if _flat(name) in _IDS), value)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _singulars(word: str) -> tuple[str, ...]:
    """What one of them may be called."""
    one = _flat(word)
    return one, one.removesuffix("s"), one.removesuffix("es"), one.removesuffix("ies") + "y"


def _flat(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
