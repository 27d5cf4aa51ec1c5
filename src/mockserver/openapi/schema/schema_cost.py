"""Estimate the cost of schemas, and report those that are too expensive to serve.

A few lines of `oneOf` can double the cost with each level, until validation never ends.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mockserver.openapi import pointers

MAXIMUM = 1_000_000
"""Maximum number of schemas against which one value is validated."""
MOST_CHOICES = 20_000
"""Maximum number of branches, of nested choices, that are tried when a value is generated."""
MOST_LEVELS = 200
"""Maximum depth of nested combinations; chains of references do not count."""
_ONE = ("not", "if", "then", "else")
_CHOICES = ("anyOf", "oneOf")
_COMBINING = frozenset(("$ref", "allOf", *_ONE, *_CHOICES))


class _Cost(NamedTuple):
    """The cost of a schema: schemas to validate against, branches to try, and nesting levels."""

    looks: int = 1
    choices: int = 1
    levels: int = 0


_LEAST = _Cost()
_PLAIN = _Cost(levels=1)
"""The cost of a schema that combines no others: most schemas."""


class _Expense:
    """Computes the costs of the schemas of one document, each once."""

    def __init__(self, root: Any) -> None:
        self._root = root
        #: Costs by the identity of a schema; a recursive reference counts once.
        self._known: dict[int, _Cost] = {}
        self._targets: dict[str, Any] = {}

    def of(self, schema: Any) -> _Cost:
        """The cost of a schema."""
        stack: list[tuple[Any, bool]] = [(schema, False)]
        while stack:
            one, is_measured = stack.pop()
            if not isinstance(one, dict):
                continue
            if is_measured:
                self._known[id(one)] = self._measure(one)
            elif _COMBINING.isdisjoint(one):
                self._known[id(one)] = _PLAIN
            elif id(one) not in self._known:
                self._known[id(one)] = _LEAST
                stack += [(one, True), *((part, False) for part in self._together(one))]
                stack += [(part, False) for branches in _choices(one) for part in branches]
        return self._cost(schema)

    def _cost(self, schema: Any) -> _Cost:
        return self._known.get(id(schema), _LEAST)

    def _measure(self, schema: Mapping[str, Any]) -> _Cost:
        together = [self._cost(part) for part in self._together(schema)]
        looks = 1 + sum(cost.looks for cost in together)
        # Schemas that apply together are merged once, even if they are referenced several times.
        choices = max((cost.choices for cost in together), default=1)
        levels = max((cost.levels for cost in together), default=0)
        for branches in _choices(schema):
            measured = [self._cost(branch) for branch in branches]
            looks += sum(cost.looks for cost in measured)
            # Each branch is also compared with each other one.
            choices = max(choices, sum(cost.choices for cost in measured) + len(branches) ** 2 // 50)
            levels = max(levels, *(cost.levels for cost in measured), 0)
        levels += "$ref" not in schema
        return _Cost(min(looks, 2 * MAXIMUM), min(choices, 2 * MAXIMUM), levels)

    def _together(self, schema: Mapping[str, Any]) -> Iterator[Any]:
        """The schemas against which a value is validated together with this one."""
        reference = schema.get("$ref")
        # References out of the root are not counted: the validator has those documents already.
        target = self.target(reference) if isinstance(reference, str) else None
        if target is not None:
            yield target
        for name in _ONE:
            if name in schema:
                yield schema[name]
        if isinstance(schema.get("allOf"), list):
            yield from schema["allOf"]

    def target(self, reference: str) -> Any:
        """The target of a reference in the document, cached; None when it leads nowhere."""
        if reference not in self._targets:
            try:
                self._targets[reference] = pointers.resolve(self._root, reference)
            except KeyError:
                self._targets[reference] = None
        return self._targets[reference]

    def reason(self, schema: Any) -> str | None:
        """The reason why a schema is too expensive to serve; None when it is not."""
        cost = self.of(schema)
        if cost.levels > MOST_LEVELS:
            return f"it nests more than {MOST_LEVELS} combinations"
        if cost.looks > MAXIMUM:
            return f"a value would have to be validated against more than {MAXIMUM:,} schemas"
        if cost.choices > MOST_CHOICES:
            return f"a value would have to be tried with more than {MOST_CHOICES:,} branches of choices"
        return None


def _choices(schema: Mapping[str, Any]) -> list[list[Any]]:
    return [schema[name] for name in _CHOICES if isinstance(schema.get(name), list)]


def is_exorbitant(schema: Any) -> bool:
    """Whether validating one value with a converted schema needs more than a million steps."""
    expense = _Expense(schema)
    return any(expense.of(part).looks > MAXIMUM for part in _parts(schema))


def _parts(schema: Any) -> Iterator[Any]:
    """The schema, and its gathered definitions."""
    if isinstance(schema, Mapping):
        yield schema
        for key in ("definitions", "$defs"):
            yield from schema.get(key, {}).values()


class UnservableSchemas:
    """The schemas of one document that are too expensive to serve.

    The schemas that operations reach are measured once, when they are first reached. The whole document is
    only measured if one of them is too expensive.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._expense = _Expense(root)
        #: The ids of objects that were reached and can be served.
        self._cleared: set[int] = set()
        self._reasons: dict[int, str] | None = None

    def reason(self, part: Any) -> str | None:
        """The reason why a part of the document cannot be served, by the schemas it reaches; else None."""
        if self._reasons is None:
            if not any(map(self._reason, self._reached(part, self._cleared))):
                return None
            self._reasons = self._all_reasons()
        found = (self._reasons.get(id(node)) for node in self._reached(part, set()))
        return next((reason for reason in found if reason is not None), None)

    def _reason(self, node: Mapping[str, Any]) -> str | None:
        # The target of a reference is reached too.
        if _COMBINING.isdisjoint(node) or (len(node) == 1 and "$ref" in node):
            return None
        return self._expense.reason(node)

    def _all_reasons(self) -> dict[int, str]:
        """The reasons for all schemas in the document that cannot be served, by their ids."""
        nodes = self._reached(self._root, set(), into_references=False)
        return {id(node): reason for node in nodes if (reason := self._reason(node)) is not None}

    def _reached(
        self, value: Any, seen: set[int], *, into_references: bool = True
    ) -> Iterator[Mapping[str, Any]]:
        """Every object in a value that was not seen, each once; optionally also the targets of references."""
        waiting = [value]
        while waiting:
            node = waiting.pop()
            if type(node) is list:
                waiting.extend(node)
            elif isinstance(node, dict) and id(node) not in seen:
                seen.add(id(node))
                yield node
                reference = node.get("$ref") if into_references else None
                if isinstance(reference, str):
                    waiting.append(self._expense.target(reference))
                waiting.extend([inner for inner in node.values() if type(inner) is not str])
