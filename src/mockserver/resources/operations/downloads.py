"""Answer with the file that was uploaded with a record."""

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.behaviour.response_choice import ResponseChoice
from mockserver.openapi import media_types
from mockserver.resources.operations.executor import Executor, RecordRef
from mockserver.resources.records import uploads


class Download(Executor):
    """Answer with a record's uploaded file, or with the document's example if there is none."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        self.existing(ref)
        answer = content(self, backend, request, ref)
        return self.generated(request, self.plan.status) if answer is None else answer


def content(executor: Executor, backend: Backend, request: Request, ref: RecordRef) -> Response | None:
    """The response with a record's file; None when it has none, or the response is data such as JSON."""
    choice = executor.choice(request, executor.plan.status)
    name = choice.content_type or ""
    if choice.media_type is None or media_types.is_data(name):
        return None
    file = uploads.kept(backend, ref.name, str(ref.key))
    return None if file is None else given(executor, request, choice, file)


def given(executor: Executor, request: Request, choice: ResponseChoice, file: UploadedFile) -> Response:
    """The response with a file, or with the part that `Range` asks for if 206 is documented."""
    status, body = choice.status, bytes(file)
    headers = [("Content-Disposition", uploads.disposition(file))] if file.filename else []
    if executor.operation.response(206) is not None:
        headers.append(("Accept-Ranges", "bytes"))
        try:
            part = uploads.ranged(request.header("range"), len(body))
        except ValueError as error:
            if executor.operation.response(416) is not None:
                return executor.generated(request, 416, (("Content-Range", str(error)),))
            part = None
        if part is not None:
            headers.append(("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{len(body)}"))
            status, body = 206, body[part[0] : part[1]]
    documented = executor.operation.response(status)
    own = media_types.find(documented.content, file.media_type or "") if documented else None
    return Response(
        status,
        body,
        file.media_type if own is not None else choice.content_type,
        tuple(headers),
        checked=True,
    )
