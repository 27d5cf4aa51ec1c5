"""The data that planning uses: records, callers, and responses of the reference model."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mockserver.check.planning import sample_values
from mockserver.check.planning.cases import FILLED, Case, CaseMaker, CaseSequence, Topic
from mockserver.check.planning.path_values import PathValueFinder, PathValues, parameter_names, shape
from mockserver.check.planning.situations import Situation, SituationKind
from mockserver.check.reference.reference_model import ModelResponse, RecordsByCollection, ReferenceModel
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import ANONYMOUS, Caller
from mockserver.http.served_api import Service
from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import fields_of
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions.usual import IDS, NAMES
from mockserver.resources.plan import OperationKind
from mockserver.state.baseline import Record

_LOOKS = ("get", "head", "options", "trace", "patch", "put", "post", "delete")
"""Methods to search for a request that only reads a record, the likeliest first."""
_ORDINARY = {
    *IDS,
    *NAMES,
    "email",
    "type",
    "status",
    "version",
    "path",
    "language",
    "locale",
    "date",
    "token",
}
"""Names of keys and path parameters that properties have for other reasons, too."""
_LOOK = Situation(SituationKind.LOOK)


@dataclass(frozen=True, slots=True)
class RecordAndCaller:
    """A record that an operation can be tried on, and a caller who may call it."""

    address: PathValues
    caller: Caller


class PlanningContext:
    """Everything that the planners of one document need."""

    def __init__(
        self, model: ReferenceModel, service: Service, credentials: Credentials, callers: Sequence[Caller]
    ) -> None:
        self.service = service
        self.cases = CaseMaker(service)
        self.cases.references = self.references
        self.callers = callers
        self.addresses = PathValueFinder(service, model.records("baseline"))
        #: Whether learned records persist, because there is no reset.
        self.keeps_learned = False
        #: By operation, how a record of the fixtures violates the schema of its responses.
        self.unfit: dict[str, str] = {}
        #: Operations without `security` in the document that nevertheless require a credential.
        self._asking: set[str] = set()
        self._model = model
        self._credentials = credentials
        #: Ids of records that exist during a walk, by the shape of their path.
        self.current: dict[str, Any] = {}
        self._places: dict[str, list[RecordAndCaller]] = {}
        self._probes: dict[tuple[str, str, Caller], Case | None] = {}

    @property
    def schemas(self) -> SchemaReader:
        """The document."""
        return self.service.document.schemas

    def ask_model(self, case: Case) -> tuple[ModelResponse, bool]:
        """The model's response to a case on fresh records, and whether it changes any."""
        session = self._model.fork("baseline")
        before = self._model.records(session)
        model = self._model.ask(self.service, case.request, self._credentials, session)
        changed = self._model.records(session) != before
        self._model.reset(session)
        return model, changed

    def places(self, operation: Operation) -> list[RecordAndCaller]:
        """Records on which the operation succeeds, each with a caller; the record with most fields first."""
        if operation.id not in self._places:
            found = [
                place
                for address in self.addresses.known(operation)
                for place in self._place(operation, address)
            ]
            self._places[operation.id] = sorted(found, key=self._fullness, reverse=True)
        return self._places[operation.id]

    def _place(self, operation: Operation, address: PathValues) -> list[RecordAndCaller]:
        unknown: list[RecordAndCaller] = []
        for caller in self.candidates(operation):
            model, _ = self.ask_model(self.cases.plain(operation, address, caller))
            status = model.answer.status
            if model.answer.succeeded or model.rule or (not model.is_informed and status not in {401, 403}):
                return [RecordAndCaller(address, caller)]
            if status == 500 and model.violations:
                fault = str(model.violations[0]).removeprefix("response ")
                self.unfit[operation.id] = f"record {address.key} of {address.collection}: {fault}"
            # The implementation may know a credential that the model does not know.
            if status == 401 and caller.is_identity and not model.is_informed:
                unknown.append(RecordAndCaller(address, caller))
        return unknown[:1]

    def candidates(self, operation: Operation) -> list[Caller]:
        """Callers who may be served: `ANONYMOUS` if the operation requires no credential.

        If a document has no security at all, the given identities are sent nevertheless.
        """
        is_asked = bool(operation.security) or operation.id in self._asking
        is_asked = is_asked or not self.service.document.security_schemes
        return list(self.callers) if is_asked and self.callers else [ANONYMOUS]

    def send_identities(self, operations: Iterable[Operation]) -> None:
        """Send identities to these operations, although the document has no `security` for them."""
        self._asking.update(one.id for one in operations)
        self.forget_places()

    def learn(self, path: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Use these values of a path's parameters in all requests planned from now on."""
        known = list(values)
        self.addresses.learn(path, known)
        for value in known[:1]:
            self.addresses.note_listed(path, value[-1])
        self.forget_places()

    def references(self, operation: Operation) -> Mapping[str, Any]:
        """The reference fields of a body, each with the id of an existing record."""
        found = {name: self._existing(path) for name, path in self.reference_paths(operation).items()}
        return {name: value for name, value in found.items() if value is not None}

    def reference_paths(self, operation: Operation) -> dict[str, str]:
        """The names of fields that refer to records, each with the path of one of these."""
        plan = self.service.fallback.plan(operation)
        if plan is None or plan.resource.raw:
            return {}
        own = shape(plan.resource.item_path or "")
        referred = self.service.fallback.referred(plan).items()
        return {
            **{name: path for name, path in self._naming.items() if shape(path) != own},
            **{name: one.item_path for name, one in referred if one.item_path is not None},
        }

    def _existing(self, path: str) -> Any:
        """The id of a record at a path: of this walk, else one that was learned; None without one."""
        if shape(path) in self.current:
            return self.current[shape(path)]
        # With a reset, what was created before is gone.
        return self.addresses.latest(path) if self.keeps_learned else self.addresses.exists(path)

    @cached_property
    def _naming(self) -> Mapping[str, str]:
        """Names that properties have only if they refer to a record: `sku`, `roomId`, each with its path."""
        found: dict[str, str] = {}
        doubtful: set[str] = set()
        for operation in self.service.document.understood():
            plan = self.service.fallback.plan(operation)
            path = plan.resource.item_path if plan is not None and plan.kind is OperationKind.READ else None
            if plan is None or path is None:
                continue
            for name in {*parameter_names(path)[-1:], plan.resource.key}:
                if name is None or normalised(name) in _ORDINARY:
                    continue
                if found.setdefault(name, path) != path:
                    doubtful.add(name)
        return {name: path for name, path in found.items() if name not in doubtful}

    def forget_places(self) -> None:
        """Discard the cached places of operations, because more values are known."""
        self._places.clear()
        self._probes.clear()

    def record(self, address: PathValues) -> Record:
        """The fixture's record that path values name."""
        records = self._model.records("baseline").get((self.service.name, address.collection or ""), {})
        return records.get(address.key or "", {})

    def records(self) -> RecordsByCollection:
        """All records of the fixtures."""
        return self._model.records("baseline")

    def _fullness(self, place: RecordAndCaller) -> int:
        return sum(1 for _ in _leaves(self.record(place.address)))

    def related(self, operation: Operation) -> list[Operation]:
        """The operations about the same kind of record, this one included."""
        own = self.addresses.collection_of(operation)
        everything = self.service.document.understood()
        if own is None:
            return [entry for entry in everything if entry.path == operation.path]
        return [entry for entry in everything if self.addresses.collection_of(entry) == own]

    def probe(self, operation: Operation, place: RecordAndCaller) -> Case | None:
        """A request that reads the record of a place and changes nothing."""
        if place.address.key is None:
            return None
        mark = (operation.id, place.address.key, place.caller)
        if mark not in self._probes:
            self._probes[mark] = self._find_probe(operation, place)
        return self._probes[mark]

    def _find_probe(self, operation: Operation, place: RecordAndCaller) -> Case | None:
        for other in sorted(self.related(operation), key=lambda entry: _LOOKS.index(entry.method)):
            if other.overrides is not None:
                continue
            for address in self.addresses.known(other):
                if address.key != place.address.key:
                    continue
                for caller in [place.caller, *self.candidates(other)]:
                    case = self.cases.plain(other, address, caller, topic="read", situation=_LOOK)
                    if self._is_look(case):
                        return case
        return None

    def _is_look(self, case: Case) -> bool:
        if case.request.method != "GET" and (
            case.request.body is not None or not self._takes_nothing(case.operation)
        ):
            return False
        model, changed = self.ask_model(case)
        return model.is_informed and model.answer.succeeded and not changed and bool(model.answer.body)

    @staticmethod
    def _takes_nothing(operation: Operation) -> bool:
        """Whether the body is documented and optional: a request without it changes nothing."""
        return operation.request_body is not None and not operation.request_body.required

    def followed(
        self, operation: Operation, place: RecordAndCaller, *cases: Case, group: Topic
    ) -> CaseSequence:
        """The cases, each followed by a read of the record if some operation reads it."""
        probe = self.probe(operation, place)
        if probe is None:
            return CaseSequence(cases, group)
        return CaseSequence(tuple(step for case in cases for step in (case, probe)), group)

    def filled(
        self, operation: Operation, place: RecordAndCaller, variant: int = 0, topic: Topic = "sequence"
    ) -> Case:
        """A valid request that fills in optional fields."""
        plain = self.cases.plain(operation, place.address, place.caller, topic=topic)
        content = self.cases.content(operation)
        if content is None or content.schema is None:
            return plain
        body = self.cases.minimal_body(operation)
        if body is not None and not isinstance(body, Mapping):
            return replace(plain, topic=topic)
        body = dict(body or {})
        for field in fields_of(self.schemas, content.schema):
            found = list(sample_values.valid(self.service.compiler, field)) if len(field.tokens) == 1 else []
            texts = [sample.value for sample in found if isinstance(sample.value, str)]
            if texts and not field.is_inferred and "enum" not in field.view and field.name not in body:
                body[field.name] = (
                    f"Variant {variant} of the check" if not field.view.get("format") else texts[0]
                )
                if not field.view.get("format"):
                    break
                del body[field.name]
        if not body and not media_types.is_json(content.name):
            return plain  # a form has one part at least (RFC 2046 section 5.1)
        case = self.cases.with_body(plain, body, FILLED)
        return replace(case, topic=topic)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from _leaves(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _leaves(entry)
    elif value is not None:
        yield value
