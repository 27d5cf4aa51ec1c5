"""Write requests of the journal as a pytest module."""

import re
from pprint import pformat
from typing import TextIO

from mockserver import __version__
from mockserver.admin.admin_context import AdminContext
from mockserver.admin.exports.repeatable_requests import (
    HeaderField,
    JournalEntries,
    RepeatableRequest,
    is_text,
    repeated,
)
from mockserver.admin.journal_views import whole
from mockserver.errors import ApiError
from mockserver.http import json_text
from mockserver.http.exchange import Exchange
from mockserver.http.journal.masking import MASK

# httpx normalizes other targets, unless they are given as bytes.
_PLAIN_TARGET = re.compile(r"/(?:[A-Za-z0-9_.~!$&()*+,;=:@/?-]|%[0-9A-F]{2})*")
_TIDIED_PATH = re.compile(r"//|/\.\.?(?:/|$)")

_HEAD = '''"""Requests that were sent to a mock, and its answers; written by mockserver {version}."""

import os

import httpx
import pytest

BASE_URL = os.environ.get("BASE_URL", {url!r})
{variables}

@pytest.fixture
def client():
    with httpx.Client(base_url=BASE_URL) as client:
        yield client
'''
_ARRANGE = '''

@pytest.fixture
def arrange(client):
    """Set faults and forced answers over the mock's admin API, and remove them after the test."""
    token = os.environ.get("MOCKSERVER_ADMIN_TOKEN")
    authorization = {"authorization": f"Bearer {token}"} if token else {}
    made = []

    def arrange(kind, wanted, session):
        headers = {"x-mock-session": session, **authorization}
        answer = client.post(f"/__admin/{kind}", json=wanted, headers=headers).raise_for_status()
        made.append((f"/__admin/{kind}/{answer.json()['id']}", headers))

    yield arrange
    for url, headers in made:
        client.delete(url, headers=headers).raise_for_status()
'''
_TEST = """

{skip}def test_{number}_{name}({fixtures}):
{setup}    response = client.request(
        {method!r},
        {target},
        headers={headers},
        content={body!r},
    )

    assert response.status_code == {status}
{rest}"""
_BROKEN = """

{skip}def test_{number}_{name}({fixtures}):
{setup}    with pytest.raises(httpx.TransportError):
        client.request(
            {method!r},
            {target},
            headers={headers},
            content={body!r},
        )
"""


def write_pytest(file: TextIO, context: AdminContext, entries: JournalEntries, base_url: str) -> None:
    """Write a module with a test for each request that expects the recorded answer.

    If a fault or a forced answer made the answer, the test sets it up first over the admin API.
    """
    requests = [(repeated(context, number, exchange), exchange) for number, exchange in entries]
    names = dict.fromkeys(field.variable for request, _ in requests for field in request.fields)
    variables = "".join(f'{name} = os.environ.get("{name}", "token")\n' for name in names if name)
    if any(not _is_plain(request.target) for request, _ in requests):
        variables = 'BASE_PATH = httpx.URL(BASE_URL).raw_path.rstrip(b"/")\n' + variables
    file.write(_HEAD.format(version=__version__, url=base_url, variables=variables))
    if any(exchange.setup for _, exchange in requests):
        file.write(_ARRANGE)
    for request, exchange in requests:
        file.write(_test(request, exchange))


def _test(request: RepeatableRequest, exchange: Exchange) -> str:
    name = re.sub(r"[^A-Za-z0-9]", "_", f"{exchange.method}_{exchange.path.strip('/')[:60]}")
    lacking = request.lacking or ("" if request.target.isascii() else "httpx sends ASCII targets only")
    is_cut = "cut" in exchange.faults
    calls = exchange.setup
    return (_TEST if exchange.status and not is_cut else _BROKEN).format(
        skip=f"@pytest.mark.skip(reason={lacking!r})\n" if lacking else "",
        number=request.number,
        fixtures="client, arrange" if calls else "client",
        setup="".join(f"    arrange({kind!r}, {wanted!r}, {exchange.session!r})\n" for kind, wanted in calls),
        name=name.strip("_").lower(),
        method=request.method,
        target=_target(request.target),
        headers=_headers(request),
        body=request.body.decode() if is_text(request.body) else request.body,
        status=exchange.status,
        rest=_expected(request.number, exchange),
    )


def _is_plain(target: str) -> bool:
    """Whether httpx sends the target unchanged."""
    return bool(_PLAIN_TARGET.fullmatch(target)) and not _TIDIED_PATH.search(target.partition("?")[0])


def _target(target: str) -> str:
    if _is_plain(target):
        return repr(target)
    return f'"/", extensions={{"target": BASE_PATH + {target.encode("latin-1")!r}}}'


def _headers(request: RepeatableRequest) -> str:
    if not request.fields:
        return "{}"
    lines = [f"            {field.name!r}: {_value(field)},\n" for field in request.fields]
    return "{\n" + "".join(lines) + "        }"


def _value(field: HeaderField) -> str:
    # httpx accepts ASCII text only.
    is_ascii = field.value.isascii()
    written = repr(field.value) if is_ascii else repr(field.raw)
    if not field.variable:
        return written
    secret = field.variable if is_ascii else f"{field.variable}.encode()"
    return f"{written} + {secret}" if field.value else secret


def _expected(number: int, exchange: Exchange) -> str:
    """The assertion for the body: the same JSON; none if it contains secrets or is not JSON."""
    content = exchange.reply_body
    media_type = dict(exchange.reply_fields).get(b"content-type", b"")
    if exchange.method == "HEAD" or b"json" not in media_type or exchange.reply_size != len(content):
        return ""
    shown = whole(number, exchange, None)["answer"]
    if not content or (MASK in shown and shown != content.decode("utf-8", "replace")):
        return ""
    try:
        value = pformat(json_text.decode(content), width=96, sort_dicts=False)
    except ApiError:
        return ""
    return f"    assert response.json() == {value}\n".replace("\n", "\n    ").rstrip() + "\n"
