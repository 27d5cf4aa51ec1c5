"""Ready-to-paste requests for the operations of an API."""

import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mockserver.data.clock import Clock
from mockserver.data.identities import Identities, Identity
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import MediaType, Operation
from mockserver.server import json_text
from mockserver.server.service import Service


def curl(service: Service, operation: Operation, base_url: str) -> str:
    """A curl command that calls an operation with the examples of its document."""
    url = base_url + service.document.base_path + _path(service, operation)
    words = ["curl", "-i"]
    if operation.method != "get":
        words += ["-X", operation.method.upper()]
    words.append(url + _query(service, operation))
    if operation.security:
        identity = _caller(service.fixture.identities, operation, service.clock)
        words += ["-H", f"Authorization: Bearer {identity.token if identity else 'token'}"]
    body = operation.request_body
    if body is not None and "application/json" in body.content:
        example = _body(service.document.root, body.content["application/json"])
        words += ["-H", "Content-Type: application/json", "-d", json_text.encode(example).decode()]
    return " ".join(
        shlex.quote(word) if " " in word or '"' in word or "?" in word else word for word in words
    )


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
    return "?" + "&".join(f"{name}={quote(str(value))}" for name, value in values) if values else ""


def _example(root: Mapping[str, Any], pointer: str, schema: Any, otherwise: Any) -> Any:
    parameter = pointers.resolve(root, pointer)
    target, _ = pointers.follow(root, schema)
    target = target if isinstance(target, Mapping) else {}
    for holder, name in ((parameter, "example"), (target, "example"), (target, "default")):
        if name in holder:
            return holder[name]
    values = target.get("enum")
    return values[0] if values else otherwise


def _body(root: Mapping[str, Any], media_type: MediaType) -> Any:
    """The first example, else the properties that have one, else an empty object."""
    if media_type.examples:
        return next(iter(media_type.examples.values()))
    schema, _ = pointers.follow(root, media_type.schema)
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    examples = ((name, pointers.follow(root, entry)[0]) for name, entry in properties.items())
    with_example = ((name, entry["example"]) for name, entry in examples if "example" in entry)
    return dict(list(with_example)[:1])


def _caller(identities: Identities, operation: Operation, clock: Clock) -> Identity | None:
    """The first identity that may call the operation."""
    for identity in identities:
        expired = identity.expires is not None and identity.expires <= clock.now()
        allowed = operation.roles is None or not operation.roles.isdisjoint(identity.roles)
        if identity.token and allowed and not expired:
            return identity
    return None
