"""Generate TypedDicts for operations' schemas, with datamodel-code-generator."""

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi import media_types, pointers
from mockserver.openapi.document import Document
from mockserver.openapi.names import words
from mockserver.openapi.operation import MediaType, Operation

_MODULE = "typing"
_MANY = ("allOf", "anyOf", "oneOf")
_BRANCHES = ("anyOf", "oneOf")
_INSIDE = ("items", "additionalProperties", *_MANY)
_COPIED = ("type", "required", "enum", "const", "nullable")
"""Schema keywords that determine a value's JSON type; formats, patterns and limits do not."""

IsTaken = Callable[[str], bool]
"""Whether a name is already used in the file."""


@dataclass(frozen=True, slots=True)
class SchemaTypes:
    """Types for the handlers of some operations.

    Attributes:
        bodies: the type of the request body by operationId, if that type has a name.
        definitions: the text of each type by name, in an order that Python can execute.
        imports: the names that they need from `typing`.
    """

    bodies: Mapping[str, str]
    definitions: Mapping[str, str]
    imports: frozenset[str]


NO_TYPES = SchemaTypes({}, {}, frozenset())


def schema_types(document: Document, operations: Iterable[Operation], is_taken: IsTaken) -> SchemaTypes:
    """Generate the types of operations' JSON request and response bodies.

    Raises:
        ValueError: datamodel-code-generator has no usable result for the schemas.
    """
    schemas = _Schemas(document, is_taken)
    bodies: dict[str, Any] = {}
    for operation in operations:
        name = _pascal(operation.id)
        if operation.request_body is not None:
            bodies[operation.id] = schemas.named(_json(operation.request_body.content), f"{name}Body")
        for status, response in operation.responses.items():
            if status.startswith("2"):
                schemas.named(_json(response.content), f"{name}Answer")
    definitions, imports = _generated(schemas.found, document.version)
    known = {key: _annotation(schema) for key, schema in bodies.items()}
    return SchemaTypes(
        {key: kind for key, kind in known.items() if kind and _last_word(kind) in definitions},
        definitions,
        imports,
    )


def _json(content: Mapping[str, MediaType]) -> Any:
    return next((entry.schema for name, entry in content.items() if media_types.is_json(name)), None)


def _annotation(schema: Any) -> str | None:
    """The type of a schema that was given a name; None if it has none."""
    if not isinstance(schema, Mapping):
        return None
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        inner = _annotation(schema.get("items"))
        return None if inner is None else f"list[{inner}]"
    return None


def _last_word(kind: str) -> str:
    return kind.removesuffix("]" * kind.count("[")).rpartition("[")[2]


def _pascal(name: str) -> str:
    plain = "".join(word[:1].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", name))
    if plain.lower() == plain[:1].lower() + plain[1:] and len(words(name)) > 1:
        plain = "".join(word.capitalize() for word in words(name) if word.isascii())
    return plain if plain[:1].isalpha() else f"Value{plain}"


class _Schemas:
    """Schemas by type name; nested objects with properties get a name, too."""

    def __init__(self, document: Document, is_taken: IsTaken) -> None:
        self._document = document
        self._is_taken = is_taken
        self._names: dict[str, str] = {}
        self.found: dict[str, Any] = {}

    def named(self, schema: Any, name: str) -> Any:
        """The schema with references to named schemas only; an object becomes the type `name`."""
        if not isinstance(schema, Mapping):
            return {}
        if isinstance(schema.get("$ref"), str):
            return {"$ref": f"#/components/schemas/{self._referred(schema['$ref'])}"}
        if "properties" in schema or "allOf" in schema:
            free = self._free(name)
            self.found[free] = {}  # reserves its position before nested types
            self.found[free] = self._written(schema, free)
            return {"$ref": f"#/components/schemas/{free}"}
        return self._written(schema, name)

    def _referred(self, reference: str) -> str:
        if reference not in self._names:
            name = self._names[reference] = self._free(_pascal(pointers.split(reference)[-1]))
            self.found[name] = {}
            try:
                target = pointers.resolve(self._document.root, reference)
            except KeyError:  # an unresolvable reference: any value
                target = {}
            self.found[name] = self._written(target, name)
        return self._names[reference]

    def _free(self, name: str) -> str:
        wanted, number = name, 1
        while wanted in self.found or self._is_taken(wanted):
            number += 1
            wanted = f"{name}{number}"
        return wanted

    def _written(self, schema: Any, name: str) -> Any:
        """The part of a schema from which types are generated."""
        if not isinstance(schema, Mapping):
            return {}
        if isinstance(schema.get("$ref"), str):
            return self.named(schema, name)
        written = {key: schema[key] for key in _COPIED if key in schema}
        # A TypedDict cannot express additional properties.
        for key in ("items",) if "properties" in schema else ("items", "additionalProperties"):
            if isinstance(schema.get(key), Mapping):
                written[key] = self.named(schema[key], f"{name}Item")
        for key in _MANY:
            if isinstance(schema.get(key), list):
                inner = self.named if key in _BRANCHES else self._written
                written[key] = [inner(part, f"{name}Option") for part in schema[key]]
        if isinstance(schema.get("properties"), Mapping):
            written["properties"] = {
                key: self.named(value, name + _pascal(str(key)))
                for key, value in schema["properties"].items()
            }
        elif written.get("type") == "object" and not any(key in written for key in _INSIDE):
            written["additionalProperties"] = {"nullable": True}
        return written


def _generated(schemas: Mapping[str, Any], version: tuple[int, int]) -> tuple[dict[str, str], frozenset[str]]:
    if not schemas:
        return {}, frozenset()
    from datamodel_code_generator import InputFileType, generate
    from datamodel_code_generator.enums import DataModelType
    from datamodel_code_generator.format import Formatter, PythonVersion

    root = {
        "openapi": "3.1.0" if version >= (3, 1) else "3.0.3",
        "info": {"title": "Types", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings for its own users
            text = generate(
                root,
                input_file_type=InputFileType.OpenAPI,
                output_model_type=DataModelType.TypingTypedDict,
                target_python_version=PythonVersion.PY_311,
                formatters=[Formatter.BUILTIN],
                disable_future_imports=True,
                strict_nullable=True,
            )
    except Exception as error:  # third-party code may raise anything; stubs work without types
        raise ValueError(f"{type(error).__name__}: {error}") from error
    if not isinstance(text, str):
        raise TypeError("it generated several modules")
    return _read(text)


def _read(text: str) -> tuple[dict[str, str], frozenset[str]]:
    """The definitions in a module of types; a module with any other statement is refused."""
    definitions, imports = dict[str, str](), set[str]()
    lines = text.split("\n")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == _MODULE:
            imports |= {alias.name for alias in node.names}
            continue
        name = _defined(node)
        if name is None or not all(_is_harmless(inner) for inner in ast.walk(node)):
            raise ValueError(f"it wrote {ast.unparse(node)[:80]!r}")
        # Not `get_source_segment`, which splits the whole text at each call.
        definitions[name] = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return definitions, frozenset(imports)


def _defined(node: ast.stmt) -> str | None:
    if isinstance(node, ast.ClassDef):
        return node.name
    targets: Iterator[Any] = iter(
        node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    )
    target = next(targets, None)
    return target.id if isinstance(target, ast.Name) else None


def _is_harmless(node: ast.AST) -> bool:
    """Whether a part of a definition executes no code: a document must not become code."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "TypedDict"
    return not isinstance(node, ast.FunctionDef | ast.Lambda | ast.Attribute | ast.Import | ast.Await)
