"""The OpenAPI version of a document."""

from collections.abc import Mapping
from typing import Any

Version = tuple[int, int]

SERVED: Mapping[tuple[str, str], Version] = {
    (str(major), str(minor)): (major, minor) for major, minor in ((2, 0), (3, 0), (3, 1), (3, 2))
}
"""Supported versions, by the first two numbers as written."""


def written_version(root: Mapping[str, Any]) -> str:
    """The version as written in a document; empty when there is none."""
    return str(root.get("swagger" if "swagger" in root else "openapi", ""))


def version_of(root: Mapping[str, Any]) -> Version | None:
    """The version of a document; None when it is not supported."""
    major, _, rest = written_version(root).partition(".")
    version = SERVED.get((major, rest.split(".")[0] or "0"))
    return None if version is None or ("swagger" in root) != (version == (2, 0)) else version
