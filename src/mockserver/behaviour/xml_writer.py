"""Write values as XML according to the `xml` objects of their schemas (OpenAPI 4.7.26)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar
from xml.sax.saxutils import escape, quoteattr

from mockserver.lazy_pattern import LazyPattern
from mockserver.openapi import pointers
from mockserver.openapi.schema.merged_schema import Schemas
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.versions.openapi_3 import mapping

_NOT_TEXT = LazyPattern("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_NAME = LazyPattern(r"[^A-Za-z0-9_.-]+")
_COMBINATIONS = ("allOf", "anyOf", "oneOf")
Made = TypeVar("Made")
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


class _Tag:
    """The tag of an element: its name with prefix, and the namespace that it declares."""

    def __init__(self, schemas: Schemas, name: str, reader: SchemaReader) -> None:
        self.said: dict[str, Any] = {}
        for schema in schemas:
            # Keywords next to a reference take precedence over those of its target.
            self.said = {**said_of(reader, schema), **self.said, **mapping(mapping(schema).get("xml"))}
        plain = name_of(str(self.said.get("name") or name))
        prefix = self.said.get("prefix")
        self.name = f"{name_of(str(prefix))}:{plain}" if prefix else plain
        space = self.said.get("namespace")
        mark = f"xmlns:{name_of(str(prefix))}" if prefix else "xmlns"
        self.attributes = f" {mark}={quoteattr(str(space))}" if space else ""

    def around(self, inner: str, attributes: str = "") -> str:
        head = f"<{self.name}{self.attributes}{attributes}"
        return f"{head}>{inner}</{self.name}>" if inner else f"{head}/>"


def write(reader: SchemaReader, schema: Any, value: Any) -> str:
    """Write a value as a whole XML document."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    name = pointers.split(reference)[-1] if isinstance(reference, str) else "value"
    return _DECLARATION + _Writer(reader).whole((schema,), name, value) + "\n"


class _Writer:
    def __init__(self, reader: SchemaReader) -> None:
        self._reader = reader
        self._known: dict[tuple[Any, ...], tuple[Schemas, Any]] = {}

    def whole(self, schemas: Schemas, name: str, value: Any) -> str:
        """Write the root element; it contains an array's items even if the schema says otherwise."""
        tag = self._tag(schemas, name)
        if isinstance(value, list):
            items = self._items(schemas)
            return tag.around(
                "".join(self._element(items, _item_name(items, name), entry) for entry in value)
            )
        return self._element(schemas, name, value)

    def _element(self, schemas: Schemas, name: str, value: Any) -> str:
        tag = self._tag(schemas, name)
        if isinstance(value, dict):
            attributes, inner = self._members(schemas, value)
            return tag.around(inner, attributes)
        if isinstance(value, list):
            return "".join(self._list(schemas, name, value))
        return tag.around("" if value is None else _text(value))

    def _properties(self, schemas: Schemas) -> Mapping[str, Schemas]:
        known = dict(self._reader.shape(*schemas).properties or {})
        for branch in _branches(self._reader, schemas):
            for name, entry in mapping(branch.get("properties")).items():
                known.setdefault(name, (entry,))
        return known

    def _items(self, schemas: Schemas) -> Schemas:
        return self._remembered("items", "", schemas, lambda: self._reader.shape(*schemas).items)

    def _tag(self, schemas: Schemas, name: str) -> _Tag:
        return self._remembered("tag", name, schemas, lambda: _Tag(schemas, name, self._reader))

    def _remembered(self, kind: str, name: str, schemas: Schemas, make: Callable[[], Made]) -> Made:
        """Cache a value computed from schemas, for all elements with the same schemas."""
        key = (kind, name, *map(id, schemas))
        known = self._known.get(key)
        if known is None:
            # Keep the schemas alive: otherwise their ids could be reused.
            known = self._known[key] = (schemas, make())
        made: Made = known[1]
        return made

    def _members(self, schemas: Schemas, value: Mapping[str, Any]) -> tuple[str, str]:
        known = self._remembered("properties", "", schemas, lambda: self._properties(schemas))
        attributes, inner = "", ""
        for name, entry in value.items():
            own = known.get(name, ())
            tag = self._tag(own, name)
            if tag.said.get("attribute") is True and not isinstance(entry, dict | list):
                attributes += f" {tag.name}={quoteattr(_plain(entry))}"
            else:
                inner += self._element(own, name, entry)
        return attributes, inner

    def _list(self, schemas: Schemas, name: str, value: list[Any]) -> Iterator[str]:
        items = self._items(schemas)
        tag = self._tag(schemas, name)
        own = self._tag(items, name).said.get("name")
        # The `xml` name of an array applies to the wrapper; without one, it names the elements.
        inner = "".join(self._element(items, str(own or name), entry) for entry in value)
        yield tag.around(inner) if tag.said.get("wrapped") is True else inner


def _item_name(items: Schemas, name: str) -> str:
    reference = next(
        (s["$ref"] for s in items if isinstance(s, Mapping) and isinstance(s.get("$ref"), str)), None
    )
    return pointers.split(reference)[-1] if reference else f"{name}Item" if name != "value" else "item"


def said_of(reader: SchemaReader, schema: Any) -> Mapping[str, Any]:
    """The `xml` object of a schema: keywords next to a reference, then its target, then combined schemas."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    waiting = [schema]
    while waiting:
        entry = waiting.pop()
        if not isinstance(entry, Mapping) or id(entry) in seen:
            continue
        seen.add(id(entry))
        target = reader.target(entry)
        found = {**mapping(target.get("xml")), **mapping(entry.get("xml")), **found}
        waiting.extend(reversed([part for name in _COMBINATIONS for part in _listed(target.get(name))]))
    return found


def _branches(reader: SchemaReader, schemas: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The branches of schemas' `anyOf` and `oneOf`, each once."""
    waiting = deque(schemas)
    seen: set[int] = set()
    while waiting:
        target = reader.target(waiting.popleft())
        if id(target) in seen:
            continue
        seen.add(id(target))
        branches = [part for name in ("anyOf", "oneOf") for part in _listed(target.get(name))]
        yield from (reader.target(entry) for entry in branches)
        waiting += [*branches, *_listed(target.get("allOf"))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def name_of(text: str) -> str:
    """Convert a text to a valid name of an element or attribute."""
    name = _NOT_NAME.sub("_", text)
    return name if name[:1].isalpha() or name[:1] == "_" else f"_{name}"


def _plain(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return _NOT_TEXT.sub("", text)


def _text(value: Any) -> str:
    return escape(_plain(value))
