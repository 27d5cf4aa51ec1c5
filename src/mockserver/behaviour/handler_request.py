"""The parts of a request on which a handler's response may depend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(slots=True)  # not frozen: setting twelve attributes of a frozen one takes 2 µs of each request
class Request:
    """A request that has passed every check.

    Attributes:
        method: in upper case.
        origin: scheme and host of absolute URLs: `http://localhost:8080`, or the URL of --public-url.
        path: the full path of the request, including the prefix.
        prefix: the part before the document's paths: the session's prefix and the document's base path.
        query: the query parameters as text, each name with all its values.
        arguments: validated parameters by location and name.
        body: the parsed request body; None without one.
        content: the request body as received.
        body_type: the body's media type, lower case, without parameters; None without a body.
        accept: the `Accept` header.
        headers: the request headers as received, by lower-case name.
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
        """The value of a request header, or None; the name in any case."""
        value = self.headers.get(name.lower().encode("latin-1", "replace"))
        return None if value is None else value.decode("latin-1")


class UploadedFile(bytes):
    """The content of an uploaded file in a multipart form.

    Attributes:
        filename: the file name sent by the client.
        media_type: the media type sent by the client; None if it sent none.
    """

    filename: str
    media_type: str | None

    def __new__(cls, content: bytes, filename: str = "", media_type: str | None = None) -> Self:
        """Create a file with this content."""
        made = super().__new__(cls, content)
        made.filename, made.media_type = filename, media_type
        return made
