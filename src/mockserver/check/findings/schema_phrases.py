"""Texts for what a schema keyword requires."""

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.check.target.http_messages import MISSING

_SHOWN = 160
_ARTICLES = {"integer": "an integer", "object": "an object", "array": "a list", "null": "null"}
_LENGTHY = {
    "oneOf": "a value that exactly one of the schemas allows",
    "anyOf": "a value that one of the schemas allows",
    "allOf": "a value that all of the schemas allow",
    "not": "a value that the schema does not rule out",
    "additionalProperties": "the documented properties and no others",
    "unevaluatedProperties": "the documented properties and no others",
    "uniqueItems": "a list in which nothing comes twice",
}


def asked_for(keyword: str, demanded: Any, show: Callable[[Any], str]) -> str:
    """Describe the value that a keyword requires.

    Args:
        keyword: the name of the schema keyword.
        demanded: the value of the keyword; `MISSING` if unknown.
        show: formats a value.
    """
    if keyword in _LENGTHY:
        return _LENGTHY[keyword]
    if demanded is MISSING:
        return keyword
    words = _WORDS.get(keyword)
    text = f"{keyword}: {show(demanded)}" if words is None else words(demanded, show)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _kinds(demanded: Any, _: Callable[[Any], str]) -> str:
    names = demanded if isinstance(demanded, list) else [demanded]
    return " or ".join(_ARTICLES.get(name, f"a {name}") for name in map(str, names))


def _choices(demanded: Any, show: Callable[[Any], str]) -> str:
    if not isinstance(demanded, list) or not demanded:
        return show(demanded)
    return show(demanded[0]) if len(demanded) == 1 else "one of " + ", ".join(map(show, demanded))


def _names(demanded: Any, _: Callable[[Any], str]) -> str:
    return "an object with " + ", ".join(map(str, demanded))


def _text(pattern: str) -> Callable[[Any, Callable[[Any], str]], str]:
    return lambda demanded, show: pattern.format(demanded if isinstance(demanded, str) else show(demanded))


_WORDS: Mapping[str, Callable[[Any, Callable[[Any], str]], str]] = {
    "type": _kinds,
    "enum": _choices,
    "const": lambda demanded, show: show(demanded),
    "required": _names,
    "format": _text("text that is a {}"),
    "pattern": _text("text that matches {}"),
    "minLength": _text("text of at least {} characters"),
    "maxLength": _text("text of at most {} characters"),
    "minimum": _text("a number of at least {}"),
    "maximum": _text("a number of at most {}"),
    "exclusiveMinimum": _text("a number above {}"),
    "exclusiveMaximum": _text("a number below {}"),
    "multipleOf": _text("a multiple of {}"),
    "minItems": _text("a list of at least {} entries"),
    "maxItems": _text("a list of at most {} entries"),
}
