"""Write requests of the journal as curl commands and as a pytest module."""

import base64
import re
import shlex
from collections.abc import Callable, Mapping
from pprint import pformat

from mockserver import __version__
from mockserver.errors import ApiError
from mockserver.server import json_text
from mockserver.server.admin.archive import write_har
from mockserver.server.admin.desk import Desk
from mockserver.server.admin.masking import MASK
from mockserver.server.admin.repeating import Entries, Field, Repeated, base_url, is_text, repeated
from mockserver.server.admin.views import whole
from mockserver.server.exchange import Exchange

_GLOBS = re.compile(r"[\[\]{}]")
_DOTS = re.compile(r"/\.\.?(?:/|$)")


def write_curl(desk: Desk, entries: Entries) -> str:
    """One command for each, in their order; what cannot be repeated is a comment that says why."""
    return "".join(
        _command(repeated(desk, number, exchange), base_url(desk, exchange)) for number, exchange in entries
    )


def _command(request: Repeated, url: str) -> str:
    note = (
        f"# {request.number} {request.method} {request.target}: {request.lacking}\n"
        if request.lacking
        else ""
    )
    if request.cut:
        return note
    words = ["curl", "-i"]
    # With -X alone curl waits for a body that an answer to HEAD does not have.
    words += ["--head"] if request.method == "HEAD" else ["-X", request.method]
    if _GLOBS.search(request.target):
        words.append("--globoff")
    if _DOTS.search(request.target.partition("?")[0]):
        words.append("--path-as-is")
    words.append(url + request.target)
    quoted = [shlex.quote(word) for word in words]
    for field in request.fields:
        quoted += ["-H", _header(field)]
    if request.body and all(field.name != "content-type" for field in request.fields):
        # Else curl says that it is a form.
        quoted += ["-H", "content-type:"]
    if not request.body:
        return note + " ".join(quoted) + "\n"
    if is_text(request.body):
        # Behind --data an @ would have curl read a file.
        return note + " ".join([*quoted, "--data-raw", shlex.quote(request.body.decode())]) + "\n"
    content = base64.b64encode(request.body).decode()
    return f"{note}echo {content} | base64 -d | {' '.join([*quoted, '--data-binary', '@-'])}\n"


def _header(field: Field) -> str:
    """A header field for a shell, which puts variables in."""
    if field.variable:
        return f'"{field.name}: {field.value}${field.variable}"'
    # A field without a value ends in a semicolon there.
    return shlex.quote(f"{field.name}: {field.value}" if field.value else f"{field.name};")


_HEAD = '''"""Requests that were sent to a mock, and the answers that came: by mockserver {version}."""

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
_TEST = """

{skip}def test_{number}_{name}(client):
    response = client.request(
        {method!r},
        {target!r},
        headers={headers},
        content={body!r},
    )

    assert response.status_code == {status}
{rest}"""
_BROKEN = """

{skip}def test_{number}_{name}(client):
    with pytest.raises(httpx.TransportError):
        client.request(
            {method!r},
            {target!r},
            headers={headers},
            content={body!r},
        )
"""


def write_pytest(desk: Desk, entries: Entries) -> str:
    """A module with a test for each request; it asks for the answer that was given."""
    requests = [(repeated(desk, number, exchange), exchange) for number, exchange in entries]
    names = dict.fromkeys(field.variable for request, _ in requests for field in request.fields)
    variables = "".join(f'{name} = os.environ.get("{name}", "token")\n' for name in names if name)
    url = base_url(desk, entries[0][1] if entries else None)
    head = _HEAD.format(version=__version__, url=url, variables=variables)
    return head + "".join(_test(request, exchange) for request, exchange in requests)


def _test(request: Repeated, exchange: Exchange) -> str:
    plain = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in exchange.path)
    lacking = request.lacking
    if _DOTS.search(exchange.path):
        lacking = lacking or "httpx leaves dots out of paths"
    is_cut = exchange.staged is not None and "cut" in exchange.staged.faults
    return (_TEST if exchange.status and not is_cut else _BROKEN).format(
        skip=f"@pytest.mark.skip(reason={lacking!r})\n" if lacking else "",
        number=request.number,
        name=f"{exchange.method.lower()}_{plain.strip('_')[:60].lower()}",
        method=request.method,
        target=request.target,
        headers=_headers(request),
        body=request.body.decode() if is_text(request.body) else request.body,
        status=exchange.status,
        rest=_expected(request.number, exchange),
    )


def _headers(request: Repeated) -> str:
    if not request.fields:
        return "{}"
    lines = []
    for field in request.fields:
        value = f'f"{field.value}{{{field.variable}}}"' if field.variable else repr(field.value)
        lines.append(f"            {field.name!r}: {value},\n")
    return "{\n" + "".join(lines) + "        }"


def _expected(number: int, exchange: Exchange) -> str:
    """What is asked of the body: that it is the same JSON; nothing where it has secrets, or is no JSON."""
    content = exchange.reply_body
    media_type = dict(exchange.reply_fields).get(b"content-type", b"")
    if exchange.method == "HEAD" or b"json" not in media_type or exchange.reply_size != len(content):
        return ""
    shown = whole(number, exchange, None)["answer"]
    if not content or (MASK in shown and MASK.encode() not in content):
        return ""
    try:
        value = pformat(json_text.decode(content), width=96, sort_dicts=False)
    except ApiError:
        return ""
    return f"    assert response.json() == {value}\n".replace("\n", "\n    ").rstrip() + "\n"


EXPORTS: Mapping[str, tuple[str, Callable[[Desk, Entries], str]]] = {
    "curl": ("text/plain", write_curl),
    "har": ("application/har+json", write_har),
    "pytest": ("text/x-python", write_pytest),
}
