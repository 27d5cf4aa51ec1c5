"""Choose a generator for a value by its property's name: the first matching rule of a table."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from mockserver.generation.by_name import property_vocabulary, text_values
from mockserver.generation.generation_context import Maker, SchemaPosition, head
from mockserver.lazy_pattern import LazyPattern

JsonType = Literal["string", "integer", "number", "boolean"]

_TABLES: Mapping[JsonType, tuple[property_vocabulary.NameRule, ...]] = {
    "string": property_vocabulary.STRINGS,
    "number": (*property_vocabulary.NUMBERS, *property_vocabulary.INTEGERS),
    "integer": (*property_vocabulary.INTEGERS, *property_vocabulary.NUMBERS[:2]),
    "boolean": (),
}
_DEFAULTS: Mapping[JsonType, Maker] = {
    "string": text_values.plain,
    "number": text_values.decimal(1, 1000),
    "integer": text_values.between(1, 1000),
    "boolean": text_values.flag,
}


def choose(kind: JsonType, spot: SchemaPosition) -> tuple[Maker, SchemaPosition]:
    """The generator for a position, and the position with the part of the name before the rule's match."""
    owner = "person" if spot.siblings & property_vocabulary.PERSONAL else head(spot.subject)
    for rule in _TABLES[kind]:
        match = rule.name.search(spot.words)
        if match is None or (rule.owner and not _is_of(rule.owner, spot.words[: match.start()], owner)):
            continue
        if rule.siblings and not rule.siblings & spot.siblings:
            continue
        if rule.described is None or rule.described.search(spot.description):
            return rule.maker, replace(spot, about=spot.words[: match.start()].strip("_"))
    if kind == "string":
        for described, maker in property_vocabulary.DESCRIBED:
            if described.search(spot.description):
                return maker, spot
        for rule in property_vocabulary.LAST:
            if rule.name.search(spot.words):
                return rule.maker, replace(spot, about=spot.words)
    return _DEFAULTS[kind], spot


def _is_of(rule: LazyPattern, about: str, owner: str) -> bool:
    """Whether the owner, or the prefix before the name, is the noun that the rule is about."""
    return rule.search(head(about) if about else owner) is not None


def is_named(kind: JsonType, spot: SchemaPosition) -> bool:
    """Whether the name or the description determines the value."""
    return choose(kind, spot)[0] is not _DEFAULTS[kind]
