"""A pytest plugin: a running mock with a session per test, and the findings of a check as test items.

Every run of pytest loads it if mockserver is installed, so it imports other modules only when used.
"""

from __future__ import annotations

import itertools
import json
import os
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_WAIT = 1800.0
_POLL = 0.1
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options, which begin with `--contract`, and settings, which begin with `mockserver_`."""
    group = parser.getgroup("mockserver", "check an implementation against its documents")
    group.addoption(
        "--contract-url", help="check this implementation; each operation and rule is a test item"
    )
    group.addoption(
        "--contract-spec", action="append", default=[], help="an OpenAPI document; may be repeated"
    )
    group.addoption(
        "--contract-overlay", action="append", default=[], help="an overlay that changes it; may be repeated"
    )
    group.addoption("--contract-fixtures", help="folder with the records and identities that it has")
    group.addoption("--contract-handlers", help="folder with the handlers that are part of the model")
    group.addoption("--contract-identity", action="append", default=[], metavar="NAME=TOKEN")
    group.addoption("--contract-reset-url", help="POSTed to before each scenario")
    group.addoption(
        "--contract-reset-header", action="append", default=[], help="NAME:VALUE, sent to the reset URL"
    )
    group.addoption(
        "--contract-stateless", action="store_true", help="it keeps no state: judge each response by itself"
    )
    group.addoption("--contract-ca", help="a file with certificates of authorities to trust, too")
    group.addoption("--contract-client-cert", help="a file with the client certificate to send")
    group.addoption("--contract-client-key", help="a file with its private key")
    group.addoption("--contract-insecure", action="store_true", help="accept any certificate of a server")
    group.addoption(
        "--contract-allow-remote", action="store_true", help="fetch references of documents from the network"
    )
    group.addoption("--contract-profile", default="ci", choices=["quick", "ci", "deep"])
    parser.addini("mockserver_specs", "the documents that `mock_server` serves", type="paths", default=[])
    parser.addini("mockserver_overlays", "overlays that change the documents", type="paths", default=[])
    parser.addini(
        "mockserver_allow_remote",
        "whether references to the network are fetched",
        type="bool",
        default=False,
    )
    parser.addini("mockserver_fixtures", "the folder with their fixture files", default="")
    parser.addini("mockserver_handlers", "the folder with their handler files", default="")
    parser.addini("mockserver_scenarios", "scenarios that are on, as API/NAME", type="linelist", default=[])
    parser.addini("mockserver_stateless", "whether the mock keeps no state", type="bool", default=False)


@dataclass(frozen=True, slots=True)
class MockServer:
    """The URL of a running mock, with a session for one test.

    Attributes:
        url: the base URL; its session belongs to this test only.
        root: the server's own URL, without the session.
    """

    url: str
    root: str

    def reset(self) -> None:
        """Reset the test's session."""
        request = urllib.request.Request(self.url + "/__admin/reset", b"", method="POST")  # noqa: S310  our own URL
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  our own URL
            response.read()

    def token(self, identity: str, **claims: Any) -> str:
        """Get a bearer token for an identity; claims such as `roles=[...]` replace those of the fixtures."""
        body = json.dumps({"identity": identity, **claims}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + "/__admin/tokens", body, headers, method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  our own URL
            return str(json.load(response)["token"])


@pytest.fixture(scope="session")
def mock_server_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a mock that serves `mockserver_specs` during the tests, one per process of xdist."""
    with warnings.catch_warnings():
        # Deprecation warnings of dependencies are for their developers, not for users.
        warnings.simplefilter("ignore")
        from mockserver import app  # noqa: F401  imported here to import its dependencies
        from mockserver.check.target.hosting import serving
        from mockserver.config import Settings

    settings = Settings(
        specs=tuple(pytestconfig.getini("mockserver_specs")),
        overlays=tuple(pytestconfig.getini("mockserver_overlays")),
        allow_remote=pytestconfig.getini("mockserver_allow_remote"),
        fixtures=_folder(pytestconfig, "mockserver_fixtures"),
        handlers=_folder(pytestconfig, "mockserver_handlers"),
        scenarios=tuple(pytestconfig.getini("mockserver_scenarios")),
        stateless=pytestconfig.getini("mockserver_stateless"),
    )
    with serving(settings) as url:
        yield url


def _folder(config: pytest.Config, name: str) -> Path | None:
    folder = config.getini(name)
    return Path(config.rootpath, folder) if folder else None


@pytest.fixture
def mock_server(mock_server_url: str) -> MockServer:
    """A running mock with a session for this test."""
    name = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-{next(_numbers)}"
    return MockServer(f"{mock_server_url}/~{name}", mock_server_url)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add an item for each operation and rule if --contract-url is given."""
    if config.getoption("--contract-url"):
        for entry in config.getoption("--contract-identity"):
            name, _, token = entry.partition("=")
            if not name or not token.strip():  # not repeated: it may be a token
                raise pytest.UsageError("--contract-identity: write NAME=TOKEN; is the token empty?")
        items += _ContractCollector.from_parent(session, name="contract").collect()


class _ContractCollector(pytest.Collector):
    def collect(self) -> list[pytest.Item]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from mockserver.check.findings.issues import ASKED_FOR, RULES
            from mockserver.errors import MockserverError
            from mockserver.openapi.document import load
            from mockserver.openapi.overlays import read_overlays
            from mockserver.openapi.reading.document_search import find_documents

        specs = [Path(name) for name in self.config.getoption("--contract-spec")]
        try:
            files = find_documents(specs)
            overlays = read_overlays(map(Path, self.config.getoption("--contract-overlay")), files)
            allow_remote = self.config.getoption("--contract-allow-remote")
            documents = [load(file, overlays=overlays, allow_remote=allow_remote) for file in files]
        except MockserverError as error:
            raise pytest.UsageError(f"--contract-spec: {error}") from None
        return [
            ContractItem.from_parent(
                self,
                name=f"{document.name}::{operation_id}::{rule}",
                api=document.name,
                operation=operation_id,
                rule=rule,
            )
            for document in documents
            for operation_id in document.index
            for rule in RULES
            if rule not in ASKED_FOR
        ]


class ContractFailureError(AssertionError):
    """An implementation violated the contract; the message contains the findings."""


class ContractItem(pytest.Item):
    """The check of one rule on one operation."""

    def __init__(self, *, api: str, operation: str, rule: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._api = api
        self._operation = operation
        self._rule = rule

    def runtest(self) -> None:
        """Fail with the findings of this rule for this operation."""
        report = _report(self.config)
        if report.get("error"):
            raise ContractFailureError(report["error"])
        self._skip_unreached(report)
        found = [
            finding
            for finding in report["findings"]
            if (finding["api"], finding["operation"], finding["rule"])
            == (self._api, self._operation, self._rule)
        ]
        if found:
            raise ContractFailureError("\n\n".join(map(_text_of, found)))

    def _skip_unreached(self, report: dict[str, Any]) -> None:
        if report["reason"] and not report["apis"]:
            pytest.skip(report["reason"])
        for api in report["apis"]:
            if api["name"] != self._api:
                continue
            reasons = {operation["id"]: operation["not_reached"] for operation in api["operations"]}
            reason = api["no_verdict"] or reasons[self._operation]
            if reason:
                pytest.skip(reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the findings, without a traceback through this module."""
        if isinstance(excinfo.value, ContractFailureError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The item's position in reports."""
        return self.path, None, f"contract: {self.name}"


def _text_of(finding: dict[str, Any]) -> str:
    from mockserver.printing import printable

    document = finding["document"]
    lines = [
        f"{finding['rule']} · {finding['method']} {finding['path']} · {finding['id']}",
        finding["message"],
        f"expected: {finding['expected']}",
        f"got: {finding['got']}",
        f"document: {document['file']}:{document['line']} {document['pointer']}",
    ]
    return "\n".join(map(printable, [*lines, *(f"$ {step}" for step in finding["steps"])]))


_REPORT = pytest.StashKey[dict[str, Any]]()


def _report(config: pytest.Config) -> dict[str, Any]:
    """The JSON report; the check runs once, in the first process of pytest-xdist that needs it."""
    if _REPORT not in config.stash:
        run_id = getattr(config, "workerinput", {}).get("testrunuid")
        config.stash[_REPORT] = _check(config) if run_id is None else _shared(config, str(run_id))
    return config.stash[_REPORT]


def _shared(config: pytest.Config, run_id: str) -> dict[str, Any]:
    file = Path(tempfile.gettempdir()) / f"mockserver-contract-{run_id}.json"
    lock = file.with_suffix(".lock")
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        end = time.monotonic() + _WAIT
        while not file.exists() and time.monotonic() < end:
            time.sleep(_POLL)
        return dict(json.loads(file.read_text("utf-8")))
    report: dict[str, Any] = {"error": "The check was interrupted."}
    try:
        report = _check(config)
    finally:  # other processes wait for the file, even if the check failed
        part = file.with_suffix(".part")
        part.write_text(json.dumps(report), "utf-8")
        part.replace(file)
    return report


def _file(config: pytest.Config, name: str) -> Path | None:
    given = config.getoption(f"--contract-{name}")
    return Path(given) if given else None


def _check(config: pytest.Config) -> dict[str, Any]:
    from mockserver.check.check_options import Options
    from mockserver.check.reports.json_report import content
    from mockserver.check.runner import run
    from mockserver.errors import MockserverError, NoVerdictError
    from mockserver.http.outgoing.server_trust import ServerTrust

    fixtures, handlers = config.getoption("--contract-fixtures"), config.getoption("--contract-handlers")
    identities = dict(entry.partition("=")[::2] for entry in config.getoption("--contract-identity"))
    options = Options(
        specs=tuple(map(Path, config.getoption("--contract-spec"))),
        url=config.getoption("--contract-url"),
        overlays=tuple(map(Path, config.getoption("--contract-overlay"))),
        allow_remote=config.getoption("--contract-allow-remote"),
        fixtures=Path(fixtures) if fixtures else None,
        handlers=Path(handlers) if handlers else None,
        identities=identities,
        reset_url=config.getoption("--contract-reset-url"),
        reset_headers=tuple(config.getoption("--contract-reset-header")),
        trust=ServerTrust(
            ca=_file(config, "ca"),
            client_cert=_file(config, "client-cert"),
            client_key=_file(config, "client-key"),
            insecure=config.getoption("--contract-insecure"),
        ),
        profile=config.getoption("--contract-profile"),
        stateless=config.getoption("--contract-stateless"),
    )
    try:
        return content(run(options))
    except NoVerdictError as error:
        return {"verdict": "no verdict", "reason": str(error), "apis": [], "findings": []}
    except MockserverError as error:
        return {"error": str(error)}
