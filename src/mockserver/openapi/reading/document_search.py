"""Find the documents to serve: named files, folders, URLs, or the bundled ones."""

import importlib.resources
import re
from collections.abc import Iterable
from pathlib import Path

from mockserver.errors import ConfigurationError
from mockserver.openapi.reading.document_files import MAXIMUM_BYTES
from mockserver.openapi.reading.remote_files import fetch_document

_SUFFIXES = {".yaml", ".yml", ".json"}
_VERSION = re.compile(rb"""\b(?:openapi|swagger)["']?\s*:""")


def bundled(folder: str) -> Path:
    """A folder of the package: in the checkout, or inside the installed package."""
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
            files.append(fetch_document(url))
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

    Editors create hidden files and broken links next to files (`.#shop.yaml`); a pipe may never end.
    """
    return file.suffix in _SUFFIXES and not file.name.startswith(".") and file.is_file()


def _is_document(file: Path) -> bool:
    """Whether a file in a folder states an OpenAPI version, so that it is not just a part of a document."""
    with file.open("rb") as content:
        return _VERSION.search(content.read(MAXIMUM_BYTES)) is not None


_URL = re.compile(r"(https?):/+(.+)")


def url_in(path: Path) -> str | None:
    """The URL in a command's argument, or None; as a path it lost one of its slashes."""
    match = _URL.fullmatch(path.as_posix())
    return f"{match[1]}://{match[2]}" if match else None
