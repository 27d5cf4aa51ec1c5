"""One call of the command: flags to options, the check, the reports, the exit code."""

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.contract.findings import read_baseline, write_baseline
from mockserver.contract.options import Options
from mockserver.contract.outcome import Outcome
from mockserver.contract.reports import terminal
from mockserver.contract.runner import run
from mockserver.errors import ConfigurationError

Write = Callable[..., Any]


def options_of(flags: Mapping[str, Any]) -> Options:
    """The options that the flags mean.

    Raises:
        ConfigurationError: a flag cannot be read.
    """
    identities = {}
    for entry in flags["identities"]:
        name, separator, token = entry.partition("=")
        if not separator or not name:
            raise ConfigurationError(f"--identity {entry!r}: write NAME=TOKEN.")
        identities[name] = token
    return Options(
        specs=tuple(flags["specs"]),
        url=flags["url"],
        fixtures=flags["fixtures"],
        identities=identities,
        reset_url=flags["reset_url"],
        profile=flags["profile"],
        seed=flags["seed"],
        only=tuple(flags["only"]),
        exclude=tuple(flags["exclude"]),
        safe=flags["safe"],
        diff=flags["diff"],
        fuzz=flags["fuzz"],
        repro=flags["repro"],
    )


def check_and_report(flags: Mapping[str, Any], write: Write) -> int:
    """Check, write the reports that were asked for, and return the exit code."""
    options = options_of(flags)
    baseline = read_baseline(flags["baseline"])
    outcome = run(options)
    _accept(outcome, baseline)
    if flags["update_baseline"] and flags["baseline"] is not None:
        write_baseline(
            flags["baseline"], [*outcome.findings, *(one for api in outcome.apis for one in api.accepted)]
        )
    for line in terminal.lines(outcome):
        write(line)
    return outcome.exit_code


def _accept(outcome: Outcome, baseline: frozenset[str]) -> None:
    for api in outcome.apis:
        api.accepted = [finding for finding in api.findings if finding.id in baseline]
        api.findings = [finding for finding in api.findings if finding.id not in baseline]
