"""JSON in and out, held to Python's own reader and writer."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockserver.errors import BadRequestError
from mockserver.http.json_text import decode, encode
from mockserver.http.request.bracketed_names import Pairs, nest
from mockserver.openapi.schema.coercion import Coercion
from mockserver.openapi.schema.schema_reader import SchemaReader

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ['":', '"', "1" * 20, "\\"]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def _same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1 is not 1.0 and not True."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


@given(VALUES, st.booleans(), st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}]))
@example({"a": 1.0}, True, {})
@example([0.1234567890123456789, 12345678901234567890, 1e22, -0.0], True, {})
@example([0.1234567890123456789, 12345678901234567890, 1e22, -0.0], False, {"separators": (",", ":")})
def test_valid_json_is_read_as_python_reads_it(value: Any, ascii_only: bool, layout: dict[str, Any]) -> None:
    """However it is written."""
    text = json.dumps(value, ensure_ascii=ascii_only, **layout).encode()

    assert _same(decode(text), json.loads(text))


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    """Exactly; and it is JSON to others."""
    assert _same(decode(encode(value)), value)
    assert _same(json.loads(encode(value)), value)


@given(
    st.binary(max_size=40)
    | st.text(alphabet='{}[]":,0123456789.eE+-truefalsn \\u', max_size=40).map(str.encode)
)
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    """What Python's reader, kept to RFC 8259, does not read is refused; nothing else is raised."""

    def refuse(text: str) -> None:
        raise ValueError(text)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    try:
        expected = json.loads(content.decode("utf-8"), parse_constant=refuse, object_pairs_hook=unique)
        json.dumps(expected, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, AssertionError):
        with pytest.raises(BadRequestError):
            decode(content)
    else:
        assert _same(decode(content), expected)


@given(st.integers(1, 400), st.booleans())
def test_integers_are_exact_up_to_their_limit(digits: int, negative: bool) -> None:
    """Beyond it they are refused, not rounded."""
    number = int("9" * digits) * (-1 if negative else 1)
    content = b'{"a": %d}' % number

    if digits <= 308:
        assert decode(content) == {"a": number}
        assert decode(b"%d" % number) == number
    else:
        with pytest.raises(BadRequestError):
            decode(content)


@given(
    st.integers(0, 260),
    st.sampled_from(["[", '{"a":']),
    st.sampled_from(["1", '"x"', "12345678901234567890"]),
)
def test_depth_is_limited(depth: int, opening: str, inner: str) -> None:
    """200 levels, of arrays or objects, around anything."""
    closing = "]" if opening == "[" else "}"
    content = (opening * depth + inner + closing * depth).encode()

    if depth <= 200:
        decode(content)
    else:
        with pytest.raises(BadRequestError, match="200"):
            decode(content)


NAMES = st.text(st.characters(exclude_characters="[]", exclude_categories=["Cs"]), min_size=1, max_size=5)
FORM = st.dictionaries(
    NAMES,
    st.recursive(
        TEXTS,
        lambda inner: (
            st.lists(inner, min_size=1, max_size=12)
            | st.dictionaries(NAMES.filter(lambda name: not name.isdecimal()), inner, min_size=1, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


def _flatten(value: Any, name: str) -> Pairs:
    """Write a value as PHP's forms do."""
    if isinstance(value, str):
        return [(name, value)]
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return [pair for key, child in pairs for pair in _flatten(child, f"{name}[{key}]")]


@given(FORM, st.randoms(use_true_random=False))
def test_bracketed_names_nest_whatever_their_order(form: dict[str, Any], random: Any) -> None:
    """Taking a value apart and putting it together gives the value."""
    pairs = [pair for name, value in form.items() for pair in _flatten(value, name)]
    random.shuffle(pairs)

    assert nest(pairs) == form


@given(st.lists(st.tuples(st.text(alphabet="ab[]019", max_size=9), st.text(max_size=2)), max_size=8))
def test_whatever_the_names_they_nest_or_are_refused(pairs: Pairs) -> None:
    """Nothing else is raised, and no value is made up."""
    try:
        nested = nest(pairs)
    except BadRequestError:
        return
    leaves: list[Any] = []
    stack: list[Any] = [nested]
    while stack:
        value = stack.pop()
        if isinstance(value, dict | list):
            stack += value.values() if isinstance(value, dict) else value
        else:
            leaves.append(value)
    assert set(leaves) <= {value for _, value in pairs}


@given(st.sets(st.integers(0, 99), max_size=4), st.integers(0, 4))
def test_appending_never_overwrites(numbers: set[int], count: int) -> None:
    """Everything that is appended stands behind what has a number."""
    pairs: Pairs = [(f"a[{number}]", str(number)) for number in sorted(numbers)]
    pairs += [("a[]", f"new {number}") for number in range(count)]

    assert nest(pairs).get("a", []) == [value for _, value in pairs]


@given(st.integers(), st.booleans())
def test_text_is_read_as_the_type_that_the_schema_names(number: int, flag: bool) -> None:
    """And stays text where it cannot be read."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "b": {"type": "boolean"}, "s": {}}}
    text = {"n": str(number), "b": str(flag).lower(), "s": str(number)}

    assert Coercion(SchemaReader({}), schema)(text) == {"n": number, "b": flag, "s": str(number)}
    assert Coercion(SchemaReader({}), schema)({"n": "x", "b": "x"}) == {"n": "x", "b": "x"}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_exactly(number: float) -> None:
    """As they were written."""
    read = Coercion(SchemaReader({}), {"type": "number"})(repr(number))

    assert read == number
    assert math.copysign(1, read) == math.copysign(1, number) or number == 0


@pytest.mark.parametrize(
    ("text", "value"), [("86", 86), ("inf", "inf"), ("7.5", "7.5"), (["86", "inf"], [86, "inf"])]
)
def test_text_is_a_number_where_the_words_that_may_stand_are_others(text: Any, value: Any) -> None:
    """`anyOf` the word `inf` and a whole number, in lists too."""
    limit = {"anyOf": [{"type": "string", "enum": ["inf"]}, {"type": "integer"}]}
    schema = {"anyOf": [{"type": "array", "items": limit}, *limit["anyOf"]]}

    assert _same(Coercion(SchemaReader({}), schema, form=True)(text), value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 100_000, "nested more than 200 levels"),
        (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, "nested more than 200 levels"),
        (b'{"a": [1, -1e999]}', "out of range"),
        ('["\u00e9", 1e400]'.encode(), "out of range"),
        (b"1" * 500, "out of range"),
        (b'{"a" 1}', "The body is not JSON"),
        (b"[01]", "The body is not JSON"),
    ],
)
def test_a_refusal_names_the_limit_that_was_passed(content: bytes, said: str) -> None:
    """Whatever the reader of JSON calls it: its wording differs between versions."""
    with pytest.raises(BadRequestError) as caught:
        decode(content)

    assert said in str(caught.value)
