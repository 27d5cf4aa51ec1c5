"""Find the rules of a collection: a user writes them for `orders`, and the state has `customers.orders:7`."""

from collections.abc import Mapping
from functools import lru_cache

from mockserver.openapi.names import find_name
from mockserver.resources.plan import split_collection
from mockserver.state.collection_rules import CollectionRules

_REMEMBERED = 2_000


class RuleLookup:
    """The rules of one document's collections."""

    def __init__(self, rules: Mapping[str, CollectionRules]) -> None:
        self._rules = rules
        self._found = lru_cache(_REMEMBERED)(self._find)

    @property
    def names(self) -> frozenset[str]:
        """The collections that have rules."""
        return frozenset(self._rules)

    def __call__(self, collection: str) -> CollectionRules | None:
        """The rules of a collection; None when it has none."""
        return self._rules.get(collection) or self._found(collection)

    def name_for(self, collection: str) -> str | None:
        """The name under which a collection's rules are written; None when it has none."""
        if collection.startswith("~"):
            return None
        resource = split_collection(collection)[0]
        word = resource.rpartition(".")[2]
        return find_name(resource, self._rules) or find_name(word, self._rules)

    def _find(self, collection: str) -> CollectionRules | None:
        name = self.name_for(collection)
        return None if name is None else self._rules[name]
