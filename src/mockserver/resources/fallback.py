"""Answer operations that have no handler: from stored records, else with the document's examples."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from mockserver.behaviour.backend import Backend, Response, Rules
from mockserver.behaviour.callbacks import Callbacks
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.negotiation import Negotiator
from mockserver.behaviour.outgoing_requests import OutgoingRequests
from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences
from mockserver.behaviour.refusals.error_bodies import ErrorBodies
from mockserver.behaviour.webhooks import Webhooks
from mockserver.errors import ApiError
from mockserver.generation import ValueGenerator
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation, path_parameters
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import Checker, SchemaCompiler
from mockserver.resources.body_paths import put_at
from mockserver.resources.infer.addressed import addressed
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.operation_plans import PlanInference
from mockserver.resources.infer.plan_corrections import corrections_of
from mockserver.resources.operations.crud import Start
from mockserver.resources.operations.executor import ExecutorContext, documented_answer
from mockserver.resources.operations.login import OfCaller, executor_of
from mockserver.resources.plan import LoginPlan, Plan, Reason, Resource, text_of
from mockserver.resources.records.logins import Logins
from mockserver.resources.records.parents import Parents
from mockserver.resources.records.record_writer import RecordWriter
from mockserver.state.baseline import BaseCollection, Record
from mockserver.state.identities import NO_IDENTITIES, Identities

log = logging.getLogger("mockserver")

RecordFinder = Callable[[Backend, Request], Record | None]
"""Finds the record that a request names."""

Answerer = Callable[[Backend, Request], Response]
"""Answers the requests of one operation."""


class Fallback:
    """Answers the operations of one document; each plan is inferred at the operation's first request."""

    def __init__(
        self,
        document: Document,
        compiler: SchemaCompiler,
        generator: ValueGenerator,
        *,
        fixtures: Mapping[str, BaseCollection],
        seed: int,
        corrections: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        stateless: bool = False,
        events: int = 3,
        rules: Rules | None = None,
        identities: Identities = NO_IDENTITIES,
        signing_key: str = "",
    ) -> None:
        """Answer the operations of a document.

        Args:
            document: the document.
            compiler: compiles its schemas.
            generator: generates values that match them.
            fixtures: the collections of a fixture file, by name.
            seed: the seed of generated values.
            corrections: the corrections of plans, by operationId.
            rules: finds the rules of collections.
            stateless: nothing is inferred.
            events: how many values a stream has.
            identities: who may log in.
            signing_key: the key that signs their tokens.
        """
        #: Finds the rules of a collection; None when there are no rules.
        self.rules = rules
        self._is_stateless = stateless
        self._document = document
        self._promises = OutgoingRequests(document.root, generator, compiler)
        #: The document's webhooks: requests that the API sends to clients.
        self.webhooks = Webhooks(document.name, document.root, self._promises)
        self.negotiator = Negotiator(document.root, generator, compiler, events)
        inference = ResourceInference(document, fixtures)
        records = RecordWriter(document.name, inference, generator, compiler, seed, fixtures, rules)
        self.refusals = ErrorBodies(inference.schemas, compiler, self.negotiator)
        self._plan_inference = PlanInference(
            document,
            inference,
            {name: corrections_of(fields, "the fixture file") for name, fields in corrections.items()},
        )
        self._plans: dict[str, Plan | None] = {}
        logins = Logins(records, identities, signing_key)
        self._means = ExecutorContext(inference, records, self.negotiator, logins)

    def callbacks(self, operation: Operation) -> Callbacks:
        """The callbacks of an operation."""
        return Callbacks(operation, self._document.root, self._promises)

    @cached_property
    def collections(self) -> Mapping[str, str]:
        """The top-level collections without fixture records, with the property that identifies a record."""
        roles = (self.plan(operation) for operation in self._document.understood())
        resources = [plan.resource for plan in roles if plan is not None]
        return {
            resource.name: resource.key
            for resource in resources
            if resource.key and not (resource.depth or resource.single or resource.fixture)
        }

    @cached_property
    def resources(self) -> frozenset[str]:
        """The names of all resources that operations were inferred to be about."""
        plans = (self.plan(operation) for operation in self._document.understood())
        return frozenset(plan.resource.name for plan in plans if plan is not None)

    @property
    def schemas(self) -> SchemaReader:
        """The reader of the document's schemas."""
        return self._means.inference.schemas

    def open(self, name: str) -> BaseCollection | None:
        """The collection without fixture records of this name; None when there is no such resource."""
        return self._means.records.open(name)

    def checker_of(self, name: str) -> Checker | None:
        """The validator for records of a collection without fixture records; None for any other name."""
        return self._means.records.checker_of(name)

    def plan(self, operation: Operation) -> Plan | None:
        """The plan inferred for an operation; None when there is none."""
        if self._is_stateless:
            return None
        if operation.id not in self._plans:
            self._plans[operation.id] = self._inferred(operation)
        return self._plans[operation.id]

    def _inferred(self, operation: Operation) -> Plan | None:
        try:
            return self._plan_inference.of(operation)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError):
            # Inference must not fail on an unusual document: the operation is then answered without state.
            log.warning("Nothing is inferred for %s", operation.id, exc_info=True)
            return None

    def references(self, plan: Plan) -> Iterator[Reason]:
        """Which properties of the plan's records refer to other resources, and why."""
        resource = plan.resource
        for name, reference in self._means.records.references.of(resource.record, resource).items():
            yield Reason("references", f"`{name}` refers to {reference.resource.name}: {reference.because}")

    def referred(self, plan: Plan) -> Mapping[str, Resource]:
        """The resources that properties of the plan's records refer to, by property."""
        resource = plan.resource
        found = self._means.records.references.of(resource.record, resource)
        return {name: reference.resource for name, reference in found.items() if not reference.many}

    def logged_in(self, operation: Operation, body: Any) -> Any:
        """A login's request body with the credentials of a known user; other bodies unchanged."""
        plan = self.plan(operation) if isinstance(body, dict) and operation.method == "post" else None
        sample = self._means.logins.sample(plan.resource) if isinstance(plan, LoginPlan) else None
        if not isinstance(plan, LoginPlan) or sample is None:
            return body
        grant = "password" if "password" in plan.credentials else "client_credentials"
        for meaning, place in plan.credentials.items():
            value = {**sample, "grant": grant}.get(meaning)
            if value is not None:
                body = put_at(body, place, value)
        return body

    def addressed(self, operation: Operation, collections: Collection[str]) -> Mapping[str, str]:
        """The fixture collections whose records the path parameters name, by parameter."""
        return addressed(operation.path, collections, self._means.inference)

    def bind(self, operation: Operation) -> Answerer:
        """The function that answers an operation."""
        return self._bind(operation, self.plan(operation))

    def _bind(self, operation: Operation, plan: Plan | None) -> Answerer:
        if plan is not None:
            own = executor_of(plan)(operation, plan, self._means)
            answer: Answerer = OfCaller(own, self._bind(operation, plan.otherwise)) if plan.caller else own
            return answer if plan.starts is None else Start(operation, plan.starts, self._means, answer)
        above = None if self._is_stateless else self._means.inference.item_above(operation.path)
        if above is None:
            return lambda _, request: self.documented(operation, NO_PREFERENCES, request)
        return self._below(operation, Parents(above, self._means.inference))

    def record_finder(self, operation: Operation) -> RecordFinder:
        """The function that finds the record a request names; None for operations on no single record."""
        plan = self.plan(operation)
        if plan is None or plan.resource.raw:
            return lambda _, __: None
        executor = executor_of(plan)(operation, plan, self._means)

        def find(backend: Backend, request: Request) -> Record | None:
            try:
                return executor.about(backend, request)
            except ApiError:  # the parent record does not exist either
                return None

        return find

    def _below(self, operation: Operation, parents: Parents) -> Answerer:
        """Answer an operation without a plan below an item; the item has to exist."""
        names = path_parameters(operation.path)

        def answer(backend: Backend, request: Request) -> Response:
            parents.require_item(
                backend, tuple(text_of(request.arguments.get(("path", name), "")) for name in names)
            )
            return self.documented(operation, NO_PREFERENCES, request)

        return answer

    def documented(self, operation: Operation, preferences: Preferences, request: Request) -> Response:
        """Answer with an example or a generated value, as `Prefer` selects it, ignoring stored records."""
        key = tuple(
            f"{name}={text_of(value)}"
            for (location, name), value in request.arguments.items()
            if location == "path"
        )
        return documented_answer(self.negotiator, operation, preferences, request, key)
