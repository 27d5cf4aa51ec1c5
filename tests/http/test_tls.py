"""HTTPS: the certificate that is made or given, who trusts it, and what plain HTTP is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import trustme
from click.testing import CliRunner
from cryptography import x509
from tests.http.calling import Caller

from mockserver.check.target.hosting import serving
from mockserver.cli.command_line import main
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.extras import missing_line
from mockserver.http.outgoing.server_trust import ServerTrust
from mockserver.http.server.served_certificates import tls_of
from mockserver.proxy import ProxyMaker, client_maker


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Somebody who signs certificates."""
    return trustme.CA()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Path:
    """A folder with a certificate, its key, both in one file, and what is no certificate."""
    tmp_path = tmp_path_factory.mktemp("files")
    leaf, other = authority.issue_cert("localhost", "127.0.0.1"), authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    leaf.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    leaf.private_key_pem.write_to_path(tmp_path / "key.pem")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    other.private_key_pem.write_to_path(tmp_path / "other.pem")
    (tmp_path / "text.pem").write_text("not in PEM")
    command = ["openssl", "pkey", "-in", "key.pem", "-aes256", "-passout", "pass:x", "-out", "locked.pem"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server with a certificate that was made for it: its URL, and what to trust."""
    ca = tmp_path_factory.mktemp("made") / "ca.pem"
    with serving(Settings(tls=True, tls_ca=ca)) as url:
        yield url, ca


def _client(ca: Path) -> httpx.Client:
    return httpx.Client(verify=ssl.create_default_context(cafile=str(ca)), trust_env=False)


def test_a_made_certificate_is_trusted_through_its_authority_alone(made: tuple[str, Path]) -> None:
    """By name and by address; absolute URLs in answers begin with https."""
    url, ca = made
    port = url.rpartition(":")[2]

    with _client(ca) as client:
        for host in ("127.0.0.1", "localhost"):
            assert client.get(f"https://{host}:{port}/__admin/health").json()["status"] == "ok"
        configuration = client.get(url + "/__oidc/.well-known/openid-configuration").json()
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(url + "/__admin/health", trust_env=False)

    assert configuration["issuer"] == url + "/__oidc"


def test_what_was_changed_over_https_stays_changed_on_one_connection(made: tuple[str, Path]) -> None:
    """Keep-alive, bodies in both directions, an answer of several hundred kilobytes."""
    url, ca = made

    with _client(ca) as client:
        client.headers["authorization"] = "Bearer patient-token"
        changed = client.put(url + "/api/reservations/89", json={"status": "CANCELLED"})
        place = url + "/__admin/state/reservations/reservations/89"
        client.put(place, json={**client.get(place).json(), "reason": "x" * 300_000})
        record = client.get(place)

    assert changed.status_code == 200
    assert len(record.content) > 300_000


def test_a_made_certificate_is_one_that_browsers_take(tmp_path: Path) -> None:
    """Valid for a year and no longer, for every name of the server, and not for all addresses at once."""
    settings = Settings(tls=True, tls_ca=tmp_path / "ca.pem", host="::", public_url="https://mock.test/shop")

    tls = tls_of(settings)

    assert tls is not None
    certificate = _shown(tls.context)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    valid = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert {"localhost", "mock.test"} <= set(names.get_values_for_type(x509.DNSName))
    assert {"127.0.0.1", "::1"} == set(map(str, names.get_values_for_type(x509.IPAddress)))
    assert valid <= timedelta(days=398)
    assert certificate.not_valid_before_utc < datetime.now(UTC) < certificate.not_valid_after_utc


def _shown(context: ssl.SSLContext) -> x509.Certificate:
    """The certificate that a context shows to its clients."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    here, there = (ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())
    server = context.wrap_bio(here[0], here[1], server_side=True)
    client = trusting.wrap_bio(there[0], there[1], server_hostname="localhost")
    for _ in range(3):
        for side, sends, receives in ((client, there[1], here[0]), (server, here[1], there[0])):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
            receives.write(sends.read())
    content = client.getpeercert(binary_form=True)
    assert content is not None
    return x509.load_der_x509_certificate(content)


PLAIN = [b"GET", b"POST", b"HEAD", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"CONNECT", b"hello"]


@pytest.mark.parametrize("method", PLAIN)
def test_plain_http_is_told_to_use_https_and_the_connection_is_closed(
    made: tuple[str, Path], method: bytes
) -> None:
    """Whatever the method; what follows is served as before."""
    url, ca = made
    host, port = url.removeprefix("https://").split(":")

    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(method + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert "begin the URL with https://" in json.loads(body)["detail"]
    with _client(ca) as client:
        assert client.get(url + "/__admin/health").status_code == 200


def test_handshakes_that_never_end_are_limited(tmp_path: Path) -> None:
    """Clients that connect and say nothing hold no more connections than `connection_limit`."""
    ca, most = tmp_path / "ca.pem", 3
    with (
        serving(Settings(tls=True, tls_ca=ca, connection_limit=most)) as url,
        contextlib.ExitStack() as open_,
    ):
        host, port = url.removeprefix("https://").split(":")
        silent = [
            open_.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in range(most)
        ]
        beyond = open_.enter_context(socket.create_connection((host, int(port)), timeout=20))
        assert beyond.recv(1) == b""  # closed, before anything was sent

        silent[0].close()
        with _client(ca) as client:
            answer = _first_answer(client, url + "/__admin/health")
        assert answer.status_code == 200


def _first_answer(client: httpx.Client, url: str) -> httpx.Response:
    """The first answer: the server learns a little later that another client has closed its connection."""
    for _ in range(1_000):
        with contextlib.suppress(httpx.TransportError):
            return client.get(url)
    raise AssertionError(f"{url} is not answered")


def test_plain_http_is_answered_on_the_event_loop_of_python_too(tmp_path: Path) -> None:
    """Where uvloop is missing."""
    tls = tls_of(Settings(tls=True, tls_ca=tmp_path / "ca.pem"))
    assert tls is not None
    context, trusting = tls.context, ssl.create_default_context(cafile=str(tls.authority))

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"plain" if writer.get_extra_info("ssl_object").is_plain else b"encrypted")
        writer.close()
        await writer.wait_closed()

    async def calls() -> list[bytes]:
        async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            found = []
            for use in (None, trusting):
                reader, writer = await asyncio.open_connection("localhost", port, ssl=use)
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                found.append(await reader.read())
                writer.close()
                await writer.wait_closed()
            return found

    assert asyncio.run(calls()) == [b"plain", b"encrypted"]


@pytest.mark.parametrize(("certificate", "key"), [("cert.pem", "key.pem"), ("both.pem", None)])
def test_a_given_certificate_is_shown(files: Path, certificate: str, key: str | None) -> None:
    """Its key in a file of its own, or in the same one; nothing is written."""
    settings = Settings(tls_cert=files / certificate, tls_key=None if key is None else files / key)

    with serving(settings) as url, _client(files / "ca.pem") as client:
        assert url.startswith("https://")
        assert client.get(url + "/__admin/health").status_code == 200


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tls-cert", "none.pem"], "none.pem cannot be read: No such file"),
        (["--tls-cert", "text.pem"], "text.pem has no certificate in PEM"),
        (["--tls-cert", "cert.pem"], "cert.pem has no private key that can be read: name its file with"),
        (["--tls-cert", "cert.pem", "--tls-key", "text.pem"], "text.pem has no private key in PEM"),
        (["--tls-cert", "cert.pem", "--tls-key", "other.pem"], "does not belong to the certificate in cert"),
        (["--tls-cert", "cert.pem", "--tls-key", "locked.pem"], "locked.pem is encrypted with a password"),
        (["--tls-key", "key.pem"], "--tls-key belongs to --tls-cert"),
        (["--tls-ca", "ca.pem"], "--tls-ca belongs to --tls"),
        (["--tls-cert", "both.pem", "--tls-ca", "ca.pem"], "leave it out where --tls-cert"),
        (["--tls", "--tls-ca", "no/folder/ca.pem"], "Name another file with --tls-ca"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    files: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], said: str
) -> None:
    """With exit code 2, what is wrong with it, and no question on the terminal."""
    monkeypatch.chdir(files)

    result = CliRunner().invoke(main, ["serve", "--port", "0", *flags])

    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_a_certificate_can_only_be_made_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the line to run; a given certificate needs no extra."""
    monkeypatch.setattr("mockserver.extras._is_installed", lambda name: name != "trustme")
    missing_line.cache_clear()

    with pytest.raises(ConfigurationError, match=r"needs the extra \[tls\].*pip install 'trustme"):
        tls_of(Settings(tls=True))
    missing_line.cache_clear()


def test_a_proxy_says_that_it_does_not_trust_the_implementation(made: tuple[str, Path]) -> None:
    """With 502 and what to do: the mock does not answer in the place of a server that is there."""
    url, _ = made
    maker = ProxyMaker(url, new_client=client_maker(ServerTrust()))
    application = maker.make(Settings(specs=(Path("specs/reservations.yaml"),), auth="any"))

    answer = Caller(application.asgi, "patient-token")("GET", "/api/reservations/89")

    assert answer.status == 502
    assert "--ca FILE" in answer.json["detail"]


def _command(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mockserver", *map(str, words), "--port", "0"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Stop it: its exit code and what it said on standard error."""
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def _first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _curl(*words: object) -> str:
    command = ["curl", "--silent", "--show-error", "--max-time", "60", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_workers_and_a_proxy_speak_https_and_print_commands_that_work(files: Path) -> None:
    """A made certificate for two workers, a given one for the proxy that trusts it."""
    made = files / "made.pem"
    server = _command("serve", "specs/citas.yaml", "--tls", "--tls-ca", made, "--workers", 2, "--stateless")
    proxy = None
    try:
        url = re.search(r"https://[0-9.:]+", _first_line(server))
        assert url is not None
        assert str(made) in _first_line(server)
        assert server.stdout is not None
        commands = [line for line in iter(server.stdout.readline, "\n") if "curl" in line]
        commands += [line for line in iter(server.stdout.readline, "\n") if "curl" in line]
        pasted = subprocess.run(
            ["bash", "-c", commands[0] + " --silent"], capture_output=True, text=True, check=False
        )
        assert pasted.stdout.startswith("HTTP/1.1 2"), (commands, pasted)
        proxy = _command(
            *("proxy", "specs/citas.yaml", "--upstream", url[0], "--ca", made),
            *("--tls-cert", files / "cert.pem", "--tls-key", files / "key.pem"),
        )
        own = re.search(r"https://[0-9.:]+", _first_line(proxy))
        assert own is not None
        through = _curl("--cacert", files / "ca.pem", "-i", "-X", "PUT", own[0] + "/api/citas/1/cancelar")
        assert through.startswith("HTTP/1.1 401"), "the implementation decides who may call"
        said = [_end(proxy), _end(server)]
    finally:
        for process in filter(None, (proxy, server)):
            if process.poll() is None:
                process.kill()
                process.communicate()

    assert said == [(0, ""), (0, "")]
