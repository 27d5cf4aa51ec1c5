"""Infer which resource shows the progress of a request accepted with 202 (RFC 9110 section 15.3.3)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from mockserver.errors import MockserverError
from mockserver.openapi.document import Document
from mockserver.openapi.names import normalised, singular
from mockserver.openapi.operation import MediaType, Operation, path_parameters
from mockserver.resources.conventions import usual
from mockserver.resources.infer.completion import PlanCompletion, names_of
from mockserver.resources.infer.inference import ResourceInference
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
"""Maximum number of segments from the parameter that names the accepted request to the path's end."""


class AcceptedInference:
    """The operations of one document that answer 202, and those that show the progress."""

    def __init__(
        self,
        document: Document,
        inference: ResourceInference,
        completion: PlanCompletion,
        plan_of: Callable[[Operation], Plan | None],
    ) -> None:
        """`plan_of` infers the plan of an operation before it is completed here."""
        self._document = document
        self._inference = inference
        self._completion = completion
        self._plan_of = plan_of

    def completed(self, operation: Operation, plan: Plan | None) -> Plan | None:
        """The plan with the job record that a 202 creates, or with the states that the record passes."""
        started = self._started(operation, plan)
        if started is not None:
            if plan is None:
                return started
            return replace(plan, starts=started, reasons=(*plan.reasons, *started.reasons))
        if plan is None or plan.resource.raw or isinstance(plan, WatchPlan):
            return plan
        return self._with_progress(operation, plan)

    def _with_progress(self, operation: Operation, plan: Plan) -> Plan:
        """The plan of creating or reading an accepted record, with the states that it goes through."""
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
        for operation_id, written in self._document.written():
            responses = written.get("responses") if isinstance(written, Mapping) else None
            if isinstance(responses, Mapping) and (str(_ACCEPTED) in responses or _ACCEPTED in responses):
                found.append(operation_id)
        return tuple(found)

    @cached_property
    def _accepted_resources(self) -> frozenset[str]:
        """The names of the resources whose creation answers 202, and of those that show the progress."""
        found = set()
        for operation_id in self._accepting:
            try:
                operation = self._document.operation(operation_id)
                plan = self._plan_of(operation)
            except (MockserverError, KeyError, ValueError, TypeError, AttributeError, IndexError):
                continue  # `PlanInference.of` reports the error for that operation
            if isinstance(plan, CreatePlan) and plan.status == _ACCEPTED:
                found.add(plan.resource.name)
            started = self._started(operation, plan)
            if started is not None:
                found.add(started.resource.name)
        return frozenset(found)

    def tells_of_accepted(self, operation: Operation) -> bool:
        """Whether an operation reads the progress of an accepted request: `GET /reports/{id}/status`."""
        if not self._accepting:
            return False
        segments = self._inference.paths.segments(operation.path) or ()
        last = next((place for place in range(len(segments) - 1, -1, -1) if segments[place] is None), None)
        if operation.method != "get" or last is None or len(segments) - last > _BEHIND_PARAMETER:
            return False
        accepting = self._inference.paths.methods(segments[:last]).get("post")
        return accepting in self._accepting

    def _started(self, operation: Operation, plan: Plan | None) -> StartPlan | None:
        """The plan of the job record that an operation answering 202 creates; None when there is none."""
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
            parents = path_parameters(resource.item_path or "")[:-1]
            if not set(parents) <= set(path_parameters(operation.path)):
                continue
            return self._start(resource, view, parents, because or "it is the only resource of jobs or tasks")
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
            reasons=(Reason("starts", f"a record of {resource.name} shows the progress: {because}"), *why),
        )

    @cached_property
    def _work(self) -> tuple[Resource, ...]:
        """The resources whose items can be read and go through states."""
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
        """The view of a resource's record, or of its id, in a 202 response; and the reason."""
        if content is None:
            return None, ""
        view = self._inference.views.record(
            _ACCEPTED, content, names_of(resource), resource.word, resource.identity
        )
        if view is None:
            return None, ""
        if self._inference.views.shows_same(view, resource):
            return self._completion.view_of(view, resource), "the 202 response shows it"
        properties = self._inference.schemas.outline(view.shown).properties
        one = normalised(singular(resource.word))
        name = next((name for name in properties if normalised(name) == one + "id"), None)
        if name is None or name == resource.key:
            return None, ""
        return replace(view, key=name), f"the 202 response has its `{name}`"

    def _is_only_work(self, resource: Resource) -> bool:
        """Whether a resource is the only one that has a name for jobs or tasks."""
        named = [one.name for one in self._work if normalised(singular(one.word)) in usual.WORK]
        return named == [resource.name]
