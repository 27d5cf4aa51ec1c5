"""What an answer may depend on in a request, beside the state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Request:
    """A request that has passed every check.

    Attributes:
        method: in upper case.
        origin: what absolute URLs begin with: `http://localhost:8080`, or the URL of --public-url.
        path: the path as it was asked for, with what stands before it.
        prefix: what stands before the document's paths: the session's prefix and the document's base path.
        query: the query parameters as text, each name with all its values.
        arguments: validated parameters by location and name.
        body: the body's value; None without one.
        content: the body as it came.
        body_type: the body's media type, lower case, without parameters; None without a body.
        accept: the `Accept` header.
        headers: the header fields as they came, by lower-case name.
        files: the first file of each field of a multipart form, by the field's name.
    """

    origin: str
    path: str
    method: str = "GET"
    prefix: str = ""
    query: Mapping[str, list[str]] = field(default_factory=dict)
    arguments: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    body: Any = None
    content: bytes = b""
    body_type: str | None = None
    accept: str | None = None
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    files: "Mapping[str, UploadedFile]" = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """A header field's value, or None; the name in any case."""
        value = self.headers.get(name.lower().encode("latin-1", "replace"))
        return None if value is None else value.decode("latin-1")


class UploadedFile(bytes):
    """The content of a file of a multipart form.

    Attributes:
        filename: the name that the client gave it.
        media_type: what the client says that it is; None if it says nothing.
    """

    filename: str
    media_type: str | None

    def __new__(cls, content: bytes, filename: str = "", media_type: str | None = None) -> Self:
        """A file of this content."""
        made = super().__new__(cls, content)
        made.filename, made.media_type = filename, media_type
        return made
