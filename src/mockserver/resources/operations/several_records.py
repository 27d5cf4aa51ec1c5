"""Operations on several records: delete those that a request selects, add or look for those of its ids."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request
from mockserver.openapi.names import words
from mockserver.openapi.operation import Operation
from mockserver.resources.operations.executor import Executor, ExecutorContext, RecordRef
from mockserver.resources.operations.record_counts import counted
from mockserver.resources.operations.write_executor import Write, require_few
from mockserver.resources.plan import ClearPlan, Key, MembersPlan, text_of
from mockserver.resources.querying.record_selection import Selector
from mockserver.resources.querying.sorting import Row
from mockserver.state.baseline import Record


class BulkSelector:
    """Finds the records that a bulk delete selects: by filters, by lists of ids, or all."""

    def __init__(self, plan: ClearPlan, *, are_named: bool) -> None:
        """`are_named`: only the records that the body lists are selected, none by an empty one."""
        self._are_named = are_named
        self._plan = plan
        self._selector = Selector(plan.selection)
        self._key = plan.resource.key

    def chosen(self, rows: list[Row], request: Request) -> list[Row]:
        """The selected rows; none when the request has a parameter or filter that is not understood."""
        arguments = request.arguments
        if any(self._leaves_all(key, arguments.get(key)) for key in self._plan.unknown):
            return []
        if not self._selector.understands(request):
            return []
        rows = self._selector.apply(rows, request)
        given = [arguments[place] for place in self._plan.ids if arguments.get(place) is not None]
        if request.body not in (None, {}, "") and not self._means_all(request.body):
            given.append(self._listed(request.body))
        if self._are_named and not given:
            return []
        for wanted in given:
            keys = set(_keys(wanted))
            rows = [row for row in rows if keys & {row[0], *self._names_of(row[1])}]
        return rows

    def _leaves_all(self, key: Key, value: Any) -> bool:
        """Whether an unknown parameter was sent with a value that may restrict the selection."""
        return not (value is None or value is False or (value is True and key in self._plan.flags))

    def _means_all(self, body: Any) -> bool:
        """Whether a body selects all records: `{"delete_all": true}`."""
        flags = (name for name, value in body.items() if value is True) if isinstance(body, dict) else ()
        named = self._plan.all
        return any(name in named if named is not None else "all" in words(name) for name in flags)

    def _names_of(self, record: Record) -> Iterator[str]:
        """The names of a record other than its id."""
        found = (record.get(name) for name in self._plan.names)
        return (text_of(value) for value in found if isinstance(value, str))

    def _listed(self, body: Any) -> list[Any]:
        """The ids in a body: a list of them or of records, alone or the only list in an object."""
        lists = (
            [value for value in body.values() if isinstance(value, list)]
            if isinstance(body, dict)
            else [body]
        )
        found = lists[0] if len(lists) == 1 and isinstance(lists[0], list) else []
        return [entry.get(self._key or "id") if isinstance(entry, dict) else entry for entry in found]


class BulkDelete(Executor):
    """Delete the selected records of a collection."""

    plan: ClearPlan

    def __init__(self, operation: Operation, plan: ClearPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        self._selector = BulkSelector(plan, are_named=operation.method == "post")

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        rows = [row for row in ref.collection.items() if self.belongs(row[1], ref)]
        rows = self._selector.chosen(rows, request)
        for key, record in rows:
            ref.collection.delete(key)
            self.count_anew(backend, record, None)
        self.count(backend, ref, -len(rows))
        choice = self.choice(request, self.plan.status)
        showing = self.showing(choice)
        body = showing.list(rows, ref.name, lambda plain: plain) if showing else None
        if body is not None:
            return self.answer(body, choice, ())
        answer = self.generated(request, self.plan.status)
        if not isinstance(answer.body, dict):
            return answer
        body = counted(self.context.records, choice.media_type, answer.body, len(rows), self.plan.numbers)
        return answer._replace(body=body)


class AddMembers(Write):
    """Put the records of the request's ids into a list."""

    plan: MembersPlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        asked = replace(request, body=None)
        keys = dict.fromkeys(member_ids(request, self.plan))
        require_few(len(keys))
        for key in keys:
            if not ref.collection.shows(key):
                self.make(backend, asked, ref._replace(key=key), self.location(asked, ref.parents, key))
        return self.generated(request, self.plan.status)


class ContainsMembers(Executor):
    """Answer for each of the request's ids, in their order, whether the list has its record."""

    plan: MembersPlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        body = [ref.collection.shows(key) for key in member_ids(request, self.plan)]
        return self.answer(body, self.choice(request, self.plan.status), ())


def member_ids(request: Request, plan: MembersPlan) -> list[str]:
    """The ids that a request lists: in its parameter, or in its body."""
    given = (request.arguments.get(name) for name in plan.ids)
    wanted = next((value for value in given if value is not None), None)
    if wanted is None:
        body = request.body
        lists = (
            [value for value in body.values() if isinstance(value, list)]
            if isinstance(body, dict)
            else [body]
        )
        wanted = next((one for one in lists if isinstance(one, list)), [])
    return [key for key in _keys(wanted) if key]


def _keys(wanted: Any) -> Iterator[str]:
    """The keys in a list, or in a comma-separated string."""
    several = wanted if isinstance(wanted, list) else str(text_of(wanted)).split(",")
    return (text_of(entry) for entry in several)
