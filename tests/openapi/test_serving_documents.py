"""Several documents at once, and paths that only queries or headers tell apart."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tests.http.calling import Caller
from tests.openapi.documents import written

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.state.storage import completed

DOCUMENT = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    servers: [{url: https://x.test/v1}]
    paths: {/a: {get: {operationId: getA, responses: {'200': {description: x}}}}}
"""
TOLD_APART = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    paths:
      /#Action=Stop: {get: {operationId: stop, responses: {'200': {description: x}}}}
      /#Action=Start: {get: {operationId: start, responses: {'200': {description: x}}}}
      /#X-Target=Go: {get: {operationId: go, responses: {'200': {description: x}}}}
      /near?lat={lat}: {get: {operationId: near, responses: {'200': {description: x}}}}
      /near: {get: {operationId: all, responses: {'200': {description: x}}}}
"""


def _build(folder: Path, files: dict[str, str], *prefixes: str) -> Application:
    written(folder, files)
    return build(Settings(specs=tuple(folder / name for name in files), prefixes=prefixes))


def test_documents_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """Many are called openapi.yaml."""
    application = _build(tmp_path, {"shop/openapi.yaml": DOCUMENT, "pets/openapi.yaml": DOCUMENT})

    assert list(application.services) == ["openapi", "pets-openapi"]


def test_of_two_operations_on_one_path_the_first_answers_and_both_are_named(tmp_path: Path) -> None:
    """The warning says which is not reached."""
    application = _build(tmp_path, {"shop.yaml": DOCUMENT, "pets.yaml": DOCUMENT})

    assert list(application.warnings()) == [
        "GET /v1/a is served as shop.getA; pets.getA has the same path and is not reached"
    ]


DEFECTIVE = """openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /bad:
    get: {parameters: [{$ref: '#/gone'}], responses: {'200': {description: x}}}
  /a:
    get:
      parameters:
        - {name: size, in: query, schema: {type: integer, default: big}}
      responses:
        '200': {description: x, content: {application/json: {schema: {type: integer}, example: no}}}
        '200': {description: y}
"""


def test_what_does_not_stop_the_start_is_told_in_short(tmp_path: Path) -> None:
    """How many defects there are, the first of them with their places, and what lists the others."""
    application = _build(tmp_path, {"shop.yaml": DEFECTIVE})
    file = tmp_path / "shop.yaml"

    (warning,) = application.warnings()

    assert warning.splitlines() == [
        f"{file} is served with 3 errors: `mockserver lint {file}` lists them",
        f"  {file}:5 at /paths/~1bad/get: get /bad: the reference #/gone leads nowhere; it answers 501",
        f"  {file}:9 at /paths/~1a/get/parameters/0/schema/default: the default breaks its schema: "
        '"big" is not of type "integer"',
        f"  {file}:12 at /paths/~1a/get/responses/200: duplicate key '200': the last value is used, "
        "the first is ignored",
    ]


def test_of_many_defects_the_first_errors_are_shown(tmp_path: Path) -> None:
    """Three lines are enough to go and look."""
    bad = "{name: %s, in: query, example: x, schema: {type: integer, default: x}}"
    parameters = ", ".join(bad % name for name in "abcde")
    text = DOCUMENT.replace("{operationId: getA,", f"{{operationId: getA, parameters: [{parameters}],")
    application = _build(tmp_path, {"shop.yaml": text})

    head, *shown = next(iter(application.warnings())).splitlines()

    assert "5 errors and 5 warnings" in head
    assert [line.endswith('"x" is not of type "integer"') for line in shown[:-1]] == [True] * 3
    assert ["/default: " in line for line in shown[:-1]] == [True] * 3
    assert shown[-1] == "  … and 7 more"


def test_a_large_document_is_not_searched_when_it_is_served(tmp_path: Path) -> None:
    """What reading it has shown is told, and that there may be more."""
    text = DEFECTIVE + f"x-long: {'x' * 2_000_000}\n"
    application = _build(tmp_path, {"shop.yaml": text})
    file = tmp_path / "shop.yaml"

    (warning,) = application.warnings()

    assert warning.splitlines() == [
        f"{file} is served with at least 1 error: it is large; `mockserver lint {file}` checks all of it",
        f"  {file}:5 at /paths/~1bad/get: get /bad: the reference #/gone leads nowhere; it answers 501",
    ]


def test_a_prefix_puts_a_document_elsewhere(tmp_path: Path) -> None:
    """In front of its base path, so that a client changes nothing but the host."""
    application = _build(tmp_path, {"shop.yaml": DOCUMENT, "pets.yaml": DOCUMENT}, "pets=/other")

    assert Caller(application.asgi)("GET", "/v1/a").status == 200
    assert Caller(application.asgi)("GET", "/other/v1/a").status == 200
    assert not list(application.warnings())


@pytest.mark.parametrize("prefix", ["gone=/x", "shop", "shop=x", "shop=/__admin"])
def test_a_prefix_that_means_nothing_is_refused(tmp_path: Path, prefix: str) -> None:
    """With what is expected."""
    with pytest.raises(ConfigurationError, match="--prefix"):
        _build(tmp_path, {"shop.yaml": DOCUMENT}, prefix)


def test_a_folder_may_hold_parts_of_documents(tmp_path: Path) -> None:
    """Only what says that it is a document is served as one."""
    written(tmp_path, {"shop.yaml": DOCUMENT, "parts.yaml": "Pet: {type: object}"})

    assert list(build(Settings(specs=(tmp_path,))).services) == ["shop"]


@pytest.mark.parametrize(
    ("target", "headers", "operation"),
    [
        ("/?Action=Stop", {}, "stop"),
        ("/?Action=Start", {}, "start"),
        ("/", {"X-Target": "Go"}, "go"),
        ("/near?lat=1", {}, "near"),
        ("/near", {}, "all"),
    ],
)
def test_operations_on_one_path_are_told_apart(
    tmp_path: Path, target: str, headers: dict[str, str], operation: str
) -> None:
    """As documents write it behind a `?` or `#`."""
    application = _build(tmp_path, {"cloud.yaml": TOLD_APART})

    answer = Caller(application.asgi)("GET", target, headers=headers)

    assert answer.status == 200
    ((_, exchange),) = completed(application.journal.search())
    assert exchange.operation_id == operation


def test_a_url_is_fetched_when_it_is_asked_for(tmp_path: Path) -> None:
    """It loses a slash as an argument that is a path, and is read all the same."""

    class Answer(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(written(tmp_path, {"x.yaml": DOCUMENT}).read_bytes())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        application = build(Settings(specs=(Path(f"http://127.0.0.1:{server.server_port}/api/shop.yaml"),)))

    assert list(application.services) == ["shop"]


def test_a_url_that_does_not_answer_is_refused() -> None:
    """With what to do."""
    with pytest.raises(ConfigurationError, match="Save it to a file"):
        build(Settings(specs=(Path("http://127.0.0.1:9/shop.yaml"),)))


def test_media_types_with_parameters_ranges_and_nested_forms_are_taken(tmp_path: Path) -> None:
    """A client may leave the parameters out; `address[city]` is a part of `address`."""
    text = """
        openapi: 3.0.3
        info: {title: t, version: "1"}
        paths:
          /a:
            post:
              requestBody:
                content:
                  application/json;version=2: {schema: {type: object}}
                  application/*+json: {schema: {type: array}}
                  text/xml: {schema: {type: object}}
                  application/x-www-form-urlencoded:
                    schema:
                      type: object
                      properties: {address: {type: object, properties: {number: {type: integer}}}}
                    encoding: {address: {style: deepObject}}
              responses: {'204': {description: done}}
    """
    call = Caller(_build(tmp_path, {"api.yaml": text}).asgi)

    def status(media_type: str, content: bytes) -> int:
        return call("POST", "/a", content=content, media_type=media_type).status

    assert status("application/json", b"{}") == 204
    assert status("application/json; version=2", b"{}") == 204
    assert status("application/vnd.x+json", b"[]") == 204
    assert status("application/vnd.x+json", b"{}") == 400
    assert status("text/xml", b"<a/>") == 204
    assert status("text/csv", b"a") == 415
    assert status("application/x-www-form-urlencoded", b"address[number]=1") == 204
    assert status("application/x-www-form-urlencoded", b"address[number]=x") == 400
