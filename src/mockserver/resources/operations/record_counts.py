"""Count the records of a resource: `GET /products/count`."""

from collections import Counter
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request
from mockserver.openapi.operation import MediaType
from mockserver.resources.body_paths import put_at
from mockserver.resources.operations.executor import Executor, RecordRef
from mockserver.resources.plan import CountPlan, text_of
from mockserver.resources.querying.record_selection import Selector
from mockserver.resources.querying.sorting import Row
from mockserver.resources.records.record_writer import RecordWriter


class Count(Executor):
    """Answer with the number of records that the request selects."""

    plan: CountPlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        rows: list[Row] = [row for row in ref.collection.items() if self.belongs(row[1], ref)]
        rows = Selector(self.plan.selection).apply(rows, request)
        number = len(rows)
        choice = self.choice(request, self.plan.status)
        answer = self.generated(request, self.plan.status)
        if choice.media_type is None:
            return answer
        if self.plan.groups:
            return answer._replace(body=self._grouped(choice.media_type, answer.body, rows))
        body = counted(self.context.records, choice.media_type, answer.body, number, self.plan.numbers)
        return answer._replace(body=body)

    def _grouped(self, content: MediaType, body: Any, rows: list[Row]) -> Any:
        """The body with the number of records by value of a property."""
        for place, group in self.plan.groups.items():
            found = [record.get(group[0]) for _, record in rows] if group else []
            wanted: Any = len(rows)
            if len(group) == 2:
                wanted = found.count(group[1])
            elif group:
                wanted = dict(Counter(text_of(value) for value in found if value is not None))
            new = put_at(body, place, wanted)
            if self.context.records.fits(True if content.schema is None else content.schema, new):
                body = new
        return body


def counted(
    records: RecordWriter, content: MediaType | None, body: Any, number: int, names: frozenset[str]
) -> Any:
    """The body with the count in its number properties; unchanged when that violates the schema."""
    if content is None or content.schema is None:
        return body
    if isinstance(body, dict):
        counts = [name for name, value in body.items() if name in names and type(value) is int]
        wanted: Any = {**body, **dict.fromkeys(counts, number)}
    else:
        wanted = number
    return wanted if records.fits(content.schema, wanted) else body
