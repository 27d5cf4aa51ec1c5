import gc
import os
import subprocess
import sys
from datetime import UTC, datetime
from types import FunctionType, ModuleType
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.generation.test_values_schemas import ROOT, Json, schemas

from mockserver.errors import ConfigurationError, MockserverError
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.generation.nodes.object_nodes import ObjectNode
from mockserver.openapi.schema.validators import SchemaCompiler

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RECORD = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "email": {"type": "string", "format": "email"},
        "createdAt": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "sku": {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"},
    },
}


def generator(root: Json | None = None, *, seed: int = 1, locale: str = "en_US") -> ValueGenerator:
    """A generator at the tests' moment."""
    root = ROOT if root is None else root
    return ValueGenerator(root, SchemaCompiler(root), seed=seed, locale=locale, now=NOW)


@given(schemas(), st.integers(0, 2**32))
def test_a_value_fits_its_schema_or_is_refused(schema: Json, seed: int) -> None:
    """The validator agrees, or an error says that there is no value."""
    try:
        value = generator(seed=seed).value(schema, key=("x", 1))
    except UnsatisfiableSchemaError:
        # Branches that overlap wholly are the one way in which a random schema contradicts itself.
        assert "oneOf" in str(schema)
        return

    assert SchemaCompiler(ROOT).compile(schema, "response").is_valid(value)


@given(schemas(), st.integers(0, 2**32))
def test_the_same_seed_and_key_give_the_same_bytes(schema: Json, seed: int) -> None:
    """Two generators that know nothing of each other agree."""

    def once() -> bytes:
        try:
            return orjson.dumps(generator(seed=seed).value(schema, key=("x",)))
        except UnsatisfiableSchemaError as error:
            return str(error).encode()

    assert once() == once()


@given(st.permutations(range(6)))
def test_values_do_not_depend_on_the_order_in_which_they_are_asked_for(order: list[int]) -> None:
    """Nothing is left behind by a value that was made before."""
    inverse = generator()
    expected = {number: inverse.value(RECORD, key=("r", number)) for number in range(6)}
    shuffled = generator()

    found = {number: shuffled.value(RECORD, key=("r", number)) for number in order}

    assert found == expected


def test_distinct_keys_give_distinct_values() -> None:
    """Two hundred records are two hundred different ones, nearly all persons among them, too."""
    values = generator()

    texts = {orjson.dumps(values.value(RECORD, key=("r", number))) for number in range(200)}
    emails = {values.value(RECORD, key=("r", number))["email"] for number in range(200)}

    assert len(texts) == 200
    assert len(emails) > 190


def test_another_seed_gives_another_value() -> None:
    """A seed handed in with the call stands for the generator's own."""
    first = generator(seed=1).value(RECORD, key=("r",))

    assert generator(seed=2).value(RECORD, key=("r",)) != first
    assert generator(seed=2).value(RECORD, key=("r",), seed=1) == first


@pytest.mark.slow
def test_processes_agree_whatever_their_hash_seed() -> None:
    """No set's or dictionary's order gets into a value."""
    program = (
        "import sys; sys.path[:0] = ['.', 'src']\n"
        "from tests.generation.test_values import RECORD, generator\n"
        "print(generator().value(RECORD, key=('r', 7)))"
    )

    def run(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert run("1") == run("2")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "string", "minLength": 5, "maxLength": 4},
        {"type": "string", "enum": []},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"type": "integer", "minimum": 1, "maximum": 2, "multipleOf": 7},
        {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 3},
        {"type": "array", "items": {}, "minItems": 10**9},
        {"type": "string", "minLength": 10**9},
    ],
)
def test_what_cannot_be_satisfied_is_refused_with_a_reason(schema: Json) -> None:
    """The error belongs to the product's tree and says what is wrong."""
    with pytest.raises(UnsatisfiableSchemaError) as caught:
        generator().value(schema, key=())

    assert caught.value.reason
    assert isinstance(caught.value, MockserverError)


@pytest.mark.parametrize("names", [["next"], ["left", "right"]])
def test_a_schema_that_requires_itself_is_refused_quickly(names: list[str]) -> None:
    """An endless value is noticed, one that doubles at each level as well."""
    properties = {name: {"$ref": "#/node"} for name in names}
    node: Json = {"type": "object", "required": names, "properties": properties}
    root = {**ROOT, "node": node}

    with pytest.raises(UnsatisfiableSchemaError):
        generator(root).value(node, key=())


def test_an_unknown_locale_is_named() -> None:
    """The error names the locale, when Faker is first needed."""
    with pytest.raises(ConfigurationError, match="xx_XX"):
        generator(locale="xx_XX").value({"type": "string"}, key=())


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "example": "as written"}, "as written"),
        ({"type": "integer", "default": 7}, 7),
        ({"type": "object", "example": {"a": 1}}, {"a": 1}),
    ],
)
def test_examples_come_first_unless_values_are_to_be_dynamic(schema: Json, expected: Any) -> None:
    """`example` and `default` are what the document's author would like to see."""
    values = generator()

    assert values.value(schema, key=()) == expected
    assert values.value(schema, key=(), dynamic=True) != expected


def test_an_example_that_breaks_its_schema_is_passed_over() -> None:
    """Bad examples are common and harm nobody."""
    value = generator().value({"type": "integer", "example": "seven"}, key=())

    assert isinstance(value, int)


def test_an_example_cannot_be_changed_through_a_value() -> None:
    """Values are copies."""
    schema: Json = {"type": "object", "example": {"a": [1]}}

    generator().value(schema, key=())["a"].append(2)

    assert generator().value(schema, key=()) == {"a": [1]}


def test_dynamic_texts_keep_the_form_of_the_example() -> None:
    """Digits change, all else stays."""
    schema = {"type": "string", "example": "CUST-00123"}

    values = {generator().value(schema, key=(number,), dynamic=True) for number in range(20)}

    assert len(values) > 15
    assert all(value.startswith("CUST-") and len(value) == 10 for value in values)


def _plans_of(owner: object) -> int:
    """The plans for objects that an object keeps alive."""
    found, waiting = {id(owner)}, [owner]
    plans = 0
    while waiting:
        one = waiting.pop()
        plans += isinstance(one, ObjectNode)
        for other in gc.get_referents(one):
            if id(other) not in found and not isinstance(other, type | ModuleType | FunctionType):
                found.add(id(other))
                waiting.append(other)
    return plans


def test_plans_that_were_given_back_are_made_again() -> None:
    """However many schemas there are, some plans are kept: values do not depend on which."""
    schemas = [{"type": "object", "properties": {f"p{number}": RECORD}} for number in range(8)]
    generous = generator()
    expected = [generous.value(schema, key=(number,)) for number, schema in enumerate(schemas)]
    frugal = ValueGenerator(ROOT, SchemaCompiler(ROOT), seed=1, now=NOW, most_plans=3)

    for _ in range(2):
        assert [frugal.value(schema, key=(number,)) for number, schema in enumerate(schemas)] == expected
    assert _plans_of(frugal) <= 3
    assert _plans_of(generous) >= 8
