"""Dependencies of single commands, installed with this distribution's extras."""

import shlex
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, requires

from mockserver.errors import ConfigurationError

_OURS = "mockserver"


def require(extra: str, what: str) -> None:
    """Check that all dependencies of an extra are installed.

    Args:
        extra: its name in `pyproject.toml`, such as `check`.
        what: what needs it, as the start of the message: "mockserver check".

    Raises:
        ConfigurationError: a dependency is missing; the message has the command to install it.
    """
    missing = missing_line(extra)
    if missing is not None:
        raise ConfigurationError(f"{what} {missing}")


@cache
def missing_line(extra: str) -> str | None:
    """The message about an extra that is not installed completely; None if it is."""
    needed = _requirements(extra)
    if all(_is_installed(name) for name, _ in needed):
        return None
    python = sys.executable or "python3"
    line = shlex.join([python, "-m", "pip", "install", *(text for _, text in needed)])
    return f"needs the extra [{extra}], which is not installed. Run: {line}"


def _requirements(extra: str) -> list[tuple[str, str]]:
    """The distributions of an extra: the name of each, and its requirement for pip."""
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
