"""The command line: what it says, what it refuses, and a server as a process."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any, get_args

import click
import httpx
import jwt
import pytest
from click.testing import CliRunner, Result

from mockserver import __version__
from mockserver.cli.command_line import main
from mockserver.config import AuthMode, LogLevel, Settings
from mockserver.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
APPOINTMENT = "/api/v1/appointments/9a0f170e-0aa0-47db-ab14-4ddcdcbad061"
DOCUMENT = 'openapi: 3.0.3\ninfo: {title: Shop, version: "1"}\npaths: {}\n'


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@dataclass
class Server:
    """A process that serves."""

    process: subprocess.Popen[str]
    url: str
    greeting: str

    def log_until(self, pattern: str, cause: Callable[[], Any]) -> str:
        """Do something until the log has a line that fits: the server may not be watching yet."""
        lines: Queue[str] = Queue()
        assert self.process.stderr is not None
        stderr = self.process.stderr
        reader = threading.Thread(target=lambda: lines.put(stderr.readline()), daemon=True)
        reader.start()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            cause()
            try:
                line = lines.get(timeout=0.5)
            except Empty:
                continue
            if re.search(pattern, line):
                return line
            assert line, "the log has ended"
            reader = threading.Thread(target=lambda: lines.put(stderr.readline()), daemon=True)
            reader.start()
        raise AssertionError(f"the log has no line with {pattern!r}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it by a signal; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)


@contextmanager
def serving(*arguments: str, cwd: Path | None = None) -> Iterator[Server]:
    """Serve on a port of the system's choice while the block runs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "mockserver", "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd or ROOT,
        env={**environment, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        greeting = process.stdout.readline()
        found = re.search(r"http://[\d.:\[\]]+", greeting)
        assert found is not None, greeting + (process.stderr.read() if process.stderr else "")
        yield Server(process, found[0], greeting)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_server_greets_answers_and_stops() -> None:
    """Its first line shows the URL and what is served; SIGTERM is a good end."""
    with serving() as server:
        assert __version__ in server.greeting
        assert "3 APIs" in server.greeting
        with httpx.Client(base_url=server.url) as client:
            answer = client.patch(
                APPOINTMENT, headers={"Authorization": "Bearer agent-token"}, json={"status": "late"}
            )
            assert (answer.status_code, answer.json()["data"]["status"]) == (200, "late")
            assert client.head("/__admin/health").content == b""
            assert client.get("/").headers["content-type"].startswith("text/html")
            files = {"duration_in_minutes": (None, "5"), "claimant[name]": (None, "Zoë")}
            form = client.post(
                APPOINTMENT + "?_method=PATCH", headers={"Authorization": "Bearer agent-token"}, files=files
            )
            assert form.json()["data"]["claimant"]["name"] == "Zoë"
            chunks = client.patch(
                APPOINTMENT,
                headers={"Authorization": "Bearer agent-token", "Content-Type": "application/json"},
                content=iter([b'{"duration_in', b'_minutes": 7}']),
            )
            assert chunks.json()["data"]["duration_in_minutes"] == 7
            assert client.get("/__admin/requests").json()["total"] == 3
        assert server.stop() == 0


def test_what_is_ready_to_paste_names_the_port_that_was_bound(tmp_path: Path) -> None:
    """Also where the system chose it, and whatever name the server was reached by."""
    with serving("specs/citas.yaml") as server, httpx.Client(base_url=server.url) as client:
        told = client.get("/__admin/apis/citas/operations/cancelarCita").json()["curl"]
        named = client.get(
            "/__admin/apis/citas/operations/cancelarCita", headers={"Host": "mock.test:81"}
        ).json()["curl"]
        exported = client.get("/__admin/requests/export?format=pytest").text

    assert f" {server.url}/api/citas/1/cancelar" in told
    assert " http://mock.test:81/api/citas/1/cancelar" in named
    assert server.url in exported


def test_ctrl_c_is_a_good_end() -> None:
    """SIGINT, without a traceback."""
    with serving("specs/citas.yaml") as server:
        assert server.stop(signal.SIGINT) in {0, 130}
        assert server.process.stderr is not None
        assert "Traceback" not in server.process.stderr.read()


def test_it_can_be_started_from_any_folder(tmp_path: Path) -> None:
    """With the documents and fixtures that come with it."""
    with serving(cwd=tmp_path) as server:
        health = httpx.get(server.url + "/__admin/health").json()

        assert [api["name"] for api in health["apis"]] == ["citas", "reservations", "sqod"]


@pytest.mark.parametrize(
    ("rule", "pointer", "reason"),
    [
        ("{count: 1, values: {id: x}}", "/values/id", "breaks the document"),
        ("{count: 1, values: {id: {faker: nothing_like_it}}}", "/values/id", "no provider 'nothing_like_it'"),
        ("{count: 2, values: {id: 7}}", "/values/id", "a second record with id 7"),
        ("{count: 1, values: {id: {faker: [random_int, {min: 9, max: 1}]}}}", "/values/id", "'faker'"),
        ("{count: 1, values: {id: {faker: {a: b}}}}", "/values/id", "'faker'"),
    ],
)
def test_a_rule_for_records_that_cannot_be_kept_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: str, pointer: str, reason: str
) -> None:
    """Exit 2, with file, place and reason, before anything says that the server is there."""
    (tmp_path / "shop.yaml").write_text(
        DOCUMENT + "components: {schemas: {Item: {type: object, properties: {id: {type: integer}}}}}\n"
    )
    (tmp_path / "fixtures").mkdir()
    fixture = f"collections:\n items:\n  schema: '#/components/schemas/Item'\n  generate: {rule}\n"
    (tmp_path / "fixtures" / "shop.yaml").write_text(fixture)

    monkeypatch.chdir(tmp_path)

    ended = _run("serve", "shop.yaml", "--port", "0")

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"fixtures/shop.yaml:4 at /collections/items/generate{pointer}: " in ended.stderr
    assert reason in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_reload_takes_over_a_changed_document(tmp_path: Path) -> None:
    """It says so, and what was wrong with one that cannot be served."""
    file = tmp_path / "shop.yaml"
    file.write_text(DOCUMENT)
    with serving("shop.yaml", "--reload", cwd=tmp_path) as server:
        broken, changed = DOCUMENT.replace("paths: {}", "paths: ["), DOCUMENT.replace("Shop", "New")
        assert "shop.yaml:" in server.log_until("Not reloaded", lambda: file.write_text(broken))
        server.log_until("Reloaded", lambda: file.write_text(changed))

        assert httpx.get(server.url + "/__admin/health").json()["apis"][0]["title"] == "New"
        assert server.stop() == 0


def _process(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mockserver", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment},
    )


def test_a_port_in_use_is_a_sentence() -> None:
    """With what to do about it, and exit 2."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = _process("serve", "--port", str(port))

    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_is_wrong_with_a_file_is_said_before_the_port(tmp_path: Path) -> None:
    """Another port would not mend it."""
    broken = tmp_path / "broken.yaml"
    broken.write_text("openapi: 3.0.3\ninfo: {title: x}\npaths: 5\n", "utf-8")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = _process("serve", str(broken), "--port", str(taken.getsockname()[1]))

    assert ended.returncode == 2
    assert f"{broken}:3 at /paths" in ended.stderr
    assert "cannot listen" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--auth", "none"], ["--auth", *get_args(AuthMode)]),
        (["serve", "--log-level", "loud"], ["--log-level", *get_args(LogLevel)]),
        (["serve", "--port", "70000"], ["--port", "65535"]),
        (["serve", "--port", "x"], ["--port"]),
        (["serve", "--seed", "-1"], ["--seed"]),
        (["serve", "--nothing"], ["--nothing"]),
        (["serve", "missing.yaml"], ["missing.yaml", "does not exist"]),
        (["serve", "--fixtures", "missing"], ["missing", "no such folder"]),
        (["serve", "--host", "no.such.host.invalid", "--port", "0"], ["no.such.host.invalid"]),
        (["token", "nobody"], ["nobody", "agent", "asistente"]),
        (["token", "agent", "--api", "nothing"], ["nothing", "citas, reservations, sqod"]),
        (["token", "agent", "--expires", "soon"], ["--expires"]),
        (["token"], ["IDENTITY"]),
        (["nothing"], ["nothing"]),
    ],
)
def test_what_is_wrong_with_a_command_is_said(
    arguments: list[str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, on stderr, with the values that are allowed."""
    monkeypatch.chdir(ROOT)
    result = _run(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("shop.yaml", "openapi: 3.0.3\npaths: [\n", ["shop.yaml:3", "YAML"]),
        ("shop.json", '{"openapi": "3.0.3",\n "paths": }\n', ["shop.json:2", "JSON"]),
        ("shop.yaml", "openapi: 4.0.0\npaths: {}\n", ["shop.yaml:1", "4.0.0"]),
        (
            "fixtures/shop.yaml",
            "clock: 2026-01-01\nkollections: {}\n",
            ["fixtures/shop.yaml:2", "kollections", "Allowed are"],
        ),
    ],
)
def test_a_broken_file_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: str, words: list[str]
) -> None:
    """Exit 2."""
    (tmp_path / "fixtures").mkdir()
    if file.startswith("fixtures"):
        (tmp_path / "shop.yaml").write_text(DOCUMENT)
    (tmp_path / file).write_text(content)
    monkeypatch.chdir(tmp_path)

    result = _run("serve", "shop.json" if file.endswith("json") else "shop.yaml", "--port", "0")

    assert result.exit_code == 2
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize(
    ("arguments", "subject", "roles", "seconds"),
    [
        (["agent"], "7", ["agent"], 3600),
        (["patient"], "42", ["patient"], 3600),
        (["asistente", "--api", "citas", "--expires", "60"], "2", ["asistente"], 60),
        (["admin", "--api", "reservations", "--sub", "99"], "99", ["admin"], 3600),
        (["agent", "--role", "a", "--role", "b"], "7", ["a", "b"], 3600),
        (["agent", "--expires", "-5"], "7", ["agent"], -5),
    ],
)
def test_a_token_is_printed(
    arguments: list[str], subject: str, roles: list[str], seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, nothing else: it goes into a shell variable."""
    monkeypatch.chdir(ROOT)
    result = _run("token", *arguments)

    assert (result.exit_code, result.stderr, result.stdout.count("\n")) == (0, "", 1)
    claims = jwt.decode(result.stdout.strip(), options={"verify_signature": False})
    assert (claims["sub"], claims["roles"], claims["exp"] - claims["iat"]) == (subject, roles, seconds)


def test_a_token_is_printed_for_a_document_that_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--spec` names it, as it was named to `serve`."""
    document = "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\npaths: {}\n"
    (tmp_path / "shop.yaml").write_text(document)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures/shop.yaml").write_text("identities: {keeper: {roles: [owner]}}")
    monkeypatch.chdir(tmp_path)

    unnamed = _run("token", "keeper")
    result = _run("token", "keeper", "--spec", "shop.yaml")

    assert "name your document with --spec" in unnamed.stderr
    assert result.exit_code == 0, result.stderr
    assert jwt.decode(result.stdout.strip(), options={"verify_signature": False})["roles"] == ["owner"]


def test_a_token_that_is_printed_is_taken() -> None:
    """By a server that was started beside it."""
    with serving("specs/sqod.yaml") as server:
        printed = _process("token", "agent")
        answer = httpx.patch(
            server.url + APPOINTMENT, headers={"Authorization": f"Bearer {printed.stdout.strip()}"}
        )

    assert (printed.returncode, printed.stderr, answer.status_code) == (0, "", 200)


def _commands() -> list[tuple[str, click.Command]]:
    return [("mockserver", main), *main.commands.items()]


@pytest.mark.parametrize(("name", "command"), _commands())
def test_help_names_every_flag_and_says_what_it_is_for(name: str, command: click.Command) -> None:
    """`-h` works like `--help`."""
    arguments = [] if command is main else [name]
    short, long = _run(*arguments, "-h"), _run(*arguments, "--help")

    assert (short.exit_code, short.output) == (0, long.output)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert max(parameter.opts, key=len) in long.output
    assert command.help


def test_the_fixed_interface_is_there() -> None:
    """Flags that other things call."""
    flags = {
        name: {flag for found in command.params for flag in found.opts}
        for name, command in main.commands.items()
    }

    assert {"--host", "--port", "--fixtures", "--seed", "--auth", "--reload", "--log-level"} <= flags["serve"]
    assert {"--api", "--role", "--sub", "--expires"} <= flags["token"]


def test_the_version_is_told() -> None:
    """The package's."""
    assert __version__ in _run("--version").output


@pytest.mark.parametrize(
    ("flags", "environment", "file", "expected"),
    [
        ({}, {}, None, {"port": 8080, "auth": "mock", "seed": 1}),
        ({}, {}, "port = 1\nlog-level = 'debug'", {"port": 1, "log_level": "debug"}),
        ({}, {"MOCKSERVER_PORT": "2"}, "port = 1", {"port": 2}),
        (
            {"port": 3, "seed": None},
            {"MOCKSERVER_PORT": "2", "MOCKSERVER_SEED": "4"},
            "port = 1",
            {"port": 3, "seed": 4},
        ),
        ({}, {"MOCKSERVER_RELOAD": "true", "MOCKSERVER_AUTH": "off"}, None, {"reload": True, "auth": "off"}),
        ({}, {"MOCKSERVER_RELOAD": "0"}, "reload = true", {"reload": False}),
        ({}, {"MOCKSERVER_SPECS": f"a.yaml{os.pathsep}b"}, None, {"specs": (Path("a.yaml"), Path("b"))}),
        ({}, {}, "specs = ['a.yaml']\nfixtures = 'f'", {"specs": (Path("a.yaml"),), "fixtures": Path("f")}),
        ({}, {"UNRELATED": "x", "MOCKSERVER_UNKNOWN": "x"}, None, {}),
    ],
)
def test_flags_come_before_environment_before_file(
    tmp_path: Path, flags: Any, environment: Any, file: str | None, expected: Any
) -> None:
    """Before defaults."""
    if file is not None:
        (tmp_path / "mockserver.toml").write_text(file)

    settings = Settings.load(flags, environment, tmp_path / "mockserver.toml")

    assert {name: getattr(settings, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("environment", "file", "words"),
    [
        ({"MOCKSERVER_PORT": "x"}, "", ["MOCKSERVER_PORT", "whole number"]),
        ({"MOCKSERVER_PORT": "-1"}, "", ["MOCKSERVER_PORT", "minimum is 0"]),
        ({"MOCKSERVER_PORT": "70000"}, "", ["MOCKSERVER_PORT", "65535"]),
        ({"MOCKSERVER_AUTH": "none"}, "", ["MOCKSERVER_AUTH", "mock, any, off"]),
        ({"MOCKSERVER_RELOAD": "maybe"}, "", ["MOCKSERVER_RELOAD", "true"]),
        ({}, "prot = 1", ["mockserver.toml", "'prot'", "port"]),
        ({}, "[serve]\nport = 1", ["mockserver.toml", "'serve'"]),
        ({}, "port = ", ["mockserver.toml"]),
        ({}, "port = 80.5", ["mockserver.toml", "whole number"]),
        ({}, "port = true", ["mockserver.toml", "whole number"]),
        ({}, "host = 5", ["mockserver.toml", "host"]),
        ({}, "specs = 5", ["mockserver.toml", "specs"]),
        ({}, "session-limit = 0", ["mockserver.toml", "session_limit", "minimum is 1"]),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_source(
    tmp_path: Path, environment: Any, file: str, words: list[str]
) -> None:
    """And with what is allowed."""
    (tmp_path / "mockserver.toml").write_text(file)

    with pytest.raises(ConfigurationError) as failed:
        Settings.load({}, environment, tmp_path / "mockserver.toml")

    for word in words:
        assert word in str(failed.value)
