"""Values for the path parameters of an operation, of existing and of missing records."""

import re
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mockserver.check.findings import phrases
from mockserver.check.planning import sample_values
from mockserver.check.planning.situations import PathValueKind, SampleKind
from mockserver.check.reference.reference_model import RecordsByCollection
from mockserver.http.served_api import Service
from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation, Parameter, split_path
from mockserver.openapi.schema.schema_locations import types_in
from mockserver.resources.plan import OperationKind, Plan
from mockserver.state.baseline import Record


@dataclass(frozen=True, slots=True)
class PathValues:
    """Values for the path parameters of an operation.

    Attributes:
        collection: the record's collection; None if the fixtures do not have it.
        key: the record's key.
        kind: what kind of record they name.
        parameter: the parameter with the special value; empty without one.
        sample: the kind of that value, if it is not of the parameter's type.
    """

    values: Mapping[str, Any]
    collection: str | None = None
    key: str | None = None
    kind: PathValueKind = PathValueKind.KNOWN
    parameter: str = ""
    sample: SampleKind | None = None

    @property
    def phrase(self) -> str:
        """What is special about the values, as text."""
        return phrases.address(self.kind, self.parameter, self.values.get(self.parameter))

    def path(self, template: str) -> str:
        """The path with the values filled in, without a part behind `?` or `#` (`conditions`)."""
        plain, _ = split_path(template)
        return re.sub(
            r"\{([^}]+)\}", lambda match: quote(str(self.values.get(match[1], "1")), safe=""), plain
        )

    def changed(
        self, name: str, value: Any, kind: PathValueKind, sample: SampleKind | None = None
    ) -> "PathValues":
        """The same values but for one parameter; they name no known record."""
        return PathValues({**self.values, name: value}, self.collection, None, kind, name, sample)


def conditions(template: str, *, in_header: bool) -> dict[str, str]:
    """The query or header values after `?` or `#` in a path, which distinguish operations of one path.

    Names with the prefix of custom header fields (`X-Amz-Target`) are header fields; the others are query
    parameters.
    """
    return {
        name: value
        for name, value in split_path(template)[1]
        if "{" not in value and name.lower().startswith("x-") is in_header
    }


def parameter_names(template: str) -> list[str]:
    """The names of the path parameters, in the order of the path."""
    return re.findall(r"\{([^}]+)\}", split_path(template)[0])


def shape(template: str) -> str:
    """A path without the names of its parameters, to compare paths of one resource."""
    return re.sub(r"\{[^}]+\}", "{}", split_path(template)[0]).rstrip("/")


def item_path_below(operation: Operation, operations: Iterable[Operation]) -> str | None:
    """The path of a record that an operation lists or creates, below its own path; None without one."""
    own = shape(operation.path) + "/{}"
    for other in operations:
        if shape(other.path).startswith(own) and shape(other.path)[len(own) :][:1] in {"", "/"}:
            return "/".join(other.path.split("/")[: own.count("/") + 1])
    return None


def item_path(plan: Plan | None) -> str | None:
    """The path of a record that a plan lists or creates: `/tasks/{id}` for `/projects/{id}/tasks`."""
    is_known = plan is not None and plan.kind in {OperationKind.LIST, OperationKind.CREATE}
    return plan.resource.item_path if is_known and plan is not None else None


_LEARNED = 3
"""How many records learned from lists are used."""


class PathValueFinder:
    """Finds records of the fixtures, and learned ids, for an operation's path."""

    def __init__(self, service: Service, records: RecordsByCollection) -> None:
        self._service = service
        self._keys = {
            name: collection.key
            for (api, name), collection in service.sessions.baseline.items()
            if api == service.name
        }
        self._collections: dict[str, Mapping[str, str]] = {}
        self._learned: dict[str, list[tuple[Any, ...]]] = {}
        self._listed: dict[str, Any] = {}
        self._records = {name: dict(records.get((service.name, name), {})) for name in self._keys}

    def parameters(self, operation: Operation) -> list[Parameter]:
        """The path parameters, in the order of the path."""
        order = re.findall(r"\{([^}]+)\}", operation.path)
        by_name = {entry.name: entry for entry in operation.parameters if entry.location == "path"}
        return [by_name[name] for name in order if name in by_name]

    def collection_of(self, operation: Operation) -> str | None:
        """The collection of the operation's records; None if the fixtures do not have it."""
        for parameter in reversed(self.parameters(operation)):
            found = self.collection(operation, parameter.name)
            if found is not None:
                return found
        return None

    def known(self, operation: Operation) -> list[PathValues]:
        """Path values for each record of the fixtures; without any, values from the document's examples."""
        name = self.collection_of(operation)
        if name is None or not self._records[name]:
            return self._learned_addresses(operation)
        return [self._address(operation, name, key, record) for key, record in self._records[name].items()]

    def learn(self, path: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Remember learned values for the parameters of a path, and of all paths with this prefix."""
        known = self._learned.setdefault(shape(path), [])
        for entry in values:
            is_simple = all(isinstance(one, (str, int)) and not isinstance(one, bool) for one in entry)
            if len(known) < _LEARNED and is_simple and entry not in known:
                known.append(entry)

    def exists(self, path: str) -> Any:
        """The last parameter's value of a record that a list showed before the first write; None without."""
        return self._listed.get(shape(path))

    def note_listed(self, path: str, value: Any) -> None:
        """Remember a record that a list showed before the first write: a reset brings it back."""
        self._listed.setdefault(shape(path), value)

    def forget(self, path: str, values: tuple[Any, ...]) -> None:
        """Stop using these values, because their record was deleted."""
        known = self._learned.get(shape(path), [])
        known[:] = [one for one in known if tuple(map(str, one)) != tuple(map(str, values))]

    def latest(self, path: str) -> Any:
        """The latest learned value for the last parameter of a path; None without one."""
        known = self._learned.get(shape(path))
        return known[-1][-1] if known else None

    def _learned_addresses(self, operation: Operation) -> list[PathValues]:
        """Path values with learned ids; parameters without one get the document's example."""
        names = parameter_names(operation.path)
        filled = {entry.name: self._example(entry) for entry in self.parameters(operation)}
        parts = shape(operation.path).split("/")
        for length in range(len(parts), 0, -1):
            found = self._learned.get("/".join(parts[:length]))
            if found:
                return [PathValues({**filled, **dict(zip(names, values, strict=False))}) for values in found]
        return [PathValues(filled)]

    def _address(self, operation: Operation, collection: str, key: str, record: Record) -> PathValues:
        values: dict[str, Any] = {}
        for parameter in self.parameters(operation):
            own = self.collection(operation, parameter.name)
            if own == collection:
                values[parameter.name] = record.get(self._keys[collection], key)
            elif parameter.name in record:
                values[parameter.name] = record[parameter.name]
            elif own is not None and self._records[own]:
                values[parameter.name] = next(iter(self._records[own]))
            else:
                values[parameter.name] = self._example(parameter)
        return PathValues(values, collection, key)

    def unknown(self, operation: Operation, address: PathValues) -> Iterator[PathValues]:
        """Values of the right type that name no record: for the last parameter, then for each parent."""
        for parameter in reversed(self.parameters(operation)):
            value = self._stranger(operation, parameter)
            if value is not None:
                yield address.changed(parameter.name, value, PathValueKind.UNKNOWN)

    def fresh(self, operation: Operation, address: PathValues) -> PathValues | None:
        """Path values with an unused name, to create a record; None if none can be made."""
        for parameter in reversed(self.parameters(operation)[-1:]):
            view = self._service.document.schemas.merged(parameter.schema)
            if view.get("format") == "uuid":
                return PathValues({**address.values, parameter.name: str(uuid.uuid4())})
            if types_in(view) <= {"string"} and not {"enum", "pattern"} & view.keys():
                return PathValues({**address.values, parameter.name: f"check-{secrets.token_hex(4)}"})
        return None

    def foreign(self, operation: Operation, address: PathValues) -> Iterator[PathValues]:
        """Path values with an existing parent that is not the record's."""
        for parameter in self.parameters(operation)[:-1]:
            own = self.collection(operation, parameter.name)
            keys = self._keys.get(own or "")
            for record in self._records.get(own or "", {}).values():
                value = record[keys] if keys else None
                if value != address.values[parameter.name]:
                    yield address.changed(parameter.name, value, PathValueKind.FOREIGN)

    def malformed(self, operation: Operation, address: PathValues) -> Iterator[PathValues]:
        """Path values of which one is not of the parameter's type.

        Values that a lenient server may parse as a number name a known record only for reads.
        """
        for parameter in self.parameters(operation):
            view = self._service.document.schemas.merged(parameter.schema)
            is_read = operation.method in {"get", "head"}
            like = address.values.get(parameter.name) if is_read else self._stranger(operation, parameter)
            for kind, value in _wrong(view, like).items():
                yield address.changed(parameter.name, value, PathValueKind.INVALID, kind)

    def _stranger(self, operation: Operation, parameter: Parameter) -> Any:
        view = self._service.document.schemas.merged(parameter.schema)
        if "enum" in view:
            return None
        if types_in(view) & {"integer", "number"}:
            known = self._records.get(self.collection(operation, parameter.name) or "", {})
            numbers = [int(key) for key in known if key.isdigit()]
            return max([*numbers, 2_000_000_000]) + 17
        if view.get("format") == "uuid":
            return "00000000-0000-4000-8000-0000000000aa"
        return "mockserver-check-unknown" if not view.get("pattern") else None

    def _example(self, parameter: Parameter) -> Any:
        written = pointers.resolve(self._service.document.root, parameter.pointer)
        if "example" in written:
            return written["example"]
        for example in (written.get("examples") or {}).values():
            if isinstance(example, Mapping) and "value" in example:
                return example["value"]
        return sample_values.minimal(self._service.document.schemas, parameter.schema, 1)

    def collection(self, operation: Operation, parameter: str) -> str | None:
        """The collection of the records that a path parameter names, according to the plans."""
        if operation.id not in self._collections:
            self._collections[operation.id] = self._service.fallback.addressed(operation, self._keys)
        return self._collections[operation.id].get(parameter)


def _wrong(view: Mapping[str, Any], like: Any) -> dict[SampleKind, Any]:
    """Values that are not of a type; some closely resemble a valid value."""
    kinds = types_in(view)
    if kinds & {"integer", "number"}:
        number = like if isinstance(like, int) else 1
        fraction = {} if "number" in kinds else {SampleKind.DECIMAL: f"{number}.5"}
        numbers = {SampleKind.WORD: "abc", SampleKind.NEGATIVE: -1, SampleKind.HUGE: 10**25}
        nearly = {SampleKind.HEXADECIMAL: hex(number), SampleKind.SUFFIXED: f"{number}abc"}
        return {**numbers, **fraction, **nearly}
    if view.get("format") == "uuid":
        return {SampleKind.NOT_UUID: "not-a-uuid", SampleKind.DIGIT: "1", SampleKind.OVERLONG: "x" * 300}
    return {
        SampleKind.OVERLONG: "x" * 300,
        SampleKind.NUL: "%00",
        SampleKind.NON_ASCII_TEXT: "ñandú 🦊",
    }
