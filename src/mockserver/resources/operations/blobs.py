"""Resources without properties: files, lists of values, and marks that exist or not."""

from collections.abc import Mapping
from typing import Any

from mockserver.behaviour.backend import Backend, Collection, Response
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.resources.operations.downloads import given
from mockserver.resources.operations.executor import Executor, RecordRef
from mockserver.resources.plan import LISTED, OperationKind, text_of
from mockserver.state.baseline import Record


class _ReadBlob(Executor):
    """Answer with the stored content, or with the document's example if none was stored."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        record = self.existing(ref)
        choice = self.choice(request, self.plan.status)
        if "content" not in record or choice.media_type is None:
            return self.generated(request, self.plan.status)
        kind = str(record["media_type"])
        # Content that is no text is stored with one character per byte.
        sent = record["content"].encode("utf-8" if kind.startswith("text/") else "latin-1", "replace")
        return given(self, request, choice, UploadedFile(sent, media_type=kind))


class _PutBlob(Executor):
    """Store the request body."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        is_new = not ref.collection.has(ref.key)
        ref.collection.put(ref.key, _kept(request))
        created = is_new and "201" in self.operation.responses
        return self.generated(request, 201 if created else self.plan.status)


class _DeleteBlob(Executor):
    """Delete the stored content."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        self.existing(ref)
        ref.collection.delete(ref.key)
        return self.generated(request, self.plan.status)


class _ValueList(Executor):
    """Base of the operations on a list of values, which may be a property of the record above."""

    def held(self, backend: Backend, ref: RecordRef) -> tuple[Collection, str, Record, str]:
        """The record that has the list, with its collection and key, and the property that it is."""
        name = self.plan.part_of
        place = self._parents.above(backend, ref.parents) if name is not None else None
        above = None if place is None else backend.collection(place[0]).get(place[1])
        if name is not None and place is not None and above is not None:
            return backend.collection(place[0]), place[1], above, name
        return ref.collection, str(ref.key), self.existing(ref), LISTED

    def listed(self, backend: Backend, ref: RecordRef) -> list[Any]:
        """The values of the list."""
        _, _, record, name = self.held(backend, ref)
        found = record.get(name)
        return found if isinstance(found, list) else []

    def store(self, backend: Backend, ref: RecordRef, values: list[Any]) -> None:
        """Replace the values of the list, unless that makes the record that has it invalid."""
        collection, key, record, name = self.held(backend, ref)
        changed = {**record, name: values}
        above = self.context.inference.above(self.resource) if name != LISTED else self.resource
        if above is not None and self.context.records.fits(above.record, changed):
            collection.change(key, record, changed)

    def answered(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """The response with the list; a generated one if the response does not show it."""
        choice, values = self.choice(request, self.plan.status), self.listed(backend, ref)
        schema = None if choice.media_type is None else choice.media_type.schema
        if schema is None or not self.context.records.fits(schema, values):
            return self.generated(request, self.plan.status)
        return self.answer(values, choice, ())


class _ReadList(_ValueList):
    """Answer with the list."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        return self.answered(backend, request, ref)


class _PutList(_ValueList):
    """Replace the list, or add the value that the path names."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        value, values = self.value(request), self.listed(backend, ref)
        if value is None:
            self.store(backend, ref, request.body if isinstance(request.body, list) else values)
        elif value not in values:
            self.store(backend, ref, [*values, value])
        return self.answered(backend, request, ref)

    def value(self, request: Request) -> Any:
        """The value in the path; None when the path is that of the list."""
        names = self._names[self._depth :]
        return request.arguments.get(("path", names[0])) if names else None


class _DeleteFromList(_PutList):
    """Empty the list, or remove the value that the path names."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        value, values = self.value(request), self.listed(backend, ref)
        kept = [one for one in values if value is not None and text_of(one) != text_of(value)]
        self.store(backend, ref, kept)
        return self.answered(backend, request, ref)


def _kept(request: Request) -> dict[str, Any]:
    """A request body as a record."""
    is_content = isinstance(request.body, str) and request.body_type is not None
    return {"content": request.body, "media_type": request.body_type} if is_content else {}


BLOB_EXECUTORS: Mapping[OperationKind, type[Executor]] = {
    OperationKind.READ: _ReadBlob,
    OperationKind.REPLACE: _PutBlob,
    OperationKind.DELETE: _DeleteBlob,
}
"""The executor of each kind of operation."""


LIST_EXECUTORS: Mapping[OperationKind, type[Executor]] = {
    OperationKind.READ: _ReadList,
    OperationKind.REPLACE: _PutList,
    OperationKind.DELETE: _DeleteFromList,
}
"""The executor of each kind of operation on a list of values."""
