"""Resources without properties: files that are put, read and deleted, and marks that exist or not."""

from collections.abc import Mapping
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.resources.operations.downloads import given
from mockserver.resources.operations.executor import Executor, RecordRef
from mockserver.resources.plan import OperationKind


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
