"""Read the base paths of `servers`, and Swagger 2.0's `basePath` (OpenAPI 4.7.5, 4.7.6).

The mock has its own address, so only the path of a server's URL is used.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

_MOST = 16
_VARIABLE = re.compile(r"\{([^{}]+)\}")
# Parsed by hand: the host of a template may be anything, `{host}:{port}` or `[x]`, and is ignored.
_HOST = re.compile(r"(?:[^/?#]*:)?//[^/?#]*")


def base_paths(root: Mapping[str, Any]) -> tuple[str, ...]:
    """The base paths of a document, the preferred one first; by default the root."""
    if "swagger" in root:
        path = root.get("basePath")
        return (_trimmed(path) if isinstance(path, str) else "",)
    return paths_of(root.get("servers")) or ("",)


def paths_of(servers: Any) -> tuple[str, ...]:
    """The base paths of a `servers` list, with variables replaced; empty when there are no servers.

    Each server is used with the defaults of its variables first, then with the other values of `enum`.
    """
    listed = [server for server in servers if isinstance(server, Mapping)] if _is_list(servers) else []
    ways = [_ways(server) for server in listed]
    # The default path of every server precedes all other paths.
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
    # A variable of the host matters only if its value starts the path: `https://api.test{basePath}`.
    names = [name for name in ways if name in behind or any("/" in value for value in ways[name])]
    for values in itertools.product(*(ways[name] for name in names)):
        path = url
        for name, value in zip(names, values, strict=True):
            path = path.replace("{" + name + "}", value)
        yield _trimmed(path)


def _values(name: str, variable: Any) -> list[str]:
    """The values of a variable, its default first; without any it becomes a path parameter."""
    variable = variable if isinstance(variable, Mapping) else {}
    default = [str(variable["default"])] if "default" in variable else []
    further = variable.get("enum")
    values = [*default, *(map(str, further) if isinstance(further, list) else ())]
    return list(dict.fromkeys(values)) or ["{" + name + "}"]


def _trimmed(path: str) -> str:
    """A path without host, dots, query and trailing slash; relative URLs are resolved from the root."""
    try:
        path = urlsplit(urljoin("http://mock/", _HOST.sub("", path, count=1))).path.strip("/")
    except ValueError:  # an invalid URL
        return ""
    return "/" + path if path else ""
