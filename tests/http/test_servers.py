"""Where operations are served: the document's servers, their own, and what variables make of both."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, operation


def _served(mocks: Mocks, servers: list[Any], *, path: Any = None, own: Any = None) -> Caller:
    item: dict[str, Any] = {"get": operation(**({} if own is None else {"servers": own}))}
    if path is not None:
        item["servers"] = path
    return mocks.call(document({"/x": item}, servers=servers))


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://api.test/v1", "/v1/x"),
        ("https://api.test/v1/", "/v1/x"),
        ("https://api.test", "/x"),
        ("/", "/x"),
        ("/v2", "/v2/x"),
        ("v2", "/v2/x"),
        ("./v2/", "/v2/x"),
        ("../v2", "/v2/x"),
        ("//api.test/v1", "/v1/x"),
        ("{scheme}://{host}:{port}/v1", "/v1/x"),
        ("http://[bad/v1", "/v1/x"),
        ("https://api.test/v1?key=1#top", "/v1/x"),
        ("https://api.test/a%20b", "/a%20b/x"),
        ("https://api.test/{tenant}", "/anything/x"),
    ],
)
def test_the_path_of_a_server_is_what_paths_stand_behind(mocks: Mocks, url: str, target: str) -> None:
    """Absolute or relative, with a host that may be a template."""
    assert _served(mocks, [{"url": url}])("GET", target).status == 200


def test_variables_are_their_defaults_and_whatever_enum_allows(mocks: Mocks) -> None:
    """A client of any documented version finds the operation."""
    server = {
        "url": "https://{region}.api.test/{version}/{lang}",
        "variables": {
            "region": {"default": "eu", "enum": ["eu", "us"]},
            "version": {"default": "v2", "enum": ["v1", "v2"]},
            "lang": {"default": "en"},
        },
    }
    call = _served(mocks, [server])

    assert [call("GET", f"/{at}/x").status for at in ("v2/en", "v1/en", "v3/en", "v2/de")] == [
        200,
        200,
        404,
        404,
    ]


@pytest.mark.parametrize(
    ("url", "default", "target"),
    [
        ("https://api.test{base}", "/sell/v1", "/sell/v1/x"),
        ("https://api.test{base}/more", "/sell/v1", "/sell/v1/more/x"),
        ("https://{base}/more", "api.test/sell/v1", "/sell/v1/more/x"),
        ("{base}/more", "https://api.test/sell/v1", "/sell/v1/more/x"),
        ("https://{base}/more", "api.test", "/more/x"),
    ],
)
def test_a_variable_may_bring_the_slash_that_begins_the_path(
    mocks: Mocks, url: str, default: str, target: str
) -> None:
    """The host ends where it ends once the variables are put in."""
    server = {"url": url, "variables": {"base": {"default": default}}}

    assert _served(mocks, [server])("GET", target).status == 200


def test_every_server_of_a_document_is_served(mocks: Mocks) -> None:
    """Which of them a client was made for does not matter."""
    call = _served(mocks, [{"url": "https://api.test/v1"}, {"url": "https://sandbox.test/sandbox/v1"}])

    assert [call("GET", path).status for path in ("/v1/x", "/sandbox/v1/x", "/x")] == [200, 200, 404]


def test_an_operation_s_servers_take_the_place_of_its_path_s_and_its_document_s(mocks: Mocks) -> None:
    """And a client that was made with the document's base URL alone is answered all the same."""
    servers = ([{"url": "/of-the-path"}], [{"url": "https://up.test/of-the-operation"}])
    call = _served(mocks, [{"url": "/v1"}], path=servers[0], own=servers[1])

    assert [call("GET", f"/{at}/x").status for at in ("of-the-operation", "v1", "of-the-path")] == [
        200,
        200,
        404,
    ]
    assert _served(mocks, [{"url": "/v1"}], path=servers[0])("GET", "/of-the-path/x").status == 200


def test_who_is_at_home_on_a_path_answers_there(mocks: Mocks) -> None:
    """Another operation's further place yields to it, and nobody is warned."""
    other = [{"url": "/other"}, {"url": "/home"}]
    paths = {
        "/x": {"get": operation("away", servers=other)},
        "/y": {"get": operation("home"), "post": operation("post", servers=other)},
    }
    application = mocks.build(document(paths, servers=[{"url": "/home"}]))
    call = Caller(application.asgi)

    assert [call("GET", path).status for path in ("/other/x", "/home/x", "/home/y")] == [200] * 3
    assert call("POST", "/other/y").status == 200
    assert not list(application.warnings())


def test_a_prefix_stands_in_front_of_operations_with_servers_of_their_own(mocks: Mocks) -> None:
    """Where the prefix is, there is the whole document."""
    content = document({"/x": {"get": operation(servers=[{"url": "/own"}])}}, servers=[{"url": "/v1"}])
    call = mocks.call(content, prefixes=("shop=/pre",))

    assert [call("GET", path).status for path in ("/pre/own/x", "/pre/v1/x", "/own/x")] == [200, 200, 404]


def test_the_location_of_what_is_created_is_where_it_can_be_read(mocks: Mocks) -> None:
    """Behind the base path of the document that the request had, not behind that of the operation alone."""
    thing = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer", "readOnly": True}},
    }
    content = {"application/json": {"schema": thing}}
    post = {
        "requestBody": {"content": content},
        "responses": {"201": {"description": "", "headers": {}, "content": content}},
        "servers": [{"url": "https://upload.test/upload"}],
    }
    get = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "responses": {"200": {"description": "", "content": content}},
    }
    call = mocks.call(
        document({"/things": {"post": post}, "/things/{id}": {"get": get}}, servers=[{"url": "/v1"}])
    )

    locations = [call("POST", f"/{base}/things", {}).header("location") or "" for base in ("upload", "v1")]

    assert [location.rpartition("/")[0] for location in locations] == ["/v1/things"] * 2
    assert [call("GET", location).status for location in locations] == [200, 200]


def test_swagger_ui_calls_the_mock_and_no_real_server(mocks: Mocks) -> None:
    """An operation's own servers are not in the document that the page reads."""
    real = [{"url": "https://real.test/v9"}]
    item = {"servers": real, "get": operation(servers=real)}
    call = mocks.call(document({"/x": item}, servers=[{"url": "https://real.test/v1"}]))

    answer = call("GET", "/__ui/shop/openapi.json")

    assert b"real.test" not in answer.body
    assert answer.json["servers"] == [{"url": "/v1"}]
