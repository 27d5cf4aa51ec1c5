"""What a value looks like by the name of its property: a table, the first row that fits decides."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from mockserver.data.values import texts, vocabulary
from mockserver.data.values.drawing import Maker, Spot, head

Kind = Literal["string", "integer", "number", "boolean"]

_TABLES: Mapping[Kind, tuple[vocabulary.Rule, ...]] = {
    "string": vocabulary.STRINGS,
    "number": (*vocabulary.NUMBERS, *vocabulary.INTEGERS),
    "integer": (*vocabulary.INTEGERS, *vocabulary.NUMBERS[:2]),
    "boolean": (),
}
_DEFAULTS: Mapping[Kind, Maker] = {
    "string": texts.plain,
    "number": texts.decimal(1, 1000),
    "integer": texts.between(1, 1000),
    "boolean": texts.flag,
}


def choose(kind: Kind, spot: Spot) -> tuple[Maker, Spot]:
    """The maker for what stands at a spot, and the spot with what the maker did not use of its name."""
    owner = "person" if spot.siblings & vocabulary.PERSONAL else head(spot.subject)
    for rule in _TABLES[kind]:
        match = rule.name.search(spot.words)
        if match is None or (rule.owner and not _is_of(rule.owner, spot.words[: match.start()], owner)):
            continue
        if rule.beside and not rule.beside & spot.siblings:
            continue
        if rule.described is None or rule.described.search(spot.description):
            return rule.maker, replace(spot, about=spot.words[: match.start()].strip("_"))
    if kind == "string":
        for described, maker in vocabulary.DESCRIBED:
            if described.search(spot.description):
                return maker, spot
        for rule in vocabulary.LAST:
            if rule.name.search(spot.words):
                return rule.maker, replace(spot, about=spot.words)
    return _DEFAULTS[kind], spot


def _is_of(rule: re.Pattern[str], about: str, owner: str) -> bool:
    """Whether a rule about things of a kind is about the owner, or about what stands before the name."""
    return rule.search(head(about) if about else owner) is not None


def is_named(kind: Kind, spot: Spot) -> bool:
    """Whether the name or the description says what the value is."""
    return choose(kind, spot)[0] is not _DEFAULTS[kind]
