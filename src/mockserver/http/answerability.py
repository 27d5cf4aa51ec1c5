"""Find operations that will be answered with 501: unreadable, or without a response that fits the schema."""

from collections.abc import Iterator

from mockserver.behaviour.response_choice import choose
from mockserver.config import Settings
from mockserver.errors import ApiError, NotImplementedByMockError
from mockserver.http.access.access_rules import SecuritySchemes
from mockserver.http.endpoint import Endpoint
from mockserver.http.request.operation_behaviour import bind
from mockserver.http.served_api import Service, plain_service
from mockserver.openapi.defects import Defect
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.validators import UncompilableSchemaError
from mockserver.state.clock import SystemClock
from mockserver.state.session_store import Sessions
from mockserver.state.storages.selection import storage_of


def check_answers(document: Document) -> Iterator[Defect]:
    """Find the operations that would be answered with 501, using the code that answers them."""
    service = _service(document)
    schemes = SecuritySchemes(service)
    made: set[object] = set()
    for operation in document.understood():
        try:
            Endpoint(operation, service, schemes, bind).compile()
            mark = _mark(operation, document)
            if mark not in made:
                service.fallback.negotiator.answer(operation)
                made |= {mark} - {None}
        except (NotImplementedByMockError, UncompilableSchemaError) as error:
            detail = error.detail if isinstance(error, ApiError) else str(error)
            yield Defect("broken-operation", "error", operation.pointer, detail)
        except ApiError:  # answered, although with an error
            continue


def _mark(operation: Operation, document: Document) -> object:
    """A key shared by operations whose responses are generated alike; None if the response is unique.

    Most operations of a document share a few schemas, so one generated response per schema is enough.
    """
    choice = choose(operation)
    media_type = choice.media_type
    if media_type is None or media_type.schema is None or media_type.examples or choice.response.headers:
        return None
    try:
        return document.schemas.identity(media_type.schema), choice.content_type
    except (KeyError, ValueError):  # an unresolvable reference
        return None


def _service(document: Document) -> Service:
    clock, settings = SystemClock(), Settings(auth="off")
    return plain_service(document, Sessions(storage_of(settings), {}, clock), clock, settings)
