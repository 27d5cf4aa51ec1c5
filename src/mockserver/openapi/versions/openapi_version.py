"""The version of OpenAPI that a document is written in."""

from collections.abc import Mapping
from typing import Any

Version = tuple[int, int]

SERVED: Mapping[tuple[str, str], Version] = {
    (str(major), str(minor)): (major, minor) for major, minor in ((2, 0), (3, 0), (3, 1), (3, 2))
}
"""By the first two numbers as they are written."""


def written_version(root: Mapping[str, Any]) -> str:
    """The version as a document writes it; empty where it writes none."""
    return str(root.get("swagger" if "swagger" in root else "openapi", ""))


def version_of(root: Mapping[str, Any]) -> Version | None:
    """The version of a document; None for one that is not served."""
    major, _, rest = written_version(root).partition(".")
    version = SERVED.get((major, rest.split(".")[0] or "0"))
    return None if version is None or ("swagger" in root) != (version == (2, 0)) else version
