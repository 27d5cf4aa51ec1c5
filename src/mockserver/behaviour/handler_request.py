"""What an answer may depend on in a request, beside the state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """A request that has passed every check.

    Attributes:
        origin: what absolute URLs begin with: `http://localhost:8080`, or the URL of --public-url.
        path: the path as it was asked for, with what stands before it.
        prefix: what stands before the document's paths: the session's prefix and the document's base path.
        query: the query parameters as text, each name with all its values.
        arguments: validated parameters by location and name.
        body: the body's value; None without one.
        body_type: the body's media type, lower case, without parameters; None without a body.
        accept: the `Accept` header.
        headers: the header fields as they came, by lower-case name.
    """

    origin: str
    path: str
    prefix: str = ""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    arguments: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    body: Any = None
    body_type: str | None = None
    accept: str | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
