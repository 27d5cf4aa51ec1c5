"""Read a fixture file: the identities and records that an API starts with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mockserver.data.expressions import ExpressionError, Place, make_record, size_of
from mockserver.data.identities import Identities, Identity
from mockserver.data.scenario_reading import ScenarioReader
from mockserver.data.scenarios import Scenario
from mockserver.data.store import BaselineCollection, Record
from mockserver.errors import DocumentError, FixtureError
from mockserver.errors import Place as FilePlace
from mockserver.openapi import pointer as pointers
from mockserver.openapi import reading
from mockserver.openapi.document import Document
from mockserver.openapi.extensions import MOCK, PLAN_FIELDS, read_locale
from mockserver.openapi.lines import duplicate_keys
from mockserver.openapi.schemas import Checker, SchemaCompiler

_MOST_RECORDS = 100_000
_MOST_SIZE = 64_000_000
_TOP_LEVEL = ("locale", "clock", "identities", "collections", "operations", "scenarios")
_OPERATION = ("plan",)
_COLLECTION = ("key", "schema", "records", "generate")
_IDENTITY = ("token", "subject", "roles", "expires", "claims")


@dataclass(frozen=True, slots=True)
class Fixture:
    """What an API starts with.

    Attributes:
        locale: Faker's locale: the file's, else the document's, else `en_US`.
        clock: the moment that generated records take for now.
        collections: the baseline's collections by name.
        checkers: the compiled schema of each collection that names one.
        scenarios: the situations that can be switched on, by name.
        plans: corrections of inferred plans, by operationId.
    """

    file: Path | None
    locale: str
    clock: datetime
    identities: Identities
    collections: Mapping[str, BaselineCollection]
    checkers: Mapping[str, Checker]
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    plans: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_LOCALE = "en_US"
NO_FIXTURE = Fixture(None, _LOCALE, datetime(2026, 1, 1, tzinfo=UTC), Identities(), {}, {})


def locale_of(document: Document) -> str:
    """The locale of a document's data, where no fixture file says another.

    Raises:
        DocumentError: it asks for one that there is not.
    """
    try:
        return read_locale(document.root) or _LOCALE
    except ValueError as error:
        raise DocumentError(str(error), document.place(pointers.join([MOCK, "locale"]))) from None


def no_fixture(document: Document) -> Fixture:
    """What a document without a fixture file starts with."""
    return replace(NO_FIXTURE, locale=locale_of(document))


def load_fixture(file: Path, document: Document, compiler: SchemaCompiler, seed: int) -> Fixture:
    """Read a fixture file and hold its records to the document.

    Records that are written down are checked here; generated ones when they are made, which is at
    their first use: Faker takes longer to load than everything else.

    Raises:
        FixtureError: something in it is unknown or does not fit; the place has pointer and line.
    """
    try:
        written = reading.read_bytes(file)
        content = reading.parse(written, file)
        # YAML would let the second take the first one's place without a word.
        twice = next(duplicate_keys(written), None)
    except DocumentError as error:
        raise FixtureError(error.reason, error.place, error.remedy) from None
    if twice is not None:
        raise FixtureError("the key stands twice here", FilePlace(file, *twice), "Remove one of them.")
    return _Reader(file, document, compiler, seed).read(content or {})


class _Reader:
    def __init__(self, file: Path, document: Document, compiler: SchemaCompiler, seed: int) -> None:
        self._file = file
        self._document = document
        self._compiler = compiler
        self._seed = seed
        self._checkers: dict[str, Checker] = {}
        self._collections: dict[str, BaselineCollection] = {}

    def read(self, content: Any) -> Fixture:
        self._known(content, _TOP_LEVEL, "")
        locale = content.get("locale") or locale_of(self._document)
        clock = self._moment(content.get("clock", "2026-01-01T00:00:00Z"), "/clock")
        identities = [
            self._identity(name, value, pointers.join(["identities", name]))
            for name, value in self._object(content, "identities").items()
        ]
        for name, value in self._object(content, "collections").items():
            self._collection(name, value, locale, clock)
        scenarios = ScenarioReader(
            self._file, self._document, self._compiler, self._collections, self._checkers, clock
        ).read(content.get("scenarios") or {})
        self._tell_apart(identities)
        return Fixture(
            self._file,
            locale,
            clock,
            Identities(identities),
            self._collections,
            self._checkers,
            scenarios,
            self._plans(content),
        )

    def _plans(self, content: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """The corrections of plans; an operation or a field that does not exist is refused."""
        plans: dict[str, Mapping[str, Any]] = {}
        for name, value in self._object(content, "operations").items():
            pointer = pointers.join(["operations", name])
            if name not in self._document.index:
                raise self._fail(f"no operation {name!r}", pointer, "Name one by its operationId.")
            self._known(value, _OPERATION, pointer)
            plans[name] = self._object(value, "plan", pointer)
            self._known(plans[name], PLAN_FIELDS, pointer + "/plan")
        return plans

    def _fail(self, reason: str, pointer: str, remedy: str = "") -> FixtureError:
        return FixtureError(reason, reading.place(self._file, pointer), remedy)

    def _known(self, value: Any, names: tuple[str, ...], pointer: str) -> None:
        if not isinstance(value, dict):
            raise self._fail("an object is expected", pointer)
        unknown = sorted(set(value) - set(names))
        if unknown:
            allowed = f"Allowed are {', '.join(names)}."
            raise self._fail(f"unknown key {unknown[0]!r}", pointers.join([unknown[0]], pointer), allowed)

    def _object(self, holder: Mapping[str, Any], name: str, pointer: str = "") -> dict[str, Any]:
        value = holder.get(name)
        if value is not None and not isinstance(value, dict):
            raise self._fail("an object is expected", pointers.join([name], pointer))
        return value or {}

    def _list(self, holder: Mapping[str, Any], name: str, pointer: str) -> list[Any]:
        value = holder.get(name)
        if value is not None and not isinstance(value, list):
            raise self._fail("a list is expected", pointers.join([name], pointer))
        return value or []

    def _moment(self, text: Any, pointer: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            example = "Write it as 2026-03-02T09:00:00Z."
            raise self._fail(f"{text!r} is not a moment", pointer, example) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _tell_apart(self, identities: Iterable[Identity]) -> None:
        known: dict[str, str] = {}
        for identity in identities:
            first = known.setdefault(identity.token, identity.name) if identity.token else identity.name
            if first != identity.name:
                pointer = pointers.join(["identities", identity.name, "token"])
                raise self._fail(f"{first} has this token already", pointer)

    def _text(self, value: Any, pointer: str) -> str:
        if not isinstance(value, str):
            raise self._fail("text is expected", pointer)
        return value

    def _identity(self, name: str, value: Any, pointer: str) -> Identity:
        self._known(value, _IDENTITY, pointer)
        expires, token = value.get("expires"), value.get("token")
        return Identity(
            name=name,
            subject=str(value.get("subject", name)),
            roles=frozenset(map(str, self._list(value, "roles", pointer))),
            token=None if token is None else self._text(token, pointer + "/token"),
            expires=None if expires is None else self._moment(expires, pointer + "/expires"),
            claims=self._object(value, "claims", pointer),
        )

    def _collection(self, name: str, value: Any, locale: str, clock: datetime) -> None:
        pointer = pointers.join(["collections", name])
        self._known(value, _COLLECTION, pointer)
        key = value.get("key", "id")
        if "schema" in value:
            self._checkers[name] = self._compile(value["schema"], pointer + "/schema")
        records: dict[str, Record] = {}
        for number, record in enumerate(self._list(value, "records", pointer)):
            place = pointers.join(["records", number], pointer)
            self._check(name, key, record, place)
            if str(record[key]) in records:
                raise self._fail(f"a second record with {key} {record[key]!r}", place)
            records[str(record[key])] = record
        collection = self._collections[name] = BaselineCollection(key, records)
        if "generate" in value:
            rule = value["generate"]
            self._known(rule, ("count", "values"), pointer + "/generate")
            self._object(rule, "values", pointer + "/generate")
            count = rule.get("count", 0)
            if not isinstance(count, int) or not 0 <= count <= _MOST_RECORDS:
                expected = f"a whole number from 0 to {_MOST_RECORDS:,} is expected"
                raise self._fail(expected, pointer + "/generate/count")
            earlier = {other: found for other, found in self._collections.items() if other != name}
            collection.more = lambda: self._generate(name, key, rule, locale, clock, earlier)

    def _compile(self, schema: Any, pointer: str) -> Checker:
        schema = self._text(schema, pointer)
        try:
            pointers.resolve(self._document.root, schema)
            return self._compiler.compile({"$ref": schema}, "response")
        except (KeyError, ValueError) as error:
            remedy = f"Name a schema of {self._document.file}, such as '#/components/schemas/…'."
            raise self._fail(f"schema {schema!r} cannot be used: {error}", pointer, remedy) from None

    def _check(self, name: str, key: str, record: Any, pointer: str) -> None:
        if not isinstance(record, dict) or key not in record:
            raise self._fail(f"a record needs its key, {key!r}", pointer)
        checker = self._checkers.get(name)
        if checker is not None and not checker.is_valid(record):
            violation = checker.violations(record, "body", 1)[0]
            raise self._fail(f"breaks the document: {violation.message}", pointer + violation.pointer)

    def _generate(
        self,
        name: str,
        key: str,
        rule: Mapping[str, Any],
        locale: str,
        clock: datetime,
        earlier: Mapping[str, BaselineCollection],
    ) -> Mapping[str, Record]:
        pointer = pointers.join(["collections", name, "generate"])
        collections = {other: found.all() for other, found in earlier.items()}
        records: dict[str, Record] = {}
        room = _MOST_SIZE
        for index in range(rule.get("count", 0)):
            names = (self._document.name, name, index)
            try:
                record = make_record(
                    rule.get("values") or {}, Place(self._seed, names, index, clock, locale, collections)
                )
            except ExpressionError as error:
                raise self._fail(str(error), pointers.join(error.path, pointer + "/values")) from None
            room -= size_of(record)
            if room < 0:
                reason = f"makes records of more than {_MOST_SIZE:,} characters"
                raise self._fail(reason, pointer + "/count", "Make fewer records, or smaller ones.")
            self._check(name, key, record, pointer + "/values")
            if str(record[key]) in records:
                twice = f"makes a second record with {key} {record[key]!r}"
                raise self._fail(twice, pointers.join([key], pointer + "/values"))
            records[str(record[key])] = record
        return records
