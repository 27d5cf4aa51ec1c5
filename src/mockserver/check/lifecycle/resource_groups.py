"""Group operations that create, read, list, update and delete records of the same resource."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mockserver.check.target.http_messages import HttpResponse
from mockserver.openapi import media_types
from mockserver.openapi.operation import Operation, path_parameters
from mockserver.resources.plan import (
    ActionPlan,
    CreatePlan,
    ListPlan,
    OperationKind,
    Plan,
    ReadPlan,
    WritePlan,
)

_MARK = re.compile(r"delet|remov|archiv|trash|discard", re.IGNORECASE)
_ITEM_KINDS = (OperationKind.READ, OperationKind.REPLACE, OperationKind.MERGE, OperationKind.DELETE)


class Planned(NamedTuple):
    """An operation and its plan."""

    operation: Operation
    plan: Plan


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """The operations of one resource.

    Attributes:
        create: creates a record.
        items: the operations at the record's path, by kind.
        listing: lists the records; None without such an operation.
        parameter: the name of the path parameter that names a record.
        key: the property that identifies a record; None where the document does not say.
        actions: operations that act on a record, and need nothing but its path and a small body.
    """

    create: Planned
    items: Mapping[OperationKind, Planned]
    listing: Planned | None
    parameter: str
    key: str | None
    actions: tuple[Planned, ...] = ()

    def plan_of(self, operation: Operation) -> Plan | None:
        """The plan of one of these operations."""
        listing = (self.listing,) if self.listing else ()
        known = (self.create, *self.items.values(), *listing, *self.actions)
        return next((one.plan for one in known if one.operation.id == operation.id), None)


def says_gone(answer: HttpResponse) -> bool:
    """Whether a response shows a record as deleted: it may stay visible, with a mark (soft delete)."""
    value = answer.value()
    parts = [value, *value.values()] if isinstance(value, Mapping) else []
    marks = [
        entry
        for part in parts
        if isinstance(part, Mapping)
        for name, entry in part.items()
        if _MARK.search(name) or (name in {"status", "state"} and _MARK.search(str(entry)))
    ]
    return any(mark not in (None, False, "", 0) for mark in marks)


def groups(
    operations: Iterable[Operation],
    plan_of: Callable[[Operation], Plan | None],
    *,
    nested: bool = False,
) -> Iterator[ResourceGroup]:
    """Every resource whose records can be created and read with these operations.

    `nested` adds resources whose paths are below another record's path.
    """
    planned = list(_planned(operations, plan_of))
    for create in planned:
        resource = create.plan.resource
        is_one = isinstance(create.plan, CreatePlan) and create.plan.many is None
        is_nested = resource.depth > 0 and not nested
        if not is_one or is_nested or resource.single or resource.item_path is None:
            continue
        alike = [one for one in planned if one.plan.resource.template == resource.template]
        items = {one.plan.kind: one for one in reversed(alike) if one.plan.kind in _ITEM_KINDS}
        lists = [one for one in alike if isinstance(one.plan, ListPlan) and one.operation.method == "get"]
        # What is created below another record may be listed above its own path alone.
        paths = create.operation.path.rstrip("/"), resource.item_path.rpartition("/{")[0]
        fitting = [one for path in paths for one in lists if one.operation.path.rstrip("/") == path]
        listing = next(iter(fitting), None)
        if OperationKind.READ in items:
            name = path_parameters(resource.item_path)[-1]
            actions = tuple(
                one for one in alike if isinstance(one.plan, ActionPlan) and _is_simple(one.operation)
            )
            yield ResourceGroup(create, items, listing, name, resource.key, actions)


def listed_groups(
    operations: Iterable[Operation], plan_of: Callable[[Operation], Plan | None]
) -> Iterator[ResourceGroup]:
    """Every resource whose records can be created and listed, but not read one by one."""
    planned = list(_planned(operations, plan_of))
    for create in planned:
        resource = create.plan.resource
        if not isinstance(create.plan, CreatePlan) or create.plan.many is not None or resource.single:
            continue
        alike = [one for one in planned if one.plan.resource.template == resource.template]
        items = {one.plan.kind: one for one in reversed(alike) if one.plan.kind in _ITEM_KINDS}
        path = create.operation.path.rstrip("/")
        listing = next(
            (
                one
                for one in alike
                if isinstance(one.plan, ListPlan)
                and one.operation.method == "get"
                and one.operation.path.rstrip("/") == path
            ),
            None,
        )
        if OperationKind.READ not in items and listing is not None and resource.key is not None:
            names = path_parameters(resource.item_path) if resource.item_path is not None else ()
            yield ResourceGroup(create, items, listing, names[-1] if names else resource.key, resource.key)


def _planned(
    operations: Iterable[Operation], plan_of: Callable[[Operation], Plan | None]
) -> Iterator[Planned]:
    """The operations with a plan, without those on the caller, and those whose path names no record."""
    for operation in operations:
        plan = plan_of(operation)
        if plan is not None and not plan.caller and not _is_of_others(plan):
            yield Planned(operation, plan)


def _is_of_others(plan: Plan) -> bool:
    """Whether an operation changes several records at once, makes a copy, or shows the newest record."""
    if isinstance(plan, ReadPlan):
        return plan.newest_by is not None
    if isinstance(plan, ActionPlan) and (plan.every or plan.copies):
        return True
    return isinstance(plan, WritePlan) and plan.many is not None and not isinstance(plan, CreatePlan)


def _is_simple(operation: Operation) -> bool:
    """Whether an operation requires no body, or one in JSON."""
    body = operation.request_body
    return body is None or not body.required or any(map(media_types.is_json, body.content))
