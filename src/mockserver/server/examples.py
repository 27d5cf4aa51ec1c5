"""Ready-to-paste requests for the operations of an API."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mockserver.behaviour import xml_bodies
from mockserver.curl import Value, command
from mockserver.data.clock import Clock
from mockserver.data.identities import Identities, Identity
from mockserver.data.values import UnsatisfiableSchemaError, ValueGenerator, samples
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import MediaType, Operation, Parameter
from mockserver.server import json_text
from mockserver.server.service import Service


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
    return _example(service.document.root, parameter.pointer, parameter.schema, "1")


def body_of(service: Service, media_type: MediaType) -> Any:
    """A body of a media type, of the document's own where it has one."""
    return _body(service.document.root, media_type)


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
            value = _example(service.document.root, parameter.pointer, parameter.schema, "1")
            path = path.replace("{" + parameter.name + "}", quote(str(value), safe=""))
    return path


def _query(service: Service, operation: Operation) -> str:
    needed = [entry for entry in operation.parameters if entry.location == "query" and entry.required]
    values = [
        (entry.name, _example(service.document.root, entry.pointer, entry.schema, "1")) for entry in needed
    ]
    return (
        "?" + "&".join(f"{quote(name, safe='[]')}={quote(str(value))}" for name, value in values)
        if values
        else ""
    )


def _example(root: Mapping[str, Any], pointer: str, schema: Any, otherwise: Any) -> Any:
    parameter = pointers.resolve(root, pointer)
    target, _ = pointers.follow(root, schema)
    target = target if isinstance(target, Mapping) else {}
    return parameter["example"] if "example" in parameter else _value(target, otherwise)


def _value(schema: Mapping[str, Any], otherwise: Any) -> Any:
    for name in ("example", "default"):
        if name in schema:
            return schema[name]
    return next(iter(schema.get("enum", ())), otherwise)


def _example_body(
    service: Service, operation: Operation
) -> tuple[str | None, bytes | None, list[tuple[str, str]]]:
    """The media type, the body, and the fields of a form; all are empty without an example."""
    root, content = service.document.root, operation.request_body.content if operation.request_body else {}
    json = content.get("application/json")
    if json is not None:
        return "application/json", json_text.encode(_fitting(service, operation, json)), []
    form = content.get("multipart/form-data")
    xml = next((entry for name, entry in content.items() if samples.is_xml(name.lower())), None)
    if form is None and xml is not None:
        value = _fitting(service, operation, xml)
        text = value if isinstance(value, str) else xml_bodies.write(root, xml.schema, value)
        return xml.name, text.replace("\n", "").encode(), []
    fields = _body(root, form) if form is not None else {}
    return None, None, [(str(name), str(value)) for name, value in fields.items()]


def _fitting(service: Service, operation: Operation, media_type: MediaType) -> Any:
    """The document's own body, or one that is made where that would be refused: it takes longer."""
    body, schema = _body(service.document.root, media_type), media_type.schema
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


def _body(root: Mapping[str, Any], media_type: MediaType) -> Any:
    """The first example, else the properties that are required, else one that has an example."""
    if media_type.examples:
        return next(iter(media_type.examples.values()))
    schema, _ = pointers.follow(root, media_type.schema)
    schema = schema if isinstance(schema, Mapping) else {}
    properties = {
        name: pointers.follow(root, entry)[0] for name, entry in schema.get("properties", {}).items()
    }
    required = {name: _value(properties.get(name, {}), "text") for name in schema.get("required", ())}
    simple = (
        name for name, entry in properties.items() if "example" in entry and entry.get("type") == "integer"
    )
    name = next(simple, None)
    return required if required or name is None else {name: properties[name]["example"]}


def _caller(identities: Identities, operation: Operation, clock: Clock) -> Identity | None:
    """The first identity that may call the operation."""
    for identity in identities:
        expired = identity.expires is not None and identity.expires <= clock.now()
        allowed = operation.roles is None or not operation.roles.isdisjoint(identity.roles)
        if identity.token and allowed and not expired:
            return identity
    return None
