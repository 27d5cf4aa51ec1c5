"""Find the fixture files that are most likely meant for a document, and are not read."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path

from mockserver.server.service import Service

_SUFFIXES = {".yaml", ".yml", ".json"}


def unread_fixtures(services: Iterable[Service]) -> Iterator[str]:
    """A line for each document that found none: one is called almost like it, or a folder was named."""
    services = tuple(services)
    taken = {service.name for service in services}
    for service in services:
        if service.fixture.file is not None:
            continue
        folder = service.settings.fixtures or Path("fixtures")
        names = sorted(_names(folder) - taken)
        close = get_close_matches(service.name, names, n=1, cutoff=0.75)
        wanted = f"{folder} has no {service.name}.yaml, so {service.name} is served without fixtures"
        if close:
            yield f"{wanted}; is {close[0]} meant? A fixture file is called like its document"
        elif service.settings.fixtures is not None and names:
            yield f"{wanted}; there are {', '.join(names)}"


def _names(folder: Path) -> set[str]:
    files = folder.iterdir() if folder.is_dir() else ()
    return {file.stem for file in files if file.suffix in _SUFFIXES}
