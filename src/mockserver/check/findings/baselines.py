"""Baselines: files with the ids of findings that are accepted."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mockserver.check.findings.issues import Finding
from mockserver.errors import ConfigurationError

VERSION = 2
"""Version of the finding ids, in baselines and JSON reports."""


class OtherVersionError(ConfigurationError):
    """The ids of a baseline were made by another version of mockserver."""


def read(file: Path | None, renewal: str) -> frozenset[str]:
    """Read the ids that a baseline accepts; a JSON report of an earlier run is a baseline, too.

    Args:
        file: the baseline; without one, or if it does not exist, nothing is accepted.
        renewal: the command that writes a new one.

    Raises:
        ConfigurationError: the file cannot be read, is no baseline, or has ids of another version.
    """
    if file is None or not file.exists():
        return frozenset()
    try:
        content = json.loads(file.read_text("utf-8"))
        if isinstance(content, list) or content.get("version", 1) != VERSION:
            raise OtherVersionError(
                f"{file} has finding ids of another version of mockserver (version {VERSION} is expected). "
                f"Write a new baseline:\n{renewal}"
            )
        return frozenset(name for entry in content["findings"] for name in _ids(entry))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{file} is not a baseline. Give a file that --update-baseline wrote, or the JSON report of an "
            f"earlier check. Write a new baseline:\n{renewal}"
        ) from None


def _ids(entry: Any) -> list[str]:
    """The ids of one entry; for a merged finding those of all its members."""
    if isinstance(entry, str):
        return [entry]
    return [str(name) for name in entry.get("members") or [entry["id"]]]


def write(file: Path, findings: Iterable[Finding]) -> None:
    """Write a baseline that accepts these findings."""
    entries = [
        {
            "id": one.id,
            "members": [member.id for member in one.members],
            "operation": one.issue.operation.id,
            "rule": one.issue.rule,
            "category": one.issue.category,
            "message": one.issue.message,
        }
        for one in findings
    ]
    content = {"version": VERSION, "findings": entries}
    file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
