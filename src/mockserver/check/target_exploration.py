"""Find out, before the plan, what an implementation asks for and has: credentials and ids of records."""

from collections.abc import Sequence
from dataclasses import replace

from mockserver.check.findings.phrases import name_some
from mockserver.check.lifecycle.response_entries import entries_in, identifiers
from mockserver.check.planning.path_values import item_path, item_path_below, parameter_names
from mockserver.check.planning.planning_context import PlanningContext, RecordAndCaller
from mockserver.check.target.http_messages import ANONYMOUS
from mockserver.check.target.implementation import Implementation
from mockserver.errors import NoAnswerError
from mockserver.http.request.operation_behaviour import handler_of
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation

_REFUSED = {401, 403}
_PLACES = 6
"""How many records are tried as parents of a list: the first may have no records below them."""


class TargetExploration:
    """Asks an implementation with reading requests, and enters what it finds into the planning context."""

    def __init__(self, service: Service, context: PlanningContext, target: Implementation) -> None:
        self._service = service
        self._context = context
        self._target = target

    def send_identities(self, operations: Sequence[Operation]) -> str:
        """Send identities to operations without `security` that refuse callers without a credential.

        Only reading operations are tried; writing ones are assumed to behave like them.

        Returns:
            A note for the report; empty when there are no such operations.
        """
        context = self._context
        silent = [one for one in operations if not one.security and context.candidates(one) == [ANONYMOUS]]
        if not context.callers:
            return ""
        asking = [one for one in silent if one.method == "get" and self._asks(one)]
        if not asking:
            return ""
        asking += [one for one in silent if one.method not in {"get", "head"} and not self._is_open(one)]
        context.send_identities(asking)
        names = name_some(one.id for one in asking)
        return (
            f"the document has no `security` for {names}, and the implementation refuses callers without a "
            "credential there: the identities were sent, and the document should ask for them"
        )

    def _is_open(self, operation: Operation) -> bool:
        """Whether the document explicitly says that an operation needs no credential."""
        key = self._service.document.index[operation.id]
        return bool(self._service.document.root["paths"][key.path][key.method].get("security") == [])

    def _asks(self, operation: Operation) -> bool:
        """Whether an operation refuses callers without a credential, but accepts one of an identity."""
        if self._is_open(operation) and handler_of(operation, self._service) is not None:
            return False  # the document promises it to everybody, and the model reports the refusal
        places = self._context.places(operation)
        try:
            for place in places[:1]:
                request = self._context.cases.plain(operation, place.address, ANONYMOUS).request
                if self._target.send(request, operation.id).status not in _REFUSED:
                    return False
                return any(
                    self._target.send(replace(request, caller=caller), operation.id).status not in _REFUSED
                    for caller in self._context.callers
                )
        except NoAnswerError:
            return False
        return False

    def learn_ids(self, operations: Sequence[Operation]) -> None:
        """Learn the ids of existing records from the list operations, shortest path first."""
        lists = [one for one in operations if one.method == "get" and self._is_list(one)]
        for operation in sorted(lists, key=lambda one: one.path.count("{")):
            any(self._learn_listed(operation, place) for place in self._context.places(operation)[:_PLACES])

    def _learn_listed(self, listing: Operation, place: RecordAndCaller) -> bool:
        """Learn ids from one list; return whether it contained any."""
        case = self._context.cases.plain(listing, place.address, place.caller, topic="read")
        try:
            answer = self._target.send(case.request, listing.id)
        except NoAnswerError:
            return False
        plan, path = self._service.fallback.plan(listing), self._item_path(listing)
        entries = entries_in(answer.value(), plan) if plan is not None and answer.succeeded else None
        if not entries or plan is None or path is None:
            return False
        *above, name = parameter_names(path)
        values = tuple(map(place.address.values.get, above))
        if path.startswith(f"{listing.path.rstrip('/')}/"):
            values = tuple(map(place.address.values.get, parameter_names(listing.path)))
        self._context.learn(path, [(*values, one) for one in identifiers(entries, plan, name)])
        return True

    def _item_path(self, listing: Operation) -> str | None:
        """The path of one of the records that an operation lists; None when there is none."""
        below = item_path_below(listing, self._service.document.understood())
        return below or item_path(self._service.fallback.plan(listing))

    def _is_list(self, operation: Operation) -> bool:
        is_known = bool(self._context.addresses.collection_of(operation))
        return not is_known and self._item_path(operation) is not None
