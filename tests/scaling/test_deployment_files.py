"""Dockerfile, compose.yaml and action.yml say what there is, and their steps do what they are for."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from tests.state.redis_server import free_port

from mockserver.cli.command_line import main
from mockserver.config import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())


def _instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def _settings(names: Any) -> set[str]:
    return {name for name in names if name.startswith(ENVIRONMENT_PREFIX)}


KNOWN = {ENVIRONMENT_PREFIX + name.upper() for name in Settings.__slots__}


def test_the_image_has_what_is_built_from_and_nothing_else() -> None:
    """Each folder that is copied exists, and reaches the build."""
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for line in _instructions("COPY") if "--from" not in line for word in line.split()[:-1]}

    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
    assert {"specs", "fixtures"} <= copied  # the wheel has them


def test_the_image_is_no_root_ends_by_sigterm_and_sets_what_there_is() -> None:
    """Its command is one of ours."""
    assert _instructions("USER") == ["mock"]
    assert _instructions("STOPSIGNAL") == ["SIGTERM"]
    variables = _settings(re.findall(r"\b(MOCKSERVER_\w+)=", " ".join(_instructions("ENV"))))
    assert variables <= KNOWN
    command = [*json.loads(_instructions("ENTRYPOINT")[0]), *json.loads(_instructions("CMD")[0])]
    assert command == ["mockserver", "serve"]


@pytest.mark.slow
def test_the_health_check_tells_a_server_from_none(tmp_path: Path) -> None:
    """As the image runs it."""
    (check,) = re.findall(r"CMD (\[\"python\", \"-c\".*\])", DOCKERFILE)
    command = [sys.executable, *json.loads(check)[1:]]
    port = free_port()
    environment = {**os.environ, "MOCKSERVER_PORT": str(port)}

    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode
    serve = [sys.executable, "-m", "mockserver", "serve"]
    with subprocess.Popen(serve, env=environment, cwd=tmp_path, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        assert not subprocess.run(command, env=environment, check=False).returncode
        server.terminate()


def test_the_replicas_of_compose_share_a_store_a_token_and_a_key() -> None:
    """With a file system that cannot be written, and options that there are."""
    mock = COMPOSE["services"]["mock"]
    names = {option.opts[-1] for option in main.commands["serve"].params}

    assert mock["deploy"]["replicas"] == 2
    assert mock["read_only"] is True
    assert set(mock["environment"]) == {"MOCKSERVER_ADMIN_TOKEN", "MOCKSERVER_SIGNING_KEY"} <= KNOWN
    assert {word for word in mock["command"] if word.startswith("--")} <= names
    assert mock["command"][0] in main.commands
    assert Settings.load({"store": mock["command"][-1]}, {}).store.startswith("redis://redis:")
    assert set(mock["depends_on"]) < set(COMPOSE["services"])


def _step(name: str) -> str:
    (step,) = (each for each in ACTION["runs"]["steps"] if each.get("name") == name)
    run: str = step["run"]
    return run


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The environment of a step, with this checkout's command where the action installs it."""
    binary = tmp_path / "mockserver" / "bin" / "mockserver"
    binary.parent.mkdir(parents=True)
    binary.write_text(
        f'#!/bin/sh\necho $$ >{tmp_path}/process\nexec {sys.executable} -W ignore -m mockserver "$@"\n'
    )
    binary.chmod(0o755)
    (tmp_path / "output").touch()
    return {**os.environ, "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}


def _run(step: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", _step(step)]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_action_checks_with_the_words_that_were_given(runner: dict[str, str], tmp_path: Path) -> None:
    """Quotes hold words together, and nothing in them is run."""
    (tmp_path / "mockserver/bin/mockserver").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    given = {
        "SPEC": "a.yaml b.yaml",
        "URL": "http://127.0.0.1:1",
        "ARGUMENTS": "--only 'get items' \"$(touch run)\"",
        "REPORTS": "out",
    }

    said = _run("Check", {**runner, **given}, tmp_path).stdout.splitlines()

    assert said[:6] == ["check", "http://127.0.0.1:1", "--spec", "a.yaml", "--spec", "b.yaml"]
    assert said[-3:] == ["--only", "get items", "$(touch run)"]
    assert not (tmp_path / "run").exists()
    plain = _run("Check", {**runner, **given, "URL": "", "ARGUMENTS": ""}, tmp_path).stdout.splitlines()
    assert plain[:2] == ["check", "--spec"]
    assert plain[-2:] == ["--report-dir", "out"]


@pytest.mark.slow
def test_the_action_serves_and_waits_or_says_why_not(runner: dict[str, str], tmp_path: Path) -> None:
    """The URL is an output; a document that cannot be served fails the step with the log."""
    port = str(free_port())
    given = {"SPEC": str(ROOT / "specs/citas.yaml"), "PORT": port}

    broken = _run("Serve", {**runner, **given, "SPEC": "none.yaml", "ARGUMENTS": ""}, tmp_path)
    done = _run("Serve", {**runner, **given, "ARGUMENTS": "--seed 7"}, tmp_path)

    assert (broken.returncode, "none.yaml" in broken.stdout) == (1, True)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "output").read_text() == f"url=http://127.0.0.1:{port}\n"
    os.kill(int((tmp_path / "process").read_text()), signal.SIGTERM)


def test_the_options_that_the_action_passes_are_there() -> None:
    """And its inputs are all used."""
    for command in ("check", "serve"):
        helped = CliRunner().invoke(main, [command, "--help"]).output
        used = set(re.findall(r" (--[a-z-]+)", _step(command.capitalize()).partition('mockserver" ')[2]))
        assert all(option in helped for option in used - {"--silent", "--fail", "--insecure", "--output"})
    text = (ROOT / "action.yml").read_text()
    assert all(f"inputs.{name}" in text for name in ACTION["inputs"])
