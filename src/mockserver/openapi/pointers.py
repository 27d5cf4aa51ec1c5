"""JSON pointers (RFC 6901), and references that contain them."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

DATA_KEYS = frozenset({"example", "examples", "default", "const", "enum", "value", "dataValue"})
"""Keys whose values are data: in them `$ref` is not a reference, and no name is a keyword."""

_MOST_ON_THE_WAY = 20
"""Maximum nested references while resolving a pointer: a pointer may lead through itself."""


def escape(token: str) -> str:
    """Escape one reference token for use in a pointer (RFC 6901 section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Unescape one reference token of a pointer (RFC 6901 section 4)."""
    return token.replace("~1", "/").replace("~0", "~")


def join(tokens: Iterable[str | int], base: str = "") -> str:
    """Append tokens to a pointer: `join(["a/b", 0], "/x")` is `/x/a~1b/0`."""
    return base + "".join("/" + escape(str(token)) for token in tokens)


def split(pointer: str) -> list[str]:
    """Split a pointer, or a local reference such as `#/a/b`, into its tokens."""
    path = unquote(pointer[1:]) if pointer.startswith("#") else pointer
    return [unescape(token) for token in path.split("/")[1:]]


def resolve(root: Any, pointer: str) -> Any:
    """Return the value at a pointer or a local reference inside `root`.

    A reference on the path of the pointer is followed: `components/schemas` may be in another
    file.

    Raises:
        KeyError: there is no value; its argument is the whole pointer.
    """
    return _resolve(root, pointer, 0)


def _resolve(root: Any, pointer: str, depth: int) -> Any:
    if pointer.lstrip("#")[:1] not in {"", "/"} or depth > _MOST_ON_THE_WAY:  # an anchor is no pointer
        raise KeyError(pointer)
    value = root
    for token in split(pointer):
        try:
            if isinstance(value, Mapping) and "$ref" in value and token not in value:
                value, _ = _follow(root, value, depth + 1)
            value = value[int(token)] if isinstance(value, list) else value[token]
        except (KeyError, IndexError, ValueError, TypeError):
            raise KeyError(pointer) from None
    return value


def follow(root: Any, value: Any) -> tuple[Any, str | None]:
    """Follow local `$ref`s to a value that is not a reference.

    Returns:
        The value, and its pointer if at least one reference was followed.

    Raises:
        KeyError: a reference leads nowhere, or in a circle.
    """
    return _follow(root, value, 0)


def _follow(root: Any, value: Any, depth: int) -> tuple[Any, str | None]:
    place: str | None = None
    seen: set[str] = set()
    while isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
        reference = value["$ref"]
        if reference in seen or not reference.startswith("#"):
            raise KeyError(reference)
        seen.add(reference)
        value = _resolve(root, reference, depth)
        place = join(split(reference))
    return value, place
