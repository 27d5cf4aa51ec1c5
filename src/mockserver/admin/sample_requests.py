"""Valid sample requests: the document's examples, or values generated for its schemas."""

import re
from collections.abc import Mapping
from typing import Any

from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.http.example_requests import body_of, is_file, value_of
from mockserver.http.served_api import Service
from mockserver.openapi import pointers
from mockserver.openapi.operation import MediaType, Operation, Parameter, Schema

_REFERS = re.compile(r"(?:^|_)id$|Id$")


def _read(parameter: Parameter, example: Any) -> Any:
    """An example as the server parses it: documents may write numbers as text."""
    if not isinstance(example, str) or parameter.media_type is not None:
        return example
    types = parameter.schema.get("type") if isinstance(parameter.schema, Mapping) else None
    is_number = types in {"integer", "number"} and re.fullmatch(r"-?\d+", example)
    return int(example) if is_number else example


def _name(branch: Any, number: int) -> str:
    """The name of a branch: its own title, or that of the schema it refers to."""
    if isinstance(branch, Mapping):
        if "title" in branch:
            return str(branch["title"])
        if "$ref" in branch:
            return str(branch["$ref"]).rpartition("/")[2]
    return f"variant {number}"


class SampleRequests:
    """Sample parameters and bodies for the operations of one API."""

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
        """A value for a parameter: a valid example if there is no seed, else a generated one.

        A valid example in a path is used with any seed: it may name a record.
        """
        example = value_of(self._service, parameter)
        stays = seed is None or parameter.location == "path"
        if stays and self._fits(parameter.schema, _read(parameter, example)):
            return example
        made = self._make(parameter.schema, (operation.id, parameter.name), seed, parameter.name)
        return example if made is None else made

    def body(self, operation: Operation, media_type: MediaType, seed: int | None) -> Any:
        """A sample body; with a seed it is generated and varies with the seed."""
        example = body_of(self._service, media_type)
        if media_type.schema is None or (seed is None and self._fits(media_type.schema, example)):
            return example
        made = self._make(media_type.schema, (operation.id, "body"), seed)
        if isinstance(made, dict):
            # References must name existing records, which those of the document's examples are.
            known = self._make(media_type.schema, (operation.id, "body"), None)
            made |= {name: known[name] for name in made if _REFERS.search(name) and name in (known or {})}
        return example if made is None else made

    def variants(self, operation: Operation, media_type: MediaType, seed: int | None) -> list[dict[str, Any]]:
        """Alternative bodies: the named examples, else one for each branch of `oneOf` or `anyOf`."""
        if len(media_type.examples) > 1:
            return [{"name": name, "example": example} for name, example in media_type.examples.items()]
        root = self._service.document.root
        schema, _ = pointers.follow(root, media_type.schema if media_type.schema is not None else True)
        if not isinstance(schema, Mapping):
            return []
        branches = schema.get("oneOf") or schema.get("anyOf") or []
        if len(branches) < 2:
            return []
        whole = self._make(schema, (operation.id, "body"), seed)
        return [
            {"name": _name(branch, number), "example": self._branch(operation, schema, whole, number, seed)}
            for number, branch in enumerate(branches, 1)
        ]

    def _branch(
        self, operation: Operation, schema: Mapping[str, Any], whole: Any, number: int, seed: int | None
    ) -> Any:
        """A body for one branch, including the properties outside the branches."""
        branch = (schema.get("oneOf") or schema["anyOf"])[number - 1]
        made = self._make(branch, (operation.id, "body", str(number)), seed)
        property_ = schema.get("discriminator", {}).get("propertyName")
        mapping = schema.get("discriminator", {}).get("mapping", {})
        if isinstance(made, dict) and property_ is not None:
            reference = branch.get("$ref", "") if isinstance(branch, Mapping) else ""
            meant = next((value for value, target in mapping.items() if target == reference), None)
            made = {**made, property_: meant or _name(branch, number)}
        if isinstance(made, dict) and isinstance(whole, dict) and not self._fits(schema, made):
            completed = {**whole, **made}
            return completed if self._fits(schema, completed) else made
        return made

    def files(self, media_type: MediaType) -> list[str]:
        """The fields of a form that are files; an empty name if the whole body is a file."""
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
        """Generate a valid value; None if that is not possible."""
        try:
            return self._generator.value(
                schema, key=key, direction="request", dynamic=seed is not None, name=name, seed=seed
            )
        except (UnsatisfiableSchemaError, KeyError, ValueError):
            return None
