"""YAML as JSON means it, and files that would take the machine."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import DocumentError
from mockserver.openapi.reading import document_files
from mockserver.openapi.reading.plain_yaml import YamlError, read_yaml
from mockserver.openapi.reading.source_lines import duplicate_keys, lines_in

_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 2020-01-01", {"a": "2020-01-01"}),
        ("a: no", {"a": "no"}),
        ("a: True", {"a": True}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: ''", {"a": ""}),
        ("200: ok", {"200": "ok"}),
        ("true: ok", {"true": "ok"}),
        ("a: 012", {"a": "012"}),
        ("a: 0x1F", {"a": 31}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 1e3", {"a": 1000.0}),
        ("a: -1.5", {"a": -1.5}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: .inf", {"a": ".inf"}),
        ("a: !!str 1", {"a": "1"}),
        ("a: '1'", {"a": "1"}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}", {"a": {"b": 1, "c": 2}, "d": {"b": 3, "c": 2}}),
        ("- a\n- - b", ["a", ["b"]]),
        ("", None),
        ("# nothing", None),
        ("text", "text"),
        ("a: |\n  b\n  c\n", {"a": "b\nc\n"}),
    ],
)
def test_yaml_means_what_json_can_say(text: str, value: Any) -> None:
    """Dates and `no` are text, keys are text, and what looks like octal is no number."""
    found = read_yaml(text.encode())

    assert found == value
    assert type(found) is type(value)


@given(_PLAIN)
def test_what_pyyaml_writes_is_read_as_it_was(value: Any) -> None:
    """Any plain value, with quotes where they are needed."""
    written = yaml.safe_dump(value, allow_unicode=True, default_style='"')

    assert read_yaml(written.encode()) == value


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: [", 1, None),
        ("a: 1\nb: *gone", 2, "no anchor"),
        ("a: &x [*x]", 1, "refers to a value that contains it"),
        ("? [a]\n: 1", 1, "a key must be text"),
        ("a: 1\n---\nb: 2", 2, "a second document"),
        ("a: " + "[" * 300, 1, "nested"),
        ("a: " + "[" * 100_000, 1, "nested"),
        ("\n".join(" " * depth + "a:" for depth in range(1_000)), 251, "nested"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, line: int, reason: str | None) -> None:
    """However deep it is nested: that must not take the process down."""
    with pytest.raises(YamlError, match=reason) as caught:
        read_yaml(text.encode())

    assert abs((caught.value.line or 0) - line) <= 1


def test_aliases_that_mean_gigabytes_are_refused(tmp_path: Path) -> None:
    """Nine lines can mean a billion values."""
    names = "abcdefghi"
    lines = ["a: &a [" + ",".join("x" * 9) + "]"]
    lines += [
        f"{name}: &{name} [{','.join(['*' + before] * 9)}]" for before, name in itertools.pairwise(names)
    ]

    with pytest.raises(DocumentError, match="more than"):
        document_files.parse("\n".join(lines).encode(), tmp_path / "bomb.yaml")


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": 1,\n "b": {\n  "c": [\n   1,\n   {"d/e": 2}\n]}}',
        b"a: 1\nb:\n\n  c:\n   - 1\n   - d/e: 2\n",
    ],
)
def test_lines_are_found_by_pointer(content: bytes) -> None:
    """In JSON and YAML, and of the nearest thing above when nothing stands there."""
    found = lines_in(content, ["/b", "/b/c/1/d~1e", "/b/c/9", "/gone", ""])

    is_json = content[:1] == b"{"
    assert found == {
        "/b": 2,
        "/b/c/1/d~1e": 5 if is_json else 6,
        "/b/c/9": 3 if is_json else 4,
        "/gone": 1,
        "": 1,
    }


@pytest.mark.parametrize("content", [b'{"a": {"b": 1, "c": 2, "b": 3}}', b"a: {b: 1, c: 2, b: 3}"])
def test_keys_that_stand_twice_are_found(content: bytes) -> None:
    """The later one counts, which is seldom what is meant."""
    assert list(duplicate_keys(content)) == [("/a/b", 1)]
