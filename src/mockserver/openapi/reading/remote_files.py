"""Fetch documents from the network, with limits of time and size."""

import hashlib
import re
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from mockserver.errors import ConfigurationError, DocumentError, SourceLocation
from mockserver.openapi.reading.document_files import MAXIMUM_BYTES

SCHEMES = ("http", "https")
_PIECE = 64 * 1024
_addresses: dict[Path, str] = {}
"""The URLs of the files fetched by this process."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits for fetching the files of one document.

    Attributes:
        seconds: the time of all requests together.
        size: the bytes of all responses together.
        files: the number of files.
    """

    seconds: float = 30.0
    size: int = MAXIMUM_BYTES
    files: int = 500


NO_ANSWER = "it does not answer in time"


def address_of(file: Path) -> str | None:
    """The URL that a file was fetched from; None for other files."""
    return _addresses.get(file)


def fetch_document(url: str) -> Path:
    """Download the document at a URL to a new temporary folder.

    Raises:
        ConfigurationError: it cannot be fetched.
    """
    limits = FetchLimits()
    try:
        content = _content(url, limits.seconds, limits.size)
    except OSError as error:
        raise ConfigurationError(
            f"{url} cannot be fetched: {_reason(error)}. Save it to a file and name that."
        ) from None
    file = Path(tempfile.mkdtemp(prefix="mockserver-")) / _name(url, "openapi")
    file.write_bytes(content)
    _addresses[file] = url
    return file


class RemoteFiles:
    """Fetches the files on the network that one document refers to, each file once."""

    def __init__(self, document: Path, limits: FetchLimits | None = None) -> None:
        """`document` is the file with the references; it may have been fetched itself."""
        self._document = document
        self._limits = limits or FetchLimits()
        self._folder = Path(tempfile.mkdtemp(prefix="mockserver-")).resolve()
        self._wanted: dict[Path, str] = {}
        self._failed: dict[Path, str] = {}
        self._end = time.monotonic() + self._limits.seconds
        self._size = 0
        self._count = 0

    def place(self, base: str | None, reference: str) -> str | None:
        """The path, with its fragment, to which the target of a reference in the document at `base` is saved.

        None if the reference does not lead to the network.
        """
        try:
            address, fragment = urldefrag(urljoin(base, reference) if base else reference)
            if urlsplit(address).scheme.lower() not in SCHEMES or not urlsplit(address).hostname:
                return None
        except ValueError:
            return None
        if address == address_of(self._document):
            file = self._document.resolve()
            return f"{file}#{fragment}" if fragment else str(file)
        digest = hashlib.sha256(address.encode()).hexdigest()[:12]
        file = self._folder / f"{re.sub(r'[^a-z0-9.-]', '-', urlsplit(address).netloc)}-{digest}"
        file /= _name(address, "part")
        self._wanted[file] = address
        return f"{file}#{fragment}" if fragment else str(file)

    def has(self, file: Path) -> bool:
        """Whether `place` returned this path for a reference."""
        return file in self._wanted

    def fetch(self, file: Path) -> None:
        """Fetch the file for a path, if that was not done yet.

        Raises:
            DocumentError: it cannot be fetched, or the limits are exceeded.
        """
        if file in self._failed:
            raise DocumentError(self._failed[file], SourceLocation(self._document))
        if file.exists():
            return
        address = self._wanted[file]
        try:
            content = self._content(address)
        except OSError as error:
            self._failed[file] = f"{address} cannot be fetched: {_reason(error)}"
            raise DocumentError(self._failed[file], SourceLocation(self._document)) from None
        self._size += len(content)
        self._count += 1
        file.parent.mkdir()
        file.write_bytes(content)
        _addresses[file] = address

    def _content(self, address: str) -> bytes:
        if self._count >= self._limits.files:
            raise OSError("the document refers to more files than are fetched")
        return _content(address, self._end - time.monotonic(), self._limits.size - self._size)


def _name(url: str, otherwise: str) -> str:
    last = unquote(urlsplit(url).path).rsplit("/", 1)[-1]
    return re.sub(r"[^\w.-]+", "-", last).strip(".-")[:100] or otherwise


def _content(url: str, seconds: float, size: int) -> bytes:
    """The response body of a URL.

    A separate thread fetches it: otherwise a server that sends single bytes slowly would have no time limit.

    Raises:
        OSError: there is no response, or it is too large or too slow.
    """
    if seconds <= 0:
        raise OSError("the time for fetching is used up")
    found: list[bytes | OSError] = []

    def ask() -> None:
        try:
            found.append(_answer(url, seconds, size))
        except urllib.error.HTTPError as error:
            error.close()
            found.append(error)
        except OSError as error:
            found.append(error)
        except (HTTPException, ValueError) as error:
            found.append(OSError(f"{type(error).__name__}: {error}"))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise OSError(NO_ANSWER)
    (content,) = found
    if isinstance(content, OSError):
        raise content
    return content


def _answer(url: str, seconds: float, size: int) -> bytes:
    request = urllib.request.Request(url, headers={"accept": "application/json, application/yaml, */*"})  # noqa: S310  only http and https come here
    end, parts, length = time.monotonic() + seconds, [], 0
    with _opener().open(request, timeout=seconds) as answer:
        while part := answer.read1(_PIECE):
            parts.append(part)
            length += len(part)
            if length > size:
                raise OSError(f"it has more than {size:,} bytes")
            if time.monotonic() > end:
                raise OSError(NO_ANSWER)
    return b"".join(parts)


def _opener() -> urllib.request.OpenerDirector:
    """An opener for HTTP and HTTPS only: a redirect to a file or to FTP is not followed."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _reason(error: OSError) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answers {error.code}"
    return str(getattr(error, "reason", None) or error)
