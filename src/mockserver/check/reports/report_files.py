"""Write the reports that were asked for."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mockserver.check.outcome import Outcome
from mockserver.check.reports import (
    github_report,
    html_report,
    json_report,
    junit_report,
    pytest_report,
    sarif_report,
)
from mockserver.errors import ConfigurationError

REPORTS: Mapping[str, tuple[str, Callable[[Outcome], str]]] = {
    "junit": ("junit.xml", junit_report.text),
    "sarif": ("check.sarif", sarif_report.text),
    "json": ("check.json", json_report.text),
    "html": ("check.html", html_report.text),
    "github": ("summary.md", github_report.text),
    "pytest": ("test_check.py", pytest_report.text),
}
"""Reports by their `--report` name: the file name, and the function that writes the text."""


def names(text: str | None) -> list[str]:
    """Parse the report names of `--report`.

    Raises:
        ConfigurationError: there is no such report.
    """
    wanted = [name.strip() for name in (text or "").split(",") if name.strip()]
    unknown = [name for name in wanted if name not in REPORTS]
    if unknown:
        raise ConfigurationError(f"--report {unknown[0]}: there are {', '.join(REPORTS)}.")
    return list(dict.fromkeys(wanted))


def write(outcome: Outcome, wanted: Iterable[str], folder: Path) -> list[Path]:
    """Write reports into a folder, which is made when it does not exist; return the files.

    Raises:
        ConfigurationError: a file cannot be written.
    """
    written = []
    for name in wanted:
        file, render = REPORTS[name]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(render(outcome), "utf-8", errors="replace")
            if name == "github" and os.environ.get("GITHUB_STEP_SUMMARY"):
                with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
                    summary.write(render(outcome))
        except OSError as error:
            raise ConfigurationError(f"--report-dir {folder}: {error.strerror or error}") from None
        written.append(folder / file)
    return written
