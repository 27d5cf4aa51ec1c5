"""Fetch a document from a URL, when the user names one: nothing else here reaches the network."""

import re
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from mockserver.errors import ConfigurationError

_URL = re.compile(r"(https?):/+(.+)")
_MAXIMUM_BYTES = 64 * 1024 * 1024
_SECONDS = 30


def url_in(path: Path) -> str | None:
    """The URL that a command's argument is, if it is one; as a path it lost one of its slashes."""
    match = _URL.fullmatch(path.as_posix())
    return f"{match[1]}://{match[2]}" if match else None


def fetch(url: str) -> Path:
    """Save the document at a URL in a temporary folder of its own.

    Raises:
        ConfigurationError: it cannot be had.
    """
    request = urllib.request.Request(url, headers={"accept": "application/json, application/yaml, */*"})  # noqa: S310  only http and https come here
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  the same
            content: bytes = answer.read(_MAXIMUM_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ConfigurationError(
            f"{url} cannot be fetched: {reason}. Save it to a file and name that."
        ) from None
    if len(content) > _MAXIMUM_BYTES:
        raise ConfigurationError(
            f"{url} has more than {_MAXIMUM_BYTES:,} bytes: save it to a file and name that."
        )
    name = re.sub(r"[^\w.-]+", "-", urlsplit(url).path.rsplit("/", 1)[-1]).strip(".-") or "openapi"
    file = Path(tempfile.mkdtemp(prefix="mockserver-")) / name
    file.write_bytes(content)
    return file
