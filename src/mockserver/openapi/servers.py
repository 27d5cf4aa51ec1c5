"""Read the base paths that `servers` stand for, and Swagger 2.0's `basePath` (OpenAPI 4.7.5, 4.7.6).

A mock has one address, so of a server's URL its path is what counts.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

_MOST = 16
_VARIABLE = re.compile(r"\{([^{}]+)\}")
# By hand: the host of a template may be anything, `{host}:{port}` or `[x]`, and is of no interest.
_HOST = re.compile(r"(?:[^/?#]*:)?//[^/?#]*")


def base_paths(root: Mapping[str, Any]) -> tuple[str, ...]:
    """The base paths of a document, the preferred one first; without a word it is the root."""
    if "swagger" in root:
        path = root.get("basePath")
        return (_trimmed(path) if isinstance(path, str) else "",)
    return paths_of(root.get("servers")) or ("",)


def paths_of(servers: Any) -> tuple[str, ...]:
    """The base paths of a `servers` list, variables put in; empty when it names no server.

    Each server comes with the defaults of its variables first, then with what else `enum` allows.
    """
    listed = [server for server in servers if isinstance(server, Mapping)] if _is_list(servers) else []
    ways = [_ways(server) for server in listed]
    # Every server's own way stands before any other way of one.
    found = [next(way) for way in ways] + [path for way in ways for path in itertools.islice(way, _MOST)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _ways(server: Mapping[str, Any]) -> Iterator[str]:
    url = str(server.get("url", "/"))
    written = server.get("variables")
    known = written if isinstance(written, Mapping) else {}
    ways = {name: _values(name, known.get(name)) for name in _VARIABLE.findall(url)}
    behind = _VARIABLE.findall(_HOST.sub("", url, count=1))
    # A variable of the host counts only where its value begins the path: `https://api.test{basePath}`.
    names = [name for name in ways if name in behind or any("/" in value for value in ways[name])]
    for values in itertools.product(*(ways[name] for name in names)):
        path = url
        for name, value in zip(names, values, strict=True):
            path = path.replace("{" + name + "}", value)
        yield _trimmed(path)


def _values(name: str, variable: Any) -> list[str]:
    """What a variable may be, its default first; one that says nothing takes what is sent."""
    variable = variable if isinstance(variable, Mapping) else {}
    default = [str(variable["default"])] if "default" in variable else []
    further = variable.get("enum")
    values = [*default, *(map(str, further) if isinstance(further, list) else ())]
    return list(dict.fromkeys(values)) or ["{" + name + "}"]


def _trimmed(path: str) -> str:
    """A path without host, dots, query and the slash at its end: relative URLs begin at the root here."""
    try:
        path = urlsplit(urljoin("http://mock/", _HOST.sub("", path, count=1))).path.strip("/")
    except ValueError:  # an address that is none
        return ""
    return "/" + path if path else ""
