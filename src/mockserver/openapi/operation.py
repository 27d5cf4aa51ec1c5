"""Operations of a document as frozen values (OpenAPI 3.0 sections 4.7.8 to 4.7.21)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mockserver.openapi.defects import Defect

ParameterLocation = Literal["path", "query", "header", "cookie", "querystring"]
Schema = Mapping[str, Any] | bool
BUNDLED = "x-bundled"
"""The key under which a document holds the parts from other files, by name."""
BODILESS = frozenset({204, 205, 304})
"""Statuses whose responses have no content (RFC 9110 section 15)."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_SUFFIX = re.compile("[?#]")
_PARAMETER = re.compile(r"\{([^{}]+)\}")


def split_path(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split a documented path into what a request's path has to be, and the conditions after a `?` or `#`.

    Some documents give several operations one path and tell them apart by the query or a header:
    `/?Action=Stop`, `/#X-Amz-Target=Stop`, `/tags/{id}#tagKeys`.

    Returns:
        The path, and the names and values of the conditions; an empty value means any.
    """
    if "?" not in path and "#" not in path:
        return path, ()
    plain, *suffixes = _SUFFIX.split(path)
    pairs = (part.partition("=") for suffix in suffixes for part in suffix.split("&") if part)
    return plain, tuple((name, value) for name, _, value in pairs)


def path_parameters(path: str) -> tuple[str, ...]:
    """The names of the parameters in a path template, in their order."""
    return tuple(_PARAMETER.findall(path))


@dataclass(frozen=True, slots=True)
class Bundle:
    """A document of several files, merged into one value.

    Attributes:
        root: the document, with the parts from other files under `x-bundled`.
        files: every file it was read from, the document's own first.
        origins: the file and the pointer that each name under `x-bundled` came from.
        problems: the references that could not be resolved.
        unread: the referenced files that could not be read, each with the reason.
    """

    root: Mapping[str, Any]
    files: tuple[Path, ...]
    origins: Mapping[str, tuple[Path, str]]
    problems: tuple[Defect, ...]
    unread: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    Attributes:
        style: how arrays and objects are serialised; the location's default when the document sets none.
        media_type: set when the parameter has `content` in place of `schema`.
        pointer: its place in the document.
        allows_empty: whether it may have no value in the query, regardless of its schema.
    """

    name: str
    location: ParameterLocation
    required: bool
    style: str
    explode: bool
    schema: Schema
    media_type: str | None
    pointer: str
    allows_empty: bool = False


@dataclass(frozen=True, slots=True)
class MediaType:
    """The content of a body in one media type; schemas are None when the document has none.

    Attributes:
        item_schema: schema of one value of a stream (`itemSchema`, OpenAPI 3.2).
    """

    name: str
    schema: Schema | None
    examples: Mapping[str, Any]
    encoding: Mapping[str, Any]
    pointer: str
    item_schema: Schema | None = None


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body; `content` by media type or media range, lower case."""

    required: bool
    content: Mapping[str, MediaType]
    pointer: str


@dataclass(frozen=True, slots=True)
class Header:
    """A documented header of a response."""

    name: str
    required: bool
    schema: Schema | None
    example: Any
    pointer: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """One documented response; `status` is as written: `200`, `4XX` or `default`."""

    status: str
    content: Mapping[str, MediaType]
    headers: Mapping[str, Header]
    pointer: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        api: the document's name.
        id: the operationId, or an id assigned at load when the document has none.
        method: lower case.
        path: the path template, without the base path.
        security: alternatives; each maps scheme names to scopes. Empty means no credentials.
        roles: who may call it (`x-access`); None when the document names no roles.
        overrides: the operation that this one overrides (`x-method-override`), if any.
        settings: its rate limit and whether it supports idempotency keys, if set in `x-mock`.
    """

    api: str
    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    request_body: RequestBody | None
    responses: Mapping[str, DocumentedResponse]
    security: tuple[Mapping[str, tuple[str, ...]], ...]
    roles: frozenset[str] | None
    overrides: str | None
    deprecated: bool
    pointer: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def behaviour_id(self) -> str:
        """The id by which handlers, rules and limits are found: of the overridden operation, if any."""
        return self.overrides or self.id

    def response(self, status: int) -> DocumentedResponse | None:
        """Find the documented response for a status: exact, by range, else `default` (OpenAPI 4.7.16)."""
        found = self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX")
        return found or self.responses.get("default")
