"""Findings as tests that need only pytest and httpx: each fails until its finding is fixed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver import __version__
from mockserver.check.check_options import Options
from mockserver.check.findings.issues import OVERLAPPING, Category, Finding, Issue, SentExchange
from mockserver.check.outcome import ApiOutcome, Outcome
from mockserver.check.target.http_messages import MISSING, WrittenRequest, written
from mockserver.check.target.resetting import without_credentials
from mockserver.curl import Secret, variable
from mockserver.http.outgoing.server_trust import ServerTrust

_HEAD = '''\
"""What `mockserver check` {version} has found, as tests. They need httpx and pytest:

    pip install httpx pytest
    CHECK_URL=http://localhost:3000 pytest test_check.py

CHECK_URL is the address of the implementation, where it is not the one that was checked, and CHECK_RESET_URL
that of its reset. Tokens are taken from the environment, under the names that the curl commands have.
"""

import base64
import os

import httpx
import pytest

_MISSING = object()
_TLS = httpx.create_ssl_context({verify}trust_env=False)
{tls}

def _send(base, method, target, headers, content):
    """Send a request as it was sent by the check; redirects are answers."""
    base = os.environ.get("CHECK_URL", base[0]).rstrip("/") + base[1]
    with httpx.Client(timeout=30, trust_env=False, verify=_TLS) as client:
        request = httpx.Request(method, base + target, headers=headers, content=content)
        return client.send(request)


def _secret(name):
    """A token, which no report shows."""
    if name not in os.environ:
        pytest.skip(f"set {{name}} to the token")
    return os.environ[name]


def _basic(pair):
    """A name and a password as HTTP Basic sends them."""
    return "Basic " + base64.b64encode((pair if ":" in pair else pair + ":").encode()).decode()


def _at(value, *names):
    """A part of a body; `_MISSING` where there is none."""
    for name in names:
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return _MISSING
    return value


def _json(response):
    """The body as a value; `_MISSING` where it is not JSON."""
    try:
        return response.json()
    except ValueError:
        return _MISSING
'''
_SERVED = {
    Category.REQUEST_REFUSED,
    Category.METHOD_REFUSED,
    Category.MEDIA_TYPE_REFUSED,
    Category.CALLER_REFUSED,
    Category.CALLER_NOT_RECOGNIZED,
    Category.RECORD_GONE,
    Category.NOT_STORED,
    Category.REPEAT_REFUSED,
}
_REFUSED = {
    Category.CALLER_SERVED,
    Category.FORBIDDEN_CALLER_SERVED,
    Category.MEDIA_TYPE_ACCEPTED,
    Category.INVALID_ACCEPTED,
    Category.UNKNOWN_SERVED,
    Category.REACHED_THROUGH_ANOTHER,
    Category.NOT_POSSIBLE,
    Category.RULE_IGNORED,
    Category.STILL_THERE,
    Category.UNDOCUMENTED_METHOD,
}


def text(outcome: Outcome) -> str:
    """The tests as a Python file."""
    parts = [_head(outcome.options.trust), *_resetting(outcome.options)]
    for api in outcome.apis:
        parts += [
            "\n\n" + "\n".join(_test(api, finding)) + "\n"
            for finding in api.findings
            if finding.exchanges and finding.issue.category not in OVERLAPPING
        ]
    if "\ndef test_" not in "".join(parts):
        parts.append("\n\ndef test_nothing_was_found():\n    pass\n")
    return "".join(parts)


def _head(trust: ServerTrust) -> str:
    """The head of the file, with TLS files at their paths in this check unless variables override them."""
    tls = ""
    if trust.ca is not None:
        tls += f"_TLS.load_verify_locations(os.environ.get('CHECK_CA', {str(trust.ca)!r}))\n"
    if trust.client_cert is not None:
        tls += (
            f"_TLS.load_cert_chain(os.environ.get('CHECK_CLIENT_CERT', {str(trust.client_cert)!r}), "
            f"os.environ.get('CHECK_CLIENT_KEY', {trust.client_key and str(trust.client_key)!r}))\n"
        )
    return _HEAD.format(version=__version__, verify="verify=False, " if trust.insecure else "", tls=tls)


def _resetting(options: Options) -> Iterator[str]:
    """The function that resets the records before each test."""
    if options.reset_url is None:
        return
    names = [field.partition(":")[0].strip() for field in options.reset_headers if ":" in field]
    headers = ", ".join(f"({name!r}, _secret({variable('RESET', name)!r}))" for name in names)
    yield "\n\ndef _reset():\n"
    yield '    """Bring the first records back."""\n'
    yield f"    url = os.environ.get('CHECK_RESET_URL', {without_credentials(options.reset_url)[0]!r})\n"
    yield f"    headers = [{headers}]\n"
    yield "    response = httpx.post(url, headers=headers, timeout=30, trust_env=False, verify=_TLS)\n"
    yield "    assert response.is_success\n"


def _test(api: ApiOutcome, finding: Finding) -> Iterator[str]:
    issue = finding.issue
    yield f"def test_{_word(issue.operation.api)}_{_word(issue.operation.id)}_{finding.id}():"
    yield f"    {_quoted(f'{issue.rule}: {issue.message}')}"
    if api.can_reset:
        yield "    _reset()"
    known: dict[str, str] = {}
    for number, exchange in enumerate(finding.exchanges, 1):
        yield from _sending(api, exchange, number, known)
        known |= _made(exchange, number)
    yield from _asserting(finding, len(finding.exchanges))


def _sending(api: ApiOutcome, exchange: SentExchange, number: int, known: Mapping[str, str]) -> Iterator[str]:
    request = written(exchange.request, exchange.schemes)
    headers = [(name, _value(value)) for name, value in request.headers]
    if request.user is not None:
        headers.append(("Authorization", f"_basic({_value(request.user)})"))
    root = api.base_url
    place = exchange.base_url.removeprefix(root) if exchange.base_url.startswith(root) else ""
    base = (root, place) if exchange.base_url.startswith(root) else (exchange.base_url, "")
    yield f"    response_{number} = _send("
    yield f"        {base!r},"
    yield f"        {exchange.request.method!r},"
    yield f"        {_target(request.target, known)}{_query(request)},"
    yield "        [" + ", ".join(f"({name!r}, {value})" for name, value in headers) + "],"
    yield f"        {exchange.request.body!r},"
    yield "    )"


def _target(target: str, known: Mapping[str, str]) -> str:
    """The path and query as an expression; ids of records created before are taken from that response."""
    path, mark, query = target.partition("?")
    parts = [known.get(part) or repr(part) for part in path.split("/")]
    if not known.keys() & set(path.split("/")):
        return repr(target)
    return f"'/'.join([{', '.join(parts)}]){f' + {mark + query!r}' if mark else ''}"


def _query(request: WrittenRequest) -> str:
    pairs = [
        f" + {('&' if number or '?' in request.target else '?') + name + '='!r} + {_value(secret)}"
        for number, (name, secret) in enumerate(request.query_secrets)
    ]
    return "".join(pairs)


def _value(value: str | bytes | Secret) -> str:
    if not isinstance(value, Secret):
        return repr(value)
    prefix = value.prefix.decode() if isinstance(value.prefix, bytes) else value.prefix
    secret = f"_secret({value.variable!r})"
    return f"{prefix!r} + {secret}" if prefix else secret


def _made(exchange: SentExchange, number: int) -> dict[str, str]:
    """Ids of the record that a POST created: path segments, each with the expression to read it."""
    value = exchange.answer.value() if exchange.answer is not None else MISSING
    if exchange.request.method != "POST" or not isinstance(value, Mapping):
        return {}
    return {
        str(one): f"str(_at(_json(response_{number}), {name!r}))"
        for name, one in value.items()
        if isinstance(one, (str, int)) and not isinstance(one, bool) and str(one)
    }


def _asserting(finding: Finding, last: int) -> Iterator[str]:
    issue, answer = finding.issue, finding.exchanges[-1].answer
    response = f"response_{last}"
    why = _quoted(f"{issue.message} (expected {issue.expected})")
    status = f"{response}.status_code"
    if answer is None:
        yield f"    assert {status}, {why}"
    elif issue.category in _SERVED:
        yield f"    assert 200 <= {status} < 300, {why}"
    elif issue.category in _REFUSED:
        yield f"    assert 400 <= {status} < 500, {why}"
    elif issue.category is Category.SERVER_ERROR:
        yield f"    assert {status} < 500, {why}"
    elif issue.category in {Category.UNDOCUMENTED_STATUS, Category.STATUS_EXCHANGED}:
        yield f"    assert {status} != {answer.status}, {why}"
    elif issue.category in {Category.HEADER_MISSING, Category.HEADER_VALUE, Category.MEDIA_TYPE}:
        name = issue.subject.place[-1] if issue.subject.place else "Content-Type"
        got = answer.headers.get(name.lower())
        yield f"    assert {response}.headers.get({name!r}) != {got!r}, {why}"
    else:
        yield from _asserting_value(issue, answer.value(), response, why)


def _asserting_value(issue: Issue, value: Any, response: str, why: str) -> Iterator[str]:
    """Assert that the wrong part of the body has changed."""
    names = tuple(issue.path) or tuple(name for name in issue.subject.place if name != "[]")
    found = value
    for name in names:
        found = _part(found, name)
    place = "".join(f", {name!r}" for name in names)
    shown = "_MISSING" if found is MISSING else repr(found)
    yield f"    assert _at(_json({response}){place}) != {shown}, {why}"


def _part(value: Any, name: str) -> Any:
    if isinstance(value, list) and name.isdigit() and int(name) < len(value):
        return value[int(name)]
    return value.get(name, MISSING) if isinstance(value, Mapping) else MISSING


def _quoted(text: str) -> str:
    """Text as a one-line Python literal: `ascii` escapes everything that could end it."""
    return ascii(text)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "operation"
