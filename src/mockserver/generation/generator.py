"""Generate a valid value for any schema of a document, the same for the same seed and key."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from mockserver.errors import MockserverError
from mockserver.generation.by_name.locale_words import lexicon
from mockserver.generation.generation_context import Attempt, DeadEndError, GenerationContext, SchemaPosition
from mockserver.generation.node_compiler import MOST_PLANS, NodeCompiler
from mockserver.generation.nodes.object_nodes import UNMADE, FlatObject
from mockserver.generation.nodes.scalar_nodes import Node
from mockserver.generation.seeds import derive
from mockserver.openapi import pointers
from mockserver.openapi.names import snake_case
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.validators import Checker, Direction, SchemaCompiler


class UnsatisfiableSchemaError(MockserverError):
    """No value was found that matches a schema.

    Attributes:
        pointer: a JSON pointer into the best attempt.
        reason: what is wrong there.
    """

    def __init__(self, pointer: str, reason: str) -> None:
        self.pointer = pointer
        self.reason = reason
        super().__init__(f"no value matches the schema{f' at {pointer}' if pointer else ''}: {reason}")


class ValueGenerator:
    """Generates values for the schemas of one document."""

    def __init__(
        self,
        root: Mapping[str, Any],
        compiler: SchemaCompiler,
        *,
        seed: int,
        locale: str = "en_US",
        now: datetime,
        most_plans: int = MOST_PLANS,
    ) -> None:
        """`now` is the reference time of timestamps; at most `most_plans` plans are kept per direction."""
        #: The reference time of timestamps.
        self.now = now
        self._compiler = compiler
        self._seed = seed
        self._lexicon = lexicon(locale)
        self._planners: Mapping[Direction, NodeCompiler] = {
            "request": NodeCompiler(compiler, "request", most_plans),
            "response": NodeCompiler(compiler, "response", most_plans),
        }
        self._flat: dict[tuple[int, str], tuple[Schema, FlatObject | None]] = {}

    def value(
        self,
        schema: Schema,
        *,
        key: tuple[str | int, ...],
        direction: Direction = "response",
        dynamic: bool = False,
        name: str = "",
        seed: int | None = None,
    ) -> Any:
        """Generate a value.

        Args:
            schema: a schema of the document, the same object.
            key: identifies the value (resource, id …): another key gives another value.
            direction: requests have no read-only properties, responses no write-only ones.
            dynamic: whether examples and defaults in the schema are ignored.
            name: the name of the value (a parameter or resource), if it is meaningful.
            seed: used in place of the generator's own.

        Raises:
            UnsatisfiableSchemaError: no value was found that matches the schema.
            KeyError: a reference leads nowhere; its argument is the reference.
            ValueError: it is not a schema; the text explains why.
        """
        checker = self._compiler.compile(schema, direction)
        number = derive(self._seed if seed is None else seed, *key)
        try:
            plan = self._planners[direction].plan((schema,), SchemaPosition(words=snake_case(name)))
        except DeadEndError as dead_end:
            raise UnsatisfiableSchemaError("", str(dead_end)) from None
        return self._first_that_fits(plan, number, checker, dynamic=dynamic)

    def some(
        self, schema: Schema, wanted: Collection[str], *, key: tuple[str | int, ...], name: str = ""
    ) -> dict[str, Any] | None:
        """Generate only the wanted properties of an object, the same as `value` does; others are `UNMADE`.

        None when that is not possible: the properties depend on each other.
        """
        known = self._flat.get((id(schema), name))
        if known is None:
            # The schema is kept alive: otherwise its id could be reused.
            known = self._flat[id(schema), name] = (schema, self._flat_object(schema, name))
        flat = known[1]
        if flat is None:
            return None
        if not wanted and flat.is_certain:
            return dict.fromkeys(flat.names, UNMADE)
        number = derive(self._seed, *key)
        draw = GenerationContext(self._lexicon, self.now, number, _WAYS[0], dynamic=False)
        return flat.make(draw, number, wanted)

    def _flat_object(self, schema: Schema, name: str) -> FlatObject | None:
        try:
            return self._planners["response"].flat(schema, SchemaPosition(words=snake_case(name)))
        except (DeadEndError, KeyError, ValueError):
            return None

    def _first_that_fits(self, plan: Node, number: int, checker: Checker, *, dynamic: bool) -> Any:
        error = UnsatisfiableSchemaError("", "it allows nothing")
        for value in self._attempts(plan, number, checker, dynamic=dynamic):
            if isinstance(value, UnsatisfiableSchemaError):
                error = value
            elif checker.is_valid(value):
                return value
            else:
                violation = checker.violations(value, "response", 1)[0]
                error = UnsatisfiableSchemaError(violation.pointer, violation.message)
        raise error

    def _attempts(self, plan: Node, number: int, checker: Checker, *, dynamic: bool) -> Iterator[Any]:
        """Candidate values, the most complete first; an error for each attempt that failed."""
        for attempt, way in enumerate(_WAYS):
            draw = GenerationContext(self._lexicon, self.now, number, way, dynamic=dynamic or way.fresh)
            try:
                value = plan.make(draw, derive(number, attempt) if way.fresh else number)
            except DeadEndError as dead_end:
                yield UnsatisfiableSchemaError("", str(dead_end))
            else:
                yield prune(value, checker) if way.pruned else value


_WAYS = (
    Attempt(agreed=True),
    Attempt(agreed=True, careful=True),
    Attempt(careful=True),
    Attempt(careful=True, fresh=True),
    Attempt(careful=True, fresh=True, pruned=True),
    Attempt(careful=True, fresh=True, lean=True),
    Attempt(careful=True, fresh=True, lean=True, pruned=True),
)


_ROUNDS = 12


def prune(value: Any, checker: Checker) -> Any:
    """Remove parts that violate the schema, the innermost first; the value may stay invalid."""
    for _ in range(_ROUNDS):
        violations = checker.violations(value, "response")
        if not violations:
            break
        # From the last: removing an element shifts those after it.
        removed = [_remove(value, violation.pointer) for violation in reversed(violations)]
        if not any(removed):
            break
    return value


def _remove(value: Any, pointer: str) -> bool:
    tokens = pointers.split(pointer)
    if not tokens:
        return False
    parent = value
    try:
        for token in tokens[:-1]:
            parent = parent[int(token)] if isinstance(parent, list) else parent[token]
        if isinstance(parent, list):
            del parent[int(tokens[-1])]
        else:
            del parent[tokens[-1]]
    except (KeyError, IndexError, ValueError, TypeError):  # a parent was removed before
        return False
    return True
