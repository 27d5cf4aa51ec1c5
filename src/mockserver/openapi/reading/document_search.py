"""Find the documents that are to be served: named files, folders, URLs, or the bundled ones."""

import importlib.resources
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from mockserver.errors import ConfigurationError
from mockserver.openapi.reading.document_files import MAXIMUM_BYTES

_SUFFIXES = {".yaml", ".yml", ".json"}
_VERSION = re.compile(rb"""\b(?:openapi|swagger)["']?\s*:""")


def bundled(folder: str) -> Path:
    """A folder that comes with the package: of the checkout, or inside the installed package."""
    checkout = Path(__file__).parents[4] / folder
    if (checkout.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return Path(str(importlib.resources.files("mockserver"))) / "bundled" / folder


def find_documents(specs: Iterable[Path]) -> list[Path]:
    """List the document files: the given ones, those in given folders, `specs/`, or the bundled ones.

    Raises:
        ConfigurationError: a path does not exist, or there is no document.
    """
    given = list(specs) or [Path("specs") if Path("specs").is_dir() else bundled("specs")]
    files: list[Path] = []
    for path in given:
        url = url_in(path)
        if url is not None:
            files.append(fetch(url))
        elif path.is_dir():
            files += _in_folder(path)
        elif path.is_file():
            files.append(path)
        else:
            reason = "is neither a file nor a folder" if path.exists() else "does not exist"
            raise ConfigurationError(f"{path} {reason}: name a document or a folder of documents.")
    if not files:
        looked = ", ".join(map(str, given))
        raise ConfigurationError(f"{looked} has no OpenAPI document (.yaml, .yml or .json).")
    return files


def _in_folder(folder: Path) -> list[Path]:
    """The documents in a folder.

    Raises:
        ConfigurationError: the folder, or a file in it, cannot be read.
    """
    try:
        candidates = sorted(entry for entry in folder.iterdir() if _is_candidate(entry))
        return [file for file in candidates if _is_document(file)]
    except OSError as error:
        raise ConfigurationError(f"{error.filename or folder} cannot be read: {error.strerror}") from None


def _is_candidate(file: Path) -> bool:
    """Whether an entry of a folder may be a document.

    Editors keep hidden files and broken links beside what they edit (`.#shop.yaml`); a pipe may never end.
    """
    return file.suffix in _SUFFIXES and not file.name.startswith(".") and file.is_file()


def _is_document(file: Path) -> bool:
    """Whether a file in a folder says that it is a document, and not a part of one."""
    with file.open("rb") as content:
        return _VERSION.search(content.read(MAXIMUM_BYTES)) is not None


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
