"""Generate objects and arrays, and choose between the branches of `oneOf` and `anyOf`."""

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

import orjson

from mockserver.generation.by_name import text_values
from mockserver.generation.consistency import Names, agree
from mockserver.generation.generation_context import LONGEST, DeadEndError, GenerationContext, SchemaPosition
from mockserver.generation.nodes.scalar_nodes import Node, is_certain, takes
from mockserver.generation.seeds import derive, derive_inside, encoded
from mockserver.openapi.schema.merged_schema import Shape

Check = Callable[[Any], bool]

_RETRIES = 60
_ID_RETRIES = 20
_EXTRA_KEYS = 2


class DeferredNode:
    """A node that is planned on first use, because schemas may be recursive."""

    __slots__ = ("_node", "_plan")

    def __init__(self, plan: Callable[[], Node]) -> None:
        self._plan = plan
        self._node: Node | None = None

    @property
    def node(self) -> Node:
        """The node itself."""
        if self._node is None:
            self._node = self._plan()
        return self._node


class ObjectNode:
    """Generates an object.

    The relevant parts of the shape are bound when it is planned: the properties, which of them are
    required, and the schema of further ones.
    """

    __slots__ = (
        "_further", "_most", "_names", "_parts", "_patterns", "bare", "fields", "heavy", "key", "least",
    )  # fmt: skip

    def __init__(
        self,
        shape: Shape,
        fields: Mapping[str, DeferredNode],
        further: DeferredNode | None,
        names: DeferredNode | None,
        patterns: tuple[tuple[Node, DeferredNode], ...],
        key: tuple[Any, ...],
        parts: Names | None = None,
    ) -> None:
        """`further` generates the values of unnamed properties, None if they are not allowed.

        `parts` has the roles of properties that are made consistent; None when nothing is.

        `names` generates the names of unnamed properties if the document restricts them; `patterns` are the
        names and values of `patternProperties`.
        """
        required = set(shape.required)
        self.fields = [(name, name in required, later, encoded(name)) for name, later in fields.items()]
        self.fields += [
            (name, True, further, encoded(name))
            for name in shape.required
            if name not in fields and further is not None
        ]
        self._further = further if shape.rest or shape.min_properties > len(self.fields) else None
        self._parts = parts
        self._names = names
        self._patterns = patterns
        self.least = shape.min_properties
        self._most = shape.max_properties
        self.key = key
        self.heavy = True
        self.bare = not self.fields and self._further is None

    @property
    def is_open(self) -> bool:
        """Whether its properties can be generated in any number, and do not depend on each other."""
        return bool(self.fields) and not self.least and self._most is None and self._parts is None

    def make(self, draw: GenerationContext, number: int) -> dict[str, Any]:
        """See `Node.make`."""
        outer, entered = draw.scope, self.key not in draw.open
        draw.scope = number
        draw.left -= 1
        draw.open.add(self.key)
        draw.enter()
        try:
            result = self._named(draw, number)
            self._add(draw, number, result)
            if draw.agreed and self._parts is not None:
                agree(result, self._parts, EditableFields(self, result, draw))
        finally:
            draw.depth -= 1
            draw.scope = outer
            if entered:
                draw.open.discard(self.key)
        return result

    def _named(self, draw: GenerationContext, number: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        room = None if self._most is None else self._most - sum(required for _, required, *_ in self.fields)
        digits = b"%d" % number
        for name, required, later, written in self.fields:
            if not required:
                if draw.left < 0 or room == 0 or draw.lean:
                    continue
                node = later.node
                if node.heavy and (draw.tight or node.key in draw.open):
                    continue
                room = None if room is None else room - 1
            try:
                result[name] = later.node.make(draw, derive_inside(digits, written))
            except DeadEndError:
                if required:
                    raise
        return result

    def _add(self, draw: GenerationContext, number: int, result: dict[str, Any]) -> None:
        """Add unnamed properties, as many as the document requires."""
        wanted = self.least
        if not self.fields and not draw.tight and (self._patterns or self._further):
            wanted = max(wanted, _EXTRA_KEYS)
        if self._most is not None:
            wanted = min(wanted, self._most)
        for place in range(_RETRIES):
            if len(result) >= wanted:
                return
            name, node = self._next(draw, derive(number, "further", place), place)
            if name in result or (node.key in draw.open and node.heavy and self.least == 0):
                continue
            try:
                result[name] = node.make(draw, derive(number, name))
            except DeadEndError:
                if self.least:
                    raise
        if len(result) < self.least:
            raise DeadEndError(f"fewer than {self.least} properties could be found")

    def _next(self, draw: GenerationContext, number: int, place: int) -> tuple[str, Node]:
        if self._patterns:
            names, later = self._patterns[place % len(self._patterns)]
            return str(names.make(draw, number)), later.node
        if self._further is None:
            raise DeadEndError("too few properties are allowed")
        if self._names is not None:
            return str(self._names.node.make(draw, number)), self._further.node
        word = text_values.slug(draw, number, SchemaPosition()).split("-")[0]
        return (word if place < 2 * _EXTRA_KEYS else f"{word}{place}"), self._further.node


UNMADE = object()
"""In place of the values that `FlatObject` does not generate."""


class FlatField(NamedTuple):
    """A property of a `FlatObject`.

    Attributes:
        written: its name for `derive_inside`.
        check: tests its values; None when they are always valid.
    """

    name: str
    written: bytes
    node: Node
    check: Callable[[], Check] | None


class FlatObject(NamedTuple):
    """An object of scalars that do not depend on each other: each can be generated without the others."""

    names: tuple[str, ...]
    fields: tuple[FlatField, ...]
    key: tuple[Any, ...]
    is_certain: bool

    def make(self, draw: GenerationContext, number: int, wanted: Collection[str]) -> dict[str, Any] | None:
        """Generate the wanted properties, as `ObjectNode.make` would; the others are `UNMADE`.

        None when a property is invalid or cannot be generated: another attempt would change all.
        """
        draw.scope = number
        draw.open.add(self.key)
        draw.enter()
        digits = b"%d" % number
        result: dict[str, Any] = {}
        for name, written, node, check in self.fields:
            if check is None and name not in wanted:
                result[name] = UNMADE
                continue
            try:
                value = result[name] = node.make(draw, derive_inside(digits, written))
            except DeadEndError:
                return None
            if check is not None and not check()(value):
                return None
        return result


class EditableFields:
    """The changeable fields of one generated object; see `ObjectContext`."""

    __slots__ = ("_draw", "_object", "_result")

    def __init__(self, made: ObjectNode, result: Mapping[str, Any], draw: GenerationContext) -> None:
        self._object = made
        self._result = result
        self._draw = draw

    def takes(self, name: str, value: Any) -> bool:
        """Whether a property may have this value; values of examples are kept."""
        node = self._node(name)
        return node is not None and takes(node, value)

    def may_leave_out(self, name: str) -> bool:
        """Whether a property may be left out."""
        required = next((required for known, required, *_ in self._object.fields if known == name), True)
        return not required and len(self._result) > self._object.least and self._node(name) is not None

    def _node(self, name: str) -> Node | None:
        """The node that generated a property; None if its value is an example."""
        node = next((later.node for known, _, later, _ in self._object.fields if known == name), None)
        return node.behind(self._draw) if isinstance(node, ExampleNode) else node


class ArrayNode:
    """Generates an array."""

    __slots__ = (
        "_contained", "_item", "_least", "_most", "_prefix", "_special", "_unique", "bare", "heavy", "key",
    )  # fmt: skip

    def __init__(
        self,
        shape: Shape,
        prefix: tuple[DeferredNode, ...],
        item: DeferredNode,
        contained: DeferredNode,
        key: tuple[Any, ...],
    ) -> None:
        """`contained` generates the items that must match `contains`, which come first."""
        self._prefix = prefix
        self._item = item
        self._contained = contained
        self._special = shape.min_contains if shape.contains else 0
        self._least = max(
            shape.min_items,
            len(prefix) if not shape.max_items else 0,
            len(prefix) + self._special if shape.contains else 0,
        )
        self._most = shape.max_items
        self._unique = shape.unique
        self.key = key
        self.heavy = True
        self.bare = False

    def make(self, draw: GenerationContext, number: int) -> list[Any]:
        """See `Node.make`."""
        draw.left -= 1
        wanted = self._wanted(draw)
        result: list[Any] = []
        seen: set[bytes] = set()
        ids: set[Any] = set()
        draw.enter()
        dynamic, scope = draw.dynamic, draw.scope
        try:
            for place in range(wanted):
                self._append(draw, number, place, result, seen, ids)
                draw.dynamic = True  # only the first item uses examples, so that the others differ
        except DeadEndError:
            if len(result) < self._least:
                raise
        finally:
            draw.dynamic, draw.scope = dynamic, scope
            draw.depth -= 1
        return result

    def _wanted(self, draw: GenerationContext) -> int:
        usual = 3 if draw.depth < 2 else 2
        if draw.tight or (len(self._prefix) <= self._least < 1 and self._item.node.key in draw.open):
            usual = 0
        if self._least > LONGEST:
            raise DeadEndError(f"arrays of {self._least} items are not made")
        wanted = max(self._least, usual)
        return wanted if self._most is None else min(wanted, self._most)

    def _node(self, place: int) -> Node:
        if place < len(self._prefix):
            return self._prefix[place].node
        return (self._contained if place < len(self._prefix) + self._special else self._item).node

    def _append(
        self,
        draw: GenerationContext,
        number: int,
        place: int,
        result: list[Any],
        seen: set[bytes],
        ids: set[Any],
    ) -> None:
        """Add an item with a new id, and different from the others if items must be unique."""
        node = self._node(place)
        for attempt in range(_RETRIES):
            draw.scope = derive(number, place) + attempt
            value = node.make(draw, draw.scope)
            one = value.get("id") if isinstance(value, dict) else None
            if isinstance(one, str | int):
                if one in ids and attempt < _ID_RETRIES:
                    draw.dynamic = True
                    continue
                ids.add(one)
            if not self._unique:
                result.append(value)
                return
            draw.dynamic = True
            text = orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS)
            if text not in seen:
                seen.add(text)
                result.append(value)
                return
        raise DeadEndError("not enough different items could be found")


def _plain(value: Any) -> Any:
    """Normalise numbers for comparison: 1.0 is 1 (JSON Schema 2020-12 section 4.2.2)."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    return [_plain(entry) for entry in value] if isinstance(value, list) else value


class ChoiceNode:
    """Generates a value of one of several branches, each planned with the schema next to the choice."""

    __slots__ = ("_branches", "_check", "_left", "_properties_of_others", "bare", "heavy", "key")

    def __init__(
        self,
        branches: tuple[DeferredNode, ...],
        check: Callable[[], Check],
        properties_of_others: Callable[[int], tuple[str, ...]],
        key: tuple[Any, ...],
        left: int = 0,
    ) -> None:
        """`check` returns a test of whether a value matches exactly the allowed branches.

        `properties_of_others` returns the properties of other branches that a branch does not have;
        `left` is the number of choices that follow this one.
        """
        self._left = left
        self._branches = branches
        self._check = check
        self._properties_of_others = properties_of_others
        self.key = key
        self.heavy = False
        self.bare = False

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        error: DeadEndError | None = None
        made: list[tuple[int, Any]] = []
        for place, node in self._ordered(draw, number):
            try:
                value = node.make(draw, number)
            except DeadEndError as found:
                error = error or found
                continue
            if not draw.careful or self._check()(value):
                return value
            made.append((place, value))
        if not made:
            raise error or DeadEndError("no branch can be satisfied")
        return self._marked(made)

    def _ordered(self, draw: GenerationContext, number: int) -> list[tuple[int, Node]]:
        """Start with the branch for this number; empty or recursive branches come last."""
        nodes = []
        for place, later in enumerate(self._branches):
            try:
                nodes.append((place, later.node))
            except DeadEndError:
                continue
        # Consecutive choices must be independent.
        number = derive(number, self._left) if self._left else number
        first = number % len(nodes) if nodes else 0
        nodes = nodes[first:] + nodes[:first]
        nodes.sort(key=lambda entry: _reluctance(entry[1], draw))
        return nodes

    def _marked(self, made: list[tuple[int, Any]]) -> Any:
        """Make a value match only one branch, by adding properties that other branches refuse.

        Branches without required properties are common in `oneOf`; strictly, any object matches all of them,
        unless it has a property that the others refuse.
        """
        check = self._check()
        for place, value in made:
            if isinstance(value, dict):
                for junk in _JUNK:
                    marked = {**dict.fromkeys(self._properties_of_others(place), junk), **value}
                    if check(marked):
                        return marked
        return made[0][1]


_JUNK: tuple[Any, ...] = ("-", 0, False, [], {})


def _reluctance(node: Node, draw: GenerationContext) -> tuple[bool, bool, bool]:
    return (bool(node.key) and node.key in draw.open, draw.tight and node.heavy, node.bare)


class ExampleNode:
    """The first example of a schema that matches it, else a value of another node."""

    __slots__ = ("_check", "_examples", "_node", "_valid", "bare", "heavy", "key")

    def __init__(self, node: Node, examples: tuple[Any, ...], check: Callable[[], Check]) -> None:
        self._node = node
        self._examples = examples
        self._check = check
        self._valid: list[Any] | None = None
        self.key = node.key
        self.heavy = node.heavy
        self.bare = node.bare

    def is_certain(self, form: str | None) -> bool | None:
        """See `is_certain`."""
        return is_certain(self._node, form)

    def behind(self, draw: GenerationContext) -> Node | None:
        """The node that generates values in place of examples; None if an example is used."""
        return self._node if draw.dynamic or draw.lean or self._valid == [] else None

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        if draw.dynamic or draw.lean:
            return self._node.make(draw, number)
        if self._valid is None:
            check = self._check()
            self._valid = [example for example in self._examples if check(example)][:1]
        if not self._valid:
            return self._node.make(draw, number)
        draw.left -= 1
        example = self._valid[0]
        return deepcopy(example) if isinstance(example, dict | list) else example
