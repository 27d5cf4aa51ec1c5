"""Secrets are masked in every view and export, whatever encoding a client chooses, in linear time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.http.calling import Caller

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.http.journal.masking import Masker
from mockserver.http.journal.secret_names import ApiKeyNames
from mockserver.state.clock import FrozenClock

DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{byHeader: []}]
paths:
  /orders:
    get:
      operationId: listOrders
      security: []
      parameters:
      - {name: limit, in: query, schema: {type: integer}}
      responses: {"200": {description: Orders.}}
    post:
      operationId: createOrder
      security: []
      requestBody:
        content:
          application/json: {schema: {type: object, required: [id], properties: {payload: {type: integer}}}}
          application/x-www-form-urlencoded: {schema: {type: object, required: [id]}}
          multipart/form-data: {schema: {type: object, required: [id]}}
          application/xml: {schema: {type: object, required: [id]}}
      responses: {"201": {description: Created.}}
    put:
      operationId: replaceOrders
      responses: {"204": {description: Replaced.}}
components:
  securitySchemes:
    byHeader: {type: apiKey, in: header, name: X-Shop}
    byQuery: {type: apiKey, in: query, name: appid}
    byCookie: {type: apiKey, in: cookie, name: shopper}
"""
START, END = "Zq7", "Xk9"
"""What every secret begins and ends with: no part of it may be shown."""

ANYWHERE = ["password", "apiKey", "client_secret", "access_token", "pin", "otp", "card_cvv", "userPwd"]
ANYWHERE += ["Ocp-Apim-Subscription-Key"]
PARAMETERS = [*ANYWHERE, "key", "sig", "code", "appid"]

Text = Callable[[Any], str]
secrets = st.text("aB3 ,;:&=<>{}[]'\"\\/?#@%+-é", max_size=12).map(lambda middle: START + middle + END)
plain_secrets = st.text("aB3.~-", max_size=12).map(lambda middle: START + middle + END)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """A shop whose document gives API keys names of its own; the tests clear its journal themselves."""
    file: Path = tmp_path_factory.mktemp("shop") / "shop.yaml"
    file.write_text(DOCUMENT, "utf-8")
    return build(Settings(specs=(file,)), FrozenClock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC)))


async def _stream(application: Application) -> str:
    sent: list[bytes] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    path = "/__admin/requests/stream"
    scope: Any = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
    scope |= {"query_string": b"", "headers": [(b"host", b"mock.test"), (b"last-event-id", b"0")]}
    await application.asgi(scope, receive, send)
    return b"".join(sent).decode()


def _everything_shown(application: Application) -> dict[str, str]:
    """What the admin API says of the requests, in every view and export."""
    call = Caller(application.asgi)
    targets = ["requests?view=brief", "requests", "requests/1"]
    targets += [f"requests/export?format={name}" for name in ("curl", "pytest", "har")]
    shown = {target: call("GET", f"/__admin/{target}").body.decode() for target in targets}
    shown["stream"] = asyncio.run(_stream(application))
    assert "/orders" in shown["stream"]
    return shown


def _send(
    application: Application, method: str, target: str, headers: dict[str, str], content: bytes = b""
) -> dict[str, str]:
    """Send one request to a shop without requests; what is shown of it afterwards."""
    call = Caller(application.asgi)
    call("DELETE", "/__admin/requests?session=*")
    call(method, target, content=content, headers=headers)
    return _everything_shown(application)


def _leaks(shown: dict[str, str]) -> list[str]:
    return [target for target, text in shown.items() if START in text or END in text]


@st.composite
def _escaped(draw: st.DrawFn, name: str) -> str:
    """A JSON string that spells some letters as escapes."""
    which = draw(st.sets(st.integers(0, len(name) - 1), max_size=3))
    return '"' + "".join(f"\\u{ord(c):04x}" if i in which else c for i, c in enumerate(name)) + '"'


@st.composite
def _json(draw: st.DrawFn) -> str:
    name = draw(_escaped(draw(st.sampled_from(ANYWHERE))))
    value: Any = draw(secrets)
    value = draw(st.sampled_from([value, [value, 5], {"a": {"b": value}}]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    space = draw(st.sampled_from(["", " ", "\n  "]))
    return f'{{"id": "ada",{space}{name}{space}:{space}{text}, "more": "x"}}'


@st.composite
def _form(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(PARAMETERS))
    name = draw(st.sampled_from([name, f"%{ord(name[0]):02x}{name[1:]}"]))
    return f"id=ada&{name}={quote_plus(draw(secrets))}&more=x"


@st.composite
def _xml(draw: st.DrawFn) -> str:
    name, secret = draw(st.sampled_from(ANYWHERE)), draw(secrets)
    text = escape(secret)
    content = draw(
        st.sampled_from(
            [
                f"<{name}>{text}</{name}>",
                f"<s:{name} kind='a>b'><![CDATA[{secret}]]></s:{name}>",
                f"<{name}><b>{text}</b><!-- x --></{name}>",
                f'<b {name}="{text}"/>',
                f"<b id='1' {name} = '{text}'>x</b>",
                f"<{name}><![CDATA[</{name}>]]>{text}</{name}>",
            ]
        )
    )
    return f"<login><user>ada</user>{content}<more>x</more></login>"


@st.composite
def _multipart(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(PARAMETERS[:-1]))
    written = draw(st.sampled_from([f'name="{name}"', f"name={name}", f"name*=UTF-8''{name}"]))
    kind = draw(st.sampled_from(["", "\r\nContent-Type: text/plain"]))
    secret = draw(st.sampled_from(["", "--", "-----BEGIN X\r\n\r\n"])) + draw(secrets)
    disposition = "Content-Disposition: form-data; "
    first = f'--b\r\n{disposition}name="id"\r\n\r\nada\r\n'
    return f"{first}--b\r\n{disposition}{written}{kind}\r\n\r\n{secret}\r\n--b--\r\n"


@st.composite
def _address(draw: st.DrawFn) -> str:
    secret = quote(draw(secrets), safe="")
    name = draw(st.sampled_from(PARAMETERS))
    return draw(
        st.sampled_from(
            [
                f"https://user:{secret}@host.test/x?y=1",
                f"postgres://user:{secret}@host.test:5432/orders",
                f"https://host.test/x?y=1&{name}={secret}",
                f"https://host.test/x#access_token={secret}",
            ]
        )
    )


@st.composite
def _pem(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["PRIVATE KEY", "RSA PRIVATE KEY"]))
    return f"-----BEGIN {kind}-----\n{START}MIIEvQ\nIBADANBg{END}==\n-----END {kind}-----\n"


inner = st.one_of(_json(), _form(), _xml(), _multipart(), _address(), _pem())


@st.composite
def _wrapped(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A text within another."""
    text = draw(texts)
    part = 'Content-Disposition: form-data; name="payload"'
    wraps = [
        json.dumps({"payload": text}),
        json.dumps({"id": "ada", "payload": [{"x": text}]}, ensure_ascii=False),
        f"id=ada&payload={quote_plus(text)}",
        f"<r><payload>{escape(text)}</payload></r>",
        f"--c\r\n{part}\r\n\r\n{text}\r\n--c--\r\n",
    ]
    if "]]>" not in text:
        wraps.append(f"<r><payload><![CDATA[{text}]]></payload></r>")
    return draw(st.sampled_from(wraps))


bodies = st.one_of(inner, _wrapped(inner), _wrapped(_wrapped(inner)))


@st.composite
def _spoilt(draw: st.DrawFn) -> str:
    """A body that is whole, cut, or has something in front of it or behind it."""
    text = draw(bodies)
    how = draw(st.sampled_from(["whole", "cut", "before", "behind"]))
    if how == "cut":
        return text[: draw(st.integers(1, len(text)))]
    if how == "before":
        return draw(st.sampled_from(["x ", "{", "\ufeff", "[,", ")]}',\n", "<", "<a "])) + text
    return text + draw(st.sampled_from([" ", "}", "]", ",", "<", "\r\n"])) if how == "behind" else text


MEDIA_TYPES = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
MEDIA_TYPES += ["multipart/form-data; boundary=c", "application/xml", "text/plain", ""]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    body=_spoilt(),
    media_type=st.sampled_from(MEDIA_TYPES),
    call=st.sampled_from(["POST", "PUT", "PATCH", "GET"]),
)
def test_a_secret_in_a_body_is_shown_nowhere(
    shop: Application, body: str, media_type: str, call: str
) -> None:
    """Accepted, refused for its body, its caller or its method; whole, cut, or a text within a text."""
    headers = {"content-type": media_type} if media_type else {}

    assert _leaks(_send(shop, call, "/orders", headers, body.encode())) == []


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=_spoilt())
def test_no_part_of_a_secret_is_left_by_the_masker(body: str) -> None:
    """The same without a server, for more bodies."""
    shown = Masker(ApiKeyNames(query=frozenset({"appid"}))).body(body.encode())

    assert START not in shown
    assert END not in shown


@settings(max_examples=40, deadline=None)
@given(secret=plain_secrets, name=st.sampled_from(PARAMETERS), limit=st.sampled_from(["limit=x&", ""]))
def test_a_secret_in_a_query_is_shown_nowhere(shop: Application, secret: str, name: str, limit: str) -> None:
    """Under its name, in an address within the query, and whatever else is wrong."""
    address = quote(f"https://ada:{secret}@host.test/?{name}={secret}", safe="")

    assert _leaks(_send(shop, "GET", f"/orders?{limit}{name}={secret}&next={address}", {})) == []


@settings(max_examples=60, deadline=None)
@given(
    secret=plain_secrets,
    name=st.sampled_from(
        [
            "X-Shop",
            "Authorization",
            "X-API-Key",
            "Ocp-Apim-Subscription-Key",
            "X-Otp",
            "X-Functions-Key",
            "Cookie",
        ]
    ),
    form=st.sampled_from(["{}", "Bearer {}", "shopper={}; theme=dark"]),
)
def test_a_secret_in_a_header_is_shown_nowhere(shop: Application, secret: str, name: str, form: str) -> None:
    """Those of the document under the document's name, cookies, and the names that are common."""
    assert _leaks(_send(shop, "PUT", "/orders", {name: form.format(secret)})) == []


@settings(max_examples=40, deadline=None)
@given(address=_address(), name=st.sampled_from(["Referer", "X-Callback", "Link"]))
def test_a_secret_in_an_address_in_a_header_is_shown_nowhere(
    shop: Application, address: str, name: str
) -> None:
    """User information and queries of addresses."""
    value = f"<{address}>; rel=next" if name == "Link" else address

    assert _leaks(_send(shop, "GET", "/orders", {name: value})) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"country_code": "ES", "postal code": "08001", "keyboard": "qwerty", "code": "NOT_FOUND"}',
        '{"key": "menu.title", "pinned": 3, "shipping": "x", "spin": 2, "opinion": "good", "pincode": "1"}',
        '{"secretary": "Eve", "monkey": "x", "author": "Ada", "compass": "N", "status_code": 4, "sign": "x"}',
        '{"note": "The key: it is under the mat. pin it", "when": "10:30", "ratio": "a=b=c"}',
        '{"link": "https://host.test/@ada/x?page=2#top", "mail": "ada@host.test", "registry": "https://h/@s/p"}',
        "<order><code>NOT_FOUND</code><key>menu</key><postal-code>08001</postal-code></order>",
        "country_code=ES&keyboard=qwerty&page=2&postal%20code=08001",
        "see https://host.test:8080/a or http://[::1]/b",
        '{"token": null, "has_password": true, "amount": 1.50, "twice": 1, "twice": 2}',
    ],
)
def test_what_is_no_secret_stays_as_it_came(text: str) -> None:
    """A mask on the code of a country or of an error would make the console useless."""
    assert Masker().body(text.encode()) == text


def test_what_is_around_a_secret_stays_as_it_came() -> None:
    """The spelling of numbers, spaces and the order of names are those of the client."""
    text = '{ "price" : 1.50, "pass\\u0077ord" : 12, "b": {"token": [1]}, "c": "{\\"pin\\": 1, \\"a\\": 2}" }'

    assert Masker().body(text.encode()) == (
        '{ "price" : 1.50, "pass\\u0077ord" : "***", "b": {"token": "***"}, '
        '"c": "{\\"pin\\": \\"***\\", \\"a\\": 2}" }'
    )


def test_a_mask_that_a_client_sends_hides_nothing_else(shop: Application) -> None:
    """Three asterisks in a body do not stand for a secret that was masked."""
    body = json.dumps({"id": "***", "password": START}).encode()

    assert (
        _leaks(_send(shop, "POST", "/orders?x=***&token=" + END, {"content-type": "application/json"}, body))
        == []
    )


FRAGMENTS = [
    *(
        '"',
        "\\",
        "{",
        "[",
        "}",
        ":",
        "token",
        '"token":',
        '"token":"',
        "token=",
        "token ",
        "token\\",
        "<token>",
    ),
    *(
        "<token",
        "</token>",
        "<!--",
        "<![CDATA[",
        "&quot;",
        "%22",
        "a=",
        "a=b&",
        "://",
        "://a@",
        "://a@b?",
        "\\u0074",
    ),
    *(
        "-----BEGIN A-----",
        "\r\n\r\n",
        "--b\n",
        "content-disposition: x; name=token\n\n",
        'name="',
        '\\"',
        "'",
    ),
    *(
        '\\\\\\"',
        '"{\\"token\\":',
        "token{",
        'token["',
        "Aa",
        "pin ",
        "<a b='",
        '<a b="',
        '"<',
        'a="',
        '"twice":1,',
    ),
    *('"{', "%", "&amp;", "\\\\u", "token\n", "token ,", "-", "."),
]


@pytest.mark.parametrize("fragment", FRAGMENTS)
@pytest.mark.parametrize("start", ["password=1 ", '{"token":"'])
def test_masking_takes_time_in_proportion_to_the_length(fragment: str, start: str) -> None:
    """Sixteen times the text must not take much more than sixteen times as long; quadratic would be 256."""

    def seconds(size: int) -> float:
        content = (start + fragment * size)[:size].encode()
        begun = time.process_time()
        Masker().body(content)
        return time.process_time() - begun

    short = max(min(seconds(8_192) for _ in range(2)), 0.004)

    assert min(seconds(131_072) for _ in range(2)) < short * 16 * 6
