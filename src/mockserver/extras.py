"""What only some commands need, and is installed with an extra of this distribution."""

import shlex
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, requires

from mockserver.errors import ConfigurationError

_OURS = "mockserver"


def require(extra: str, what: str) -> None:
    """See to it that everything of an extra is installed.

    Args:
        extra: its name in `pyproject.toml`: `check`, say.
        what: what it is needed for, as the message begins: "mockserver check".

    Raises:
        ConfigurationError: something is missing; the message has the line to run.
    """
    missing = missing_line(extra)
    if missing is not None:
        raise ConfigurationError(f"{what} {missing}")


@cache
def missing_line(extra: str) -> str | None:
    """What is to be said where something of an extra is not installed; None where all of it is."""
    needed = _requirements(extra)
    if all(_is_installed(name) for name, _ in needed):
        return None
    python = sys.executable or "python3"
    line = shlex.join([python, "-m", "pip", "install", *(text for _, text in needed)])
    return f"needs the extra [{extra}], which is not installed. Run: {line}"


def _requirements(extra: str) -> list[tuple[str, str]]:
    """The distributions of an extra: the name of each, and what pip is asked for."""
    found = []
    for requirement in requires(_OURS) or ():
        text, _, marker = requirement.partition(";")
        if f"extra == '{extra}'" in marker.replace('"', "'"):
            name = text.strip()
            end = next((place for place, sign in enumerate(name) if sign in "[<>=!~ ("), len(name))
            found.append((name[:end], name))
    return found


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
