"""Ready-to-paste requests for the operations of an API."""

from typing import Any
from urllib.parse import quote

from mockserver.behaviour import xml_writer
from mockserver.curl import Value, command
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.http import json_text
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, pointers
from mockserver.openapi.operation import MediaType, Operation, Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.state.clock import Clock
from mockserver.state.identities import Identities, Identity


def curl(service: Service, operation: Operation, base_url: str) -> str:
    """A curl command that calls an operation with the examples of its document."""
    before = service.document.base_paths(operation.id)[0]
    target = before + _path(service, operation) + _query(service, operation)
    headers: list[tuple[str | bytes, Value]] = []
    if operation.security:
        identity = _caller(service.fixture.identities, operation, service.clock)
        headers.append(("Authorization", f"Bearer {identity.token if identity else 'token'}"))
    media_type, body, form = _example_body(service, operation)
    if media_type is not None:
        headers.append(("Content-Type", media_type))
    return command(operation.method.upper(), base_url, target, headers, body, form=form)


def value_of(service: Service, parameter: Parameter) -> Any:
    """A value that fits a parameter, of the document's own where it has one."""
    return _example(service, parameter)


def body_of(service: Service, media_type: MediaType) -> Any:
    """A body of a media type, of the document's own where it has one."""
    return _body(service.document.schemas, media_type)


def caller_of(service: Service, operation: Operation) -> str | None:
    """The name of the first identity that may call an operation; None where nobody is asked for it."""
    if not operation.security:
        return None
    identity = _caller(service.fixture.identities, operation, service.clock)
    return None if identity is None else identity.name


def _path(service: Service, operation: Operation) -> str:
    path = operation.path
    for parameter in operation.parameters:
        if parameter.location == "path":
            value = _example(service, parameter)
            path = path.replace("{" + parameter.name + "}", quote(str(value), safe=""))
    return path


def _query(service: Service, operation: Operation) -> str:
    needed = [entry for entry in operation.parameters if entry.location == "query" and entry.required]
    values = [(entry.name, _example(service, entry)) for entry in needed]
    pairs = "&".join(f"{quote(name, safe='[]')}={quote(str(value))}" for name, value in values)
    return f"?{pairs}" if pairs else ""


def _example(service: Service, parameter: Parameter) -> Any:
    written = pointers.resolve(service.document.root, parameter.pointer)
    schemas = service.document.schemas
    return written["example"] if "example" in written else schemas.example(parameter.schema, "1")


def _example_body(
    service: Service, operation: Operation
) -> tuple[str | None, bytes | None, list[tuple[str, str]]]:
    """The media type, the body, and the fields of a form; all are empty without an example."""
    schemas = service.document.schemas
    content = operation.request_body.content if operation.request_body else {}
    json = content.get("application/json")
    if json is not None:
        return "application/json", json_text.encode(_fitting(service, operation, json)), []
    form = content.get("multipart/form-data")
    xml = next((entry for name, entry in content.items() if media_types.is_xml(name)), None)
    if form is None and xml is not None:
        value = _fitting(service, operation, xml)
        text = value if isinstance(value, str) else xml_writer.write(schemas, xml.schema, value)
        return xml.name, text.replace("\n", "").encode(), []
    fields = _body(schemas, form) if form is not None else {}
    return None, None, [(str(name), str(value)) for name, value in fields.items()]


def _fitting(service: Service, operation: Operation, media_type: MediaType) -> Any:
    """The document's own body, or one that is made where that would be refused: it takes longer."""
    body, schema = _body(service.document.schemas, media_type), media_type.schema
    if schema is None or service.compiler.compile(schema, "request").is_valid(body):
        return body
    generator = ValueGenerator(
        service.document.root,
        service.compiler,
        seed=service.settings.seed,
        locale=service.fixture.locale,
        now=service.fixture.clock,
    )
    try:
        return generator.value(schema, key=(operation.id, "body"), direction="request")
    except (UnsatisfiableSchemaError, KeyError, ValueError):
        return body


def _body(schemas: SchemaReader, media_type: MediaType) -> Any:
    """The first example, else the properties that are required, else one that has an example."""
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
        expired = identity.expires is not None and identity.expires <= clock.now()
        allowed = operation.roles is None or not operation.roles.isdisjoint(identity.roles)
        if identity.token and allowed and not expired:
            return identity
    return None
