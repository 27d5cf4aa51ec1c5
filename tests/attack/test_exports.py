"""What a stranger plants in the journal or in a document is data in every export, and never runs."""

from __future__ import annotations

import json
import os
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import httpx
import pytest
from hypothesis import Phase, assume, example, given, settings
from hypothesis import strategies as st
from tests.attack.loopback import Received, Recorder, recording

from mockserver.admin.admin_context import AdminContext
from mockserver.admin.exports import export
from mockserver.admin.exports.repeatable_requests import repeated
from mockserver.admin.fixture_file import write_fixture
from mockserver.app import Application, build
from mockserver.check.planning.situations import CallerKind
from mockserver.check.target.http_messages import Caller, HttpRequest, curl
from mockserver.check.target.resetting import Reset
from mockserver.config import Settings
from mockserver.curl import Secret, command, comment, variable
from mockserver.http import example_requests
from mockserver.http.exchange import Exchange
from mockserver.http.journal.request_journal import Journal
from mockserver.openapi.reading import document_files
from mockserver.state.baseline import SessionView
from mockserver.state.storage import completed
from mockserver.state.storages.memory import MemoryStorage

# Each example starts processes: to shrink one that fails would take minutes.
RUNS = settings(max_examples=10, phases=[Phase.explicit, Phase.generate])
DESK = cast("AdminContext", SimpleNamespace(services={}))


def _written(format_: str, *arguments: Any) -> str:
    """The export as text."""
    return export(format_, *arguments)[1].decode()


SECRET = "s $(touch PWNED) `touch PWNED` \"' {1/0}"
HOSTILE = [
    "$(touch PWNED) y",
    "`touch PWNED` y",
    "{__import__('os').system('touch PWNED')} y",
    '"; touch PWNED; " y',
    "'; touch PWNED; ' y",
    '\\"\'\'""; touch PWNED\\',
]
_TOKEN = string.ascii_lowercase + string.digits + "!#$%&'*+-.^_`|~"
# What the exports leave out, or mask in part.
_OTHERS = {"host", "content-length", "connection", "expect", "upgrade", "te", "origin", "referer", "location"}
_OTHERS |= {
    "accept-encoding",
    "user-agent",
    "keep-alive",
    "transfer-encoding",
    "priority",
    "content-location",
}

names = st.text(_TOKEN, min_size=1, max_size=12).filter(
    lambda name: name not in _OTHERS and not name.startswith("sec-")
) | st.sampled_from(["authorization", "x.secret", "x-`id`-token", "cookie", "content-type", "x-mock-trace"])
values = (
    st.binary(max_size=24).map(lambda raw: bytes(byte for byte in raw if byte > 31 and byte != 127).strip())
    | st.sampled_from(HOSTILE).map(str.encode)
    | st.text(st.characters(min_codepoint=160, exclude_categories=["Cs", "Zs"]), max_size=6).map(str.encode)
)
_PRINTED = "".join(map(chr, range(33, 127)))
paths = st.text("".join(sorted(set(_PRINTED) - set("?#"))) + "/./é", max_size=20).map("/{}".format)
queries = st.text(_PRINTED.replace("#", ""), max_size=20) | st.sampled_from(["a[b]=1&c={}", "x=$(id)&y=%2e"])
bodies = st.binary(max_size=60) | st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace"))
sessions = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "M-SEARCH"]) | st.sampled_from(
    # A method is a token: parsers that take any let these through.
    ["`TOUCH$IFS`", "$IFS&TOUCH", "A'B|C", "!#$%&'*+-.^_`|~"]
)


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """A request as the journal has it, none of it masked but for header fields."""
    headers = draw(st.dictionaries(names.map(str.encode), values, max_size=5))
    path, query = draw(paths), draw(queries)
    exchange = Exchange(draw(methods), path, query.encode("latin-1"), headers)
    exchange.body, exchange.session, exchange.status = draw(bodies), draw(sessions), 204
    completed(Journal(MemoryStorage(), 1, 65_536, 1_000_000).add(exchange))
    assume(not repeated(DESK, 1, exchange).lacking)
    return exchange


def _planted(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Exchange:
    path, _, query = target.partition("?")
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    exchange = Exchange(method, path, query.encode(), raw)
    exchange.body, exchange.status = body, 204
    completed(Journal(MemoryStorage(), 1, 65_536, 1_000_000).add(exchange))
    return exchange


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    """A server that records bytes."""
    with recording() as recorder:
        yield recorder


@pytest.fixture(scope="module")
def client(recorder: Recorder) -> Iterator[httpx.Client]:
    """What an exported module sends with: made once, for it takes long."""
    with httpx.Client(base_url=recorder.url, trust_env=False) as client:
        yield client


def _run(script: str, folder: Path, shell: str = "sh", **variables: str) -> None:
    """Run a script where a file that it makes would be noticed."""
    file = folder / "script.sh"
    file.write_bytes(script.encode())
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    done = subprocess.run(
        [shell, str(file)], cwd=folder, env=environment, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, (script, done.stderr)
    assert [entry.name for entry in folder.iterdir()] == ["script.sh"]


def _hold(received: list[Received], wanted: list[Exchange]) -> None:
    """Hold the bytes that came to those that the journal has."""
    assert len(received) == len(wanted)
    for came, exchange in zip(received, wanted, strict=True):
        request = repeated(DESK, 1, exchange)
        fields = [
            (field.name.encode(), (field.raw + (SECRET.encode() if field.variable else b"")).strip(b" \t"))
            for field in request.fields
        ]
        assert came.method == exchange.method.encode()
        assert came.target == request.target.encode("latin-1")
        assert came.only({name for name, _ in fields}) == fields
        assert came.body == exchange.body


def _variables(wanted: list[Exchange]) -> dict[str, str]:
    fields = [field for exchange in wanted for field in repeated(DESK, 1, exchange).fields]
    return {field.variable: SECRET for field in fields if field.variable}


@RUNS
@given(wanted=st.lists(exchanges(), min_size=4, max_size=8))
def test_a_shell_sends_the_bytes_of_every_journal_entry(
    wanted: list[Exchange], recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in names, values, targets, bodies and sessions; the shell is POSIX and no more."""
    script = _written("curl", DESK, [(1, exchange) for exchange in wanted], recorder.url)

    _run(script, tmp_path_factory.mktemp("curl"), **_variables(wanted))

    _hold(recorder.take(), wanted)
    assert script.count("\n") == len(wanted)


@RUNS
@given(wanted=st.lists(exchanges(), min_size=4, max_size=8))
def test_python_sends_the_bytes_of_every_journal_entry(
    wanted: list[Exchange], recorder: Recorder, client: httpx.Client
) -> None:
    """The exported module is Python that has the same requests in it, and tests that pass."""
    module = _written(
        "pytest", DESK, [(number, exchange) for number, exchange in enumerate(wanted)], recorder.url
    )

    with patch.dict(os.environ, _variables(wanted)):
        space: dict[str, Any] = {}
        exec(compile(module, "test_exported.py", "exec"), space)  # noqa: S102  running it is what is tested
        for name, test in space.items():
            if name.startswith("test_") and not hasattr(test, "pytestmark"):
                test(client)

    # httpx refuses to send other targets; their tests are skipped.
    _hold(recorder.take(), [exchange for exchange in wanted if repeated(DESK, 1, exchange).target.isascii()])


@pytest.mark.parametrize(
    "path", ["/it's", "/$(touch$IFS./PWNED)", "/`touch$IFS./PWNED`", '/a";touch$IFS./PWNED;"']
)
def test_a_base_url_is_one_word_of_the_command(path: str, recorder: Recorder, tmp_path: Path) -> None:
    """Whoever writes it, in a setting or in the Host of the request that asks for the export."""
    plain, dotted = _planted("DELETE", "/a?b=c", {}), _planted("GET", "/a/../b", {})
    script = _written("curl", DESK, [(1, plain), (2, dotted)], recorder.url + path)

    _run(script, tmp_path)

    assert [came.target.decode() for came in recorder.take()] == [f"{path}/a?b=c", f"{path}/a/../b"]


def test_an_exported_file_runs_nothing_that_a_page_planted(recorder: Recorder, tmp_path: Path) -> None:
    """Neither by a shell nor by pytest, with a secret in the header or none."""
    planted = [
        _planted(
            "OPTIONS",
            f"/x/{value.replace(' ', '%20')}?q=1",
            {"authorization": value, "x.`id`.secret": value, "x-a": value},
        )
        for value in HOSTILE
    ]
    entries = list(enumerate(planted))
    for folder in ("sh", "bash", "py"):
        (tmp_path / folder).mkdir()
    script = _written("curl", DESK, entries, recorder.url)

    _run(script, tmp_path / "sh", **_variables(planted))
    _run(script, tmp_path / "bash", "bash", **_variables(planted))
    module = tmp_path / "py" / "test_exported.py"
    module.write_text(_written("pytest", DESK, entries, recorder.url), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(module)],
        cwd=tmp_path / "py",
        env={**os.environ, **_variables(planted), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert f"{len(planted)} passed" in done.stdout, done.stdout + done.stderr
    assert [entry.name for entry in (tmp_path / "py").iterdir()] == ["test_exported.py"]
    _hold(recorder.take(), planted * 3)


def test_what_cannot_be_repeated_is_a_comment_and_nothing_else(tmp_path: Path) -> None:
    """Even in a shell that does not know comments, as zsh at its prompt."""
    texts = [*HOSTILE, "x\ny", "\r", "\x1b[2J", "\u202e"]
    lines = [comment("1", "GET", f"/{text}:", "it was cut") for text in texts]

    _run("\n".join([*lines, *(f"true {line}" for line in lines)]).replace("true # ", "true "), tmp_path)

    assert all(line.startswith("# 1 GET ") and "\n" not in line for line in lines)


@settings(max_examples=25)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=3))
def test_a_variable_has_a_name_that_every_language_takes(words: list[str]) -> None:
    """Capitals, digits, underscores; different letters of other scripts give different names."""
    name = variable("TOKEN", *words)

    assert name.isascii()
    assert name.isidentifier()
    assert name == name.upper()
    assert variable("ñ") != variable("日")


@RUNS
@given(
    names=st.lists(st.text(_TOKEN, min_size=1, max_size=8), min_size=4, max_size=4, unique=True),
    identity=st.text(min_size=1, max_size=8),
    body=bodies,
)
def test_a_line_of_check_puts_a_secret_in_its_place_and_runs_nothing(
    names: list[str], identity: str, body: bytes, recorder: Recorder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In a header, a cookie, the query or a bearer token, by a scheme with any name; resets too."""
    places = ("header", "cookie", "query")
    schemes: list[dict[str, str]] = [
        {"type": "apiKey", "in": place, "name": f"x{name}"}
        for place, name in zip(places, names, strict=False)
    ]
    request = HttpRequest("POST", "/a", "b=1", body=body, caller=Caller(CallerKind.IDENTITY, identity))
    shell = variable("TOKEN", identity)
    reset = Reset(recorder.url + "/reset?a=$(id)`id`", {names[3]: "value", "authorization": "x"})
    lines = [curl(request, recorder.url, [*schemes, {}]), reset.curl()]

    _run(
        "\n".join(lines),
        tmp_path_factory.mktemp("check"),
        **{shell: "a'b", variable("RESET", names[3]): SECRET, "RESET_AUTHORIZATION": "y"},
    )

    came, renewed = recorder.take()
    assert dict(came.fields)[f"x{names[0]}".encode()] == b"a'b"
    assert dict(came.fields)[b"cookie"] == f"x{names[1]}=a'b".encode()
    assert dict(came.fields)[b"authorization"] == b"Bearer a'b"
    assert came.target.endswith(b"=a'b")
    assert came.body == body
    assert dict(renewed.fields)[names[3].encode()] == SECRET.encode()


DOCUMENT = """
openapi: 3.0.3
info: {title: Hostile, version: '1'}
paths:
  '/a$(touch PWNED)/{id}':
    post:
      operationId: text
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: "`touch PWNED`"}
        - {name: 'q;touch X;', in: query, required: true, schema: {type: string}, example: '$(touch PWNED)'}
      requestBody:
        content:
          application/json:
            schema: {type: string}
            example: '@/etc/passwd'
      responses: {'200': {description: Done.}}
    put:
      operationId: form
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}, example: 1}
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object}
            example: {a: '@/etc/passwd', b: '</etc/passwd', 'c$(touch PWNED)': "'; touch PWNED; '"}
      responses: {'200': {description: Done.}}
"""


def test_the_examples_of_a_document_read_no_file_and_run_nothing(recorder: Recorder, tmp_path: Path) -> None:
    """The console and the start of the server show them to be pasted."""
    file = tmp_path / "hostile.yaml"
    file.write_text(DOCUMENT)
    service = build(Settings(specs=(file,))).services["hostile"]
    folder = tmp_path / "run"
    folder.mkdir()

    lines = [
        example_requests.curl(service, service.document.operation(name), recorder.url)
        for name in ("text", "form")
    ]
    _run("\n".join(lines), folder)

    text, form = recorder.take()
    assert text.target == b"/a$(touch%20PWNED)/%60touch%20PWNED%60?q%3Btouch%20X%3B=%24%28touch%20PWNED%29"
    assert text.body == b'"@/etc/passwd"'
    assert b"/etc/passwd" in form.body
    assert b"root:" not in form.body
    assert b"'; touch PWNED; '" in form.body


@given(wanted=st.lists(exchanges(), min_size=1, max_size=4))
def test_an_archive_is_json_that_has_the_same_requests(wanted: list[Exchange]) -> None:
    """Names, values and targets come back; secrets are masked."""
    text = _written("har", DESK, [(1, exchange) for exchange in wanted], "http://mock.test")

    entries = json.loads(text)["log"]["entries"]
    for entry, exchange in zip(entries, wanted, strict=True):
        sent = entry["request"]
        target = repeated(DESK, 1, exchange).target
        headers = {found["name"]: found["value"] for found in sent["headers"]}
        assert sent["url"] == f"http://mock.test{target}"
        assert list(headers) == [name.decode("latin-1") for name in exchange.headers]
        assert entry["comment"].startswith(f"session {exchange.session},")


_scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(HOSTILE)
_records = st.dictionaries(st.text(max_size=8), _scalars | st.lists(_scalars, max_size=3), max_size=5)


@given(records=st.lists(_records, max_size=4))
@example(records=[{"\x85A": "a\x85 b", "\u2028": "c\u2029", "n": "0o17", "1e3": "1_0"}])
def test_a_fixture_file_is_read_back_as_the_same_records(
    bundled: Application, records: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Tags, anchors, dates, numbers as text, controls: all of it is data."""
    service = bundled.services["citas"]
    view = SessionView("id", {str(number): record for number, record in enumerate(records)}, {})

    file = tmp_path / "citas.yaml"
    file.write_text(write_fixture(service, {("citas", "citas"): view}), "utf-8")

    assert document_files.read_file(file)["collections"]["citas"]["records"] == records


def test_curl_reads_no_file_that_a_body_or_a_field_names(recorder: Recorder, tmp_path: Path) -> None:
    """An `@` or a `<` at the start means nothing."""
    lines = [
        command("POST", recorder.url, "/", [("x-a", "@/etc/passwd")], b"@/etc/passwd"),
        command(
            "POST", recorder.url, "/", [("x-a", Secret("A", "@"))], form=[("a", "<b"), ("@c", "@d;type=e")]
        ),
    ]

    _run("\n".join(lines), tmp_path, A="/etc/passwd")

    first, second = recorder.take()
    assert (first.body, first.only({b"x-a"})) == (b"@/etc/passwd", [(b"x-a", b"@/etc/passwd")])
    assert second.only({b"x-a"}) == [(b"x-a", b"@/etc/passwd")]
    assert b"<b" in second.body
    assert b"@d;type=e" in second.body


@pytest.mark.parametrize("name", ["x=@/etc/hostname;a", "x=</etc/hostname;a", 'x";filename="y', "x\ny"])
@pytest.mark.parametrize("media_type", ["image/png", "image/png;filename=@/etc/hostname"])
def test_the_name_of_a_file_in_a_form_reads_no_file(
    name: str, media_type: str, recorder: Recorder, tmp_path: Path
) -> None:
    """Names and media types come from documents, which strangers write."""
    script = command("POST", recorder.url, b"/", [], None, files=[(name, "text", media_type)])

    _run(script, tmp_path)

    (came,) = recorder.take()
    assert b"text" in came.body
    assert Path("/etc/hostname").read_bytes().strip() not in came.body
