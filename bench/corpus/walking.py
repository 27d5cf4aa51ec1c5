"""Go round with one resource as a client would: create, read, list, update, read, delete, gone."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from bench.answer import Answer
from bench.corpus.bodies import (
    IDS,
    alone,
    entries,
    flat,
    has_list,
    id_of,
    is_scalar,
    nearest,
    objects,
    replaced,
    same,
    singulars,
    typed,
)
from bench.corpus.judging import cause_of
from bench.corpus.requests import Request, preferred, request_for
from bench.corpus.trips import Trip
from mockserver.errors import MockserverError
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.validators import SchemaCompiler

Call = Callable[[Request], Awaitable[Answer]]
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_NAMES = ("key", "name", "slug", "code", "number")


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


_OTHERS = 100
"""Added to a seed for other values."""


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
        #: The values in the path at which it was created: `/users/{id}/playlists` of `/playlists/{id}`.
        self._creating: list[Any] = []
        self._id = ""
        #: What the field is called, spelling aside, that the id was taken from.
        self._called = ""

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
        self._creating = [request.values.get(("path", name)) for name in self._names_of(operation)]
        self._above = self._creating[: len(self._names) - 1]
        request = self._request(operation, 1)
        answer = await self._judged("create", operation, request)
        sent = _content(request)
        told = answer.fields()
        found = self._located(answer) or self._told(told) or self._told(alone(told)) or self._told(sent)
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
        for entry in entries(answer.json()):
            shown, known = nearest(entry, sent)
            shared = shown.keys() & known.keys()
            if shared and all(same(shown[name], known[name]) for name in shared):
                alike.append(entry)
        return self._told(alike[0]) if len(alike) == 1 else None

    def _located(self, answer: Answer) -> str | None:
        """The id in `Location`, where that is an item's path."""
        path = urlsplit(answer.headers.get("location", "")).path.rstrip("/")
        pattern = re.escape(self._trip.path)
        for name in self._names:
            pattern = pattern.replace(re.escape("{" + name + "}"), "([^/]+?)")
        match = re.search(pattern + r"(\.json)?$", path)
        return unquote(match[len(self._names)]) if match else None

    def _told(self, body: Any) -> str | None:
        """The id in a body: the body itself, what is called like the parameter, or as ids usually are."""
        if isinstance(body, int | str) and not isinstance(body, bool) and not re.search(r"^$|\s", str(body)):
            return str(body)
        last = flat(
            re.split(r"[_.-]|(?<=[a-z])(?=[A-Z])", self._names[-1])[-1]
        )  # the `ip` of `{floating_ip}`
        for several in ((*self._own(), last, *IDS), () if self._by_id else _NAMES):
            for record in objects(body):
                known = {flat(field): value for field, value in record.items()}
                for wanted in several:
                    if isinstance(known.get(wanted), str | int) and known[wanted] != "":
                        self._called = wanted
                        return str(known[wanted])
        return None

    @property
    def _by_id(self) -> bool:
        """Whether the parameter says that it is an id, and not a name."""
        name = flat(self._names[-1])
        return name.startswith("id") or name.endswith(IDS)

    def _own(self) -> tuple[str, ...]:
        """How the id may be called after the parameter, and after the collection."""
        segments = [part for part in self._trip.path.split("/")[:-1] if "{" not in part]
        return (flat(self._names[-1]), *(way + "id" for way in singulars(segments[-1] if segments else "")))

    async def _read(self, step: str, sent: Any) -> Any:
        """Read it, and see that it has what was sent, wherever reading shows it."""
        answer = await self._send_plain(step, self._trip.read)
        body = answer.json()
        shown, wanted = nearest(body, sent)
        for name, value in wanted.items():
            if name not in shown or same(shown[name], value) or self._is_id(name):
                continue
            if self._may_show(answer, {**shown, name: value}, body, shown):
                detail = f"{name}: {value!r:.60} was sent, {shown[name]!r:.60} is shown"
                raise BrokenTripError(f"{step}: not what was sent", detail)
        return body

    def _may_show(self, answer: Answer, wanted: Any, body: Any, shown: Any) -> bool:
        """Whether the document allows an answer that shows what was sent: of an id it may show the object."""
        operation = self._document.operation(self._trip.read)
        text = json.dumps(replaced(body, shown, wanted)).encode()
        other = Answer(answer.status, answer.headers, text)
        return cause_of(self._compiler, operation, other) is None

    def _is_id(self, name: str) -> bool:
        return flat(name) in {*map(flat, self._names), *IDS, self._called}

    async def _list(self, record: Any, *, there: bool) -> None:
        """List, and see that it is there, or that it is not."""
        if self._trip.list is None:
            return
        step = "list" if there else "list after delete"
        answer = await self._send_plain(step, self._trip.list, record)
        body = answer.json()
        if body is None:
            return
        if not has_list(body):
            raise BrokenTripError("list: the documented answer has no list")
        if any(self._is_it(entry, record, there) for entry in entries(body)) != there:
            cause = f"{step}: it is {'not there' if there else 'still there'}"
            raise BrokenTripError(cause, f"{self._id} {answer.body[:80]!r}")

    def _is_it(self, entry: Any, record: Any, there: bool) -> bool:
        """Whether an entry of a list is the record: by its id, or where it has none by all that both show."""
        ids = {*self._own(), *IDS, *_NAMES}
        told = {
            str(value)
            for found in objects(entry, 1)
            for name, value in found.items()
            if flat(name) in ids and is_scalar(value)
        }
        if self._id in told or str(entry) == self._id:
            return True
        shown, known = nearest(entry, record)
        shared = shown.keys() & known.keys()
        telling = [name for name in shared if shown[name] not in (None, {}, [], "")]
        # A summary may have one field, which another record may have too.
        is_told = len(telling) > 1 or (there and shown is entry and 0 < len(telling) == len(shown))
        return is_told and all(same(shown[name], known[name]) for name in shared)

    async def _send_plain(self, step: str, operation_id: str, record: Any = None) -> Answer:
        operation = self._document.operation(operation_id)
        return await self._judged(step, operation, self._request(operation, 1, record))

    async def _send(self, step: str, operation_id: str, seed: int = 1, record: Any = None) -> Any:
        operation = self._document.operation(operation_id)
        request = self._request(operation, seed, record)
        if step == "update" and (await self._call(request)).status == 409 and "409" in operation.responses:
            # Generated records may have a value that no two may share: another one is sent.
            request = self._request(operation, seed + _OTHERS, record)
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
        values = self._values(operation)
        for name, value in zip(self._names_of(operation), values, strict=False):
            given["path", name] = value
        for parameter in operation.parameters:
            known = [
                id_of(value)
                for found in objects(record)
                for name, value in found.items()
                if flat(name) == flat(parameter.name)
            ]
            known += [
                inner["id"]
                for found in objects(record)
                for name, inner in found.items()
                if isinstance(inner, dict) and "id" in inner and flat(parameter.name) == flat(name) + "id"
            ]
            if parameter.location == "query" and parameter.required and known and is_scalar(known[0]):
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

    def _values(self, operation: Operation) -> list[Any]:
        """The values of an operation's path: the item's own, or those with which it was created."""
        if not self._id or not _unnamed(operation.path).startswith(_unnamed(self._trip.path)):
            return self._creating or self._above
        return [*self._above, self._id]

    def _with_ids(self, operation: Operation, value: Any, record: Any) -> Any:
        """The body with the ids that the path and the record have: a client changes what it read.

        What has the id's value is the id, whatever it is called: to change it would be to rename.
        One that may not stand there is another's, as the name of the `sku` in a record is.
        """
        fits = self._fitting(operation)
        shown, _ = nearest(record, value)
        above = self._ids_above()
        for part in objects(value, 1):
            for name, before in part.items():
                if flat(name) in above and is_scalar(before):
                    part[name] = typed(above[flat(name)], before)
                is_own = self._is_id(name) or (self._id and str(shown.get(name)) == self._id)
                if name in shown and is_own and is_scalar(shown[name]):
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
            for way in singulars(word):
                found[way + "id"] = value
            if flat(name) not in {*IDS, *_NAMES}:
                found[flat(name)] = value
        if self._id:
            last = flat(self._names[-1])
            found |= {
                name: self._id
                for name in (*self._own(), *_NAMES)
                if last.endswith(name) or name in self._own()
            }
        return found

    @staticmethod
    def _names_of(operation: Operation) -> list[str]:
        return _PARAMETER.findall(operation.path.partition("?")[0])


def _unnamed(path: str) -> str:
    """A path whose parameters have no names."""
    return _PARAMETER.sub("{}", path.partition("?")[0])


def _content(request: Request) -> Any:
    """What a request sends: its body, or its query where it has none."""
    if request.value is not None:
        return request.value
    return {name: value for (place, name), value in request.values.items() if place == "query"}
