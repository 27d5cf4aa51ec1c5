"""What lists are asked for in other ways than by the name of a property: filters as text, ranges, words."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.resources.explanation import explain

TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
NUMBER = {"type": "number"}
ISSUE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "title": TEXT,
        "state": {"type": "string", "enum": ["open", "closed"]},
        "size": {"type": "integer"},
        "labels": {"type": "array", "items": TEXT},
        "customer": {"type": "object", "properties": {"id": TEXT, "name": TEXT}},
        "opened": MOMENT,
        "created": {"type": "integer"},
        "updatedAt": MOMENT,
    },
}
ISSUES: list[dict[str, Any]] = [
    {
        "title": "a tea pot",
        "state": "open",
        "size": 1,
        "labels": ["x"],
        "customer": {"id": "7", "name": "Ann"},
    },
    {"title": "b it's red", "state": "closed", "size": 2, "labels": ["x", "y"]},
    {"title": "c pot, blue", "state": "closed", "size": 3, "labels": ["y"]},
]
MOMENTS = ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+03:00", "2026-02-01T00:00:00Z"]
BOUNDS = {"type": "object", "properties": dict.fromkeys(("gt", "gte", "lt", "lte"), NUMBER)}


def issues(folder: Path, *parameters: Any) -> Any:
    """A mock with three issues, a to c."""
    listing = {"parameters": list(parameters), **answering({"type": "array", "items": ISSUE})}
    creating = {**taking(ISSUE), **answering(ISSUE, "201")}
    deleting = {"parameters": [parameter("id", "path", type="integer")], **answering(ISSUE)}
    item = {"get": deleting, "delete": deleting}
    call = mock({"paths": {"/issues": {"get": listing, "post": creating}, "/issues/{id}": item}}, folder)
    for number in range(1, 11):
        call("DELETE", f"/issues/{number}")
    for issue, opened in zip(ISSUES, MOMENTS, strict=True):
        call("POST", "/issues", {**issue, "opened": opened, "created": int(issue["size"]) * 1000})
    return call


def shown(answer: Any) -> str:
    """The first letters of the titles in a list."""
    return "".join(issue["title"][0] for issue in answer.json)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=all", "abc"),
        ("state=closed", "bc"),
        ("label=y", "bc"),
        ("labels=y,z", "bc"),
        ("customer_id=7", "a"),
        ("created[gte]=2000", "bc"),
        ("created[gt]=1000&created[lt]=3000", "b"),
        ("opened_before=2025-12-31T23:30:00Z", "b"),
        ("opened_after=2026-01-01", "ac"),
        ("since=2026-03-01T00:00:00Z", "abc"),
        ("since=2026-04-01T00:00:00Z", ""),
        ("sort=size_desc", "cba"),
        ("sort=oldest", "abc"),
        ("sort=newest", "cba"),
    ],
)
def test_a_parameter_is_understood_by_what_it_means(tmp_path: Path, query: str, expected: str) -> None:
    """`all`, ranges in brackets, one of a list, the id of what is shown whole, moments of any zone."""
    call = issues(
        tmp_path,
        parameter("state", type="string", enum=["open", "closed", "all"]),
        *(parameter(name) for name in ("label", "labels", "customer_id", "sort")),
        {"name": "created", "in": "query", "style": "deepObject", "explode": True, "schema": BOUNDS},
        *(parameter(name, **MOMENT) for name in ("opened_before", "since")),
        parameter("opened_after", type="string", format="date"),
    )

    assert shown(call("GET", f"/issues?{query.replace('+', '%2B')}")) == expected


def test_records_are_listed_by_their_ids(tmp_path: Path) -> None:
    """In an open world any id is there until it is deleted: a list that is asked for ids shows them."""
    call = issues(tmp_path, parameter("ids"))
    call("DELETE", "/issues/78")

    assert [issue["id"] for issue in call("GET", "/issues?ids=77,78,79").json] == [77, 79]
    assert call("GET", "/issues?ids=77").json == [call("GET", "/issues/77").json]
    assert shown(call("GET", "/issues")) == "abc"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("size gt 1", "bc"),
        ("size ge 2 and state eq 'closed'", "bc"),
        ("size eq 1 or (size eq 3 and not (state eq 'open'))", "ac"),
        ("contains(title,'pot')", "ac"),
        ("startswith(title, 'b') eq true", "b"),
        ("title eq 'b it''s red'", "b"),
        ("size in (1, 2)", "ab"),
        ("opened lt 2026-01-01T00:00:00Z", "b"),
        ("customer/name eq 'Ann'", "a"),
        ("size >= 2 AND state = closed", "bc"),
        ('state="closed" size<3', "b"),
        ("NOT state = closed", "a"),
        ("labels:x", "ab"),
        ("state==closed;size=gt=2", "c"),
        ("size==1,size==2", "ab"),
        ("customer eq null", "bc"),
    ],
)
def test_a_filter_in_text_is_read(tmp_path: Path, written: str, expected: str) -> None:
    """As OData, Google and RSQL write it."""
    call = issues(tmp_path, parameter("$filter"))

    assert shown(call("GET", "/issues?%24filter=" + _quoted(written))) == expected


@pytest.mark.parametrize("written", ["nonsense", "colour eq 'red'", "size gt", "(" * 400, "size eq 1)", "'"])
def test_a_filter_that_nobody_understands_leaves_nothing_out(tmp_path: Path, written: str) -> None:
    """Better all than none: the list is there to look at."""
    call = issues(tmp_path, parameter("filter"))

    assert shown(call("GET", "/issues?filter=" + _quoted(written))) == "abc"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("pot", "ac"),
        ("blue pot", "c"),
        ("state:closed pot", "c"),
        ("state:'closed' AND size>2", "c"),
        ("zzz", ""),
    ],
)
def test_a_search_finds_words_and_what_they_qualify(tmp_path: Path, written: str, expected: str) -> None:
    """Each word counts wherever it stands; `state:closed` is a property's value."""
    call = issues(tmp_path, parameter("q"))

    assert shown(call("GET", "/issues?q=" + _quoted(written))) == expected


def test_attributes_are_filtered_and_sorted_by(tmp_path: Path) -> None:
    """JSON:API keeps in `attributes` what its parameters name without them."""
    attributes = {"type": "object", "properties": {"title": TEXT, "state": TEXT}}
    article = {
        "type": "object",
        "required": ["id", "attributes"],
        "properties": {"id": TEXT, "type": TEXT, "attributes": attributes},
    }
    body = {"type": "object", "properties": {"data": {"type": "array", "items": article}}}
    one = {"type": "object", "properties": {"data": article}}
    queries = [parameter("filter[state]"), parameter("sort")]
    listing = {"parameters": queries, **answering(body)}
    reading = {"parameters": [parameter("id", "path")], **answering(one)}
    sent = {"type": "object", "properties": {"attributes": attributes}}
    creating = {**taking({"type": "object", "properties": {"data": sent}}), **answering(one, "201")}
    call = mock(
        {"paths": {"/articles": {"get": listing, "post": creating}, "/articles/{id}": {"get": reading}}},
        tmp_path,
    )
    for title in ("0", "00"):
        call("POST", "/articles", {"data": {"attributes": {"title": title, "state": "new!"}}})

    def titles(query: str) -> list[str]:
        return [entry["attributes"]["title"] for entry in call("GET", f"/articles?{query}").json["data"]]

    assert titles("filter[state]=new!") == ["0", "00"]
    assert titles("filter[state]=new!&sort=-title") == ["00", "0"]
    assert titles("sort=title")[:2] == ["0", "00"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fields=state", {"id", "title", "state"}),
        ("fields=state,size", {"id", "title", "state", "size"}),
        ("%24select=size", {"id", "title", "size"}),
        ("fields=items(id)", None),
        ("", None),
    ],
)
def test_the_fields_that_are_named_are_shown(tmp_path: Path, query: str, expected: set[str] | None) -> None:
    """With those that must be there; all where that is not understood."""
    queries = [parameter("fields"), {**parameter("$select", type="array", items=TEXT), "explode": False}]
    paths: dict[str, Any] = {}
    for name, schema in (("fields", ISSUE), ("select", {**ISSUE, "title": "Issue"})):
        asked = [entry for entry in queries if name in entry["name"]]
        reading = {"parameters": [parameter("id", "path", type="integer"), *asked], **answering(schema)}
        listing = {"parameters": asked, **answering({"type": "array", "items": schema})}
        paths |= {f"/{name}": {"get": listing}, f"/{name}/{{id}}": {"get": reading}}
    call = mock({"paths": paths}, tmp_path)
    path = "/select" if "select" in query else "/fields"

    whole = set(call("GET", path).json[0])
    assert set(call("GET", f"{path}?{query}").json[0]) == (expected or whole)
    one = call("GET", path).json[0]["id"]
    assert set(call("GET", f"{path}/{one}?{query}").json) == (expected or whole)


def test_clearing_by_a_filter_that_nobody_understands_clears_nothing(tmp_path: Path) -> None:
    """What may leave records out is not passed over where records go."""
    listing = answering({"type": "array", "items": ISSUE})
    clearing = {"parameters": [parameter("filter")], "responses": {"204": {"description": ""}}}
    item = {"get": {"parameters": [parameter("id", "path", type="integer")], **answering(ISSUE)}}
    call = mock({"paths": {"/issues": {"get": listing, "delete": clearing}, "/issues/{id}": item}}, tmp_path)
    before = call("GET", "/issues").json

    call("DELETE", "/issues?filter=nonsense")
    assert call("GET", "/issues").json == before
    call("DELETE", "/issues?filter=" + _quoted(f"id eq {before[0]['id']}"))
    assert call("GET", "/issues").json == before[1:]


def test_explaining_a_list_says_what_each_parameter_does(tmp_path: Path) -> None:
    """Also which ones do nothing, where no guess is sensible."""
    queries = [parameter(name) for name in ("state", "q", "sort", "include")]
    others = [
        parameter("page", type="integer"),
        parameter("filter", type="string", enum=["latest", "all"]),
        parameter("before", **MOMENT),
        parameter("fields"),
    ]
    listing = {
        "parameters": [*queries, *others],
        **answering({"type": "array", "items": ISSUE}),
    }
    item = {"get": {"parameters": [parameter("id", "path", type="integer")], **answering(ISSUE)}}
    paths = {"/issues": {"get": listing}, "/issues/{id}": item}
    service = build_mock({"paths": paths}, tmp_path).services["api"]

    told = next(iter(explain(service.document, {}, service.fallback))).answer

    parts = "filtered by state, q, before; sorted by sort; paged by page; fields by fields"
    assert told == f"list of issues; {parts}; ignores include, filter"


def _quoted(written: str) -> str:
    return quote(written, safe="")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("until=2026-03-03", "12"),
        ("until=2026-03-02", "1"),
        ("until=2026-03-03T12:00:00Z", "1"),
        ("before=2026-03-03", "1"),
    ],
)
def test_a_day_as_the_last_of_a_range_includes_the_day(tmp_path: Path, query: str, expected: str) -> None:
    """`until` a day has what begins in its evening; `before` has not."""
    meeting = {
        "type": "object",
        "required": ["id", "startsAt"],
        "properties": {"id": {"type": "integer"}, "startsAt": {"type": "string", "format": "date-time"}},
    }
    bounds = [parameter(name, type="string", format="date") for name in ("until", "before")]
    if "T" in query:
        bounds = [parameter("until", type="string", format="date-time")]
    get = {**answering({"type": "array", "items": meeting}), "parameters": bounds}
    post = {**taking(meeting), **answering(meeting, "201")}
    item = {
        "parameters": [parameter("id", "path", type="integer")],
        "delete": {"responses": {"204": {"description": ""}}},
    }
    call = mock({"paths": {"/meetings": {"get": get, "post": post}, "/meetings/{id}": item}}, tmp_path)
    for shown in call("GET", "/meetings").json:
        call("DELETE", f"/meetings/{shown['id']}")
    moments = ("2026-03-02T09:00:00Z", "2026-03-03T18:30:00Z", "2026-03-04T00:00:00Z")
    for moment, number in zip(moments, (1, 2, 3), strict=True):
        call("POST", "/meetings", {"id": number, "startsAt": moment})
    assert "".join(str(one["id"]) for one in call("GET", f"/meetings?{query}").json) == expected
