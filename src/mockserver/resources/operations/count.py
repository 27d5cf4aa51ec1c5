"""Count the records of a resource: `GET /products/count`."""

from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.requests import Request
from mockserver.openapi.model import MediaType, Operation
from mockserver.openapi.names import normalised
from mockserver.openapi.schema.reader import SchemaReader
from mockserver.resources.operations.base import Executor, ExecutorContext, RecordRef
from mockserver.resources.plan import Plan
from mockserver.resources.querying.selection import Selection
from mockserver.resources.querying.sorting import Row
from mockserver.resources.records.records import Records

COUNTING = {"count", "counts", "total", "totalcount"}
"""How the last segment of a path calls it."""
_COUNTS = {"count", "total", "totalcount", "totalitems", "number", "quantity"}


class Count(Executor):
    """Answer with how many records fit what is asked for."""

    def __init__(self, operation: Operation, plan: Plan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        self._selection = Selection(operation, plan.resource.properties, context.inference.schemas)

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        rows: list[Row] = [row for row in ref.collection.items() if self.belongs(row[1], ref)]
        number = len(self._selection.apply(rows, request))
        choice = self.choice(request, self.plan.status)
        answer = self.generated(request, self.plan.status)
        if choice.media_type is None:
            return answer
        body = counted(self.context.records, choice.media_type, answer.body, number, _COUNTS)
        return answer._replace(body=body)


def tells_number(schemas: SchemaReader, content: MediaType | None) -> bool:
    """Whether an answer is a number, or an object that has one under a name for counts."""
    if content is None or content.schema is None:
        return False
    outline = schemas.outline(content.schema)
    if outline.types & {"integer", "number"}:
        return True
    return any(
        normalised(name) in _COUNTS and "integer" in schemas.outline(inner).types
        for name, inner in outline.properties.items()
    )


def counted(records: Records, content: MediaType | None, body: Any, number: int, names: set[str]) -> Any:
    """The body with a number where it tells one; as it is where that does not fit."""
    if content is None or content.schema is None:
        return body
    if isinstance(body, dict):
        counts = [name for name, value in body.items() if normalised(name) in names and type(value) is int]
        wanted: Any = {**body, **dict.fromkeys(counts, number)}
    else:
        wanted = number
    return wanted if records.fits(content.schema, wanted) else body
