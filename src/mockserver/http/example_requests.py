"""Ready-to-paste requests for the operations of an API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.behaviour import xml_writer
from mockserver.curl import Value, command
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator, binary_samples
from mockserver.http import json_text
from mockserver.http.request import written_parameters
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, pointers, streams
from mockserver.openapi.operation import MediaType, Operation, Parameter, Schema
from mockserver.openapi.schema.coercion import Coercion
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.state.clock import Clock
from mockserver.state.identities import Identities, Identity


@dataclass(frozen=True, slots=True)
class _Body:
    """The body of a request: its media type and bytes, or the fields and files of a multipart form."""

    media_type: str | None = None
    content: bytes | None = None
    fields: Sequence[tuple[str, str]] = ()
    files: Sequence[tuple[str, str, str]] = ()


def curl(service: Service, operation: Operation, base_url: str, *, authority: Path | None = None) -> str:
    """A curl command that calls an operation with its documented examples, or with generated values.

    `authority` is the file with the certificate that the client must trust.
    """
    written = [(entry, value_of(service, entry)) for entry in operation.parameters if entry.required]
    credentials = _Credentials(service, operation)
    before = service.document.base_paths(operation.id)[0]
    target = before + written_parameters.path(operation.path, written)
    pairs = [*written_parameters.query(written), *credentials.query]
    if pairs:
        target += "?" + "&".join(pairs)
    headers: list[tuple[str | bytes, Value]] = list(credentials.headers)
    headers += written_parameters.headers(written)
    cookies = [*credentials.cookies, *written_parameters.cookies(written)]
    if cookies:
        headers.append(("Cookie", "; ".join(cookies)))
    body = _example_body(service, operation)
    if body.media_type is not None:
        headers.append(("Content-Type", body.media_type))
    return command(
        operation.method.upper(),
        base_url,
        target,
        headers,
        body.content,
        form=body.fields,
        files=body.files,
        user=credentials.user,
        digest=credentials.digest,
        tls=() if authority is None else ("--cacert", str(authority)),
    )


class _Credentials:
    """Credentials for the first alternative of an operation's security, of the first identity allowed."""

    def __init__(self, service: Service, operation: Operation) -> None:
        self.headers: list[tuple[str, str]] = []
        self.query: list[str] = []
        self.cookies: list[str] = []
        self.user: str | None = None
        self.digest = False
        caller = _caller(service.fixture.identities, operation, service.clock)
        for name in operation.security[0] if operation.security else ():
            self._add(service.document.security_schemes.get(name, {}), caller)

    def _add(self, scheme: Mapping[str, Any], caller: Identity | None) -> None:
        token = caller.token if caller and caller.token else "token"
        kind, name = scheme.get("type"), str(scheme.get("name", ""))
        written = str(scheme.get("scheme", "bearer")).lower() if kind == "http" else "bearer"
        if kind == "apiKey" and scheme.get("in") == "header":
            self.headers.append((name, token))
        elif kind == "apiKey" and scheme.get("in") == "query":
            self.query.append(f"{quote(name, safe='')}={quote(token, safe='')}")
        elif kind == "apiKey":
            self.cookies.append(f"{name}={quote(token, safe='')}")
        elif written in {"basic", "digest"}:
            name, password = (caller.name, caller.password) if caller else ("user", None)
            self.user, self.digest = f"{name}:{password or 'password'}", written == "digest"
        elif kind != "mutualTLS":
            self.headers.append(("Authorization", f"{written.capitalize()} {token}"))


def value_of(service: Service, parameter: Parameter) -> Any:
    """A value that is valid for a parameter: the document's example if it is valid, else a generated one."""
    example = _example(service, parameter)
    read = Coercion(service.document.schemas, parameter.schema)(example)
    if service.compiler.compile(parameter.schema, "request").is_valid(read):
        return example
    made = _made(service, parameter.schema, parameter.name)
    return example if made is None else made


def body_of(service: Service, media_type: MediaType) -> Any:
    """A body of a media type: the document's example if there is one, else an outline of its schema."""
    return _body(service.document.schemas, media_type)


def caller_of(service: Service, operation: Operation) -> str | None:
    """The name of the first identity that may call an operation; None if it needs no credentials."""
    if not operation.security:
        return None
    identity = _caller(service.fixture.identities, operation, service.clock)
    return None if identity is None else identity.name


def _example(service: Service, parameter: Parameter) -> Any:
    written = pointers.resolve(service.document.root, parameter.pointer)
    schemas = service.document.schemas
    if "example" in written:
        return written["example"]
    several = written.get("examples")
    for entry in several.values() if isinstance(several, Mapping) else ():
        if isinstance(entry, Mapping) and "value" in entry:
            return entry["value"]
    return schemas.example(parameter.schema, "1")


def _example_body(service: Service, operation: Operation) -> _Body:
    """A body in the first media type that can be written, preferring JSON to forms and others."""
    content = operation.request_body.content if operation.request_body else {}
    for is_kind, write in _WRITERS:
        media_type = next((entry for name, entry in content.items() if is_kind(name)), None)
        if media_type is not None:
            return write(service, media_type, _fitting(service, operation, media_type))
    return _Body()


def _json(_: Service, media_type: MediaType, value: Any) -> _Body:
    return _Body(media_type.name, json_text.encode(value))


def _urlencoded(_: Service, media_type: MediaType, value: Any) -> _Body:
    pairs = written_parameters.nested(value) if isinstance(value, Mapping) else []
    return _Body(media_type.name, urlencode(pairs).encode())


def _multipart(service: Service, media_type: MediaType, value: Any) -> _Body:
    fields, files = [], []
    schemas = service.document.schemas
    properties = schemas.properties(True if media_type.schema is None else media_type.schema)
    for name, entry in value.items() if isinstance(value, Mapping) else ():
        for one in entry if isinstance(entry, list) else [entry]:
            text = one if isinstance(one, str) else json_text.encode(one).decode()
            if is_file(service.document.root, properties.get(name, True)):
                files.append((str(name), text, _part_type(media_type, name)))
            else:
                fields.append((str(name), text))
    return _Body(fields=fields, files=files)


def _part_type(media_type: MediaType, name: str) -> str:
    """The first media type that the encoding of a part names; one of a range."""
    encoding = media_type.encoding.get(name)
    written = encoding.get("contentType") if isinstance(encoding, Mapping) else None
    first = written.split(",")[0].strip() if isinstance(written, str) else "application/octet-stream"
    return media_types.inside(first, "*/*") if "*" in first else first


def _xml(service: Service, media_type: MediaType, value: Any) -> _Body:
    text = (
        value
        if isinstance(value, str)
        else xml_writer.write(service.document.schemas, media_type.schema, value)
    )
    return _Body(media_type.name, text.replace("\n", "").encode())


def _other(_: Service, media_type: MediaType, value: Any) -> _Body:
    name = media_types.inside(media_type.name, "*/*") if "*" in media_type.name else media_type.name
    if media_types.is_json_lines(name):
        return _Body(name, streams.framed(name, streams.values_in(value)))
    sample = (
        None
        if isinstance(value, str) and value and media_types.is_text(name)
        else binary_samples.sample(name)
    )
    content = (
        sample
        if sample is not None
        else value
        if isinstance(value, str)
        else json_text.encode(value).decode()
    )
    return _Body(name, content.encode() if isinstance(content, str) else content)


_WRITERS: Sequence[tuple[Callable[[str], bool], Callable[[Service, MediaType, Any], _Body]]] = (
    (lambda name: name == "application/json", _json),
    (media_types.is_json, _json),
    (media_types.is_multipart_form, _multipart),
    (media_types.is_urlencoded, _urlencoded),
    (media_types.is_xml, _xml),
    (lambda _: True, _other),
)
"""Body writers by kind of media type, in order of preference."""


def is_file(root: Mapping[str, Any], schema: Schema) -> bool:
    """Whether a schema describes bytes: `format: binary`, or media type without encoding in OpenAPI 3.1."""
    found, _ = pointers.follow(root, schema)
    if not isinstance(found, Mapping):
        return False
    if found.get("type") == "array":
        return is_file(root, found.get("items", {}))
    return found.get("format") == "binary" or ("contentMediaType" in found and "contentEncoding" not in found)


def _fitting(service: Service, operation: Operation, media_type: MediaType) -> Any:
    """The document's example body, or a generated one (slower) if the example is invalid."""
    body, schema = _body(service.document.schemas, media_type), media_type.schema
    login = service.fallback.logged_in(operation, body)
    if schema is not None and login != body and service.compiler.compile(schema, "request").is_valid(login):
        return login
    if schema is None or service.compiler.compile(schema, "request").is_valid(body):
        return body
    made = _made(service, schema, "", (operation.id, "body"))
    return body if made is None else made


def _made(service: Service, schema: Schema, name: str, key: tuple[str, ...] = ("parameter",)) -> Any:
    """Generate a value for a schema; None if that fails."""
    generator = ValueGenerator(
        service.document.root,
        service.compiler,
        seed=service.settings.seed,
        locale=service.fixture.locale,
        now=service.fixture.clock,
    )
    try:
        return generator.value(schema, key=(*key, name), direction="request", name=name)
    except (UnsatisfiableSchemaError, KeyError, ValueError):
        return None


def _body(schemas: SchemaReader, media_type: MediaType) -> Any:
    """The first example, else the required properties, else one property that has an example."""
    if media_type.examples:
        return next(iter(media_type.examples.values()))
    outline = schemas.outline(media_type.schema)
    required = {
        name: schemas.example(entry, "text")
        for name, entry in outline.properties.items()
        if name in outline.required
    }
    if required:
        return required
    simple = (
        name
        for name, entry in outline.properties.items()
        if "example" in schemas.target(entry) and "integer" in schemas.types(entry)
    )
    name = next(simple, None)
    return {} if name is None else {name: schemas.example(outline.properties[name], None)}


def _caller(identities: Identities, operation: Operation, clock: Clock) -> Identity | None:
    """The first identity that may call the operation."""
    for identity in identities:
        refused = identity.refusal(clock.now()) is not None
        allowed = operation.roles is None or not operation.roles.isdisjoint(identity.roles)
        if (identity.token or identity.password) and allowed and not refused:
            return identity
    return None
