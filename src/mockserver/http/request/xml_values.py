"""Parse XML into the value that its schema describes, using its `xml` objects (OpenAPI 4.7.26).

`behaviour/xml_writer` is the inverse.
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
# Attributes are counted once their tag is complete; until then this limits its length.
_LONGEST_TAG = 4 * _CHUNK
# Attributes with these prefixes are metadata, not part of the value.
_ABOUT = ("xmlns:", "xml:", "xsi:")


_NONE: Mapping[str, str] = {}


class Element:
    """An element by its local name; namespaces and prefixes are ignored.

    Attributes:
        text: its text, without that of child elements.
        is_nil: whether it is marked as null (`xsi:nil`).
    """

    __slots__ = ("attributes", "children", "is_nil", "name", "text")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = local(name)
        # Most elements have no attributes or no children; they share empty collections to save memory.
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
    """The error for an invalid body, with its position in the body."""
    return BadRequestError(reason, violations=[Violation("body", pointer, reason, keyword)])


def parse(content: bytes, most: int = _MAXIMUM_ELEMENTS) -> Element:
    """Parse an XML document of at most `most` elements and attributes.

    Raises:
        BadRequestError: it is not well-formed, declares a document type (which could define entity bombs), or
            is too deep or too long; the detail says where.
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
        raise refusal("The body is not XML: its encoding is unknown; send UTF-8.") from None
    return builder.top.children[0]


class _Builder:
    """Builds the tree of elements from expat's events."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._take
        self.expat.StartDoctypeDeclHandler = self._declare
        self.top = Element("", {})
        #: The open elements, each with its children and text so far.
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
        raise refusal(f"The body declares a document type at {place}, which is not allowed.")


_Groups = dict[str, list[Element]]
"""Child elements by name."""


def read(schemas: SchemaReader, schema: Any, content: bytes, most: int = MOST_VALUES) -> Any:
    """Parse an XML document into a value for a schema, which the caller still has to validate.

    `most` is the maximum number of elements and attributes.

    Raises:
        BadRequestError: it is not acceptable XML, or its element names differ from those of the schema.
    """
    return Coercion(schemas, schema, form=True)(_Reader(schemas).whole(schema, parse(content, most)))


class _Reader:
    """Converts elements to objects, arrays and text, named as in the schema."""

    def __init__(self, schemas: SchemaReader) -> None:
        self._schemas = schemas
        self._known: dict[int, tuple[Any, Mapping[str, Any]]] = {}

    def _said(self, schema: Any) -> Mapping[str, Any]:
        """The `xml` object of a schema, cached by schema."""
        known = self._known.get(id(schema))
        if known is None:
            # Keep a reference to the schema, so that no other object can get its id.
            known = self._known[id(schema)] = (schema, said_of(self._schemas, schema))
        return known[1]

    def whole(self, schema: Any, element: Element) -> Any:
        """The value of the root element, whose name must match if the schema defines one."""
        named = self._said(schema).get("name")
        if isinstance(named, str) and local(named) != element.name:
            raise refusal(f"The root element is <{element.name}>; expected is <{named}>.", "xml")
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
            raise refusal(f"<{element.name}> has text in addition to elements or attributes.", "xml", pointer)
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
        """A single value; repeated elements become an array, which validation then refuses."""
        values = [self._value(schema, entry, pointer) for entry in elements]
        return values[0] if len(values) == 1 else values

    def _take_list(
        self, value: dict[str, Any], name: str, schema: Any, groups: _Groups, pointer: str
    ) -> None:
        """Read an array: the children of its wrapper element, or repeated elements."""
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
        """Set required arrays without elements to empty lists: XML writes an empty array as nothing."""
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
        """Elements and attributes that the schema does not define, by name."""
        for name in (*groups, *attributes):
            if name in properties:
                reason = f"{name} is written in another way than the `xml` of its schema says."
                raise refusal(reason, "xml", pointers.join([name], pointer))
        rest = self._schemas.rest(schema)
        others = {
            name: self._one(rest, found, pointers.join([name], pointer)) for name, found in groups.items()
        }
        return {**attributes, **others}

    def _is_nullable(self, schema: Any) -> bool:
        parts = self._schemas.parts(schema)
        return any(part.get("nullable") is True or part.get("x-nullable") is True for part in parts)
