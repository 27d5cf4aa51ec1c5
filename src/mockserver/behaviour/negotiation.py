"""Build the body and headers of the documented response to a request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from mockserver.behaviour import xml_writer
from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences, refused
from mockserver.behaviour.response_choice import ResponseChoice, choose
from mockserver.behaviour.well_known_headers import agreeing, well_formed
from mockserver.errors import NotImplementedByMockError
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator, binary_samples
from mockserver.openapi import media_types, pointers, streams
from mockserver.openapi.operation import DocumentedResponse, Header, MediaType, Operation
from mockserver.openapi.schema.validators import SchemaCompiler

_REMEMBERED = 16_384
_LONGEST_REMEMBERED = 400


@dataclass(frozen=True, slots=True)
class NegotiatedResponse:
    """A complete response.

    Attributes:
        body: a JSON value when `content_type` is a JSON type, else text or bytes; None without content.
        headers: the documented response headers.
    """

    status: int
    content_type: str | None
    body: Any
    headers: tuple[tuple[str, str], ...]
    choice: ResponseChoice


class Negotiator:
    """Answers the operations of one document with documented responses."""

    def __init__(
        self, root: Mapping[str, Any], generator: ValueGenerator, compiler: SchemaCompiler, events: int = 3
    ) -> None:
        """`events` is the number of values in a stream when the request does not set one."""
        self._root = root
        self._events = events
        self._generator = generator
        self._compiler = compiler
        self._choices: dict[tuple[str, int | None, str | None], ResponseChoice] = {}
        self._examples: dict[str, tuple[Any, ...]] = {}

    def choose(self, operation: Operation, preferences: Preferences, accept: str | None) -> ResponseChoice:
        """See `choose`; the choices are cached, unless `accept` is very long."""
        if accept is not None and len(accept) > _LONGEST_REMEMBERED:
            return choose(operation, preferences, accept)
        key = (operation.id, preferences.code, accept)
        choice = self._choices.get(key)
        if choice is None:
            if len(self._choices) >= _REMEMBERED:
                self._choices.clear()
            choice = self._choices[key] = choose(operation, preferences, accept)
        return choice

    def answer(
        self,
        operation: Operation,
        preferences: Preferences = NO_PREFERENCES,
        accept: str | None = None,
        *,
        key: tuple[str | int, ...] = (),
        after: int = 0,
    ) -> NegotiatedResponse:
        """Choose a response and build it.

        The body is the named example if one is preferred; a generated value if `dynamic` is; else the first
        documented example that matches its schema; else a value generated from the schema.

        Args:
            operation: the requested operation.
            preferences: the preferences of the caller.
            accept: the `Accept` header; None when there is none.
            key: key of generated values, in addition to the operation: path parameters, for example.
            after: the number of the last event of a stream that the caller has received.

        Raises:
            BadRequestError: the preferred code or example is not documented.
            NotAcceptableError: no documented media type matches `Accept`.
            NotImplementedByMockError: no response is documented, or no value can match the documented one.
        """
        choice = self.choose(operation, preferences, accept)
        identity = (operation.api, operation.id, choice.status, *key)
        values = _Values(self._generator, preferences, identity, after)
        try:
            return self._filled(choice, preferences, values)
        except (UnsatisfiableSchemaError, ValueError) as error:
            reason = f"{operation.id}: the response {choice.response.status} cannot be generated: {error}"
        except KeyError as error:
            reason = f"{operation.id}: the reference {error.args[0]} leads nowhere"
        raise NotImplementedByMockError(reason)

    def written(self, choice: ResponseChoice, value: Any) -> Any:
        """Encode a valid value as a body of the chosen media type."""
        if media_types.is_stream(choice.content_type or ""):
            return streams.framed(str(choice.content_type), streams.values_in(value)).decode()
        if choice.media_type is None or not media_types.is_xml(choice.content_type or ""):
            return value
        return xml_writer.write(self._compiler.schemas, choice.media_type.schema, value)

    def headers(self, operation: Operation, status: int) -> tuple[tuple[str, str], ...]:
        """The documented response headers of a status, with values."""
        response = operation.response(status)
        values = _Values(self._generator, NO_PREFERENCES, (operation.api, operation.id, status))
        return () if response is None else tuple(self._headers(response, values))

    def _filled(
        self, choice: ResponseChoice, preferences: Preferences, values: "_Values"
    ) -> NegotiatedResponse:
        body = self._body(choice, preferences, values)
        headers = tuple(self._headers(choice.response, values))
        return NegotiatedResponse(choice.status, choice.content_type, body, headers, choice)

    def _body(self, choice: ResponseChoice, preferences: Preferences, values: "_Values") -> Any:
        media_type, content_type = choice.media_type, choice.content_type
        if media_type is None or content_type is None:
            if preferences.example is not None:
                raise refused("example", f"the response {choice.response.status} has no examples")
            return None
        content_type = content_type.lower()
        if media_types.is_stream(content_type):
            return self._stream(media_type, content_type, values)
        if preferences.example is not None:
            return _written(self._named(media_type, preferences.example), content_type)
        if preferences.dynamic is not True:
            for example in self._fitting(media_type, content_type):
                return _written(example, content_type)
        return self._generated(media_type, content_type, values)

    def _stream(self, media_type: MediaType, content_type: str, values: "_Values") -> str:
        """Build the body of a stream from the examples, else from values generated from the schema.

        An example that is already the text of a whole stream is sent unchanged.
        """
        preferences, schemas = values.preferences, self._compiler.schemas
        schema = streams.item_schema(media_type, schemas)
        examples = list(media_type.examples.values())
        if preferences.example is not None:
            examples = [self._named(media_type, preferences.example)]
        elif preferences.dynamic is True:
            examples = []
        whole = next((one for one in examples if streams.is_whole(one, content_type, schema, schemas)), None)
        if isinstance(whole, str) and preferences.events is None:
            return whole
        fits = self._compiler.compile(True if schema is None else schema, "response").is_valid
        said = [value for example in examples for value in streams.values_in(example) if fits(value)]
        count = self._events if preferences.events is None else preferences.events
        if preferences.events is None and len(said) > 1:
            count = len(said)
        numbers = range(values.after, values.after + count)
        shown = (
            [said[n % len(said)] for n in numbers]
            if said
            else [self._item(schema, n, values) for n in numbers]
        )
        is_events = streams.describes_events(schema, schemas)
        return streams.framed(content_type, shown, after=values.after, events=is_events).decode()

    def _item(self, schema: Any, number: int, values: "_Values") -> Any:
        """One value of a stream; if the schema is a choice of event types, each type in turn."""
        if schema is None or schema is True or not schema:
            return {}
        schemas = self._compiler.schemas
        kinds = streams.branches(schema, schemas)
        kind = kinds[number % len(kinds)]
        value = values.of(kind, "body", number)
        if kind is not schema and not self._compiler.compile(schema, "response").is_valid(value):
            kind, value = schema, values.of(schema, "body", number)
        content = self._content_of_data(kind, value)
        return (
            value
            if content is None
            else {**value, "data": orjson.dumps(values.of(content, "data", number)).decode()}
        )

    def _content_of_data(self, schema: Any, value: Any) -> Any:
        """The schema of the JSON in an event's data (`contentSchema`); None when there is none."""
        schemas = self._compiler.schemas
        if not isinstance(value, dict) or not streams.describes_events(schema, schemas):
            return None
        data = schemas.target(schemas.properties(schema)["data"])
        return (
            data.get("contentSchema") if media_types.is_json(str(data.get("contentMediaType", ""))) else None
        )

    def _named(self, media_type: MediaType, name: str) -> Any:
        if name not in media_type.examples:
            known = ", ".join(media_type.examples) or "none"
            raise refused(
                "example", f"there is no example {name!r} for {media_type.name}; documented: {known}"
            )
        value = media_type.examples[name]
        if not self._is_valid(media_type, value):
            raise refused(
                "example", f"the example {name!r} for {media_type.name} does not match its own schema"
            )
        return value

    def _fitting(self, media_type: MediaType, content_type: str) -> tuple[Any, ...]:
        """The first documented example that matches its schema, if any; cached."""
        known = self._examples.get(media_type.pointer)
        if known is None:
            known = tuple(
                value
                for value in media_type.examples.values()
                if (
                    not media_types.is_xml(content_type)
                    or (isinstance(value, str) and value.lstrip()[:1] == "<")
                )
                and self._is_valid(media_type, value)
            )[:1]
            self._examples[media_type.pointer] = known
        return known

    def _is_valid(self, media_type: MediaType, value: Any) -> bool:
        if media_type.schema is None or not media_types.is_json(media_type.name):
            return True
        valid: bool = self._compiler.compile(media_type.schema, "response").is_valid(value)
        return valid

    def _generated(self, media_type: MediaType, content_type: str, values: "_Values") -> Any:
        schema = media_type.schema
        if media_types.is_xml(content_type):
            return self._xml(media_type, values)
        if schema is None or schema is True or not schema:
            return _schemaless(content_type)
        if media_types.is_json(content_type):
            return _written(values.of(schema, "body"), content_type)
        if binary_samples.is_table(content_type):
            rows = binary_samples.table(content_type, values.of(schema, "body"))
            return rows or binary_samples.sample(content_type) or ""
        sample = binary_samples.sample(content_type)
        if sample is not None:
            return sample
        value = values.of(schema, "body")
        if media_types.is_urlencoded(content_type) and isinstance(value, dict):
            return urlencode({name: _field(entry) for name, entry in value.items()}, doseq=True)
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        return text if media_types.is_text(content_type) else text.encode()

    def _xml(self, media_type: MediaType, values: "_Values") -> str:
        """Build XML from a matching example or the schema; an empty element if the schema has none."""
        schema = media_type.schema
        plain = binary_samples.element(self._element_name(schema))
        if not isinstance(schema, Mapping):
            return plain
        fits = self._compiler.compile(schema, "response").is_valid
        written = media_type.examples.values() if values.preferences.dynamic is not True else ()
        value = next((example for example in written if fits(example)), None)
        if value is None:
            value = values.of(schema, "body")
        return (
            xml_writer.write(self._compiler.schemas, schema, value)
            if isinstance(value, dict | list)
            else plain
        )

    def _element_name(self, schema: Any) -> str:
        target, place = pointers.follow(self._root, schema)
        named = target.get("xml", {}).get("name") if isinstance(target, Mapping) else None
        return str(named or (pointers.split(place)[-1] if place else "value"))

    def _headers(self, response: DocumentedResponse, values: "_Values") -> Iterator[tuple[str, str]]:
        made = {header.name: self._header(header, values) for header in response.headers.values()}
        for name, value in agreeing(made).items():
            if value is not None:
                yield name, _header_text(value)

    def _header(self, header: Header, values: "_Values") -> Any:
        def of(schema: Mapping[str, Any]) -> Any:
            return values.of(schema, header.name)

        if header.schema is None:
            return well_formed(header.name.lower(), header.example, of, is_documented=True)
        is_valid = self._compiler.compile(header.schema, "response").is_valid
        is_documented = header.example is not None and is_valid(header.example)
        value = header.example if is_documented else values.of(header.schema, header.name)
        formed = well_formed(header.name.lower(), value, of, is_documented=is_documented)
        return formed if formed is value or is_valid(formed) else value


@dataclass(frozen=True, slots=True)
class _Values:
    """Generated values of one response."""

    generator: ValueGenerator
    preferences: Preferences
    key: tuple[str | int, ...]
    after: int = 0

    def of(self, schema: Any, part: str, number: int | None = None) -> Any:
        return self.generator.value(
            schema,
            key=(*self.key, part) if number is None else (*self.key, part, number),
            dynamic=self.preferences.dynamic is True,
            name="" if part == "body" else part,
            seed=self.preferences.seed,
        )


def _written(value: Any, content_type: str) -> Any:
    """Encode a value as the body of its media type: unchanged for JSON, else text or bytes."""
    if media_types.is_json(content_type):
        return value
    if binary_samples.is_table(content_type) and isinstance(value, list):
        value = binary_samples.table(content_type, value) or value
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if media_types.is_text(content_type) or media_types.is_xml(content_type) else text.encode()


def _field(value: Any) -> Any:
    """Encode a form field: an array as several fields of one name, an object as JSON (OpenAPI 4.7.14.4)."""
    if isinstance(value, list):
        return [_field(entry) for entry in value if not isinstance(entry, list)]
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _schemaless(content_type: str) -> Any:
    if media_types.is_json(content_type):
        return {}
    return binary_samples.sample(content_type) or ("ok" if media_types.is_text(content_type) else b"ok")


def _header_text(value: Any) -> str:
    """Format a header value in style `simple` (OpenAPI 4.7.21); percent-encode what headers cannot hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(_header_text, value))
    if isinstance(value, dict):
        return ",".join(f"{name},{_header_text(entry)}" for name, entry in value.items())
    text = str(value)
    return text if text.isascii() and text.isprintable() else quote(text, safe=" ,;=/:@")
