"""Implementations that speak HTTPS: whom the check trusts, what it shows, and what reports say of it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from tests.check.checking import invoke
from tests.check.serving import running

DOCUMENT = """
openapi: 3.0.3
info: {title: Lamp, version: '1'}
paths:
  /lamp:
    get:
      operationId: getLamp
      responses: {'200': {description: It., content: {application/json: {schema:
        {type: object, required: [on], properties: {on: {type: boolean}}}}}}}
"""


class _Lamp(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        """Break the document: `on` is text."""
        content = b'{"on":"yes"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    """Ends the encryption in the thread of each connection: one that is refused holds up no other."""

    daemon_threads = True
    context: ssl.SSLContext

    def finish_request(self, request: object, client_address: object) -> None:
        assert isinstance(request, ssl.SSLSocket)
        try:
            request.do_handshake()
            super().finish_request(request, client_address)
        except OSError:
            return
        finally:
            request.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A document, what to trust, and a client's certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    client = authority.issue_cert("check@example.test")
    client.private_key_and_cert_chain_pem.write_to_path(tmp_path / "client.pem")
    client.private_key_pem.write_to_path(tmp_path / "key.pem")
    client.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    (tmp_path / "lamp.yaml").write_text(DOCUMENT)
    return tmp_path


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    """An implementation that serves those alone who show a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    server = _Server(("127.0.0.1", 0), _Lamp)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with running(server) as plain:
        yield plain.replace("http:", "https:")


def _check(url: str, folder: Path, *options: object) -> tuple[int, str]:
    result = invoke(url, "--spec", folder / "lamp.yaml", "--no-fuzz", *options)
    return result.exit_code, result.output


def test_an_implementation_is_checked_whose_authority_is_trusted(url: str, folder: Path) -> None:
    """Its finding has the same options for curl, and the report for pytest has them, too."""
    options = ("--ca", folder / "ca.pem", "--client-cert", folder / "client.pem")

    code, output = _check(url, folder, *options, "--report", "pytest", "--report-dir", folder / "reports")

    assert code == 1
    assert f"curl -i --cacert {folder / 'ca.pem'} --cert {folder / 'client.pem'} {url}/lamp" in output
    namespace: dict[str, object] = {}
    exec((folder / "reports" / "test_check.py").read_text(), namespace)  # noqa: S102  what the report is for
    tests = [one for name, one in namespace.items() if name.startswith("test_") and callable(one)]
    assert tests
    for test in tests:
        with pytest.raises(AssertionError, match="on"):
            test()


def test_a_key_may_have_a_file_of_its_own_and_any_server_be_taken(url: str, folder: Path) -> None:
    """With --client-key and --insecure."""
    options = ("--insecure", "--client-cert", folder / "cert.pem", "--client-key", folder / "key.pem")

    code, output = _check(url, folder, *options)

    assert code == 1
    assert f"--key {folder / 'key.pem'} --insecure {url}/lamp" in output


def test_a_server_that_is_not_trusted_gives_no_verdict_and_the_options_that_help(
    url: str, folder: Path
) -> None:
    """The implementation has broken nothing."""
    code, output = _check(url, folder)

    assert code == 3
    assert "its certificate is not trusted" in output
    assert "--ca FILE, or take any with --insecure" in output


def test_a_server_that_asks_for_a_certificate_gives_no_verdict_without_one(url: str, folder: Path) -> None:
    """The reason is the server's."""
    code, output = _check(url, folder, "--ca", folder / "ca.pem")

    assert (code, "Traceback" in output) == (3, False)
    assert "--client-cert FILE" in output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--ca", "none.pem"), "none.pem cannot be read"),
        (("--ca", "key.pem"), "key.pem has no certificate in PEM"),
        (("--ca", "ca.pem", "--insecure"), "leave out --ca, or --insecure"),
        (("--client-key", "key.pem"), "--client-key belongs to --client-cert"),
        (("--client-cert", "cert.pem"), "name its file with --client-key"),
    ],
)
def test_options_that_cannot_be_used_are_an_error_of_usage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], said: str
) -> None:
    """Exit code 2, before anything is sent."""
    monkeypatch.chdir(folder)

    code, output = _check("https://127.0.0.1:1", folder, *options)

    assert (code, said in output) == (2, True), output


def test_the_line_that_renews_a_baseline_keeps_the_options(folder: Path) -> None:
    """A baseline of another version is written anew by the line that the message has."""
    (folder / "known.json").write_text('{"version": 0, "findings": []}')
    options = ("--insecure", "--client-cert", folder / "client.pem", "--baseline", folder / "known.json")

    code, output = _check("https://127.0.0.1:1", folder, *options)

    assert code == 2
    assert f"--client-cert {folder / 'client.pem'} --insecure" in " ".join(output.split())
