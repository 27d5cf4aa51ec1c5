"""Requests that fit: the document's own examples, or values made for its schemas."""

import re
from typing import Any

from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.http.example_requests import body_of, is_file, value_of
from mockserver.http.served_api import Service
from mockserver.openapi.operation import MediaType, Operation, Parameter, Schema

_REFERS = re.compile(r"(?:^|_)id$|Id$")


class SampleRequests:
    """Data for the requests of one API."""

    def __init__(self, service: Service) -> None:
        self._service = service
        fixture = service.fixture
        self._generator = ValueGenerator(
            service.document.root,
            service.compiler,
            seed=service.settings.seed,
            locale=fixture.locale,
            now=fixture.clock,
        )

    def parameter(self, operation: Operation, parameter: Parameter, seed: int | None) -> Any:
        """A value for a parameter; in a path always the example, which names a record that is there."""
        example = value_of(self._service, parameter)
        if parameter.location == "path" or (seed is None and self._fits(parameter.schema, example)):
            return example
        made = self._make(parameter.schema, (operation.id, parameter.name), seed, parameter.name)
        return example if made is None else made

    def body(self, operation: Operation, media_type: MediaType, seed: int | None) -> Any:
        """A body; with a seed a made one, another for each seed."""
        example = body_of(self._service, media_type)
        if media_type.schema is None or (seed is None and self._fits(media_type.schema, example)):
            return example
        made = self._make(media_type.schema, (operation.id, "body"), seed)
        if isinstance(made, dict):
            # What refers to a record has to be one that is there: the document's examples are.
            known = self._make(media_type.schema, (operation.id, "body"), None)
            made |= {name: known[name] for name in made if _REFERS.search(name) and name in (known or {})}
        return example if made is None else made

    def files(self, media_type: MediaType) -> list[str]:
        """The fields of a form that are files; an empty name where the whole body is one."""
        root, schema = self._service.document.root, media_type.schema
        if media_type.name.startswith("multipart/"):
            properties = self._service.document.schemas.properties(True if schema is None else schema)
            return [name for name, entry in properties.items() if is_file(root, entry)]
        written = ("json", "xml", "x-www-form-urlencoded")
        if media_type.name.endswith(written) or media_type.name.startswith("text/"):
            return []
        return [""] if schema is None or is_file(root, schema) else []

    def _fits(self, schema: Schema, value: Any) -> bool:
        return bool(self._service.compiler.compile(schema, "request").is_valid(value))

    def _make(self, schema: Schema, key: tuple[str, ...], seed: int | None, name: str = "") -> Any:
        """A value that fits; None when none can be made."""
        try:
            return self._generator.value(
                schema, key=key, direction="request", dynamic=seed is not None, name=name, seed=seed
            )
        except (UnsatisfiableSchemaError, KeyError, ValueError):
            return None
