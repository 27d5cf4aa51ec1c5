"""Secrets stay out of what is shown: whatever form they come in, and whatever is said of them."""

from __future__ import annotations

import json

import pytest
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT

from mockserver.http.journal.masking import Masker

FORM_PART = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'


@pytest.mark.parametrize(
    "text",
    [
        '{"password": "hunter2 and, more} words", "user": "ada"}',
        '{"a": {"clientSecret": ["hunter2", {"x": "hunter2"}]}, "user": "ada"}',
        '{"pwd": 1234, "passcode": "hunter2", "contraseña": "hunter2", "user": "ada"}',
        "<login><user>ada</user><password>hunter2 </password></login>",
        '<login xmlns:a="x"><a:apiKey kind="x">hunter2</a:apiKey><user>ada</user></login>',
        FORM_PART.format("user", "ada") + FORM_PART.format("password", "hunter2\r\nhunter2") + "--b--\r\n",
        FORM_PART.format("password", "hunter2").replace("\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\n")
        + FORM_PART.format("user", "ada"),
        "user=ada&password=hunter2,and-more;hunter2",
        "user=ada&user%5Bp%61ssword%5D=hunter2",
        "user: ada\npassword: hunter2 hunter2,hunter2\n",
        "user = ada; token = 'hunter2 hunter2'",
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_a_body_of_any_kind_is_masked(text: str, whole: bool) -> None:
    """What is no secret stays, whether the body was kept whole or is cut."""
    shown = Masker().body(text.encode() if whole else text.encode()[:-1])

    assert "hunter2" not in shown
    assert "1234" not in shown
    assert "ada" in shown
    assert "***" in shown


@pytest.mark.parametrize("end", range(1, 80, 7))
def test_a_body_that_is_cut_anywhere_is_masked(end: int) -> None:
    """A string without its end, a list without its bracket."""
    text = '{"user": "ada", "secrets": ["hunter2", "hunter2 \\" hunter2"], "password": "hunter2 hunter2"}'

    assert "hunter2" not in Masker().body(text[: len(text) - end].encode())


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (b"a=1&token=x&b=%20+", "a=1&token=***&b=%20+"),
        (b"%74oken=x&api%5Fkey=y", "%74oken=***&api%5Fkey=***"),
        (b"author=x&page=2", "author=x&page=2"),
        (b"auth=x&X-Auth=y&flag", "auth=***&X-Auth=***&flag"),
    ],
)
def test_a_query_is_masked_and_else_as_it_came(query: bytes, shown: str) -> None:
    """However the names are written."""
    assert Masker().query(query) == shown


def test_an_address_in_a_field_is_masked() -> None:
    """Where somebody came from, or is sent to."""
    fields = [
        (b"referer", b"http://a/b?token=hunter2&page=2#access_token=hunter2&state=x"),
        (b"Location", b"/next?page=2"),
    ]

    assert Masker().headers(fields) == {
        "referer": "http://a/b?token=***&page=2#access_token=***&state=x",
        "location": "/next?page=2",
    }


@pytest.mark.parametrize("filler", ["", "x" * 5_000])
def test_what_is_said_of_a_secret_does_not_tell_it(desk: Desk, filler: str) -> None:
    """A sentence about what is wrong quotes what was sent: in lists, details, exports and the stream."""
    body = {"interpreter_language": filler, "claimant": {"password": "hunter2"}, "status": {"token": "ab"}}
    Caller(desk.application.asgi, "agent-token")("PATCH", APPOINTMENT, body)
    Caller(desk.application.asgi, "agent-token")(
        "PATCH", APPOINTMENT, content=b'{"duration_in_minutes": {"password": "hunter2", "n": 5}}'
    )

    for target in ("requests?view=brief", "requests", "requests/1", "requests/2"):
        shown = desk.call("GET", target).body.decode()
        assert "hunter2" not in shown
        assert '"ab"' not in shown.replace("\\", "")
    for format_ in ("curl", "har", "pytest"):
        assert "hunter2" not in desk.call("GET", f"requests/export?format={format_}").body.decode()
    entry = json.loads(desk.call("GET", "requests/2").body)
    assert entry["violations"][0]["detail"].startswith('{"n":5,"password":"***"}') or (
        "***" in entry["violations"][0]["detail"]
    )
