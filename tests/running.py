"""A pytest plugin for the whole suite: no skips in CI, the marker `unit`, and a summary by folder."""

from __future__ import annotations

import gc
import os
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
UNIT = frozenset(
    {
        "apis",
        "behaviour",
        "documents",
        "generation",
        "house",
        "http",
        "openapi",
        "resources",
        "scaling",
        "scenarios",
        "state",
    }
)
"""The folders whose tests run in this process; `slow` marks those of them that do not, or take seconds."""


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line("markers", "slow: starts a process, needs a download, or takes seconds")
    config.addinivalue_line("markers", "unit: part of `make unit`; set by folder, for what is not `slow`")
    config.addinivalue_line(
        "markers", "mutation: another of a kind of which `make test` has one; `make mutation`"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of `make unit`; leave those of `make mutation` out unless `-m` asks for them."""
    if "mutation" not in config.option.markexpr:
        others = [item for item in items if item.get_closest_marker("mutation") is not None]
        items[:] = [item for item in items if item.get_closest_marker("mutation") is None]
        config.hook.pytest_deselected(items=others)
    for item in items:
        if folder_of(item.path) in UNIT and item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.unit)


def pytest_collection_finish() -> None:
    """Keep the garbage collector away from the collected tests, and let it run rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave folders without such tests unread for `-m unit`: reading them takes as long as many tests."""
    is_unit = (
        config.option.markexpr == "unit" and collection_path.parent == TESTS and collection_path.is_dir()
    )
    return True if is_unit and collection_path.name not in UNIT else None


def folder_of(path: Path) -> str:
    """The folder below `tests/` that a file is in, empty for a file elsewhere."""
    return path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure in CI: a browser, npm or download that is missing there is a defect."""
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a module that skips itself."""
    report = yield
    _refuse_skip(report)
    return report


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}\nWith CI=true nothing may be skipped: install what is missing."


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long the tests of each folder took."""
    reports = [
        report
        for entries in terminalreporter.stats.values()
        for report in entries
        if isinstance(report, pytest.TestReport)
    ]
    lines = list(summary(reports))
    if len(lines) > 1:
        terminalreporter.section("seconds by folder, over all workers")
        for line in lines:
            terminalreporter.write_line(line)


def summary(reports: list[pytest.TestReport]) -> Iterator[str]:
    """A line for each folder, the slowest first: seconds, tests, and its slowest test."""
    seconds: dict[str, float] = defaultdict(float)
    tests: dict[str, set[str]] = defaultdict(set)
    slowest: dict[str, tuple[float, str]] = defaultdict(lambda: (0.0, ""))
    for report in reports:
        folder, _, name = report.nodeid.removeprefix("tests/").partition("/")
        seconds[folder] += report.duration
        tests[folder].add(report.nodeid)
        slowest[folder] = max(slowest[folder], (report.duration, name))
    for folder in sorted(seconds, key=lambda each: -seconds[each]):
        longest, name = slowest[folder]
        yield f"{seconds[folder]:8.1f}  {folder} ({len(tests[folder])} tests; {longest:.1f}: {name[:70]})"
