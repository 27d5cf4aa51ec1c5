"""Infer what tells how a request goes on that was accepted with 202 (RFC 9110 section 15.3.3)."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from mockserver.errors import MockserverError
from mockserver.openapi import pointers
from mockserver.openapi.document import Document
from mockserver.openapi.names import normalised, singular
from mockserver.openapi.operation import MediaType, Operation
from mockserver.resources.conventions import usual
from mockserver.resources.infer.completion import PlanCompletion, names_of
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.path_templates import parameters_of
from mockserver.resources.infer.plan_fields.assigned_fields import infer_assigned
from mockserver.resources.infer.plan_fields.progress import infer_progress
from mockserver.resources.plan import (
    CreatePlan,
    OperationKind,
    Plan,
    ReadPlan,
    Reason,
    Resource,
    StartPlan,
    View,
    WatchPlan,
)

_ACCEPTED = 202
_BEHIND_PARAMETER = 2
"""So many segments at most, itself included, behind the parameter that names what was accepted."""


class AcceptedInference:
    """The operations of one document that accept work, and those that tell of it."""

    def __init__(
        self,
        document: Document,
        inference: ResourceInference,
        completion: PlanCompletion,
        plan_of: Callable[[Operation], Plan | None],
    ) -> None:
        """`plan_of` infers the plan of an operation without what is inferred here."""
        self._document = document
        self._inference = inference
        self._completion = completion
        self._plan_of = plan_of

    def completed(self, operation: Operation, plan: Plan | None) -> Plan | None:
        """The plan with the record that tells of accepted work, or with the states that it goes through."""
        started = self._started(operation, plan)
        if started is not None:
            if plan is None:
                return started
            return replace(plan, starts=started, reasons=(*plan.reasons, *started.reasons))
        if plan is None or plan.resource.raw or isinstance(plan, WatchPlan):
            return plan
        return self._with_progress(operation, plan)

    def _with_progress(self, operation: Operation, plan: Plan) -> Plan:
        """The plan with how what was accepted with 202 goes on: of its creation, and of its reading."""
        is_creation = isinstance(plan, CreatePlan) and plan.status == _ACCEPTED
        is_read = isinstance(plan, ReadPlan) and operation.method == "get"
        if not (is_creation or is_read) or not self._accepting:
            return plan
        is_lazy = is_read and plan.resource.single and self.tells_of_accepted(operation)
        if not (is_creation or is_lazy or plan.resource.name in self._accepted_resources):
            return plan
        if is_creation and plan.resource.item_path is None:
            return plan
        progress, why = infer_progress(plan.resource, self._inference.schemas, self._inference.collections)
        if progress is None:
            return plan
        return replace(plan, progress=replace(progress, lazily=is_lazy), reasons=(*plan.reasons, *why))

    @cached_property
    def _accepting(self) -> tuple[str, ...]:
        """The ids of the operations that document 202."""
        found = []
        root = self._document.root
        paths, _ = pointers.follow(root, root.get("paths", {}))
        for operation_id, key in self._document.index.items():
            with contextlib.suppress(KeyError):  # an operation that cannot be served
                written = key.find(pointers.follow(root, paths[key.path])[0])
                responses = written.get("responses") if isinstance(written, Mapping) else None
                if isinstance(responses, Mapping) and str(_ACCEPTED) in map(str, responses):
                    found.append(operation_id)
        return tuple(found)

    @cached_property
    def _accepted_resources(self) -> frozenset[str]:
        """The names of the resources whose records are accepted with 202, or tell of what was accepted."""
        found = set()
        for operation_id in self._accepting:
            try:
                operation = self._document.operation(operation_id)
                plan = self._plan_of(operation)
            except (MockserverError, KeyError, ValueError, TypeError, AttributeError, IndexError):
                continue  # `of` says so where it is asked for
            if isinstance(plan, CreatePlan) and plan.status == _ACCEPTED:
                found.add(plan.resource.name)
            started = self._started(operation, plan)
            if started is not None:
                found.add(started.resource.name)
        return frozenset(found)

    def tells_of_accepted(self, operation: Operation) -> bool:
        """Whether an operation reads how what was accepted goes on: `GET /reports/{id}/status`."""
        if not self._accepting:
            return False
        segments = self._inference.paths.segments(operation.path) or ()
        last = next((place for place in range(len(segments) - 1, -1, -1) if segments[place] is None), None)
        if operation.method != "get" or last is None or len(segments) - last > _BEHIND_PARAMETER:
            return False
        accepting = self._inference.paths.methods(segments[:last]).get("post")
        return accepting in self._accepting

    def _started(self, operation: Operation, plan: Plan | None) -> StartPlan | None:
        """The record that is made besides, and tells how what was accepted goes on."""
        is_reading = plan is not None and plan.kind in {OperationKind.LIST, OperationKind.READ}
        is_stateless = self._inference.extension(operation).get("stateless")
        if operation.id not in self._accepting or is_reading or is_stateless:
            return None
        if plan is not None and plan.status != _ACCEPTED:
            return None
        content = self._inference.views.content_of(operation.response(_ACCEPTED))
        own = plan.resource.name if plan is not None else None
        is_bare = content is None and not (isinstance(plan, CreatePlan) and plan.resource.item_path)
        for resource in self._work:
            view, because = self._work_view(operation, content, resource)
            if resource.name == own or not (because or (is_bare and self._is_only_work(resource))):
                continue
            parents = parameters_of(resource.item_path or "")[:-1]
            if not set(parents) <= set(parameters_of(operation.path)):
                continue
            return self._start(resource, view, parents, because or "it is the only one that tells of work")
        return None

    def _start(
        self, resource: Resource, view: View | None, parents: tuple[str, ...], because: str
    ) -> StartPlan:
        schemas, collections = self._inference.schemas, self._inference.collections
        progress, why = infer_progress(resource, schemas, collections)
        return StartPlan(
            kind=OperationKind.START,
            resource=resource,
            status=_ACCEPTED,
            view=view,
            location=True,
            assigned=infer_assigned(resource, (), collections, schemas)[0],
            progress=progress,
            parents=parents,
            reasons=(Reason("starts", f"a record of {resource.name} tells how it goes on: {because}"), *why),
        )

    @cached_property
    def _work(self) -> tuple[Resource, ...]:
        """The resources with an item that goes through states."""
        found = {}
        for item in self._inference.paths.items():
            resource = (
                self._inference.resource(item[:-1]) if "get" in self._inference.paths.methods(item) else None
            )
            if resource is None or resource.raw or resource.single or resource.item_path is None:
                continue
            if infer_progress(resource, self._inference.schemas, self._inference.collections)[0] is not None:
                found[resource.name] = resource
        return tuple(found.values())

    def _work_view(
        self, operation: Operation, content: MediaType | None, resource: Resource
    ) -> tuple[View | None, str]:
        """How an answer of 202 shows a record of a resource, or has its id; and what tells so."""
        if content is None:
            return None, ""
        view = self._inference.views.record(
            _ACCEPTED, content, names_of(resource), resource.word, resource.identity
        )
        if view is None:
            return None, ""
        if self._inference.views.shows_same(view, resource):
            return self._completion.view_of(view, resource), "the answer with 202 shows it"
        properties = self._inference.schemas.outline(view.shown).properties
        one = normalised(singular(resource.word))
        name = next((name for name in properties if normalised(name) == one + "id"), None)
        if name is None or name == resource.key:
            return None, ""
        return replace(view, key=name), f"the answer with 202 has its `{name}`"

    def _is_only_work(self, resource: Resource) -> bool:
        """Whether a resource is called as work is, and no other one is."""
        named = [one.name for one in self._work if normalised(singular(one.word)) in usual.WORK]
        return named == [resource.name]
