"""Show the records of a collection, or one of them, as the values of a stream."""

from typing import Any

import orjson

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request
from mockserver.openapi.operation import Operation
from mockserver.resources.body_paths import put_at
from mockserver.resources.operations.executor import ExecutorContext, RecordRef
from mockserver.resources.operations.list_records import ListRecords
from mockserver.resources.operations.rendering import Renderer
from mockserver.resources.plan import View, WatchPlan
from mockserver.resources.querying.sorting import Row


class WatchRecords(ListRecords):
    """Answer with a stream value for each record; the open stream sends later changes."""

    plan: WatchPlan

    def __init__(self, operation: Operation, plan: WatchPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        resource = plan.resource
        view = View(plan.status, plan.content, resource.record, (), resource.record, None)
        self._renderer = Renderer(view, resource, context.records, dict)

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        if ref.key is not None:
            rows: list[Row] = [(ref.key, self.existing(ref))]
        else:
            rows = self.selected(backend, request, ref)
        shown = (self._value(row, ref.name) for row in rows)
        values = [value for value in shown if value is not None]
        headers = self.context.negotiator.headers(self.operation, self.plan.status)
        return Response(self.plan.status, values, self.plan.content.name, headers, checked=True)

    def _value(self, row: Row, name: str) -> Any:
        """The stream value that shows a record; None when no valid one can be made."""
        key, record = row
        watch, records = self.plan.watch, self.context.records
        shown = self._renderer.record(record, name, key)
        if watch is None or shown is None or not watch.within:
            return shown
        made = records.object_of(watch.value, name, key, self.resource.word) or {}
        value = put_at(made, watch.within, orjson.dumps(shown).decode() if watch.is_text else shown)
        if watch.change is not None and "created" in watch.changes:
            value = {**value, watch.change: watch.changes["created"]}
        return value if records.fits(watch.value, value) else None
