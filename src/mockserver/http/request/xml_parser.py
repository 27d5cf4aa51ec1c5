"""XML in: well-formed, without document types, and no deeper or longer than anybody means it."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.parsers import expat

from mockserver.errors import BadRequestError, Violation

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
