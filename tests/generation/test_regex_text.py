from random import Random

import jsonschema_rs
import pytest

from mockserver.generation.regex_text import PatternError, pattern


@pytest.mark.parametrize(
    "expression",
    [
        r"^[A-Z]{2}$",
        r"^\p{L}+$",
        r"^[\p{L}\d_-]{3,}$",
        r"^(?<year>\d{4})\/\d{2}$",
        r"^[^/]+$",
        r"abc",
        r"^(\+\d{1,3})?[ -]?\d{3}-\d{4}$",
        r"^[\w.+-]+@[\w-]+\.[\w.]+$",
        r"^([a-z]+)-\1$",
        r"^\u0041+$",
        r"^$|^[a-z]+$",
        r"^https?:\/\/.*",
        r"^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$",
        r"^(?:[01]\d|2[0-3]):[0-5]\d$",
        r"^\S+ \D\W?$",
        r"^.{3,5}?$",
        r"^(?!foo)[a-z]{4}$",
    ],
)
def test_what_is_written_matches(expression: str) -> None:
    """The validator's own engine agrees."""
    validator = jsonschema_rs.Draft202012Validator({"pattern": expression})
    random = Random(1)

    for _ in range(50):
        text = pattern(expression).write(random)
        assert validator.is_valid(text), text


@pytest.mark.parametrize(
    ("expression", "least", "most"),
    [
        (r"^[a-z]+$", 20, 20),
        (r"^\w+@\w+\.\w+$", 30, 32),
        (r"^(ab|cde)*$", 9, 12),
        (r"abc", 9, 9),
        (r"^.*$", 0, 3),
    ],
)
def test_what_is_written_keeps_its_length(expression: str, least: int, most: int) -> None:
    """As far as the expression allows."""
    random = Random(1)

    for _ in range(50):
        assert least <= len(pattern(expression).write(random, least, most)) <= most


@pytest.mark.parametrize("expression", ["(", "[a-z", "*", "(?P<", "a{5,2}", "^(a{60000}){60000}$"])
def test_what_cannot_be_read_is_refused(expression: str) -> None:
    """An error names it."""
    with pytest.raises(PatternError):
        pattern(expression)
