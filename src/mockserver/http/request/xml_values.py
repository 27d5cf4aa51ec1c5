"""Read XML into the value that its schema describes, as the `xml` objects say (OpenAPI 4.7.26).

`behaviour/xml_writer` writes what is read here.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.parsers import expat

from mockserver.behaviour.xml_writer import name_of, said_of
from mockserver.errors import BadRequestError, Violation
from mockserver.http.json_text import MOST_VALUES
from mockserver.openapi import pointers
from mockserver.openapi.schema.coercion import Coercion
from mockserver.openapi.schema.schema_reader import SchemaReader

_MAXIMUM_DEPTH = 100
_MAXIMUM_ELEMENTS = 200_000
_CHUNK = 64 * 1024
# Attributes are counted once their tag is complete; until then it grows no longer than this.
_LONGEST_TAG = 4 * _CHUNK
# What these say is said about the document, and is no part of its value.
_ABOUT = ("xmlns:", "xml:", "xsi:")


_NONE: Mapping[str, str] = {}


class Element:
    """An element, known by its local name; namespaces and prefixes tell nothing apart here.

    Attributes:
        text: what stands in it beside other elements.
        is_nil: whether it says that it has no value (`xsi:nil`).
    """

    __slots__ = ("attributes", "children", "is_nil", "name", "text")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = local(name)
        # Most elements have no attributes or no children: they share the empty ones.
        self.attributes: Mapping[str, str] = (
            {
                local(key): value
                for key, value in attributes.items()
                if key != "xmlns" and not key.startswith(_ABOUT)
            }
            if attributes
            else _NONE
        )
        self.is_nil = attributes.get("xsi:nil", "").strip() in {"1", "true"}
        self.children: Sequence[Element] = ()
        self.text = ""


def local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2]


def refusal(reason: str, keyword: str = "syntax", pointer: str = "") -> BadRequestError:
    """What is wrong with a body, and where in it."""
    return BadRequestError(reason, violations=[Violation("body", pointer, reason, keyword)])


def parse(content: bytes, most: int = _MAXIMUM_ELEMENTS) -> Element:
    """Read an XML document of at most so many elements and attributes.

    Raises:
        BadRequestError: it is not well-formed, declares a document type (where entities, bombs of them
            too, come from), or is too deep or too long; the detail says where.
    """
    builder = _Builder(min(most, _MAXIMUM_ELEMENTS))
    try:
        for start in range(0, len(content), _CHUNK):
            builder.expat.Parse(content[start : start + _CHUNK], False)
            if start + _CHUNK - builder.expat.CurrentByteIndex > _LONGEST_TAG:
                raise refusal(f"The body has a tag or comment of more than {_LONGEST_TAG:,} bytes.", "range")
        builder.expat.Parse(b"", True)
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise refusal(f"The body is not XML: {expat.ErrorString(error.code)} at {place}.") from None
    except (LookupError, ValueError):
        raise refusal("The body is not XML: its encoding is not known here; send UTF-8.") from None
    return builder.top.children[0]


class _Builder:
    """Puts together what expat finds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._take
        self.expat.StartDoctypeDeclHandler = self._declare
        self.top = Element("", {})
        #: The elements that are open, each with its children and its text so far.
        self._open: list[tuple[Element, list[Element], list[str]]] = [(self.top, [], [])]
        self._count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1 + len(attributes)
        if len(self._open) > _MAXIMUM_DEPTH:
            raise refusal(f"The body is nested more than {_MAXIMUM_DEPTH} levels deep.", "depth")
        if self._count > self._most:
            raise refusal(f"The body has more than {self._most:,} elements and attributes.", "range")
        element = Element(name, attributes)
        parent, children, _ = self._open[-1]
        children.append(element)
        parent.children = children
        self._open.append((element, [], []))

    def _end(self, name: str) -> None:
        del name
        element, _, texts = self._open.pop()
        element.text = "".join(texts)

    def _take(self, text: str) -> None:
        self._open[-1][2].append(text)

    def _declare(self, *declared: Any) -> None:
        del declared
        place = f"line {self.expat.CurrentLineNumber}, column {self.expat.CurrentColumnNumber + 1}"
        raise refusal(f"The body declares a document type at {place}; that is not taken.")


_Groups = dict[str, list[Element]]
"""The elements in another one, by name."""


def read(schemas: SchemaReader, schema: Any, content: bytes, most: int = MOST_VALUES) -> Any:
    """Read an XML document as a value of a schema, which is still to be held to it.

    `most` is how many elements and attributes are accepted.

    Raises:
        BadRequestError: it is no XML that is taken here, or what it has is called otherwise than the
            schema says.
    """
    return Coercion(schemas, schema, form=True)(_Reader(schemas).whole(schema, parse(content, most)))


class _Reader:
    """Puts elements into objects, arrays and text, under the names that the schema has for them."""

    def __init__(self, schemas: SchemaReader) -> None:
        self._schemas = schemas
        self._known: dict[int, tuple[Any, Mapping[str, Any]]] = {}

    def _said(self, schema: Any) -> Mapping[str, Any]:
        """What `xml` says of a schema, read once for all the elements that have it."""
        known = self._known.get(id(schema))
        if known is None:
            # The schema is kept: its id must not be given to another one.
            known = self._known[id(schema)] = (schema, said_of(self._schemas, schema))
        return known[1]

    def whole(self, schema: Any, element: Element) -> Any:
        """The value of the outermost element, whose name matters where the schema gives it one."""
        named = self._said(schema).get("name")
        if isinstance(named, str) and local(named) != element.name:
            raise refusal(f"The outermost element is <{element.name}>; expected is <{named}>.", "xml")
        return self._value(schema, element, "")

    def _value(self, schema: Any, element: Element, pointer: str) -> Any:
        types = self._schemas.types(schema)
        if element.is_nil:
            return None
        if "array" in types and "object" not in types:
            return self._list(schema, element.children, pointer)
        is_object = bool(element.children or (element.attributes and (not types or "object" in types)))
        is_empty = not element.text.strip()
        if is_object and types and not is_empty:
            raise refusal(f"<{element.name}> has text beside what else it has.", "xml", pointer)
        if is_object or (is_empty and types == {"object"}):
            return self._object(schema, element, pointer)
        if not types or "string" in types:
            return element.text
        text = element.text.strip()
        return None if text in {"", "null"} and self._is_nullable(schema) else text

    def _list(self, schema: Any, elements: Sequence[Element], pointer: str) -> list[Any]:
        items = self._schemas.items(schema)
        return [
            self._value(items, entry, pointers.join([number], pointer))
            for number, entry in enumerate(elements)
        ]

    def _object(self, schema: Any, element: Element, pointer: str) -> dict[str, Any]:
        groups: _Groups = {}
        for child in element.children:
            groups.setdefault(child.name, []).append(child)
        attributes = dict(element.attributes)
        properties = self._schemas.properties(schema)
        value: dict[str, Any] = {}
        for name, own in properties.items():
            said, place = self._said(own), pointers.join([name], pointer)
            called = local(str(said.get("name") or name_of(name)))
            if said.get("attribute") is True:
                if called in attributes:
                    value[name] = attributes.pop(called)
            elif self._schemas.types(own) == {"array"}:
                self._take_list(value, name, own, groups, place)
            elif called in groups:
                value[name] = self._one(own, groups.pop(called), place)
        self._add_empty_lists(schema, properties, value)
        return value | self._others(schema, properties, groups, attributes, pointer)

    def _one(self, schema: Any, elements: list[Element], pointer: str) -> Any:
        """A value; several where one may be are an array, which its schema then refuses."""
        values = [self._value(schema, entry, pointer) for entry in elements]
        return values[0] if len(values) == 1 else values

    def _take_list(
        self, value: dict[str, Any], name: str, schema: Any, groups: _Groups, pointer: str
    ) -> None:
        """Take an array: what stands in the element that wraps it, or elements side by side."""
        said = self._said(schema)
        called = local(str(said.get("name") or name_of(name)))
        if said.get("wrapped") is True:
            around = groups.pop(called, None)
            if around is not None:
                inside = [entry for wrapping in around for entry in wrapping.children]
                value[name] = self._list(schema, inside, pointer)
            return
        items = self._said(self._schemas.items(schema)).get("name")
        names = [local(str(items))] if items else [name_of(name), called]
        found = next((one for one in names if one in groups), None)
        if found is not None:
            value[name] = self._list(schema, groups.pop(found), pointer)

    def _add_empty_lists(self, schema: Any, properties: Mapping[str, Any], value: dict[str, Any]) -> None:
        """An array that is required and has no elements is empty: no elements is how that is written."""
        for part in self._schemas.parts(schema):
            for name in part.get("required") or ():
                own = properties.get(name, True)
                is_array = self._schemas.types(own) == {"array"}
                if name not in value and is_array and self._said(own).get("wrapped") is not True:
                    value[name] = []

    def _others(
        self,
        schema: Any,
        properties: Mapping[str, Any],
        groups: _Groups,
        attributes: Mapping[str, str],
        pointer: str,
    ) -> dict[str, Any]:
        """What the schema does not name, under its own name."""
        for name in (*groups, *attributes):
            if name in properties:
                reason = f"{name} is written otherwise: its `xml` says how."
                raise refusal(reason, "xml", pointers.join([name], pointer))
        rest = self._schemas.rest(schema)
        others = {
            name: self._one(rest, found, pointers.join([name], pointer)) for name, found in groups.items()
        }
        return {**attributes, **others}

    def _is_nullable(self, schema: Any) -> bool:
        parts = self._schemas.parts(schema)
        return any(part.get("nullable") is True or part.get("x-nullable") is True for part in parts)
