"""Answer operations without state: the document's example, with values of the request in it."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.preferences import Preferences
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation
from mockserver.resources.body_paths import put_at, value_at
from mockserver.resources.operations.accepted_work import fields_in_state, state_now
from mockserver.resources.operations.executor import (
    Executor,
    ExecutorContext,
    RecordRef,
    documented_answer,
)
from mockserver.resources.operations.rendering import unwrapped
from mockserver.resources.plan import WORK, EchoPlan, text_of
from mockserver.resources.records.parents import Parents
from mockserver.state.baseline import Record

_TRIES = 8
"""Maximum number of generated bodies in search of one that has the request's properties."""


class Echo(Executor):
    """Repeat values of the request in properties of the response that have the same name."""

    plan: EchoPlan

    def __init__(self, operation: Operation, plan: EchoPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        above = context.inference.item_above(operation.path)
        self._above = None if above is None else Parents(above, context.inference)
        self._spelled = {normalised(name): name for name in plan.echoed}

    def __call__(self, backend: Backend, request: Request) -> Response:
        """See `Executor.__call__`."""
        values = tuple(text_of(request.arguments.get(("path", name), "")) for name in self._names)
        if self._above is not None:
            self._above.require_item(backend, values)
        said = dict(self._said(request))
        key = (*values, *([orjson.dumps(request.body, default=str).decode()] if self.plan.echoed else ()))
        if self.plan.fresh:
            key = (*key, f"started {backend.collection(WORK).next_number()}")
        answer, second = self._answer(request, key), None
        for number in range(_TRIES):
            body = self._echoed(answer.body, said)
            if body is not None and self._says(body, said):
                return answer._replace(body=self._in_state(backend, body, values))
            if body is not None and second is None:
                second = answer._replace(body=self._in_state(backend, body, values))
            answer = self._answer(request, (*key, str(number)))
        return second or self._answer(request, key)

    def _says(self, body: Any, said: Mapping[str, Any]) -> bool:
        """Whether a body has the request's properties, and so is of the same branch of its schema."""
        view = self.plan.view
        found = value_at(body, view.place) if view is not None else None
        if not isinstance(found, dict):
            return True
        texts = {name: value for name, value in said.items() if isinstance(value, str)}
        return all(found.get(name, value) == value for name, value in texts.items())

    def _in_state(self, backend: Backend, body: Any, values: tuple[str, ...]) -> Any:
        """The body with the current state of an accepted request."""
        progress, view = self.plan.progress, self.plan.view
        found = value_at(body, view.place) if view is not None else None
        if progress is None or view is None or not isinstance(found, dict):
            return body
        number = state_now(backend, self.resource.name, "/".join(values), progress, lazily=True) or 0
        fields = fields_in_state(progress, number, found, {})
        shown = {name: value for name, value in fields.items() if name in found or name == progress.property}
        new = put_at(body, view.place, {**found, **shown})
        return new if self.context.records.fits(view.schema, new) else body

    def about(self, backend: Backend, request: Request) -> Record | None:
        """See `Executor.about`: it is about no record."""
        return None

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        return self(backend, request)

    def _answer(self, request: Request, key: tuple[str, ...]) -> Response:
        preferences = Preferences(code=self.plan.status)
        return documented_answer(self.context.negotiator, self.operation, preferences, request, key)

    def _said(self, request: Request) -> Iterator[tuple[str, Any]]:
        """The values of the request for properties of the response."""
        sent = unwrapped(request.body, ())
        for name, value in sent.items():
            if normalised(name) in self._spelled:
                yield self._spelled[normalised(name)], value
        for name, key in self.plan.shown.items():
            if request.arguments.get(key) is not None:
                yield name, request.arguments[key]

    def _echoed(self, body: Any, said: Mapping[str, Any]) -> Any:
        """The body with the request's values; None when these do not match its schema."""
        view = self.plan.view
        found = value_at(body, view.place) if view is not None else None
        if view is None or not isinstance(found, dict):
            return body
        shown = self.context.records.echoed(self.resource, found, said)
        if shown is None:
            return None
        new = put_at(body, view.place, shown)
        return new if self.context.records.fits(view.schema, new) else None
