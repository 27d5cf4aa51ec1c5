"""What a browser is told about answers, so that no page acts with the origin of the mock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.admin.desks import Desk
from tests.conftest import NOW
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document, operation
from tests.proxy.rig import Rig
from tests.resources.mocking import build_mock

from mockserver.app import build
from mockserver.behaviour.backend import Backend, Response
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock

SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-downloads"
TOKEN = "the-token"
RUN = [
    *("text/html", "TEXT/HTML", "text/html; charset=utf-8", "application/xhtml+xml", "image/svg+xml"),
    *("text/xml", "application/xml", "application/atom+xml; type=feed", "text/xsl", "text/rdf"),
    *("multipart/x-mixed-replace; boundary=a", "multipart/related", "message/rfc822", "text/html;"),
    *("application/mathml+xml", "application/vnd.stranger", "text/plain, text/html", "text/x-unheard-of"),
]
NOT_RUN = [
    *("application/json", "application/problem+json", "application/vnd.api+json; a=b", "text/plain"),
    *("image/png", "application/pdf", "text/csv", "application/octet-stream", "audio/ogg", "text/javascript"),
]


@pytest.fixture
def desk() -> Desk:
    """The bundled APIs and their admin API."""
    return Desk(build(Settings()), FrozenClock(NOW), [])


@pytest.fixture
def mocks(tmp_path: Path) -> Mocks:
    """Mocks with handlers of the test."""
    return Mocks(tmp_path)


def _policies(answer: Answer) -> list[str]:
    return [value for name, value in answer.headers if name == "content-security-policy"]


def _is_sniffed(answer: Answer) -> bool:
    return [value for name, value in answer.headers if name == "x-content-type-options"] != ["nosniff"]


def _document(media_type: str, status: str = "200", **response: Any) -> dict[str, Any]:
    content = {media_type: {"example": "<script>1</script>"}}
    responses = {status: {"description": "", "content": content, **response}}
    return {"paths": {"/page": {"get": {"responses": responses}}}}


@pytest.mark.parametrize("media_type", RUN)
@pytest.mark.parametrize("status", ["200", "400", "503"])
def test_what_a_browser_runs_is_put_in_a_sandbox(tmp_path: Path, media_type: str, status: str) -> None:
    """Whatever the status, however the media type is written."""
    call = Caller(build_mock(_document(media_type, status), tmp_path).asgi)

    answer = call("GET", "/page", headers={"prefer": f"code={status}"})

    assert (answer.status, _policies(answer)) == (int(status), [SANDBOX])
    assert not _is_sniffed(answer)


@pytest.mark.parametrize("media_type", NOT_RUN)
def test_what_no_browser_runs_is_left_as_it_is(tmp_path: Path, media_type: str) -> None:
    """But for what keeps it from being taken for something else."""
    answer = Caller(build_mock(_document(media_type), tmp_path).asgi)("GET", "/page")

    assert (answer.status, _policies(answer)) == (200, [])
    assert not _is_sniffed(answer)


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/page", {}, 200),
        ("/nowhere", {}, 404),
        ("/page?x", {"prefer": "code=418"}, 400),
        ("/page", {"x-mock-session": "no name"}, 400),
        ("/page", {"service-worker": "script"}, 403),
        ("/__nothing", {}, 404),
    ],
)
@pytest.mark.parametrize("origin", [None, "http://elsewhere.test"])
def test_every_answer_is_taken_for_what_it_says_it_is(
    tmp_path: Path, target: str, headers: dict[str, str], status: int, origin: str | None
) -> None:
    """Refusals too, and those that a page of another origin reads."""
    call = Caller(build_mock(_document("application/json"), tmp_path).asgi)

    answer = call("GET", target, headers={**headers, **({"origin": origin} if origin else {})})

    assert (answer.status, _is_sniffed(answer)) == (status, False)
    assert _is_sniffed(call("OPTIONS", "/page")) is False
    assert call("DELETE", "/page").status == 405
    assert _is_sniffed(call("DELETE", "/page")) is False


@pytest.fixture
def handled(mocks: Mocks, monkeypatch: pytest.MonkeyPatch) -> Callable[[Response], Caller]:
    """Answers with what a handler returns."""

    def made(response: Response) -> Caller:
        def page(backend: Backend) -> Response:
            return response

        content: dict[str, Any] = {"text/html": {}, "application/json": {}, "*/*": {}}
        responses = {"200": {"description": "", "content": content}}
        paths = {"/page": {"get": operation("page", responses=responses)}}
        return mocks.call(document(paths), handlers={"page": page})

    return made


@pytest.mark.parametrize("media_type", ["image/svg+xml", "Application/XHTML+XML; a=b", "a/b, text/html"])
def test_a_page_under_a_range_is_put_in_a_sandbox(
    handled: Callable[[Response], Caller], media_type: str
) -> None:
    """Where any media type is documented, the one that the answer has counts."""
    answer = handled(Response(200, b"<svg/>", media_type))("GET", "/page")

    assert (answer.header("content-type"), _policies(answer)) == (media_type, [SANDBOX])
    assert _policies(handled(Response(200, b"x", "image/png"))("GET", "/page")) == []


def test_a_document_s_own_policy_is_kept(handled: Callable[[Response], Caller]) -> None:
    """Browsers apply both; `nosniff` is the only value of its field, and the first one counts."""
    headers = (
        ("Content-Security-Policy", "sandbox allow-same-origin allow-scripts"),
        ("X-Content-Type-Options", "sniff"),
        ("Content-Type", "text/plain"),
        ("Set-Cookie", "a=b"),
        ("Set-Cookie", "mockserver_admin=mine; Path=/__admin"),
        ("Set-Cookie", " =mockserver_admin=mine"),
    )

    answer = handled(Response(200, "<p>", "text/html", headers))("GET", "/page")

    assert set(_policies(answer)) == {"sandbox allow-same-origin allow-scripts", SANDBOX}
    assert not _is_sniffed(answer)
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert answer.header("set-cookie") == "a=b"


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "text/html, text/plain", None])
def test_a_forwarded_page_is_put_in_a_sandbox(media_type: str | None) -> None:
    """With what the implementation says beside it; a header field that comes twice is one list."""
    fields = [
        *([("content-type", media_type)] if media_type else []),
        ("content-security-policy", "default-src 'self'"),
        ("x-content-type-options", "off"),
        ("set-cookie", "mockserver_admin=mine"),
        ("set-cookie", "sid=1"),
    ]
    rig = Rig(lambda _: httpx.Response(200, headers=fields, content=b"<script>1</script>"))

    answer = rig.call("GET", "/page")

    assert _policies(answer) == ["default-src 'self'", SANDBOX]
    assert not _is_sniffed(answer)
    assert answer.header("set-cookie") == "sid=1"


def test_two_media_types_of_a_forwarded_answer_are_not_told_apart() -> None:
    """Browsers take the last one that they understand."""
    fields = [("content-type", "application/json"), ("content-type", "text/html")]
    rig = Rig(lambda _: httpx.Response(200, headers=fields, content=b"<script>1</script>"))

    answer = rig.call("HEAD", "/page")

    assert _policies(answer) == [SANDBOX]


def test_a_forwarded_answer_that_is_no_page_has_no_sandbox() -> None:
    """The rest passes as it came."""
    rig = Rig(lambda _: httpx.Response(200, headers={"x-content-type-options": "nosniff"}, json={}))

    answer = rig.call("GET", "/page")

    assert (_policies(answer), _is_sniffed(answer)) == ([], False)


def test_a_fault_that_makes_a_page_of_json_makes_one_in_a_sandbox(desk: Desk) -> None:
    """Under the name `text/html`, a record's text would be one."""
    desk.call("POST", "faults", json={"kind": "wrong_media_type"})

    answer = desk.cancel_cita()

    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert (_policies(answer), _is_sniffed(answer)) == ([SANDBOX], False)


def test_pages_keep_their_origin_where_somebody_wants_it(tmp_path: Path) -> None:
    """But never what is taken for something else, or sets the cookie of the admin API."""
    settings: dict[str, Any] = {"same_origin_html": True, "admin_token": TOKEN}
    call = Caller(build_mock(_document("text/html"), tmp_path, **settings).asgi)
    fields = [("content-type", "text/html"), ("set-cookie", "mockserver_admin=mine")]
    rig = Rig(lambda _: httpx.Response(200, headers=fields), **settings)

    for answer in (call("GET", "/page"), rig.call("GET", "/page")):
        assert (answer.status, _policies(answer), _is_sniffed(answer)) == (200, [], False)
        assert answer.header("set-cookie") is None


def test_a_browser_is_not_let_in_where_pages_keep_their_origin() -> None:
    """A page of the mock could use the cookie of the console as the console does."""
    call = Caller(build(Settings(same_origin_html=True, admin_token=TOKEN)).asgi)

    entry = call("GET", f"/__admin/?token={TOKEN}")
    refused = call("GET", "/__admin/state", headers={"cookie": f"mockserver_admin={TOKEN}"})

    assert (entry.status, refused.status) == (401, 401)
    assert "--same-origin-html" in refused.json["detail"]
    assert call.as_(TOKEN)("GET", "/__admin/state").status == 200


def _own_answers(call: Caller) -> Iterator[tuple[str, Answer]]:
    targets = (
        *("/", "/__admin", "/__admin/", "/__admin/static/app.js", "/__admin/static/none", "/__admin/state"),
        *("/__admin/nothing", "/__admin/openapi.json", "/__admin/state?x=1", "/__ui", "/__ui/citas"),
        *("/__ui/citas/", "/__ui/citas/openapi.json", "/__ui/citas/start.js", "/__ui/citas/swagger-ui.css"),
        *("/__ui/citas/none", "/__elsewhere"),
    )
    for target in targets:
        yield target, call("GET", target)
    yield "refused", call("POST", "/__admin/reset", headers={"origin": "http://elsewhere.test"})
    yield "bad body", call("POST", "/__admin/faults", {"kind": "none"})


def test_nothing_of_our_own_can_be_framed_or_taken_for_something_else(desk: Desk) -> None:
    """Pages, their files, JSON and refusals; no page runs what is written into it."""
    answers = dict(_own_answers(Caller(desk.application.asgi)))

    for target, answer in answers.items():
        (policy,) = _policies(answer)
        assert not _is_sniffed(answer), target
        assert answer.header("x-frame-options") == "DENY", target
        assert "default-src 'none'" in policy, target
        assert "frame-ancestors 'none'" in policy, target
        assert "http" not in policy, target
        assert "unsafe" not in policy.replace("style-src 'self' 'unsafe-inline'", ""), target
        for name in ("cross-origin-opener-policy", "cross-origin-resource-policy"):
            assert answer.header(name) == "same-origin", target
        assert answer.header("referrer-policy") == "no-referrer", target
    assert answers["refused"].status == 403
    assert answers["bad body"].status == 400


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "file://", "file://localhost:8080", "chrome-extension://localhost:8080"),
        *("moz-extension://localhost:8080", "app://localhost:8080", "localhost:8080", "://localhost:8080"),
        *("http://localhost:8080, null", "http://localhost", "http://localhost:8081", "http://"),
    ],
)
@pytest.mark.parametrize("host", ["localhost:8080", ""])
def test_an_origin_that_is_not_this_server_s_is_refused(desk: Desk, origin: str, host: str) -> None:
    """Files, extensions and sandboxed pages are no pages of the console."""
    call = Caller(desk.application.asgi)
    headers = {"host": host, "origin": origin}

    assert call("POST", "/__admin/reset", headers=headers).status == 403
    assert call("GET", "/__admin/state", headers=headers).status == 403


@pytest.mark.parametrize("purpose", ["iframe", "frame", "embed", "object", "fencedframe"])
def test_the_console_is_in_no_frame(desk: Desk, purpose: str) -> None:
    """Not even in one of this server's pages."""
    headers = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": purpose}

    assert Caller(desk.application.asgi)("GET", "/__admin/", headers=headers).status == 403


@pytest.mark.parametrize("purpose", ["document", "iframe", "embed", "object", "image", "script"])
def test_a_form_changes_nothing(desk: Desk, purpose: str) -> None:
    """A PDF can send one with the origin of its address; a script's request is told from it."""
    call = Caller(desk.application.asgi)
    headers = {"host": "localhost", "origin": "http://localhost", "sec-fetch-site": "same-origin"}

    assert call("POST", "/__admin/reset", headers={**headers, "sec-fetch-dest": purpose}).status == 403
    assert call("POST", "/__admin/reset", headers={**headers, "sec-fetch-dest": "empty"}).status == 200


def test_the_console_s_cookie_is_not_displaced_by_others() -> None:
    """Another server on this host may set cookies of the same name, and such that break a list of them."""
    call = Caller(build(Settings(host="0.0.0.0", admin_token=TOKEN)).asgi)  # noqa: S104  nothing is bound
    own = f"mockserver_admin={TOKEN}"
    others = ("mockserver_admin=mine", 'a={"b": [1]}', "a b=c", "=", "mockserver_admin")

    for other in others:
        for cookies in (f"{other}; {own}", f"{own}; {other}"):
            assert call("GET", "/__admin/state", headers={"cookie": cookies}).status == 200, cookies
        assert call("GET", "/__admin/state", headers={"cookie": other}).status == 401


def test_a_cookie_alone_changes_nothing() -> None:
    """A browser sends it with what a page of another port on this host asks for, too."""
    call = Caller(build(Settings(host="0.0.0.0", admin_token=TOKEN)).asgi)  # noqa: S104  nothing is bound
    headers = {"cookie": f"mockserver_admin={TOKEN}"}

    assert call("POST", "/__admin/reset", headers=headers).status == 401
    assert call("POST", "/__admin/reset", headers={**headers, "x-mock-session": "default"}).status == 200


def test_what_a_mock_sends_is_refused() -> None:
    """Wherever it was sent through: a callback is no request of the person at this machine."""
    call = Caller(build(Settings(admin_token=TOKEN)).asgi, TOKEN)

    assert call("POST", "/__admin/reset", headers={"mockserver-sent": "callback"}).status == 403
    assert call("GET", "/__admin/health", headers={"mockserver-sent": "callback"}).status == 403
