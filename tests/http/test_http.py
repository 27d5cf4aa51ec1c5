"""HTTP as browsers and clients want it: HEAD, OPTIONS, CORS, our own pages."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from tests.http.calling import Caller, finish
from tests.http.mocks import Mocks, document, echo, operation
from tests.http.records import APPOINTMENT, CANCEL, CITA, OVERRIDE, RESERVATION

from mockserver.app import Application

SITE = "https://shop.example"
NOSNIFF = ("x-content-type-options", "nosniff")


@pytest.mark.parametrize(
    ("target", "methods"),
    [(APPOINTMENT, "PATCH, POST"), (CANCEL, "POST"), (RESERVATION, "DELETE"), (CITA, "PUT")],
)
def test_a_preflight_is_granted(call: Caller, target: str, methods: str) -> None:
    """Without a token, as browsers send it: the methods of the path, and the headers that were asked for."""
    wanted = {
        "origin": SITE,
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization,x-mock-session",
    }

    answer = call("OPTIONS", target, headers=wanted)

    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("access-control-allow-origin") == SITE
    assert answer.header("access-control-allow-credentials") == "true"
    assert set((answer.header("access-control-allow-methods") or "").split(", ")) == {
        *methods.split(", "),
        "OPTIONS",
    }
    assert answer.header("access-control-allow-headers") == "authorization,x-mock-session"
    assert "Origin" in (answer.header("vary") or "")


def test_a_page_on_the_internet_may_reach_a_mock_on_this_machine(call: Caller) -> None:
    """Browsers that ask for it before (Private Network Access) are told so; of others it is not mentioned."""
    wanted = {"origin": SITE, "access-control-request-method": "PATCH"}
    asking = {**wanted, "access-control-request-private-network": "true"}
    name = "access-control-allow-private-network"

    assert call("OPTIONS", APPOINTMENT, headers=asking).header(name) == "true"
    assert call("OPTIONS", APPOINTMENT, headers=wanted).header(name) is None


def test_options_without_a_browser_says_what_is_allowed(call: Caller) -> None:
    """And nothing of CORS."""
    answer = call("OPTIONS", APPOINTMENT)

    assert (answer.status, answer.headers) == (204, (("allow", "OPTIONS, PATCH, POST"), NOSNIFF))


def test_options_may_ask_the_server_as_a_whole(call: Caller) -> None:
    """RFC 9110 9.3.7: `*` is no path, and any server answers it."""
    answer = call("OPTIONS", "*")

    assert (answer.status, answer.headers, answer.body) == (204, (NOSNIFF,), b"")


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("PATCH", APPOINTMENT, 200),
        ("POST", CANCEL, 400),
        ("PUT", CITA, 403),
        ("GET", APPOINTMENT, 405),
        ("GET", "/nowhere", 404),
        ("OPTIONS", "/nowhere", 404),
        ("DELETE", RESERVATION, 401),
    ],
)
def test_a_page_may_read_every_answer(call: Caller, method: str, target: str, status: int) -> None:
    """The refusals, too: a developer has to see them."""
    answer = call.as_("agent-token" if "v1" in target else "medico-token")(
        method, target, headers={"origin": SITE}
    )

    assert answer.status == status
    assert answer.header("access-control-allow-origin") == SITE
    assert "WWW-Authenticate" in (answer.header("access-control-expose-headers") or "")


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("Host", ("mock.test", "other.test"), 400),
        ("X-Mock-Session", ("a", "b"), 400),
        ("Content-Type", ("application/json", "text/plain"), 415),
        ("Accept", ("text/plain", "application/json"), 200),
        ("Prefer", ("wait=1", "respond-async"), 200),
    ],
)
def test_a_header_that_stands_twice_is_a_list_where_it_may_be_one(
    call: Caller, name: str, values: tuple[str, str], status: int
) -> None:
    """And where it may not, it is refused: nothing is taken for the last of several (RFC 9110 5.3)."""
    fields = [(name, value) for value in values]

    answer = call.as_("agent-token")("PATCH", APPOINTMENT, content=b"{}", headers=fields)

    assert answer.status == status


def test_a_page_may_read_that_its_session_has_a_bad_name(call: Caller) -> None:
    """It would see a network error otherwise."""
    answer = call("PATCH", APPOINTMENT, headers={"origin": SITE, "x-mock-session": "!"})

    assert (answer.status, answer.header("access-control-allow-origin")) == (400, SITE)


def test_without_an_origin_nothing_is_said_of_it(call: Caller) -> None:
    """CORS is for browsers."""
    assert not [
        name for name, _ in call.as_("agent-token")("PATCH", APPOINTMENT).headers if "access-control" in name
    ]


def test_head_is_get_without_its_body(mocks: Mocks) -> None:
    """With the same header fields (RFC 9110 section 9.3.2)."""
    call = mocks.call(document({"/x": {"get": operation()}}), handlers={"op": echo()})

    get, head = call("GET", "/x"), call("HEAD", "/x")

    assert (get.status, get.body) == (200, b"{}")
    assert (head.status, head.headers, head.body) == (200, get.headers, b"")
    assert call("OPTIONS", "/x").header("allow") == "GET, HEAD, OPTIONS"


def test_a_document_may_have_head_and_options_of_its_own(mocks: Mocks) -> None:
    """Then they are operations like any other, but for a browser's preflight."""
    paths = {"/x": {"options": operation("options"), "get": operation("get"), "head": operation("head")}}
    call = mocks.call(document(paths), handlers={"options": echo(), "get": echo(), "head": echo()})

    assert (call("OPTIONS", "/x").status, call("OPTIONS", "/x").body) == (200, b"{}")
    assert (call("HEAD", "/x").status, call("HEAD", "/x").body) == (200, b"")
    assert call("POST", "/x").header("allow") == "GET, HEAD, OPTIONS"


def test_the_front_page_links_each_api(call: Caller) -> None:
    """Titles, operations and Swagger UI."""
    page = call("GET", "/")

    assert (page.status, page.header("content-type")) == (200, "text/html; charset=utf-8")
    for link in re.findall(r'href="([^"]+)"', page.body.decode()):
        if "__ui" in link:
            assert call("GET", link).status == 200
    for text in ("SQOD API", "Reservations API", "Citas API", "cancelarCita", APPOINTMENT[:20]):
        assert text in page.body.decode()
    assert len(re.findall(rb'href="/__ui/[^"]+/"', page.body)) == 3


@pytest.mark.parametrize("name", ["sqod", "reservations", "citas"])
def test_swagger_ui_is_served_with_the_document(call: Caller, name: str) -> None:
    """Every file that its page names is there, and the document points to this server."""
    page = call("GET", f"/__ui/{name}/")

    for file in re.findall(r'(?:href|src)="([^"]+)"', page.body.decode()):
        assert call("GET", f"/__ui/{name}/{file}").status == 200
    served = call("GET", f"/__ui/{name}/openapi.json").json
    assert (served["openapi"], served["servers"]) == ("3.0.3", [{"url": "/"}])
    assert call("GET", f"/__ui/{name}").header("location") == f"/__ui/{name}/"


def test_pages_stay_in_the_session_that_their_path_names(call: Caller) -> None:
    """From the front page to Swagger UI, and in what it calls."""
    call = call.in_(None)
    links = re.findall(r'href="([^"]+__ui[^"]+/)"', call("GET", "/~mine/").body.decode())

    assert links == [f"/~mine/__ui/{name}/" for name in ("citas", "reservations", "sqod")]
    assert call("GET", "/~mine/__ui/sqod").header("location") == "/~mine/__ui/sqod/"
    assert call("GET", "/~mine/__ui/sqod/openapi.json").json["servers"] == [{"url": "/~mine"}]


@pytest.mark.parametrize(
    "path",
    [
        "/__ui/",
        "/__ui/nothing/",
        "/__ui/sqod/nothing.js",
        "/__ui/sqod/../sqod.py",
        "/__ui/sqod/..",
        "/__",
        "/__x",
    ],
)
def test_nothing_else_is_served(call: Caller, path: str) -> None:
    """No file but Swagger UI's own."""
    assert call("GET", path).status == 404


def test_a_title_is_no_markup(mocks: Mocks) -> None:
    """What a document says is text on our pages."""
    content = document({"/x": {"get": operation("<b>")}})
    content["info"]["title"] = "<script>alert(1)</script>"
    call = mocks.call(content)

    for page in ("/", "/__ui/shop/"):
        assert b"<script>alert" not in call("GET", page).body
        assert b"&lt;script&gt;" in call("GET", page).body


def test_a_document_may_have_the_root_path(mocks: Mocks) -> None:
    """Then the front page gives way."""
    assert (
        mocks.call(document({"/": {"get": operation()}}), handlers={"op": echo()})("GET", "/").body == b"{}"
    )


def test_a_base_path_is_in_front_of_every_path(mocks: Mocks) -> None:
    """The path of the first server, its variables put in."""
    servers = [
        {"url": "https://{host}/api/{v}/", "variables": {"v": {"default": "v2"}, "host": {"default": "h"}}}
    ]
    call = mocks.call(document({"/x": {"get": operation()}}, servers=servers), handlers={"op": echo()})

    assert (call("GET", "/api/v2/x").status, call("GET", "/x").status, call("GET", "/api/v2").status) == (
        200,
        404,
        404,
    )


def test_a_lifespan_is_completed(own: Application) -> None:
    """Servers that ask are answered."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(finish(own.asgi({"type": "lifespan"}, receive, send)))

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_page_can_post_the_override(call: Caller) -> None:
    """The form a browser sends, from another site, with credentials."""
    headers = {"origin": SITE, "authorization": "Bearer agent-token"}
    answer = call(
        "POST",
        OVERRIDE,
        content=b"status=late",
        media_type="application/x-www-form-urlencoded",
        headers=headers,
    )

    assert (answer.status, answer.header("access-control-allow-credentials")) == (200, "true")


def test_the_usual_address_of_a_document_leads_to_it(mocks: Mocks) -> None:
    """`/openapi.json` redirects to where the front page links it, in the session of the path."""
    call = mocks.call(document({"/x": {"get": operation()}}))
    [linked] = re.findall(r'href="([^"]+openapi\.json)"', call("GET", "/").body.decode())

    answer = call("GET", "/openapi.json")
    assert (answer.status, answer.header("location")) == (307, linked)
    assert call("GET", linked).json["info"]["title"] == "Shop"
    assert call("GET", "/~mine/openapi.json").header("location") == f"/~mine{linked}"


def test_the_usual_address_lists_several_documents(call: Caller) -> None:
    """There is no telling which is meant."""
    answer = call("GET", "/openapi.json")

    assert answer.status == 300
    assert list(answer.json["documents"]) == ["citas", "reservations", "sqod"]
    assert call("GET", answer.json["documents"]["sqod"]).json["openapi"] == "3.0.3"


def test_a_documented_path_comes_before_the_address_of_the_document(mocks: Mocks) -> None:
    """An API may document `/openapi.json` itself."""
    call = mocks.call(document({"/openapi.json": {"get": operation()}}), handlers={"op": echo()})

    assert call("GET", "/openapi.json").body == b"{}"
