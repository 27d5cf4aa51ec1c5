"""One call of the command: flags to options, the check, the reports, the exit code."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from mockserver.contract.findings import read_baseline, write_baseline
from mockserver.contract.options import Options
from mockserver.contract.outcome import Outcome
from mockserver.contract.reports import files, github, terminal
from mockserver.contract.runner import run
from mockserver.errors import ConfigurationError

Write = Callable[..., Any]


def options_of(flags: Mapping[str, Any]) -> Options:
    """The options that the flags mean.

    Raises:
        ConfigurationError: a flag cannot be read.
    """
    return Options(
        specs=tuple(flags["specs"]),
        url=flags["url"],
        fixtures=flags["fixtures"],
        identities=tokens_of(flags["identities"]),
        reset_url=flags["reset_url"],
        reset_headers=tuple(flags["reset_headers"]),
        profile=flags["profile"],
        seed=flags["seed"],
        only=tuple(flags["only"]),
        exclude=tuple(flags["exclude"]),
        safe=flags["safe"],
        diff=flags["diff"],
        fuzz=flags["fuzz"],
        repro=flags["repro"],
    )


def tokens_of(entries: Iterable[str]) -> dict[str, str]:
    """The tokens by identity that `NAME=TOKEN` give.

    Raises:
        ConfigurationError: one is not written so, or has no token: a secret that is not there must not
            end in a check without credentials.
    """
    tokens = {}
    for entry in entries:
        name, separator, token = entry.partition("=")
        if not separator or not name:  # not repeated: it may be a token
            raise ConfigurationError("--identity: write NAME=TOKEN.")
        if not token.strip():
            raise ConfigurationError(f"--identity {name}: the token is empty; is the variable set?")
        tokens[name] = token
    return tokens


def check_and_report(flags: Mapping[str, Any], write: Write, note: Write) -> int:
    """Check, write the reports that were asked for, and return the exit code.

    Args:
        flags: the command's, by name.
        write: takes a line of the summary, or one that `is_command` to a workflow's runner.
        note: takes what is being done at the moment.
    """
    options, wanted = options_of(flags), files.names(flags["reports"])
    if flags["update_baseline"] and flags["baseline"] is None:
        raise ConfigurationError("--update-baseline writes the file of --baseline, which is not given.")
    if options.url and not options.specs and not Path("specs").is_dir():
        raise ConfigurationError("--spec is missing: which documents is it held to? There is no specs/ here.")
    baseline = read_baseline(flags["baseline"])
    outcome = run(options, note)
    note("")
    _accept(outcome, baseline)
    if flags["update_baseline"]:
        known = [finding for api in outcome.apis for finding in (*api.accepted, *api.findings)]
        write_baseline(flags["baseline"], known)
    for line in terminal.lines(outcome):
        write(line)
    if flags["update_baseline"]:
        write(f"written: {flags['baseline']}")
    for file in files.write(outcome, wanted, flags["report_dir"]):
        write(f"written: {file}")
    if "github" in wanted:
        for annotation in github.annotations(outcome):
            write(annotation, is_command=True)
    return outcome.exit_code


def _accept(outcome: Outcome, baseline: frozenset[str]) -> None:
    for api in outcome.apis:
        api.accepted = [finding for finding in api.findings if finding.id in baseline]
        api.findings = [finding for finding in api.findings if finding.id not in baseline]
