"""Who may use the admin API, and that it can be left out."""

from __future__ import annotations

import pytest
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.records import CITA

from mockserver.app import build
from mockserver.config import Settings
from mockserver.errors import ConfigurationError

TOKEN = "the-token"


@pytest.fixture
def guarded() -> Caller:
    """A server that others can reach."""
    return Caller(build(Settings(host="0.0.0.0", admin_token=TOKEN)).asgi)  # noqa: S104  nothing is bound


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "10.0.0.5", "mock", "mock:80"),
        *("mock.test", "host.docker.internal:8080", "app.localhost"),
    ],
)
def test_a_machine_here_is_answered(desk: Desk, host: str) -> None:
    """Addresses, and names that public DNS cannot give anybody."""
    caller = Caller(desk.application.asgi)

    assert caller("GET", "/__admin/health", headers={"host": host}).status == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.com", "127.0.0.1.evil.com", "localhost.evil.com:8080", "[::1", "a.b"),
        *("127.0.0.1:80.evil.com", "evil.com@localhost", "localhost/evil.com", "localhost?evil.com"),
    ],
)
@pytest.mark.parametrize("target", ["health", "state", "", "static/app.js"])
def test_a_name_that_points_here_is_refused(desk: Desk, host: str, target: str) -> None:
    """DNS rebinding: the page of another site has its own name lead to this machine."""
    headers = {"host": host, "origin": f"http://{host}"}

    assert Caller(desk.application.asgi)("GET", f"/__admin/{target}", headers=headers).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_sends_for_another_site_is_refused(desk: Desk, site: str) -> None:
    """An image or a script that names the admin API; a link that is followed is fine."""
    caller = Caller(desk.application.asgi)
    fetched = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
    followed = {"sec-fetch-site": site, "sec-fetch-mode": "navigate"}

    assert caller("GET", "/__admin/state", headers=fetched).status == 403
    assert caller("GET", "/__admin/state", headers=followed).status == 200
    assert caller("POST", "/__admin/reset", headers=followed).status == 403


def test_a_token_is_needed_where_others_can_reach_it(guarded: Caller) -> None:
    """As a bearer token, or in a header of its own; health alone is open."""
    assert guarded("GET", "/__admin/state").status == 401
    assert guarded("GET", "/__admin/nothing").status == 401
    assert guarded.as_("wrong")("GET", "/__admin/state").status == 401
    assert guarded.as_(TOKEN)("GET", "/__admin/state").status == 200
    assert guarded("GET", "/__admin/state", headers={"x-mock-admin-token": TOKEN}).status == 200
    assert guarded("GET", "/__admin/health").status == 200
    assert guarded.as_("asistente-token")("PUT", CITA).status == 200


def test_a_browser_brings_the_token_once(guarded: Caller) -> None:
    """The address of the page has it; from then on a cookie, which no script can read."""
    assert guarded("GET", "/__admin/").status == 401
    assert guarded("GET", "/__admin/?token=wrong").status == 401

    answer = guarded("GET", f"/__admin/?token={TOKEN}")

    cookie = answer.header("set-cookie") or ""
    assert (answer.status, answer.header("location")) == (303, "/__admin/")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert guarded("GET", "/__admin/state", headers={"cookie": cookie.partition(";")[0]}).status == 200


def test_a_token_is_made_when_none_is_given() -> None:
    """And on loopback there is none to ask for."""
    exposed, again = (build(Settings(host="0.0.0.0")).admin_token for _ in range(2))  # noqa: S104

    assert exposed is not None
    assert len(exposed) >= 20
    assert exposed != again
    assert [build(Settings(host=host)).admin_token for host in ("127.0.0.1", "::1", "localhost")] == [
        None
    ] * 3


def test_the_admin_api_can_be_left_out() -> None:
    """Nothing of it is there."""
    application = build(Settings(admin=False))
    caller = Caller(application.asgi, "asistente-token")

    assert [caller("GET", f"/__admin{path}").status for path in ("", "/", "/health", "/state")] == [404] * 4
    assert caller("POST", "/__admin/reset").status == 404
    assert b"__admin" not in caller("GET", "/").body
    assert caller("PUT", CITA).status == 200


def test_the_page_may_load_nothing_from_elsewhere(desk: Desk) -> None:
    """Its policy says so, and it stays in nobody's frame."""
    answer = Caller(desk.application.asgi)("GET", "/__admin/")

    policy = answer.header("content-security-policy") or ""
    assert answer.status == 200
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", ["..%2F..%2Fadmin.yaml", "../admin.yaml", "nothing.js", "", "__init__.py"])
def test_no_other_file_is_served(desk: Desk, name: str) -> None:
    """Those of the page alone."""
    answer = Caller(desk.application.asgi)("GET", f"/__admin/static/{name}")

    assert (answer.status, b"openapi" in answer.body) == (404, False)


@pytest.mark.parametrize(
    "token", ["a\r\nSet-Cookie: x=y", "a\n", "a b", 'a"b', "a;b", "a,b", "a\\b", "ä", "a\0"]
)
def test_a_token_that_no_header_can_have_is_refused_at_start_up(token: str) -> None:
    """The message names the setting, and not the token."""
    with pytest.raises(ConfigurationError, match="admin_token") as refused:
        build(Settings(admin_token=token))

    assert token not in str(refused.value)
