from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences, parse
from mockserver.errors import BadRequestError


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, NO_PREFERENCES),
        ("", NO_PREFERENCES),
        ("respond-async, wait=10", NO_PREFERENCES),
        ("code=404", Preferences(code=404)),
        ("code=404, example=NotFound", Preferences(code=404, example="NotFound")),
        ("code=404; example=NotFound", Preferences(code=404, example="NotFound")),
        ("CODE = 404", Preferences(code=404)),
        ("code=404, code=500", Preferences(code=404)),
        ('example="two words, quoted"', Preferences(example="two words, quoted")),
        (r'example="a \"b\""', Preferences(example='a "b"')),
        ("dynamic", Preferences(dynamic=True)),
        ("dynamic=False, seed=7, delay=250", Preferences(dynamic=False, seed=7, delay=250)),
        (",; ,code=201,,", Preferences(code=201)),
    ],
)
def test_preferences_are_read_as_people_write_them(header: str | None, expected: Preferences) -> None:
    """Commas and semicolons, any case, quotes, the first of equals, nothing unknown."""
    assert parse(header) == expected


@pytest.mark.parametrize(
    ("header", "allowed"),
    [
        ("code", "100 to 599"),
        ("code=4040", "100 to 599"),
        ("code=999", "100 to 599"),
        ("dynamic=maybe", "true or false"),
        ("seed=x", "whole number"),
        ("delay=-1", "milliseconds"),
        ("delay=99999999", "60000"),
        ("example=", "name of an example"),
    ],
)
def test_a_bad_value_is_refused_with_what_is_allowed(header: str, allowed: str) -> None:
    """The violation points to the header."""
    with pytest.raises(BadRequestError, match=allowed) as caught:
        parse(header)

    (violation,) = caught.value.violations
    assert (violation.location, violation.pointer) == ("header", "Prefer")


@given(
    st.builds(
        Preferences,
        code=st.none() | st.integers(100, 599),
        example=st.none() | st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1),
        dynamic=st.none() | st.booleans(),
        seed=st.none() | st.integers(0, 10**18 - 1),
        delay=st.none() | st.integers(0, 60_000),
    )
)
def test_what_was_applied_reads_as_what_was_preferred(preferences: Preferences) -> None:
    """`Preference-Applied` is written in the grammar of `Prefer`."""
    assert parse(preferences.applied()) == preferences


@given(st.text())
def test_no_header_breaks_the_reader(header: str) -> None:
    """It is read, or refused as a bad request."""
    with suppress(BadRequestError):
        parse(header)
