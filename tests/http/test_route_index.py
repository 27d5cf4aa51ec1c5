"""The index of routes finds what a plain reading of the templates finds."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import MethodNotAllowedError, PathNotFoundError
from mockserver.http.router import Router

SEGMENTS = ["a", "b", "a%2Fb", "{x}", "{y}", "{x}.json", ""]
PATHS = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
ASKED = st.lists(
    st.sampled_from(["a", "b", "a%2Fb", "a%2fb", "c", "c.json", "%61", ""]), min_size=1, max_size=4
)


def _index(paths: list[str]) -> Router:
    index = Router()
    for path in paths:
        index.add("GET", path, "", f"api.{path}")
    return index


def _reads(template: str, path: str) -> bool:
    """Whether a path is one of a template's, segment by segment."""
    ours, theirs = template.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(map(_fits, ours, map(unquote, theirs)))


def _fits(segment: str, value: str) -> bool:
    parts = re.split(r"\{\w+\}", unquote(segment))
    return re.fullmatch("(.+)".join(map(re.escape, parts)), value, re.DOTALL) is not None


@given(st.lists(PATHS, min_size=1, max_size=6), ASKED.map(lambda parts: "/" + "/".join(parts)))
def test_a_path_is_found_when_a_template_has_it(templates: list[str], path: str) -> None:
    """And the one that is found has it, with values for its names."""
    index = _index(templates)

    if any(_reads(template, path) for template in templates):
        route, values = index.find("GET", path)
        assert _reads(route.path, path)
        assert set(values) == set(route.names)
        assert all(value in unquote(path) for value in values.values())
    else:
        with pytest.raises(PathNotFoundError):
            index.find("GET", path)


def test_what_is_fixed_comes_before_what_is_templated() -> None:
    """Whichever was added first (OpenAPI 4.7.8)."""
    index = _index(["/a/{x}", "/a/b", "/a/{x}/c", "/a/b/c"])

    assert index.find("GET", "/a/b")[0].path == "/a/b"
    assert index.find("GET", "/a/c") == (index.find("GET", "/a/d")[0], {"x": "c"})
    assert index.find("GET", "/a/b/c")[0].path == "/a/b/c"


def test_a_slash_inside_of_a_segment_does_not_part_it() -> None:
    """Percent-encoded, in the document or in the request."""
    index = _index(["/a%2Fb/{x}"])

    assert index.find("GET", "/a%2Fb/1")[1] == {"x": "1"}
    with pytest.raises(PathNotFoundError):
        index.find("GET", "/a/b/1")


def test_an_operation_that_is_added_later_is_found() -> None:
    """What has been looked up before does not stand in its way."""
    index = _index(["/a/{x}"])
    index.find("GET", "/a/b")
    index.add("GET", "/a/b", "", "api.later")
    index.add("POST", "/a/b/c", "", "api.deeper")

    assert index.find("GET", "/a/b")[0].key[1] == "later"
    assert index.find("POST", "/a/b/c")[0].key[1] == "deeper"
    with pytest.raises(MethodNotAllowedError):
        index.find("PUT", "/a/b")


@pytest.mark.parametrize(
    ("template", "path", "values"),
    [
        ("/map/{lon}/{lat}.{format}", "/map/1.5/86.25.png", {"lon": "1.5", "lat": "86.25", "format": "png"}),
        ("/files/{name}.{format}", "/files/report.v2.json", {"name": "report.v2", "format": "json"}),
        ("/{resource}:{verb}", "/a:b:cancel", {"resource": "a:b", "verb": "cancel"}),
    ],
)
def test_the_last_separator_of_a_segment_separates(template: str, path: str, values: dict[str, str]) -> None:
    """A number has a decimal point, and a file's name has dots before the one of its format."""
    assert _index([template]).find("GET", path)[1] == values
